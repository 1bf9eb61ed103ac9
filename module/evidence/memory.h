/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory.h - overcommit and memory cgroups: part of an observation
 *
 * All of these but ff_observe_mappings() may run inside hooks, in the task that is looked
 * at, under the RCU read lock or where its own references are enough: nothing sleeps,
 * locks, prints or allocates.
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
