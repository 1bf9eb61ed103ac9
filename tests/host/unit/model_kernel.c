// SPDX-License-Identifier: GPL-2.0-only
/*
 * model_kernel.c - a small model of copy_process()
 *
 * The order of the checks is that of 5.10 to 7.2.  Where kernels differ, facts say which one
 * is modelled.
 */
#include "model_fork.h"

static bool fail(struct fork_run *run, int err, u8 cause, int level)
{
	run->t->failed = true;
	run->t->err = err;
	run->t->cause = cause;
	run->t->level = level;
	return false;
}

/* An allocation is short of memory, and gets it. */
static void help(struct fork_run *run, enum help by)
{
	switch (by) {
	case HELPED_BY_RECLAIM:
		witness(run, FF_W_MEMCG_RECLAIM);
		break;
	case HELPED_BY_MEMCG_OOM:
		witness(run, FF_W_MEMCG_RECLAIM);
		witness(run, FF_W_MEMCG_OOM);
		run->oom_killed = true;
		break;
	case HELPED_BY_OOM:
		witness(run, FF_W_SYSTEM_OOM);
		break;
	case HELPED_BY_ANOTHER_WAY:
		/* page by page, each of which may take reclaim */
		witness(run, FF_W_KMEM_LIMIT);
		witness(run, FF_W_MEMCG_RECLAIM);
		break;
	default:
		break;	/* the module does not take it for a witness */
	}
}

/* Return: false if it fails, with the cause that names the shortage. */
static bool alloc(struct fork_run *run, int err, u8 cause)
{
	const struct scenario *sc = run->sc;
	u8 n = ++run->allocs;
	int i;

	for (i = 0; i < 2; i++)
		if (n == sc->alloc_helped[i])
			help(run, sc->help[i]);
	if (n != sc->alloc_fails)
		return true;
	switch (sc->shortage) {
	case MEMCG_OOM:
		/* the hook of the OOM killer notes the cgroup as well */
		witness(run, FF_W_MEMCG_RECLAIM);
		witness(run, FF_W_MEMCG_OOM);
		run->oom_killed = false;	/* nothing was killed after the last witness */
		return fail(run, err, err == ENOMEM ? FORKFAIL_MEMCG_LIMIT : cause, -1);
	case MEMCG_RECLAIM:
		witness(run, FF_W_MEMCG_RECLAIM);
		return fail(run, err, err == ENOMEM ? FORKFAIL_MEMCG_LIMIT : cause, -1);
	case MEMCG_OOM_DISABLED:
		witness(run, FF_W_MEMCG_RECLAIM);
		return fail(run, err, err == ENOMEM ? FORKFAIL_MEMCG_V1_OOM_DISABLED : cause, -1);
	case MEMCG_KMEM:
		witness(run, FF_W_KMEM_LIMIT);
		return fail(run, err, err == ENOMEM ? FORKFAIL_MEMCG_V1_KMEM_LIMIT : cause, -1);
	case MACHINE_WARNED:
		witness(run, FF_W_PAGE_ALLOC_FAILED);
		return fail(run, err, err == ENOMEM ? FORKFAIL_SYSTEM_MEMORY : cause, -1);
	case MACHINE_OOM:
		witness(run, FF_W_SYSTEM_OOM);
		witness(run, FF_W_PAGE_ALLOC_FAILED);
		return fail(run, err, err == ENOMEM ? FORKFAIL_SYSTEM_MEMORY : cause, -1);
	default:
		return fail(run, err, cause, -1);
	}
}

/* Return: false if the scenario's own error is at @place. */
static bool passes(struct fork_run *run, enum place place)
{
	const struct own_error *own = own_error(run->sc);

	if (!own || own->place != place)
		return true;
	return fail(run, own->err, own->cause, 0);
}

static bool limits(struct fork_run *run)
{
	const struct scenario *sc = run->sc;
	int over = lowest(refusing_levels(&sc->nproc));

	step(run, FF_STEP_TASK_LIMITS);
	if (!(sc->facts & FF_FACT_NPROC_BEFORE_CREDS) && over >= 0) {
		witness(run, FF_W_CAPABLE_RESOURCE);
		if (!sc->cap_resource) {
			witness(run, FF_W_CAPABLE_ADMIN);
			if (!sc->cap_admin || sc->lsm_denies_admin)
				return fail(run, EAGAIN, over == 0 ? FORKFAIL_RLIMIT_NPROC :
					    FORKFAIL_RLIMIT_NPROC_ANCESTOR_USERNS, over);
		}
	}
	if (sc->threads_full)
		return fail(run, EAGAIN, FORKFAIL_THREADS_MAX, -1);
	return true;
}

