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
#include "compat/symbols.h"
#include "evidence/clone_note.h"
#include "evidence/failing_call.h"
#include "evidence/namespaces.h"

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
 * ff_observe_nproc - RLIMIT_NPROC and its ancestors
 * @o: the observation
 * @c: the running task's call
 */
void ff_observe_nproc(struct ff_observation *o, const struct ff_call *c)
{
	struct ff_hierarchy *h = &o->nproc;
	s8 full, nr_full;

	look_at_nproc(1, &full, &nr_full, &h->levels, &h->limit, &h->in_use);
	h->known = true;
	h->named = -1;
	h->full_after = (u8)nr_full;
	h->full = full;
	if (o->seen & BIT(FF_W_CAPABLE_RESOURCE)) {
		h->full_before = (u8)c->s.nproc_nr_full;
		if (c->s.nproc_full != full)
			h->full = -1;
		if (c->s.nproc_full >= 0) {
			h->limit = c->s.nproc_limit;
			h->in_use = c->s.nproc_in_use;
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

/*
 * Can it have been full a moment ago?  Not if half of its numbers are free now, or
 * more of them than can be given back while an address space is freed.
 */
static bool pidns_was_full(const struct pid_namespace *ns)
{
	s64 max, numbers;

	if (!pid_max_of(ns, &max))
		return true;
	numbers = max - (s64)lowest_number(ns) + 1;
	return pids_allocated(ns) >= numbers - min_t(s64, numbers / 2, PIDS_IN_FLIGHT);
}

/* Levels (bits, 0 the innermost) of which something holds. */
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

/* Numbers from 300 on are used up, and lower ones are not given out any more. */
static bool pidns_wrapped(const struct pid_namespace *ns)
{
	return lowest_number(ns) == RESERVED_PIDS && has_free_number(&ns->idr, 1, RESERVED_PIDS);
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

/*
 * Of several levels those may have been full that were when kernel_clone() was
 * entered, or that are not far from it now.
 */
static void observe_numbers(struct ff_observation *o, const struct ff_call *c,
			    const struct pid_namespace *ns)
{
	struct ff_hierarchy *h = &o->pid;
	const struct pid_namespace *it;
	u64 full, wrapped;
	s64 max = 0;

	h->levels = (u8)(ns->level + 1);
	h->known = pid_max_of(ns, &max);
	full = c->pid_full | pidns_levels(ns, pidns_was_full);
	if (!full || h->levels == 1)
		full = GENMASK_ULL(ns->level, 0);
	wrapped = pidns_levels(ns, pidns_wrapped);
	o->pid_wrapped = full & wrapped;
	o->pid_unwrapped = full & ~wrapped;
	if (hweight64(full) == 1) {
		h->full = (s8)__ffs64(full);
		it = ff_pidns_at(h->full);
		pid_max_of(it, &max);
		/* from 1, or later on from 300, to below pid_max */
		h->limit = max - (o->pid_wrapped ? RESERVED_PIDS : 1);
		h->in_use = o->pid_wrapped ? h->limit : pids_allocated(it);
	}
}

/**
 * ff_observe_pid - process numbers, and whether their namespace is dead
 * @o: the observation
 * @c: the running task's call
 *
 * "Before" is when kernel_clone() was entered.  A namespace that is dead stays
 * dead.  That there is no number left is EAGAIN.
 */
void ff_observe_pid(struct ff_observation *o, const struct ff_call *c)
{
	const struct pid_namespace *ns = for_children();

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
 * ff_note_nested_namespaces - note what alloc_pid() will look at
 * @n: the running task's note; receives the levels that are full
 * @ns: the PID namespace that the child is to be in, not the initial one
 *
 * On the way of every fork in there.
 *
 * Return: whether a level is dead that alloc_pid() is known to ask.
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
 * ff_observe_nproc_at_witness - which level is over its limit, now that one is
 * @c: receives it
 */
void ff_observe_nproc_at_witness(struct ff_seen *c)
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

	if (!(o->facts & FF_FACT_PIDNS_POISON) || o->step <= FF_STEP_PIDFD ||
	    o->step > FF_STEP_LAST_CHECKS || !ns ||
	    (o->flags & CLONE_NEWPID) || READ_ONCE(ns->child_reaper))
		return 0;
	return ff_pidns_id(ns);
}

/**
 * ff_bad_set_tid - the check of alloc_pid() that refuses set_tid
 * @args: the call's arguments
 *
 * Every level at once from 7.1 on, in turn before.  In the task that calls.
 *
 * Return: its cause, 0 if none does.
 */
u8 ff_bad_set_tid(const struct kernel_clone_args *args)
{
	const bool first = FF_KERNEL_FACTS & FF_FACT_SET_TID_FIRST;
	const bool new_pidns = args->flags & CLONE_NEWPID;
	struct pid_namespace *ns = for_children();
	size_t i;
	s64 max;

	if (!ns || !args->set_tid_size)
		return 0;
	if (args->set_tid_size > ns->level + 1 + new_pidns)
		return FORKFAIL_SET_TID_TOO_MANY;
	for (i = 0; i < args->set_tid_size; i++) {
		pid_t tid = args->set_tid[i];
		/* the namespace that CLONE_NEWPID made is gone: no init yet, the largest pid_max */
		bool fresh = !i && new_pidns;

		if (fresh)
			max = PID_MAX_LIMIT;
		if ((fresh && !FF_PIDNS_OWN_PID_MAX) || !fresh)
			if (!pid_max_of(ns, &max))
				return 0;
		if (tid < 1 || tid >= max)
			return FORKFAIL_SET_TID_RANGE;
		if (!first && tid != 1 &&
		    (fresh || !READ_ONCE(ns->child_reaper)))
			return FORKFAIL_SET_TID_NO_INIT;
		if (!fresh)
			ns = ns->parent;
	}
	/* it is only looked at behind the numbers */
	ns = for_children();
	if (first && args->set_tid[0] != 1 && (new_pidns || !READ_ONCE(ns->child_reaper)))
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
 * ff_observe_arguments - what the checks of arguments look at
 * @o: the observation
 * @args: the call's arguments
 */
void ff_observe_arguments(struct ff_observation *o, const struct kernel_clone_args *args)
{
	o->exit_signal = args->exit_signal;
	o->pidfd_is_parent_tid = args->pidfd == args->parent_tid;
	o->has_sys_admin = current_user_ns() == &init_user_ns &&
			   cap_raised(current_cred()->cap_effective, CAP_SYS_ADMIN);
	ff_observe_namespaces(o);
}

/**
 * ff_observe_namespaces - what the checks of flags and namespaces look at
 * @o: the observation, with flags and errno
 */
void ff_observe_namespaces(struct ff_observation *o)
{
	const struct cred *cred = current_cred();
	struct user_namespace *userns = cred->user_ns;
	struct pid_namespace *children = for_children();
	struct fs_struct *fs = current->fs;
	s64 sysctl = 1;

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
}

/**
 * ff_observe_ucount_at_witness - inc_ucount() is about to count; will it refuse?
 * @c: receives the first level that is full, if any
 * @ns: its first argument
 * @uid: its second
 * @type: its third
 *
 * The count of the lowest level can be read only if it is the caller's own; a
 * limit of 0 is full whatever the count.
 */
void ff_observe_ucount_at_witness(struct ff_seen *c, struct user_namespace *ns, kuid_t uid,
				  int type)
{
	struct ucounts *u = ff_own_ucounts(ns, uid);
	int level;

	c->ucount_known = true;
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
