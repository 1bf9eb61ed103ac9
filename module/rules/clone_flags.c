// SPDX-License-Identifier: GPL-2.0-only
/*
 * clone_flags.c - the checks of the arguments, before copy_process() does anything
 *
 * The checks are made in the kernel's order, so that of two errors the one is named that
 * the kernel finds first.  Read in 5.10.223, 6.1.192, 6.12.95 and 7.2.12; 5.10 to 7.2
 * differ only in the checks that need a fact.  Pure functions.
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

/* As valid_signal(): _NSIG is 64 on x86 and arm64. */
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
	/* CLONE_THREAD with CLONE_AUTOREAP was refused above */
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
 * @cause: FORKFAIL_*
 * @err: the errno that it returns, positive
 * @needs: facts (bits) without which this kernel does not have the check
 */
struct check {
	bool (*refuses)(const struct ff_observation *o);
	u8 cause;
	s32 err;
	u32 needs;
};

/* In the kernel's order; the first two are in kernel_clone(). */
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

/* Return: the first check that refuses, NULL if none does. */
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
 * ff_refused_flags - find the check of the arguments that has refused
 * @o: the observation
 *
 * Return: its cause if it returns the errno that was seen; otherwise 0, and the kernel has
 * a check that this table does not have.
 */
u8 ff_refused_flags(const struct ff_observation *o)
{
	const struct check *c = first_refusal(o);

	return c && c->err == -o->err ? c->cause : 0;
}

/**
 * ff_will_refuse - find the check of the arguments that will refuse
 * @o: the observation, before the kernel has checked them
 *
 * Return: its cause, 0 if no check will refuse.
 */
u8 ff_will_refuse(const struct ff_observation *o)
{
	const struct check *c = first_refusal(o);

	return c ? c->cause : 0;
}

/**
 * ff_refused_errno - the errno that a check of the arguments returns
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
