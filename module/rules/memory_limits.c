// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory_limits.c - conditions for limits on memory, and for memory shortages
 *
 * match.h says what a condition returns.  Pure functions.
 */
#include "rules/match.h"

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
