// SPDX-License-Identifier: GPL-2.0-only
/*
 * syscall_rules.c - why a system call never reached copy_process()
 *
 * Pure functions.  If a call returned an error and kernel_clone() was not entered, it was
 * answered by the last of those that were entered: a seccomp filter, its supervisor, a
 * tracer, or clone3()'s own check of its arguments.
 */
#include "rules/match.h"
#include "rules/syscall_rules.h"
#include "rules/verdict.h"

#define SET_TID_MOST	(FF_MAX_LEVELS - 1)
#define SIGNAL_MOST	64

static u64 known_flags(u32 facts)
{
	static const struct {
		u32 fact;
		u64 flag;
	} newer[] = {
		{ FF_FACT_AUTOREAP, FF_CLONE_AUTOREAP },
		{ FF_FACT_NNP, FF_CLONE_NNP },
		{ FF_FACT_AUTOKILL, FF_CLONE_PIDFD_AUTOKILL },
		{ FF_FACT_EMPTY_MNTNS, FF_CLONE_EMPTY_MNTNS },
	};
	u64 known = 0xffffffffULL | FF_CLONE_CLEAR_SIGHAND | FF_CLONE_INTO_CGROUP;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(newer); i++)
		if (facts & newer[i].fact)
			known |= newer[i].flag;
	return known;
}

/* The checks of copy_clone_args_from_user(), in the kernel's order. */
static u8 copy_refuses(const struct ff_clone3_args *l, u32 facts, u64 page_size)
{
	const struct ff_clone3 *a = &l->a;

	if (l->size > page_size)
		return FORKFAIL_CLONE3_SIZE_BIG;
	if (l->size < FF_CLONE3_SIZE_0)
		return FORKFAIL_CLONE3_SIZE_SMALL;
	/* the tail comes first */
	if (!l->tail_readable)
		return FORKFAIL_CLONE3_ARGS_FAULT;
	if (!l->tail_zero)
		return FORKFAIL_CLONE3_SIZE_BIG;
	if (!l->readable)
		return FORKFAIL_CLONE3_ARGS_FAULT;
	if (a->set_tid_size > SET_TID_MOST || !a->set_tid != !a->set_tid_size)
		return FORKFAIL_CLONE3_ARGS_INVALID;
	if (a->exit_signal & ~(u64)CSIGNAL)
		return FORKFAIL_CLONE3_ARGS_INVALID;
	if (!(facts & FF_FACT_EXIT_SIGNAL) && a->exit_signal > SIGNAL_MOST)
		return FORKFAIL_EXIT_SIGNAL_INVALID;
	if ((a->flags & FF_CLONE_INTO_CGROUP) &&
	    (a->cgroup > 0x7fffffff || l->size < FF_CLONE3_SIZE_2))
		return FORKFAIL_CLONE3_ARGS_INVALID;
	if (a->set_tid && !l->set_tid_readable)
		return FORKFAIL_CLONE3_ARGS_FAULT;
	return 0;
}

/**
 * ff_clone3_refuses - does clone3() refuse its arguments?
 * @l: the arguments
 * @facts: ff_kernel_fact bits of this kernel
 * @page_size: page size of this kernel
 *
 * Without the checks in kernel_clone() and copy_process().
 *
 * Return: the cause, 0 if it does not.
 */
u8 ff_clone3_refuses(const struct ff_clone3_args *l, u32 facts, u64 page_size)
{
	const struct ff_clone3 *a = &l->a;
	u64 sighand = CLONE_SIGHAND | FF_CLONE_CLEAR_SIGHAND;
	u8 cause = copy_refuses(l, facts, page_size);

	if (cause)
		return cause;
	if (a->flags & ~known_flags(facts))
		return FORKFAIL_CLONE3_FLAGS_UNKNOWN;
	if ((a->flags & (CLONE_DETACHED | (CSIGNAL & ~FF_CLONE_NEWTIME))) ||
	    (a->flags & sighand) == sighand ||
	    ((a->flags & (CLONE_THREAD | CLONE_PARENT)) && a->exit_signal) ||
	    !a->stack != !a->stack_size || (a->stack && !l->stack_ok))
		return FORKFAIL_CLONE3_ARGS_COMBINATION;
	return 0;
}

/**
 * ff_clone3_refuses_elsewhere - does clone3() of another kernel refuse these arguments?
 * @l: the arguments, which this kernel is believed to accept
 *
 * The version does not tell what was backported to a stable series or by a vendor.
 *
 * Return: the cause, 0 if no known kernel refuses them.
 */
u8 ff_clone3_refuses_elsewhere(const struct ff_clone3_args *l)
{
	/* RHEL 9, and 5.15.100: the flag is taken for a part of the exit signal */
	if (l->a.flags & FF_CLONE_NEWTIME)
		return FORKFAIL_CLONE3_ARGS_COMBINATION;
	/* up to 7.0 clone3() refuses it, later kernel_clone() */
	if (l->a.exit_signal > SIGNAL_MOST)
		return FORKFAIL_EXIT_SIGNAL_INVALID;
	return 0;
}

/**
 * ff_clone3_errno - the errno that clone3() returns if it refuses its arguments
 * @cause: from ff_clone3_refuses(), not 0
 *
 * Return: a negative errno.
 */
s32 ff_clone3_errno(u8 cause)
{
	switch (cause) {
	case FORKFAIL_CLONE3_SIZE_BIG:
		return -E2BIG;
	case FORKFAIL_CLONE3_ARGS_FAULT:
		return -EFAULT;
	default:
		return -EINVAL;
	}
}

