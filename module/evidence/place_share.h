/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * place_share.h - may a payer have a place, or are those that are left for others?
 */
#ifndef FORKFAIL_PLACE_SHARE_H
#define FORKFAIL_PLACE_SHARE_H

#include <linux/atomic.h>
#include <linux/kernel.h>

#include "evidence/payer.h"

/**
 * struct ff_held - places that are taken
 * @all: how many
 * @by: how many the payer has; then, how many of these each of its cgroups has, from the top down
 */
struct ff_held {
	unsigned int all, by[FF_PAYER_LEVELS + 1];
};

void ff_held_add(struct ff_held *h, const struct ff_payer *p, const struct ff_payer *other);
bool ff_held_more(const struct ff_held *a, const struct ff_held *b);
bool ff_held_may(const struct ff_held *h, unsigned int size);

/**
 * struct ff_share - a number of places, and who has which of them
 * @size: how many places there are
 * @taken: how many are taken
 * @places: each place: is it taken, and by which payer
 */
struct ff_share {
	unsigned int	size;
	atomic_t	taken;
	struct ff_place {
		atomic_t	used;
		struct ff_payer	payer;
	} *places;
};

#define DEFINE_FF_SHARE(name, n)					\
	static struct ff_place name##_places[n];			\
	static struct ff_share name = {					\
		.size = ARRAY_SIZE(name##_places),			\
		.places = name##_places,				\
	}

int ff_share_take(struct ff_share *s, const struct ff_payer *p);
void ff_share_give(struct ff_share *s, int place);
void ff_share_clear(struct ff_share *s);

#endif /* FORKFAIL_PLACE_SHARE_H */
