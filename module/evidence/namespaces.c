// SPDX-License-Identifier: GPL-2.0-only
/*
 * namespaces.c - looks at user and PID namespaces, and what they count
 *
 * Part of observe.c's work: the same contexts, the same rules.  Namespaces and
 * credentials are those of the running task, which nobody can free under it.
 */
#include <linux/capability.h>
#include <linux/fs_struct.h>
#include <linux/idr.h>
#include <linux/mount.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/radix-tree.h>
#include <linux/user_namespace.h>

#include "compat/compat.h"
#include "evidence/look.h"
#include "compat/symbols.h"
#include "evidence/trail.h"

#ifndef RESERVED_PIDS
#define RESERVED_PIDS	300	/* kernel/pid.c up to 6.1; linux/pid.h later */
#endif

/* ---- RLIMIT_NPROC -------------------------------------------------------- */

/*
 * @pending: the new task's own charge that @value does not hold (1), or does
 * (0).  Of several levels over their limit the kernel stops at the lowest.
 */
static void look_at_nproc(int pending, s8 *full, s8 *nr_full, u8 *levels,
			  s64 *limit, s64 *in_use)
{
	struct ff_nproc_walk w;
	u8 level = 0;

	*full = -1;
	*nr_full = 0;
	for (ff_nproc_start(&w, current_cred());
	     ff_nproc_valid(&w) && level < FF_MAX_LEVELS; ff_nproc_next(&w), level++) {
		s64 value = ff_nproc_value(&w);

		if (value + pending <= w.max)
			continue;
		if (!(*nr_full)++) {
			*full = (s8)level;
			*limit = w.max;
			*in_use = value + pending - 1;
		}
	}
	*levels = level;
}

/**
 * ff_look_nproc - RLIMIT_NPROC and its ancestors
 * @o: the observation
 * @t: the running task's trail
 */
void ff_look_nproc(struct ff_observation *o, const struct ff_trail *t)
{
	struct ff_hierarchy *h = &o->nproc;
	const struct ff_cold *c = t->cold;
	s8 full, nr_full;

	look_at_nproc(1, &full, &nr_full, &h->levels, &h->limit, &h->in_use);
	h->known = true;
	h->named = -1;
	h->full_after = (u8)nr_full;
	h->full = full;
	if (o->seen & BIT(FF_W_CAPABLE_RESOURCE)) {
		h->full_before = (u8)c->nproc_nr_full;
		if (c->nproc_full != full)
			h->full = -1;
		if (c->nproc_full >= 0) {
			h->limit = c->nproc_limit;
			h->in_use = c->nproc_in_use;
			return;
		}
	}
	if (h->levels == 1 && full < 0) {
		/* no longer over it: the limit is still what refused */
		struct ff_nproc_walk w;

		ff_nproc_start(&w, current_cred());
		h->limit = w.max;
		h->in_use = ff_nproc_value(&w);
	}
}

/* ---- PID numbers --------------------------------------------------------- */

/*
 * Is a number in [min, max) free?  The same question that idr_alloc_cyclic()
 * answers, put to the same tree, without its lock: nodes are freed by RCU, and
 * a tag that changes meanwhile is the race that the second look is for.
 * struct xa_node and the meaning of IDR_FREE (a set bit: something below is
 * free; also set for subtrees that do not exist) are those of 5.10 to 7.2.
 */
