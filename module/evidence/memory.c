// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory.c - reads the state of overcommit and of memory cgroups
 *
 * memory.h says from where these functions may be called.
 */
#include <linux/delay.h>
#include <linux/hugetlb.h>
#include <linux/memcontrol.h>
#include <linux/mmap_lock.h>
#include <linux/swap.h>
#include <linux/uaccess.h>
#include <linux/vmstat.h>

#include "compat/compat.h"
#include "compat/symbols.h"
#include "evidence/failing_call.h"
#include "evidence/memory.h"

/* ---- overcommit ---------------------------------------------------------- */

/* hugetlb_total_pages() is not exported. */
static bool hugetlb_pages(s64 *pages)
{
#ifdef CONFIG_HUGETLB_PAGE
	const struct hstate *h = ff_data.hstates;
	unsigned long huge;
	unsigned int order;
	s64 n;
#endif

	*pages = 0;
#ifdef CONFIG_HUGETLB_PAGE
	if (!h || !ff_read_int(ff_data.nr_hstates, &n))
		return false;
	for (; n-- > 0; h++) {
		if (copy_from_kernel_nofault(&huge, &h->nr_huge_pages, sizeof(huge)) ||
		    copy_from_kernel_nofault(&order, &h->order, sizeof(order)))
			return false;
		*pages += (s64)(huge << order);
	}
#endif
	return true;
}

/**
 * ff_observe_commit_limit - how many pages can be committed
 * @mode: vm.overcommit_memory: 0 (the limit applies to each mapping) or 2
 * @limit: receives the number of pages
 *
 * Computed as __vm_enough_memory() does in 5.10 to 7.3, except that a negative result
 * (the reserves are larger than all the rest) becomes 0.
 *
 * Return: false if it cannot be computed.
 */
bool ff_observe_commit_limit(u8 mode, s64 *limit)
{
	s64 kbytes, ratio, swap = 0, admin, user, huge, ram;

	if ((IS_ENABLED(CONFIG_SWAP) && !ff_read_long(ff_data.swap_pages, &swap)) ||
	    !ff_read_long(ff_data.overcommit_kbytes, &kbytes) ||
	    !ff_read_int(ff_data.overcommit_ratio, &ratio) ||
	    !ff_read_long(ff_data.admin_reserve_kbytes, &admin) ||
	    !ff_read_long(ff_data.user_reserve_kbytes, &user) || !hugetlb_pages(&huge))
		return false;
	ram = (s64)totalram_pages();
	if (mode != 2) {
		*limit = ram + swap;
		return true;
	}
	if (kbytes)
		*limit = kbytes >> (PAGE_SHIFT - 10);
	else
		*limit = (ram - huge) * ratio / 100;
	*limit += swap;
	if (!cap_raised(current_cred()->cap_effective, CAP_SYS_ADMIN) ||
	    current_user_ns() != &init_user_ns)
		*limit -= admin >> (PAGE_SHIFT - 10);
	*limit -= min_t(s64, READ_ONCE(current->mm->total_vm) / 32, user >> (PAGE_SHIFT - 10));
	*limit = max_t(s64, *limit, 0);
	return true;
}

/**
 * ff_observe_overcommit - may overcommit have refused to copy the address space?
 * @o: the observation
 * @c: the running task's call
 *
 * Return: true if ff_observe_mappings() is needed to tell; until it has run, the two
 * looks in @o contradict each other.
 */
bool ff_observe_overcommit(struct ff_observation *o, const struct ff_call *c)
{
	s64 mode, most;

	o->overcommit_fits_before = true;
	o->overcommit_fits = true;
	if (!current->mm || !ff_data.committed || !ff_read_int(ff_data.overcommit_memory, &mode))
		return false;
	o->overcommit_mode = (u8)mode;
	if (mode == 1 || !ff_observe_commit_limit(o->overcommit_mode, &o->overcommit_limit))
		return false;
	o->overcommit_known = true;
	o->overcommit_in_use = mode == 2 ? ff_committed_pages() : 0;
	/* a witness tells whether it refused, but not for how many pages */
	if ((o->facts & FF_FACT_OVERCOMMIT_WITNESS) || (c->seen & BIT(FF_W_OVERCOMMIT)))
		return c->seen & BIT(FF_W_OVERCOMMIT);
	/* total_vm is an upper bound for what would have to be committed */
	most = (s64)READ_ONCE(current->mm->total_vm);
	if (mode == 2)
		most += max(c->committed, o->overcommit_in_use);
	/* without the note it is not known how much was committed when the call began */
	if (most < o->overcommit_limit && (mode == 0 || c->noted))
		return false;
	/* not known yet: let the two looks contradict each other */
	o->overcommit_fits = false;
	return true;
}

