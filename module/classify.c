// SPDX-License-Identifier: GPL-2.0-only
/*
 * classify.c - from an observation to a cause
 *
 * Pure: the same observation gives the same verdict, on any machine.  Every
 * cause that the kernel can mean by an errno at a step has a rule, and every
 * rule that applies is asked: one that is proved wins; a condition that merely
 * held does not win while another cause is possible; nothing is ever concluded
 * because everything else was ruled out.
 */
#include "classify.h"

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/string.h>
#ifndef ENOTSUPP
#define ENOTSUPP 524
#endif
#else
#include <errno.h>
#include <linux/sched.h>
#include <string.h>
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define BIT(n) (1u << (n))
#endif

/* not for user space, and so not in its errno.h */
#define FF_ERESTARTNOINTR	513

const char * const ff_step_names[FF_NR_STEPS] = {
#define X(symbol, name) [FF_STEP_##symbol] = name,
	FF_STEPS(X)
#undef X
};

const char * const ff_witness_names[FF_NR_WITNESSES] = {
#define X(symbol, name) [FF_W_##symbol] = name,
	FF_WITNESSES(X)
#undef X
};

/*
 * What a rule says of an observation: FORKFAIL_PROOF_NONE if this is not the
 * cause, FORKFAIL_PROOF_INFERRED if it may be, anything else if it is.  UNSEEN
 * is less than INFERRED: it may be, but only because what would tell is not
 * watched.  It makes others less certain, and is never named itself.
 */
typedef u8 (*judge_fn)(const struct ff_observation *o);

#define NO	FORKFAIL_PROOF_NONE
#define MAYBE	FORKFAIL_PROOF_INFERRED
#define PATH	FORKFAIL_PROOF_PATH
#define WITNESS	FORKFAIL_PROOF_WITNESS
#define HOLDS	FORKFAIL_PROOF_PREDICATE
#define UNSEEN	FORKFAIL_NR_PROOFS

static bool seen_here(const struct ff_observation *o, enum ff_witness w)
{
	/* a late failure is one behind the last step with an entry of its own */
	u8 step = o->step == FF_STEP_LATE ? FF_STEP_CGROUP_CAN_FORK : o->step;

	return (o->seen & BIT(w)) && o->at[w] == step;
}

static bool blind(const struct ff_observation *o, enum ff_witness w)
{
	return o->blind_w & BIT(w);
}

/* A shortage of memory can have gone unseen. */
static bool blind_to_memory(const struct ff_observation *o)
{
	return blind(o, FF_W_MEMCG_RECLAIM) || blind(o, FF_W_MEMCG_OOM) ||
	       blind(o, FF_W_SYSTEM_OOM) || blind(o, FF_W_PAGE_ALLOC_FAILED);
}

static bool memory_was_short(const struct ff_observation *o)
{
	return seen_here(o, FF_W_MEMCG_RECLAIM) || seen_here(o, FF_W_MEMCG_OOM) ||
	       seen_here(o, FF_W_SYSTEM_OOM) || seen_here(o, FF_W_PAGE_ALLOC_FAILED);
}

static u8 by_path(const struct ff_observation *o)
{
	return PATH;
}

