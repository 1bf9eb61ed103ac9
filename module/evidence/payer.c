// SPDX-License-Identifier: GPL-2.0-only
/*
 * payer.c - who is charged for the room that a failure takes
 *
 * All limited room is shared between payers, and a payer's share between its cgroups.
 * Uids alone will not do: a user who may create user namespaces has 65,536 of them, and
 * all of root's containers have the same one.
 *
 * Nor will cgroups, one by one: a container, or a user, may have a part of the tree, and create
 * as many below it as it likes.  But it cannot leave that part.  So shares are compared from the
 * top of the tree down: what a container has in all of its cgroups counts first.
 */
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/user_namespace.h>

#include "evidence/payer.h"
#include "evidence/task_cgroup.h"

u64 ff_hash_seed __read_mostly;

/**
 * ff_payer_init - choose the random hash key of this load
 *
 * Call it before any other of these functions.
 *
 * Return: 0.
 */
int ff_payer_init(void)
{
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

static u16 short_id(struct cgroup *cgrp)
{
	return hash_64(cgroup_id(cgrp) ^ ff_hash_seed, 16);
}

/* Under the RCU read lock. */
static void find_cgroups(struct ff_payer *p)
{
	struct cgroup *cgrp = ff_task_cgroup(current);
	int level = FF_PAYER_LEVELS;
	u16 id;

	if (cgrp->level > level)
		cgrp = cgroup_ancestor(cgrp, level);
	for (id = short_id(cgrp); level; level--) {
		p->cgroup[level - 1] = id;
		if (cgrp->level != level)
			continue;
		cgrp = cgroup_parent(cgrp);
		id = short_id(cgrp);
	}
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
	find_cgroups(&p);
	rcu_read_unlock();
	return p;
}
