// SPDX-License-Identifier: GPL-2.0-only
/*
 * observe.c - reads kernel state when it tells something
 *
 * Three moments: before a check of the kernel's (a look), when a witness runs,
 * and when copy_process() returned an error.  All of it runs inside hooks:
 * preemption and interrupts may be off, so nothing sleeps, locks, prints or
 * allocates, and namespaces, credentials and cgroups are those of the running
 * task, which nobody else can free under it.  (What needs a lock the task does
 * on its way back: later.c.)
 *
 * Other CPUs change the counters meanwhile.  That is why a condition is looked
 * at twice, on both sides of the kernel's own look, and why what was seen once
 * is called inferred.
 */
#include <linux/fdtable.h>
#include <linux/oom.h>
#include <linux/pid_namespace.h>
#include <linux/sched/deadline.h>
#include <linux/sched/task_stack.h>
#include <linux/signal.h>
#include <linux/user_namespace.h>

#include "rules/classify.h"
#include "compat/compat.h"
#include "evidence/failure.h"
#include "evidence/later.h"
#include "evidence/look.h"
#include "evidence/observe.h"
#include "evidence/pids.h"
#include "hooks/points.h"
#include "journal/record.h"
#include "compat/symbols.h"
#include "evidence/syscall.h"
#include "evidence/trail.h"
#include "evidence/where.h"

/*
 * Does warn_alloc() mean that somebody does without the memory?  It is entered for
 * attempts that may fail, too, and returns at once: slab asks for a larger slab first,
 * kvmalloc() for memory in one piece, idr for a node beside those it has.  vmalloc()
 * gives up for good, and where it says so of itself the flags do not tell: up to 6.1
 * they are those that it asked for pages with.  What direct reclaim cannot have to
 * write pages out is not what it was called for.
 */
static bool gave_up(gfp_t gfp, const char *fmt)
{
	static const char vmalloc[] = "vmalloc";

	if (current->flags & PF_MEMALLOC)
		return false;
	return !(gfp & __GFP_NOWARN) || (fmt && !strncmp(fmt, vmalloc, sizeof(vmalloc) - 1));
}

/* What a witness's entry means, by its arguments; FF_NR_WITNESSES: nothing. */
static enum ff_witness look_at(struct ff_trail *t, struct ff_cold *c, u8 first, enum ff_step step,
			       const unsigned long *arg)
{
	const struct oom_control *oc;

	switch (first) {
	case FF_W_CAPABLE_RESOURCE:
		if (step != FF_STEP_COPY_CREDS)
			break;
		if (arg[0] == CAP_SYS_RESOURCE) {
			ff_look_nproc_at_witness(c);
			return FF_W_CAPABLE_RESOURCE;
		}
		if (arg[0] == CAP_SYS_ADMIN && (t->seen & BIT(FF_W_CAPABLE_RESOURCE)))
			return FF_W_CAPABLE_ADMIN;
		break;
	case FF_W_PIDS_EVENT:
		if (step == FF_STEP_CGROUP_CAN_FORK && ff_pids_witness(t, c, arg[0]))
			return FF_W_PIDS_EVENT;
		break;
	case FF_W_UCOUNT:
		ff_look_ucount_at_witness(c, (struct user_namespace *)arg[0],
					  KUIDT_INIT((uid_t)arg[1]), (int)arg[2]);
		return FF_W_UCOUNT;
	case FF_W_CGROUP_FOUND:
		if (step != FF_STEP_CGROUP_CAN_FORK)
			break;
		ff_cgroup_witness(c, (struct kernfs_node *)arg[1]);
		return FF_W_CGROUP_FOUND;
	case FF_W_MEMCG_RECLAIM:
		c->alloc = ff_where(step == FF_STEP_ENTRY);
		ff_look_memcg_at_witness(c, (struct mem_cgroup *)arg[0], arg[1]);
		return FF_W_MEMCG_RECLAIM;
	case FF_W_MEMCG_OOM:
		oc = (const struct oom_control *)arg[0];
		c->alloc = ff_where(step == FF_STEP_ENTRY);
		if (!oc->memcg)
			return FF_W_SYSTEM_OOM;
		c->oom_kills = ff_oom_kills();
		ff_look_memcg_at_witness(c, oc->memcg, 1UL << oc->order);
		return FF_W_MEMCG_OOM;
	case FF_W_KMEM_LIMIT:
		c->alloc = ff_where(step == FF_STEP_ENTRY);
		ff_look_kmem_at_witness(c, (const struct page_counter *)arg[0], arg[1]);
		return FF_W_KMEM_LIMIT;
	case FF_W_PAGE_ALLOC_FAILED:
		if (!gave_up((__force gfp_t)arg[0], (const char *)arg[2]))
			break;
		c->alloc = ff_where(step == FF_STEP_ENTRY);
		return FF_W_PAGE_ALLOC_FAILED;
	case FF_W_OVERCOMMIT:
		if (arg[1] && !strcmp((const char *)arg[1], "__vm_enough_memory"))
			return FF_W_OVERCOMMIT;
		break;
	default:
		return first;
	}
	return FF_NR_WITNESSES;
}

