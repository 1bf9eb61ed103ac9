// SPDX-License-Identifier: GPL-2.0-only
/*
 * probe_kernel.c - finds out what the running kernel does where kernels differ
 *
 * Each probe is a call, made by its own process before forkfail is loaded.  The version
 * number is not used: vendors' kernels have backports, and forkfail must not be tested
 * against its own assumptions.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clonediff.h"

/* Report that a probe could not be made. */
#define NOT_PROBED	255
#define THREAD		(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)

struct kernel_does kernel_does;

static long clone3(uint64_t flags, uint64_t exit_signal, const int *set_tid, uint64_t nr_set_tids)
{
	int pidfd;
	const uint64_t args[KNOWN_SIZE / 8] = {
		flags, (uintptr_t)&pidfd, 0, 0, exit_signal, 0, 0, 0, (uintptr_t)set_tid,
		nr_set_tids,
	};
	long ret = syscall(SYS_clone3, args, sizeof(args));

	if (!ret)
		_exit(0);
	return ret;
}

static int end_now(void *unused)
{
	(void)unused;
	return 0;
}

/* Like the old clone(), for tasks that share their creator's memory. */
static long clone_sharing(unsigned long flags)
{
	static char stack[65536] __attribute__((aligned(64)));
	int pidfd;

	return clone(end_now, stack + sizeof(stack), flags, NULL, &pidfd);
}

static long know_flags(uint64_t flags)
{
	return clone3(flags, flags & CLONE_AUTOREAP ? 0 : SIGCHLD, NULL, 0);
}

static long take_signal_65(uint64_t unused)
{
	long ret = syscall(SYS_clone, 65, 0, 0, 0, 0);

	(void)unused;
	if (!ret)
		_exit(0);
	return ret;
}

static long vfork_into_another_time(uint64_t unused)
{
	(void)unused;
	if (unshare(CLONE_NEWTIME))
		_exit(NOT_PROBED);
	return clone_sharing(CLONE_VM | CLONE_VFORK | SIGCHLD);
}

static long make_thread(uint64_t flags)
{
	return clone_sharing(THREAD | flags);
}

/*
 * Both numbers are wrong: the first is in a namespace without an init, and for the second the
 * caller lacks the capability.
 */
static long request_numbers(uint64_t unused)
{
	static const int numbers[] = { 5, 20001 };

	(void)unused;
	if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000) ||
	    clone3(CLONE_NEWUSER | CLONE_NEWPID, SIGCHLD, NULL, 0) < 0)
		_exit(NOT_PROBED);
	return clone3(CLONE_NEWUSER | CLONE_NEWPID, SIGCHLD, numbers, 2);
}

/* Returns 0, an errno, or NOT_PROBED. */
static int probe(long (*make)(uint64_t with), uint64_t with)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		prctl(PR_SET_NAME, "cd-probe");
		_exit(make(with) < 0 ? errno : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return NOT_PROBED;
	return WEXITSTATUS(status);
}

/**
 * probe_kernel() - fill in kernel_does
 *
 * Return: false, with a message, if a probe could not be made.
 */
bool probe_kernel(void)
{
	static const uint64_t newer[] = {
		CLONE_AUTOREAP, CLONE_NNP, CLONE_PIDFD_AUTOKILL | CLONE_AUTOREAP | CLONE_PIDFD,
		CLONE_EMPTY_MNTNS,
	};
	bool timens = !access("/proc/self/ns/time", F_OK);
	unsigned int i;
	int numbers;

	for (i = 0; i < ARRAY_SIZE(newer); i++)
		if (probe(know_flags, newer[i]) != EINVAL)
			kernel_does.know |= newer[i] & ~CLONE_PIDFD;
	kernel_does.clone3_signal_bits = 0x7f;
	if (timens && probe(know_flags, CLONE_NEWTIME) == EINVAL)
		kernel_does.clone3_signal_bits = 0xff;
	kernel_does.check_signal_of_clone = probe(take_signal_65, 0) == EINVAL;
	kernel_does.refuse_vfork_into_timens = probe(vfork_into_another_time, 0) == EINVAL;
	kernel_does.refuse_pidfd_of_thread = probe(make_thread, CLONE_PIDFD) == EINVAL;
	numbers = probe(request_numbers, 0);
	kernel_does.check_numbers_late = numbers == EPERM;

	printf("# this kernel: flags %#llx, signal bits %#x, clone(65) %s, vfork into a time namespace %s, pidfd of a thread %s, numbers %s\n",
	       (unsigned long long)kernel_does.know, kernel_does.clone3_signal_bits,
	       kernel_does.check_signal_of_clone ? "refused" : "taken",
	       kernel_does.refuse_vfork_into_timens ? "refused" : "taken",
	       kernel_does.refuse_pidfd_of_thread ? "refused" : "taken",
	       kernel_does.check_numbers_late ? "checked late" : "checked at once");
	if (numbers == EPERM || numbers == EINVAL)
		return true;
	fprintf(stderr, "clonediff: set_tid without a right to it: %s\n",
		numbers == NOT_PROBED ? "could not be asked for" : errno_word(numbers));
	return false;
}
