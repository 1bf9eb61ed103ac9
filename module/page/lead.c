// SPDX-License-Identifier: GPL-2.0-only
/*
 * lead.c - chooses the failure that hurts most, by the rules of uapi/ranking.h
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

/* Until all are grouped, @newest is an index into the events. */
static void add_to_groups(struct ff_lead *lead, const struct ff_brief *events, unsigned int i)
{
	const struct ff_brief *b = &events[i];
	struct forkfail_group *g = lead->group;

	while (g < lead->group + lead->nr && !same_group(&events[g->newest], b))
		g++;
	if (g == lead->group + lead->nr) {
		lead->nr++;
		*g = (struct forkfail_group){
			.rank = forkfail_rank(ff_cause_class(b->claim.cause), b->kind),
			.cause = b->claim.cause,
			.objects = 1,
		};
	}
	g->count += b->count;
	if (b->last >= (u64)g->last) {
		g->last = b->last;
		g->uid = __kuid_val(b->uid);
		g->newest = i;
	}
}

/* Who held a limit that was another one then does not hold this one. */
static u64 best_counted(const struct ff_brief *b, unsigned int n, const struct ff_brief *lead,
			u64 since)
{
	struct forkfail_counted best = { 0 };
	unsigned int i;

	for (i = 0; i < n; i++) {
		const struct forkfail_counted c = { b[i].claim.age, b[i].off, b[i].last };

		if (b[i].off != U32_MAX && b[i].last >= since && same_group(&b[i], lead) &&
		    b[i].limit == lead->limit &&
		    (!best.event || forkfail_counts_better(&c, &best)))
			best = c;
	}
	return best.event;
}

/**
 * ff_lead_choose - choose the failure that leads, and which others are named
 * @lead: receives them
 * @b: events
 * @n: how many, at most FF_EVENTS
 */
void ff_lead_choose(struct ff_lead *lead, const struct ff_brief *b, unsigned int n)
{
	struct forkfail_group *g;
	u64 newest = 0, recent = (u64)FORKFAIL_RECENT * NSEC_PER_SEC, since;
	unsigned int i;

	lead->nr = 0;
	lead->held = 0;
	for (i = 0; i < n; i++)
		newest = max(newest, b[i].last);
	since = newest > recent ? newest - recent : 0;
	for (i = 0; i < n; i++)
		if (b[i].last >= since)
			add_to_groups(lead, b, i);
	for (g = lead->group; g < lead->group + lead->nr; g++)
		g->goes_on = (u64)g->last + (u64)FORKFAIL_GOES_ON * NSEC_PER_SEC >= newest;
	lead->nr = forkfail_order(lead->group, lead->nr);
	if (lead->nr)
		lead->held = best_counted(b, n, &b[lead->group[0].newest], since);
	for (g = lead->group; g < lead->group + lead->nr; g++)
		g->newest = b[g->newest].claim.age;
}
