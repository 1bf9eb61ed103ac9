// SPDX-License-Identifier: GPL-2.0-only
/*
 * limits.c - judges of the causes that have a limit, and of memory
 *
 * Each says of an observation whether its cause is the one; see judge.h for
 * the words.  Pure.
 */
#include "rules/judge.h"

/* How sure it is that level 0, or one above it, is the one that refused. */
static u8 level_is(const struct ff_hierarchy *h, bool own, u8 if_single)
{
	if (h->named >= 0)
		return (h->named == 0) == own ? WITNESS : NO;
	if (!h->levels)
		return MAYBE;
	if (h->first || h->levels == 1)
		return !h->first == own ? if_single : NO;
	if (!h->known)
		return MAYBE;
	if (h->full >= 0)
		return (h->full == 0) == own ? HOLDS : NO;
	return MAYBE;
}

/*
 * From 5.14 on copy_process() asks capable(CAP_SYS_RESOURCE) and, refused,
 * capable(CAP_SYS_ADMIN) only if the count is over the limit and the user is
 * not root.  So a call for the second says that the first was refused, and the
 * caller's own credentials say what the answer to the second was.
 */
static bool nproc_refused(const struct ff_observation *o)
{
	return seen_here(o, FF_W_CAPABLE_ADMIN) && !o->has_sys_admin;
}

static u8 nproc(const struct ff_observation *o, bool own)
{
	if (o->facts & FF_FACT_NPROC_BEFORE_CREDS)
		return own && o->step == FF_STEP_ENTRY ? PATH : NO;
	if (!own && o->nproc.known && o->nproc.levels == 1)
		return NO;
	if (o->step < FF_STEP_COPY_CREDS)
		/* copy_creds() would have been reached, had it been watched */
		return o->blind & BIT(FF_STEP_COPY_CREDS) ? MAYBE : NO;
	if (nproc_refused(o))
		return level_is(&o->nproc, own, WITNESS);
	/* asked although the credentials allow it: a security module may refuse */
	if (seen_here(o, FF_W_CAPABLE_ADMIN))
		return MAYBE;
	if (!blind(o, FF_W_CAPABLE_ADMIN))
		return NO;
	if (!o->nproc.known || !o->nproc.full_after)
		return o->nproc.known ? NO : MAYBE;
	return MAYBE;
}

/**
 * ff_judge_nproc_own - the user's own RLIMIT_NPROC?
 * @o: the observation
 */
u8 ff_judge_nproc_own(const struct ff_observation *o)
{
	return nproc(o, true);
}

/**
 * ff_judge_nproc_ancestor - the limit frozen at a user namespace's creation?
 * @o: the observation
 */
u8 ff_judge_nproc_ancestor(const struct ff_observation *o)
{
	return nproc(o, false);
}

/**
 * ff_judge_threads_max - kernel.threads-max?
 * @o: the observation
 */
u8 ff_judge_threads_max(const struct ff_observation *o)
{
	if (o->step < FF_STEP_COPY_CREDS && !(o->blind & BIT(FF_STEP_COPY_CREDS)))
		return NO;
	/* it comes behind the check */
	if (nproc_refused(o) || seen_here(o, FF_W_KTHREAD_STRUCT))
		return NO;
	return o->threads_known && o->threads >= o->threads_max ? HOLDS : MAYBE;
}

/**
 * ff_judge_ucounts_nomem - no memory for the counts of a new user namespace?
 * @o: the observation
 */
u8 ff_judge_ucounts_nomem(const struct ff_observation *o)
{
	if ((o->have_args && !(o->flags & CLONE_NEWUSER)) ||
	    (o->facts & FF_FACT_NPROC_BEFORE_CREDS))
		return NO;
	if (memory_was_short(o))
		return MAYBE;
	/* neither of the limits explains it */
	if (!nproc_refused(o) && o->threads_known && o->threads < o->threads_max)
		return MAYBE;
	return blind_to_memory(o) ? UNSEEN : NO;
}

static u8 pid_full(const struct ff_observation *o, bool wrapped)
{
	const struct ff_hierarchy *h = &o->pid;

	if (!h->known || (h->levels > 1 && h->full < 0))
		return MAYBE;
	if (o->pid_wrapped != wrapped)
		return NO;
	return h->levels == 1 ? PATH : HOLDS;
}

/**
 * ff_judge_pid_exhausted - no number left in a PID namespace?
 * @o: the observation
 */
u8 ff_judge_pid_exhausted(const struct ff_observation *o)
{
	return pid_full(o, false);
}

/**
 * ff_judge_pid_exhausted_after_wrap - none left above 300?
 * @o: the observation
 */
u8 ff_judge_pid_exhausted_after_wrap(const struct ff_observation *o)
{
	return pid_full(o, true);
}

/* A namespace that is dead stays dead: dead before is dead at the check. */
static u8 pidns_gone(const struct ff_observation *o, bool poisoned)
{
	bool guessed = o->facts & FF_FACT_GUESSED;
	bool poison = o->pidns_no_reaper && (guessed || (o->facts & FF_FACT_PIDNS_POISON));

	if (!o->pidns_dead || (poisoned && !poison))
		return NO;
	/* whether that is poison, and whether one above counts, goes by the version */
	if (guessed && (poison || o->pidns_dead_level > 0))
		return MAYBE;
	if (!poisoned && poison)
		return NO;
	return o->pidns_dead_before ? HOLDS : MAYBE;
}

/**
 * ff_judge_pidns_dead - the init of the PID namespace has ended?
 * @o: the observation
 */
u8 ff_judge_pidns_dead(const struct ff_observation *o)
{
	return pidns_gone(o, false);
}

