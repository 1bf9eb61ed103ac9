// SPDX-License-Identifier: GPL-2.0-only
/*
 * dead_child.c - tells from a child that copy_process() gave up how far the call got
 *
 * Once dup_task_struct() has succeeded, every failure of copy_process() ends in
 * put_task_stack(p) with a child that is TASK_DEAD and has never run.  Its fields tell
 * how far the call got: dup_task_struct() copies the parent's, each stage then changes
 * some of them, and each cleanup label clears what it undoes.
 *
 *	the first of these that is true			the call failed in
 *	p->cred is set (exit_creds() clears it)		copy_creds(), or before
 *	p->children is still the parent's list		RLIMIT_NPROC, threads-max
 *	p->se.group_node is still the parent's		what comes before sched_fork()
 *	p->prio is a deadline priority			sched_fork()
 *	p->sysvshm.shm_clist is still the parent's	perf, audit
 *	p->start_time is its own			the last checks
 *	p->pid is its own				the cgroups, or after them
 *	p->nsproxy is NULL				io context, thread state, PID
 *	p->fs is set					security, semaphores, files;
 *							fs, if p->files is NULL
 *	all the fields below are still the parent's	fs
 *	p->sighand, p->signal or p->mm is NULL		the function that copies it
 *	none of these					namespaces
 *
 * p->files tells less if copy_process() clears it before it copies files (7.3, and
 * stable kernels with a backport: 6.12.118), or if the child is to have no files.  Once a
 * child that was given up before fs has files, this kernel is known not to clear it.
 *
 * Read in 5.4, 5.10, 5.15, 6.1, 6.6, 6.12, 6.14, 6.18, 7.1, 7.2, 7.3 and RHEL 8.10
 * to 10.0.
 */
#include <linux/sched.h>
#include <linux/sched/deadline.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>

#include "compat/compat.h"
#include "compat/symbols.h"
#include "evidence/blind.h"
#include "evidence/clone_entry.h"
#include "evidence/clone_note.h"
#include "evidence/dead_child.h"
#include "evidence/failing_call.h"
#include "evidence/fork_syscall.h"
#include "evidence/witness.h"
#include "rules/observation.h"

#define AT(step)	BIT(FF_STEP_##step)

/* Dead children that belong to no known creator of tasks. */
static atomic64_t unasked = ATOMIC64_INIT(0);
/* Dead children of calls that found the table full, by the first step that can have failed. */
static atomic64_t no_room[FF_NR_STEPS];

/**
 * ff_observe_unasked - count the dead children that belong to no known creator of tasks
 *
 * Return: how many since load.
 */
u64 ff_observe_unasked(void)
{
	return atomic64_read(&unasked);
}

/**
 * ff_observe_nameless - count a dead child whose creator does not return an errno
 */
void ff_observe_nameless(void)
{
	atomic64_inc(&unasked);
}

/**
 * ff_observe_no_room - count the failures that found the table of failing calls full
 * @step: the first step that can have failed
 *
 * Return: how many since load.
 */
u64 ff_observe_no_room(enum ff_step step)
{
	return atomic64_read(&no_room[step]);
}

static bool is_own(const struct list_head *list)
{
	return list->next == list;
}

/* This kernel is known not to clear p->files before it copies files. */
static bool files_are_kept;

/* For failures from security_task_alloc() to copy_fs(), which all leave p->fs set. */
static u32 before_sighand(const struct task_struct *p)
{
	u32 steps = AT(SECURITY) | AT(COPY_FILES);

	if (!p->files && READ_ONCE(files_are_kept) &&
	    !(p->flags & (PF_IO_WORKER | FF_PF_USER_WORKER)))
		return AT(COPY_FS);
	if (p->files)
		WRITE_ONCE(files_are_kept, true);
	else
		steps |= AT(COPY_FS);
#ifdef CONFIG_SYSVIPC
	/* if not shared, the parent's list is replaced by copy_semundo() or cleared later */
	if (!current->sysvsem.undo_list)
		return steps;
	return p->sysvsem.undo_list ? AT(SECURITY) : steps & ~AT(SECURITY);
#else
	return steps | AT(PERF_AUDIT);
#endif
}

