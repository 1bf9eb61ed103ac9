/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trail.h - how far a task has got inside copy_process()
 */
#ifndef FORKFAIL_TRAIL_H
#define FORKFAIL_TRAIL_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/hash.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "rules/observation.h"

struct cgroup;
struct cgroup_subsys_state;
struct kernel_clone_args;
struct mem_cgroup;

/**
 * struct ff_cold - what a call met that is going wrong
 * @at: the step at which each witness ran last
 * @rank: in which order they ran last: see ff_rank_last()
 * @nproc_full: the only level of the RLIMIT_NPROC hierarchy over its limit when
 *	the kernel said so, -1 if none
 * @nproc_nr_full: how many were
 * @nproc_limit: limit of that level
 * @nproc_in_use: its usage, without the task that was to be created
 * @pids_first: the lowest level that has the pids controller
 * @pids_named: the level that the kernel notified first, -1 none
 * @pids_full: as nproc_full, for the pids controller
 * @pids_nr_full: how many were
 * @pids_limited: how many levels had a limit at all
 * @pids_css: the cgroup that was to be charged, with a reference
 * @pids_limit: limit of the level that is named, else full
 * @pids_in_use: its usage
 * @ucount_full: level of the count of namespaces that was full, -1 if none
 * @ucount_limit: its limit
 * @ucount_in_use: its usage
 * @ucount_uid: whose count it is
 * @ucount_inum: in which user namespace
 * @ucount_ns: its id
 * @target: the cgroup that the new task was to go into, with a reference
 * @judged: the last cgroup whose permissions were looked at, with a reference
 * @memcg: the memory cgroup that reclaim or the OOM killer ran for, last, with
 *	a reference
 * @memcg_limit: its limit then, in pages
 * @memcg_in_use: its usage then
 * @memcg_full: what was wanted did not fit in
 * @memcg_oom_disabled: its OOM killer is switched off (cgroup v1)
 * @oom_kills: how many had been killed when the OOM killer was asked, last
 * @alloc: what was being allocated when memory was short, last; a cause or 0
 */
struct ff_cold {
	u8		at[FF_NR_WITNESSES];
	u8		rank[FF_NR_WITNESSES];
	s8		nproc_full, nproc_nr_full;
	s64		nproc_limit, nproc_in_use;
	u8		pids_first;
	s8		pids_named, pids_full, pids_nr_full, pids_limited;
	struct cgroup_subsys_state *pids_css;
	s64		pids_limit, pids_in_use;
	s8		ucount_full;
	s64		ucount_limit, ucount_in_use;
	kuid_t		ucount_uid;
	u32		ucount_inum;
	u64		ucount_ns;
	struct cgroup	*target, *judged;
	struct mem_cgroup *memcg;
	s64		memcg_limit, memcg_in_use;
	bool		memcg_full, memcg_oom_disabled;
	u8		alloc;
	unsigned long	oom_kills;
};

/**
 * struct ff_trail - what one task met between copy_process()'s entry and return
 * @owner: the task that it belongs to, NULL if it is free
 * @ip: where the last step's function was entered, as ftrace gave it; 0 before
 *	the first.  Translated to a step only if the call fails.
 * @args: copy_process()'s fourth argument, on the caller's stack
 * @seen: the witnesses (bits) that ran
 * @cold: what they saw; NULL as long as none ran
 * @unheard: a witness ran, and there was no room for what it saw
 * @pidns_dead: the namespace was dead at alloc_pid()
 * @pid_full: PID namespace levels (bits) without a free number at alloc_pid()
 * @committed: pages committed before the address space is copied
 *
 * Owned by the task that it belongs to: written by the hooks that run in it,
 * read by its own return.  No other CPU looks.
 */
struct ff_trail {
	struct task_struct *owner;
	unsigned long	ip;
	const struct kernel_clone_args *args;
	struct ff_cold	*cold;
	u32		seen;
	bool		unheard;
	bool		pidns_dead;
	u64		pid_full;
	s64		committed;
} ____cacheline_aligned;

/* A load of one half at the most that is meant to be met; see trail.c. */
#define FF_TRAIL_BITS	11
#define FF_TRAILS	BIT(FF_TRAIL_BITS)
#define FF_TRAIL_PROBES	32

/* A variable, not an allocation: every hook finds its address in its own code. */
extern struct ff_trail ff_trails[FF_TRAILS];

/* Trails that are not where their task's hash says; never less than there are. */
extern atomic_t ff_trails_moved;

int ff_trail_init(void);
void ff_trail_exit(void);
size_t ff_trail_bytes(void);
struct ff_trail *ff_trail_claim(void);
void ff_trail_release(struct ff_trail *t);
struct ff_cold *ff_trail_cold(struct ff_trail *t);
void ff_trail_forget(void (*forget)(struct ff_cold *c));

/**
 * ff_trail_find - the trail of the running task
 *
 * Any context in which current is the task that calls; cheap when the task is
 * where its hash says, which is nearly always.
 *
 * Return: the trail, or NULL if the task is not inside copy_process().
 */
static __always_inline struct ff_trail *ff_trail_find(void)
{
	u32 i = hash_ptr(current, FF_TRAIL_BITS);
	struct ff_trail *t = &ff_trails[i];
	u32 end;

	if (likely(READ_ONCE(t->owner) == current))
		return t;
	if (likely(!atomic_read(&ff_trails_moved)))
		return NULL;
	for (end = i + FF_TRAIL_PROBES; ++i < end; )
		if (READ_ONCE(ff_trails[i % FF_TRAILS].owner) == current)
			return &ff_trails[i % FF_TRAILS];
	return NULL;
}

#endif /* FORKFAIL_TRAIL_H */
