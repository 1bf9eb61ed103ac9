/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * syscall_rules.h - system calls that never reach copy_process(), and what is made of them
 *
 * Plain data and pure functions, as classify.h: also compiled into the unit tests.
 */
#ifndef FORKFAIL_SYSCALL_RULES_H
#define FORKFAIL_SYSCALL_RULES_H

#include "rules/observation.h"

/* struct clone_args as far as it is known here: sizes 64, 80 and 88 */
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
 * struct ff_clone3_look - what clone3() was given, as it could be read
 * @size: its second argument
 * @readable: the version that the kernel knows could be read, up to @size
 * @tail_zero: what is behind that is zero, as far as it could be read
 * @tail_readable: it could be read, up to what is not zero
 * @set_tid_readable: and so could the numbers that it points at
 * @stack_ok: the stack lies where user space may be
 * @a: the structure, zero behind @size, and if it is not @readable
 */
struct ff_clone3_look {
	u64	size;
	bool	readable, tail_zero, tail_readable, set_tid_readable, stack_ok;
	struct ff_clone3 a;
};

/**
 * struct ff_refusal - all that is known of a system call that came back
 * @err: negative errno that the caller gets, 0 if it is none
 * @syscall: FORKFAIL_SYSCALL_*
 * @blind: a tracer or a supervisor would not be seen
 * @hooked: others have hooks on the call's own function, and may have answered
 * @asked: a seccomp filter was asked
 * @notified: and handed it on to a supervisor
 * @stopped: a tracer had it stopped before the call
 * @stopped_late: a tracer had it stopped after kernel_clone() was entered
 * @renumbered: it is not the number any more that it was
 * @clone3: clone3() itself was entered, and looked at its arguments
 * @cloned: kernel_clone() was entered
 * @failed: and failed, which has been told
 * @killed: seccomp kills the caller
 * @rewritten: a tracer was told another answer, and changed it
 * @may_live: by a signal that a tracer may take away
 * @elsewhere: why other kernels refuse it, as its cause, though this one is believed
 *	not to; 0 they do not
 * @bad_before: why clone3() refuses its arguments, as its cause; 0 it does not
 * @bad_after: the same, looked at when it had
 * @nproc_before: execve(): the new user was over RLIMIT_NPROC
 * @nproc_after: and still was when it had failed
 */
struct ff_refusal {
	s32	err;
	u8	syscall;
	bool	blind, hooked;
	bool	asked, notified, stopped, stopped_late, renumbered;
	bool	clone3, cloned, failed;
	bool	killed, may_live, rewritten;
	u8	elsewhere;
	u8	bad_before, bad_after;
	bool	nproc_before, nproc_after;
};

u8 ff_clone3_refuses(const struct ff_clone3_look *l, u32 facts, u64 page_size);
u8 ff_clone3_refuses_elsewhere(const struct ff_clone3_look *l);
s32 ff_clone3_errno(u8 cause);
bool ff_refusal_is_fallback(const struct ff_refusal *r);
bool ff_match_refusal(const struct ff_refusal *r, struct ff_verdict *v);
enum ff_step ff_refusal_step(const struct ff_refusal *r);

#endif /* FORKFAIL_SYSCALL_RULES_H */
