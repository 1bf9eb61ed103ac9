// SPDX-License-Identifier: GPL-2.0-only
/*
 * payer.c - on whose account a failure takes up room, and a fair share of it
 *
 * Whatever is finite is shared between payers, and what one of them has between
 * its cgroups: a user who may make user namespaces has 65,536 uids, and all
 * containers of root are one uid.
 */
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/siphash.h>
#include <linux/user_namespace.h>

#include "evidence/payer.h"
#include "evidence/task_cgroup.h"

static siphash_key_t key __read_mostly;
u64 ff_hash_seed __read_mostly;

/**
 * ff_payer_init - make up the keys of this load's hashes
 *
 * Before any other of these.
 *
 * Return: 0.
 */
int ff_payer_init(void)
{
	get_random_bytes(&key, sizeof(key));
	get_random_bytes(&ff_hash_seed, sizeof(ff_hash_seed));
	return 0;
}

/*
 * A namespace of root's may have as many uids as one of another user's: whoever is root
 * in there pays for them all.  That may be root itself.
 */
static kuid_t namespace_payer(struct user_namespace *ns)
{
	kuid_t uid = ns->owner;

	return uid_eq(uid, GLOBAL_ROOT_UID) ? make_kuid(ns, 0) : uid;
}

/**
 * ff_payer_current - on whose account the running task's failures are
 *
 * Any context but NMI; takes no lock.  By the task's own credentials, not by
 * those that it has taken on for a moment.
 *
 * Return: a value that holds no reference.
 */
struct ff_payer ff_payer_current(void)
{
	const struct cred *cred = current_real_cred();
	struct user_namespace *ns = cred->user_ns;
	struct ff_payer p = { .uid = cred->uid };
	kuid_t uid;

	/* the kernel nests 33 of them at the most; each keeps its parent */
	while (ns->parent && ns->parent->parent)
		ns = ns->parent;
	uid = ns->parent ? namespace_payer(ns) : cred->uid;
	/* one that has no root, or no uids yet */
	if (uid_valid(uid))
		p.uid = uid;
	rcu_read_lock();
	p.cgroup = cgroup_id(ff_task_cgroup(current));
	rcu_read_unlock();
	return p;
}

/**
 * ff_payer_hash - a number for a hash table
 * @p: the payer
 *
 * Nobody can find out at whose side he will be: it is keyed anew at
 * each load.
 *
 * Return: a hash of both parts.
 */
u64 ff_payer_hash(const struct ff_payer *p)
{
	return siphash_2u64(__kuid_val(p->uid), p->cgroup, &key);
}

/* ---- a fair share of places, without a lock -------------------------------- */

static unsigned int by_uid(const struct ff_payer *p)
{
	return siphash_1u64(__kuid_val(p->uid), &key) % FF_SHARE_BUCKETS;
}

static unsigned int by_cgroup(const struct ff_payer *p)
{
	return ff_payer_hash(p) % FF_SHARE_BUCKETS;
}

/**
 * ff_share_take - may this payer have another place?
 * @s: the places
 * @p: the payer
 *
 * A payer may have all that is free but the last quarter, which is for those that
 * have less than a sixteenth of all; and so may a cgroup of what its payer may have.
 * Takes no lock.  Many at once may see each other's attempt and refuse
 * one too many.
 *
 * Return: true if so; ff_share_give() gives it back.
 */
bool ff_share_take(struct ff_share *s, const struct ff_payer *p)
{
	int few = max(s->size / 16, 1U), most = s->size - s->size / 4;
	int taken = atomic_inc_return(&s->taken);
	int uids = atomic_inc_return(&s->by_uid[by_uid(p)]);
	int cgroups = atomic_inc_return(&s->by_cgroup[by_cgroup(p)]);

	if (taken <= (int)s->size && (taken <= most || uids <= few) &&
	    (uids <= most - most / 4 || cgroups <= few))
		return true;
	ff_share_give(s, p);
	return false;
}

/**
 * ff_share_give - give a place back
 * @s: the places
 * @p: who took it
 *
 * Takes no lock.
 */
void ff_share_give(struct ff_share *s, const struct ff_payer *p)
{
	atomic_dec(&s->by_cgroup[by_cgroup(p)]);
	atomic_dec(&s->by_uid[by_uid(p)]);
	atomic_dec(&s->taken);
}
