/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Failures by class, over time.
 */
#ifndef AGENT_TALLY_H
#define AGENT_TALLY_H

#include "page_parser.h"

/* An hour in minutes, a day in quarters of an hour. */
#define TALLY_HOUR	60
#define TALLY_DAY	96

struct tally {
	u64 hour[TALLY_HOUR][FORKFAIL_NR_CLASSES];
	u64 day[TALLY_DAY][FORKFAIL_NR_CLASSES];
};

enum forkfail_class tally_class(const char *cause);
void tally_totals(u64 total[FORKFAIL_NR_CLASSES], const struct page *page);
void tally_page(const struct page *page, bool new_load);
const struct tally *tally_get(void);
long long tally_minutes(void);

#endif /* AGENT_TALLY_H */