/* About the default of vm.max_map_count; a process with more mappings is not counted. */
#define MOST_MAPPINGS	65536

/* How often to try for the mmap lock, which the fork itself has just released. */
#define MOST_TRIES	2000

/*
 * Unloading waits for tasks in here, so they must not block: another thread may hold the
 * lock while it waits for a FUSE filesystem.
 */
static bool lock_mappings(struct mm_struct *mm)
{
	unsigned int i;

	for (i = 0; i < MOST_TRIES && !fatal_signal_pending(current); i++) {
		if (mmap_read_trylock(mm))
			return true;
		usleep_range(50, 100);
	}
	return false;
}

/**
 * ff_observe_mappings - count how many pages a copy of the address space has to commit
 * @o: the observation, for which ff_observe_overcommit() returned true
 * @c: the call that was passed to it
 *
 * May sleep.  In the observed task, when it returns to user space.
 */
void ff_observe_mappings(struct ff_observation *o, const struct ff_call *c)
{
	unsigned long all_pages, most_pages;
	s64 sum, largest;
	bool counted;

	/* a task that is exiting has no mm any more */
	if (!current->mm || !lock_mappings(current->mm))
		return;
	counted = ff_mm_accountable(current->mm, MOST_MAPPINGS, &all_pages, &most_pages);
	mmap_read_unlock(current->mm);
	if (!counted)
		return;
	sum = (s64)all_pages;
	largest = (s64)most_pages;
	if (o->overcommit_mode == 0) {
		o->overcommit_fits = largest <= o->overcommit_limit;
		o->overcommit_fits_before = o->overcommit_fits;
		o->overcommit_in_use = largest;
		o->overcommit_asked = largest;
	} else {
		o->overcommit_asked = sum;
		o->overcommit_fits = o->overcommit_in_use + sum < o->overcommit_limit;
		o->overcommit_fits_before = c->noted ?
			c->committed + sum < o->overcommit_limit : !o->overcommit_fits;
	}
}

/* ---- the OOM killer ------------------------------------------------------- */

/**
 * ff_oom_kills - count the processes that the OOM killer has killed, on the whole machine
 *
 * The sum of counters of each CPU, which may change while they are read.  If two sums are
 * the same, nobody was killed in between.
 *
 * Return: the sum.
 */
unsigned long ff_oom_kills(void)
{
	unsigned long sum = 0;
#ifdef CONFIG_VM_EVENT_COUNTERS
	int cpu;

	for_each_possible_cpu(cpu)
		/* as the kernel adds them up: without a lock or READ_ONCE() */
		sum += data_race(per_cpu(vm_event_states, cpu).event[OOM_KILL]);
#endif
	return sum;
}

/* ---- memory cgroups ------------------------------------------------------ */

#ifdef CONFIG_MEMCG
/*
 * A hook must not drop a reference, because it may be the last one.  So references are kept
 * to the task's own cgroup and to the first one that is neither that nor above it.  A cgroup
 * above one of these lives as long.
 */
static bool hold_memcg(struct ff_seen *c, struct mem_cgroup *memcg)
{
	const struct cgroup_subsys_state *it;
	struct cgroup_subsys_state *css;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(c->memcg_held); i++) {
		css = i ? &memcg->css : task_css_check(current, memory_cgrp_id, true);
		if (!c->memcg_held[i] && css_tryget(css))
			c->memcg_held[i] = css;
		for (it = c->memcg_held[i]; it; it = it->parent) {
			if (it != &memcg->css)
				continue;
			c->memcg = memcg;
			return true;
		}
	}
	c->memcg = NULL;
	return false;
}

