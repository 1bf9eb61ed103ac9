// SPDX-License-Identifier: GPL-2.0-only
/*
 * inject.c - runs one row: arms the failure, makes the call, and checks the log
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../lib/create_task.h"
#include "injectfail.h"

#define INJECT_PATH	"/proc/ffinject"
#define LOG_PATH	"/proc/forkfail_log"
#define MOST_TRIES	64

/* A watch point is missing: causes may be less certain, but not wrong. */
bool weak, may_be_unseen;

/* ---- the call ------------------------------------------------------------ */

static char spare_stack[4096] __attribute__((aligned(64)));

/* Shared by the calling task and the process that checks the log. */
static struct board {
	pid_t caller;
	long ret;		/* of the call that should fail */
	bool called;
	volatile int stage;
	char why[200];		/* why the call could not be made */
} *board;

static int inject_fd;

static bool tell(const char *line)
{
	return write(inject_fd, line, strlen(line)) == (ssize_t)strlen(line);
}

static unsigned int hits(void)
{
	long long n = field_of(INJECT_PATH, "hits ");

	return n > 0 ? n : 0;
}

static void give_up(const char *fmt, const char *what)
{
	snprintf(board->why, sizeof(board->why), fmt, what);
	_exit(1);
}

static void call(const struct row *r)
{
	struct clone3_args args = { .flags = r->flags };
	pid_t made[MOST_TRIES];
	int i, n = 0, pidfd;

	args.exit_signal = r->flags & CLONE_THREAD ? 0 : SIGCHLD;
	if (r->flags & CLONE_VM) {
		args.stack = (uintptr_t)spare_stack;
		args.stack_size = sizeof(spare_stack);
	}
	args.pidfd = (uintptr_t)&pidfd;
	if (r->how & INTO_CGROUP) {
		int fd = open_other_cgroup();

		if (fd < 0)
			give_up("a cgroup: %s", strerror(errno));
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = fd;
	}
	do {
		board->called = true;
		board->ret = create_task3(&args, SYS_ppoll);
		if (board->ret > 0)
			made[n++] = board->ret;
	} while (board->ret > 0 && (r->how & RETRY) && n < MOST_TRIES && !hits());
	for (i = 0; i < n; i++)
		kill(made[i], SIGKILL);
}

static void call_for_kthread(void)
{
	board->caller = 2;
	board->called = true;
	board->ret = tell("kthread") ? 1 : -errno;
}

/* The nth of the CPUs on which the caller may run, and no other. */
static void stay_on(unsigned int nth)
{
	static cpu_set_t may;
	cpu_set_t one;
	int cpu;

	if (!CPU_COUNT(&may) && sched_getaffinity(0, sizeof(may), &may))
		give_up("sched_getaffinity: %s", strerror(errno));
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &may) && !nth--)
			break;
	CPU_ZERO(&one);
	if (cpu < CPU_SETSIZE)
		CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		give_up("a CPU for each of two: %s", strerror(errno));
}

/* The host pays for a second CPU even if it is idle: it is online for such a row only. */
static bool second_cpu(bool on)
{
	int fd = open("/sys/devices/system/cpu/cpu1/online", O_RDWR | O_CLOEXEC);
	bool changed;
	char was;

	if (fd < 0)
		return false;
	changed = read(fd, &was, 1) == 1 && was == (on ? '0' : '1') &&
		  write(fd, on ? "1" : "0", 1) == 1;
	close(fd);
	return changed;
}

#define MOST_WAIT	10000	/* for the first to be held, in naps of a millisecond */

/*
 * One task forks into a new PID namespace and is held when its child has number 1 but is not
 * attached yet; this task comes second. The held task occupies a CPU, where nothing else runs
 * and no timer fires: so each has its own.
 */
static void second_in_pidns(const struct row *r, const char *plan)
{
	struct clone3_args args = { .exit_signal = SIGCHLD };
	char path[64];
	unsigned int tries;
	pid_t first;
	int fd;

	stay_on(0);
	first = fork();
	if (first < 0)
		give_up("fork: %s", strerror(errno));
	if (!first) {
		int own = open(INJECT_PATH, O_WRONLY | O_CLOEXEC);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		stay_on(1);
		if (unshare(CLONE_NEWPID) || write(own, plan, strlen(plan)) < 0)
			give_up("the first task: %s", strerror(errno));
		board->stage = 1;
		while (board->stage != 2)
			;
		create_task3(&args, SYS_ppoll);
		pause();
	}
	while (!board->stage && !board->why[0])
		nap(1);
	if (board->why[0])
		_exit(1);
	snprintf(path, sizeof(path), "/proc/%d/ns/pid_for_children", first);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWPID))
		give_up("setns: %s", strerror(errno));
	board->stage = 2;
	/* the task is held now, however long that took */
	for (tries = 0; !hits() && tries < MOST_WAIT; tries++)
		nap(1);
	if (!hits())
		give_up("%s", "the first task was not held");
	call(r);
	/* while it is held: then it does not create its child any more */
	kill(first, SIGKILL);
	if (!tell("go"))
		give_up("go: %s", strerror(errno));
}

static void __attribute__((noreturn)) work(const struct row *r, const char *plan)
{
	const char *why;

	char comm[16];

	/* whoever is left when this task has ended is killed with its group */
	setpgid(0, 0);
	/* failures of one name are merged into one event */
	snprintf(comm, sizeof(comm), "inject%zu", r - rows);
	prctl(PR_SET_NAME, comm);
	board->caller = getpid();
	/* a call that hangs has failed */
	alarm(60);
	inject_fd = open(INJECT_PATH, O_WRONLY | O_CLOEXEC);
	if (inject_fd < 0)
		give_up(INJECT_PATH ": %s", strerror(errno));
	why = r->setup ? r->setup() : NULL;
	if (why)
		give_up("%s", why);
	if (r->how & SECOND_IN_PIDNS) {
		second_in_pidns(r, plan);
		_exit(0);
	}
	if (!tell(plan))
		give_up("arming: %s", strerror(errno));
	if (r->how & KTHREAD)
		call_for_kthread();
	else
		call(r);
	_exit(0);
}

