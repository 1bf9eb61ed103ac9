// SPDX-License-Identifier: GPL-2.0-only
/*
 * filter.c - installs seccomp filters
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "filter.h"
#include "forkfault.h"

#define MOST_RULES	8
#define RULE_WORDS	5

/**
 * filter_flags() - run under a seccomp filter from now on
 * @r: what the filter does with some system calls; it allows all others
 * @n: how many rules
 * @flags: SECCOMP_FILTER_FLAG_*
 *
 * Return: a file descriptor for the supervisor with SECCOMP_FILTER_FLAG_NEW_LISTENER.
 */
int filter_flags(const struct rule *r, size_t n, unsigned int flags)
{
	struct sock_filter code[MOST_RULES * RULE_WORDS + 1];
	struct sock_fprog prog = { .filter = code };
	struct sock_filter *p = code;
	long ret;

	for (; n--; r++) {
		*p++ = (struct sock_filter)
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
				 offsetof(struct seccomp_data, arch));
		*p++ = (struct sock_filter)
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, r->arch, 0, 3);
		*p++ = (struct sock_filter)
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
				 offsetof(struct seccomp_data, nr));
		*p++ = (struct sock_filter)
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, r->nr, 0, 1);
		*p++ = (struct sock_filter)
			BPF_STMT(BPF_RET | BPF_K, r->action);
	}
	*p++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	prog.len = p - code;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		fail("PR_SET_NO_NEW_PRIVS: %s", strerror(errno));
	ret = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
	if (ret < 0)
		fail("seccomp: %s", strerror(errno));
	return ret;
}

/**
 * filter() - run under a seccomp filter from now on
 * @r: what the filter does with some system calls; it allows all others
 * @n: how many rules
 */
void filter(const struct rule *r, size_t n)
{
	filter_flags(r, n, 0);
}

/**
 * filter_nothing() - run under a filter from now on, one that allows all
 */
void filter_nothing(void)
{
	filter(NULL, 0);
}

/**
 * filter_call() - run under a filter from now on, for one system call
 * @nr: its number
 * @action: what the filter returns for it
 */
void filter_call(uint32_t nr, uint32_t action)
{
	struct rule rule = { ARCH, nr, action };

	filter(&rule, 1);
}