/**
 * ff_observe_witness - a function ran that only runs when something is wrong
 * @t: the running task's trail
 * @first: the (first) witness that its entry may be
 * @arg: its first three arguments
 *
 * From an entry hook, in the task itself.
 */
void ff_observe_witness(struct ff_trail *t, u8 first, const unsigned long *arg)
{
	enum ff_witness w;
	enum ff_step step;
	struct ff_cold *c;

	/* of the cgroups that are notified one after the other the first is meant */
	if (first == FF_W_PIDS_EVENT && (t->seen & BIT(FF_W_PIDS_EVENT)))
		return;
	step = ff_point_step(t->ip);
	c = ff_trail_cold(t);
	if (!c)
		return;
	rcu_read_lock();
	w = look_at(t, c, first, step, arg);
	if (w != FF_NR_WITNESSES) {
		t->seen |= BIT(w);
		c->at[w] = step;
		ff_rank_last(c->rank, w);
	}
	rcu_read_unlock();
}

/* The arguments are on the caller's stack, or they are not the arguments. */
static const struct kernel_clone_args *clone_args(const struct ff_trail *t)
{
	return object_is_on_stack(t->args) ? t->args : NULL;
}

/* The caller's descriptors, and how many it may have. */
static void observe_files(struct ff_observation *o)
{
	const struct fdtable *fdt;
	unsigned int i;

	o->nofile = rlimit(RLIMIT_NOFILE);
	o->nr_open_known = ff_read_int(ff_data.nr_open, &o->nr_open);
	if (!current->files)
		return;
	fdt = files_fdtable(current->files);
	/* another thread may open or close one meanwhile: either is right */
	i = data_race(find_last_bit(fdt->open_fds, fdt->max_fds));
	o->highest_fd = i < fdt->max_fds ? (s64)i : -1;
}

/*
 * A storm of failures pays for this each time: what no rule for this errno asks
 * about is not looked at.  True if the mappings have to be looked at, too.
 */
