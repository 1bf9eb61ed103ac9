// SPDX-License-Identifier: GPL-2.0-only
/*
 * merged_events.c - which failures are merged into one event, and which are not
 *
 * A new event begins when the limit changes, and after a minute.  The first lines of the page
 * have the numbers of the last failure.  Setting the clock changes none of this.  Different
 * objects with the same number or name are not merged.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "guest.h"

#define UID	6101
#define TOP	"merged-events"

static unsigned int count(const struct text *t, const char *comm)
{
	unsigned int i, n = 0;

	for (i = 0; i < t->nr_events; i++)
		n += !strcmp(value(&t->events[i], FORKFAIL_KEY_COMM), comm);
	return n;
}

static const struct event *last_of(const struct text *t, const char *comm)
{
	unsigned int i;

	for (i = t->nr_events; i--; )
		if (!strcmp(value(&t->events[i], FORKFAIL_KEY_COMM), comm))
			return &t->events[i];
	return NULL;
}

/* Wait until the last event of this name has this text. */
static void until_last(const char *comm, enum forkfail_key key, const char *what)
{
	uint64_t start = now_ms();
	const struct event *e;
	bool there = false;
	struct text log;

	for (; !there && now_ms() - start < 60000 * slowness; nap(20)) {
		read_log(&log);
		e = last_of(&log, comm);
		there = e && !strcmp(value(e, key), what);
		text_free(&log);
	}
}

/* ---- a limit that is raised while a process retries ------------------------ */

static void fill(void)
{
	pid_t pid;

	cgroup_enter(TOP "/raised");
	name_self("w-raised");
	for (;;) {
		pid = raw_fork();
		if (!pid)
			for (;;)
				pause();
		if (pid < 0)
			nap(20);
	}
}

static void raised(void)
{
	const struct event *e;
	struct text page, log;
	pid_t pid;

	cgroup_make(TOP "/raised");
	cgroup_put(TOP "/raised", "pids.max", "6");
	pid = fork();
	if (!pid)
		fill();
	until_last("w-raised", FORKFAIL_KEY_LIMIT, "6");
	cgroup_put(TOP "/raised", "pids.max", "20");
	until_last("w-raised", FORKFAIL_KEY_LIMIT, "20");
	read_page(&page);
	read_log(&log);
	e = last_of(&log, "w-raised");
	ok(page.last && strstr(page.last, "(20 of 20 tasks in use, "),
	   "raised from 6 to 20: %s", page.last);
	ok(count(&log, "w-raised") == 2 && !strcmp(value(e, FORKFAIL_KEY_LIMIT), "20") &&
	   !strcmp(value(&log.events[0], FORKFAIL_KEY_LIMIT), "6"),
	   "and there is an event for each of the limits (%u)", count(&log, "w-raised"));
	text_free(&page);
	text_free(&log);
	kill(pid, SIGKILL);
	wait_for(pid);
	cgroup_kill(TOP "/raised");
	nap(50);
	cgroup_remove(TOP "/raised");
}

/* ---- the usage grows, the limit stays -------------------------------------- */

