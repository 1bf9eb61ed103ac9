// SPDX-License-Identifier: GPL-2.0-only
/*
 * fair_poll.c - users who poll: who is woken, and who can wait at all
 *
 * A part of the test fair.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "fair.h"
#include "guest.h"

#define MOST_WAIT	64	/* on one file, module/journal/pollers.c */

static int open_read(void)
{
	int fd = open(FORKFAIL_LOG, O_RDONLY);
	char buf[4096];

	while (read(fd, buf, sizeof(buf)) > 0)
		;
	return fd;
}

/* Wait as a user until an event is reported. */
static pid_t waiter(int *heard)
{
	pid_t pid = fork();

	if (!pid) {
		struct pollfd p = { .events = POLLIN };

		become_user(ALICE + 50);
		p.fd = open_read();
		__atomic_store_n(heard, -1, __ATOMIC_RELEASE);
		__atomic_store_n(heard, poll(&p, 1, 120000 * slowness), __ATOMIC_RELEASE);
		_exit(0);
	}
	while (!__atomic_load_n(heard, __ATOMIC_ACQUIRE))
		nap(5);
	return pid;
}

static bool refuse_one(void)
{
	return try_create(PROCESS) == EAGAIN;
}

static int *heard, *go, *told;

/* Wait in a PID namespace, and fail to fork there when told to. */
static void in_pidns(void)
{
	pid_t pid;

	if (unshare(CLONE_NEWPID))
		_exit(1);
	pid = waiter(heard);
	while (!__atomic_load_n(go, __ATOMIC_ACQUIRE))
		nap(5);
	fail_once("f-own", ALICE + 50);
	wait_for(pid);
}

/**
 * fair_news() - nobody is woken for an event that they may not see
 */
void fair_news(void)
{
	static const struct rlimit none, all = { RLIM_INFINITY, RLIM_INFINITY };
	unsigned int refused;
	int before;
	pid_t pid;

	heard = shared(sizeof(*heard));
	go = shared(sizeof(*go));
	pid = waiter(heard);
	setrlimit(RLIMIT_NPROC, &none);
	refused = each_user(refuse_one);
	setrlimit(RLIMIT_NPROC, &all);
	nap(1000);
	before = __atomic_load_n(heard, __ATOMIC_ACQUIRE);
	ok(refused == MANY && before == -1,
	   "forks of %u other users fail, and nobody is woken who may not see that (%d)", refused,
	   before);
	stop_child(pid);

	*heard = 0;
	pid = run_mallory(in_pidns);
	while (!__atomic_load_n(heard, __ATOMIC_ACQUIRE))
		nap(5);
	fail_once("f-outside", ALICE + 50);
	nap(1000);
	before = __atomic_load_n(heard, __ATOMIC_ACQUIRE);
	__atomic_store_n(go, 1, __ATOMIC_RELEASE);
	wait_for(pid);
	ok(before == -1 && *heard == 1,
	   "nor for the same uid outside of the PID namespace (%d), but for an own failure (%d)",
	   before, *heard);
}

/* A queue is walked with interrupts off, so its length is limited. */
static void long_queue(void)
{
	struct epoll_event ev = { .events = EPOLLIN };
	unsigned int i, ready = 0;
	struct rlimit r = { 4096, 4096 };
	int fd, ep;

	setrlimit(RLIMIT_NOFILE, &r);
	become_user(MALLORY);
	fd = open_read();
	for (i = 0; i < 1000; i++) {
		ep = epoll_create1(0);
		if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev))
			_exit(2);
		ready += epoll_wait(ep, &ev, 1, 0) == 1;
	}
	__atomic_store_n(told, ready ? (int)ready : -1, __ATOMIC_RELEASE);
	for (;;)
		pause();
}

static bool can_wait(void)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int fd = open_read(), ep = epoll_create1(0);
	bool can = !epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) && !epoll_wait(ep, &ev, 1, 0);

	close(ep);
	close(fd);
	return can;
}

/**
 * fair_waiting() - everybody can wait, even if somebody else has many waiters
 */
void fair_waiting(void)
{
	unsigned int can;
	pid_t pid;

	told = shared(sizeof(*told));
	pid = run_mallory(long_queue);
	while (!__atomic_load_n(told, __ATOMIC_ACQUIRE))
		nap(5);
	can = each_user(can_wait);
	ok(*told == 1000 - MOST_WAIT && can == MANY,
	   "%d of 1,000 waiters on one file return at once; all of %u other users can wait (%u)",
	   *told, MANY, can);
	stop_child(pid);
}