static bool user_namespace(struct fork_run *run)
{
	const struct scenario *sc = run->sc;

	witness(run, FF_W_NEW_USERNS);
	if (!passes(run, P_USERNS))
		return false;
	witness(run, FF_W_UCOUNT);
	if (!passes(run, P_USERNS_COUNTED))
		return false;
	if (!(sc->facts & FF_FACT_NPROC_BEFORE_CREDS)) {
		witness(run, FF_W_USERNS_LSM);
		if (!passes(run, P_USERNS_LSM))
			return false;
	}
	if (!alloc(run, ENOMEM, FORKFAIL_USERNS_NOMEM))
		return false;
	return (sc->facts & FF_FACT_NPROC_BEFORE_CREDS) ||
	       alloc(run, EAGAIN, FORKFAIL_UCOUNTS_ALLOC_NOMEM);
}

static bool address_space(struct fork_run *run)
{
	const struct scenario *sc = run->sc;
	int i;

	step(run, FF_STEP_COPY_MM);
	if (!alloc(run, ENOMEM, FORKFAIL_MM_STRUCT_NOMEM))
		return false;
	for (i = 0; i < 4; i++) {
		if (sc->killed_in_mm && i == sc->mappings_before_kill)
			return fail(run, ENOMEM, FORKFAIL_KILLED_IN_DUP_MMAP, -1);
		if (sc->too_much && sc->overcommit_mode != 1 && i == sc->mappings_before) {
			if (sc->facts & FF_FACT_OVERCOMMIT_WITNESS)
				witness(run, FF_W_OVERCOMMIT);
			return fail(run, ENOMEM, sc->overcommit_mode == 2 ?
				    FORKFAIL_OVERCOMMIT_STRICT : FORKFAIL_OVERCOMMIT_HEURISTIC, -1);
		}
		if (!alloc(run, ENOMEM, i & 1 ? FORKFAIL_PAGETABLE_NOMEM : FORKFAIL_VMA_NOMEM))
			return false;
	}
	if ((sc->facts & FF_FACT_X86) && !alloc(run, ENOMEM, FORKFAIL_LDT_NOMEM))
		return false;
	return alloc(run, ENOMEM, FORKFAIL_BINFMT_MODULE_GONE);
}

static bool namespaces(struct fork_run *run)
{
	static const enum ff_step steps[] = {
		FF_STEP_COPY_MNT_NS, FF_STEP_COPY_UTS_NS, FF_STEP_COPY_IPC_NS,
		FF_STEP_COPY_PID_NS, FF_STEP_COPY_CGROUP_NS, FF_STEP_COPY_NET_NS,
		FF_STEP_COPY_TIME_NS,
	};
	unsigned int i;

	step(run, FF_STEP_COPY_NAMESPACES);
	if (!passes(run, P_NS))
		return false;
	step(run, FF_STEP_NEW_NAMESPACES);
	if (!alloc(run, ENOMEM, FORKFAIL_NS_NOMEM))
		return false;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		step(run, steps[i]);
		if (steps[i] == FF_STEP_COPY_PID_NS && !passes(run, P_PID_NS))
			return false;
		if (steps[i] == FF_STEP_COPY_NET_NS && (run->sc->flags & CLONE_NEWNET)) {
			witness(run, FF_W_UCOUNT);
			if (!passes(run, P_COUNT_NS) || !passes(run, P_NET_NS))
				return false;
		}
		if (!alloc(run, ENOMEM, FORKFAIL_NS_NOMEM))
			return false;
	}
	return true;
}

static bool number(struct fork_run *run)
{
	const struct scenario *sc = run->sc;
	int full = lowest(full_levels(&sc->pid));

	if (!alloc(run, ENOMEM, FORKFAIL_PID_NOMEM) || !passes(run, P_PID_FIRST))
		return false;
	if (full >= 0)
		return fail(run, EAGAIN,
			    sc->wrapped & BIT(full) ? FORKFAIL_PID_EXHAUSTED_AFTER_WRAP :
			    FORKFAIL_PID_EXHAUSTED, full);
	if (sc->dead && (!sc->dead_at || sc->asks_above))
		return fail(run, ENOMEM,
			    (sc->facts & FF_FACT_PIDNS_POISON) && sc->no_reaper && !sc->dead_at ?
			    FORKFAIL_PIDNS_POISONED_BY_FIRST_FORK : FORKFAIL_PIDNS_DEAD,
			    sc->dead_at);
	if (!(sc->flags & CLONE_PIDFD))
		return true;
	/* the descriptor table may have to grow first */
	if (!alloc(run, ENOMEM, FORKFAIL_PIDFD_NOMEM))
		return false;
	step(run, FF_STEP_PIDFD);
	return alloc(run, ENOMEM, FORKFAIL_PIDFD_NOMEM) && passes(run, P_PIDFD);
}

