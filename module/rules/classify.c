// SPDX-License-Identifier: GPL-2.0-only
/*
 * classify.c - from an observation to a cause
 *
 * Pure functions: the same observation gives the same verdict, on any machine.  For each
 * errno and step, every cause that is possible in the kernel has a rule (rules.c), and all
 * rules that apply are evaluated.  verdict.c weighs what they say.
 */
#include "rules/classify.h"
#include "rules/match.h"
#include "rules/verdict.h"

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
	case FORKFAIL_USERNS_COUNT:
	case FORKFAIL_NS_COUNT:
		return &o->ucount;
	default:
		return NULL;
	}
}

/* Does the level fit the cause? */
static bool level_fits(u8 cause, s8 level)
{
	switch (cause) {
	case FORKFAIL_RLIMIT_NPROC:
	case FORKFAIL_PIDS_MAX:
		return level == 0;
	case FORKFAIL_RLIMIT_NPROC_ANCESTOR_USERNS:
	case FORKFAIL_PIDS_MAX_ANCESTOR:
		return level > 0;
	default:
		return level >= 0;
	}
}

static void set_limit(struct ff_verdict *v, bool known, s64 limit, s64 in_use)
{
	v->has_limit = known;
	v->limit = limit;
	v->in_use = in_use;
}

/* Fill in limit and usage, if the cause has a limit. */
static void fill_limit(const struct ff_observation *o, const struct ff_rule *r,
		       struct ff_verdict *v)
{
	const struct ff_hierarchy *h = hierarchy_of(o, r->cause);

	v->scope = r->scope;
	v->unit = r->unit;
	if (h) {
		v->level = h->named >= 0 ? h->named :
			   h->levels - h->first == 1 ? (s8)h->first : h->full;
		set_limit(v, h->known, h->limit, h->in_use);
		/* if it is not known whose limit it was, none is shown */
		if (!level_fits(r->cause, v->level)) {
			v->level = -1;
			v->has_limit = false;
			v->scope = FORKFAIL_SCOPE_NONE;
		}
		return;
	}
	switch (r->cause) {
	case FORKFAIL_THREADS_MAX:
		set_limit(v, o->threads_known, o->threads_max, o->threads);
		break;
	case FORKFAIL_OVERCOMMIT_STRICT:
	case FORKFAIL_OVERCOMMIT_HEURISTIC:
		/* if in_use is 0, the mappings could not be counted */
		set_limit(v, o->overcommit_known && o->overcommit_in_use, o->overcommit_limit,
			  o->overcommit_in_use);
		v->asked = o->overcommit_asked;
		break;
	case FORKFAIL_MEMCG_LIMIT:
	case FORKFAIL_MEMCG_V1_OOM_DISABLED:
	case FORKFAIL_MEMCG_V1_KMEM_LIMIT:
		set_limit(v, o->memcg_known, o->memcg_limit, o->memcg_in_use);
		v->asked = o->memcg_asked;
		break;
	case FORKFAIL_FILES_NR_OPEN:
		set_limit(v, o->nr_open_known, o->nr_open, o->highest_fd + 1);
		break;
	case FORKFAIL_PIDFD_NOFILE:
		set_limit(v, true, o->nofile, o->highest_fd + 1);
		break;
	case FORKFAIL_PIDNS_DEPTH:	/* not counting the initial one */
		set_limit(v, true, FF_MAX_LEVELS - 1, FF_MAX_LEVELS - 1);
		v->level = 0;
		break;
	case FORKFAIL_USERNS_DEPTH:	/* the same */
		set_limit(v, true, FF_MAX_USERNS_LEVELS - 1, FF_MAX_USERNS_LEVELS - 1);
		v->level = 0;
		break;
	default:
		if (r->scope == FORKFAIL_SCOPE_PIDNS)
			v->level = o->pidns_dead_level;
	}
}

static u8 first_of(u32 steps)
{
	return (u8)__builtin_ctz(steps);
}

