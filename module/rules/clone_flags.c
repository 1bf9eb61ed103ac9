// SPDX-License-Identifier: GPL-2.0-only
/*
 * clone_flags.c - what copy_process() checks before it does anything
 *
 * The same questions in the kernel's order, so that of two wrong things the
 * one is named that the kernel stops at.  Read in 5.10.223, 6.1.192, 6.12.95
 * and 7.2.12; 5.10 to 7.2 differ only in the checks that have a fact of their
 * own.  Pure, as classify.c is.
 */
#include "rules/match.h"

static bool all_of(const struct ff_observation *o, u64 flags)
{
	return (o->flags & flags) == flags;
}

static bool pidfd_parent_settid(const struct ff_observation *o)
{
	return all_of(o, CLONE_PIDFD | CLONE_PARENT_SETTID) && o->pidfd_is_parent_tid;
}

/* valid_signal(): 64 are all that there are, on every architecture that is known here */
static bool has_bad_exit_signal(const struct ff_observation *o)
{
	return (u32)o->exit_signal > 64;
}

static bool newns_with_fs(const struct ff_observation *o)
{
	return all_of(o, CLONE_NEWNS | CLONE_FS);
}

static bool newuser_with_fs(const struct ff_observation *o)
{
	return all_of(o, CLONE_NEWUSER | CLONE_FS);
}

static bool userns_unpriv_sysctl(const struct ff_observation *o)
{
	return all_of(o, CLONE_NEWUSER) && o->userns_sysctl_off && !o->has_sys_admin;
}

static bool thread_without_sighand(const struct ff_observation *o)
{
	return all_of(o, CLONE_THREAD) && !all_of(o, CLONE_SIGHAND);
}

static bool sighand_without_vm(const struct ff_observation *o)
{
	return all_of(o, CLONE_SIGHAND) && !all_of(o, CLONE_VM);
}

static bool clone_parent_of_init(const struct ff_observation *o)
{
	return all_of(o, CLONE_PARENT) && o->unkillable;
}

static bool thread_pidns_mismatch(const struct ff_observation *o)
{
	return all_of(o, CLONE_THREAD) &&
	       ((o->flags & (CLONE_NEWUSER | CLONE_NEWPID)) || o->pidns_mismatch);
}

static bool timens_thread_or_vm(const struct ff_observation *o)
{
	return (o->flags & (CLONE_THREAD | CLONE_VM)) && o->timens_mismatch;
}

static bool pidfd_detached(const struct ff_observation *o)
{
	return all_of(o, CLONE_PIDFD | CLONE_DETACHED);
}

static bool pidfd_thread(const struct ff_observation *o)
{
	return all_of(o, CLONE_PIDFD | CLONE_THREAD);
}

static bool autoreap_combination(const struct ff_observation *o)
{
	if (all_of(o, FF_CLONE_AUTOREAP) &&
	    ((o->flags & (CLONE_THREAD | CLONE_PARENT)) || o->exit_signal))
		return true;
	return all_of(o, CLONE_PARENT) && o->autoreap;
}

static bool nnp_thread(const struct ff_observation *o)
{
	return all_of(o, FF_CLONE_NNP | CLONE_THREAD);
}

static bool autokill_combination(const struct ff_observation *o)
{
	/* with CLONE_AUTOREAP a thread was refused already */
	return all_of(o, FF_CLONE_PIDFD_AUTOKILL) &&
	       !all_of(o, CLONE_PIDFD | FF_CLONE_AUTOREAP);
}

static bool autokill_cap(const struct ff_observation *o)
{
	return all_of(o, FF_CLONE_PIDFD_AUTOKILL) && !all_of(o, FF_CLONE_NNP) && !o->ns_admin;
}

/**
 * struct check - one check of the arguments
 * @refuses: whether it refuses
 * @cause: its cause
 * @err: and what it answers
 * @needs: facts: the check exists
 */
struct check {
	bool (*refuses)(const struct ff_observation *o);
	u8 cause;
	s32 err;
	u32 needs;
};

/* In the kernel's order; the first two are kernel_clone()'s own. */
static const struct check checks[] = {
	{ pidfd_parent_settid, FORKFAIL_PIDFD_PARENT_SETTID, EINVAL, 0 },
	{ has_bad_exit_signal, FORKFAIL_EXIT_SIGNAL_INVALID, EINVAL, FF_FACT_EXIT_SIGNAL },
	{ newns_with_fs, FORKFAIL_NEWNS_WITH_FS, EINVAL, 0 },
	{ newuser_with_fs, FORKFAIL_NEWUSER_WITH_FS, EINVAL, 0 },
	{ userns_unpriv_sysctl, FORKFAIL_USERNS_UNPRIV_SYSCTL, EPERM, 0 },
	{ thread_without_sighand, FORKFAIL_THREAD_WITHOUT_SIGHAND, EINVAL, 0 },
	{ sighand_without_vm, FORKFAIL_SIGHAND_WITHOUT_VM, EINVAL, 0 },
	{ clone_parent_of_init, FORKFAIL_CLONE_PARENT_OF_INIT, EINVAL, 0 },
	{ thread_pidns_mismatch, FORKFAIL_THREAD_PIDNS_MISMATCH, EINVAL, 0 },
	{ timens_thread_or_vm, FORKFAIL_TIMENS_THREAD_OR_VM, EINVAL, FF_FACT_TIMENS_CHECK },
	{ pidfd_detached, FORKFAIL_PIDFD_DETACHED, EINVAL, 0 },
	{ pidfd_thread, FORKFAIL_PIDFD_THREAD, EINVAL, FF_FACT_NO_THREAD_PIDFD },
	{ autoreap_combination, FORKFAIL_AUTOREAP_COMBINATION, EINVAL, FF_FACT_AUTOREAP },
	{ nnp_thread, FORKFAIL_NNP_THREAD, EINVAL, FF_FACT_NNP },
	{ autokill_combination, FORKFAIL_AUTOKILL_COMBINATION, EINVAL, FF_FACT_AUTOKILL },
	{ autokill_cap, FORKFAIL_AUTOKILL_CAP, EPERM, FF_FACT_AUTOKILL },
};

/* The first that refuses, NULL if none does. */
static const struct check *first_refusal(const struct ff_observation *o)
{
	unsigned int i;

	if (!o->have_args)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(checks); i++)
		if ((o->facts & checks[i].needs) == checks[i].needs && checks[i].refuses(o))
			return &checks[i];
	return NULL;
}

/**
 * ff_refused_flags - the first check of the arguments that refuses
 * @o: the observation
 *
 * Pure, any context.
 *
 * Return: its cause, if it gives the errno that was seen; else 0: something is
 * checked that this table does not know.
 */
u8 ff_refused_flags(const struct ff_observation *o)
{
	const struct check *c = first_refusal(o);

	return c && c->err == -o->err ? c->cause : 0;
}

/**
 * ff_will_refuse - the first check of the arguments that will refuse
 * @o: the observation, before the kernel has looked at them
 *
 * Pure, any context.
 *
 * Return: its cause, 0 if none will.
 */
u8 ff_will_refuse(const struct ff_observation *o)
{
	const struct check *c = first_refusal(o);

	return c ? c->cause : 0;
}

/**
 * ff_refused_errno - what the kernel answers to arguments that it refuses
 * @cause: from ff_will_refuse(), not 0
 *
 * Return: a negative errno.
 */
s32 ff_refused_errno(u8 cause)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(checks); i++)
		if (checks[i].cause == cause)
			return -checks[i].err;
	return 0;
}