/* Return: the steps (bits) one of which has failed. */
static u32 stage_of(const struct task_struct *p, u64 flags, bool flags_known)
{
	if (rcu_access_pointer(p->cred))
		return ff_has_no_exec_state(p, flags) ? AT(EXEC_STATE) : AT(COPY_CREDS);
	if (!is_own(&p->children))
		return AT(TASK_LIMITS);
	if (!is_own(&p->se.group_node))
		return AT(TASK_SETUP);
	if (dl_prio(p->prio))
		return AT(SCHED_FORK);
	if (ff_before_security(p))
		return AT(PERF_AUDIT);
	if (p->start_time != current->start_time)
		return AT(LAST_CHECKS);
	if (p->pid != current->pid)
		return AT(CGROUP_CAN_FORK) | AT(LATE);
	if (!p->nsproxy)
		return AT(ALLOC_PID) | AT(PIDFD);
	if (p->fs)
		return before_sighand(p);
	if (rcu_access_pointer(p->sighand) == rcu_access_pointer(current->sighand) &&
	    p->signal == current->signal && p->mm == current->mm) {
		/* a thread shares all three, so they look the same after copy_fs() */
		if (!(flags & CLONE_THREAD) && flags_known)
			return AT(COPY_FS);
		if (flags_known && (flags & CLONE_FS))
			return AT(COPY_NAMESPACES);
		return AT(COPY_FS) | AT(COPY_NAMESPACES);
	}
	if (!rcu_access_pointer(p->sighand))
		return AT(COPY_SIGHAND);
	if (!p->signal)
		return AT(COPY_SIGNAL);
	if (!p->mm && current->mm)
		return AT(COPY_MM);
	return AT(COPY_NAMESPACES);
}

/* Copy what the note has about this call. */
static void take_note(struct ff_call *c, const struct kernel_clone_args *args)
{
	const struct ff_note *n = ff_note_place();
	u64 way, value;
	u8 step;

	ff_find_arguments(c, args);
	if (!ff_note_read(&n->way, &way)) {
		c->missed_witness |= !c->creator && ff_may_have_missed_witness();
		return;
	}
	c->noted = true;
	c->missed_witness |= !!(way & FF_NOTE_MISSED_WITNESS);
	way &= ~FF_NOTE_MISSED_WITNESS;
	c->seen |= (way >> 8) & FF_NOTED_WITNESSES;
	step = way & 0xff;
	/* if the noted step is one of several that are possible, it is the one */
	if (step && (c->stage & BIT(step)))
		c->stage = BIT(step);
	else if ((c->stage & BIT(FF_STEP_COPY_NAMESPACES)) &&
		 step >= FF_STEP_NEW_NAMESPACES && step <= FF_STEP_COPY_TIME_NS)
		c->stage = BIT(step);
	else if (!(READ_ONCE(ff_blind_steps) & BIT(FF_STEP_PIDFD)))
		c->stage &= ~BIT(FF_STEP_PIDFD);
	/* bit 0 is this task's if the pointer still is: both are one word */
	c->pidns_dead |= args && READ_ONCE(n->args) == ((unsigned long)args | 1);
	if (ff_note_read(&n->pid_full, &value))
		c->pid_full = value;
	if (ff_note_read(&n->committed, &value))
		c->committed = value;
}

/* The child is given up: keep what may be different when the return value is known. */
static void give_up_child(struct ff_call *c, u32 stage, const struct kernel_clone_args *args)
{
	c->dead_child = true;
	c->stage = stage;
	c->dying = fatal_signal_pending(current) || (current->flags & PF_EXITING);
	c->threads_known = ff_read_int(ff_data.nr_threads, &c->threads);
	/*
	 * The return value cannot be there yet: a tracer has written to its register when
	 * the call began, and witnesses took the task for one that is not forking.
	 */
	c->missed_witness |= !c->creator && ff_return_value_is_set(current_pt_regs());
	take_note(c, args);
}

/**
 * ff_observe_dead_child - copy_process() has given up a child
 * @p: the child
 *
 * At the end of copy_process()'s cleanup, when it holds no lock.
 */
void ff_observe_dead_child(const struct task_struct *p)
{
	struct ff_call *c = ff_call_find();
	/* a user task creates io_uring's first worker when it returns to user space */
	bool kernel_task = (current->flags & (PF_KTHREAD | PF_IO_WORKER)) ||
			   (p->flags & PF_IO_WORKER);
	const struct kernel_clone_args *args;
	u32 stage;

	if ((!c || !c->creator) &&
	    (kernel_task || !ff_fork_syscall(syscall_get_nr(current, current_pt_regs())))) {
		atomic64_inc(&unasked);
		return;
	}
	args = ff_noted_arguments();
	stage = stage_of(p, args ? args->flags : 0, args);
	c = c ?: ff_call_claim(FF_CALL_DEAD_CHILD);
	if (!c) {
		atomic64_inc(&no_room[__ffs(stage)]);
		return;
	}
	give_up_child(c, stage, args);
	ff_call_watch_return(c);
}

/**
 * ff_observe_unseen_child - copy_process() has failed, and its dead child was not seen
 * @c: the running task's call
 * @stage: the steps (bits) one of which has failed
 *
 * From a return probe.
 */
void ff_observe_unseen_child(struct ff_call *c, u32 stage)
{
	give_up_child(c, stage, ff_noted_arguments());
}
