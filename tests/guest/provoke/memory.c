// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory.c - limits on how much memory may be committed
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forkfault.h"

#define MIB		(1ULL << 20)
#define UID_STRICT	4260
#define CONTENDED	50	/* forks */

/* What a fork of the caller would commit: its accountable mappings. */
static uint64_t accounted_bytes(void)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	unsigned long long kib = 0, size = 0;
	char line[512];

	if (!f)
		fail("/proc/self/smaps: %s", strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "Size: %llu kB", &size) == 1)
			continue;
		if (!strncmp(line, "VmFlags:", 8) && strstr(line, " ac"))
			kib += size;
	}
	fclose(f);
	return kib << 10;
}

/*
 * Strict overcommit.  What may be committed is known exactly; what is
 * committed changes with every other process, and the kernel keeps part of it
 * in counters of each CPU that are not added up for the check.
 */
static void strict_as(unsigned int uid)
{
	uint64_t asked = 64 * MIB, allowed, reserve, committed, slack, accounted;
	struct ff_expect *e;
	char statm[128];
	void *map;

	map = mmap(NULL, asked, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		fail("mmap: %s", strerror(errno));
	sysctl_set("vm/overcommit_memory", 2);
	sysctl_set("vm/admin_reserve_kbytes", 2048);
	sysctl_set("vm/user_reserve_kbytes", 1024);
	committed = meminfo("Committed_AS");
	allowed = committed + 24 * MIB;
	/* setting one of these two resets the other */
	if (!sysctl_get("vm/overcommit_kbytes"))
		sysctl_keep("vm/overcommit_ratio");
	sysctl_set("vm/overcommit_kbytes",
		   (allowed - meminfo("SwapTotal")) >> 10);
	if (uid)
		become(uid);
	if (!read_file("/proc/self/statm", statm, sizeof(statm)))
		fail("/proc/self/statm: %s", strerror(errno));
	/* a 32nd of the caller's pages, at most the user's reserve */
	reserve = strtoull(statm, NULL, 10) / 32 * 4096;
	if (reserve > MIB)
		reserve = MIB;
	allowed = (allowed >> 12 << 12) - reserve;
	if (uid)
		allowed -= 2 * MIB;

	accounted = accounted_bytes();
	e = refused(try_fork(), ENOMEM, "overcommit-strict", "copy_mm");
	slack = meminfo("MemTotal") / 64 + MIB;
	exp_limit(e, "bytes", allowed, 0);
	exp_range(e, "in_use", committed - slack, committed + slack);
	exp_range(e, "asked", accounted - MIB, accounted + MIB);
	exp_object(e, "host", "overcommit");
}

static void overcommit_strict(void)
{
	strict_as(0);
}

static void overcommit_strict_user(void)
{
	strict_as(UID_STRICT);
}

/*
 * The reserve for root is larger than the commit limit, so that others have less than nothing.
 * From here to the end nothing is allocated.
 */
static void overcommit_strict_negative(void)
{
	struct ff_expect *e;
	uint64_t committed;
	void *map;

	if (meminfo("SwapTotal"))
		skip("swap may be committed as well");
	/* something to copy, whatever the libc has */
	map = mmap(NULL, MIB, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		fail("mmap: %s", strerror(errno));
	committed = meminfo("Committed_AS");
	sysctl_set("vm/overcommit_memory", 2);
	sysctl_set("vm/admin_reserve_kbytes", 64 << 10);
	if (!sysctl_get("vm/overcommit_kbytes"))
		sysctl_keep("vm/overcommit_ratio");
	sysctl_set("vm/overcommit_kbytes", 4);
	become(UID_STRICT);

	e = refused(try_fork(), ENOMEM, "overcommit-strict", "copy_mm");
	exp_number(e, "limit", 0);
	exp_text(e, "unit", "bytes");
	exp_range(e, "in_use", committed / 2, 2 * committed);
	exp_range(e, "asked", MIB, 64 * MIB);
	exp_object(e, "host", "overcommit");
}

/*
 * One mapping that is larger than the machine's memory; return it. It has a guard at each end,
 * so that it is not merged with others.
 */
static uint64_t too_large(uint64_t *size)
{
	uint64_t limit = meminfo("MemTotal") + meminfo("SwapTotal");
	char *map;

	*size = 4 * limit / 4096 * 4096;
	sysctl_set("vm/overcommit_memory", 1);
	map = mmap(NULL, *size + 2 * 4096, PROT_NONE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED || mprotect(map + 4096, *size, PROT_READ | PROT_WRITE))
		fail("mmap of %llu MiB: %s", (unsigned long long)(*size / MIB),
		     strerror(errno));
	if (!write_file("/proc/sys/vm/overcommit_memory", "0"))
		fail("vm.overcommit_memory: %s", strerror(errno));
	return limit;
}

static void overcommit_heuristic(void)
{
	uint64_t size, limit = too_large(&size);
	struct ff_expect *e;

	e = refused(try_fork(), ENOMEM, "overcommit-heuristic", "copy_mm");
	exp_limit(e, "bytes", limit, size);
	exp_number(e, "asked", size);
	exp_object(e, "host", "overcommit");
}

static void *map_and_unmap(void *unused)
{
	void *map;

	for (;;) {
		map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (map != MAP_FAILED)
			munmap(map, 4096);
	}
	return unused;
}

/*
 * The mappings are counted under a lock that others take all the time: the module has to wait
 * for it, or not all of these would be one event.
 */
static void overcommit_contended(void)
{
	uint64_t size, limit = too_large(&size);
	struct ff_expect *e;
	pthread_t thread;
	unsigned int i;
	long ret = 0;

	for (i = 0; i < 2; i++) {
		errno = pthread_create(&thread, NULL, map_and_unmap, NULL);
		if (errno)
			fail("pthread_create: %s", strerror(errno));
	}
	for (i = 0; i < CONTENDED && (!i || ret == -ENOMEM); i++)
		ret = try_fork();
	e = refused(ret, ENOMEM, "overcommit-heuristic", "copy_mm");
	exp_limit(e, "bytes", limit, size);
	exp_number(e, "asked", size);
	exp_object(e, "host", "overcommit");
	exp_tries(e, CONTENDED);
}

/**
 * overcommit_is_logged() - does the kernel log a refusal by overcommit?
 *
 * forkfail can watch that line.  One is provoked, by an mmap; the line of an earlier refusal
 * counts, too, because the kernel writes only a few in 5 seconds.
 *
 * Return: true if there is such a line.
 */
bool overcommit_is_logged(void)
{
	size_t size = 4 * (meminfo("MemTotal") + meminfo("SwapTotal"));
	bool found = false;
	char record[8192];
	ssize_t n;
	int fd;

	if (mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		 -1, 0) != MAP_FAILED)
		fail("mmap of %zu MiB succeeded", size >> 20);
	fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		fail("/dev/kmsg: %s", strerror(errno));
	/* EPIPE: records were overwritten meanwhile */
	while (!found && ((n = read(fd, record, sizeof(record) - 1)) > 0 ||
			  errno == EPIPE)) {
		record[n > 0 ? n : 0] = 0;
		found = strstr(record, "enough memory for the allocation");
	}
	close(fd);
	return found;
}

/* The module counts before a tracer can stop the task on its return. */
static void overcommit_traced(void)
{
	if (ptrace(PTRACE_TRACEME))
		fail("PTRACE_TRACEME: %s", strerror(errno));
	overcommit_heuristic();
}

const struct ff_case memory_cases[] = {
	{ "overcommit-strict", "overcommit-strict", .flags = FF_HOST,
	  .run = overcommit_strict,
	  .what = "mode 2, 64 MiB more than may be committed" },
	{ "overcommit-strict-user", "overcommit-strict", .flags = FF_HOST,
	  .run = overcommit_strict_user,
	  .what = "the same without privileges: the reserve for root counts" },
	{ "overcommit-strict-negative", "overcommit-strict", .flags = FF_HOST,
	  .run = overcommit_strict_negative,
	  .what = "the same where the reserve is more than may be committed" },
	{ "overcommit-heuristic", "overcommit-heuristic", .flags = FF_HOST,
	  .run = overcommit_heuristic,
	  .what = "mode 0, one mapping larger than RAM and swap" },
	{ "overcommit-contended", "overcommit-heuristic", .flags = FF_HOST,
	  .run = overcommit_contended,
	  .what = "the same, while other threads map and unmap" },
	{ "overcommit-traced", "overcommit-heuristic", .flags = FF_HOST,
	  .run = overcommit_traced,
	  .what = "the same by a task that is traced" },
	{ .name = NULL },
};