static bool is_restart(s32 err)
{
	/* ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK */
	return err == -512 || err == -513 || err == -514 || err == -516;
}

/* The call was refused in a way that only other kernels were known for. */
static bool classify_elsewhere(const struct ff_refusal *r, struct ff_draft *d)
{
	if (!r->elsewhere || r->err != ff_clone3_errno(r->elsewhere))
		return false;
	ff_verdict_add(d, r->elsewhere, MAYBE);
	ff_verdict_add(d, FORKFAIL_UNEXPLAINED, MAYBE);
	return true;
}

/* clone3() was entered and kernel_clone() was not, so its own checks have refused. */
static void classify_clone3(const struct ff_refusal *r, struct ff_draft *d)
{
	bool before = r->bad_before && ff_clone3_errno(r->bad_before) == r->err;
	bool after = r->bad_after && ff_clone3_errno(r->bad_after) == r->err;
	/* if not, another thread changes the arguments at the same time */
	bool same = before && after && r->bad_before == r->bad_after;
	bool holds = same && !(r->guessed && r->bad_before == FORKFAIL_EXIT_SIGNAL_INVALID);

	/* or a tracer has changed its return value */
	if (!before && !after) {
		classify_elsewhere(r, d);
		return;
	}
	if (before)
		ff_verdict_add(d, r->bad_before, holds ? HOLDS : MAYBE);
	if (after && !same)
		ff_verdict_add(d, r->bad_after, MAYBE);
	if (!holds && d->possible == 1)
		ff_verdict_add(d, FORKFAIL_UNEXPLAINED, MAYBE);
}

/* The filter itself may have answered, or somebody else: a tracer or a supervisor. */
static void classify_errno(const struct ff_refusal *r, struct ff_draft *d)
{
	bool filter = r->asked && !(r->stopped && r->renumbered);
	bool other = r->notified || r->stopped || (r->asked && r->blind);
	u8 proof = r->notified ? WITNESS : PATH;

	/* the kernel itself returns ENOSYS if the supervisor has gone away */
	if (r->notified)
		filter = r->err == -ENOSYS;
	if (r->hooked || (filter && other))
		proof = MAYBE;
	if (filter)
		ff_verdict_add(d, FORKFAIL_SECCOMP_ERRNO, proof);
	if (other)
		ff_verdict_add(d, FORKFAIL_SYSCALL_REWRITTEN, proof);
	if (r->hooked && d->possible)
		ff_verdict_add(d, FORKFAIL_UNEXPLAINED, MAYBE);
}

/**
 * ff_refusal_is_fallback - did a filter answer clone3() with ENOSYS?
 * @r: the call
 *
 * Sandboxes do this because a filter cannot read clone3()'s arguments, and the C library
 * then uses clone().  It is no failure, and is counted separately.
 */
bool ff_refusal_is_fallback(const struct ff_refusal *r)
{
	return r->syscall == FORKFAIL_SYSCALL_CLONE3 && r->err == -ENOSYS && !r->cloned &&
	       !r->clone3;
}

/* Return: as ff_match_refusal(). */
static bool classify_call(const struct ff_refusal *r, struct ff_draft *d)
{
	if (r->killed) {
		ff_verdict_add(d, FORKFAIL_SECCOMP_KILL, r->may_live ? MAYBE : WITNESS);
		if (r->may_live)
			ff_verdict_add(d, FORKFAIL_SYSCALL_REWRITTEN, MAYBE);
		return true;
	}
	if (!r->err || is_restart(r->err) || ff_refusal_is_fallback(r))
		return false;
	if (r->rewritten) {
		ff_verdict_add(d, FORKFAIL_SYSCALL_REWRITTEN, WITNESS);
		return true;
	}
	if (r->syscall == FORKFAIL_SYSCALL_EXECVE) {
		if (r->err != -EAGAIN || !r->nproc_before)
			return false;
		ff_verdict_add(d, FORKFAIL_EXEC_NPROC, r->nproc_after ? HOLDS : MAYBE);
		if (!r->nproc_after)
			ff_verdict_add(d, FORKFAIL_UNEXPLAINED, MAYBE);
		return true;
	}
	if (r->cloned) {
		/* copy_process() did not fail, and clone3() accepted it: kernel_clone() refused */
		if (r->elsewhere == FORKFAIL_EXIT_SIGNAL_INVALID && classify_elsewhere(r, d))
			return true;
		if (!r->stopped_late)
			return false;
		ff_verdict_add(d, FORKFAIL_SYSCALL_REWRITTEN, MAYBE);
		ff_verdict_add(d, FORKFAIL_UNEXPLAINED, MAYBE);
		return true;
	}
	if (r->clone3)
		classify_clone3(r, d);
	else
		classify_errno(r, d);
	return true;
}

/**
 * ff_match_refusal - find out why a system call was refused
 * @r: the call
 * @v: receives the verdict
 *
 * Return: false if it was not refused, or if its failure is recorded elsewhere.
 */
bool ff_match_refusal(const struct ff_refusal *r, struct ff_verdict *v)
{
	struct ff_draft draft;
	bool refused;

	ff_verdict_begin(&draft, v);
	refused = classify_call(r, &draft);
	ff_verdict_end(&draft, false);
	return refused;
}

/**
 * ff_refusal_step - how far did the call get?
 * @r: the call
 */
enum ff_step ff_refusal_step(const struct ff_refusal *r)
{
	if (r->cloned)
		return FF_STEP_KERNEL_CLONE;
	if (r->clone3)
		return FF_STEP_CLONE3;
	return r->asked ? FF_STEP_SECCOMP : FF_STEP_SYSCALL;
}
