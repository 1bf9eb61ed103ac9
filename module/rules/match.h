/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * match.h - what the conditions of rules have in common
 *
 * Pure functions, also compiled into the unit tests and the fuzzer.
 */
#ifndef FORKFAIL_MATCH_H
#define FORKFAIL_MATCH_H

#include "rules/observation.h"

#ifdef __KERNEL__
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/string.h>
#else
#include <errno.h>
#include <linux/sched.h>
#include <string.h>
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define BIT(n) (1u << (n))
#endif

/* The call restarts.  Not in user space's errno.h, because user space never sees it. */
#define FF_ERESTARTNOINTR	513

/*
 * A rule's condition returns FORKFAIL_PROOF_NONE if this is not the cause,
 * FORKFAIL_PROOF_INFERRED if it may be, another FORKFAIL_PROOF_* if it is, or one of the
 * values below.
 */
typedef u8 (*ff_match)(const struct ff_observation *o);

/**
 * struct ff_rule - one way to fail
 * @steps: the steps (bits) at which this cause can fail
 * @cause: FORKFAIL_*
 * @scope: FORKFAIL_SCOPE_*, what the limit belongs to
 * @unit: FORKFAIL_UNIT_* of the limit
 * @match: the condition; NULL for a check of the flags, which clone_flags.c has
 */
struct ff_rule {
	u32	steps;
	u8	cause;
	u8	scope;
	u8	unit;
	ff_match match;
};

/**
 * struct ff_rules - the ways to fail with one errno
 * @err: the errno; 0: any
 * @n: how many there are
 * @rule: the rules
 */
struct ff_rules {
	s32	err;
	u32	n;
	const struct ff_rule *rule;
};

extern const struct ff_rules ff_rules[];
extern const unsigned int ff_nr_errnos;

#define ff_for_each_rule(of, r)							\
	for ((of) = ff_rules; (of) < ff_rules + ff_nr_errnos; (of)++)		\
		for ((r) = (of)->rule; (r) < (of)->rule + (of)->n; (r)++)

/*
 * Short names, and three values that only conditions return and ff_verdict_end() resolves.
 * ALONE: this is possible, and if nothing else is, it is proved by the path.  ALONE_HOLDS:
 * the same, but then proved by its condition.  UNSEEN: this cannot be ruled out, because
 * the watch point that would tell is not armed, or because its limit was nearly reached; it
 * makes other causes less certain, and is never named itself.
 */
#define NO	FORKFAIL_PROOF_NONE
#define PATH	FORKFAIL_PROOF_PATH
#define WITNESS	FORKFAIL_PROOF_WITNESS
#define HOLDS	FORKFAIL_PROOF_PREDICATE
#define MAYBE	FORKFAIL_PROOF_INFERRED
#define ALONE	FORKFAIL_NR_PROOFS
#define ALONE_HOLDS	(FORKFAIL_NR_PROOFS + 1)
#define UNSEEN	(FORKFAIL_NR_PROOFS + 2)

/* The steps at which the flags are checked. */
#define FF_FLAGS_STEPS	(BIT(FF_STEP_ENTRY) | BIT(FF_STEP_KERNEL_CLONE))

/* The steps that create a namespace. */
#define FF_NAMESPACE_STEPS	(BIT(FF_STEP_COPY_TIME_NS + 1) - BIT(FF_STEP_COPY_NAMESPACES))

/* For the tables of rules. */
#define AT(step)	BIT(FF_STEP_##step)
/* any step that allocates something: all before LAST_CHECKS */
#define ANYWHERE	(AT(LAST_CHECKS) - 1)
#define ANY		0
#define IN_NS		(FF_NAMESPACE_STEPS & ~AT(COPY_NAMESPACES))

