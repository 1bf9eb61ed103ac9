// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Metrics from line 1 of the page, the same in `forkfail metrics` and in the agent.
 */
#include "page_metrics.h"

/**
 * page_metrics_counters() - add the counters
 * @x: the exposition
 * @page: the page
 *
 * Those that line 1 does not have are left out, not reported as 0.
 */
void page_metrics_counters(struct expo *x, const struct page *page)
{
	static const struct {
		const char *key;
		const char *name;
		const char *help;
	} counter[] = {
		{ "restarts", "forkfail_restarts_total",
		  "Forks that a signal interrupted and that the kernel restarted." },
		{ "missed", "forkfail_missed_total", "Calls that were not watched." },
		{ "noroom", "forkfail_noroom_total",
		  "Failures that were counted but not classified: too many at once." },
		{ "lost", "forkfail_lost_total",
		  "Failures that were counted but are in no event." },
	};
	size_t i;
	u64 v;

	for (i = 0; i < ARRAY_SIZE(counter); i++)
		if (page_number(page, counter[i].key, &v))
			expo_one(x, counter[i].name, "counter", counter[i].help, (double)v);
}

/**
 * page_metrics_points() - add the watch points, and whether some failures cannot be seen
 * @x: the exposition
 * @page: the page
 */
void page_metrics_points(struct expo *x, const struct page *page)
{
	u64 armed, wanted;

	if (!page_points(page, &armed, &wanted))
		return;
	expo_one(x, "forkfail_points", "gauge", "Watch points that this kernel has.",
		 (double)wanted);
	expo_one(x, "forkfail_points_armed", "gauge", "Watch points that are armed.",
		 (double)armed);
	expo_one(x, "forkfail_blind", "gauge",
		 "1 if forkfail cannot see some failures: a point is not armed, or the self-test fails.",
		 armed < wanted || page_pair(page, "blind"));
}
