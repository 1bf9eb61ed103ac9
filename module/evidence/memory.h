/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory.h - reads the state of overcommit and of memory cgroups
 *
 * These functions run in the observed task, also inside hooks: they do not sleep, lock,
 * print or allocate, except for ff_observe_mappings(), which sleeps.  The caller holds
 * the RCU read lock, unless the task's own references are enough.
 */
#ifndef FORKFAIL_MEMORY_H
#define FORKFAIL_MEMORY_H

#include <linux/mm.h>

#include "rules/observation.h"

struct cgroup;
struct ff_call;
struct ff_seen;
struct mem_cgroup;
struct page_counter;

static inline s64 ff_pages_to_bytes(s64 pages)
{
	return pages > S64_MAX >> PAGE_SHIFT ? S64_MAX : pages << PAGE_SHIFT;
}

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

#endif /* FORKFAIL_MEMORY_H */
