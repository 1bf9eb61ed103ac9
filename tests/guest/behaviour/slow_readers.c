// SPDX-License-Identifier: GPL-2.0-only
/*
 * slow_readers.c - nobody has to wait for a slow reader
 *
 * Readers whose cgroup may run for one millisecond per second are stopped anywhere, even
 * inside the kernel, and if they held a lock, everybody else would wait for it.  Readers who
 * poll are woken one after the other, however many there are.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "guest.h"

#define UID	6201
#define TOP	"slow"
#define READERS	8
#define READS	(longer ? 200 : 60)
#define MOST_READS	200
#define TRIES	5	/* a lock that others hold would delay every time */
#define FILES	120	/* times as many epoll files are the watchers */
#define EPOLLS	1000
#define PREEMPT	"/sys/kernel/debug/sched/preempt"

/* The longest read of root, without the two longest: this machine has other work, too. */
static uint64_t worst(void)
{
	static uint64_t us[MOST_READS];
	unsigned int i;

	for (i = 0; i < READS; i++) {
		uint64_t start = now_us();

		free(slurp(i % 2 ? FORKFAIL_PAGE : FORKFAIL_LOG, NULL));
		us[i] = now_us() - start;
		nap(10);
	}
	sort_up(us, READS);
	return us[READS - 3];
}

/* The same with others: the machine may be busy once, but not each time. */
static uint64_t worst_beside(uint64_t alone)
{
	uint64_t us = worst(), again;
	unsigned int i;

	for (i = 1; i < TRIES && us > 2 * alone; i++) {
		again = worst();
		if (again < us)
			us = again;
	}
	return us;
}

/* Each in its own cgroup, so that they do not wait for each other's CPU time. */
static pid_t reader(const char *cgroup, const char *path)
{
	static char buf[4096];
	pid_t pid = fork();
	int fd;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (cgroup_enter(cgroup) || setresuid(UID, UID, UID))
		_exit(1);
	for (;;) {
		fd = open(path, O_RDONLY);
		while (read(fd, buf, sizeof(buf)) > 0)
			;
		close(fd);
	}
}

/* ---- very many who wait ---------------------------------------------------- */

/* Failures of UID, again and again, so that all of them are woken. */
static pid_t refused(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	name_self("s-refused");
	refuse_nproc(UID);
	for (;;) {
		try_create(PROCESS);
		nap(5);
	}
}

static pid_t watcher(unsigned int *watches)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLPRI }, got[64];
	struct rlimit files = { 2 * EPOLLS, 2 * EPOLLS };
	static int log[FILES], ep[EPOLLS];
	unsigned int i, j, n = 0;
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setrlimit(RLIMIT_NOFILE, &files) || setresuid(UID, UID, UID))
		_exit(1);
	for (i = 0; i < FILES; i++)
		log[i] = open(FORKFAIL_LOG, O_RDONLY | O_CLOEXEC);
	for (i = 0; i < EPOLLS; i++) {
		ep[i] = epoll_create1(EPOLL_CLOEXEC);
		for (j = 0; j < FILES; j++)
			n += !epoll_ctl(ep[i], EPOLL_CTL_ADD, log[j], &ev);
	}
	__atomic_store_n(watches, n ?: 1, __ATOMIC_RELEASE);
	for (i = 0;; i++)
		epoll_wait(ep[i % EPOLLS], got, 64, 1);
}

static void watchers(void)
{
	unsigned int *watches = shared(sizeof(*watches));
	uint64_t alone, beside;
	pid_t pids[2];

	fresh(NULL);
	pids[0] = refused();
	nap(500);
	alone = worst();
	pids[1] = watcher(watches);
	while (!__atomic_load_n(watches, __ATOMIC_ACQUIRE))
		nap(20);
	beside = worst_beside(alone);
	ok(*watches == EPOLLS * FILES && beside <= 2 * alone,
	   "with %u watchers of one user, root's read takes %llu us, else %llu us", *watches,
	   (unsigned long long)beside, (unsigned long long)alone);
	kill(pids[1], SIGKILL);
	wait_for(pids[1]);
	kill(pids[0], SIGKILL);
	wait_for(pids[0]);
}

