// SPDX-License-Identifier: GPL-2.0-only
/*
 * observe.c - reads kernel state when it tells something
 *
 * Three moments: before a check of the kernel's (a look), when a witness runs,
 * and when copy_process() returned an error.  All of it runs inside hooks:
 * preemption and interrupts may be off, so nothing sleeps, locks, prints or
 * allocates, and namespaces, credentials and cgroups are those of the running
 * task, which nobody else can free under it.
 *
 * Other CPUs change the counters meanwhile.  That is why a condition is looked
 * at twice, on both sides of the kernel's own look, and why what was seen once
 * is called inferred.
 */
#include <linux/hugetlb.h>
#include <linux/idr.h>
#include <linux/jhash.h>
#include <linux/memcontrol.h>
#include <linux/mmap_lock.h>
#include <linux/nsproxy.h>
#include <linux/oom.h>
#include <linux/pid_namespace.h>
#include <linux/radix-tree.h>
#include <linux/sched/deadline.h>
#include <linux/sched/task_stack.h>
#include <linux/swap.h>
#include <linux/ktime.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

#include "compat.h"
#include "journal.h"
#include "observe.h"
#include "pids.h"
#include "symbols.h"
#include "trail.h"
#include "watch.h"
#include "where.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

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
			*full = level;
			*limit = w.max;
			*in_use = value + pending - 1;
		}
	}
	*levels = level;
}

