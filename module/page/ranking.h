/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ranking.h - ranks the events: which failure hurts most
 */
#ifndef FORKFAIL_RANKING_H
#define FORKFAIL_RANKING_H

#include <linux/types.h>

#include "../../uapi/ranking.h"
#include "journal/event.h"

/**
 * struct ff_ranking - the failures of the last ten minutes
 * @nr: how many groups there are
 * @group: from forkfail_order(); @newest of each is the sequence number of an event
 * @held: that of the event whose holders are shown if those of the first group's newest are not
 *	known; 0 if there is none
 */
struct ff_ranking {
	unsigned int nr;
	struct forkfail_group group[FF_EVENTS];
	u64 held;
};

void ff_rank_events(struct ff_ranking *ranking, const struct ff_brief *b, unsigned int n);

#endif /* FORKFAIL_RANKING_H */