/**
 * ff_judge_pidns_poisoned - the first fork into the PID namespace had failed?
 * @o: the observation
 */
u8 ff_judge_pidns_poisoned(const struct ff_observation *o)
{
	return pidns_gone(o, true);
}

/**
 * ff_judge_pidns_dead_late - the init ended while the task was made?
 * @o: the observation
 */
u8 ff_judge_pidns_dead_late(const struct ff_observation *o)
{
	return o->pidns_dead ? HOLDS : NO;
}

static u8 pids(const struct ff_observation *o, bool own)
{
	u8 how = level_is(&o->pids, own, WITNESS);

	if (seen_here(o, FF_W_PIDS_EVENT))
		return how;
	/*
	 * Somebody else's EAGAIN: a security module, asked by the cpuset controller.
	 * The witness counts only at its step, so that must be watched as well.
	 */
	if (!blind(o, FF_W_PIDS_EVENT) && o->step == FF_STEP_CGROUP_CAN_FORK)
		return NO;
	return how == NO ? NO : MAYBE;
}

/**
 * ff_judge_pids_own - the cgroup's own pids.max?
 * @o: the observation
 */
u8 ff_judge_pids_own(const struct ff_observation *o)
{
	return pids(o, true);
}

/**
 * ff_judge_pids_ancestor - the pids.max of a cgroup above?
 * @o: the observation
 */
u8 ff_judge_pids_ancestor(const struct ff_observation *o)
{
	return pids(o, false);
}

static u8 overcommit(const struct ff_observation *o, u8 mode)
{
	if (o->flags & CLONE_VM)
		return NO;
	if (o->overcommit_known && o->overcommit_mode != mode)
		return NO;
	if (seen_here(o, FF_W_OVERCOMMIT))
		return o->overcommit_known ? WITNESS : MAYBE;
	if (o->facts & FF_FACT_OVERCOMMIT_WITNESS)
		return blind(o, FF_W_OVERCOMMIT) ? UNSEEN : NO;
	if (!o->overcommit_known)
		return MAYBE;
	if (o->overcommit_fits_before && o->overcommit_fits)
		return NO;
	if (!o->overcommit_fits_before && !o->overcommit_fits)
		return HOLDS;
	/* too many mappings to look at; that it is being killed is seen */
	return o->dying ? UNSEEN : MAYBE;
}

/**
 * ff_judge_overcommit_strict - vm.overcommit_memory=2?
 * @o: the observation
 */
u8 ff_judge_overcommit_strict(const struct ff_observation *o)
{
	return overcommit(o, 2);
}

/**
 * ff_judge_overcommit_heuristic - vm.overcommit_memory=0?
 * @o: the observation
 */
u8 ff_judge_overcommit_heuristic(const struct ff_observation *o)
{
	return overcommit(o, 0);
}

/*
 * The memory cgroup's charge failed: reclaim in that cgroup, then its OOM
 * killer, and nothing after.  Without the OOM killer (it may not be called
 * for every allocation) what was wanted must have been too much.
 *
 * Both are asked before it is known whether they help.  The OOM killer that killed
 * nobody did not; whether anything else did nobody sees, and another cause that
 * is possible makes it a guess.
 */
static u8 memcg_full(const struct ff_observation *o)
{
	if (short_last(o, FF_W_MEMCG_OOM) && !o->oom_killed && !o->dying)
		return WITNESS;
	if (short_last(o, FF_W_MEMCG_OOM) || short_last(o, FF_W_MEMCG_RECLAIM))
		return o->memcg_known && o->memcg_full ? ALONE_HOLDS : MAYBE;
	if (seen_here(o, FF_W_OVERCOMMIT))
		return NO;
	return blind(o, FF_W_MEMCG_RECLAIM) ? UNSEEN : NO;
}

/**
 * ff_judge_memcg_limit - a memory cgroup's limit?
 * @o: the observation
 */
u8 ff_judge_memcg_limit(const struct ff_observation *o)
{
	return o->memcg_known && o->memcg_oom_disabled ? NO : memcg_full(o);
}

/**
 * ff_judge_memcg_v1_oom_disabled - the same, with its OOM killer switched off?
 * @o: the observation
 */
u8 ff_judge_memcg_v1_oom_disabled(const struct ff_observation *o)
{
	u8 full = memcg_full(o);

	if (!(o->facts & FF_FACT_MEMCG_V1))
		return NO;
	if (o->memcg_known)
		return o->memcg_oom_disabled ? full : NO;
	return full == WITNESS ? NO : full;
}

/**
 * ff_judge_memcg_v1_kmem_limit - a memory cgroup's limit on kernel memory?
 * @o: the observation
 */
u8 ff_judge_memcg_v1_kmem_limit(const struct ff_observation *o)
{
	if (!(o->facts & FF_FACT_KMEM_LIMIT))
		return NO;
	/* a table that does not fit in one piece is tried page by page */
	if (short_last(o, FF_W_KMEM_LIMIT))
		return o->memcg_known ? ALONE_HOLDS : MAYBE;
	return blind(o, FF_W_KMEM_LIMIT) ? UNSEEN : NO;
}

/**
 * ff_judge_system_memory - no page on the whole machine?
 * @o: the observation
 */
u8 ff_judge_system_memory(const struct ff_observation *o)
{
	if (short_last(o, FF_W_PAGE_ALLOC_FAILED))
		return WITNESS;
	if (short_last(o, FF_W_SYSTEM_OOM) && blind(o, FF_W_PAGE_ALLOC_FAILED))
		return MAYBE;
	return blind(o, FF_W_PAGE_ALLOC_FAILED) ? UNSEEN : NO;
}
