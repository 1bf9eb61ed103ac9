// SPDX-License-Identifier: GPL-2.0-only
/*
 * model_kernel.c - a small model of copy_process()
 *
 * The order of the checks is that of 5.10 to 7.2.  Where kernels differ, facts say which one
 * is modelled.
 */
#include "model_fork.h"

static bool fail(struct walk *k, int err, u8 cause, int level)
{
	k->t->failed = true;
	k->t->err = err;
	k->t->cause = cause;
	k->t->level = level;
	return false;
}

/* An allocation is short of memory, and gets it. */
static void help(struct walk *k, enum help by)
{
	switch (by) {
	case HELPED_BY_RECLAIM:
		witness(k, FF_W_MEMCG_RECLAIM);
		break;
	case HELPED_BY_MEMCG_OOM:
		witness(k, FF_W_MEMCG_RECLAIM);
		witness(k, FF_W_MEMCG_OOM);
		k->oom_killed = true;
		break;
	case HELPED_BY_OOM:
		witness(k, FF_W_SYSTEM_OOM);
		break;
	case HELPED_BY_ANOTHER_WAY:
		/* page by page, each of which may take reclaim */
		witness(k, FF_W_KMEM_LIMIT);
		witness(k, FF_W_MEMCG_RECLAIM);
		break;
	default:
		break;	/* the module does not take it for a witness */
	}
}

/* Return: false if it fails, with the cause that names the shortage. */
static bool alloc(struct walk *k, int err, u8 cause)
{
	const struct world *w = k->w;
	u8 n = ++k->allocs;
	int i;

	for (i = 0; i < 2; i++)
		if (n == w->alloc_helped[i])
			help(k, w->help[i]);
	if (n != w->alloc_fails)
		return true;
	switch (w->shortage) {
	case MEMCG_OOM:
		/* the hook of the OOM killer notes the cgroup as well */
		witness(k, FF_W_MEMCG_RECLAIM);
		witness(k, FF_W_MEMCG_OOM);
		k->oom_killed = false;	/* since then */
		return fail(k, err, err == ENOMEM ? FORKFAIL_MEMCG_LIMIT : cause, -1);
	case MEMCG_RECLAIM:
		witness(k, FF_W_MEMCG_RECLAIM);
		return fail(k, err, err == ENOMEM ? FORKFAIL_MEMCG_LIMIT : cause, -1);
	case MEMCG_OOM_DISABLED:
		witness(k, FF_W_MEMCG_RECLAIM);
		return fail(k, err, err == ENOMEM ? FORKFAIL_MEMCG_V1_OOM_DISABLED : cause, -1);
	case MEMCG_KMEM:
		witness(k, FF_W_KMEM_LIMIT);
		return fail(k, err, err == ENOMEM ? FORKFAIL_MEMCG_V1_KMEM_LIMIT : cause, -1);
	case MACHINE_WARNED:
		witness(k, FF_W_PAGE_ALLOC_FAILED);
		return fail(k, err, err == ENOMEM ? FORKFAIL_SYSTEM_MEMORY : cause, -1);
	case MACHINE_OOM:
		witness(k, FF_W_SYSTEM_OOM);
		witness(k, FF_W_PAGE_ALLOC_FAILED);
		return fail(k, err, err == ENOMEM ? FORKFAIL_SYSTEM_MEMORY : cause, -1);
	default:
		return fail(k, err, cause, -1);
	}
}

/* Return: false if this is where it fails. */
static bool past(struct walk *k, enum place place)
{
	const struct oddity *odd = oddity(k->w);

	if (!odd || odd->place != place)
		return true;
	return fail(k, odd->err, odd->cause, 0);
}

static bool limits(struct walk *k)
{
	const struct world *w = k->w;
	int over = lowest(full_levels(&w->nproc));

	step(k, FF_STEP_TASK_LIMITS);
	if (!(w->facts & FF_FACT_NPROC_BEFORE_CREDS) && over >= 0) {
		witness(k, FF_W_CAPABLE_RESOURCE);
		if (!w->cap_resource) {
			witness(k, FF_W_CAPABLE_ADMIN);
			if (!w->cap_admin || w->lsm_denies_admin)
				return fail(k, EAGAIN, over == 0 ? FORKFAIL_RLIMIT_NPROC :
					    FORKFAIL_RLIMIT_NPROC_ANCESTOR_USERNS, over);
		}
	}
	if (w->threads_full)
		return fail(k, EAGAIN, FORKFAIL_THREADS_MAX, -1);
	return true;
}

