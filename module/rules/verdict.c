// SPDX-License-Identifier: GPL-2.0-only
/*
 * verdict.c - from the causes that are possible to a verdict
 *
 * All verdicts are made here, whoever finds the causes: classify.c for copy_process(),
 * syscall_rules.c for system calls that never reach it, thread_stack_rules.c for thread
 * stacks.  A cause that is proved wins; a condition that was only seen to hold does not win
 * while another cause is possible.  Pure functions.
 */
#include "rules/match.h"
#include "rules/verdict.h"

/*
 * If there are more candidates than there is room for, the last one is "unexplained"; the
 * best candidate is always kept.
 */
static void add_candidate(struct ff_verdict *v, u8 cause, bool best)
{
	if (v->nr_candidates < FF_MAX_CANDIDATES - 1) {
		v->candidates[v->nr_candidates++] = cause;
		return;
	}
	if (best)
		v->candidates[FF_MAX_CANDIDATES - 2] = cause;
	v->candidates[FF_MAX_CANDIDATES - 1] = FORKFAIL_UNEXPLAINED;
	v->nr_candidates = FF_MAX_CANDIDATES;
}

/**
 * ff_verdict_begin - begin a verdict
 * @d: the draft
 * @v: receives the verdict, which is "unexplained" until a cause is added
 */
void ff_verdict_begin(struct ff_draft *d, struct ff_verdict *v)
{
	memset(v, 0, sizeof(*v));
	v->cause = FORKFAIL_UNEXPLAINED;
	v->level = -1;
	*d = (struct ff_draft){ .v = v };
}

/**
 * ff_verdict_add - add a cause that is possible
 * @d: the draft
 * @cause: FORKFAIL_* cause
 * @proof: how sure it is, as a rule's condition returns it (match.h), but not NO
 *
 * Of two causes that are equally sure, the first is named.
 *
 * Return: true if it is the best so far.
 */
bool ff_verdict_add(struct ff_draft *d, u8 cause, u8 proof)
{
	/* enum order: path, witness, predicate, inferred, alone ... */
	bool better = proof != UNSEEN && (!d->best || proof < d->best);

	d->possible++;
	if (proof == PATH || proof == WITNESS)
		d->proved++;
	add_candidate(d->v, cause, better);
	if (better) {
		d->best = proof;
		d->v->cause = cause;
	}
	return better;
}

/**
 * ff_verdict_end - end a verdict: how is its cause proved?
 * @d: the draft
 * @unexplained: if the cause is only inferred, one that is not known is possible, too
 *
 * A proof by path or witness wins over conditions that hold.  If two causes are proved,
 * they contradict each other, and both are listed as candidates.  A condition that holds
 * proves its cause only if no other cause is possible.
 */
void ff_verdict_end(struct ff_draft *d, bool unexplained)
{
	struct ff_verdict *v = d->v;

	v->proof = d->best;
	if (d->best >= ALONE)
		v->proof = d->possible > 1 ? MAYBE : d->best == ALONE ? PATH : HOLDS;
	else if (d->proved > 1 || (d->best == HOLDS && d->possible > 1))
		v->proof = MAYBE;
	if (v->proof != MAYBE)
		v->nr_candidates = 0;
	else if (unexplained)
		add_candidate(v, FORKFAIL_UNEXPLAINED, false);
}
