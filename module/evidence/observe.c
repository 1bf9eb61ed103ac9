// SPDX-License-Identifier: GPL-2.0-only
/*
 * observe.c - when a failing call's return value is known, takes the observation and has
 * it classified
 *
 * Kernel state is read at three moments: when kernel_clone() is entered (clone_entry.c),
 * when a witness runs or a child is given up (witness.c, dead_child.c), and here.  The
 * first two are inside hooks.  Namespaces, credentials and cgroups are those of the
 * running task, so nobody else can free them meanwhile.
 *
 * Other CPUs change the counters all the time.  So each condition is checked twice, before
 * and after the kernel's own check, and what held only once is called inferred.  "Before"
 * is when kernel_clone() is entered, or when a witness of the refusal itself runs; "after"
 * is when the return value is known.
 */
#include <linux/fdtable.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/user_namespace.h>

#include "compat/compat.h"
#include "compat/symbols.h"
#include "evidence/blind.h"
#include "evidence/clone_entry.h"
#include "evidence/clone_note.h"
#include "evidence/cross_check.h"
#include "evidence/dead_child.h"
#include "evidence/failing_call.h"
#include "evidence/failure.h"
#include "evidence/fork_syscall.h"
#include "evidence/memory.h"
#include "evidence/namespaces.h"
#include "evidence/observe.h"
#include "evidence/pid_namespace.h"
#include "evidence/pids_controller.h"
#include "evidence/restart_loop.h"
#include "evidence/set_tid.h"
#include "evidence/witness.h"
#include "journal/counts_by_cause.h"
#include "journal/record.h"
#include "rules/classify.h"
#include "rules/match.h"

#define W(w)	BIT(FF_W_##w)

u32 ff_blind_steps = ~0U, ff_blind_witnesses = ~0U;
bool ff_blind_children, ff_stages_doubted;

/* The caller's file descriptors and their limits. */
static void observe_files(struct ff_observation *o)
{
	const struct fdtable *fdt;
	unsigned int i;

	o->nofile = rlimit(RLIMIT_NOFILE);
	o->nr_open_known = ff_read_int(ff_data.nr_open, &o->nr_open);
	if (!current->files)
		return;
	fdt = files_fdtable(current->files);
	/* accepted: another thread may open or close a file at this moment */
	i = data_race(find_last_bit(fdt->open_fds, fdt->max_fds));
	o->highest_fd = i < fdt->max_fds ? (s64)i : -1;
}

/* Where kernels check RLIMIT_NPROC: the one or the other. */
#define NPROC_STEPS	(BIT(FF_STEP_COPY_CREDS) | BIT(FF_STEP_TASK_LIMITS))

#define NAMESPACE_STEPS	GENMASK(FF_STEP_COPY_TIME_NS, FF_STEP_NEW_NAMESPACES)

/* The steps (bits) that may have failed, by everything that is known. */
static u32 possible_steps(const struct ff_call *c)
{
	u32 steps = c->stage;

	if (!c->dead_child && (READ_ONCE(ff_blind_steps) & BIT(FF_STEP_ENTRY)))
		return GENMASK(FF_STEP_LAST_CHECKS, FF_STEP_ENTRY);
	if (!c->dead_child)
		return BIT(FF_STEP_ENTRY);
	if (READ_ONCE(ff_stages_doubted))
		return GENMASK(FF_STEP_LAST_CHECKS, FF_STEP_ENTRY);
	if (steps != BIT(FF_STEP_LAST_CHECKS) && (c->seen & W(CANCEL_FORK)))
		return BIT(FF_STEP_LATE);
	if (steps == (BIT(FF_STEP_CGROUP_CAN_FORK) | BIT(FF_STEP_LATE)) &&
	    !c->missed_witness && !(READ_ONCE(ff_blind_witnesses) & W(CANCEL_FORK)))
		steps = BIT(FF_STEP_CGROUP_CAN_FORK);
	/* without the note it is not known which namespace failed */
	if ((steps & BIT(FF_STEP_COPY_NAMESPACES)) && !c->noted)
		steps |= NAMESPACE_STEPS;
	/* a namespace whose hook is missing may have been reached after the noted one */
	if (steps & (BIT(FF_STEP_COPY_NAMESPACES) | NAMESPACE_STEPS))
		steps |= READ_ONCE(ff_blind_steps) & NAMESPACE_STEPS & ~(BIT(__ffs(steps)) - 1);
	return steps;
}

