// SPDX-License-Identifier: GPL-2.0-only
/*
 * limits.c - conditions for limits on tasks, PIDs and memory, for dead PID namespaces, and for
 * memory shortages
 *
 * match.h says what a condition returns.  Pure functions.
 */
#include "rules/match.h"

/*
 * How sure is it that level 0 (@own), or one above it, has refused?  A call that is refused
 * further up is counted on the levels below until then.  So one that looks full may never have
 * refused anybody, and one that looks as if it had room may have refused: it is certain only if
 * no other level can have been full at the check.
 */
static u8 level_is(const struct ff_hierarchy *h, bool own, u8 if_single)
{
	u64 others;

	if (h->named >= 0)
		return (h->named == 0) == own ? WITNESS : NO;
	if (!h->levels)
		return MAYBE;
	if (own && h->first)
		return NO;
	if (h->levels - h->first == 1)
		return own == !h->first ? if_single : NO;
	if (!h->known || h->full < 0)
		return h->first ? if_single : MAYBE;
	others = h->may & ~(1ULL << (h->full - h->first));
	if (own == !h->full)
		return others ? MAYBE : h->first ? if_single : HOLDS;
	/* the level that is named is none of this cause's */
	return others & (own ? 1 : ~1ULL) ? UNSEEN : NO;
}

/*
 * From 5.14 on, if the count is over the limit and the user is not root, copy_process()
 * calls capable(CAP_SYS_RESOURCE), and if that is denied, capable(CAP_SYS_ADMIN).  So the
 * second call shows that the first was denied, and the caller's credentials tell whether
 * the second was.
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
	/* the credentials allow it, but a security module may have denied it */
	if (seen_here(o, FF_W_CAPABLE_ADMIN))
		return MAYBE;
	/* without that witness: the count may have been over the limit, whatever it is now */
	return blind(o, FF_W_CAPABLE_ADMIN) ? MAYBE : NO;
}

/**
 * ff_match_nproc_own - was it the user's own RLIMIT_NPROC?
 * @o: the observation
 */
u8 ff_match_nproc_own(const struct ff_observation *o)
{
	return nproc(o, true);
}

/**
 * ff_match_nproc_ancestor - was it the limit that was set when a user namespace was created?
 * @o: the observation
 */
u8 ff_match_nproc_ancestor(const struct ff_observation *o)
{
	return nproc(o, false);
}

/**
 * ff_match_threads_max - was it kernel.threads-max?
 * @o: the observation
 */
u8 ff_match_threads_max(const struct ff_observation *o)
{
	/* it is the next check after RLIMIT_NPROC */
	return nproc_refused(o) ? NO : ALONE;
}

/**
 * ff_match_ucounts_nomem - was there no memory for the counts of a new user namespace?
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
	/*
	 * No level is named if an address space was freed meanwhile, and PIDs with it.  At
	 * another step it can have been another cause, of which nothing was seen.
	 */
	return h->full >= 0 && (h->levels > 1 || (o->steps & ~AT(ALLOC_PID))) ? HOLDS : ALONE;
}

/**
 * ff_match_pid_exhausted - was there no free PID in a PID namespace?
 * @o: the observation
 */
u8 ff_match_pid_exhausted(const struct ff_observation *o)
{
	return pid_full(o, false);
}

/**
 * ff_match_pid_exhausted_after_wrap - was there no free PID from 300 on?
 * @o: the observation
 */
u8 ff_match_pid_exhausted_after_wrap(const struct ff_observation *o)
{
	return pid_full(o, true);
}

/* A dead namespace stays dead, so if it was dead before, it was dead at the check. */
static u8 pidns_gone(const struct ff_observation *o, bool poisoned)
{
	bool guessed = o->facts & FF_FACT_GUESSED;
	/* not one above: a task in there created the next, so it has had a first task */
	bool poison = o->pidns_no_reaper && o->pidns_dead_level <= 0 &&
		      (guessed || (o->facts & FF_FACT_PIDNS_POISON));

	if (!o->pidns_dead || (poisoned && !poison))
		return NO;
	/* whether that is poison, and whether a level above counts, depends on the version */
	if (guessed && (poison || o->pidns_dead_level > 0))
		return MAYBE;
	if (!poisoned && poison)
		return NO;
	return o->pidns_dead_before ? HOLDS : MAYBE;
}

/**
 * ff_match_pidns_dead - had the init of the PID namespace exited?
 * @o: the observation
 */
u8 ff_match_pidns_dead(const struct ff_observation *o)
{
	return pidns_gone(o, false);
}

/**
 * ff_match_pidns_poisoned - had the first fork into the PID namespace failed?
 * @o: the observation
 */
u8 ff_match_pidns_poisoned(const struct ff_observation *o)
{
	return pidns_gone(o, true);
}