static bool has_free_number(const struct idr *idr, unsigned long min, unsigned long max)
{
	unsigned long index = min;

	while (index < max) {
		void *entry = rcu_dereference_raw(idr->idr_rt.xa_head);
		struct radix_tree_node *node;
		unsigned long span;

		if (!radix_tree_is_internal_node(entry))
			return true;	/* the tree holds number 0 at the most */
		node = (void *)((unsigned long)entry & ~RADIX_TREE_INTERNAL_NODE);
		if (index > ((RADIX_TREE_MAP_SIZE << node->shift) - 1))
			return true;	/* beyond what the tree has grown to */
		for (;;) {
			unsigned long bit = (index >> node->shift) & RADIX_TREE_MAP_MASK;
			unsigned long next;

			span = 1UL << node->shift;
			next = find_next_bit(node->tags[IDR_FREE], RADIX_TREE_MAP_SIZE, bit);
			if (next == RADIX_TREE_MAP_SIZE) {
				/* nothing free below this node from here on */
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

static bool pid_max_of(const struct pid_namespace *ns, s64 *max)
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
 * The count is a cheap way to see that a namespace is far from full; numbers
 * that are being handed out at this instant are not in it yet.
 */
#define PIDS_IN_FLIGHT	4096

static bool pidns_full(const struct pid_namespace *ns)
{
	s64 max;

	if (!pid_max_of(ns, &max) ||
	    pids_allocated(ns) + RESERVED_PIDS + PIDS_IN_FLIGHT < max)
		return false;
	return !has_free_number(&ns->idr, lowest_number(ns), (unsigned long)max);
}

/* Levels (bits, 0 the innermost) that have no free number. */
static u64 full_pidns_levels(const struct pid_namespace *ns)
{
	u64 full = 0;
	int i;

	for (i = 0; ns && i < FF_MAX_LEVELS; ns = ns->parent, i++)
		if (pidns_full(ns))
			full |= 1ULL << i;
	return full;
}

/* The namespace that the new task's number comes from, its own or a parent of its own. */
static struct pid_namespace *for_children(void)
{
	return current->nsproxy ? current->nsproxy->pid_ns_for_children : NULL;
}

/* The level that is dead, counted from the innermost, or -1. */
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
 * ff_pidns_at - a level of the PID namespaces that a child gets numbers in
 * @level: 0 for the innermost
 *
 * Return: the namespace or NULL.
 */
struct pid_namespace *ff_pidns_at(int level)
{
	struct pid_namespace *ns = for_children();

	while (ns && level--)
		ns = ns->parent;
	return ns;
}

/**
 * ff_look_pid - process numbers, and whether their namespace is dead
 * @o: the observation
 * @t: the running task's trail
 */
void ff_look_pid(struct ff_observation *o, const struct ff_trail *t)
{
	struct pid_namespace *ns = for_children(), *it;
	struct ff_hierarchy *h = &o->pid;
	u64 full;
	s64 max = 0;

	h->named = -1;
	h->full = -1;
	if (!ns)
		return;
	full = full_pidns_levels(ns);
	h->levels = (u8)(ns->level + 1);
	h->full_before = hweight64(t->pid_full);
	h->full_after = hweight64(full);
	h->known = pid_max_of(ns, &max);
	if (h->levels == 1)
		h->full = 0;
	else if (full && t->pid_full && __ffs64(full) == __ffs64(t->pid_full))
		h->full = (s8)__ffs64(full);
	if (h->full >= 0) {
		it = ff_pidns_at(h->full);
		pid_max_of(it, &max);
		o->pid_wrapped = lowest_number(it) == RESERVED_PIDS &&
				 has_free_number(&it->idr, 1, RESERVED_PIDS);
		h->limit = o->pid_wrapped ? max - RESERVED_PIDS : max;
		h->in_use = o->pid_wrapped ? max - RESERVED_PIDS : pids_allocated(it);
	}

	o->pidns_dead_level = (s8)dead_pidns_level(ns);
	o->pidns_dead = o->pidns_dead_level >= 0;
	o->pidns_dead_before = t->pidns_dead;
	o->pidns_no_reaper = !READ_ONCE(ns->child_reaper);
}

/**
 * ff_look_before_alloc_pid - look at what alloc_pid() is about to look at
 * @t: the running task's trail
 *
 * From an entry hook, on the way of every fork: short.  Preemption may be on.
 */
void ff_look_before_alloc_pid(struct ff_trail *t)
{
	struct pid_namespace *ns = for_children();

	if (!ns)
		return;
	/* with one level only there is no question which one is full */
	if (likely(!ns->level)) {
		t->pidns_dead = !(ff_pidns_allocated(ns) & PIDNS_ADDING);
	} else {
		rcu_read_lock();
		t->pidns_dead = dead_pidns_level(ns) >= 0;
		t->pid_full = full_pidns_levels(ns);
		rcu_read_unlock();
	}
}

/**
 * ff_look_nproc_at_witness - which level is over its limit, now that one is
 * @c: receives it
 */
void ff_look_nproc_at_witness(struct ff_cold *c)
{
	u8 levels;

	look_at_nproc(0, &c->nproc_full, &c->nproc_nr_full, &levels, &c->nproc_limit,
		      &c->nproc_in_use);
}

/**
 * ff_left_without_first - a first task that got its number and then failed
 * @o: the observation
 *
 * See pidns-poisoned-by-first-fork.
 *
 * Return: the id of the namespace that is without its first task now, 0 if none
 * is.
 */
u64 ff_left_without_first(const struct ff_observation *o)
{
	const struct pid_namespace *ns = for_children();

	if (!(o->facts & FF_FACT_PIDNS_POISON) || o->step <= FF_STEP_ALLOC_PID || !ns ||
	    (o->flags & CLONE_NEWPID) || READ_ONCE(ns->child_reaper))
		return 0;
	return ff_pidns_id(ns);
}

/* As alloc_pid() checks set_tid: every level at once from 7.1 on, in turn before. */
static u8 bad_set_tid(const struct ff_observation *o, const struct kernel_clone_args *args)
{
	struct pid_namespace *ns = for_children();
	size_t i;
	s64 max;

	if (!ns || !args->set_tid_size)
		return 0;
	if (args->set_tid_size > ns->level + 1 + !!(o->flags & CLONE_NEWPID))
		return FORKFAIL_SET_TID_TOO_MANY;
	for (i = 0; i < args->set_tid_size; i++) {
		pid_t tid = args->set_tid[i];
		/* the namespace that CLONE_NEWPID made is gone: no init yet, the largest pid_max */
		bool fresh = !i && (o->flags & CLONE_NEWPID);

		if (fresh)
			max = PID_MAX_LIMIT;
		if ((fresh && !FF_PIDNS_OWN_PID_MAX) || !fresh)
			if (!pid_max_of(ns, &max))
				return 0;
		if (tid < 1 || tid >= max)
			return FORKFAIL_SET_TID_RANGE;
		if (!(o->facts & FF_FACT_SET_TID_FIRST) && tid != 1 &&
		    (fresh || !READ_ONCE(ns->child_reaper)))
			return FORKFAIL_SET_TID_NO_INIT;
		if (!fresh)
			ns = ns->parent;
	}
	/* it is only looked at behind the numbers */
	ns = for_children();
	if ((o->facts & FF_FACT_SET_TID_FIRST) && args->set_tid[0] != 1 &&
	    ((o->flags & CLONE_NEWPID) || !READ_ONCE(ns->child_reaper)))
		return FORKFAIL_SET_TID_NO_INIT;
	return 0;
}

/* in_userns() is not for modules. */
static bool is_ancestor(const struct user_namespace *ancestor, const struct user_namespace *ns)
{
	while (ns && ns->level > ancestor->level)
		ns = ns->parent;
	return ns == ancestor;
}

/*
 * current_chrooted() is not for modules.  Whoever has the root of the machine's
 * init is in no chroot.  The init never ends, its root is only compared, and it
 * does not unshare its filesystem state: the race with that is accepted.
 */
static bool root_is_inits(const struct fs_struct *fs)
{
	const struct task_struct *init = READ_ONCE(init_pid_ns.child_reaper);
	const struct fs_struct *theirs = init ? READ_ONCE(init->fs) : NULL;

	/* data_race: accepted, see above */
	return fs && theirs && data_race(fs->root.mnt == theirs->root.mnt &&
					 fs->root.dentry == theirs->root.dentry);
}

/**
 * ff_look_namespaces - what the checks of arguments and namespaces look at
 * @o: the observation
 * @args: the call's arguments
 */
void ff_look_namespaces(struct ff_observation *o, const struct kernel_clone_args *args)
{
	const struct cred *cred = current_cred();
	struct user_namespace *userns = cred->user_ns;
	struct pid_namespace *children = for_children();
	struct fs_struct *fs = current->fs;
	s64 sysctl = 1;

	o->exit_signal = args->exit_signal;
	o->pidfd_is_parent_tid = args->pidfd == args->parent_tid;
	o->unkillable = current->signal->flags & SIGNAL_UNKILLABLE;
	o->autoreap = ff_autoreap();
	o->ns_admin = cap_raised(cred->cap_effective, CAP_SYS_ADMIN);
	ff_read_int(ff_data.unprivileged_userns_clone, &sysctl);
	o->userns_sysctl_off = !sysctl;
	o->userns_too_deep = userns->level > 32;
	/* only create_user_ns() asks, and refuses by EPERM */
	if (o->err == -EPERM && (o->flags & CLONE_NEWUSER)) {
		o->ids_mapped = kuid_has_mapping(userns, cred->euid) &&
				kgid_has_mapping(userns, cred->egid);
		if (fs)
			o->root_is_inside = fs->root.dentry != fs->root.mnt->mnt_root;
		o->root_is_inits = root_is_inits(fs);
	}
	if (!children)
		return;
	o->timens_mismatch = ff_timens_mismatch(current->nsproxy);
	o->pidns_mismatch = task_active_pid_ns(current) != children;
	o->pidns_too_deep = children->level + 1 > MAX_PID_NS_LEVEL;
	/* a new user namespace is a child of the caller's, and its answer the same */
	o->pidns_foreign = !is_ancestor(children->user_ns, userns);
	o->set_tid_size = (u8)args->set_tid_size;
	o->set_tid_bad = bad_set_tid(o, args);
}

/**
 * ff_look_ucount_at_witness - inc_ucount() is about to count; will it refuse?
 * @c: receives the first level that is full, if any
 * @ns: its first argument
 * @uid: its second
 * @type: its third
 *
 * The count of the lowest level can be read only if it is the caller's own; a
 * limit of 0 is full whatever the count.
 */
void ff_look_ucount_at_witness(struct ff_cold *c, struct user_namespace *ns, kuid_t uid, int type)
{
	struct ucounts *u = ff_own_ucounts(ns, uid);
	int level;

	c->ucount_full = -1;
	if (type < 0 || type >= FF_NR_NAMESPACE_UCOUNTS)
		return;
	for (level = 0; ns && level < FF_MAX_LEVELS; level++) {
		s64 max = READ_ONCE(ns->ucount_max[type]);
		s64 now = u ? ff_ucount_value(u, type) : 0;

		if (now >= max) {
			c->ucount_full = (s8)level;
			c->ucount_limit = max;
			c->ucount_in_use = now;
			c->ucount_uid = uid;
			c->ucount_inum = ns->ns.inum;
			c->ucount_ns = ff_ns_id(ns);
			return;
		}
		/* from here on it is the creator's count in the namespace above */
		u = ns->ucounts;
		if (!u)
			return;
		ns = u->ns;
		uid = u->uid;
	}
}