static bool cgroups(struct fork_run *run)
{
	const struct scenario *sc = run->sc;
	int full = lowest(refusing_levels(&sc->pids));

	step(run, FF_STEP_CGROUP_CAN_FORK);
	if (sc->flags & FF_CLONE_INTO_CGROUP) {
		if (!passes(run, P_CGROUP_FD))
			return false;
		witness(run, FF_W_CGROUP_FOUND);
		if (!passes(run, P_CGROUP) || !alloc(run, ENOMEM, FORKFAIL_CGROUP_CSS_NOMEM) ||
		    !passes(run, P_CPUSET))
			return false;
		witness(run, FF_W_CPUSET_LSM);
		if (!passes(run, P_CPUSET_LSM))
			return false;
	}
	if (full < 0)
		return true;
	full += sc->pids_first;
	witness(run, FF_W_PIDS_EVENT);
	if ((run->o->seen & BIT(FF_W_PIDS_EVENT)) && sc->pids_names)
		run->o->pids.named = full;
	return fail(run, EAGAIN, full ? FORKFAIL_PIDS_MAX_ANCESTOR : FORKFAIL_PIDS_MAX, full);
}

static bool late(struct fork_run *run)
{
	const struct scenario *sc = run->sc;

	step(run, FF_STEP_LATE);
	if (!passes(run, P_SCX))
		return false;
	if ((sc->facts & FF_FACT_FUTEX_HASH) && (sc->flags & CLONE_VM)) {
		if (!alloc(run, ENOMEM, FORKFAIL_FUTEX_HASH_NOMEM))
			return false;
	}
	step(run, FF_STEP_LAST_CHECKS);
	if (sc->dead_late)
		return fail(run, ENOMEM, FORKFAIL_PIDNS_DEAD_LATE, 0);
	return passes(run, P_KILLED);
}

/* Up to perf: the cleanup of perf is a witness of all later failures. */
static bool early(struct fork_run *run)
{
	const struct scenario *sc = run->sc;

	step(run, FF_STEP_KERNEL_CLONE);
	if (!passes(run, P_KERNEL_CLONE))
		return false;
	step(run, FF_STEP_ENTRY);
	if (!passes(run, P_FLAGS))
		return false;
	if (!alloc(run, ENOMEM, FORKFAIL_TASK_STRUCT_NOMEM))
		return false;
	if (sc->killed_in_vmalloc)
		return fail(run, ENOMEM, FORKFAIL_KILLED_IN_VMALLOC, -1);
	if (!alloc(run, ENOMEM, FORKFAIL_KERNEL_STACK_NOMEM) ||
	    !alloc(run, ENOMEM, FORKFAIL_KERNEL_STACK_MEMCG))
		return false;
	step(run, FF_STEP_COPY_CREDS);
	if ((sc->facts & FF_FACT_NPROC_BEFORE_CREDS) && refusing_levels(&sc->nproc) &&
	    !sc->cap_resource && !sc->cap_admin)
		return fail(run, EAGAIN, FORKFAIL_RLIMIT_NPROC, 0);
	if ((sc->facts & FF_FACT_EXEC_STATE) && !(sc->flags & CLONE_VM)) {
		step(run, FF_STEP_EXEC_STATE);
		if (!alloc(run, ENOMEM, FORKFAIL_EXEC_STATE_NOMEM))
			return false;
	}
	step(run, FF_STEP_COPY_CREDS);
	if (!alloc(run, ENOMEM, FORKFAIL_CREDS_NOMEM))
		return false;
	if ((sc->flags & CLONE_NEWUSER) && !user_namespace(run))
		return false;
	if (!limits(run))
		return false;
	step(run, FF_STEP_TASK_SETUP);
	if (sc->uring) {
		witness(run, FF_W_IO_URING_FORK);
		if (!alloc(run, ENOMEM, FORKFAIL_IO_URING_RESTRICTION_NOMEM))
			return false;
	}
	if (sc->kind == KTHREAD && !(sc->facts & FF_FACT_NPROC_BEFORE_CREDS)) {
		witness(run, FF_W_KTHREAD_STRUCT);
		if (!passes(run, P_KTHREAD))
			return false;
	}
	if (sc->mempolicy) {
		witness(run, FF_W_MEMPOLICY);
		if (!alloc(run, ENOMEM, FORKFAIL_MEMPOLICY_NOMEM))
			return false;
	}
	step(run, FF_STEP_SCHED_FORK);
	if (sc->deadline)
		return fail(run, EAGAIN, FORKFAIL_SCHED_DEADLINE, -1);
	step(run, FF_STEP_PERF_AUDIT);
	return passes(run, P_PERF) && alloc(run, ENOMEM, FORKFAIL_PERF_INHERIT);
}

