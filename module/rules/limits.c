// SPDX-License-Identifier: GPL-2.0-only
/*
 * limits.c - conditions of the causes that have a limit, and of memory
 *
 * Each says of an observation whether its cause is the one; see match.h for
 * the words.  Pure.
 */
#include "rules/match.h"

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
		return own && (o->steps & BIT(FF_STEP_COPY_CREDS)) ? PATH : NO;
	if (!(o->steps & BIT(FF_STEP_TASK_LIMITS)))
		return NO;
	if (!own && o->nproc.known && o->nproc.levels == 1)
		return NO;
	if (nproc_refused(o))
		return level_is(&o->nproc, own, WITNESS);
	/* asked although the credentials allow it: a security module may refuse */
	if (seen_here(o, FF_W_CAPABLE_ADMIN))
		return MAYBE;
	/* a count that is not over its limit now may have been */
	return blind(o, FF_W_CAPABLE_ADMIN) ? MAYBE : NO;
}

/**
 * ff_match_nproc_own - the user's own RLIMIT_NPROC?
 * @o: the observation
 */
u8 ff_match_nproc_own(const struct ff_observation *o)
{
	return nproc(o, true);
}

/**
 * ff_match_nproc_ancestor - the limit frozen at a user namespace's creation?
 * @o: the observation
 */
u8 ff_match_nproc_ancestor(const struct ff_observation *o)
{
	return nproc(o, false);
}

/**
 * ff_match_threads_max - kernel.threads-max?
 * @o: the observation
 */
u8 ff_match_threads_max(const struct ff_observation *o)
{
	/* it comes behind the check of RLIMIT_NPROC, and nothing else is between */
	return nproc_refused(o) ? NO : ALONE;
}

/**
 * ff_match_ucounts_nomem - no memory for the counts of a new user namespace?
 * @o: the observation
 */
u8 ff_match_ucounts_nomem(const struct ff_observation *o)
{
	if ((o->have_args && !(o->flags & CLONE_NEWUSER)) ||
	    (o->facts & FF_FACT_NPROC_BEFORE_CREDS))
		return NO;
	return PATH;
}

static u8 pid_full(const struct ff_observation *o, bool wrapped)
{
	const struct ff_hierarchy *h = &o->pid;

	if (!h->known)
		return MAYBE;
	if (!(wrapped ? o->pid_wrapped : o->pid_unwrapped))
		return NO;
	/* an address space may have been copied and freed meanwhile: no level is named then */
	return h->levels > 1 && h->full >= 0 ? HOLDS : ALONE;
}

/**
 * ff_match_pid_exhausted - no number left in a PID namespace?
 * @o: the observation
 */
u8 ff_match_pid_exhausted(const struct ff_observation *o)
{
	return pid_full(o, false);
}

/**
 * ff_match_pid_exhausted_after_wrap - none left above 300?
 * @o: the observation
 */
u8 ff_match_pid_exhausted_after_wrap(const struct ff_observation *o)
{
	return pid_full(o, true);
}

/* A namespace that is dead stays dead: dead before is dead at the check. */
static u8 pidns_gone(const struct ff_observation *o, bool poisoned)
{
	bool guessed = o->facts & FF_FACT_GUESSED;
	/* who makes a namespace lives in the one above it, so that one has had a first task */
	bool poison = o->pidns_no_reaper && o->pidns_dead_level <= 0 &&
		      (guessed || (o->facts & FF_FACT_PIDNS_POISON));

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
 * ff_match_pidns_dead - the init of the PID namespace has ended?
 * @o: the observation
 */
u8 ff_match_pidns_dead(const struct ff_observation *o)
{
	return pidns_gone(o, false);
}

/**
 * ff_match_pidns_poisoned - the first fork into the PID namespace had failed?
 * @o: the observation
 */
u8 ff_match_pidns_poisoned(const struct ff_observation *o)
{
	return pidns_gone(o, true);
}

static u8 pids(const struct ff_observation *o, bool own)
{
	u8 how = level_is(&o->pids, own, WITNESS);

	/* CLONE_INTO_CGROUP may have named another cgroup: nobody knows whose own it is */
	if (!o->have_args && o->pids.levels)
		how = MAYBE;
	if (seen_here(o, FF_W_PIDS_EVENT))
		return how;
	/* somebody else's EAGAIN: a security module, asked by the cpuset controller */
	if (!blind(o, FF_W_PIDS_EVENT))
		return NO;
	return how == NO ? NO : MAYBE;
}

/**
 * ff_match_pids_own - the cgroup's own pids.max?
 * @o: the observation
 */
u8 ff_match_pids_own(const struct ff_observation *o)
{
	return pids(o, true);
}

/**
 * ff_match_pids_ancestor - the pids.max of a cgroup above?
 * @o: the observation
 */
u8 ff_match_pids_ancestor(const struct ff_observation *o)
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
	/* what is promised may have been more while mappings were copied */
	if (o->overcommit_fits_before && o->overcommit_fits)
		return mode == 2 && o->dying ? UNSEEN : NO;
	if (!o->overcommit_fits_before && !o->overcommit_fits)
		return HOLDS;
	/* too many mappings to look at; that it is being killed is seen */
	return o->dying ? UNSEEN : MAYBE;
}

