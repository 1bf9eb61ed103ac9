/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verdict.h - from the causes that are possible to a verdict
 *
 * Plain data and pure functions, also compiled into the unit tests.
 */
#ifndef FORKFAIL_VERDICT_H
#define FORKFAIL_VERDICT_H

#include "rules/observation.h"

/**
 * struct ff_draft - a verdict that is being made
 * @v: the verdict
 * @best: how sure its cause is; FORKFAIL_PROOF_NONE if there is none yet
 * @possible: how many causes are possible
 * @proved: how many of them by their path or by a witness
 */
struct ff_draft {
	struct ff_verdict *v;
	u8 best, possible, proved;
};

void ff_verdict_begin(struct ff_draft *d, struct ff_verdict *v);
bool ff_verdict_add(struct ff_draft *d, u8 cause, u8 proof);
void ff_verdict_end(struct ff_draft *d, bool unexplained);

#endif /* FORKFAIL_VERDICT_H */
