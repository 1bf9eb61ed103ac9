/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * payer.h - who is charged for the room that a failure takes, and fair shares of it
 */
#ifndef FORKFAIL_PAYER_H
#define FORKFAIL_PAYER_H

#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/types.h>
#include <linux/uidgid.h>

/* How deep in the tree cgroups are told apart. */
#define FF_PAYER_LEVELS	6

/**
 * struct ff_payer - who is charged
 * @uid: the real uid in the initial user namespace.  In other namespaces, the owner of
 *	the outermost of them, or if that is root, the user who is root inside: all
 *	subordinate uids of a user are one payer, and so are those of a container
 * @cgroup: for the shares within @uid's: numbers of the pids cgroup and of those above it, from
 *	the top of the tree down.  The last one stands for all below it as well; if there are
 *	fewer, the last is repeated.  Hashes of 16 bits, because there are many payers: one pair
 *	of 65,536 shares what belongs to one, and nobody can choose which.
 */
struct ff_payer {
	kuid_t	uid;
	u16	cgroup[FF_PAYER_LEVELS];
};

/**
 * struct ff_held - places that are taken
 * @all: how many
 * @by: how many the payer has; then, how many of these each of its cgroups has, from the top down
 */
struct ff_held {
	unsigned int all, by[FF_PAYER_LEVELS + 1];
};

/* Random for each load; for hashes whose values are never shown. */
extern u64 ff_hash_seed;

int ff_payer_init(void);
struct ff_payer ff_payer_current(void);
void ff_held_add(struct ff_held *h, const struct ff_payer *p, const struct ff_payer *other);
bool ff_held_more(const struct ff_held *a, const struct ff_held *b);
bool ff_held_may(const struct ff_held *h, unsigned int size);

/* The same payer, maybe in another cgroup? */
static inline bool ff_payer_same(const struct ff_payer *a, const struct ff_payer *b)
{
	return uid_eq(a->uid, b->uid);
}

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

#endif /* FORKFAIL_PAYER_H */
