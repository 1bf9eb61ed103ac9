/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Metrics from line 1 of the page, the same in `forkfail metrics` and in the agent.
 */
#ifndef PAGE_METRICS_H
#define PAGE_METRICS_H

#include "exposition.h"
#include "page_parser.h"

void page_metrics_counters(struct expo *x, const struct page *page);
void page_metrics_points(struct expo *x, const struct page *page);

#endif /* PAGE_METRICS_H */
