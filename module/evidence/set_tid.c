// SPDX-License-Identifier: GPL-2.0-only
/*
 * set_tid.c - PIDs that a call requests
 *
 * clone3() can request the number of the new task, in its PID namespace and in those above.
 * Which of the numbers is refused is found out while they can be read: when kernel_clone()
 * is entered, or a child is given up.  Who uses that number is found out when the return
 * value is known, and may have ended by then.
 */
#include <linux/idr.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/string.h>

#include "compat/compat.h"
#include "evidence/failing_call.h"
#include "evidence/pid_namespace.h"
#include "evidence/set_tid.h"

/*
 * The check of alloc_pid() that refuses, as its cause; 0 if none does.  Every level at
 * once from 7.1 on, in turn before.
 */
static u8 bad_set_tid(struct ff_arguments *a, const struct kernel_clone_args *args)
{
	const bool first = FF_KERNEL_FACTS & FF_FACT_SET_TID_FIRST;
	const bool new_pidns = args->flags & CLONE_NEWPID;
	struct pid_namespace *ns = ff_pidns_at(0);
	size_t i;
	s64 max;

	if (!ns)
		return 0;
	if (args->set_tid_size > ns->level + 1 + new_pidns)
		return FORKFAIL_SET_TID_TOO_MANY;
	for (i = 0; i < args->set_tid_size; i++) {
		pid_t tid = args->set_tid[i];
		/* in the namespace of CLONE_NEWPID: no init yet, and the largest pid_max */
		bool fresh = !i && new_pidns;

		a->set_tid = tid;
		a->set_tid_known = true;
		if (fresh)
			max = PID_MAX_LIMIT;
		if ((fresh && !FF_PIDNS_OWN_PID_MAX) || !fresh)
			if (!ff_pid_max_of(ns, &max))
				return 0;
		if (tid < 1 || tid >= max)
			return FORKFAIL_SET_TID_RANGE;
		if (!first && tid != 1 &&
		    (fresh || !READ_ONCE(ns->child_reaper)))
			return FORKFAIL_SET_TID_NO_INIT;
		if (!fresh)
			ns = ns->parent;
	}
	/* the init is only checked after all numbers */
	ns = ff_pidns_at(0);
	a->set_tid = args->set_tid[0];
	if (first && args->set_tid[0] != 1 && (new_pidns || !READ_ONCE(ns->child_reaper)))
		return FORKFAIL_SET_TID_NO_INIT;
	return 0;
}

/* The first number that is in use; if there is only one, it is that. */
static void find_taken(struct ff_arguments *a, const struct kernel_clone_args *args)
{
	const bool new_pidns = args->flags & CLONE_NEWPID;
	const struct pid_namespace *ns = ff_pidns_at(0);
	size_t i;

	/* no number is in use in a namespace that CLONE_NEWPID has just created */
	for (i = new_pidns; ns && i < args->set_tid_size; i++, ns = ns->parent) {
		if (!idr_find(&ns->idr, args->set_tid[i]))
			continue;
		a->set_tid = args->set_tid[i];
		a->set_tid_level = (s8)(i - new_pidns);
		return;
	}
	if (args->set_tid_size == 1 && !new_pidns)
		a->set_tid_level = 0;
	else
		a->set_tid_known = false;
}

/**
 * ff_read_set_tid - which of the numbers is refused, and why
 * @a: receives it
 * @args: the call's arguments
 *
 * In the task that makes the call; any context.
 */
void ff_read_set_tid(struct ff_arguments *a, const struct kernel_clone_args *args)
{
	a->set_tid_size = args->set_tid_size;
	a->set_tid_level = -1;
	if (!args->set_tid_size)
		return;
	a->set_tid_bad = bad_set_tid(a, args);
	if (a->set_tid_bad)
		return;
	rcu_read_lock();
	find_taken(a, args);
	rcu_read_unlock();
}

/* Under the RCU read lock. */
static void describe(struct ff_taker *t, struct task_struct *task)
{
	struct task_struct *parent = rcu_dereference(task->real_parent);

	t->tgid = task_tgid_nr(task);
	t->state = READ_ONCE(task->exit_state) ? FORKFAIL_TAKEN_ZOMBIE : FORKFAIL_TAKEN_TASK;
	if (t->state == FORKFAIL_TAKEN_ZOMBIE)
		t->parent = task_tgid_nr(parent);
	/* get_task_comm() locks; a name that changes meanwhile is still a string */
	strscpy(t->comm, task->comm, sizeof(t->comm));
}

/**
 * ff_observe_set_tid - who uses the number that was refused
 * @f: the failure, which receives it
 * @a: the call's arguments
 * @cause: FORKFAIL_SET_TID_*: whether it was refused because it is in use
 *
 * Under the RCU read lock, in the task that made the call.
 */
void ff_observe_set_tid(struct ff_failure *f, const struct ff_arguments *a, u8 cause)
{
	const struct pid_namespace *ns = NULL;
	struct task_struct *task;
	struct pid *pid = NULL;

	/*
	 * Which of several numbers is in use is only told for a call that the kernel refused
	 * for that: others must not learn what exists outside of their PID namespace.
	 */
	if (cause == FORKFAIL_SET_TID_EXISTS)
		f->has_set_tid = a->set_tid_known && !a->set_tid_bad;
	else if (cause == FORKFAIL_SET_TID_PERM)
		f->has_set_tid = a->set_tid_known && !a->set_tid_bad && a->set_tid_size == 1;
	else
		f->has_set_tid = a->set_tid_known && a->set_tid_bad;
	if (!f->has_set_tid)
		return;
	f->set_tid = a->set_tid;
	if (cause == FORKFAIL_SET_TID_EXISTS && a->set_tid_level >= 0)
		ns = ff_pidns_at(a->set_tid_level);
	if (ns)
		pid = idr_find(&ns->idr, a->set_tid);
	if (!pid)
		return;
	task = pid_task(pid, PIDTYPE_PID);
	if (task)
		describe(&f->taker, task);
	/* its task has ended, but others are still in its process group or session */
	else if (pid_task(pid, PIDTYPE_PGID) || pid_task(pid, PIDTYPE_SID))
		f->taker.state = FORKFAIL_TAKEN_GROUP;
}