/**
 * ff_match_overcommit_strict - vm.overcommit_memory=2?
 * @o: the observation
 */
u8 ff_match_overcommit_strict(const struct ff_observation *o)
{
	return overcommit(o, 2);
}

/**
 * ff_match_overcommit_heuristic - vm.overcommit_memory=0?
 * @o: the observation
 */
u8 ff_match_overcommit_heuristic(const struct ff_observation *o)
{
	return overcommit(o, 0);
}

/*
 * A condition that held when W ran, which may have helped: if the OOM killer of the
 * machine was not asked after it, nor a later one of the possible steps reached.
 */
static u8 if_ran_last(const struct ff_observation *o, enum ff_witness w, bool held)
{
	u8 at = o->at[w];
	bool at_last_step = at == FF_NR_STEPS || at == FF_STEP_COPY_NAMESPACES ||
			    o->steps < BIT(at) << 1;

	return held && at_last_step && !blind(o, FF_W_SYSTEM_OOM) ? ALONE_HOLDS : MAYBE;
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
	if (short_last(o, FF_W_MEMCG_OOM))
		return if_ran_last(o, FF_W_MEMCG_OOM, o->memcg_known && o->memcg_full);
	if (short_last(o, FF_W_MEMCG_RECLAIM))
		return if_ran_last(o, FF_W_MEMCG_RECLAIM, o->memcg_known && o->memcg_full);
	if (seen_here(o, FF_W_OVERCOMMIT))
		return NO;
	return blind(o, FF_W_MEMCG_RECLAIM) ? UNSEEN : NO;
}

/**
 * ff_match_memcg_limit - a memory cgroup's limit?
 * @o: the observation
 */
u8 ff_match_memcg_limit(const struct ff_observation *o)
{
	return o->memcg_known && o->memcg_oom_disabled ? NO : memcg_full(o);
}

/**
 * ff_match_memcg_v1_oom_disabled - the same, with its OOM killer switched off?
 * @o: the observation
 */
u8 ff_match_memcg_v1_oom_disabled(const struct ff_observation *o)
{
	u8 full = memcg_full(o);

	if (!(o->facts & FF_FACT_MEMCG_V1))
		return NO;
	if (o->memcg_known)
		return o->memcg_oom_disabled ? full : NO;
	return full == WITNESS ? NO : full;
}

/**
 * ff_match_memcg_v1_kmem_limit - a memory cgroup's limit on kernel memory?
 * @o: the observation
 */
u8 ff_match_memcg_v1_kmem_limit(const struct ff_observation *o)
{
	if (!(o->facts & FF_FACT_KMEM_LIMIT))
		return NO;
	/* a table that does not fit in one piece is tried page by page */
	if (short_last(o, FF_W_KMEM_LIMIT))
		return if_ran_last(o, FF_W_KMEM_LIMIT, o->memcg_known);
	return blind(o, FF_W_KMEM_LIMIT) ? UNSEEN : NO;
}

/**
 * ff_match_system_memory - no page on the whole machine?
 * @o: the observation
 */
u8 ff_match_system_memory(const struct ff_observation *o)
{
	if (short_last(o, FF_W_PAGE_ALLOC_FAILED))
		return WITNESS;
	if (short_last(o, FF_W_SYSTEM_OOM) && blind(o, FF_W_PAGE_ALLOC_FAILED))
		return MAYBE;
	return blind(o, FF_W_PAGE_ALLOC_FAILED) ? UNSEEN : NO;
}