static bool user_namespace(struct walk *k)
{
	const struct world *w = k->w;

	witness(k, FF_W_NEW_USERNS);
	if (!past(k, P_USERNS))
		return false;
	witness(k, FF_W_UCOUNT);
	if (!past(k, P_USERNS_COUNTED))
		return false;
	if (!(w->facts & FF_FACT_NPROC_BEFORE_CREDS)) {
		witness(k, FF_W_USERNS_LSM);
		if (!past(k, P_USERNS_LSM))
			return false;
	}
	if (!alloc(k, ENOMEM, FORKFAIL_USERNS_NOMEM))
		return false;
	return (w->facts & FF_FACT_NPROC_BEFORE_CREDS) ||
	       alloc(k, EAGAIN, FORKFAIL_UCOUNTS_ALLOC_NOMEM);
}

static bool address_space(struct walk *k)
{
	const struct world *w = k->w;
	int i;

	step(k, FF_STEP_COPY_MM);
	if (!alloc(k, ENOMEM, FORKFAIL_MM_STRUCT_NOMEM))
		return false;
	for (i = 0; i < 4; i++) {
		if (w->killed_in_mm && i == w->mappings_before_kill)
			return fail(k, ENOMEM, FORKFAIL_KILLED_IN_DUP_MMAP, -1);
		if (w->too_much && w->overcommit_mode != 1 && i == w->mappings_before) {
			if (w->facts & FF_FACT_OVERCOMMIT_WITNESS)
				witness(k, FF_W_OVERCOMMIT);
			return fail(k, ENOMEM, w->overcommit_mode == 2 ?
				    FORKFAIL_OVERCOMMIT_STRICT : FORKFAIL_OVERCOMMIT_HEURISTIC, -1);
		}
		if (!alloc(k, ENOMEM, i & 1 ? FORKFAIL_PAGETABLE_NOMEM : FORKFAIL_VMA_NOMEM))
			return false;
	}
	if ((w->facts & FF_FACT_X86) && !alloc(k, ENOMEM, FORKFAIL_LDT_NOMEM))
		return false;
	return alloc(k, ENOMEM, FORKFAIL_BINFMT_MODULE_GONE);
}

static bool namespaces(struct walk *k)
{
	static const enum ff_step steps[] = {
		FF_STEP_COPY_MNT_NS, FF_STEP_COPY_UTS_NS, FF_STEP_COPY_IPC_NS,
		FF_STEP_COPY_PID_NS, FF_STEP_COPY_CGROUP_NS, FF_STEP_COPY_NET_NS,
		FF_STEP_COPY_TIME_NS,
	};
	unsigned int i;

	step(k, FF_STEP_COPY_NAMESPACES);
	if (!past(k, P_NS))
		return false;
	step(k, FF_STEP_NEW_NAMESPACES);
	if (!alloc(k, ENOMEM, FORKFAIL_NS_NOMEM))
		return false;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		step(k, steps[i]);
		if (steps[i] == FF_STEP_COPY_PID_NS && !past(k, P_PID_NS))
			return false;
		if (steps[i] == FF_STEP_COPY_NET_NS && (k->w->flags & CLONE_NEWNET)) {
			witness(k, FF_W_UCOUNT);
			if (!past(k, P_COUNT_NS) || !past(k, P_NET_NS))
				return false;
		}
		if (!alloc(k, ENOMEM, FORKFAIL_NS_NOMEM))
			return false;
	}
	return true;
}

static bool number(struct walk *k)
{
	const struct world *w = k->w;
	int full = lowest(full_levels(&w->pid));

	if (!alloc(k, ENOMEM, FORKFAIL_PID_NOMEM) || !past(k, P_PID_FIRST))
		return false;
	if (full >= 0)
		return fail(k, EAGAIN, w->wrapped & BIT(full) ? FORKFAIL_PID_EXHAUSTED_AFTER_WRAP :
			    FORKFAIL_PID_EXHAUSTED, full);
	if (w->dead && (!w->dead_at || w->asks_above))
		return fail(k, ENOMEM,
			    (w->facts & FF_FACT_PIDNS_POISON) && w->no_reaper && !w->dead_at ?
			    FORKFAIL_PIDNS_POISONED_BY_FIRST_FORK : FORKFAIL_PIDNS_DEAD,
			    w->dead_at);
	if (!(w->flags & CLONE_PIDFD))
		return true;
	/* a larger table of descriptors comes first */
	if (!alloc(k, ENOMEM, FORKFAIL_PIDFD_NOMEM))
		return false;
	step(k, FF_STEP_PIDFD);
	return alloc(k, ENOMEM, FORKFAIL_PIDFD_NOMEM) && past(k, P_PIDFD);
}

