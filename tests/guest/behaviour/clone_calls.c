// SPDX-License-Identifier: GPL-2.0-only
/*
 * clone_calls.c - calls that create a task, or fail to
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../../lib/clone_args.h"
#include "guest.h"

static int end_at_once(void *unused __attribute__((unused)))
{
	syscall(SYS_exit, 0);
	return 0;
}

/**
 * raw_fork - fork without what libc does around it
 *
 * Return: as fork().
 */
pid_t raw_fork(void)
{
	return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

/**
 * try_create - try to create a task
 * @kind: what
 *
 * Return: 0 or errno.  What was created has ended when this returns.
 */
int try_create(enum kind kind)
{
	static __thread char stack[4096] __attribute__((aligned(64)));
	static __thread volatile int tid;
	long ret;

	switch (kind) {
	case PROCESS:
		ret = raw_fork();
		if (!ret)
			syscall(SYS_exit_group, 0);
		break;
	case VFORK:
		ret = clone(end_at_once, stack + sizeof(stack),
			    CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
		break;
	default:
		tid = 1;
		ret = clone(end_at_once, stack + sizeof(stack),
			    THREAD_FLAGS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID, NULL, &tid,
			    NULL, &tid);
		if (ret < 0)
			return errno;
		while (tid)
			syscall(SYS_futex, &tid, FUTEX_WAIT, ret, NULL, NULL, 0);
		return 0;
	}
	if (ret < 0)
		return errno;
	while (waitpid(ret, NULL, __WALL) < 0 && errno == EINTR)
		;
	return 0;
}

/**
 * start_threads - start threads with small stacks, and without what libc needs for its own
 * @n: how many
 * @what: what they do; must not return
 *
 * Ends the process if that is not possible.
 */
void start_threads(unsigned int n, int (*what)(void *number))
{
	char *stacks = mmap(NULL, n * 8192UL, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	unsigned long i;

	if (stacks == MAP_FAILED)
		_exit(94);
	for (i = 0; i < n; i++)
		if (clone(what, stacks + (i + 1) * 8192, THREAD_FLAGS, (void *)i) < 0)
			_exit(94);
}

/**
 * refuse_nproc - become another user whose RLIMIT_NPROC refuses everything
 * @uid: the user
 */
void refuse_nproc(uid_t uid)
{
	struct rlimit one = { 1, 1 };

	if (setresuid(uid, uid, uid) || setrlimit(RLIMIT_NPROC, &one))
		_exit(99);
}

/**
 * outlive_init - get a dead PID namespace for children
 *
 * Ends the caller if that cannot be had.
 */
void outlive_init(void)
{
	pid_t pid;

	if (unshare(CLONE_NEWPID))
		_exit(90);
	pid = raw_fork();
	if (!pid)
		_exit(0);
	if (pid < 0 || waitpid(pid, NULL, __WALL) != pid)
		_exit(91);
}

/**
 * fail_in_dead_pidns - as a user, fail to fork in a dead PID namespace; then stay there
 * @uid: the user
 * @done: in shared memory; incremented after the failure
 */
void fail_in_dead_pidns(uid_t uid, unsigned int *done)
{
	if (setresuid(uid, uid, uid) || unshare(CLONE_NEWUSER))
		_exit(1);
	outlive_init();
	raw_fork();
	__sync_fetch_and_add(done, 1);
	for (;;)
		pause();
}

/**
 * fail - fail to fork once, at RLIMIT_NPROC
 * @comm: the name to do it under
 * @uid: the user to become
 *
 * Return: the errno, 0 if it did not fail.
 */
int fail(const char *comm, uid_t uid)
{
	name_self(comm);
	refuse_nproc(uid);
	return try_create(PROCESS);
}

/**
 * fail_once - a child that fails to fork once, at RLIMIT_NPROC
 * @comm: its name
 * @uid: its user
 *
 * Return: the errno it got, 0 if it did not fail.
 */
int fail_once(const char *comm, uid_t uid)
{
	pid_t pid = fork();

	if (!pid)
		_exit(fail(comm, uid));
	return pid < 0 ? errno : wait_for(pid);
}
