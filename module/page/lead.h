/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lead.h - chooses the failure that hurts most
 */
#ifndef FORKFAIL_LEAD_H
#define FORKFAIL_LEAD_H

#include <linux/types.h>

#include "../../uapi/lead.h"
#include "journal/event.h"

/**
 * struct ff_lead - the failures of the last ten minutes
 * @nr: how many groups there are
 * @group: from forkfail_order(); @newest of each is the sequence number of an event
 */
struct ff_lead {
	unsigned int nr;
	struct forkfail_group group[FF_EVENTS];
};

void ff_lead_choose(struct ff_lead *lead, const struct ff_brief *b, unsigned int n);

#endif /* FORKFAIL_LEAD_H */