/**
 * ff_observe_memcg_at_witness - read limit and usage of a memory cgroup that is full
 * @c: receives them, and references
 * @memcg: the cgroup, which the running task is charging
 * @pages: how many pages are to be charged
 *
 * ff_forget_memcg() drops the references.
 */
void ff_observe_memcg_at_witness(struct ff_seen *c, struct mem_cgroup *memcg, unsigned long pages)
{
	if (!memcg || !hold_memcg(c, memcg))
		return;
	c->memcg_in_use = (s64)page_counter_read(&memcg->memory);
	c->memcg_limit = (s64)READ_ONCE(memcg->memory.max);
	c->memcg_asked = (u32)pages;
	c->memcg_full = c->memcg_in_use + (s64)pages > c->memcg_limit;
	c->memcg_oom_disabled = ff_memcg_oom_disabled(memcg);
}

/**
 * ff_observe_kmem_at_witness - find the memory cgroup whose limit on kernel memory refused
 * @c: receives its limit and usage, and references
 * @counter: the counter that is uncharged: first that of all memory, then that of memory
 *	and swap, both of the cgroup that was to be charged
 * @pages: how many pages were to be charged
 *
 * The kernel charges from the running task's cgroup upwards and stops at the first level
 * that is full.  If none is full any more, it is not known which one refused.
 * ff_forget_memcg() drops the references.
 */
void ff_observe_kmem_at_witness(struct ff_seen *c, const struct page_counter *counter,
				unsigned long pages)
{
#ifdef FF_MEMCG_KMEM_COUNTER
	struct mem_cgroup *memcg = mem_cgroup_from_task(current);
	struct page_counter *kmem;

	if (!memcg || counter != &memcg->memory)
		return;
	c->memcg = NULL;
	c->memcg_asked = (u32)pages;
	for (kmem = &memcg->kmem; kmem; kmem = kmem->parent) {
		c->memcg_in_use = (s64)page_counter_read(kmem);
		c->memcg_limit = (s64)READ_ONCE(kmem->max);
		if (c->memcg_in_use + (s64)pages > c->memcg_limit)
			break;
	}
	if (kmem)
		hold_memcg(c, container_of(kmem, struct mem_cgroup, kmem));
#endif
}

/**
 * ff_task_memory_cgroup - get the running task's cgroup in the memory hierarchy
 *
 * Like ff_task_cgroup(), but for the memory controller.
 *
 * Return: the cgroup, without a reference.
 */
struct cgroup *ff_task_memory_cgroup(void)
{
	struct cgroup *cgrp = task_css_check(current, memory_cgrp_id, true)->cgroup;

	return ff_on_dfl(cgrp) ? task_css_set(current)->dfl_cgrp : cgrp;
}

/**
 * ff_memcg_cgroup - get the memory cgroup that the last witness saw
 * @c: what was seen
 *
 * Return: the cgroup, alive until ff_forget_memcg(); or NULL.
 */
struct cgroup *ff_memcg_cgroup(const struct ff_seen *c)
{
	return c->memcg ? c->memcg->css.cgroup : NULL;
}

/**
 * ff_forget_memcg - drop the references to memory cgroups
 * @c: what was seen
 *
 * Not from a hook.
 */
void ff_forget_memcg(struct ff_seen *c)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(c->memcg_held); i++) {
		if (c->memcg_held[i])
			css_put(c->memcg_held[i]);
		c->memcg_held[i] = NULL;
	}
	c->memcg = NULL;
}
#else
void ff_observe_memcg_at_witness(struct ff_seen *c, struct mem_cgroup *memcg, unsigned long pages)
{
}

void ff_observe_kmem_at_witness(struct ff_seen *c, const struct page_counter *counter,
				unsigned long pages)
{
}

struct cgroup *ff_task_memory_cgroup(void)
{
	return NULL;
}

struct cgroup *ff_memcg_cgroup(const struct ff_seen *c)
{
	return NULL;
}

void ff_forget_memcg(struct ff_seen *c)
{
}
#endif
