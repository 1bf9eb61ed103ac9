/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * classify.h - from an observation to a cause
 */
#ifndef FORKFAIL_CLASSIFY_H
#define FORKFAIL_CLASSIFY_H

#include "rules/observation.h"

extern const char * const ff_step_names[FF_NR_STEPS];
extern const char * const ff_witness_names[FF_NR_WITNESSES];

s32 ff_errno_of(u32 steps, u32 seen);
u32 ff_steps_by_errno(const struct ff_observation *o);
void ff_classify(const struct ff_observation *o, struct ff_verdict *v);

#endif /* FORKFAIL_CLASSIFY_H */
