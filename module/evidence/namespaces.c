// SPDX-License-Identifier: GPL-2.0-only
/*
 * namespaces.c - reads what RLIMIT_NPROC, user namespaces and the checks of flags depend on
 *
 * namespaces.h says from where these functions may be called.  Namespaces and
 * credentials are those of the running task, so they cannot be freed meanwhile.
 */
#include <linux/capability.h>
#include <linux/fs_struct.h>
#include <linux/log2.h>
#include <linux/mount.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/user_namespace.h>

#include "compat/compat.h"
#include "compat/symbols.h"
#include "evidence/failing_call.h"
#include "evidence/in_flight.h"
#include "evidence/namespaces.h"
#include "evidence/pid_namespace.h"

/* ---- RLIMIT_NPROC -------------------------------------------------------- */

/**
 * ff_read_nproc - read the counts and limits of the running task at all levels
 * @n: receives what was found
 * @pending: 1 if the new task is not counted yet, 0 if it is
 *
 * If several levels are over their limit, the kernel stops at the lowest.  Limit and usage are
 * those of that one; if none is, of the lowest that may have been, or else of level 0.
 */
void ff_read_nproc(struct ff_nproc *n, int pending)
{
	struct ff_nproc_walk w;

	memset(n, 0, sizeof(*n));
	n->full = -1;
	for (ff_nproc_start(&w, current_cred());
	     ff_nproc_valid(&w) && n->levels < FF_MAX_USERNS_LEVELS;
	     ff_nproc_next(&w), n->levels++) {
		s64 value = ff_nproc_value(&w);
		bool over = value + pending > w.max;
		/* the new task is none of those that may have been taken back */
		bool may = ff_may_have_been_full(value + pending - 1, w.max);

		if (n->full < 0 && (over || (may && !n->may) || !n->levels)) {
			n->limit = w.max;
			n->in_use = value;
		}
		if (over && n->full < 0)
			n->full = (s8)n->levels;
		if (may)
			n->may |= 1ULL << n->levels;
	}
}

/**
 * ff_find_nproc - find out whose limit it is at a level
 * @obj: receives the user and the user namespace; left as it is if there is no such level
 * @level: the level, 0 for the running task's own
 */
void ff_find_nproc(struct ff_object *obj, int level)
{
	struct ff_nproc_walk w;

	ff_nproc_start(&w, current_cred());
	while (ff_nproc_valid(&w) && level--)
		ff_nproc_next(&w);
	if (!ff_nproc_valid(&w))
		return;
	obj->uid = ff_nproc_uid(&w);
	obj->inum = ff_nproc_ns(&w)->ns.inum;
	obj->id = ff_ns_id(ff_nproc_ns(&w));
}

/**
 * ff_observe_nproc - read counts and limits of RLIMIT_NPROC at all levels
 * @o: the observation
 * @c: the running task's call
 */
void ff_observe_nproc(struct ff_observation *o, const struct ff_call *c)
{
	struct ff_hierarchy *h = &o->nproc;
	const bool seen = o->seen & BIT(FF_W_CAPABLE_RESOURCE);
	struct ff_nproc now;
	const struct ff_nproc *n = seen ? &c->s.nproc : &now;

	if (!seen)
		ff_read_nproc(&now, 1);
	h->known = true;
	h->named = -1;
	h->levels = n->levels;
	h->full = n->full;
	/* without the witness it is not known how full they were at the check */
	h->may = seen ? n->may : ~0ULL;
	if (h->full < 0 && is_power_of_2(h->may))
		h->full = (s8)__ffs64(h->may);
	/* of the own level if none is full now: it may still be the limit that refused */
	h->limit = n->limit;
	/* at the witness the new task was counted, too */
	h->in_use = n->in_use - seen;
}

/* ---- user namespaces, and what flags depend on ----------------------------- */

/* in_userns() is not exported. */
static bool is_ancestor(const struct user_namespace *ancestor, const struct user_namespace *ns)
{
	while (ns && ns->level > ancestor->level)
		ns = ns->parent;
	return ns == ancestor;
}

/*
 * current_chrooted() is not exported.  A task with the same root as the machine's init is
 * not in a chroot.  init never exits, and its root is only compared, never used.  Accepted
 * race: init changes its filesystem state at this moment.
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
 * ff_observe_arguments - read what the checks of the arguments depend on
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
 * ff_observe_namespaces - read what the checks of flags and namespaces depend on
 * @o: the observation; flags and errno are filled in
 */
void ff_observe_namespaces(struct ff_observation *o)
{
	const struct cred *cred = current_cred();
	struct user_namespace *userns = cred->user_ns;
	struct pid_namespace *children = ff_pidns_for_children();
	struct fs_struct *fs = current->fs;
	s64 sysctl = 1;

	o->unkillable = current->signal->flags & SIGNAL_UNKILLABLE;
	o->autoreap = ff_autoreap();
	o->ns_admin = cap_raised(cred->cap_effective, CAP_SYS_ADMIN);
	ff_read_int(ff_data.unprivileged_userns_clone, &sysctl);
	o->userns_sysctl_off = !sysctl;
	o->userns_too_deep = userns->level > 32;
	/* only create_user_ns() checks these, and it returns EPERM */
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
	o->pidns_initial = !children->level;
	o->pidns_mismatch = task_active_pid_ns(current) != children;
	o->pidns_too_deep = children->level + 1 > MAX_PID_NS_LEVEL;
	/* with CLONE_NEWUSER the new namespace is a child of this one: the same result */
	o->pidns_foreign = !is_ancestor(children->user_ns, userns);
}

/**
 * ff_observe_ucount_at_witness - will inc_ucount(), just entered, refuse?
 * @c: receives the first level that is full, if any, and which may be
 * @ns: inc_ucount()'s first argument
 * @uid: its second argument
 * @type: its third argument
 *
 * The count of the lowest level can be read only if it is the caller's own.  A limit of 0
 * is full in any case.
 */
void ff_observe_ucount_at_witness(struct ff_seen *c, struct user_namespace *ns, kuid_t uid,
				  int type)
{
	struct ucounts *u = ff_own_ucounts(ns, uid);
	int level;

	c->ucount_known = true;
	c->ucount_full = -1;
	c->ucount_may = 0;
	if (type < 0 || type >= FF_NR_NAMESPACE_UCOUNTS)
		return;
	for (level = 0; ns && level < FF_MAX_USERNS_LEVELS; level++) {
		s64 max = READ_ONCE(ns->ucount_max[type]);
		s64 now = u ? ff_ucount_value(u, type) : 0;

		if (!u || now + FF_MOST_IN_FLIGHT >= max)
			c->ucount_may |= 1ULL << level;
		if (now >= max && c->ucount_full < 0) {
			c->ucount_full = (s8)level;
			c->ucount_limit = max;
			c->ucount_in_use = now;
			c->ucount_uid = uid;
			c->ucount_inum = ns->ns.inum;
			c->ucount_ns = ff_ns_id(ns);
		}
		/* the next level is the count of this namespace's creator in its parent */
		u = ns->ucounts;
		if (!u)
			return;
		ns = u->ns;
		uid = u->uid;
	}
}