static bool cgroups(struct walk *k)
{
	const struct world *w = k->w;
	int full = lowest(full_levels(&w->pids));

	step(k, FF_STEP_CGROUP_CAN_FORK);
	if (w->flags & FF_CLONE_INTO_CGROUP) {
		if (!past(k, P_CGROUP_FD))
			return false;
		witness(k, FF_W_CGROUP_FOUND);
		if (!past(k, P_CGROUP) || !alloc(k, ENOMEM, FORKFAIL_CGROUP_CSS_NOMEM) ||
		    !past(k, P_CPUSET))
			return false;
		witness(k, FF_W_CPUSET_LSM);
		if (!past(k, P_CPUSET_LSM))
			return false;
	}
	if (full < 0)
		return true;
	full += w->pids_first;
	witness(k, FF_W_PIDS_EVENT);
	if ((k->o->seen & BIT(FF_W_PIDS_EVENT)) && w->pids_names)
		k->o->pids.named = full;
	return fail(k, EAGAIN, full ? FORKFAIL_PIDS_MAX_ANCESTOR : FORKFAIL_PIDS_MAX, full);
}

static bool late(struct walk *k)
{
	const struct world *w = k->w;

	step(k, FF_STEP_LATE);
	if (!past(k, P_SCX))
		return false;
	if ((w->facts & FF_FACT_FUTEX_HASH) && (w->flags & CLONE_VM)) {
		if (!alloc(k, ENOMEM, FORKFAIL_FUTEX_HASH_NOMEM))
			return false;
	}
	step(k, FF_STEP_LAST_CHECKS);
	if (w->dead_late)
		return fail(k, ENOMEM, FORKFAIL_PIDNS_DEAD_LATE, 0);
	return past(k, P_KILLED);
}

/* What comes before perf, whose cleanup is a witness of later failures. */
static bool early(struct walk *k)
{
	const struct world *w = k->w;

	step(k, FF_STEP_KERNEL_CLONE);
	if (!past(k, P_KERNEL_CLONE))
		return false;
	step(k, FF_STEP_ENTRY);
	if (!past(k, P_FLAGS))
		return false;
	if (!alloc(k, ENOMEM, FORKFAIL_TASK_STRUCT_NOMEM))
		return false;
	if (w->killed_in_vmalloc)
		return fail(k, ENOMEM, FORKFAIL_KILLED_IN_VMALLOC, -1);
	if (!alloc(k, ENOMEM, FORKFAIL_KERNEL_STACK_NOMEM) ||
	    !alloc(k, ENOMEM, FORKFAIL_KERNEL_STACK_MEMCG))
		return false;
	step(k, FF_STEP_COPY_CREDS);
	if ((w->facts & FF_FACT_NPROC_BEFORE_CREDS) && full_levels(&w->nproc) &&
	    !w->cap_resource && !w->cap_admin)
		return fail(k, EAGAIN, FORKFAIL_RLIMIT_NPROC, 0);
	if ((w->facts & FF_FACT_EXEC_STATE) && !(w->flags & CLONE_VM)) {
		step(k, FF_STEP_EXEC_STATE);
		if (!alloc(k, ENOMEM, FORKFAIL_EXEC_STATE_NOMEM))
			return false;
	}
	step(k, FF_STEP_COPY_CREDS);
	if (!alloc(k, ENOMEM, FORKFAIL_CREDS_NOMEM))
		return false;
	if ((w->flags & CLONE_NEWUSER) && !user_namespace(k))
		return false;
	if (!limits(k))
		return false;
	step(k, FF_STEP_TASK_SETUP);
	if (w->uring) {
		witness(k, FF_W_IO_URING_FORK);
		if (!alloc(k, ENOMEM, FORKFAIL_IO_URING_RESTRICTION_NOMEM))
			return false;
	}
	if (w->kind == KTHREAD && !(w->facts & FF_FACT_NPROC_BEFORE_CREDS)) {
		witness(k, FF_W_KTHREAD_STRUCT);
		if (!past(k, P_KTHREAD))
			return false;
	}
	if (w->mempolicy) {
		witness(k, FF_W_MEMPOLICY);
		if (!alloc(k, ENOMEM, FORKFAIL_MEMPOLICY_NOMEM))
			return false;
	}
	step(k, FF_STEP_SCHED_FORK);
	if (w->deadline)
		return fail(k, EAGAIN, FORKFAIL_SCHED_DEADLINE, -1);
	step(k, FF_STEP_PERF_AUDIT);
	return past(k, P_PERF) && alloc(k, ENOMEM, FORKFAIL_PERF_INHERIT);
}

