/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lead.h - of all failures the one that hurts
 */
#ifndef FORKFAIL_LEAD_H
#define FORKFAIL_LEAD_H

#include <linux/types.h>

#include "../../uapi/answer.h"
#include "journal/event.h"

/**
 * struct ff_lead - what was chosen
 * @nr: groups of failures of the last ten minutes, 0 if there are none
 * @group: by cause and object, the one that leads first, then by number of failures
 * @newest: the newest event of each
 */
struct ff_lead {
	unsigned int nr;
	struct forkfail_group group[FF_EVENTS];
	struct ff_brief newest[FF_EVENTS];
};

void ff_lead_choose(struct ff_lead *lead, const struct ff_brief *b, unsigned int n);

#endif /* FORKFAIL_LEAD_H */
