/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * syscall_rules.h - why a system call never reached copy_process()
 *
 * Plain data and pure functions, also compiled into the unit tests.
 */
#ifndef FORKFAIL_SYSCALL_RULES_H
#define FORKFAIL_SYSCALL_RULES_H

#include "rules/observation.h"

/* struct clone_args, whose versions have 64, 80 and 88 bytes */
struct ff_clone3 {
	u64	flags;
	u64	pidfd;
	u64	child_tid;
	u64	parent_tid;
	u64	exit_signal;
	u64	stack;
	u64	stack_size;
	u64	tls;
	u64	set_tid;
	u64	set_tid_size;
	u64	cgroup;
};

#define FF_CLONE3_SIZE_0	64	/* the first version */
#define FF_CLONE3_SIZE_2	88	/* with cgroup */

/**
 * struct ff_clone3_args - clone3()'s arguments, as far as they could be read
 * @size: its second argument
 * @readable: the structure could be read, up to @size
 * @tail_zero: bytes beyond the known structure are zero, as far as they could be read
 * @tail_readable: those bytes could be read, up to the first that is not zero
 * @set_tid_readable: the set_tid array could be read
 * @stack_ok: the stack is within user space's addresses
 * @a: the structure, zeroed beyond @size; all zero if not @readable
 */
struct ff_clone3_args {
	u64	size;
	bool	readable, tail_zero, tail_readable, set_tid_readable, stack_ok;
	struct ff_clone3 a;
};

/**
 * struct ff_refusal - everything that is known about a system call that has returned
 * @err: negative errno that the caller gets, 0 if none
 * @syscall: FORKFAIL_SYSCALL_*
 * @blind: a tracer or a supervisor would not have been seen
 * @hooked: somebody has hooked the call's own function, and may have answered
 * @asked: a seccomp filter was asked
 * @notified: the filter passed the call to a supervisor
 * @stopped: a tracer stopped the task before kernel_clone() was entered
 * @stopped_late: a tracer stopped the task after kernel_clone() was entered
 * @renumbered: the number of the system call was changed
 * @clone3: clone3() was entered, and checked its arguments
 * @cloned: kernel_clone() was entered
 * @killed: seccomp kills the caller
 * @rewritten: a tracer changed the return value
 * @may_live: a tracer may still suppress the signal that kills
 * @elsewhere: why other kernels refuse the arguments, as a cause, although this one is
 *	believed not to; 0 if none does
 * @guessed: nobody read whether this kernel checks the signal in clone3() or later
 * @bad_before: why clone3() refuses its arguments, as a cause; 0 if it does not
 * @bad_after: the same, checked again after it has refused
 * @nproc_before: execve(): the new user was over RLIMIT_NPROC
 * @nproc_after: execve(): it still was after the failure
 */
struct ff_refusal {
	s32	err;
	u8	syscall;
	bool	blind, hooked;
	bool	asked, notified, stopped, stopped_late, renumbered;
	bool	clone3, cloned;
	bool	killed, may_live, rewritten;
	u8	elsewhere;
	bool	guessed;
	u8	bad_before, bad_after;
	bool	nproc_before, nproc_after;
};

u8 ff_clone3_refuses(const struct ff_clone3_args *l, u32 facts, u64 page_size);
u8 ff_clone3_refuses_elsewhere(const struct ff_clone3_args *l);
s32 ff_clone3_errno(u8 cause);
bool ff_refusal_is_fallback(const struct ff_refusal *r);
bool ff_match_refusal(const struct ff_refusal *r, struct ff_verdict *v);
enum ff_step ff_refusal_step(const struct ff_refusal *r);

#endif /* FORKFAIL_SYSCALL_RULES_H */
