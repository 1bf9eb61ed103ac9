// SPDX-License-Identifier: GPL-2.0-only
/*
 * subgroups.c - a container that may create cgroups does not take the room of its neighbours
 *
 * Its processes are root's, as on a host without user namespaces, and its part of the tree of
 * cgroups is its own: it runs systemd, for example.  Each attack is made from many cgroups below
 * its own.  The victim is another container, or a service: the same user, beside it in the tree.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "fair.h"
#include "guest.h"

#define TOP	"subgroups"
#define LOUD	TOP "/loud"
#define QUIET	TOP "/quiet"
#define MOST	130	/* cgroups of the attacker: more than there are events */
#define HOLDERS	40	/* those in which calls or files are held */
#define CALLS	700	/* more than there are places */
#define FILES	256
#define REFUSED	20

static struct {
	unsigned int held, ready, refused, opened;
} *board;

static const char *group(unsigned int i)
{
	static char name[64];

	snprintf(name, sizeof(name), LOUD "/%u", i);
	return name;
}

/* Neither container may see everything: those who may can always open the files. */
static void drop_syslog(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		_exit(97);
	data[1].effective &= ~(1U << (CAP_SYSLOG - 32));
	data[1].permitted &= ~(1U << (CAP_SYSLOG - 32));
	if (syscall(SYS_capset, &head, data))
		_exit(97);
}

static unsigned int row_of(const struct text *t, const char *object)
{
	unsigned int i;

	for (i = 0; i < t->nr_rows; i++)
		if (!strcmp(t->rows[i].object, object))
			return i + 1;
	return 0;
}

static void be_loud(void)
{
	unsigned int i;

	for (i = 0; i < MOST; i++) {
		fail_in_cgroup(group(i), "loud", 0, 1);
		give_way(1);
	}
}

/* ---- events, rows, lines of the kernel log -------------------------------- */

static void kept(void)
{
	unsigned int row;
	struct text log, page;
	int mark = klog_mark();
	char *lines;

	fail_in_cgroup(QUIET, "before", 0, 1);
	be_loud();
	fail_in_cgroup(TOP "/late", "after", 0, 1);
	nap(300);
	lines = klog_until(mark, "\"/" TOP "/late\"", "\"/" QUIET "\"");
	read_log(&log);
	read_page(&page);
	ok(event_of(&log, "before") && event_of(&log, "after") && log.nr_events > 100,
	   "failures in %u cgroups of one container do not push out the event of another (%u events)",
	   MOST, log.nr_events);
	row = row_of(&page, "/" QUIET);
	ok(row && row <= SCREEN_ROWS, "nor its row, which is on the first screen (%u)", row);
	ok(strstr(lines, "\"/" TOP "/late\"") && strstr(lines, "\"/" QUIET "\""),
	   "nor its line in the kernel log");
	text_free(&log);
	text_free(&page);
	free(lines);
	close(mark);
}

/* ---- places that are held -------------------------------------------------- */

static pid_t hold(unsigned int i, void (*how)(unsigned int n), unsigned int n)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (cgroup_enter(group(i)))
		_exit(96);
	drop_syslog();
	how(n);
	for (;;)
		pause();
}

static void hold_all(void (*how)(unsigned int n), unsigned int total, void (*then)(void))
{
	pid_t pids[HOLDERS];
	unsigned int i;

	memset(board, 0, sizeof(*board));
	for (i = 0; i < HOLDERS; i++)
		pids[i] = hold(i, how, total / HOLDERS + 1);
	for (i = 0; i < 6000 * slowness && board->ready < HOLDERS; i++)
		nap(10);
	nap(300 * slowness);
	then();
	for (i = 0; i < HOLDERS; i++)
		stop_child(pids[i]);
}

static void in_quiet(void (*what)(void))
{
	pid_t pid = fork();

	if (!pid) {
		if (cgroup_enter(QUIET))
			_exit(96);
		name_self("victim");
		drop_syslog();
		what();
		_exit(0);
	}
	if (pid < 0 || wait_for(pid))
		note("the victim did not end well");
}

/* in one process of the attacker */
static unsigned int held_here;
static int filtered;

static int wait_for_supervisor(void *unused __attribute__((unused)))
{
	await(&filtered);
	__sync_fetch_and_add(&held_here, 1);
	raw_fork();
	for (;;)
		pause();
	return 0;
}

static void calls(unsigned int n)
{
	start_threads(n, wait_for_supervisor);
	/* one filter for all, which takes less time than one for each */
	filter_all_for(SECCOMP_RET_USER_NOTIF);
	release(&filtered);
	while (__atomic_load_n(&held_here, __ATOMIC_ACQUIRE) < n)
		nap(5);
	__sync_fetch_and_add(&board->held, n);
	__sync_fetch_and_add(&board->ready, 1);
}

static void be_refused(void)
{
	unsigned int i;

	for (i = 0; i < REFUSED; i++)
		board->refused += try_create(i % NR_KINDS) == EAGAIN;
}

static void calls_held(void)
{
	const struct event *e;
	struct text log, page;
	unsigned int i, named = 0;

	in_quiet(be_refused);
	read_log(&log);
	read_page(&page);
	for (i = 0; i < log.nr_events; i++) {
		e = &log.events[i];
		if (!strcmp(value(e, FORKFAIL_KEY_COMM), "victim") &&
		    strcmp(value(e, FORKFAIL_KEY_PROOF), "inferred"))
			named += 1 + e->repeat;
	}
	ok(board->held >= CALLS && board->refused == REFUSED && named == REFUSED && !page.noroom,
	   "while %u cgroups of one container hold %u calls, of %u failures of another %u are named (%llu found no room)",
	   HOLDERS, board->held, board->refused, named, (unsigned long long)page.noroom);
	text_free(&log);
	text_free(&page);
}

static void files(unsigned int n)
{
	while (n--)
		if (open(FORKFAIL_LOG, O_RDONLY) >= 0)
			__sync_fetch_and_add(&board->held, 1);
	__sync_fetch_and_add(&board->ready, 1);
}

static void open_one(void)
{
	board->opened = open(FORKFAIL_PAGE, O_RDONLY) >= 0;
}

static void files_held(void)
{
	in_quiet(open_one);
	ok(board->opened, "while they have %u files open, another container can open one",
	   board->held);
}

void test_subgroups(void)
{
	unsigned int i;

	board = shared(sizeof(*board));
	cgroup_make(TOP);
	cgroup_put(TOP, "cgroup.subtree_control", "+pids");
	cgroup_make(LOUD);
	cgroup_put(LOUD, "cgroup.subtree_control", "+pids");
	cgroup_make(QUIET);
	cgroup_put(QUIET, "pids.max", "0");
	cgroup_make(TOP "/late");
	cgroup_put(TOP "/late", "pids.max", "0");
	for (i = 0; i < MOST; i++)
		cgroup_make(group(i));
	fresh(NULL);
	hold_all(calls, CALLS, calls_held);
	hold_all(files, FILES, files_held);
	for (i = 0; i < MOST; i++)
		cgroup_put(group(i), "pids.max", "0");
	fresh(NULL);
	kept();
	for (i = 0; i < MOST; i++)
		cgroup_remove(group(i));
	cgroup_remove(LOUD);
	cgroup_remove(QUIET);
	cgroup_remove(TOP "/late");
	cgroup_remove(TOP);
}