static void observe_nproc(struct ff_observation *o, const struct ff_trail *t)
{
	struct ff_hierarchy *h = &o->nproc;
	s8 full, nr_full;

	o->has_sys_admin = current_user_ns() == &init_user_ns &&
			   cap_raised(current_cred()->cap_effective, CAP_SYS_ADMIN);
	look_at_nproc(1, &full, &nr_full, &h->levels, &h->limit, &h->in_use);
	h->known = true;
	h->named = -1;
	h->full_after = nr_full;
	h->full = full;
	if (o->seen & BIT(FF_W_CAPABLE_RESOURCE)) {
		h->full_before = t->nproc_nr_full;
		if (t->nproc_full != full)
			h->full = -1;
		if (t->nproc_full >= 0) {
			h->limit = t->nproc_limit;
			h->in_use = t->nproc_in_use;
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
	return READ_ONCE(ns->pid_allocated) & ~PIDNS_ADDING;
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
	return !has_free_number(&ns->idr, lowest_number(ns), max);
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
static struct pid_namespace *pidns_for_children(void)
{
	return current->nsproxy ? current->nsproxy->pid_ns_for_children : NULL;
}

/* The level that is dead, counted from the innermost, or -1. */
static int dead_pidns_level(const struct pid_namespace *ns)
{
	int i;

	for (i = 0; ns && i < FF_MAX_LEVELS; ns = ns->parent, i++) {
		if (!(READ_ONCE(ns->pid_allocated) & PIDNS_ADDING))
			return i;
		if (!FF_PIDNS_DEAD_ANY_LEVEL)
			break;
	}
	return -1;
}

static struct pid_namespace *pidns_at(int level)
{
	struct pid_namespace *ns = pidns_for_children();

	while (ns && level--)
		ns = ns->parent;
	return ns;
}

static void observe_pid(struct ff_observation *o, const struct ff_trail *t)
{
	struct pid_namespace *ns = pidns_for_children(), *it;
	struct ff_hierarchy *h = &o->pid;
	u64 full;
	s64 max;

	h->named = -1;
	h->full = -1;
	if (!ns)
		return;
	full = full_pidns_levels(ns);
	h->levels = ns->level + 1;
	h->full_before = hweight64(t->pid_full);
	h->full_after = hweight64(full);
	h->known = pid_max_of(ns, &max);
	if (h->levels == 1)
		h->full = 0;
	else if (full && t->pid_full && __ffs64(full) == __ffs64(t->pid_full))
		h->full = __ffs64(full);
	if (h->full >= 0) {
		it = pidns_at(h->full);
		pid_max_of(it, &max);
		o->pid_wrapped = lowest_number(it) == RESERVED_PIDS &&
				 has_free_number(&it->idr, 1, RESERVED_PIDS);
		h->limit = o->pid_wrapped ? max - RESERVED_PIDS : max;
		h->in_use = o->pid_wrapped ? max - RESERVED_PIDS : pids_allocated(it);
	}

	o->pidns_dead_level = dead_pidns_level(ns);
	o->pidns_dead = o->pidns_dead_level >= 0;
	o->pidns_dead_before = t->pidns_dead;
	o->pidns_no_reaper = !READ_ONCE(ns->child_reaper);
}

/* ---- overcommit ---------------------------------------------------------- */

/* hugetlb_total_pages() is not for modules. */
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
		*pages += (s64)huge << order;
	}
#endif
	return true;
}

/* As __vm_enough_memory() computes it in 5.10 to 7.2. */
static bool commit_limit(const struct ff_observation *o, s64 *limit)
{
	s64 kbytes, ratio, swap, admin, user, huge;

	if (!ff_read_long(ff_data.total_swap_pages, &swap) ||
	    !ff_read_long(ff_data.overcommit_kbytes, &kbytes) ||
	    !ff_read_int(ff_data.overcommit_ratio, &ratio) ||
	    !ff_read_long(ff_data.admin_reserve_kbytes, &admin) ||
	    !ff_read_long(ff_data.user_reserve_kbytes, &user) || !hugetlb_pages(&huge))
		return false;
	if (o->overcommit_mode != 2) {
		*limit = totalram_pages() + swap;
		return true;
	}
	if (kbytes)
		*limit = kbytes >> (PAGE_SHIFT - 10);
	else
		*limit = ((s64)totalram_pages() - huge) * ratio / 100;
	*limit += swap;
	if (!cap_raised(current_cred()->cap_effective, CAP_SYS_ADMIN) ||
	    current_user_ns() != &init_user_ns)
		*limit -= admin >> (PAGE_SHIFT - 10);
	*limit -= min_t(s64, current->mm->total_vm / 32, user >> (PAGE_SHIFT - 10));
	return true;
}

/* Mappings that are looked at in a fork that overcommit may have refused. */
#define MOST_MAPPINGS	4096

static void observe_overcommit(struct ff_observation *o, const struct ff_trail *t)
{
	unsigned long sum = 0, largest = 0;
	struct mm_struct *mm = current->mm;
	bool counted = false;
	s64 mode;

	o->overcommit_fits_before = true;
	o->overcommit_fits = true;
	if (!mm || !ff_data.committed || !ff_read_int(ff_data.overcommit_memory, &mode))
		return;
	o->overcommit_mode = mode;
	if (mode == 1 || !commit_limit(o, &o->overcommit_limit))
		return;
	o->overcommit_known = true;
	o->overcommit_in_use = ff_committed_pages();
	/* in mode 2 a witness tells all that is to be known */
	if (mode == 2 && (o->facts & FF_FACT_OVERCOMMIT_WITNESS))
		return;
	if (mmap_read_trylock(mm)) {
		counted = ff_mm_accountable(mm, MOST_MAPPINGS, &sum, &largest);
		mmap_read_unlock(mm);
	}
	if (!counted) {
		/* either may be: one look says yes, the other no */
		o->overcommit_fits = false;
		if (mode == 0)
			o->overcommit_in_use = 0;
	} else if (mode == 0) {
		o->overcommit_fits_before = o->overcommit_fits = largest <= o->overcommit_limit;
		o->overcommit_in_use = largest;
	} else {
		o->overcommit_fits_before = t->committed + sum < o->overcommit_limit;
		o->overcommit_fits = o->overcommit_in_use + sum < o->overcommit_limit;
	}
}

/* ---- memory cgroups ------------------------------------------------------ */

#ifdef CONFIG_MEMCG
/*
 * @memcg is the argument of a function that charges on behalf of the running
 * task; the reference lasts until the task's return has been dealt with.
 */
static void witness_memcg(struct ff_trail *t, struct mem_cgroup *memcg)
{
	if (!memcg)
		return;
	if ((t->seen & BIT(FF_W_MEMCG_RECLAIM)) && t->memcg != memcg) {
		if (t->memcg)
			css_put(&t->memcg->css);
		t->memcg = NULL;
	}
	if (!(t->seen & BIT(FF_W_MEMCG_RECLAIM)) || !t->memcg)
		t->memcg = css_tryget(&memcg->css) ? memcg : NULL;
	t->seen |= BIT(FF_W_MEMCG_RECLAIM);
	t->at[FF_W_MEMCG_RECLAIM] = ff_watch_step(t->ip);
	if (!t->memcg)
		return;
	t->memcg_in_use = page_counter_read(&memcg->memory);
	t->memcg_limit = READ_ONCE(memcg->memory.max);
}

static struct cgroup *memcg_cgroup(const struct ff_trail *t)
{
	return t->memcg ? t->memcg->css.cgroup : NULL;
}

static void put_memcg(struct ff_trail *t)
{
	if ((t->seen & BIT(FF_W_MEMCG_RECLAIM)) && t->memcg)
		css_put(&t->memcg->css);
}
#else
static void witness_memcg(struct ff_trail *t, struct mem_cgroup *memcg)
{
}

static struct cgroup *memcg_cgroup(const struct ff_trail *t)
{
	return NULL;
}

static void put_memcg(struct ff_trail *t)
{
}
#endif

/* ---- the three moments --------------------------------------------------- */

/**
 * ff_observe_before - look at what the kernel is about to look at
 * @t: the running task's trail
 * @ip: the function that it enters
 *
 * From an entry hook, on the way of a fork that most likely succeeds: keep it
 * short.  Preemption may be on.
 */
void ff_observe_before(struct ff_trail *t, unsigned long ip)
{
	enum ff_step step = ff_watch_step(ip);
	struct pid_namespace *ns;

	if (step == FF_STEP_MM_INIT && !(FF_KERNEL_FACTS & FF_FACT_OVERCOMMIT_WITNESS))
		t->committed = ff_committed_pages();
	if (step != FF_STEP_ALLOC_PID)
		return;
	ns = pidns_for_children();
	if (!ns)
		return;
	t->pidns_dead = dead_pidns_level(ns) >= 0;
	/* with one level only there is no question which one is full */
	if (ns->level) {
		rcu_read_lock();
		t->pid_full = full_pidns_levels(ns);
		rcu_read_unlock();
	}
}

static void saw(struct ff_trail *t, enum ff_witness w)
{
	t->seen |= BIT(w);
	t->at[w] = ff_watch_step(t->ip);
}

/**
 * ff_observe_witness - a function ran that only runs when something is wrong
 * @t: the running task's trail
 * @first: the (first) witness that its entry may be
 * @arg0: its first argument
 * @arg1: its second argument
 *
 * From an entry hook, in the task itself.
 */
void ff_observe_witness(struct ff_trail *t, u8 first, unsigned long arg0, unsigned long arg1)
{
	u8 levels;

	rcu_read_lock();
	switch (first) {
	case FF_W_CAPABLE_RESOURCE:
		if (ff_watch_step(t->ip) != FF_STEP_COPY_CREDS)
			break;
		if (arg0 == CAP_SYS_RESOURCE) {
			look_at_nproc(0, &t->nproc_full, &t->nproc_nr_full, &levels,
				      &t->nproc_limit, &t->nproc_in_use);
			saw(t, FF_W_CAPABLE_RESOURCE);
		} else if (arg0 == CAP_SYS_ADMIN && (t->seen & BIT(FF_W_CAPABLE_RESOURCE))) {
			saw(t, FF_W_CAPABLE_ADMIN);
		}
		break;
	case FF_W_PIDS_EVENT:
		if (!(t->seen & BIT(FF_W_PIDS_EVENT)) &&
		    ff_watch_step(t->ip) == FF_STEP_CGROUP_CAN_FORK &&
		    ff_pids_witness(t, arg0))
			saw(t, FF_W_PIDS_EVENT);
		break;
	case FF_W_MEMCG_RECLAIM:
		t->alloc = ff_where(ff_watch_step(t->ip) == FF_STEP_ENTRY);
		witness_memcg(t, (struct mem_cgroup *)arg0);
		break;
	case FF_W_PAGE_ALLOC_FAILED:
		t->alloc = ff_where(ff_watch_step(t->ip) == FF_STEP_ENTRY);
		saw(t, first);
		break;
	case FF_W_MEMCG_OOM:
		t->alloc = ff_where(ff_watch_step(t->ip) == FF_STEP_ENTRY);
		if (((struct oom_control *)arg0)->memcg) {
			witness_memcg(t, ((struct oom_control *)arg0)->memcg);
			saw(t, FF_W_MEMCG_OOM);
		} else {
			saw(t, FF_W_SYSTEM_OOM);
		}
		break;
	case FF_W_OVERCOMMIT:
		if (arg1 && !strcmp((const char *)arg1, "__vm_enough_memory"))
			saw(t, FF_W_OVERCOMMIT);
		break;
	default:
		saw(t, first);
	}
	rcu_read_unlock();
}

/* The arguments are on the caller's stack, or they are not the arguments. */
static const struct kernel_clone_args *clone_args(const struct ff_trail *t)
{
	return object_is_on_stack(t->args) ? t->args : NULL;
}

static noinline void observe(struct ff_observation *o, const struct ff_trail *t, long err)
{
	const struct kernel_clone_args *args = clone_args(t);
	s64 threads, max;

	memset(o, 0, sizeof(*o));
	o->err = err;
	o->facts = FF_KERNEL_FACTS;
	o->step = ff_watch_step(t->ip);
	o->blind = ff_watch.blind;
	o->blind_w = ff_watch.blind_w;
	o->seen = t->seen;
	memcpy(o->at, t->at, sizeof(o->at));
	if (o->step == FF_STEP_CGROUP_CAN_FORK && (o->seen & BIT(FF_W_CANCEL_FORK)))
		o->step = FF_STEP_LATE;
	if (args) {
		o->have_args = true;
		o->flags = args->flags;
		o->kind = ff_args_kind(args);
	}
	if (current->flags & PF_KTHREAD)
		o->kind = FORKFAIL_KIND_KTHREAD;
	o->dying = fatal_signal_pending(current);
	o->deadline = dl_prio(current->normal_prio) && !current->sched_reset_on_fork;

	observe_nproc(o, t);
	o->threads_known = ff_read_int(ff_data.nr_threads, &threads) &&
			   ff_read_int(ff_data.max_threads, &max);
	if (o->threads_known) {
		o->threads = threads;
		o->threads_max = max;
	}
	if (o->step >= FF_STEP_ALLOC_PID || o->blind)
		observe_pid(o, t);
	ff_pids_observe(o, t);
	if (err == -ENOMEM && !(o->flags & CLONE_VM) &&
	    (o->step == FF_STEP_MM_INIT || o->blind))
		observe_overcommit(o, t);
	if ((o->seen & BIT(FF_W_MEMCG_RECLAIM)) && t->memcg) {
		o->memcg_known = true;
		o->memcg_limit = t->memcg_limit;
		o->memcg_in_use = t->memcg_in_use;
	}
}

static void fill_who(struct ff_who *w)
{
	struct pid *pid = task_pid(current), *tgid = task_tgid(current);
	struct pid_namespace *ns;
	int i;

	w->pid = task_pid_nr(current);
	w->tgid = task_tgid_nr(current);
	w->uid = current_uid();
	/* get_task_comm() locks; a name that changes meanwhile is still a string */
	strscpy(w->comm, current->comm, sizeof(w->comm));
	w->levels = min_t(int, pid->level + 1, FF_PID_LEVELS);
	for (i = 0; i < w->levels; i++) {
		ns = pid->numbers[i].ns;
		w->numbers[i].inum = ns->ns.inum;
		w->numbers[i].pid = pid->numbers[i].nr;
		w->numbers[i].tgid = tgid->numbers[i].nr;
		w->numbers[i].init_start = ff_pidns_start(ns);
	}
	w->pidns = task_active_pid_ns(current)->ns.inum;
	w->userns = current_user_ns()->ns.inum;
}

/* What the verdict's level is, in the hierarchy of its scope. */
static void find_object(struct ff_object *obj, const struct ff_verdict *v,
			const struct ff_trail *t)
{
	struct ff_nproc_walk w;
	struct pid_namespace *ns;
	int level = v->level;

	switch (v->scope) {
	case FORKFAIL_SCOPE_CGROUP:
		obj->cgrp = v->cause == FORKFAIL_MEMCG_LIMIT ? memcg_cgroup(t) :
			    ff_pids_cgroup_at(t, level);
		break;
	case FORKFAIL_SCOPE_USER:
	case FORKFAIL_SCOPE_USERNS:
		ff_nproc_start(&w, current_cred());
		while (ff_nproc_valid(&w) && level--)
			ff_nproc_next(&w);
		if (ff_nproc_valid(&w)) {
			obj->uid = ff_nproc_uid(&w);
			obj->inum = ff_nproc_ns(&w)->ns.inum;
		}
		break;
	case FORKFAIL_SCOPE_PIDNS:
		ns = pidns_at(level);
		if (ns) {
			obj->inum = ns->ns.inum;
			obj->level = ns->level;
		}
		break;
	}
}

/* A first task that got its number and then failed: see pidns-poisoned-by-first-fork. */
static u32 left_without_first(const struct ff_observation *o)
{
	const struct pid_namespace *ns = pidns_for_children();

	if (!(o->facts & FF_FACT_PIDNS_POISON) || o->step <= FF_STEP_ALLOC_PID || !ns ||
	    (o->flags & CLONE_NEWPID) || READ_ONCE(ns->child_reaper))
		return 0;
	return ns->ns.inum;
}

static noinline void record(const struct ff_observation *o, const struct ff_verdict *v,
			    const struct ff_trail *t)
{
	struct ff_object obj = {};
	struct ff_record *r;
	struct cgroup *asker = ff_task_cgroup(current);
	u32 base, key;

	find_object(&obj, v, t);
	base = jhash_3words(v->cause | o->step << 8 | v->proof << 16 | o->kind << 24,
			    (u32)(unsigned long)obj.cgrp ^ obj.inum,
			    __kuid_val(obj.uid), __kuid_val(current_uid()));
	base = jhash_3words((u32)(unsigned long)asker, -o->err,
			    (u32)o->flags ^
			    jhash(current->comm, strnlen(current->comm, TASK_COMM_LEN), 0), base);
	key = jhash_1word(task_tgid_nr(current), base);

	r = ff_journal_begin(key, base);
	if (!r)
		return;
	r->time = ktime_get_real_ns();
	r->err = o->err;
	r->flags = o->flags;
	r->kind = o->kind;
	r->step = o->step;
	r->has_flags = o->have_args;
	if (v->cause == FORKFAIL_MEMCG_LIMIT || v->cause == FORKFAIL_SYSTEM_MEMORY)
		r->alloc = t->alloc;
	r->first_in = left_without_first(o);
	r->verdict = *v;
	fill_who(&r->who);
	r->object = obj;
	if (obj.cgrp && !css_tryget(&obj.cgrp->self))
		r->object.cgrp = NULL;
	r->asker = asker && css_tryget(&asker->self) ? asker : NULL;
	ff_journal_commit(r);
}

static s64 pages_to_bytes(s64 pages)
{
	return pages > S64_MAX >> PAGE_SHIFT ? S64_MAX : pages << PAGE_SHIFT;
}

/**
 * ff_observe_failure - copy_process() returned an error
 * @t: the running task's trail
 * @err: the error, negative
 *
 * From the return hook: interrupts may be off, and on 5.10 a lock of kretprobe's
 * is held.
 */
void ff_observe_failure(struct ff_trail *t, long err)
{
	struct ff_observation o;
	struct ff_verdict v;

	rcu_read_lock();
	observe(&o, t, err);
	ff_classify(&o, &v);
	if (v.unit == FORKFAIL_UNIT_BYTES) {
		v.limit = pages_to_bytes(v.limit);
		v.in_use = pages_to_bytes(v.in_use);
	}
	ff_journal_count(v.cause);
	if (!v.restart) {
		trace_failure(&o, &v);
		record(&o, &v, t);
		ff_journal_raise();
	}
	ff_pids_forget(t);
	put_memcg(t);
	rcu_read_unlock();
}
