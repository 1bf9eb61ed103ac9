// SPDX-License-Identifier: GPL-2.0-only
/*
 * full_limits.c - limits on tasks that were hit, and whose holders are to be counted
 *
 * Counting means a walk over all tasks, so that is done for one limit at a time.
 * Each waits for its turn here: next is whose payer was served least of late.
 */
#include <linux/cgroup.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "journal/full_limits.h"
#include "journal/inbox.h"

#define HITS	16
#define SERVED	16

static struct ff_full_limit hits[HITS];
static unsigned int nr_hits;

/* Whose turn it was; the newest overwrites the oldest. */
static struct ff_claim served[SERVED];
static unsigned int nr_served;

/**
 * ff_full_limit_put - drop the reference
 * @hit: the hit
 *
 * Any context but a hook.
 */
void ff_full_limit_put(struct ff_full_limit *hit)
{
	if (hit->object.cgrp)
		css_put(&hit->object.cgrp->self);
	hit->object.cgrp = NULL;
}

/**
 * ff_full_limit_is - is it this limit that a failure has met?
 * @hit: the limit
 * @r: the failure
 *
 * Return: true if so.
 */
bool ff_full_limit_is(const struct ff_full_limit *hit, const struct ff_record *r)
{
	return hit->scope == r->verdict.scope && hit->unit == r->verdict.unit &&
	       hit->object.id == r->f.object.id && hit->object.inum == r->f.object.inum &&
	       uid_eq(hit->object.uid, r->f.object.uid);
}

/**
 * ff_full_limits_note - a failure: was it a limit on tasks?
 * @r: the failure, with its references
 * @last: boot time of the last of its kind
 *
 * Under the journal's lock, as those that follow.
 */
void ff_full_limits_note(const struct ff_record *r, u64 last)
{
	const struct ff_verdict *v = &r->verdict;
	struct ff_full_limit *hit;
	unsigned int i;

	if (v->unit != FORKFAIL_UNIT_TASKS && v->unit != FORKFAIL_UNIT_PIDS)
		return;
	if (v->scope == FORKFAIL_SCOPE_NONE ||
	    (v->scope == FORKFAIL_SCOPE_CGROUP && !r->f.object.cgrp))
		return;
	for (i = 0; i < nr_hits && !ff_full_limit_is(&hits[i], r); i++)
		;
	if (i < nr_hits) {
		hits[i].claim.age = max(hits[i].claim.age, last);
		return;
	}
	if (nr_hits == HITS) {
		i = ff_fair_victim(hits, HITS, sizeof(*hits));
		ff_full_limit_put(&hits[i]);
	} else {
		WRITE_ONCE(nr_hits, nr_hits + 1);
	}
	hit = &hits[i];
	hit->claim.payer = r->who.payer;
	hit->claim.cause = v->cause;
	hit->claim.age = last;
	hit->scope = v->scope;
	hit->unit = v->unit;
	hit->object = r->f.object;
	if (hit->object.cgrp)
		css_get(&hit->object.cgrp->self);
}

/**
 * ff_full_limits_take - take the next that is to be counted
 * @to: receives it with its reference, to be given to ff_full_limit_put()
 *
 * Return: false if there is none.
 */
bool ff_full_limits_take(struct ff_full_limit *to)
{
	unsigned int i, n = min_t(unsigned int, nr_served, SERVED), next = 0;
	u64 weight, least = U64_MAX;

	if (!nr_hits)
		return false;
	for (i = 0; i < nr_hits; i++) {
		weight = ff_fair_weight(&hits[i].claim, served, n, sizeof(*served));
		if (weight < least ||
		    (weight == least && hits[i].claim.age < hits[next].claim.age)) {
			least = weight;
			next = i;
		}
	}
	*to = hits[next];
	hits[next] = hits[nr_hits - 1];
	WRITE_ONCE(nr_hits, nr_hits - 1);
	served[nr_served++ % SERVED] = to->claim;
	return true;
}

/**
 * ff_full_limits_any - is there any that is to be counted?
 *
 * Any context, without the lock, too.
 *
 * Return: true if so.
 */
bool ff_full_limits_any(void)
{
	return READ_ONCE(nr_hits);
}

/**
 * ff_full_limits_forget - drop all of them
 */
void ff_full_limits_forget(void)
{
	while (nr_hits)
		ff_full_limit_put(&hits[--nr_hits]);
}
