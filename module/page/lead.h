/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lead.h - chooses the failure that hurts most
 */
#ifndef FORKFAIL_LEAD_H
#define FORKFAIL_LEAD_H

#include <linux/types.h>

#include "../../uapi/ranking.h"
#include "journal/event.h"

/**
 * struct ff_lead - the failures of the last ten minutes
 * @nr: how many groups there are
 * @group: from forkfail_order(); @newest of each is the sequence number of an event
 * @held: that of the event whose holders are shown if those of the first group's newest are not
 *	known; 0 if there is none
 */
struct ff_lead {
	unsigned int nr;
	struct forkfail_group group[FF_EVENTS];
	u64 held;
};

void ff_lead_choose(struct ff_lead *lead, const struct ff_brief *b, unsigned int n);

#endif /* FORKFAIL_LEAD_H */
