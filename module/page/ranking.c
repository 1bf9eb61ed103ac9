// SPDX-License-Identifier: GPL-2.0-only
/*
 * ranking.c - ranks the events: which failure hurts most, by the rules of uapi/ranking.h
 */
#include <linux/kernel.h>
#include <linux/time64.h>

#include "page/ranking.h"
#include "page/text.h"

static bool same_group(const struct ff_brief *a, const struct ff_brief *b)
{
	return a->claim.cause == b->claim.cause && a->scope == b->scope &&
	       a->object.id == b->object.id && a->object.inum == b->object.inum &&
	       uid_eq(a->object.uid, b->object.uid) &&
	       (a->kind == FORKFAIL_KIND_IO_WORKER) == (b->kind == FORKFAIL_KIND_IO_WORKER);
}

/* Until all are grouped, @newest is an index into the events. */
static void add_to_groups(struct ff_ranking *ranking, const struct ff_brief *events, unsigned int i)
{
	const struct ff_brief *b = &events[i];
	struct forkfail_group *g = ranking->group;

	while (g < ranking->group + ranking->nr && !same_group(&events[g->newest], b))
		g++;
	if (g == ranking->group + ranking->nr) {
		ranking->nr++;
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
static u64 best_counted(const struct ff_brief *b, unsigned int n, const struct ff_brief *first,
			u64 since)
{
	struct forkfail_counted best = { 0 };
	unsigned int i;

	for (i = 0; i < n; i++) {
		const struct forkfail_counted c = { b[i].claim.age, b[i].off, b[i].last };

		if (b[i].off != U32_MAX && b[i].last >= since && same_group(&b[i], first) &&
		    b[i].limit == first->limit &&
		    (!best.event || forkfail_counts_better(&c, &best)))
			best = c;
	}
	return best.event;
}

/**
 * ff_rank_events - choose the failure that is reported first, and which others are named
 * @ranking: receives them
 * @b: events
 * @n: how many, at most FF_EVENTS
 */
void ff_rank_events(struct ff_ranking *ranking, const struct ff_brief *b, unsigned int n)
{
	struct forkfail_group *g;
	u64 newest = 0, recent = (u64)FORKFAIL_RECENT * NSEC_PER_SEC, since;
	unsigned int i;

	ranking->nr = 0;
	ranking->held = 0;
	for (i = 0; i < n; i++)
		newest = max(newest, b[i].last);
	since = newest > recent ? newest - recent : 0;
	for (i = 0; i < n; i++)
		if (b[i].last >= since)
			add_to_groups(ranking, b, i);
	for (g = ranking->group; g < ranking->group + ranking->nr; g++)
		g->goes_on = (u64)g->last + (u64)FORKFAIL_GOES_ON * NSEC_PER_SEC >= newest;
	ranking->nr = forkfail_order(ranking->group, ranking->nr);
	if (ranking->nr)
		ranking->held = best_counted(b, n, &b[ranking->group[0].newest], since);
	for (g = ranking->group; g < ranking->group + ranking->nr; g++)
		g->newest = b[g->newest].claim.age;
}