/*
 * Fill in @o, which is zeroed.  In a storm this runs for every failure, so state is not
 * read if no rule for this errno asks for it.  The caller holds the RCU read lock.
 * Return: true if the mappings have to be counted as well.
 */
static bool observe(struct ff_observation *o, struct ff_call *c, long err)
{
	const struct ff_arguments *a = &c->args;
	const struct ff_seen *s = ff_call_seen(c);
	bool must_count = false;
	u32 noted;
	s64 max;

	o->err = err;
	o->facts = FF_KERNEL_FACTS | ff_memcg_facts();
	o->steps = possible_steps(c);
	o->step = __ffs(o->steps);
	o->blind_w = READ_ONCE(ff_blind_witnesses);
	/* without the note it is not known which of these witnesses ran */
	if (!c->noted)
		o->blind_w |= FF_NOTED_WITNESSES;
	if (c->missed_witness)
		o->blind_w = ~0U;
	/* what the kernel does not have cannot have run */
	if (!FF_SECURITY_CREATE_USER_NS)
		o->blind_w &= ~BIT(FF_W_USERNS_LSM);
	o->seen = c->seen;
	memcpy(o->at, s->at, sizeof(o->at));
	memcpy(o->rank, s->rank, sizeof(o->rank));
	/* a note does not say at which step they ran */
	for (noted = c->seen & FF_NOTED_WITNESSES; noted; noted &= noted - 1)
		o->at[__ffs(noted)] = FF_NR_STEPS;
	o->have_args = a->known;
	o->flags = a->flags;
	o->kind = a->kind;
	o->exit_signal = a->exit_signal;
	o->pidfd_is_parent_tid = a->pidfd_is_parent_tid;
	o->tls = a->tls;
	o->set_tid_size = a->set_tid_size;
	o->set_tid_bad = a->set_tid_bad;
	if (a->known && err != -EAGAIN && err != -ENOMEM)
		ff_observe_namespaces(o);
	if (current->flags & PF_KTHREAD)
		o->kind = FORKFAIL_KIND_KTHREAD;
	o->dying = c->dead_child ? c->dying :
		   fatal_signal_pending(current) || (current->flags & PF_EXITING);

	o->has_sys_admin = current_user_ns() == &init_user_ns &&
			   cap_raised(current_cred()->cap_effective, CAP_SYS_ADMIN);
	if (err == -EAGAIN && (o->steps & NPROC_STEPS))
		ff_observe_nproc(o, c);
	o->threads_known = c->threads_known && (o->steps & BIT(FF_STEP_TASK_LIMITS)) &&
			   ff_read_int(ff_data.max_threads, &max);
	if (o->threads_known) {
		o->threads = c->threads;
		o->threads_max = max;
	}
	/* for other steps it only matters whether a namespace is dead */
	if ((o->steps & BIT(FF_STEP_ALLOC_PID)) || err == -ENOMEM)
		ff_observe_pid(o, c);
	ff_pids_observe(o, c);
	if (err == -ENOMEM && !(o->flags & CLONE_VM) && (o->steps & BIT(FF_STEP_COPY_MM)))
		must_count = ff_observe_overcommit(o, c);
	if (s->memcg) {
		o->memcg_known = true;
		o->memcg_full = s->memcg_full;
		o->memcg_oom_disabled = s->memcg_oom_disabled;
		o->memcg_limit = s->memcg_limit;
		o->memcg_in_use = s->memcg_in_use;
		o->memcg_asked = s->memcg_asked;
	}
	if (o->seen & W(MEMCG_OOM))
		o->oom_killed = !IS_ENABLED(CONFIG_VM_EVENT_COUNTERS) ||
				ff_oom_kills() != s->oom_kills;
	o->ucount.named = -1;
	o->ucount.full = -1;
	if (s->ucount_known) {
		o->ucount.known = true;
		o->ucount.full = s->ucount_full;
		o->ucount.may = s->ucount_may;
		o->ucount.limit = s->ucount_limit;
		o->ucount.in_use = s->ucount_in_use;
	}
	o->has_io_context = current->io_context;
	o->shadow_stack = ff_shadow_stack();
	if (err == -EMFILE)
		observe_files(o);
	return must_count;
}

static bool is_memcg(u8 cause)
{
	return cause == FORKFAIL_MEMCG_LIMIT || cause == FORKFAIL_MEMCG_V1_OOM_DISABLED ||
	       cause == FORKFAIL_MEMCG_V1_KMEM_LIMIT;
}

