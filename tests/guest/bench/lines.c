// SPDX-License-Identifier: GPL-2.0-only
/*
 * lines.c - which memory of forkfail a fork that succeeds writes to
 *
 * module/ffcost.c saves all writable memory of forkfail's own sections and compares it
 * twice: inside copy_process(), and when the fork is over.  A fork may write one cache line,
 * its task's note, and which one that is depends on the task.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define FORKERS	48
#define LINE	64UL
#define MAX_LINES	64

/* All sections that are loaded, stay, and can be written: "ADDRESS LENGTH ..." */
static void find_regions(char *to, size_t size)
{
	char path[256], *image, *names;
	struct utsname uts;
	Elf64_Shdr *sections;
	unsigned int i;
	size_t len = 0;

	uname(&uts);
	snprintf(path, sizeof(path), "/lib/modules/%s/extra/" MODULE ".ko", uts.release);
	image = slurp(path, NULL);
	if (!image || memcmp(image, ELFMAG, SELFMAG))
		die("%s is not there, or packed", path);
	sections = (void *)(image + ((Elf64_Ehdr *)image)->e_shoff);
	names = image + sections[((Elf64_Ehdr *)image)->e_shstrndx].sh_offset;
	for (i = 0; i < ((Elf64_Ehdr *)image)->e_shnum; i++) {
		const char *name = names + sections[i].sh_name;
		char file[300], *at;

		if (!(sections[i].sh_flags & SHF_ALLOC) || !(sections[i].sh_flags & SHF_WRITE) ||
		    !sections[i].sh_size || strstr(name, ".init") || strstr(name, "percpu") ||
		    strstr(name, "ro_after_init"))
			continue;
		snprintf(file, sizeof(file), "/sys/module/" MODULE "/sections/%s", name);
		at = slurp(file, NULL);
		if (!at)
			continue;
		at[strcspn(at, "\n")] = '\0';
		len += snprintf(to + len, size - len, "%s %lx ", at + 2 * !strncmp(at, "0x", 2),
				(unsigned long)sections[i].sh_size);
		free(at);
		if (len >= size)
			die("too many sections");
	}
	free(image);
	if (!strstr(to, " "))
		die("no section of " MODULE "'s");
}

static struct {
	unsigned long line;
	unsigned int forkers;
} lines[MAX_LINES * FORKERS];
static unsigned int nr_lines;

static void add_line(unsigned long line)
{
	unsigned int i;

	for (i = 0; i < nr_lines && lines[i].line != line; i++)
		;
	if (i == ARRAY_SIZE(lines))
		die("too many lines");
	nr_lines += i == nr_lines;
	lines[i].line = line;
	lines[i].forkers++;
}

/* The address range of a variable, up to the next one. */
struct range {
	unsigned long from, to;
};

static struct range range_of(const char *variable)
{
	struct range r = { address_of(variable), ULONG_MAX };
	char line[256], owner[64];
	unsigned long at;
	FILE *f = fopen("/proc/kallsyms", "re");

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "[" MODULE "]") &&
		    sscanf(line, "%lx %*s %*s %63s", &at, owner) == 2 &&
		    !strcmp(owner, "[" MODULE "]") && at > r.from && at < r.to)
			r.to = at;
	fclose(f);
	return r;
}

static bool is_in(struct range r, unsigned long line)
{
	return line + LINE > r.from && line < r.to;
}

/*
 * Examine a fork of a new task.  The task stays until the end, or the next one would get its
 * task structure, and so the same note.
 */
static unsigned int look_at_a_fork(const char *regions, pid_t *forker)
{
	static int *done;
	char *all, *line, *rest;
	unsigned int n = 0;
	pid_t pid;

	done = done ?: shared(sizeof(*done));
	*done = 0;
	*forker = fork();
	if (!*forker) {
		tell("lines", regions);
		pid = fork();
		if (!pid)
			_exit(0);
		wait_for(pid);
		tell("changed", "");
		__atomic_store_n(done, 1, __ATOMIC_RELEASE);
		for (;;)
			pause();
	}
	while (*forker > 0 && !__atomic_load_n(done, __ATOMIC_ACQUIRE)) {
		if (waitpid(*forker, NULL, WNOHANG))
			die("cannot look at a fork");
		nap(1);
	}
	all = slurp(COST, NULL);
	for (line = strtok_r(all, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest), n++)
		add_line(strtoul(line, NULL, 16));
	free(all);
	return n;
}

/**
 * gate_lines - no cache line of forkfail's is written by every fork
 *
 * With ffcost loaded, and forkfail right before.
 */
void gate_lines(void)
{
	unsigned int i, notes = 0, others = 0, all_of_them = 0, most = 0;
	char regions[4000] = "";
	struct range table;
	pid_t forkers[FORKERS];

	find_regions(regions, sizeof(regions));
	table = range_of("ff_notes");
	/* the first may still find what loading has left to do */
	look_at_a_fork(regions, &forkers[0]);
	kill(forkers[0], SIGKILL);
	wait_for(forkers[0]);
	nr_lines = 0;
	for (i = 0; i < FORKERS; i++) {
		unsigned int n = look_at_a_fork(regions, &forkers[i]);

		most = n > most ? n : most;
	}
	for (i = 0; i < nr_lines; i++) {
		all_of_them += lines[i].forkers == FORKERS;
		if (is_in(table, lines[i].line)) {
			notes++;
		} else {
			others++;
			printf("# %lx, by %u of %u\n", lines[i].line, lines[i].forkers, FORKERS);
		}
	}
	for (i = 0; i < FORKERS; i++) {
		kill(forkers[i], SIGKILL);
		wait_for(forkers[i]);
	}
	printf("# %u forks of as many tasks wrote %u notes, %u others; at most %u lines each\n",
	       FORKERS, notes, others, most);
	ok(notes > FORKERS / 2 && most <= 1 && !others && !all_of_them,
	   "a fork that succeeds writes nothing of forkfail's but its task's note");
}
