/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * full_limits.h - limits on tasks that were reached, and whose holders are to be counted
 */
#ifndef FORKFAIL_FULL_LIMITS_H
#define FORKFAIL_FULL_LIMITS_H

#include <linux/types.h>

#include "evidence/failure.h"
#include "journal/fair_share.h"

struct ff_more;
struct ff_record;

/**
 * struct ff_full_limit - a limit on tasks that was reached
 * @claim: who is charged for it; its age is the boot time of the last failure
 * @scope: FORKFAIL_SCOPE_*
 * @unit: FORKFAIL_UNIT_*
 * @object: the object whose limit it is, with a reference if it is a cgroup
 */
struct ff_full_limit {
	struct ff_claim claim;
	u8 scope, unit;
	struct ff_object object;
};

bool ff_full_limit_is(const struct ff_full_limit *hit, const struct ff_record *r);
void ff_full_limits_note(const struct ff_record *r, const struct ff_more *more);
bool ff_full_limits_take(struct ff_full_limit *to);
bool ff_full_limits_any(void);
void ff_full_limits_forget(void);
void ff_full_limit_put(struct ff_full_limit *hit);

#endif /* FORKFAIL_FULL_LIMITS_H */
