// SPDX-License-Identifier: GPL-2.0-only
/*
 * attackers.c - users who try to use up forkfail's resources, as long as the soak runs
 *
 * fair.c, full_table.c and slow_readers.c test each attack by itself.  Here several users make
 * all attacks at the same time, in rounds, while victims, each of them another user, must be
 * able to open a file and find their event in it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "guest.h"

#define UID		6501	/* attackers, and those who follow */
#define VICTIM		7001	/* and those who follow */
#define HOLD_MS		4000
#define FOUND_MS	20000	/* how soon a victim's event must be there */

static void become(uid_t uid)
{
	struct rlimit files = { 3000, 3000 };

	setrlimit(RLIMIT_NOFILE, &files);
	if (setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		_exit(98);
}

/* Many tasks of one user that exist at the same time for a while. */
static void each_of(unsigned int n, void (*does)(void))
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (!raw_fork()) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			does();
			for (;;)
				pause();
		}
	nap(HOLD_MS);
}

static void names(void)
{
	static const struct rlimit none;
	char comm[16];
	unsigned int i;

	setrlimit(RLIMIT_NPROC, &none);
	for (i = 0;; i++) {
		snprintf(comm, sizeof(comm), "a-%u", i % 1000);
		name_self(comm);
		try_create(i % NR_KINDS);
		if (i % 16 == 0)
			give_way(5);
	}
}

static void dead_namespace(void)
{
	pid_t init;

	if (unshare(CLONE_NEWUSER | CLONE_NEWPID))
		return;
	init = raw_fork();
	if (!init)
		_exit(0);
	wait_for(init);
	raw_fork();
}

static void namespaces(void)
{
	each_of(60, dead_namespace);
}

static void files(void)
{
	unsigned int i;
	char c;
	int fd;

	for (i = 0; i < 300; i++) {
		fd = open(i % 2 ? FORKFAIL_PAGE : FORKFAIL_LOG, O_RDONLY);
		if (fd >= 0 && i % 16 == 0 && read(fd, &c, 1) != 1)
			_exit(1);
	}
	nap(HOLD_MS);
}

static void waiters(void)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLPRI }, got[64];
	static int log[20], ep[1000];
	uint64_t until;
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(log); i++)
		log[i] = open(FORKFAIL_LOG, O_RDONLY);
	for (i = 0; i < ARRAY_SIZE(ep); i++) {
		ep[i] = epoll_create1(0);
		for (j = 0; j < ARRAY_SIZE(log); j++)
			epoll_ctl(ep[i], EPOLL_CTL_ADD, log[j], &ev);
	}
	until = now_ms() + HOLD_MS;
	for (i = 0; now_ms() < until; i++)
		epoll_wait(ep[i % ARRAY_SIZE(ep)], got, 64, 1);
}

static void held_call(void)
{
	filter_forks_for(SECCOMP_RET_USER_NOTIF);
	raw_fork();
}

static void held(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		_exit(97);
	each_of(120, held_call);
}

static void readers(void)
{
	static char buf[4096];
	uint64_t until = now_ms() + HOLD_MS;
	int fd;

	while (now_ms() < until) {
		fd = open(FORKFAIL_LOG, O_RDONLY);
		while (read(fd, buf, sizeof(buf)) > 0)
			;
		close(fd);
	}
}

/* Each has users of its own. Four users cannot hold everything, as five could (SECURITY.md). */
static const struct {
	const char *name;
	void (*once)(void);
	unsigned int users;
} attacks[] = {
	{ "names", names, 6 },
	{ "namespaces", namespaces, 3 },
	{ "files", files, 3 },
	{ "waiters", waiters, 1 },
	{ "held", held, 3 },
	{ "readers", readers, 8 },
};

/**
 * attack_others - attack as one of the attackers, until killed
 * @name: which
 */
void attack_others(const char *name)
{
	unsigned int i, user;

	for (i = 0; i < ARRAY_SIZE(attacks) && strcmp(attacks[i].name, name); i++)
		;
	if (i == ARRAY_SIZE(attacks))
		die("no attack named %s", name);
	for (user = 0; user < attacks[i].users; user++) {
		if (fork())
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			/* the children of one round end with it */
			pid_t pid = fork();

			if (!pid) {
				prctl(PR_SET_PDEATHSIG, SIGKILL);
				become(UID + 10 * i + user);
				attacks[i].once();
				_exit(0);
			}
			if (pid > 0)
				wait_for(pid);
			nap(100);
		}
	}
	for (;;)
		pause();
}

/* ---- victims ---------------------------------------------------------------- */

/* 0: all is well, 1: no file could be opened, 2: the event is missing, 3: nothing was refused */
static int be_victim(unsigned int n)
{
	uint64_t until = now_ms() + FOUND_MS * slowness;
	char comm[16], key[32];
	bool there = false;
	char *log;

	snprintf(comm, sizeof(comm), "victim-%u", n);
	snprintf(key, sizeof(key), " comm=\"%s\"", comm);
	if (!fail(comm, VICTIM + n))
		return 3;
	while (!there && now_ms() < until) {
		log = slurp(FORKFAIL_LOG, NULL);
		if (!log)
			return 1;
		there = strstr(log, key);
		free(log);
		if (!there)
			nap(50);
	}
	return there ? 0 : 2;
}

/**
 * victims - run one victim after the other, while others attack
 * @stop: until this is set
 *
 * Report what they could not do.
 */
void victims(const int *stop)
{
	unsigned int n, good = 0, bad = 0, unborn = 0;
	pid_t pid;
	int what;

	for (n = 0; !__atomic_load_n(stop, __ATOMIC_ACQUIRE); n++) {
		pid = fork();
		if (!pid)
			_exit(be_victim(n));
		if (pid < 0) {
			/* a limit of the machine is changing, too */
			unborn++;
			nap(200);
			continue;
		}
		what = wait_for(pid);
		good += !what;
		bad += !!what;
		if (what)
			note("victim %u: %s", n, what == 1 ? "no file for her" :
			     what == 2 ? "her event is not there" : "not refused, or killed");
		nap(1000);
	}
	ok(good && !bad, "while all attackers ran, %u users in turn could open a file and find their event, %u could not (%u could not be started)",
	   good, bad, unborn);
}
