/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * payer.h - who is charged for the room that a failure takes
 */
#ifndef FORKFAIL_PAYER_H
#define FORKFAIL_PAYER_H

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

/* Random for each load; for hashes whose values are never shown. */
extern u64 ff_hash_seed;

int ff_payer_init(void);
struct ff_payer ff_payer_current(void);

/* The same payer, maybe in another cgroup? */
static inline bool ff_payer_same(const struct ff_payer *a, const struct ff_payer *b)
{
	return uid_eq(a->uid, b->uid);
}

#endif /* FORKFAIL_PAYER_H */
