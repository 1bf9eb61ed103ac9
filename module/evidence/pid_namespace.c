// SPDX-License-Identifier: GPL-2.0-only
/*
 * pid_namespace.c - reads the state of PID namespaces: free PIDs, and which are dead
 *
 * pid_namespace.h says from where these functions may be called.  The namespaces are those
 * of the running task, so they cannot be freed meanwhile.
 */
#include <linux/idr.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/radix-tree.h>

#include "compat/compat.h"
#include "compat/symbols.h"
#include "evidence/clone_note.h"
#include "evidence/failing_call.h"
#include "evidence/pid_namespace.h"

#ifndef RESERVED_PIDS
#define RESERVED_PIDS	300	/* kernel/pid.c up to 6.1; linux/pid.h later */
#endif

/* ---- free PIDs ------------------------------------------------------------ */

/*
 * Is a PID in [min, max) free?  This searches the same tree as idr_alloc_cyclic(), but
 * without its lock: nodes are freed by RCU, and a tag may change meanwhile, which is why
 * the state is read twice for each failure.  struct xa_node and IDR_FREE (a set bit means
 * that something below is free; it is also set for subtrees that do not exist) are those
 * of 5.10 to 7.2.
 */
static bool has_free_number(const struct idr *idr, unsigned long min, unsigned long max)
{
	unsigned long index = min;

	while (index < max) {
		void *entry = rcu_dereference_raw(idr->idr_rt.xa_head);
		struct radix_tree_node *node;
		unsigned long span;

		if (!radix_tree_is_internal_node(entry))
			return true;	/* the tree has at most PID 0 */
		node = (void *)((unsigned long)entry & ~RADIX_TREE_INTERNAL_NODE);
		if (index > ((RADIX_TREE_MAP_SIZE << node->shift) - 1))
			return true;	/* the tree has not grown that far */
		for (;;) {
			unsigned long bit = (index >> node->shift) & RADIX_TREE_MAP_MASK;
			unsigned long next;

			span = 1UL << node->shift;
			next = find_next_bit(node->tags[IDR_FREE], RADIX_TREE_MAP_SIZE, bit);
			if (next == RADIX_TREE_MAP_SIZE) {
				/* nothing is free in the rest of this node */
				index = (index | (span * RADIX_TREE_MAP_SIZE - 1)) + 1;
				break;
			}
			if (next != bit)
				index = (index & ~(span * RADIX_TREE_MAP_SIZE - 1)) + next * span;
			if (index >= max)
				return false;
			if (!node->shift)
				return true;
			entry = rcu_dereference_raw(node->slots[next]);
			if (!radix_tree_is_internal_node(entry))
				return true;
			node = (void *)((unsigned long)entry & ~RADIX_TREE_INTERNAL_NODE);
		}
	}
	return false;
}

/**
 * ff_pid_max_of - pid_max of a PID namespace
 * @ns: the namespace
 * @max: receives it
 *
 * Return: false if it is not known.
 */
bool ff_pid_max_of(const struct pid_namespace *ns, s64 *max)
{
#ifdef FF_HAS_PIDNS_PID_MAX
	*max = READ_ONCE(ns->pid_max);
	return true;
#else
	return ff_read_int(ff_data.pid_max, max);
#endif
}

static s64 pids_allocated(const struct pid_namespace *ns)
{
	return ff_pidns_allocated(ns) & ~PIDNS_ADDING;
}

static unsigned long lowest_number(const struct pid_namespace *ns)
{
	return idr_get_cursor(&ns->idr) > RESERVED_PIDS ? RESERVED_PIDS : 1;
}

/*
 * The count is a cheap way to see that a namespace is far from full.  PIDs that are being
 * allocated at this moment are not counted yet.
 */
#define PIDS_IN_FLIGHT	4096

static bool pidns_full(const struct pid_namespace *ns)
{
	s64 max;

	if (!ff_pid_max_of(ns, &max) ||
	    pids_allocated(ns) + RESERVED_PIDS + PIDS_IN_FLIGHT < max)
		return false;
	return !has_free_number(&ns->idr, lowest_number(ns), (unsigned long)max);
}

/*
 * Can the namespace have been full a moment ago?  Not if half of its PIDs are free now,
 * or more than can be freed while an address space is torn down.
 */
static bool pidns_was_full(const struct pid_namespace *ns)
{
	s64 max, numbers;

	if (!ff_pid_max_of(ns, &max))
		return true;
	numbers = max - (s64)lowest_number(ns) + 1;
	return pids_allocated(ns) >= numbers - min_t(s64, numbers / 2, PIDS_IN_FLIGHT);
}

/* Return: the levels (bits, 0 is the innermost) for which @holds is true. */
static u64 pidns_levels(const struct pid_namespace *ns,
			bool (*holds)(const struct pid_namespace *ns))
{
	u64 levels = 0;
	int i;

	for (i = 0; ns && i < FF_MAX_LEVELS; ns = ns->parent, i++)
		if (holds(ns))
			levels |= 1ULL << i;
	return levels;
}