static u8 pids(const struct ff_observation *o, bool own)
{
	u8 how = level_is(&o->pids, own, WITNESS);

	/* without the arguments: CLONE_INTO_CGROUP may have named another cgroup */
	if (!o->have_args && o->pids.levels)
		how = MAYBE;
	if (seen_here(o, FF_W_PIDS_EVENT))
		return how;
	/* without the witness it was another EAGAIN: a security module, about a cpuset */
	if (!blind(o, FF_W_PIDS_EVENT))
		return NO;
	return how == NO || how == UNSEEN ? how : MAYBE;
}

/**
 * ff_match_pids_own - was it the cgroup's own pids.max?
 * @o: the observation
 */
u8 ff_match_pids_own(const struct ff_observation *o)
{
	return pids(o, true);
}

/**
 * ff_match_pids_ancestor - was it the pids.max of a cgroup above?
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
	/* more may have been committed while the mappings were copied */
	if (o->overcommit_fits_before && o->overcommit_fits)
		return mode == 2 && o->dying ? UNSEEN : NO;
	if (!o->overcommit_fits_before && !o->overcommit_fits)
		return HOLDS;
	/* the mappings could not be counted; a task that is being killed has another cause */
	return o->dying ? UNSEEN : MAYBE;
}

/**
 * ff_match_overcommit_strict - was it vm.overcommit_memory=2?
 * @o: the observation
 */
u8 ff_match_overcommit_strict(const struct ff_observation *o)
{
	return overcommit(o, 2);
}

/**
 * ff_match_overcommit_heuristic - was it vm.overcommit_memory=0?
 * @o: the observation
 */
u8 ff_match_overcommit_heuristic(const struct ff_observation *o)
{
	return overcommit(o, 0);
}

/**
 * ff_memory_was_short - did an allocation of this call fail for a memory shortage?
 * @o: the observation
 *
 * The OOM killer of the whole machine alone does not count: if it does not help, the kernel
 * calls warn_alloc() (5.10 to 7.2).
 *
 * Return: true if a witness of a shortage ran last.
 */
bool ff_memory_was_short(const struct ff_observation *o)
{
	return short_last(o, FF_W_MEMCG_RECLAIM) || short_last(o, FF_W_MEMCG_OOM) ||
	       short_last(o, FF_W_PAGE_ALLOC_FAILED) || short_last(o, FF_W_KMEM_LIMIT) ||
	       (short_last(o, FF_W_SYSTEM_OOM) && blind(o, FF_W_PAGE_ALLOC_FAILED));
}

/*
 * A condition that held when @w ran.  What @w did may have helped, so the condition counts
 * only if the machine's OOM killer did not run after it, and @w ran at the last of the
 * possible steps.
 */
static u8 if_ran_last(const struct ff_observation *o, enum ff_witness w, bool held)
{
	u8 at = o->at[w];
	bool at_last_step = at == FF_NR_STEPS || at == FF_STEP_COPY_NAMESPACES ||
			    o->steps < BIT(at) << 1;

	return held && at_last_step && !blind(o, FF_W_SYSTEM_OOM) ? ALONE_HOLDS : MAYBE;
}

/* Can the call have been refused, without a witness, although it got its memory? */
static bool refused_anyway(const struct ff_observation *o)
{
	if ((o->steps & BIT(FF_STEP_ALLOC_PID)) && o->pidns_dead)
		return true;
	return (o->steps & BIT(FF_STEP_COPY_MM)) &&
	       (overcommit(o, 2) != NO || overcommit(o, 0) != NO);
}

/*
 * Did the charge of a memory cgroup fail?  The kernel first reclaims in that cgroup, then
 * calls its OOM killer, and then fails.  The OOM killer is not called for every allocation;
 * without it the request must not have fit under the limit.
 *
 * Both run before it is known whether they help.  An OOM killer that killed nobody did not
 * help, unless a task that it had killed before was still exiting.  Otherwise this cannot be
 * seen, and if another cause is possible, the result is only inferred.
 */
static u8 memcg_full(const struct ff_observation *o)
{
	if (short_last(o, FF_W_MEMCG_OOM) && !o->oom_killed && !o->dying && !refused_anyway(o))
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
 * ff_match_memcg_limit - was it a memory cgroup's limit?
 * @o: the observation
 */
u8 ff_match_memcg_limit(const struct ff_observation *o)
{
	return o->memcg_known && o->memcg_oom_disabled ? NO : memcg_full(o);
}

/**
 * ff_match_memcg_v1_oom_disabled - was it that limit, with the OOM killer switched off?
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
 * ff_match_memcg_v1_kmem_limit - was it a memory cgroup's limit on kernel memory?
 * @o: the observation
 */
u8 ff_match_memcg_v1_kmem_limit(const struct ff_observation *o)
{
	if (!(o->facts & FF_FACT_KMEM_LIMIT))
		return NO;
	/* after a refusal the kernel may have retried a large table page by page */
	if (short_last(o, FF_W_KMEM_LIMIT))
		return if_ran_last(o, FF_W_KMEM_LIMIT, o->memcg_known);
	return blind(o, FF_W_KMEM_LIMIT) ? UNSEEN : NO;
}

/**
 * ff_match_system_memory - was memory exhausted on the whole machine?
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