static bool is_set_tid(u8 cause)
{
	return cause == FORKFAIL_SET_TID_EXISTS || cause == FORKFAIL_SET_TID_RANGE ||
	       cause == FORKFAIL_SET_TID_NO_INIT || cause == FORKFAIL_SET_TID_PERM;
}

/* Find the object at the verdict's level. */
static void find_object(struct ff_object *obj, const struct ff_verdict *v, const struct ff_call *c)
{
	struct pid_namespace *ns;
	int level = v->level;

	switch (v->scope) {
	case FORKFAIL_SCOPE_CGROUP:
		if (v->cause == FORKFAIL_PIDS_MAX || v->cause == FORKFAIL_PIDS_MAX_ANCESTOR)
			obj->cgrp = ff_pids_cgroup_at(c, level);
		else if (is_memcg(v->cause))
			obj->cgrp = ff_memcg_cgroup(&c->s);
		else
			obj->cgrp = v->cause == FORKFAIL_CGROUP_PERM ? c->s.judged : c->s.target;
		break;
	case FORKFAIL_SCOPE_USER:
	case FORKFAIL_SCOPE_USERNS:
		if (v->unit == FORKFAIL_UNIT_COUNT) {
			obj->uid = c->s.ucount_uid;
			obj->inum = c->s.ucount_inum;
			obj->id = c->s.ucount_ns;
			break;
		}
		if (v->unit == FORKFAIL_UNIT_LEVELS) {
			obj->uid = current_euid();
			obj->inum = current_user_ns()->ns.inum;
			obj->id = ff_ns_id(current_user_ns());
			break;
		}
		ff_find_nproc(obj, level);
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
 * ff_observe_end - drop the references that a call holds
 * @c: the call
 */
void ff_observe_end(struct ff_call *c)
{
	/* only witnesses take references */
	if (c->kind == FF_CALL_STACK || !c->s_valid)
		return;
	ff_pids_forget(&c->s);
	ff_cgroup_forget(&c->s);
	ff_forget_memcg(&c->s);
}

/* Under the RCU read lock. */
static void conclude(struct ff_observation *o, const struct ff_call *c)
{
	struct ff_failure f = {
		.err = o->err,
		.kind = o->kind,
		.has_flags = o->have_args,
		.flags = o->flags,
		.first_in = ff_left_without_first(o),
	};
	struct ff_verdict v;

	if ((o->facts & FF_FACT_GUESSED) && c->dead_child)
		o->stage_guessed = !ff_cross_check_errno(o, c);
	ff_classify(o, &v);
	f.step = v.step;
	if (v.unit == FORKFAIL_UNIT_BYTES) {
		v.limit = ff_pages_to_bytes(v.limit);
		v.in_use = ff_pages_to_bytes(v.in_use);
		v.asked = ff_pages_to_bytes(v.asked);
	}
	find_object(&f.object, &v, c);
	if (is_set_tid(v.cause))
		ff_observe_set_tid(&f, &c->args, v.cause);
	if ((is_memcg(v.cause) || v.cause == FORKFAIL_SYSTEM_MEMORY) && c->s.alloc) {
		f.alloc = c->s.alloc;
		/* the stack does not tell which of the namespaces it was */
		if (c->s.alloc_step != FF_STEP_COPY_NAMESPACES)
			f.step = c->s.alloc_step;
	}
	if (is_memcg(v.cause))
		f.asker = ff_task_memory_cgroup();
	ff_record(&f, &v);
}

/* Sleeps only if an address space was to be copied: never for the kernel's own tasks. */
static void classify(struct ff_call *c, long err)
{
	struct ff_observation o = {};
	bool must_count;

	rcu_read_lock();
	must_count = observe(&o, c, err);
	if (!must_count) {
		conclude(&o, c);
		rcu_read_unlock();
		return;
	}
	rcu_read_unlock();
	ff_observe_mappings(&o, c);
	rcu_read_lock();
	conclude(&o, c);
	rcu_read_unlock();
}

/* For what the kernel creates for itself: no address space is copied, so nothing sleeps. */
static void classify_at_once(struct ff_call *c, long err)
{
	struct ff_observation o = {};

	rcu_read_lock();
	observe(&o, c, err);
	conclude(&o, c);
	rcu_read_unlock();
}

/* kernel_clone() refused, or copy_process() failed before there was a child. */
static void classify_refusal(struct ff_call *c, long err)
{
	struct ff_observation o = {};

	c->missed_witness = ff_may_have_missed_witness();
	rcu_read_lock();
	observe(&o, c, err);
	if ((c->refused == FORKFAIL_PIDFD_PARENT_SETTID ||
	     c->refused == FORKFAIL_EXIT_SIGNAL_INVALID) &&
	    err == ff_refused_errno(c->refused)) {
		o.steps = BIT(FF_STEP_KERNEL_CLONE);
		o.step = FF_STEP_KERNEL_CLONE;
	}
	conclude(&o, c);
	rcu_read_unlock();
}

/**
 * ff_observe_returned - if the call has failed, classify the failure
 * @c: the running task's call
 * @err: its return value: a negative errno, or no error
 *
 * In the task, when it returns to user space; may sleep.
 *
 * Return: true if the call has failed inside kernel_clone().
 */
bool ff_observe_returned(struct ff_call *c, long err)
{
	bool failed = false;

	if (c->restarting && err != -FF_ERESTARTNOINTR)
		ff_restart_forget();
	if (err < 0 && err != -FF_ERESTARTNOINTR) {
		failed = true;
		if (c->seen & W(PIDS_EVENT))
			ff_pids_prove();
		if (c->dead_child)
			classify(c, err);
		else if (c->refused || c->unusual || (c->seen && err == -ENOMEM))
			classify_refusal(c, err);
		else
			failed = false;
	}
	ff_observe_end(c);
	return failed;
}

/**
 * ff_observe_signal - get_signal() is entered
 *
 * In the task itself, for every signal.  If a call of the fork family is about to restart,
 * the kernel did not carry it out because a signal was pending.
 */
void ff_observe_signal(void)
{
	static const struct ff_verdict v = {
		.cause = FORKFAIL_SIGNAL_RESTART,
		.proof = FORKFAIL_PROOF_PATH,
		.level = -1,
		.restart = true,
	};
	struct ff_failure f = { .err = -FF_ERESTARTNOINTR };
	struct pt_regs *regs;
	int nr;

	if (unlikely(current->flags & (PF_KTHREAD | PF_IO_WORKER)))
		return;
	regs = current_pt_regs();
	nr = ff_restarting_syscall(regs);
	if (likely(nr < 0))
		return;
	f.syscall = ff_fork_syscall(nr);
	if (!f.syscall)
		return;
	f.has_flags = ff_fork_syscall_flags(f.syscall, &f.flags);
	f.kind = ff_fork_kind(f.flags);
	f.syscall = FORKFAIL_SYSCALL_NONE;
	rcu_read_lock();
	ff_record(&f, &v);
	rcu_read_unlock();
}

/* ---- the kernel's own creators ---------------------------------------------- */

/**
 * ff_observe_creator - a function is entered that creates a task for the kernel
 * @kind: FORKFAIL_KIND_*
 * @flags: clone flags that it passes on; 0 if it calls kernel_clone(), which shows them
 *
 * From the entry handler of a return probe.
 *
 * Return: false if there is no room in the table of calls.
 */
bool ff_observe_creator(u8 kind, u64 flags)
{
	struct ff_note *n = ff_note_place();
	struct ff_call *c;

	/* the task still has a call of its own that is pending: do not take its place */
	if (ff_call_search())
		return false;
	c = ff_call_claim(FF_CALL_CREATOR);
	if (!c)
		return false;
	atomic_inc(&ff_creators_running);
	c->creator = true;
	c->args.kind = kind;
	c->args.flags = flags;
	c->args.known = flags;
	/* not every creator calls kernel_clone(), which would write the note */
	WRITE_ONCE(n->args, 0);
	ff_note_write(&n->way, 0);
	if (current->nsproxy)
		c->pidns_dead = ff_note_namespaces(n, current->nsproxy->pid_ns_for_children);
	return true;
}

/**
 * ff_observe_created - a function that creates a task for the kernel returns
 * @err: its return value: a negative errno, or 0 if there is none
 * @failed: it has failed; if it does not say with which errno, the failure is named if its
 *	stage leaves only one, or else counted
 *
 * From the handler of a return probe, after ff_observe_creator() in the same task.
 */
void ff_observe_created(long err, bool failed)
{
	struct ff_call *c = ff_call_search();

	atomic_dec(&ff_creators_running);
	if (!c || !c->creator)
		return;
	if (failed && !err && c->dead_child)
		err = ff_errno_of(c->stage, c->seen);
	if (err == -FF_ERESTARTNOINTR)
		ff_count(FORKFAIL_SIGNAL_RESTART, c->args.kind);
	else if (err < 0 && (c->dead_child || err == -ENOMEM))
		classify_at_once(c, err);
	else if (c->dead_child || (failed && !err))
		ff_observe_nameless();
	ff_call_end_later(c);
}