/* ---- readers that are stopped ----------------------------------------------- */

static void fill_log(void)
{
	pid_t pid = fork();
	char comm[16];
	unsigned int i;

	if (pid) {
		wait_for(pid);
		return;
	}
	refuse_nproc(UID);
	for (i = 0; i < 100; i++) {
		snprintf(comm, sizeof(comm), "s-%u", i);
		name_self(comm);
		try_create(PROCESS);
		nap(2);
	}
	_exit(0);
}

static void start_readers(pid_t *pids, const char *path)
{
	char name[16];
	unsigned int i;

	for (i = 0; i < READERS; i++) {
		snprintf(name, sizeof(name), TOP "-%u", i);
		pids[i] = reader(name, path);
	}
	nap(brief ? 300 : 1000);
}

static void stop_readers(const pid_t *pids)
{
	char name[16];
	unsigned int i;

	for (i = 0; i < READERS; i++)
		kill(pids[i], SIGKILL);
	for (i = 0; i < READERS; i++) {
		snprintf(name, sizeof(name), TOP "-%u", i);
		/* they need CPU time to exit as well */
		cgroup_put(name, "cpu.max", "max 100000");
		wait_for(pids[i]);
	}
}

static uint64_t worst_without(pid_t *pids, const char *instead)
{
	uint64_t us;

	if (instead)
		start_readers(pids, instead);
	us = worst();
	if (instead)
		stop_readers(pids);
	return us;
}

/* @instead: what they read during the measurement without them; NULL if nothing */
static void readers(const char *quota, const char *what, const char *instead)
{
	char names[READERS][16];
	uint64_t alone, beside, again;
	pid_t pids[READERS];
	unsigned int i;

	for (i = 0; i < READERS; i++) {
		snprintf(names[i], sizeof(names[i]), TOP "-%u", i);
		cgroup_make(names[i]);
		if (cgroup_put(names[i], "cpu.max", "%s", quota))
			die("no cgroup can be given less CPU time");
	}
	alone = worst_without(pids, instead);
	start_readers(pids, FORKFAIL_LOG);
	beside = worst_beside(alone);
	stop_readers(pids);
	/* the machine may have become busier since */
	if (beside > 2 * alone) {
		again = worst_without(pids, instead);
		alone = again > alone ? again : alone;
	}
	ok(beside <= 2 * alone, "with %u %s, root's read takes %llu us, else %llu us", READERS,
	   what, (unsigned long long)beside, (unsigned long long)alone);
	for (i = 0; i < READERS; i++)
		cgroup_remove(names[i]);
}

/* So that they are stopped anywhere; not every kernel has this setting. */
static char *preempt_anywhere(void)
{
	char *was = slurp(PREEMPT, NULL), *mode = was ? strchr(was, '(') : NULL;

	if (!mode || put(PREEMPT, "full"))
		note("readers are only preempted voluntarily on this kernel");
	return mode ? strndup(mode + 1, strcspn(mode + 1, ")")) : NULL;
}

void test_slow_readers(void)
{
	const struct sched_param first = { .sched_priority = 1 };
	char *was;

	/* root has a free CPU, so what remains is waiting for locks */
	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first))
		die("SCHED_FIFO: %s", strerror(errno));
	fresh(NULL);
	fill_log();
	was = preempt_anywhere();
	nap(1000);
	readers("1000 1000000", "readers of 1 ms per second", NULL);
	/* these use both CPUs; so does the baseline, with readers of another file */
	readers("max 100000", "readers", "/proc/meminfo");
	if (was)
		put(PREEMPT, "%s", was);
	watchers();
}
