// SPDX-License-Identifier: GPL-2.0-only
/*
 * full_limits.c - limits on tasks that were reached, and whose holders are to be counted
 *
 * Counting takes a walk over all tasks, so it is done for one limit at a time.  The others
 * wait here; next is the one whose payer had the fewest of the last turns.
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

/* The last turns; the newest overwrites the oldest. */
static struct ff_claim served[SERVED];
static unsigned int nr_served;

/**
 * ff_full_limit_put - drop the reference to the cgroup
 * @hit: the limit
 */
void ff_full_limit_put(struct ff_full_limit *hit)
{
	if (hit->object.cgrp)
		css_put(&hit->object.cgrp->self);
	hit->object.cgrp = NULL;
}

/**
 * ff_full_limit_is - is this the limit that a failure is about?
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
 * ff_full_limits_note - if a failure is about a limit on tasks, have its holders counted
 * @r: the failure, with its references
 * @more: who is charged, and the failures that were merged with it
 *
 * Under the journal's lock, like all functions below except ff_full_limits_any().
 */
void ff_full_limits_note(const struct ff_record *r, const struct ff_more *more)
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
		hits[i].claim.age = max(hits[i].claim.age, more->last);
		return;
	}
	if (nr_hits == HITS) {
		i = ff_fair_victim(hits, HITS, sizeof(*hits));
		ff_full_limit_put(&hits[i]);
	} else {
		WRITE_ONCE(nr_hits, nr_hits + 1);
	}
	hit = &hits[i];
	hit->claim.payer = *more->payer;
	hit->claim.cause = v->cause;
	hit->claim.age = more->last;
	hit->scope = v->scope;
	hit->unit = v->unit;
	hit->object = r->f.object;
	if (hit->object.cgrp)
		css_get(&hit->object.cgrp->self);
}

/**
 * ff_full_limits_take - take the limit whose turn is next
 * @to: receives it with its reference, which ff_full_limit_put() drops
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
 * ff_full_limits_any - is a limit waiting for its turn?
 *
 * Return: true if so.
 */
bool ff_full_limits_any(void)
{
	return READ_ONCE(nr_hits);
}

/**
 * ff_full_limits_forget - drop all limits that are waiting
 */
void ff_full_limits_forget(void)
{
	while (nr_hits)
		ff_full_limit_put(&hits[--nr_hits]);
}
