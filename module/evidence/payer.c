// SPDX-License-Identifier: GPL-2.0-only
/*
 * payer.c - who is charged for the room that a failure takes, and fair shares of it
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

/* ---- a fair share of places, without a lock -------------------------------- */

/**
 * ff_held_add - count a place that is taken
 * @h: the counts
 * @p: the payer for whom places are counted
 * @other: the payer who has this one
 */
void ff_held_add(struct ff_held *h, const struct ff_payer *p, const struct ff_payer *other)
{
	unsigned int i;

	h->all++;
	/* accepted: @other is being written at this moment, and counted wrongly */
	if (!data_race(ff_payer_same(p, other)))
		return;
	h->by[0]++;
	/* accepted: as above */
	for (i = 0; i < FF_PAYER_LEVELS && data_race(p->cgroup[i] == other->cgroup[i]); i++)
		h->by[i + 1]++;
}

/**
 * ff_held_more - who gives up a place first, of two payers?
 * @a: the counts of one of them
 * @b: those of the other
 *
 * Return: true if it is @a, who holds more.
 */
bool ff_held_more(const struct ff_held *a, const struct ff_held *b)
{
	unsigned int i = 0;

	while (i < ARRAY_SIZE(a->by) - 1 && a->by[i] == b->by[i])
		i++;
	return a->by[i] > b->by[i];
}

/* The first of @h->by that is at most @few; behind the last if none is. */
static unsigned int few_of(const struct ff_held *h, unsigned int few)
{
	unsigned int i = 0;

	while (i < ARRAY_SIZE(h->by) && h->by[i] > few)
		i++;
	return i;
}

/**
 * ff_held_may - may a payer have a place, or are those that are left for others?
 * @h: the places that are taken, with this one
 * @size: how many places there are
 *
 * Anybody may while a quarter is free.  Of that quarter, all is for payers that have at most a
 * sixteenth of the places.  Half of it is also for those cgroups that have at most half of that,
 * whatever their payer has: all of this half for those at the top of the tree, and less and less
 * for those farther down.
 *
 * Return: true if it may.
 */
bool ff_held_may(const struct ff_held *h, unsigned int size)
{
	unsigned int few;

	if (h->all <= size - size / 4 || h->by[0] <= max(size / 16, 1U))
		return true;
	few = few_of(h, size / 32);
	return h->all <= size - size / 8 - size / 8 * (few - 1) / FF_PAYER_LEVELS;
}

/*
 * Counts the places one by one: with counters by hash, a payer would be charged for those of
 * another.  Takes no lock: of tasks that try at the same time, all may be let in, or one too
 * many refused.
 */
static noinline bool may_have(const struct ff_share *s, const struct ff_payer *p)
{
	struct ff_held held = {};
	unsigned int i;

	/* the one that is asked for */
	ff_held_add(&held, p, p);
	for (i = 0; i < s->size; i++)
		if (atomic_read(&s->places[i].used))
			ff_held_add(&held, p, &s->places[i].payer);
	return ff_held_may(&held, s->size);
}

static int find_place(struct ff_share *s, const struct ff_payer *p)
{
	unsigned int i, first = hash_ptr(current, 16) % s->size;
	struct ff_place *place;

	for (i = 0; i < s->size; i++) {
		place = &s->places[(first + i) % s->size];
		if (atomic_read(&place->used) || atomic_cmpxchg(&place->used, 0, 1))
			continue;
		place->payer = *p;
		return place - s->places;
	}
	return -1;
}

/**
 * ff_share_take - take a place, if the payer may have one
 * @s: the places
 * @p: the payer
 *
 * While half of the places are free, anybody gets one; then ff_held_may() decides.  Takes no lock.
 *
 * Return: the number of the place, for ff_share_give(); -1 if the payer gets none.
 */
int ff_share_take(struct ff_share *s, const struct ff_payer *p)
{
	unsigned int taken = atomic_inc_return(&s->taken);
	int place = -1;

	if (taken <= s->size / 2 || may_have(s, p))
		place = find_place(s, p);
	if (place < 0)
		atomic_dec(&s->taken);
	return place;
}

/**
 * ff_share_give - return a place
 * @s: the places
 * @place: its number
 *
 * Takes no lock.
 */
void ff_share_give(struct ff_share *s, int place)
{
	atomic_set_release(&s->places[place].used, 0);
	atomic_dec(&s->taken);
}

/**
 * ff_share_clear - return all places
 * @s: the places
 *
 * Call it only while nobody else takes or returns one.
 */
void ff_share_clear(struct ff_share *s)
{
	memset(s->places, 0, s->size * sizeof(*s->places));
	atomic_set(&s->taken, 0);
}
