// SPDX-License-Identifier: GPL-2.0-only
/*
 * payer.c - who is charged for the room that a failure takes, and fair shares of it
 *
 * All limited room is shared between payers, and a payer's share between its cgroups.
 * Uids alone will not do: a user who may create user namespaces has 65,536 of them, and
 * all of root's containers have the same one.
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
 * ff_payer_init - choose the random hash keys of this load
 *
 * Call it before any other of these functions.
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
 * The payer for all uids of a user namespace: its owner.  If root owns it, the user who
 * is root inside, which may be root itself.
 */
static kuid_t namespace_payer(struct user_namespace *ns)
{
	kuid_t uid = ns->owner;

	return uid_eq(uid, GLOBAL_ROOT_UID) ? make_kuid(ns, 0) : uid;
}

/**
 * ff_payer_current - who is charged for the running task's failures?
 *
 * Not from an NMI.  Takes no lock.  Uses the task's real credentials, not those that it
 * may have overridden temporarily.
 *
 * Return: the payer; no reference is held.
 */
struct ff_payer ff_payer_current(void)
{
	const struct cred *cred = current_real_cred();
	struct user_namespace *ns = cred->user_ns;
	struct ff_payer p = { .uid = cred->uid };
	kuid_t uid;

	/* at most 33 levels; each namespace holds a reference to its parent */
	while (ns->parent && ns->parent->parent)
		ns = ns->parent;
	uid = ns->parent ? namespace_payer(ns) : cred->uid;
	/* it is invalid if nobody is root in there, or no uids are mapped yet */
	if (uid_valid(uid))
		p.uid = uid;
	rcu_read_lock();
	p.cgroup = cgroup_id(ff_task_cgroup(current));
	rcu_read_unlock();
	return p;
}

/**
 * ff_payer_hash - hash a payer
 * @p: the payer
 *
 * The key is random for each load, so nobody can choose or find out with whom a bucket is
 * shared.
 *
 * Return: a hash of uid and cgroup.
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
 * ff_share_take - take a place, if the payer may have one
 * @s: the places
 * @p: the payer
 *
 * A payer may take any free place except in the last quarter, which is for payers that
 * have less than a sixteenth of all.  The same holds for a cgroup within the places of its
 * payer.  Takes no lock: tasks that try at the same time may see each other's attempt, and
 * one too many may be refused.
 *
 * Return: true if the place was taken; ff_share_give() returns it.
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
 * ff_share_give - return a place
 * @s: the places
 * @p: the payer that took it
 *
 * Takes no lock.
 */
void ff_share_give(struct ff_share *s, const struct ff_payer *p)
{
	atomic_dec(&s->by_cgroup[by_cgroup(p)]);
	atomic_dec(&s->by_uid[by_uid(p)]);
	atomic_dec(&s->taken);
}
