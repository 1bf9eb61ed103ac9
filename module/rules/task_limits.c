// SPDX-License-Identifier: GPL-2.0-only
/*
 * task_limits.c - conditions for limits on tasks and PIDs, and for dead PID namespaces
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
	/* or a security module has refused with this errno */
	return (o->seen | o->blind_w) & BIT(FF_W_USERNS_LSM) ? ALONE : PATH;
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
