/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fair_share.h - who gives up a place when there is none left, and who is next
 */
#ifndef FORKFAIL_FAIR_SHARE_H
#define FORKFAIL_FAIR_SHARE_H

#include "evidence/payer.h"

/**
 * struct ff_claim - a place that is held; first in what is held
 * @payer: on whose account
 * @cause: and for which cause
 * @age: grows with what is newer
 */
struct ff_claim {
	struct ff_payer payer;
	u8 cause;
	u64 age;
};

#define FF_FAIR_MOST	128	/* places of one kind at the most */

u64 ff_fair_weight(const struct ff_claim *c, const void *held, unsigned int n, size_t size);
unsigned int ff_fair_victim(const void *held, unsigned int n, size_t size);

#endif /* FORKFAIL_FAIR_SHARE_H */
