/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * payer.h - on whose account a failure takes up room, and a fair share of it
 */
#ifndef FORKFAIL_PAYER_H
#define FORKFAIL_PAYER_H

#include <linux/atomic.h>
#include <linux/types.h>
#include <linux/uidgid.h>

/**
 * struct ff_payer - on whose account it is
 * @uid: owner of the outermost user namespace below the initial one; if that is root,
 *	who is root in there: all subordinate ids of a user are one payer, and so are
 *	those of a container.  Without a namespace the real uid
 * @cgroup: id of the pids cgroup, which is not used again: the second share,
 *	within what @uid has
 */
struct ff_payer {
	kuid_t	uid;
	u64	cgroup;
};

/* Made up at each load, for hashes whose values nobody gets to see. */
extern u64 ff_hash_seed;

int ff_payer_init(void);
struct ff_payer ff_payer_current(void);
u64 ff_payer_hash(const struct ff_payer *p);

/* Is it the same account?  The cgroup may be another. */
static inline bool ff_payer_same(const struct ff_payer *a, const struct ff_payer *b)
{
	return uid_eq(a->uid, b->uid);
}

/* Is it the same account, and the same cgroup? */
static inline bool ff_payer_equal(const struct ff_payer *a, const struct ff_payer *b)
{
	return uid_eq(a->uid, b->uid) && a->cgroup == b->cgroup;
}

#define FF_SHARE_BUCKETS	128

/**
 * struct ff_share - who has how much of a number of places
 * @size: places that there are
 * @taken: how many are taken
 * @by_uid: by payers of the same hash
 * @by_cgroup: by payers and cgroups of the same hash
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
