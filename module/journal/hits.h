/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hits.h - limits on tasks that were hit, and whose holders are to be counted
 */
#ifndef FORKFAIL_HITS_H
#define FORKFAIL_HITS_H

#include <linux/types.h>

#include "evidence/failure.h"
#include "journal/fair.h"

struct ff_record;

/**
 * struct ff_hit - a limit on tasks that was hit
 * @claim: on whose account it is held; its age is the boot time of the last
 *	failure
 * @scope: FORKFAIL_SCOPE_*
 * @unit: FORKFAIL_UNIT_*
 * @object: whose limit; a cgroup with a reference
 */
struct ff_hit {
	struct ff_claim claim;
	u8 scope, unit;
	struct ff_object object;
};

bool ff_hit_is(const struct ff_hit *hit, const struct ff_record *r);
void ff_hits_note(const struct ff_record *r, u64 last);
bool ff_hits_take(struct ff_hit *to);
bool ff_hits_any(void);
void ff_hits_forget(void);
void ff_hit_put(struct ff_hit *hit);

#endif /* FORKFAIL_HITS_H */
