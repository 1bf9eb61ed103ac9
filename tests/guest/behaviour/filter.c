// SPDX-License-Identifier: GPL-2.0-only
/*
 * filter.c - seccomp filters on the system calls that create a task
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include "../../lib/clone_args.h"
#include "guest.h"

static int install(uint32_t action, unsigned int flags)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 2, 0),
#ifdef SYS_fork
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fork, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_vfork, 0, 1),
#else
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
#endif
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = ARRAY_SIZE(code), .filter = code };
	long ret = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);

	if (ret < 0)
		_exit(98);
	return ret;
}

/**
 * filter_forks - filter all calls that create a task, with one action
 * @action: SECCOMP_RET_*
 *
 * For the calling thread, which must be root.  It cannot be removed.
 */
void filter_forks(uint32_t action)
{
	install(action, 0);
}

/**
 * filter_forks_for - the same, with a supervisor
 * @action: SECCOMP_RET_USER_NOTIF
 *
 * Return: the listener's descriptor.
 */
int filter_forks_for(uint32_t action)
{
	return install(action, SECCOMP_FILTER_FLAG_NEW_LISTENER);
}

/**
 * filter_all_for - the same for all threads of the calling process, with one filter
 * @action: SECCOMP_RET_USER_NOTIF
 *
 * Return: the listener's descriptor.
 */
int filter_all_for(uint32_t action)
{
	return install(action, SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_TSYNC |
		       SECCOMP_FILTER_FLAG_TSYNC_ESRCH);
}

/**
 * try_bad_clone3 - a clone3() with an unknown flag
 *
 * Return: its errno, 0 if it did not fail.
 */
int try_bad_clone3(void)
{
	uint64_t args[11] = { 1ULL << 60 };
	long ret = syscall(SYS_clone3, args, sizeof(args));

	if (!ret)
		_exit(97);
	return ret < 0 ? errno : 0;
}