static bool middle(struct fork_run *run)
{
	const struct scenario *sc = run->sc;

	if (!alloc(run, ENOMEM, FORKFAIL_AUDIT_NOMEM))
		return false;
	step(run, FF_STEP_SECURITY);
	if (!passes(run, P_LSM) || !alloc(run, ENOMEM, FORKFAIL_LSM_TASK_ALLOC))
		return false;
	step(run, FF_STEP_COPY_FILES);
	if ((sc->flags & CLONE_SYSVSEM) && !sc->undo && !alloc(run, ENOMEM, FORKFAIL_SEMUNDO_NOMEM))
		return false;
	if (!(sc->flags & CLONE_FILES)) {
		if (!passes(run, P_FILES) || !alloc(run, ENOMEM, FORKFAIL_FILES_NOMEM))
			return false;
	}
	step(run, FF_STEP_COPY_FS);
	if (!(sc->flags & CLONE_FS)) {
		if (!alloc(run, ENOMEM, FORKFAIL_FS_NOMEM)) {
			run->unshared_fs = true;
			return false;
		}
	} else if (!passes(run, P_FS)) {
		return false;
	}
	step(run, FF_STEP_COPY_SIGHAND);
	if (!(sc->flags & CLONE_SIGHAND) && !alloc(run, ENOMEM, FORKFAIL_SIGHAND_NOMEM))
		return false;
	step(run, FF_STEP_COPY_SIGNAL);
	if (!(sc->flags & CLONE_THREAD) && !alloc(run, ENOMEM, FORKFAIL_SIGNAL_NOMEM))
		return false;
	/* a kernel thread has no address space to copy */
	if (!(sc->flags & CLONE_VM) && sc->kind != KTHREAD && !address_space(run))
		return false;
	if ((sc->flags & FF_CLONE_NEW_ANY) && !namespaces(run))
		return false;
	step(run, FF_STEP_ALLOC_PID);
	if (sc->io_context && !(sc->flags & CLONE_IO) && !alloc(run, ENOMEM, FORKFAIL_IOCTX_NOMEM))
		return false;
	if (!passes(run, P_THREAD))
		return false;
	if (!(sc->facts & FF_FACT_X86) && !alloc(run, ENOMEM, FORKFAIL_SME_STATE_NOMEM))
		return false;
	return number(run) && cgroups(run);
}

static void copy_process(struct fork_run *run)
{
	if (!early(run))
		return;
	if (!middle(run)) {
		witness(run, FF_W_PERF_DONE);
		return;
	}
	if (late(run))
		return;
	witness(run, FF_W_CANCEL_FORK);
	witness(run, FF_W_PERF_DONE);
}

/**
 * scenario_fork - fork in a scenario, and observe it
 * @sc: the scenario
 * @hidden: what is hidden of it
 * @o: receives the observation
 * @t: receives what really happened
 */
void scenario_fork(const struct scenario *sc, const struct hidden *hidden, struct ff_observation *o,
		   struct truth *t)
{
	struct fork_run run = { .sc = sc, .o = o, .t = t, .hidden = *hidden };

	run.hidden.witnesses = blind_together(hidden->witnesses);
	memset(o, 0, sizeof(*o));
	memset(t, 0, sizeof(*t));
	o->nproc.named = -1;
	o->pid.named = -1;
	o->pid.full = -1;
	o->pids.named = -1;
	o->pidns_dead_level = -1;
	copy_process(&run);
	if (t->failed)
		observe(&run);
}