/* After the first wrap, PIDs below 300 are not allocated any more, even if they are free. */
static bool pidns_wrapped(const struct pid_namespace *ns)
{
	return lowest_number(ns) == RESERVED_PIDS && has_free_number(&ns->idr, 1, RESERVED_PIDS);
}

/* Return: the lowest dead level, 0 is the innermost; -1 if none is dead. */
static int dead_pidns_level(const struct pid_namespace *ns)
{
	int i;

	for (i = 0; ns && i < FF_MAX_LEVELS; ns = ns->parent, i++) {
		if (!(ff_pidns_allocated(ns) & PIDNS_ADDING))
			return i;
		if (!FF_PIDNS_DEAD_ANY_LEVEL)
			break;
	}
	return -1;
}

/**
 * ff_pidns_at - get one of the PID namespaces in which a child gets PIDs
 * @level: 0 for the innermost
 *
 * Return: the namespace, or NULL.
 */
struct pid_namespace *ff_pidns_at(int level)
{
	struct pid_namespace *ns = ff_pidns_for_children();

	while (ns && level--)
		ns = ns->parent;
	return ns;
}

/*
 * Find the level that had no free PID.  A level can have been full if it was when
 * kernel_clone() was entered, or if it is nearly full now.
 */
static void observe_numbers(struct ff_observation *o, const struct ff_call *c,
			    const struct pid_namespace *ns)
{
	struct ff_hierarchy *h = &o->pid;
	const struct pid_namespace *it;
	u64 full, wrapped;
	s64 max = 0;

	h->levels = (u8)(ns->level + 1);
	h->known = ff_pid_max_of(ns, &max);
	full = c->pid_full | pidns_levels(ns, pidns_was_full);
	if (!full || h->levels == 1)
		full = GENMASK_ULL(ns->level, 0);
	wrapped = pidns_levels(ns, pidns_wrapped);
	o->pid_wrapped = full & wrapped;
	o->pid_unwrapped = full & ~wrapped;
	if (hweight64(full) == 1) {
		h->full = (s8)__ffs64(full);
		it = ff_pidns_at(h->full);
		ff_pid_max_of(it, &max);
		/* PIDs go from 1, after the first wrap from 300, to pid_max - 1 */
		h->limit = max - (o->pid_wrapped ? RESERVED_PIDS : 1);
		h->in_use = o->pid_wrapped ? h->limit : pids_allocated(it);
	}
}

/**
 * ff_observe_pid - read how full PID namespaces are, and whether one is dead
 * @o: the observation
 * @c: the running task's call
 *
 * "Before" is when kernel_clone() was entered.  A dead namespace stays dead.  The free
 * PIDs are looked at only for EAGAIN, the error if there is none.
 */
void ff_observe_pid(struct ff_observation *o, const struct ff_call *c)
{
	const struct pid_namespace *ns = ff_pidns_for_children();

	o->pid.named = -1;
	o->pid.full = -1;
	if (!ns)
		return;
	if (o->err == -EAGAIN)
		observe_numbers(o, c, ns);
	o->pidns_dead_level = (s8)dead_pidns_level(ns);
	o->pidns_dead = o->pidns_dead_level >= 0;
	o->pidns_dead_before = c->pidns_dead;
	o->pidns_no_reaper = !READ_ONCE(ns->child_reaper);
}

/**
 * ff_note_nested_namespaces - note the state that alloc_pid() will check
 * @n: the running task's note; receives the levels that are full
 * @ns: the PID namespace that the child is to be in, not the initial one
 *
 * Runs on every fork in such a namespace.
 *
 * Return: whether a level is dead that alloc_pid() is known to check.
 */
bool ff_note_nested_namespaces(struct ff_note *n, const struct pid_namespace *ns)
{
	int dead;

	rcu_read_lock();
	dead = dead_pidns_level(ns);
	ff_note_write(&n->pid_full, pidns_levels(ns, pidns_full));
	rcu_read_unlock();
	return dead == 0 || (dead > 0 && !(FF_KERNEL_FACTS & FF_FACT_GUESSED));
}

/**
 * ff_left_without_first - did this failure leave a PID namespace without its first task?
 * @o: the observation
 *
 * The first task got its PID, and then its fork failed: the cause of later
 * pidns-poisoned-by-first-fork.
 *
 * Return: the id of that namespace, 0 if there is none.
 */
u64 ff_left_without_first(const struct ff_observation *o)
{
	const struct pid_namespace *ns = ff_pidns_for_children();

	if (!(o->facts & FF_FACT_PIDNS_POISON) || o->step <= FF_STEP_PIDFD ||
	    o->step > FF_STEP_LAST_CHECKS || !ns ||
	    (o->flags & CLONE_NEWPID) || READ_ONCE(ns->child_reaper))
		return 0;
	return ff_pidns_id(ns);
}