#define RULE(s, c, sc, u, j) \
	{ s, FORKFAIL_##c, FORKFAIL_SCOPE_##sc, FORKFAIL_UNIT_##u, j }
#define FLAGS_RULE(s, c)	RULE(s, c, NONE, NONE, NULL)

/*
 * Did a witness run at the step that failed?  The stack only tells that it was one of the
 * namespaces, not which.
 */
static inline bool seen_here(const struct ff_observation *o, enum ff_witness w)
{
	u8 at = o->at[w];

	if (!(o->seen & BIT(w)))
		return false;
	return at == FF_NR_STEPS || (o->steps & BIT(at)) ||
	       (at == FF_STEP_COPY_NAMESPACES && (o->steps & FF_NAMESPACE_STEPS));
}

static inline bool blind(const struct ff_observation *o, enum ff_witness w)
{
	return o->blind_w & BIT(w);
}

/* An answer that depends on the kernel's version is only MAYBE if facts are guessed. */
static inline u8 by_version(const struct ff_observation *o, u8 answer)
{
	return answer != NO && (o->facts & FF_FACT_GUESSED) ? MAYBE : answer;
}

/* Can a memory shortage have gone unseen? */
static inline bool blind_to_memory(const struct ff_observation *o)
{
	return blind(o, FF_W_MEMCG_RECLAIM) || blind(o, FF_W_MEMCG_OOM) ||
	       blind(o, FF_W_SYSTEM_OOM) || blind(o, FF_W_PAGE_ALLOC_FAILED) ||
	       ((o->facts & FF_FACT_KMEM_LIMIT) && blind(o, FF_W_KMEM_LIMIT));
}

/*
 * Did @w run at the step that failed, and no other witness of a memory shortage after it?
 * If another one ran later, it was for another allocation: the earlier one succeeded after
 * all, or was retried in another way.  (A refusal by overcommit ends the call.)
 */
static inline bool short_last(const struct ff_observation *o, enum ff_witness w)
{
	const u32 shortages = BIT(FF_W_MEMCG_RECLAIM) | BIT(FF_W_MEMCG_OOM) |
		BIT(FF_W_SYSTEM_OOM) | BIT(FF_W_PAGE_ALLOC_FAILED) | BIT(FF_W_OVERCOMMIT) |
		BIT(FF_W_KMEM_LIMIT);
	int i;

	if (!seen_here(o, w))
		return false;
	for (i = 0; i < FF_NR_WITNESSES; i++)
		if ((shortages & BIT(i)) && seen_here(o, i) && o->rank[i] > o->rank[w])
			return false;
	return true;
}

/* memory_limits.c */
bool ff_memory_was_short(const struct ff_observation *o);

/* An allocation failed without a witness of a memory shortage. */
static inline u8 nomem(const struct ff_observation *o)
{
	return ff_memory_was_short(o) ? NO : ALONE;
}

static inline u8 nomem_if(const struct ff_observation *o, bool possible)
{
	return possible ? nomem(o) : NO;
}

/*
 * A dead PID namespace causes the same error, and then no allocation has failed.  Whether
 * a dead one above the task's own is enough depends on the version: if facts are guessed,
 * the allocation may have failed nevertheless.
 */
static inline u8 nomem_unless_dead(const struct ff_observation *o, bool possible)
{
	bool unsure = (o->facts & FF_FACT_GUESSED) && o->pidns_dead_level > 0;

	if (!o->pidns_dead)
		return nomem_if(o, possible);
	return by_version(o, nomem_if(o, possible && unsure));
}

/* If the arguments are not known, all flags are possible; ff_classify() allows for that. */
static inline bool may_ask_for(const struct ff_observation *o, u64 flags)
{
	return !o->have_args || (o->flags & flags);
}

static inline bool into_cgroup(const struct ff_observation *o)
{
	return may_ask_for(o, FF_CLONE_INTO_CGROUP);
}

/* rules.c */
u8 ff_match_by_path(const struct ff_observation *o);

/* rules_enomem.c */
extern const struct ff_rule ff_enomem[37];

/* clone_flags.c */
u8 ff_refused_flags(const struct ff_observation *o);
u8 ff_will_refuse(const struct ff_observation *o);
s32 ff_refused_errno(u8 cause);

/* What a rule says of a failure at one of its steps; @refused is ff_refused_flags(@o). */
static inline u8 ff_rule_match(const struct ff_rule *r, const struct ff_observation *o, u8 refused)
{
	if (r->match)
		return r->match(o);
	return r->cause == refused ? PATH : NO;
}

/* task_limits.c */
u8 ff_match_nproc_own(const struct ff_observation *o);
u8 ff_match_nproc_ancestor(const struct ff_observation *o);
u8 ff_match_threads_max(const struct ff_observation *o);
u8 ff_match_ucounts_nomem(const struct ff_observation *o);
u8 ff_match_pid_exhausted(const struct ff_observation *o);
u8 ff_match_pid_exhausted_after_wrap(const struct ff_observation *o);
u8 ff_match_pidns_dead(const struct ff_observation *o);
u8 ff_match_pidns_poisoned(const struct ff_observation *o);
u8 ff_match_pids_own(const struct ff_observation *o);
u8 ff_match_pids_ancestor(const struct ff_observation *o);

/* memory_limits.c */
u8 ff_match_overcommit_strict(const struct ff_observation *o);
u8 ff_match_overcommit_heuristic(const struct ff_observation *o);
u8 ff_match_memcg_limit(const struct ff_observation *o);
u8 ff_match_memcg_v1_oom_disabled(const struct ff_observation *o);
u8 ff_match_memcg_v1_kmem_limit(const struct ff_observation *o);
u8 ff_match_system_memory(const struct ff_observation *o);

#endif /* FORKFAIL_MATCH_H */