static bool middle(struct walk *k)
{
	const struct world *w = k->w;

	if (!alloc(k, ENOMEM, FORKFAIL_AUDIT_NOMEM))
		return false;
	step(k, FF_STEP_SECURITY);
	if (!past(k, P_LSM) || !alloc(k, ENOMEM, FORKFAIL_LSM_TASK_ALLOC))
		return false;
	step(k, FF_STEP_COPY_FILES);
	if ((w->flags & CLONE_SYSVSEM) && !w->undo && !alloc(k, ENOMEM, FORKFAIL_SEMUNDO_NOMEM))
		return false;
	if (!(w->flags & CLONE_FILES)) {
		if (!past(k, P_FILES) || !alloc(k, ENOMEM, FORKFAIL_FILES_NOMEM))
			return false;
	}
	step(k, FF_STEP_COPY_FS);
	if (!(w->flags & CLONE_FS)) {
		if (!alloc(k, ENOMEM, FORKFAIL_FS_NOMEM)) {
			k->unshared_fs = true;
			return false;
		}
	} else if (!past(k, P_FS)) {
		return false;
	}
	step(k, FF_STEP_COPY_SIGHAND);
	if (!(w->flags & CLONE_SIGHAND) && !alloc(k, ENOMEM, FORKFAIL_SIGHAND_NOMEM))
		return false;
	step(k, FF_STEP_COPY_SIGNAL);
	if (!(w->flags & CLONE_THREAD) && !alloc(k, ENOMEM, FORKFAIL_SIGNAL_NOMEM))
		return false;
	/* a kernel thread has no address space to copy */
	if (!(w->flags & CLONE_VM) && w->kind != KTHREAD && !address_space(k))
		return false;
	if ((w->flags & FF_CLONE_NEW_ANY) && !namespaces(k))
		return false;
	step(k, FF_STEP_ALLOC_PID);
	if (w->io_context && !(w->flags & CLONE_IO) && !alloc(k, ENOMEM, FORKFAIL_IOCTX_NOMEM))
		return false;
	if (!past(k, P_THREAD))
		return false;
	if (!(w->facts & FF_FACT_X86) && !alloc(k, ENOMEM, FORKFAIL_SME_STATE_NOMEM))
		return false;
	return number(k) && cgroups(k);
}

static void copy_process(struct walk *k)
{
	if (!early(k))
		return;
	if (!middle(k)) {
		witness(k, FF_W_PERF_DONE);
		return;
	}
	if (late(k))
		return;
	witness(k, FF_W_CANCEL_FORK);
	witness(k, FF_W_PERF_DONE);
}

/**
 * world_fork - fork in a world, and observe it
 * @w: the world
 * @hidden: what is hidden of it
 * @o: receives the observation
 * @t: receives what really happened
 */
void world_fork(const struct world *w, const struct hidden *hidden, struct ff_observation *o,
		struct truth *t)
{
	struct walk k = { .w = w, .o = o, .t = t, .hidden = *hidden };

	k.hidden.witnesses = world_blind_together(hidden->witnesses);
	memset(o, 0, sizeof(*o));
	memset(t, 0, sizeof(*t));
	o->nproc.named = -1;
	o->pid.named = -1;
	o->pid.full = -1;
	o->pids.named = -1;
	o->pidns_dead_level = -1;
	copy_process(&k);
	if (t->failed)
		observe(&k);
}
