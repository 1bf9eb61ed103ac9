// SPDX-License-Identifier: GPL-2.0-only
/*
 * first_screen.c - what an operator sees without scrolling
 *
 * One user fails in many cgroups, and two others once.  The lines that fit on a screen name
 * both of these: one by its cause, one by its cgroup.  The storm takes one line, beside the
 * failure that leads.
 */
#define _GNU_SOURCE
#include <signal.h>

#include "fair.h"
#include "guest.h"

#define TOP	"screen"
#define JOBS	60
#define EACH	(brief ? 5U : 20U)	/* failures */
#define LINES	24
#define COLUMNS	80

static void storm(unsigned int from, unsigned int to)
{
	char name[64];

	for (; from < to; from++) {
		snprintf(name, sizeof(name), TOP "/job-%u", from);
		cgroup_make(name);
		cgroup_put(name, "pids.max", "0");
		fail_in_cgroup(name, "s-storm", MALLORY, EACH);
	}
}

/* The first lines of the page, as "more" would show them. */
static char *screen(void)
{
	char *page = slurp(FORKFAIL_PAGE, NULL), *p = page;
	unsigned int i;

	for (i = 0; p && *p && i < LINES; i++)
		p += strcspn(p, "\n") + 1;
	if (p)
		*p = '\0';
	return page;
}

static bool has(const char *screen, const char *words)
{
	return screen && strstr(screen, words);
}

static void check_screen(void)
{
	unsigned int i, longest = 0, rows = 0;
	struct text page;
	char *first = screen();

	read_page(&page);
	for (i = 0; i < page.nr_also; i++) {
		note("also: %s", page.also[i]);
		if (strlen("also: ") + strlen(page.also[i]) > longest)
			longest = strlen("also: ") + strlen(page.also[i]);
	}
	for (i = 0; i < page.nr_rows && i < SCREEN_ROWS; i++)
		rows += !strcmp(page.rows[i].object, "uid 6002") ||
			!strcmp(page.rows[i].object, "/" TOP "/database");
	ok(!*page.wrong && strstr(page.last, " pids.max "), "the storm leads: %s%s", page.last,
	   page.wrong);
	ok(has(first, "also: 1 rlimit-nproc (limit): uid 6002\n"),
	   "another user's failure of another cause is on the first screen, with its object");
	ok(has(first, "also: 1 pids-max (limit): /" TOP "/database\n"),
	   "... and so is another user's of the same cause");
	ok(has(first, " pids-max (limit): /" TOP "/job-") && has(first, " and 58 more\n"),
	   "%u failures of one storm take one line beside the first", JOBS * EACH);
	ok(page.nr_also == 3 && longest <= COLUMNS, "%u lines, the longest has %u columns",
	   page.nr_also, longest);
	ok(rows == 2, "the rows above the events have both (%u)", rows);
	text_free(&page);
	free(first);
}

/* "prlimit --pid" is for a process that is there, and not for the next one with its number. */
static void command_for_a_process(void)
{
	int said[2], c;
	struct text page;
	char want[64];
	pid_t pid;

	fresh(NULL);
	if (pipe(said))
		die("pipe: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		refuse_nproc(ALICE);
		if (try_create(PROCESS) != EAGAIN || write(said[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(said[1]);
	if (read(said[0], &c, 1) != 1)
		die("the process was not refused");
	close(said[0]);
	nap(300);
	snprintf(want, sizeof(want), "prlimit --pid %d --nproc=", pid);
	read_page(&page);
	ok(page.or && !strncmp(page.or, want, strlen(want)), "a command for process %d: %s", pid,
	   page.or ?: "none");
	text_free(&page);
	kill(pid, SIGKILL);
	wait_for(pid);
	read_page(&page);
	ok(page.last && strstr(page.last, "RLIMIT_NPROC") && !page.or,
	   "none when it has ended: %s", page.or ?: "none");
	text_free(&page);
}

void test_first_screen(void)
{
	char name[64];
	unsigned int i;

	fresh(NULL);
	cgroup_make(TOP);
	cgroup_put(TOP, "cgroup.subtree_control", "+pids");
	cgroup_make(TOP "/database");
	cgroup_put(TOP "/database", "pids.max", "0");
	storm(0, JOBS / 2);
	fail_once("s-victim", ALICE);
	fail_in_cgroup(TOP "/database", "s-quiet", ALICE + 1, 1);
	storm(JOBS / 2, JOBS);
	nap(300);
	check_screen();
	for (i = 0; i < JOBS; i++) {
		snprintf(name, sizeof(name), TOP "/job-%u", i);
		cgroup_remove(name);
	}
	cgroup_remove(TOP "/database");
	cgroup_remove(TOP);
	command_for_a_process();
}
