/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fair_share.h - who gives up a place when all are taken, and whose turn is next
 */
#ifndef FORKFAIL_FAIR_SHARE_H
#define FORKFAIL_FAIR_SHARE_H

#include "evidence/payer.h"

/**
 * struct ff_claim - who holds a place; the first member of what is held
 * @payer: who is charged
 * @cause: the cause of the failure
 * @age: larger if newer
 */
struct ff_claim {
	struct ff_payer payer;
	u8 cause;
	u64 age;
};

#define FF_FAIR_MOST	128	/* the largest array of places */

u64 ff_fair_weight(const struct ff_claim *c, const void *held, unsigned int n, size_t size);
unsigned int ff_fair_victim(const void *held, unsigned int n, size_t size);
unsigned int ff_fair_choose(void *places, unsigned int n, size_t size, unsigned int chosen,
			    unsigned int most, u64 *weight);

#endif /* FORKFAIL_FAIR_SHARE_H */
