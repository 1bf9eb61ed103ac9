// SPDX-License-Identifier: GPL-2.0-only
/*
 * lead.c - chooses the failure that hurts most, by the rules of uapi/answer.h
 */
#include <linux/kernel.h>
#include <linux/time64.h>

#include "page/lead.h"
#include "page/text.h"

static bool same_group(const struct ff_brief *a, const struct ff_brief *b)
{
	return a->claim.cause == b->claim.cause && a->scope == b->scope &&
	       a->object.id == b->object.id && a->object.inum == b->object.inum &&
	       uid_eq(a->object.uid, b->object.uid) &&
	       (a->kind == FORKFAIL_KIND_IO_WORKER) == (b->kind == FORKFAIL_KIND_IO_WORKER);
}

static void add_to_groups(struct ff_lead *lead, const struct ff_brief *b)
{
	struct forkfail_group *g = lead->group;
	unsigned int i;

	for (i = 0; i < lead->nr && !same_group(&lead->newest[i], b); i++)
		g++;
	if (i == lead->nr) {
		lead->nr++;
		*g = (struct forkfail_group){
			.rank = forkfail_rank(ff_cause_class(b->claim.cause), b->kind),
		};
	}
	g->count += b->count;
	if (b->last >= (u64)g->last) {
		g->last = b->last;
		lead->newest[i] = *b;
	}
}

static void swap_groups(struct ff_lead *lead, unsigned int a, unsigned int b)
{
	swap(lead->group[a], lead->group[b]);
	swap(lead->newest[a], lead->newest[b]);
}

/**
 * ff_lead_choose - choose the failure that leads, and sort the others
 * @lead: receives them
 * @b: events
 * @n: how many, at most FF_EVENTS
 */
void ff_lead_choose(struct ff_lead *lead, const struct ff_brief *b, unsigned int n)
{
	u64 newest = 0;
	unsigned int i, j, best;

	lead->nr = 0;
	for (i = 0; i < n; i++)
		newest = max(newest, b[i].last);
	for (i = 0; i < n; i++)
		if (b[i].last + (u64)FORKFAIL_RECENT * NSEC_PER_SEC >= newest)
			add_to_groups(lead, &b[i]);
	for (i = 0; i < lead->nr; i++)
		lead->group[i].goes_on =
			(u64)lead->group[i].last + (u64)FORKFAIL_GOES_ON * NSEC_PER_SEC >= newest;
	if (!lead->nr)
		return;
	swap_groups(lead, 0, forkfail_lead(lead->group, lead->nr));
	/* sort only as many of the others as are shown */
	for (i = 1; i < lead->nr && i <= FORKFAIL_MOST_ALSO; i++) {
		for (best = i, j = i + 1; j < lead->nr; j++)
			if (forkfail_is_before(&lead->group[j], &lead->group[best]))
				best = j;
		swap_groups(lead, i, best);
	}
}