static noinline bool observe(struct ff_observation *o, const struct ff_trail *t, long err)
{
	const struct kernel_clone_args *args = clone_args(t);
	bool look_at_mappings = false;
	s64 threads, max;

	memset(o, 0, sizeof(*o));
	o->err = err;
	o->facts = FF_KERNEL_FACTS | ff_memcg_facts();
	o->step = ff_point_step(t->ip);
	o->blind = READ_ONCE(ff_blind_steps);
	/* a witness that found no room is as good as one that is not watched */
	o->blind_w = t->unheard ? ~0U : READ_ONCE(ff_blind_witnesses);
	o->seen = t->seen;
	if (t->cold) {
		memcpy(o->at, t->cold->at, sizeof(o->at));
		memcpy(o->rank, t->cold->rank, sizeof(o->rank));
	}
	if (o->seen & BIT(FF_W_CANCEL_FORK))
		o->step = FF_STEP_LATE;
	if (args) {
		o->have_args = true;
		o->flags = args->flags;
		o->kind = ff_args_kind(args);
		if (err != -EAGAIN && err != -ENOMEM)
			ff_look_namespaces(o, args);
	}
	if (current->flags & PF_KTHREAD)
		o->kind = FORKFAIL_KIND_KTHREAD;
	o->dying = fatal_signal_pending(current);
	/* whoever changes that at this moment has the answer that was or the one that will be */
	o->deadline = data_race(dl_prio(current->normal_prio) && !current->sched_reset_on_fork);

	o->has_sys_admin = current_user_ns() == &init_user_ns &&
			   cap_raised(current_cred()->cap_effective, CAP_SYS_ADMIN);
	if (err == -EAGAIN)
		ff_look_nproc(o, t);
	o->threads_known = ff_read_int(ff_data.nr_threads, &threads) &&
			   ff_read_int(ff_data.max_threads, &max);
	if (o->threads_known) {
		o->threads = threads;
		o->threads_max = max;
	}
	/* behind it only that a namespace is dead is of interest */
	if (o->step == FF_STEP_ALLOC_PID || o->blind ||
	    (o->step > FF_STEP_ALLOC_PID && err == -ENOMEM))
		ff_look_pid(o, t);
	ff_pids_observe(o, t);
	if (err == -ENOMEM && !(o->flags & CLONE_VM) &&
	    (o->step == FF_STEP_MM_INIT || o->blind))
		look_at_mappings = ff_look_overcommit(o, t);
	if (t->cold && t->cold->memcg) {
		o->memcg_known = true;
		o->memcg_full = t->cold->memcg_full;
		o->memcg_oom_disabled = t->cold->memcg_oom_disabled;
		o->memcg_limit = t->cold->memcg_limit;
		o->memcg_in_use = t->cold->memcg_in_use;
	}
	if (o->seen & BIT(FF_W_MEMCG_OOM))
		o->oom_killed = !IS_ENABLED(CONFIG_VM_EVENT_COUNTERS) ||
				ff_oom_kills() != t->cold->oom_kills;
	o->ucount.named = -1;
	o->ucount.full = -1;
	if (o->seen & BIT(FF_W_UCOUNT)) {
		o->ucount.known = true;
		o->ucount.full = t->cold->ucount_full;
		o->ucount.limit = t->cold->ucount_limit;
		o->ucount.in_use = t->cold->ucount_in_use;
	}
	o->has_io_context = current->io_context;
	o->shadow_stack = ff_shadow_stack();
	if (err == -EMFILE)
		observe_files(o);
	return look_at_mappings;
}

static bool is_memcg(u8 cause)
{
	return cause == FORKFAIL_MEMCG_LIMIT || cause == FORKFAIL_MEMCG_V1_OOM_DISABLED ||
	       cause == FORKFAIL_MEMCG_V1_KMEM_LIMIT;
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
		if (v->cause == FORKFAIL_PIDS_MAX || v->cause == FORKFAIL_PIDS_MAX_ANCESTOR)
			obj->cgrp = ff_pids_cgroup_at(t, level);
		else if (t->cold && is_memcg(v->cause))
			obj->cgrp = ff_memcg_cgroup(t->cold);
		else if (t->cold && v->cause == FORKFAIL_CGROUP_PERM)
			obj->cgrp = t->cold->judged;
		else if (t->cold)
			obj->cgrp = t->cold->target;
		break;
	case FORKFAIL_SCOPE_USER:
	case FORKFAIL_SCOPE_USERNS:
		if (v->unit == FORKFAIL_UNIT_COUNT) {
			obj->uid = t->cold->ucount_uid;
			obj->inum = t->cold->ucount_inum;
			obj->id = t->cold->ucount_ns;
			break;
		}
		if (v->unit == FORKFAIL_UNIT_LEVELS) {
			obj->uid = current_euid();
			obj->inum = current_user_ns()->ns.inum;
			obj->id = ff_ns_id(current_user_ns());
			break;
		}
		ff_nproc_start(&w, current_cred());
		while (ff_nproc_valid(&w) && level--)
			ff_nproc_next(&w);
		if (ff_nproc_valid(&w)) {
			obj->uid = ff_nproc_uid(&w);
			obj->inum = ff_nproc_ns(&w)->ns.inum;
			obj->id = ff_ns_id(ff_nproc_ns(&w));
		}
		break;
	case FORKFAIL_SCOPE_PIDNS:
		ns = ff_pidns_at(level);
		if (ns) {
			obj->inum = ns->ns.inum;
			obj->id = ff_pidns_id(ns);
			obj->level = ns->level;
		}
		break;
	}
}