/* The rules for an errno; those for any, which come last, if it has none of its own. */
static const struct ff_rules *rules_for(s32 err)
{
	const struct ff_rules *of = ff_rules;

	while (of->err && of->err != -err)
		of++;
	return of;
}

/**
 * ff_errno_of - the errno of a failure, if nothing but its stage tells
 * @steps: the steps (bits) one of which has failed
 * @seen: the witnesses (bits) that ran
 *
 * Limits on tasks return only EAGAIN, and so does the pids controller, whose witness runs only
 * when it refuses.
 *
 * Return: a negative errno; 0 if several are possible.
 */
s32 ff_errno_of(u32 steps, u32 seen)
{
	if (steps == AT(TASK_LIMITS))
		return -EAGAIN;
	return (steps & AT(CGROUP_CAN_FORK)) && (seen & BIT(FF_W_PIDS_EVENT)) ? -EAGAIN : 0;
}

/**
 * ff_steps_by_errno - the steps at which a failure is possible, whatever the child says
 * @o: what was observed; @o->steps is not used
 *
 * A pure function of @o, for failures other than ENOMEM, which nearly every step returns.
 * What may return any errno (a security module, for example) is left out.
 *
 * Return: steps (bits); 0 if no rule explains the errno.
 */
u32 ff_steps_by_errno(const struct ff_observation *o)
{
	const struct ff_rules *of = rules_for(o->err);
	struct ff_observation anywhere = *o;
	const u8 refused = ff_refused_flags(o);
	u32 i, steps = 0;

	anywhere.steps = ANYWHERE | AT(LAST_CHECKS);
	for (i = 0; of->err && i < of->n; i++)
		if (ff_rule_match(&of->rule[i], &anywhere, refused) != NO)
			steps |= of->rule[i].steps;
	return steps & anywhere.steps;
}

/*
 * Add the causes that rules say are possible; @refused is ff_refused_flags(@o).
 * Return: the best rule, @best if it still is.
 */
static const struct ff_rule *weigh(const struct ff_observation *o, const struct ff_rules *of,
				   u8 refused, struct ff_draft *d, const struct ff_rule *best)
{
	const struct ff_rule *r, *end = of->rule + of->n;
	const u32 steps = o->steps;
	const bool several = steps & (steps - 1);
	u8 proof;

	for (r = of->rule; r < end; r++) {
		if (!(steps & r->steps))
			continue;
		proof = ff_rule_match(r, o, refused);
		if (proof == NO)
			continue;
		if (!o->have_args && proof != WITNESS && proof != UNSEEN)
			proof = MAYBE;
		else if (o->stage_guessed && (proof == PATH || proof == ALONE))
			proof = MAYBE;
		else if (several && proof == PATH)
			proof = ALONE;
		if (ff_verdict_add(d, r->cause, proof))
			best = r;
	}
	return best;
}

/**
 * ff_classify - find the cause of a failure
 * @o: what was observed
 * @v: receives the verdict
 *
 * A pure function of @o.  If it is not known which of several steps has failed, the causes
 * of all of them are possible, and the path proves one only if it is the only one.  The
 * path proves nothing if the step itself is only a guess.
 */
void ff_classify(const struct ff_observation *o, struct ff_verdict *v)
{
	const struct ff_rules *of = rules_for(o->err), *any = &ff_rules[ff_nr_errnos - 1];
	/* only once: it goes through all the checks */
	const u8 refused = o->steps & FF_FLAGS_STEPS ? ff_refused_flags(o) : 0;
	const struct ff_rule *best;
	struct ff_draft draft;

	ff_verdict_begin(&draft, v);
	best = weigh(o, of, refused, &draft, NULL);
	if (of != any)
		best = weigh(o, any, refused, &draft, best);
	ff_verdict_end(&draft, !o->have_args || o->stage_guessed);
	v->step = best ? first_of(o->steps & best->steps) : o->step;
	if (best)
		fill_limit(o, best, v);
}
