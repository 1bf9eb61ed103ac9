/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * payer.h - who is charged for the room that a failure takes, and fair shares of it
 */
#ifndef FORKFAIL_PAYER_H
#define FORKFAIL_PAYER_H

#include <linux/atomic.h>
#include <linux/types.h>
#include <linux/uidgid.h>

/**
 * struct ff_payer - who is charged
 * @uid: the real uid in the initial user namespace.  In other namespaces, the owner of
 *	the outermost of them, or if that is root, the user who is root inside: all
 *	subordinate uids of a user are one payer, and so are those of a container
 * @cgroup: id of the pids cgroup, which is not reused, for the shares within @uid's
 */
struct ff_payer {
	kuid_t	uid;
	u64	cgroup;
};

/* Random for each load; for hashes whose values are never shown. */
extern u64 ff_hash_seed;

int ff_payer_init(void);
struct ff_payer ff_payer_current(void);
u64 ff_payer_hash(const struct ff_payer *p);

/* The same payer, maybe in another cgroup? */
static inline bool ff_payer_same(const struct ff_payer *a, const struct ff_payer *b)
{
	return uid_eq(a->uid, b->uid);
}

/* The same payer and the same cgroup? */
static inline bool ff_payer_equal(const struct ff_payer *a, const struct ff_payer *b)
{
	return uid_eq(a->uid, b->uid) && a->cgroup == b->cgroup;
}

#define FF_SHARE_BUCKETS	128

/**
 * struct ff_share - a number of places, and who has how many of them
 * @size: how many places there are
 * @taken: how many are taken
 * @by_uid: how many are taken, by hash of the payer's uid
 * @by_cgroup: how many are taken, by hash of uid and cgroup
 */
struct ff_share {
	unsigned int	size;
	atomic_t	taken;
	atomic_t	by_uid[FF_SHARE_BUCKETS];
	atomic_t	by_cgroup[FF_SHARE_BUCKETS];
};

bool ff_share_take(struct ff_share *s, const struct ff_payer *p);
void ff_share_give(struct ff_share *s, const struct ff_payer *p);

#endif /* FORKFAIL_PAYER_H */