/**
 * ff_observe_end - drop what witnesses hold
 * @c: what they saw
 *
 * From the return hook, or when the hooks are gone.
 */
void ff_observe_end(struct ff_cold *c)
{
	ff_pids_forget(c);
	ff_cgroup_forget(c);
	ff_forget_memcg(c);
}

/* Under the RCU read lock. */
static void conclude(const struct ff_observation *o, const struct ff_trail *t)
{
	struct ff_failure f = {
		.err = o->err,
		.kind = o->kind,
		.step = o->step,
		.has_flags = o->have_args,
		.flags = o->flags,
		.first_in = ff_left_without_first(o),
	};
	struct ff_verdict v;

	ff_classify(o, &v);
	if (v.unit == FORKFAIL_UNIT_BYTES) {
		v.limit = ff_pages_to_bytes(v.limit);
		v.in_use = ff_pages_to_bytes(v.in_use);
	}
	find_object(&f.object, &v, t);
	if (t->cold && (is_memcg(v.cause) || v.cause == FORKFAIL_SYSTEM_MEMORY))
		f.alloc = t->cold->alloc;
	if (is_memcg(v.cause))
		f.asker = ff_task_memory_cgroup();
	ff_record(&f, &v);
}

/**
 * struct uncounted - a failure of which the mappings have to be looked at
 * @t: the trail
 * @c: what it points to
 * @o: what is known so far
 */
struct uncounted {
	struct ff_trail t;
	struct ff_cold c;
	struct ff_observation o;
};

static void count(void *data)
{
	struct uncounted *u = data;

	ff_look_at_mappings(&u->o, &u->t);
	rcu_read_lock();
	conclude(&u->o, &u->t);
	rcu_read_unlock();
	if (u->t.cold)
		ff_observe_end(u->t.cold);
}

/* Takes over what witnesses hold; false if it has to be concluded now. */
static bool conclude_later(const struct ff_observation *o, struct ff_trail *t)
{
	struct uncounted *u = ff_later_claim();

	BUILD_BUG_ON(sizeof(*u) > FF_LATER_BYTES);
	if (!u)
		return false;
	u->o = *o;
	u->t = *t;
	if (t->cold) {
		u->c = *t->cold;
		u->t.cold = &u->c;
	}
	if (!ff_later_run(u, count))
		return false;
	if (t->cold)
		memset(t->cold, 0, sizeof(*t->cold));
	return true;
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

	rcu_read_lock();
	if (!observe(&o, t, err) || !conclude_later(&o, t))
		conclude(&o, t);
	rcu_read_unlock();
	ff_syscall_has_failed();
}

static noinline void refused(const struct kernel_clone_args *args)
{
	struct ff_trail t = { .args = args };
	struct ff_observation o;

	rcu_read_lock();
	observe(&o, &t, -EINVAL);
	o.step = FF_STEP_KERNEL_CLONE;
	conclude(&o, &t);
	rcu_read_unlock();
	ff_syscall_has_failed();
}

/**
 * ff_observe_clone - kernel_clone() is entered; will it refuse at once?
 * @args: its argument
 *
 * From an entry hook, on the way of every fork: short.  What it checks before
 * it calls copy_process() are its arguments alone, so the answer is certain
 * before it is given.
 */
void ff_observe_clone(const struct kernel_clone_args *args)
{
	bool same = (args->flags & CLONE_PIDFD) && (args->flags & CLONE_PARENT_SETTID) &&
		    args->pidfd == args->parent_tid;

	ff_syscall_cloned();
	if (likely(!same && valid_signal(args->exit_signal)))
		return;
	if (same || FF_EXIT_SIGNAL_KNOWN)
		refused(args);
	else
		ff_syscall_may_refuse(FORKFAIL_EXIT_SIGNAL_INVALID);
}