static void grown(void)
{
	int go[2];
	char c;
	const struct event *e;
	struct text page, log;
	pid_t pid, more[3];
	unsigned int i, *there = shared(sizeof(*there));

	if (pipe(go))
		die("pipe: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		name_self("w-grown");
		refuse_nproc(UID);
		try_create(PROCESS);
		if (read(go[0], &c, 1) != 1)
			_exit(1);
		try_create(PROCESS);
		_exit(0);
	}
	until_last("w-grown", FORKFAIL_KEY_IN_USE, "1");
	for (i = 0; i < 3; i++) {
		more[i] = fork();
		if (!more[i]) {
			if (setresuid(UID, UID, UID))
				_exit(1);
			__sync_fetch_and_add(there, 1);
			for (;;)
				pause();
		}
	}
	while (__atomic_load_n(there, __ATOMIC_ACQUIRE) < 3)
		nap(5);
	if (write(go[1], "", 1) != 1)
		die("pipe: %s", strerror(errno));
	wait_for(pid);
	read_page(&page);
	read_log(&log);
	e = last_of(&log, "w-grown");
	for (i = 0; i < page.nr_rows && strcmp(page.rows[i].in_use, "4"); i++)
		;
	ok(i < page.nr_rows && !strcmp(page.rows[i].limit, "1"),
	   "the table has the last usage: %s", page.wrong);
	ok(e && !strcmp(value(e, FORKFAIL_KEY_IN_USE), "1") &&
	   !strcmp(value(e, FORKFAIL_KEY_LAST_IN_USE), "4") &&
	   !strcmp(value(e, FORKFAIL_KEY_REPEAT), "1"),
	   "the event has the first and the last: %s, %s", value(e, FORKFAIL_KEY_IN_USE),
	   value(e, FORKFAIL_KEY_LAST_IN_USE));
	text_free(&page);
	text_free(&log);
	for (i = 0; i < 3; i++) {
		kill(more[i], SIGKILL);
		wait_for(more[i]);
	}
	close(go[0]);
	close(go[1]);
}

/* ---- clocks ---------------------------------------------------------------- */

static void set_back(int seconds)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec -= seconds;
	if (clock_settime(CLOCK_REALTIME, &ts))
		die("the clock: %s", strerror(errno));
}

/* Fail once a second for more than a minute. */
static pid_t for_a_minute(void)
{
	unsigned int i;
	pid_t pid = fork();

	if (pid)
		return pid;
	name_self("w-minute");
	refuse_nproc(UID + 1);
	for (i = 0; i < 64; i++) {
		try_create(PROCESS);
		nap(1000);
	}
	_exit(0);
}

static void clocks(void)
{
	struct text log;
	pid_t pid = fork();

	if (!pid) {
		name_self("w-clock");
		refuse_nproc(UID + 2);
		try_create(PROCESS);
		nap(11000);
		try_create(PROCESS);
		_exit(0);
	}
	nap(2000);
	set_back(3600);
	wait_for(pid);
	read_log(&log);
	ok(count(&log, "w-clock") == 2, "two failures 11 s apart are two events, even if the clock is set back (%u)",
	   count(&log, "w-clock"));
	text_free(&log);
}

/* ---- different objects ------------------------------------------------------- */

/* Does this kernel count what a user has in all user namespaces together? */
static bool counts_whole_user(void)
{
	struct rlimit two = { 2, 2 };
	pid_t pid = fork(), more[3];
	unsigned int i;

	if (pid)
		return wait_for(pid);
	if (setresuid(UID + 4, UID + 4, UID + 4))
		_exit(0);
	for (i = 0; i < 3; i++) {
		more[i] = fork();
		if (!more[i]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
	}
	/* it has only these three tasks there, and may have two */
	if (unshare(CLONE_NEWUSER) || setrlimit(RLIMIT_NPROC, &two))
		_exit(0);
	i = try_create(PROCESS) == EAGAIN;
	_exit(i);
}

/* Refused in its own user namespace, with the same uid. */
static void in_namespace(const char *comm)
{
	pid_t pid = fork();

	if (pid) {
		wait_for(pid);
		return;
	}
	name_self(comm);
	if (setresuid(UID + 3, UID + 3, UID + 3) || unshare(CLONE_NEWUSER))
		_exit(1);
	refuse_nproc(-1);
	try_create(PROCESS);
	nap(200);
	_exit(0);
}

static void names(void)
{
	char one[300] = "", two[300] = "";
	const struct event *e;
	struct text log;
	bool whole;
	pid_t pid;

	pid = fork();
	if (!pid) {
		in_namespace("w-one");
		_exit(0);
	}
	in_namespace("w-two");
	wait_for(pid);
	read_log(&log);
	e = last_of(&log, "w-one");
	if (e)
		snprintf(one, sizeof(one), "%s", value(e, FORKFAIL_KEY_OBJECT));
	e = last_of(&log, "w-two");
	if (e)
		snprintf(two, sizeof(two), "%s", value(e, FORKFAIL_KEY_OBJECT));
	whole = counts_whole_user();
	ok(*one && *two && !strcmp(one, two) == whole && !strstr(one, "userns") == whole,
	   "one user in two namespaces is%s the same here: \"%s\", \"%s\"",
	   whole ? "" : " not", one, two);
	text_free(&log);
}

/* Failures are merged only within one PID namespace. */
static void across(void)
{
	const struct event *e;
	struct text log;
	unsigned int i;
	pid_t pid;

	for (i = 0; i < 6; i++)
		fail_once("w-across", UID + 5);
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWPID))
			_exit(1);
		pid = fork();
		if (pid)
			_exit(wait_for(pid));
		_exit(fail_once("w-across", UID + 5) != EAGAIN);
	}
	ok(!wait_for(pid), "a seventh process fails in another PID namespace");
	read_log(&log);
	e = last_of(&log, "w-across");
	ok(e && strcmp(value(e, FORKFAIL_KEY_PIDNS), value(&log.events[0], FORKFAIL_KEY_PIDNS)),
	   "and has an event of its own, pidns=%s", e ? value(e, FORKFAIL_KEY_PIDNS) : "");
	text_free(&log);
}

