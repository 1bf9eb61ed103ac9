/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * look.h - parts of an observation: namespaces.c, memory.c
 *
 * All of these but the one that says so may run inside hooks, in the task that is
 * looked at, under the RCU read lock or where its own references are enough:
 * nothing sleeps, locks, prints or allocates.
 */
#ifndef FORKFAIL_LOOK_H
#define FORKFAIL_LOOK_H

#include <linux/mm.h>
#include <linux/pid_namespace.h>
#include <linux/uidgid.h>

#include "compat/compat-limits.h"
#include "evidence/clone_note.h"
#include "rules/observation.h"

struct cgroup;
struct ff_call;
struct ff_seen;
struct kernel_clone_args;
struct mem_cgroup;
struct page_counter;
struct user_namespace;

static inline s64 ff_pages_to_bytes(s64 pages)
{
	return pages > S64_MAX >> PAGE_SHIFT ? S64_MAX : pages << PAGE_SHIFT;
}

/*
 * When a PID namespace's init started; with the inode number it tells a
 * namespace from a later one that was given the same number.  Caller keeps the
 * namespace alive and holds the RCU read lock.
 */
static inline u64 ff_pidns_start(const struct pid_namespace *ns)
{
	const struct task_struct *init = READ_ONCE(ns->child_reaper);

	return init ? init->start_boottime : 0;
}

/*
 * What tells a PID namespace from others of its number: its own number, where it
 * has one, else when its first task started, as long as that is there.  Caller
 * keeps the namespace alive and holds the RCU read lock.
 */
static inline u64 ff_pidns_id(const struct pid_namespace *ns)
{
	const struct task_struct *first;

	if (FF_NS_ARE_NUMBERED)
		return ff_ns_id(ns);
	first = pid_task(idr_find(&ns->idr, 1), PIDTYPE_TGID);
	return first ? first->start_boottime : ff_ns_id(ns);
}

/* How many numbers are in use, with PIDNS_ADDING while there may be more. */
static inline unsigned int ff_pidns_allocated(const struct pid_namespace *ns)
{
	/* counted under a lock and without a mark: the count that was, or that will be */
	return data_race(READ_ONCE(ns->pid_allocated));
}

/* namespaces.c */
bool ff_note_nested_namespaces(struct ff_note *n, const struct pid_namespace *ns);
void ff_observe_nproc_at_witness(struct ff_seen *s);
void ff_observe_ucount_at_witness(struct ff_seen *s, struct user_namespace *ns, kuid_t uid,
				  int type);
void ff_observe_nproc(struct ff_observation *o, const struct ff_call *c);
void ff_observe_pid(struct ff_observation *o, const struct ff_call *c);
u8 ff_bad_set_tid(const struct kernel_clone_args *args);
void ff_observe_arguments(struct ff_observation *o, const struct kernel_clone_args *args);
void ff_observe_namespaces(struct ff_observation *o);
u64 ff_left_without_first(const struct ff_observation *o);
struct pid_namespace *ff_pidns_at(int level);

/*
 * Notes what alloc_pid() will look at, when kernel_clone() is entered.  With one
 * level only there is no question which one is full.
 */

/* memory.c */
bool ff_observe_commit_limit(u8 mode, s64 *limit);
bool ff_observe_overcommit(struct ff_observation *o, const struct ff_call *c);
void ff_observe_mappings(struct ff_observation *o, const struct ff_call *c);
unsigned long ff_oom_kills(void);
void ff_observe_memcg_at_witness(struct ff_seen *s, struct mem_cgroup *memcg, unsigned long pages);
void ff_observe_kmem_at_witness(struct ff_seen *s, const struct page_counter *counter,
			     unsigned long pages);
struct cgroup *ff_task_memory_cgroup(void);
struct cgroup *ff_memcg_cgroup(const struct ff_seen *s);
void ff_forget_memcg(struct ff_seen *s);

#endif /* FORKFAIL_LOOK_H */
