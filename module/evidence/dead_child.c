// SPDX-License-Identifier: GPL-2.0-only
/*
 * dead_child.c - how far copy_process() got with a child that it gave up
 *
 * Once dup_task_struct() has succeeded, every failure of copy_process() ends in
 * put_task_stack(p), with a child that is TASK_DEAD and has never lived, whose
 * fields tell how far it got.  dup_task_struct() copies the parent's; each stage
 * then changes some of them, and each cleanup label puts back what it undoes.
 *
 *	the first that holds, in this order		it failed in
 *	p->cred is set (exit_creds() clears it)		copy_creds(), and before
 *	p->children is still the parent's list		RLIMIT_NPROC, threads-max
 *	p->se.group_node is still the parent's		what comes before sched_fork()
 *	p->prio is a deadline's				sched_fork()
 *	p->sysvshm.shm_clist is still the parent's	perf, audit
 *	p->start_time is its own			the last checks
 *	p->pid is its own				the cgroups, and behind them
 *	p->nsproxy is NULL				io context, thread state, number
 *	p->fs is set					security, semaphores, files;
 *							fs, if p->files is NULL
 *	everything else is still the parent's		fs
 *	p->sighand, p->signal or p->mm is NULL		these
 *	else						namespaces
 *
 * p->files says less where copy_process() clears it before it copies files (7.3,
 * and stable kernels since: 6.12.118), or where there are to be none.  That this
 * kernel does not is known once a child was given up before fs and has files.
 *
 * Read in 5.4, 5.10, 5.15, 6.1, 6.6, 6.12, 6.14, 6.18, 7.1, 7.2, 7.3 and RHEL 8.10
 * to 10.0.
 */
#include <linux/sched.h>
#include <linux/sched/deadline.h>
#include <linux/sched/signal.h>
#include <linux/shm.h>

#include "compat/compat.h"
#include "evidence/dead_child.h"
#include "rules/observation.h"

#define AT(step)	BIT(FF_STEP_##step)

static bool is_own(const struct list_head *list)
{
	return list->next == list;
}

/* Is the list of shared memory still the parent's?  Without SYSVIPC nobody knows. */
static bool before_security(const struct task_struct *p)
{
#ifdef CONFIG_SYSVIPC
	return !is_own(&p->sysvshm.shm_clist);
#else
	return false;
#endif
}

/* This kernel leaves p->files alone until it copies them. */
static bool files_are_kept;

/* From security_task_alloc() to copy_fs(), which all leave p->fs alone. */
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
	/* copy_semundo() or cleaning up takes the parent's list away, which threads share */
	if (!current->sysvsem.undo_list)
		return steps;
	return p->sysvsem.undo_list ? AT(SECURITY) : steps & ~AT(SECURITY);
#else
	return steps | AT(PERF_AUDIT);
#endif
}

/**
 * ff_dead_child_stage - how far copy_process() got with a child
 * @p: the child, as put_task_stack() is given it
 * @flags: clone flags
 * @flags_known: and they are known
 *
 * In the task that forks.  Any context.
 *
 * Return: the steps (bits) of which one has failed.
 */
u32 ff_dead_child_stage(const struct task_struct *p, u64 flags, bool flags_known)
{
	if (rcu_access_pointer(p->cred))
		return ff_has_no_exec_state(p, flags) ? AT(EXEC_STATE) : AT(COPY_CREDS);
	if (!is_own(&p->children))
		return AT(TASK_LIMITS);
	if (!is_own(&p->se.group_node))
		return AT(TASK_SETUP);
	if (dl_prio(p->prio))
		return AT(SCHED_FORK);
	if (before_security(p))
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
		/* a thread shares all of them: what is behind copy_fs() is the same */
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