/* ---- opening leaves no trace in the task ------------------------------------- */

static unsigned long task_flags(void)
{
	char *s = slurp("/proc/self/stat", NULL), *p = s ? strrchr(s, ')') : NULL;
	unsigned long flags = 0;

	/* after the name come the state, five numbers, and the flags */
	if (p)
		sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %lu", &flags);
	free(s);
	return flags;
}

#define SUPERPRIV	0x100	/* PF_SUPERPRIV, in every kernel since 2.6 */

static void superpriv(void)
{
	pid_t pid = fork();

	if (!pid) {
		if (task_flags() & SUPERPRIV)
			_exit(2);
		close(open(FORKFAIL_PAGE, O_RDONLY));
		_exit(!!(task_flags() & SUPERPRIV));
	}
	ok(!wait_for(pid), "opening the page does not count as using a privilege");
}

void test_merged_events(void)
{
	fresh(NULL);
	cgroup_make(TOP);
	cgroup_put(TOP, "cgroup.subtree_control", "+pids");
	raised();
	grown();
	superpriv();
	names();
	across();
	cgroup_remove(TOP);
}

/* ---- a task that is killed while its fork restarts --------------------------- */

static void on_signal(int sig)
{
	(void)sig;
}

static void fork_traced(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &sa, NULL);
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	raw_fork();
	_exit(0);
}

/*
 * The tracer sends a signal before the fork begins, so that it restarts, and SIGKILL when that
 * signal is about to be delivered, so that the call never returns.
 */
static void kill_in_restart(void)
{
	struct __ptrace_syscall_info info = {};
	pid_t pid = fork();
	int status;

	if (!pid)
		fork_traced();
	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	while (!ptrace(PTRACE_SYSCALL, pid, 0, 0) && waitpid(pid, &status, 0) == pid &&
	       WIFSTOPPED(status) && WSTOPSIG(status) != SIGUSR1) {
		ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == SYS_clone)
			kill(pid, SIGUSR1);
	}
	kill(pid, SIGKILL);
	wait_for(pid);
}

/* Tests that take a minute, and give the same result on every kernel. */
void test_minute(void)
{
	struct text log;
	pid_t minute;

	fresh(NULL);
	kill_in_restart();
	ok(field_of(DEBUGFS "/stats", "restarting") == 1,
	   "a task was killed while its fork restarted: %lld entry in the table",
	   field_of(DEBUGFS "/stats", "restarting"));
	minute = for_a_minute();
	clocks();
	wait_for(minute);
	ok(!field_of(DEBUGFS "/stats", "restarting"), "... a minute later %lld",
	   field_of(DEBUGFS "/stats", "restarting"));
	set_back(-3600);
	read_log(&log);
	ok(count(&log, "w-minute") == 2,
	   "failures that continue for more than a minute are two events (%u)",
	   count(&log, "w-minute"));
	text_free(&log);
}
