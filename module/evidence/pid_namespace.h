/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pid_namespace.h - reads the state of PID namespaces: free PIDs, and which are dead
 *
 * These functions run in the observed task, also inside hooks: they do not sleep, lock,
 * print or allocate.  The caller holds the RCU read lock, unless the task's own references
 * are enough.
 */
#ifndef FORKFAIL_PID_NAMESPACE_H
#define FORKFAIL_PID_NAMESPACE_H

#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>

#include "compat/compat-limits.h"
#include "evidence/clone_note.h"
#include "rules/observation.h"

struct ff_call;
struct kernel_clone_args;

/* The PID namespace of the child, or with CLONE_NEWPID the parent of the child's. */
static inline struct pid_namespace *ff_pidns_for_children(void)
{
	return current->nsproxy ? current->nsproxy->pid_ns_for_children : NULL;
}

/*
 * When a PID namespace's init started.  Together with the inode number it distinguishes a
 * namespace from a later one that got the same number.  The caller keeps the namespace
 * alive and holds the RCU read lock.
 */
static inline u64 ff_pidns_start(const struct pid_namespace *ns)
{
	const struct task_struct *init = READ_ONCE(ns->child_reaper);

	return init ? init->start_boottime : 0;
}

/*
 * An id that distinguishes a PID namespace from others with the same inode number: the
 * kernel's own id from 6.18 on; before, the time when its first task started, while that
 * exists.  The caller keeps the namespace alive and holds the RCU read lock.
 */
static inline u64 ff_pidns_id(const struct pid_namespace *ns)
{
	const struct task_struct *first;

	/* no other namespace ever gets the initial one's number */
	if (FF_NS_ARE_NUMBERED || ns == &init_pid_ns)
		return ff_ns_id(ns);
	first = pid_task(idr_find(&ns->idr, 1), PIDTYPE_TGID);
	return first ? first->start_boottime : ff_ns_id(ns);
}

/* How many PIDs are in use, plus PIDNS_ADDING unless the namespace is dead. */
static inline unsigned int ff_pidns_allocated(const struct pid_namespace *ns)
{
	/* the kernel counts under a lock without WRITE_ONCE(): old or new value, either is fine */
	return data_race(READ_ONCE(ns->pid_allocated));
}

bool ff_note_nested_namespaces(struct ff_note *n, const struct pid_namespace *ns);
void ff_observe_pid(struct ff_observation *o, const struct ff_call *c);
bool ff_pid_max_of(const struct pid_namespace *ns, s64 *max);
u64 ff_left_without_first(const struct ff_observation *o);
struct pid_namespace *ff_pidns_at(int level);

#endif /* FORKFAIL_PID_NAMESPACE_H */