/* ---- the check ----------------------------------------------------------- */

static uint64_t last_seq(void)
{
	char *text = read_log(LOG_PATH);
	const char *p = text;
	uint64_t last = 0;
	struct event e;

	while (p && next_event(&p, &e))
		if (e.seq > last)
			last = e.seq;
	free(text);
	return last;
}

/* The events of one task; the log is written a moment after the failure. */
static int find_event(pid_t pid, uint64_t after, struct event *found)
{
	int n = 0, tries;
	struct event e;

	for (tries = 0; tries < 40 && !n; tries++) {
		char *text = read_log(LOG_PATH);
		const char *p = text;

		while (p && next_event(&p, &e))
			if (e.pid == pid && e.seq > after) {
				*found = e;
				n += 1 + e.repeat;
			}
		free(text);
		if (!n)
			nap(25);
	}
	return n;
}

static enum outcome check_event(const struct row *r, const struct event *e, char *said, size_t size)
{
	bool inferred = !strcmp(e->proof, "inferred");
	const char *wrong = NULL;

	if (strcmp(e->errno_word, errno_word(r->err)))
		wrong = "another errno";
	else if (!errno_allowed(e->cause, e->errno_word))
		wrong = "a cause that cannot give this errno";
	else if (!strcmp(e->cause, "unexplained") && strcmp(r->cause, "unexplained"))
		wrong = weak ? NULL : "unexplained";
	else if (inferred && !has_word(e->candidates, r->cause) &&
		 !(weak && has_word(e->candidates, "unexplained")))
		wrong = "not among the candidates";
	else if (!inferred && strcmp(e->cause, r->cause))
		wrong = "another cause";
	else if (inferred && !weak && !(r->how & AMBIGUOUS) &&
		 !((r->how & OR_USERNS_LSM) && has_symbol("security_create_user_ns")))
		wrong = "less certain than it can be";
	snprintf(said, size, "%s%scause=%s errno=%s kind=%s proof=%s step=%s%s%s", wrong ? wrong : "",
		 wrong ? ": " : "", e->cause, e->errno_word, e->kind, e->proof, e->step,
		 e->candidates[0] ? " candidates=" : "", e->candidates);
	return wrong ? FAILED : PASSED;
}

/**
 * run_row() - make one call fail, and check the event
 * @r: the row
 * @said: receives what there is to tell
 * @size: of @said
 *
 * Return: PASSED, FAILED or SKIPPED.
 */
enum outcome run_row(const struct row *r, char *said, size_t size)
{
	const char *missing;
	struct event e;
	char plan[500];
	uint64_t before;
	int n, status;
	pid_t worker;
	bool onlined;

	missing = expand_plan(r->plan, plan, sizeof(plan));
	if (missing) {
		snprintf(said, size, "does not exist here: this kernel has no %s", missing);
		return SKIPPED;
	}
	if (r->here && !r->here()) {
		snprintf(said, size, "does not exist here: a second task gets its number while there is no init");
		return SKIPPED;
	}
	if (!board)
		board = shared(sizeof(*board));
	memset(board, 0, sizeof(*board));
	onlined = (r->how & SECOND_IN_PIDNS) && second_cpu(true);
	before = last_seq();
	fflush(NULL);
	worker = fork();
	if (!worker)
		work(r, plan);
	status = wait_for(worker);
	/*
	 * The first in a PID namespace may have had its child before it was killed. The child would
	 * stay, and keep the pipe open to which this program prints.
	 */
	kill(-worker, SIGKILL);
	n = hits();
	inject_fd = open(INJECT_PATH, O_WRONLY | O_CLOEXEC);
	tell("off");
	close(inject_fd);
	if (onlined)
		second_cpu(false);
	if (r->how & INTO_CGROUP)
		remove_cgroups();

	if (board->why[0]) {
		snprintf(said, size, "%s", board->why);
		return FAILED;
	}
	if (!n) {
		snprintf(said, size, "does not exist here: %s was not entered; the call returned %ld",
			 plan, board->ret);
		return SKIPPED;
	}
	if (board->ret > 0 && !(r->how & (KILLED | KTHREAD))) {
		snprintf(said, size, "does not exist here: %s failed, and the call did not", plan);
		return SKIPPED;
	}
	if (r->how & KILLED) {
		if (status != 128 + SIGKILL) {
			snprintf(said, size, "the caller was not killed");
			return FAILED;
		}
	} else if (board->ret != -r->err) {
		snprintf(said, size, "the caller saw %ld (%s), not %s", board->ret,
			 board->ret < 0 ? errno_word(-board->ret) : "success",
			 errno_word(r->err));
		return FAILED;
	}
	n = find_event(board->caller, before, &e);
	if (!n && ((r->how & (UNSEEN | ORDINARY)) || may_be_unseen ||
		   (weak && (r->how & BEFORE_CLONE)))) {
		snprintf(said, size, "not seen");
		return PASSED;
	}
	if (n != 1 || (r->how & UNSEEN)) {
		snprintf(said, size, "%d events instead of %s", n,
			 r->how & UNSEEN ? "none" : "one");
		return FAILED;
	}
	return check_event(r, &e, said, size);
}