/* How sure it is that level 0, or one above it, is the one that refused. */
static u8 level_is(const struct ff_hierarchy *h, bool own, u8 if_single)
{
	if (h->named >= 0)
		return (h->named == 0) == own ? WITNESS : NO;
	if (!h->known || !h->levels)
		return MAYBE;
	if (h->levels == 1)
		return own ? if_single : NO;
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
	if (o->step == FF_STEP_ENTRY)
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

static u8 nproc_own(const struct ff_observation *o)
{
	return nproc(o, true);
}

static u8 nproc_ancestor(const struct ff_observation *o)
{
	return nproc(o, false);
}

static u8 threads_max(const struct ff_observation *o)
{
	if (o->step == FF_STEP_ENTRY && !(o->blind & BIT(FF_STEP_COPY_CREDS)))
		return NO;
	if (nproc_refused(o))
		return NO;
	return o->threads_known && o->threads >= o->threads_max ? HOLDS : MAYBE;
}

static u8 ucounts_nomem(const struct ff_observation *o)
{
	if ((o->have_args && !(o->flags & CLONE_NEWUSER)) ||
	    (o->facts & FF_FACT_NPROC_BEFORE_CREDS))
		return NO;
	if (memory_was_short(o))
		return MAYBE;
	return blind_to_memory(o) ? UNSEEN : NO;
}

static u8 sched_deadline(const struct ff_observation *o)
{
	if (!o->deadline)
		return NO;
	return o->step == FF_STEP_SCHED_FORK ? PATH : MAYBE;
}

static u8 fs_in_exec(const struct ff_observation *o)
{
	/* copy_namespaces() comes behind it, and a network module may say EAGAIN */
	if (o->seen & BIT(FF_W_NEW_NAMESPACES))
		return NO;
	if (!(o->flags & CLONE_FS))
		return o->have_args ? NO : UNSEEN;
	return (o->flags & CLONE_NEWNET) && blind(o, FF_W_NEW_NAMESPACES) ? MAYBE : PATH;
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

static u8 pid_exhausted(const struct ff_observation *o)
{
	return pid_full(o, false);
}

static u8 pid_exhausted_after_wrap(const struct ff_observation *o)
{
	return pid_full(o, true);
}

/* A namespace that is dead stays dead: dead before is dead at the check. */
static u8 pidns_gone(const struct ff_observation *o, bool poisoned)
{
	if (!o->pidns_dead)
		return NO;
	if (poisoned != ((o->facts & FF_FACT_PIDNS_POISON) && o->pidns_no_reaper))
		return NO;
	return o->pidns_dead_before ? HOLDS : MAYBE;
}

static u8 pidns_dead(const struct ff_observation *o)
{
	return pidns_gone(o, false);
}

static u8 pidns_poisoned(const struct ff_observation *o)
{
	return pidns_gone(o, true);
}

static u8 pidns_dead_late(const struct ff_observation *o)
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

static u8 pids_own(const struct ff_observation *o)
{
	return pids(o, true);
}

static u8 pids_ancestor(const struct ff_observation *o)
{
	return pids(o, false);
}

static u8 overcommit(const struct ff_observation *o, u8 mode)
{
	if (o->flags & CLONE_VM)
		return NO;
	if (o->overcommit_known && o->overcommit_mode != mode)
		return NO;
	if (o->facts & FF_FACT_OVERCOMMIT_WITNESS) {
		if (!seen_here(o, FF_W_OVERCOMMIT))
			return blind(o, FF_W_OVERCOMMIT) ? UNSEEN : NO;
		return o->overcommit_known ? WITNESS : MAYBE;
	}
	if (!o->overcommit_known)
		return MAYBE;
	if (o->overcommit_fits_before && o->overcommit_fits)
		return NO;
	return o->overcommit_fits_before || o->overcommit_fits ? MAYBE : HOLDS;
}

static u8 overcommit_strict(const struct ff_observation *o)
{
	return overcommit(o, 2);
}

static u8 overcommit_heuristic(const struct ff_observation *o)
{
	return overcommit(o, 0);
}

/*
 * The memory cgroup's charge failed: reclaim in that cgroup, then its OOM
 * killer, and no success after.  Without the OOM killer (it may not be called
 * for every allocation) the cgroup must still be at its limit.
 */
static u8 memcg_limit(const struct ff_observation *o)
{
	if (seen_here(o, FF_W_OVERCOMMIT))
		return NO;
	if (seen_here(o, FF_W_MEMCG_OOM))
		return WITNESS;
	if (!seen_here(o, FF_W_MEMCG_RECLAIM))
		return blind(o, FF_W_MEMCG_RECLAIM) ? UNSEEN : NO;
	return o->memcg_known && o->memcg_in_use >= o->memcg_limit ? HOLDS : MAYBE;
}

static u8 system_memory(const struct ff_observation *o)
{
	if (seen_here(o, FF_W_MEMCG_OOM))
		return NO;
	if (seen_here(o, FF_W_PAGE_ALLOC_FAILED))
		return WITNESS;
	if (seen_here(o, FF_W_SYSTEM_OOM))
		return MAYBE;
	return blind(o, FF_W_SYSTEM_OOM) || blind(o, FF_W_PAGE_ALLOC_FAILED) ? UNSEEN : NO;
}

static u8 killed_in_dup_mmap(const struct ff_observation *o)
{
	if ((o->flags & CLONE_VM) || !o->dying)
		return NO;
	return MAYBE;
}

static u8 killed_late(const struct ff_observation *o)
{
	return o->dying ? PATH : NO;
}

#define AT(step)	BIT(FF_STEP_##step)
#define ANYWHERE	(BIT(FF_NR_STEPS) - 1)

/**
 * struct rule - one way to fail
 * @err: errno that it gives
 * @steps: the last steps (bits) that a task can have reached then
 * @cause: FORKFAIL_*
 * @scope: what kind of thing the limit belongs to
 * @unit: of the limit
 * @judge: whether this is it
 */
struct rule {
	s32	err;
	u32	steps;
	u8	cause;
	u8	scope;
	u8	unit;
	judge_fn judge;
};

#define RULE(e, s, c, sc, u, j) \
	{ e, s, FORKFAIL_##c, FORKFAIL_SCOPE_##sc, FORKFAIL_UNIT_##u, j }

static const struct rule rules[] = {
	RULE(FF_ERESTARTNOINTR, AT(ENTRY), SIGNAL_RESTART, NONE, NONE, by_path),

	RULE(EAGAIN, AT(ENTRY) | AT(COPY_CREDS), RLIMIT_NPROC, USER, TASKS, nproc_own),
	RULE(EAGAIN, AT(ENTRY) | AT(COPY_CREDS), RLIMIT_NPROC_ANCESTOR_USERNS, USERNS, TASKS,
	     nproc_ancestor),
	RULE(EAGAIN, AT(ENTRY) | AT(COPY_CREDS), THREADS_MAX, HOST, TASKS, threads_max),
	RULE(EAGAIN, AT(COPY_CREDS), UCOUNTS_ALLOC_NOMEM, NONE, NONE, ucounts_nomem),
	RULE(EAGAIN, AT(SCHED_FORK), SCHED_DEADLINE, PROCESS, NONE, sched_deadline),
	RULE(EAGAIN, AT(COPY_SEMUNDO) | AT(DUP_FD), FS_IN_EXEC, PROCESS, NONE, fs_in_exec),
	RULE(EAGAIN, AT(ALLOC_PID), PID_EXHAUSTED, PIDNS, PIDS, pid_exhausted),
	RULE(EAGAIN, AT(ALLOC_PID), PID_EXHAUSTED_AFTER_WRAP, PIDNS, PIDS,
	     pid_exhausted_after_wrap),
	RULE(EAGAIN, AT(CGROUP_CAN_FORK), PIDS_MAX, CGROUP, TASKS, pids_own),
	RULE(EAGAIN, AT(CGROUP_CAN_FORK), PIDS_MAX_ANCESTOR, CGROUP, TASKS, pids_ancestor),

	RULE(ENOMEM, ANYWHERE, MEMCG_LIMIT, CGROUP, BYTES, memcg_limit),
	RULE(ENOMEM, ANYWHERE, SYSTEM_MEMORY, HOST, NONE, system_memory),
	RULE(ENOMEM, AT(MM_INIT), OVERCOMMIT_STRICT, HOST, BYTES, overcommit_strict),
	RULE(ENOMEM, AT(MM_INIT), OVERCOMMIT_HEURISTIC, HOST, BYTES, overcommit_heuristic),
	RULE(ENOMEM, AT(MM_INIT), KILLED_IN_DUP_MMAP, NONE, NONE, killed_in_dup_mmap),
	RULE(ENOMEM, AT(ALLOC_PID), PIDNS_DEAD, PIDNS, NONE, pidns_dead),
	RULE(ENOMEM, AT(ALLOC_PID), PIDNS_POISONED_BY_FIRST_FORK, PIDNS, NONE, pidns_poisoned),
	RULE(ENOMEM, AT(LATE), PIDNS_DEAD_LATE, PIDNS, NONE, pidns_dead_late),

	RULE(EINTR, AT(LATE), KILLED_LATE, NONE, NONE, killed_late),
};

/* Steps that copy_process() leaves out for a new task that shares things. */
static u64 sharing(int step)
{
	switch (step) {
	case FF_STEP_DUP_FD:
		return CLONE_FILES;
	case FF_STEP_COPY_FS_STRUCT:
		return CLONE_FS;
	case FF_STEP_MM_INIT:
		return CLONE_VM;
	default:
		return 0;
	}
}

/* A kernel thread has no memory and may have no files. */
static bool may_leave_out(const struct ff_observation *o, int step)
{
	return sharing(step) && (!o->have_args || (o->flags & sharing(step)) ||
				 o->kind >= FORKFAIL_KIND_KTHREAD);
}

/*
 * The steps that the task can really have reached: the last one seen, and
 * those behind it that nothing watches, up to one that would have been seen.
 */
static u32 possible_steps(const struct ff_observation *o)
{
	u32 steps = BIT(o->step);
	int i;

	/* it runs behind cgroup_can_fork() only */
	if (o->seen & BIT(FF_W_CANCEL_FORK))
		return BIT(FF_STEP_LATE);
	for (i = o->step + 1; i < FF_STEP_LATE; i++) {
		if (!(o->blind & BIT(i)) && !may_leave_out(o, i))
			break;
		if ((o->blind & BIT(i)) && !(o->have_args && (o->flags & sharing(i))))
			steps |= BIT(i);
	}
	/* the proof of a late failure is a witness, which may be unwatched */
	if (i == FF_STEP_LATE && blind(o, FF_W_CANCEL_FORK))
		steps |= BIT(FF_STEP_LATE);
	return steps;
}

static const struct ff_hierarchy *hierarchy_of(const struct ff_observation *o, u8 cause)
{
	switch (cause) {
	case FORKFAIL_RLIMIT_NPROC:
	case FORKFAIL_RLIMIT_NPROC_ANCESTOR_USERNS:
		return &o->nproc;
	case FORKFAIL_PID_EXHAUSTED:
	case FORKFAIL_PID_EXHAUSTED_AFTER_WRAP:
		return &o->pid;
	case FORKFAIL_PIDS_MAX:
	case FORKFAIL_PIDS_MAX_ANCESTOR:
		return &o->pids;
	default:
		return NULL;
	}
}

static bool is_own(u8 cause)
{
	return cause == FORKFAIL_RLIMIT_NPROC || cause == FORKFAIL_PIDS_MAX;
}

static bool is_ancestors(u8 cause)
{
	return cause == FORKFAIL_RLIMIT_NPROC_ANCESTOR_USERNS ||
	       cause == FORKFAIL_PIDS_MAX_ANCESTOR;
}

/* Both sides of the limit, where the cause has one. */
static void fill_limit(const struct ff_observation *o, const struct rule *r,
		       struct ff_verdict *v)
{
	const struct ff_hierarchy *h = hierarchy_of(o, r->cause);

	v->scope = r->scope;
	v->unit = r->unit;
	if (h) {
		v->level = h->named >= 0 ? h->named : h->levels == 1 ? 0 : h->full;
		v->has_limit = h->known;
		v->limit = h->limit;
		v->in_use = h->in_use;
	} else if (r->cause == FORKFAIL_THREADS_MAX) {
		v->has_limit = o->threads_known;
		v->limit = o->threads_max;
		v->in_use = o->threads;
	} else if (r->cause == FORKFAIL_OVERCOMMIT_STRICT ||
		   r->cause == FORKFAIL_OVERCOMMIT_HEURISTIC) {
		v->has_limit = o->overcommit_known;
		v->limit = o->overcommit_limit;
		v->in_use = o->overcommit_in_use;
	} else if (r->cause == FORKFAIL_MEMCG_LIMIT) {
		v->has_limit = o->memcg_known;
		v->limit = o->memcg_limit;
		v->in_use = o->memcg_in_use;
	} else if (r->scope == FORKFAIL_SCOPE_PIDNS) {
		v->level = o->pidns_dead_level;
	}
	/* the level that is full is not that of a cause that is only possible */
	if (h && is_own(r->cause) && v->level > 0)
		v->level = -1;
	else if (h && is_ancestors(r->cause) && v->level == 0)
		v->level = -1;
	/* a limit whose owner is not known is nobody's */
	if (h && v->level < 0) {
		v->has_limit = false;
		v->scope = FORKFAIL_SCOPE_NONE;
	}
}

static void add_candidate(struct ff_verdict *v, u8 cause)
{
	if (v->nr_candidates < FF_MAX_CANDIDATES)
		v->candidates[v->nr_candidates++] = cause;
}

/**
 * ff_classify - name the cause of a failure
 * @o: what was observed
 * @v: receives the verdict
 *
 * Pure function of @o, any context.  A proof by the path or by a witness wins
 * over conditions that merely hold; two causes that are both proved contradict
 * each other, and are listed as candidates instead of picked from.  A condition
 * counts only where no other cause is possible, seen or unseen.
 */
void ff_classify(const struct ff_observation *o, struct ff_verdict *v)
{
	const struct rule *best = NULL, *r;
	u32 steps = possible_steps(o);
	/* an unwatched step in between: the path proves less */
	bool vague = steps & (steps - 1);
	u8 best_proof = NO;
	unsigned int i, proved = 0;

	memset(v, 0, sizeof(*v));
	v->cause = FORKFAIL_UNEXPLAINED;
	v->level = -1;

	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		u8 proof;

		r = &rules[i];
		if (-o->err != r->err || !(steps & r->steps))
			continue;
		proof = r->judge(o);
		if (proof == NO)
			continue;
		if (vague && (proof == PATH || proof == HOLDS) && r->err != FF_ERESTARTNOINTR)
			proof = MAYBE;
		add_candidate(v, r->cause);
		if (proof == UNSEEN)
			continue;
		proved += proof == PATH || proof == WITNESS;
		/* enum order: path, witness, predicate, inferred */
		if (!best || proof < best_proof) {
			best = r;
			best_proof = proof;
		}
	}
	if (!best) {
		v->nr_candidates = 0;
		return;
	}

	v->cause = best->cause;
	v->restart = best->cause == FORKFAIL_SIGNAL_RESTART;
	if (proved > 1 || (best_proof == HOLDS && v->nr_candidates > 1))
		best_proof = MAYBE;
	v->proof = best_proof;
	if (best_proof != MAYBE)
		v->nr_candidates = 0;
	fill_limit(o, best, v);
}
