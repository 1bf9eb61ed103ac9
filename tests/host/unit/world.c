// SPDX-License-Identifier: GPL-2.0-only
/*
 * world.c - a small copy_process() of our own, and the module's watch on it
 *
 * The order of the checks is that of the stage lists for 5.10 to 7.2.  Where
 * kernels differ, facts say which one this is.
 */
#include <errno.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>

#include "invariants.h"
#include "world.h"

#define BIT(n)		(1u << (n))

/* One fork under way. */
struct walk {
	const struct world *w;
	struct ff_observation *o;
	struct truth *t;
	u32 blind, blind_w;
	u8 allocs;
	bool oom_killed;
};

static void step(struct walk *k, enum ff_step s)
{
	if (!(k->blind & BIT(s)))
		k->o->step = s;
}

/* As the module's hooks: some count only where they can mean something. */
static void witness(struct walk *k, enum ff_witness n)
{
	u8 at = k->o->step;

	if (k->blind_w & BIT(n))
		return;
	if ((n == FF_W_CAPABLE_RESOURCE || n == FF_W_CAPABLE_ADMIN) && at != FF_STEP_COPY_CREDS)
		return;
	if (n == FF_W_CAPABLE_ADMIN && !(k->o->seen & BIT(FF_W_CAPABLE_RESOURCE)))
		return;
	if (n == FF_W_PIDS_EVENT && at != FF_STEP_CGROUP_CAN_FORK)
		return;
	if (n == FF_W_PERF_DONE && at > FF_STEP_SCHED_FORK)
		return;
	k->o->seen |= BIT(n);
	k->o->at[n] = at;
	ff_rank_last(k->o->rank, n);
}

static bool fail(struct walk *k, int err, u8 cause, int level)
{
	k->t->failed = true;
	k->t->err = err;
	k->t->cause = cause;
	k->t->level = level;
	return false;
}

static int lowest(u8 bits)
{
	return bits ? __builtin_ctz(bits) : -1;
}

static u8 full_levels(const struct levels *l)
{
	return l->full & (BIT(l->n) - 1);
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

/*
 * The errors that a part of copy_process() has of its own: what has to be, what
 * runs on the way to them, and what the module sees of the state behind them.
 */
enum place {
	P_KERNEL_CLONE, P_FLAGS, P_USERNS, P_USERNS_COUNTED, P_USERNS_LSM, P_KTHREAD, P_PERF,
	P_LSM, P_FILES, P_FS, P_NS, P_PID_NS, P_COUNT_NS, P_NET_NS, P_THREAD, P_PID_FIRST, P_PIDFD,
	P_CGROUP_FD, P_CGROUP, P_CPUSET, P_CPUSET_LSM, P_SCX, P_KILLED,
};

struct oddity {
	enum place place;
	s32 err;
	u8 cause;
	u64 flags;		/* that it needs; at P_FLAGS the only ones */
	u32 facts;		/* that it needs */
	u32 not_facts;		/* under which it cannot be */
	s8 kind;		/* that it needs, or -1 */
	void (*state)(struct ff_observation *o);
};

#define STATE(name, assignment) \
	static void name(struct ff_observation *o) { assignment; }

STATE(same_place, o->pidfd_is_parent_tid = true)
STATE(sysctl_off, o->userns_sysctl_off = true)
STATE(is_init, o->unkillable = true)
STATE(other_pidns, o->pidns_mismatch = true)
STATE(other_timens, o->timens_mismatch = true)
STATE(wants_signal, o->exit_signal = 17)
STATE(users_too_deep, o->userns_too_deep = true)
STATE(in_chroot, (o->root_is_inside = true, o->root_is_inits = false))
STATE(no_ids, o->ids_mapped = false)
STATE(users_full, (o->ucount.known = true, o->ucount.full = 0))
STATE(pids_too_deep, o->pidns_too_deep = true)
STATE(foreign_pidns, o->pidns_foreign = true)
STATE(bad_range, (o->set_tid_size = 1, o->set_tid_bad = FORKFAIL_SET_TID_RANGE))
STATE(too_many_tids, (o->set_tid_size = 9, o->set_tid_bad = FORKFAIL_SET_TID_TOO_MANY))
STATE(tid_before_init, (o->set_tid_size = 1, o->set_tid_bad = FORKFAIL_SET_TID_NO_INIT))
STATE(good_tid, o->set_tid_size = 1)
STATE(own_stack, o->shadow_stack = true)
STATE(killed, o->dying = true)

#define THREAD_FLAGS	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
#define KTHREAD		FORKFAIL_KIND_KTHREAD
#define ODD(place, err, cause, ...) { P_##place, err, FORKFAIL_##cause, __VA_ARGS__ }

static const struct oddity oddities[] = {
	ODD(KERNEL_CLONE, EINVAL, PIDFD_PARENT_SETTID, CLONE_PIDFD | CLONE_PARENT_SETTID, 0, 0,
	    -1, same_place),
	ODD(KERNEL_CLONE, EINVAL, EXIT_SIGNAL_INVALID, 0, FF_FACT_EXIT_SIGNAL, 0, -1, NULL),
	ODD(FLAGS, EINVAL, NEWNS_WITH_FS, CLONE_NEWNS | CLONE_FS, 0, 0, -1, NULL),
	ODD(FLAGS, EINVAL, NEWUSER_WITH_FS, CLONE_NEWUSER | CLONE_FS, 0, 0, -1, NULL),
	ODD(FLAGS, EPERM, USERNS_UNPRIV_SYSCTL, CLONE_NEWUSER, 0, 0, -1, sysctl_off),
	ODD(FLAGS, EINVAL, THREAD_WITHOUT_SIGHAND, CLONE_THREAD | CLONE_VM, 0, 0, -1, NULL),
	ODD(FLAGS, EINVAL, SIGHAND_WITHOUT_VM, CLONE_SIGHAND, 0, 0, -1, NULL),
	ODD(FLAGS, EINVAL, CLONE_PARENT_OF_INIT, CLONE_PARENT, 0, 0, -1, is_init),
	ODD(FLAGS, EINVAL, THREAD_PIDNS_MISMATCH, THREAD_FLAGS, 0, 0, -1, other_pidns),
	ODD(FLAGS, EINVAL, TIMENS_THREAD_OR_VM, CLONE_VM, FF_FACT_TIMENS_CHECK, 0, -1,
	    other_timens),
	ODD(FLAGS, EINVAL, PIDFD_DETACHED, CLONE_PIDFD | CLONE_DETACHED, 0, 0, -1, NULL),
	ODD(FLAGS, EINVAL, PIDFD_THREAD, CLONE_PIDFD | THREAD_FLAGS, FF_FACT_NO_THREAD_PIDFD, 0,
	    -1, NULL),
	ODD(FLAGS, EINVAL, AUTOREAP_COMBINATION, FF_CLONE_AUTOREAP, FF_FACT_AUTOREAP, 0, -1,
	    wants_signal),
	ODD(FLAGS, EINVAL, NNP_THREAD, FF_CLONE_NNP | THREAD_FLAGS, FF_FACT_NNP, 0, -1, NULL),
	ODD(FLAGS, EINVAL, AUTOKILL_COMBINATION, FF_CLONE_PIDFD_AUTOKILL, FF_FACT_AUTOKILL, 0,
	    -1, NULL),
	ODD(FLAGS, EPERM, AUTOKILL_CAP,
	    FF_CLONE_PIDFD_AUTOKILL | FF_CLONE_AUTOREAP | CLONE_PIDFD,
	    FF_FACT_AUTOREAP | FF_FACT_AUTOKILL, 0, -1, NULL),

	ODD(USERNS, ENOSPC, USERNS_DEPTH, CLONE_NEWUSER, 0, 0, -1, users_too_deep),
	ODD(USERNS_COUNTED, ENOSPC, USERNS_COUNT, CLONE_NEWUSER, 0, 0, -1, users_full),
	ODD(USERNS_COUNTED, EPERM, USERNS_CHROOT, CLONE_NEWUSER, 0, 0, -1, in_chroot),
	ODD(USERNS_COUNTED, EPERM, USERNS_UNMAPPED_ID, CLONE_NEWUSER, 0, 0, -1, no_ids),
	ODD(USERNS_LSM, EACCES, USERNS_LSM, CLONE_NEWUSER, 0, FF_FACT_NPROC_BEFORE_CREDS, -1,
	    NULL),
	ODD(USERNS_LSM, EPERM, USERNS_LSM, CLONE_NEWUSER, 0, FF_FACT_NPROC_BEFORE_CREDS, -1,
	    NULL),
	ODD(KTHREAD, EAGAIN, KTHREAD_STRUCT_NOMEM, 0, 0, FF_FACT_NPROC_BEFORE_CREDS, KTHREAD,
	    NULL),
	ODD(PERF, EACCES, PERF_INHERIT, 0, 0, 0, -1, NULL),
	ODD(PERF, EINVAL, PERF_INHERIT, 0, 0, 0, -1, NULL),
	ODD(LSM, EAGAIN, LSM_TASK_ALLOC, 0, 0, 0, -1, NULL),
	ODD(LSM, EPERM, LSM_TASK_ALLOC, 0, 0, 0, -1, NULL),
	ODD(LSM, EINVAL, LSM_TASK_ALLOC, 0, 0, 0, -1, NULL),
	ODD(FILES, EMFILE, FILES_NR_OPEN, 0, 0, 0, -1, NULL),
	ODD(FS, EAGAIN, FS_IN_EXEC, CLONE_FS, 0, 0, -1, NULL),
	ODD(FS, EINVAL, UMH_FS_INVALID, CLONE_FS, 0, 0, KTHREAD, NULL),
	ODD(NS, EPERM, NS_CAP, CLONE_NEWNET, 0, 0, -1, NULL),
	ODD(NS, EINVAL, NEWIPC_SYSVSEM, CLONE_NEWIPC | CLONE_SYSVSEM, 0, 0, -1, NULL),
	ODD(COUNT_NS, ENOSPC, NS_COUNT, CLONE_NEWNET, 0, 0, -1, users_full),
	ODD(PID_NS, ENOSPC, PIDNS_DEPTH, CLONE_NEWPID, 0, 0, -1, pids_too_deep),
	ODD(PID_NS, EINVAL, PIDNS_NOT_ACTIVE, CLONE_NEWPID, 0, 0, -1, other_pidns),
	ODD(PID_NS, EINVAL, PIDNS_USERNS, CLONE_NEWPID, 0, 0, -1, foreign_pidns),
	ODD(NET_NS, EINTR, NETNS_KILLED, CLONE_NEWNET, 0, 0, -1, killed),
	ODD(NET_NS, EAGAIN, NETNS_INIT, CLONE_NEWNET, 0, 0, -1, NULL),
	ODD(NET_NS, EEXIST, NETNS_INIT, CLONE_NEWNET, 0, 0, -1, NULL),
	ODD(THREAD, EPERM, TLS_INVALID, CLONE_SETTLS, FF_FACT_X86, 0, -1, NULL),
	ODD(THREAD, EAGAIN, SHADOW_STACK, CLONE_VM, FF_FACT_SHADOW_STACK, 0, -1, own_stack),
	ODD(THREAD, EAGAIN, GCS_STACK, CLONE_VM, FF_FACT_GCS, 0, -1, own_stack),
	ODD(PID_FIRST, EINVAL, SET_TID_RANGE, 0, 0, 0, -1, bad_range),
	ODD(PID_FIRST, EINVAL, SET_TID_TOO_MANY, 0, 0, 0, -1, too_many_tids),
	ODD(PID_FIRST, EINVAL, SET_TID_NO_INIT, 0, 0, 0, -1, tid_before_init),
	ODD(PID_FIRST, EINVAL, PIDNS_INIT_NOT_ATTACHED, 0, FF_FACT_INIT_IS_ONE, 0, -1, NULL),
	ODD(PID_FIRST, EPERM, SET_TID_PERM, 0, 0, 0, -1, good_tid),
	ODD(PID_FIRST, EEXIST, SET_TID_EXISTS, 0, 0, 0, -1, good_tid),
	ODD(PIDFD, EMFILE, PIDFD_NOFILE, CLONE_PIDFD, 0, 0, -1, NULL),
	ODD(PIDFD, ENFILE, PIDFD_FILE_MAX, CLONE_PIDFD, 0, 0, -1, NULL),
	ODD(PIDFD, EFAULT, PIDFD_FAULT, CLONE_PIDFD, 0, 0, -1, NULL),
	ODD(CGROUP_FD, EBADF, CGROUP_FD_BAD, FF_CLONE_INTO_CGROUP, 0, 0, -1, NULL),
	ODD(CGROUP_FD, ENOENT, CGROUP_REMOVED, FF_CLONE_INTO_CGROUP, 0, 0, -1, NULL),
	ODD(CGROUP_FD, ENODEV, CGROUP_REMOVED, FF_CLONE_INTO_CGROUP, 0, 0, -1, NULL),
	ODD(CGROUP, EACCES, CGROUP_PERM, FF_CLONE_INTO_CGROUP, 0, 0, -1, NULL),
	ODD(CGROUP, ENOENT, CGROUP_NSDELEGATE, FF_CLONE_INTO_CGROUP, 0, 0, -1, NULL),
	ODD(CGROUP, EBUSY, CGROUP_INTERNAL, FF_CLONE_INTO_CGROUP, 0, 0, -1, NULL),
	ODD(CGROUP, EOPNOTSUPP, CGROUP_THREADED, FF_CLONE_INTO_CGROUP, 0, 0, -1, NULL),
	ODD(CPUSET, ENOSPC, CPUSET_EMPTY, FF_CLONE_INTO_CGROUP, 0, FF_FACT_NPROC_BEFORE_CREDS,
	    -1, NULL),
	ODD(CPUSET_LSM, EAGAIN, CPUSET_LSM, FF_CLONE_INTO_CGROUP, 0, FF_FACT_NPROC_BEFORE_CREDS,
	    -1, NULL),
	ODD(CPUSET_LSM, EPERM, CPUSET_LSM, FF_CLONE_INTO_CGROUP, 0, FF_FACT_NPROC_BEFORE_CREDS,
	    -1, NULL),
	ODD(SCX, ENOMEM, SCX_INIT_TASK, 0, FF_FACT_SCX, 0, -1, NULL),
	ODD(SCX, EPROTO, SCX_INIT_TASK, 0, FF_FACT_SCX, 0, -1, NULL),
	ODD(KILLED, EINTR, KILLED_LATE, 0, 0, 0, -1, killed),
};

#define NR_ODDITIES	(sizeof(oddities) / sizeof(oddities[0]))

static const struct oddity *oddity(const struct world *w)
{
	return w->odd ? &oddities[w->odd - 1] : NULL;
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

	if (!alloc(k, ENOMEM, FORKFAIL_MM_STRUCT_NOMEM))
		return false;
	step(k, FF_STEP_MM_INIT);
	if (!alloc(k, ENOMEM, FORKFAIL_MM_STRUCT_NOMEM))
		return false;
	for (i = 0; i < 4; i++) {
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
	if (!alloc(k, ENOMEM, FORKFAIL_BINFMT_MODULE_GONE))
		return false;
	if (w->killed_in_mm)
		return fail(k, ENOMEM, FORKFAIL_KILLED_IN_DUP_MMAP, -1);
	return true;
}

static bool namespaces(struct walk *k)
{
	static const enum ff_step steps[] = {
		FF_STEP_COPY_MNT_NS, FF_STEP_COPY_UTS_NS, FF_STEP_COPY_IPC_NS,
		FF_STEP_COPY_PID_NS, FF_STEP_COPY_CGROUP_NS, FF_STEP_COPY_NET_NS,
		FF_STEP_COPY_TIME_NS,
	};
	unsigned int i;

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

	step(k, FF_STEP_ALLOC_PID);
	if (!alloc(k, ENOMEM, FORKFAIL_PID_NOMEM) || !past(k, P_PID_FIRST))
		return false;
	if (full >= 0)
		return fail(k, EAGAIN, w->wrapped ? FORKFAIL_PID_EXHAUSTED_AFTER_WRAP :
			    FORKFAIL_PID_EXHAUSTED, full);
	if (w->dead)
		return fail(k, ENOMEM, (w->facts & FF_FACT_PIDNS_POISON) && w->no_reaper ?
			    FORKFAIL_PIDNS_POISONED_BY_FIRST_FORK : FORKFAIL_PIDNS_DEAD, 0);
	if (!(w->flags & CLONE_PIDFD))
		return true;
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

	if (!past(k, P_SCX))
		return false;
	if (w->futex_hash && (w->flags & CLONE_VM)) {
		step(k, FF_STEP_FUTEX_HASH);
		if (!alloc(k, ENOMEM, FORKFAIL_FUTEX_HASH_NOMEM))
			return false;
	}
	if (w->dead_late)
		return fail(k, ENOMEM, FORKFAIL_PIDNS_DEAD_LATE, 0);
	return past(k, P_KILLED);
}

/* What comes before perf, whose cleanup is a witness of later failures. */
static bool early(struct walk *k)
{
	const struct world *w = k->w;

	if (!past(k, P_KERNEL_CLONE)) {
		k->o->step = FF_STEP_KERNEL_CLONE;
		return false;
	}
	if (!past(k, P_FLAGS))
		return false;
	if (w->signal)
		return fail(k, 513, FORKFAIL_SIGNAL_RESTART, -1);
	if (!alloc(k, ENOMEM, FORKFAIL_TASK_STRUCT_NOMEM))
		return false;
	if (w->killed_in_vmalloc)
		return fail(k, ENOMEM, FORKFAIL_KILLED_IN_VMALLOC, -1);
	if (!alloc(k, ENOMEM, FORKFAIL_KERNEL_STACK_NOMEM) ||
	    !alloc(k, ENOMEM, FORKFAIL_KERNEL_STACK_MEMCG))
		return false;
	if ((w->facts & FF_FACT_NPROC_BEFORE_CREDS) && full_levels(&w->nproc) &&
	    !w->cap_resource && !w->cap_admin)
		return fail(k, EAGAIN, FORKFAIL_RLIMIT_NPROC, 0);
	if ((w->facts & FF_FACT_EXEC_STATE) && !(w->flags & CLONE_VM)) {
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
	return past(k, P_PERF);
}

static bool middle(struct walk *k)
{
	const struct world *w = k->w;

	if (!alloc(k, ENOMEM, FORKFAIL_AUDIT_NOMEM))
		return false;
	if (!past(k, P_LSM))
		return false;
	step(k, FF_STEP_COPY_SEMUNDO);
	if ((w->flags & CLONE_SYSVSEM) && !alloc(k, ENOMEM, FORKFAIL_SEMUNDO_NOMEM))
		return false;
	if (!(w->flags & CLONE_FILES)) {
		if (!past(k, P_FILES) || !alloc(k, ENOMEM, FORKFAIL_FILES_NOMEM))
			return false;
	}
	if (!(w->flags & CLONE_FS)) {
		if (!alloc(k, ENOMEM, FORKFAIL_FS_NOMEM))
			return false;
	} else if (!past(k, P_FS)) {
		return false;
	}
	if (!(w->flags & CLONE_SIGHAND) && !alloc(k, ENOMEM, FORKFAIL_SIGHAND_NOMEM))
		return false;
	if (!(w->flags & CLONE_THREAD) && !alloc(k, ENOMEM, FORKFAIL_SIGNAL_NOMEM))
		return false;
	/* a kernel thread has no address space to copy */
	if (!(w->flags & CLONE_VM) && w->kind != KTHREAD && !address_space(k))
		return false;
	if ((w->flags & FF_CLONE_NEW_ANY) && !namespaces(k))
		return false;
	if (w->io_context && !(w->flags & CLONE_IO)) {
		if (!(w->facts & FF_FACT_COPY_IO_INLINE))
			step(k, FF_STEP_COPY_IO);
		if (!alloc(k, ENOMEM, FORKFAIL_IOCTX_NOMEM))
			return false;
	}
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

/* What the module reads of a hierarchy; @named stays as the witness left it. */
static void look(struct ff_hierarchy *h, const struct levels *l, bool race)
{
	u8 before = full_levels(l), after = race ? before ^ 1 : before;

	h->levels = l->n;
	h->limited = l->n;
	h->known = l->known;
	h->full_before = __builtin_popcount(before);
	h->full_after = __builtin_popcount(after);
	h->full = lowest(before) == lowest(after) ? lowest(after) : -1;
	h->limit = 100;
	h->in_use = 100;
}

static void observe(struct walk *k)
{
	const struct world *w = k->w;
	struct ff_observation *o = k->o;

	o->err = -k->t->err;
	o->facts = w->facts;
	o->blind = k->blind;
	o->blind_w = k->blind_w;
	if (o->seen & BIT(FF_W_CANCEL_FORK))
		o->step = FF_STEP_LATE;
	o->have_args = w->have_args;
	o->flags = w->have_args ? w->flags : 0;
	if (w->have_args || w->kind == FORKFAIL_KIND_KTHREAD)
		o->kind = w->kind;
	o->dying = w->killed_in_mm || w->killed_in_vmalloc;
	o->deadline = w->deadline;
	o->has_sys_admin = w->cap_admin;
	o->ids_mapped = true;
	o->root_is_inits = true;
	o->has_io_context = w->io_context;
	o->ucount.named = -1;
	o->ucount.full = -1;
	if (oddity(w) && oddity(w)->state)
		oddity(w)->state(o);
	if (!(o->seen & BIT(FF_W_UCOUNT))) {
		o->ucount.known = false;
		o->ucount.full = -1;
	}

	look(&o->nproc, &w->nproc, w->race & RACE_NPROC);
	look(&o->pids, &w->pids, w->race & RACE_PIDS);
	o->pids.first = w->pids_first;
	o->pids.levels += w->pids_first;
	if (o->pids.full >= 0)
		o->pids.full += w->pids_first;
	if (o->step >= FF_STEP_ALLOC_PID || o->blind) {
		look(&o->pid, &w->pid, w->race & RACE_PID);
		/* without pid_max there is no saying which one is full */
		if (!o->pid.known)
			o->pid.full = -1;
		if (o->pid.levels == 1)
			o->pid.full = 0;
		o->pid_wrapped = o->pid.full >= 0 && w->wrapped;
		o->pidns_dead_before = w->dead;
		o->pidns_dead = w->dead || w->dead_late || (w->race & RACE_DEAD);
		o->pidns_dead_level = o->pidns_dead ? 0 : -1;
		o->pidns_no_reaper = w->no_reaper;
	}
	o->threads_known = w->threads_known;
	o->threads_max = 1000;
	o->threads = w->threads_full != !!(w->race & RACE_THREADS) ? 1000 : 10;

	o->overcommit_fits = true;
	o->overcommit_fits_before = true;
	if (o->err == -ENOMEM && !(o->flags & CLONE_VM) &&
	    (o->step == FF_STEP_MM_INIT || o->blind)) {
		o->overcommit_mode = w->overcommit_mode;
		o->overcommit_known = w->overcommit_known;
		if (o->overcommit_known && !(o->facts & FF_FACT_OVERCOMMIT_WITNESS)) {
			bool fits = !w->too_much || w->overcommit_mode == 1;
			bool before = fits != !!(w->race & RACE_OVERCOMMIT);

			o->overcommit_fits = w->overcommit_counted && fits;
			o->overcommit_fits_before = !w->overcommit_counted || before;
		}
	}
	if ((o->seen & BIT(FF_W_MEMCG_RECLAIM)) && w->memcg_known) {
		bool failed = k->allocs == w->alloc_fails;

		/* as it was when reclaim began, whatever came of it */
		o->memcg_known = true;
		o->memcg_limit = 1000;
		o->memcg_full = !(w->race & RACE_MEMCG);
		o->memcg_in_use = o->memcg_full ? 1000 : 900;
		o->memcg_oom_disabled = failed && w->shortage == MEMCG_OOM_DISABLED;
	}
	o->oom_killed = k->oom_killed;
}

/**
 * world_fork - fork in a world, and observe it
 * @w: the world
 * @blind: steps (bits) that are not armed
 * @blind_w: witnesses (bits) that are not armed
 * @o: receives the observation
 * @t: receives what really happened
 */
void world_fork(const struct world *w, u32 blind, u32 blind_w, struct ff_observation *o,
		struct truth *t)
{
	struct walk k = {
		.w = w, .o = o, .t = t,
		.blind = blind, .blind_w = world_blind_together(blind_w),
	};

	memset(o, 0, sizeof(*o));
	memset(t, 0, sizeof(*t));
	o->nproc.named = -1;
	o->pid.named = -1;
	o->pid.full = -1;
	o->pids.named = -1;
	o->pidns_dead_level = -1;
	copy_process(&k);
	observe(&k);
}

/**
 * world_blind_together - the witnesses that are not armed if some are not
 * @blind_w: witnesses (bits)
 */
u32 world_blind_together(u32 blind_w)
{
	const u32 capable = BIT(FF_W_CAPABLE_RESOURCE) | BIT(FF_W_CAPABLE_ADMIN);
	const u32 oom = BIT(FF_W_MEMCG_OOM) | BIT(FF_W_SYSTEM_OOM);

	if (blind_w & capable)
		blind_w |= capable;
	if (blind_w & oom)
		blind_w |= oom;
	return blind_w;
}

static void random_levels(struct levels *l, u64 bits)
{
	l->n = 1 + (bits & 3);
	l->full = (bits >> 2) & 7 ? 0 : (bits >> 5) & 0xf;
	l->known = (bits >> 9) & 7;
}

/* True once in @n times. */
static bool once_in(u64 (*bits)(void *), void *arg, unsigned int n)
{
	return bits(arg) % n == 0;
}

/**
 * world_random - make up a world that can exist
 * @w: receives it
 * @bits: gives 64 random bits
 * @arg: its argument
 */
void world_random(struct world *w, u64 (*bits)(void *), void *arg)
{
	static const u64 flags[] = {
		0, 0, CLONE_VM | CLONE_VFORK, THREAD_FLAGS | CLONE_SYSVSEM,
		CLONE_FS, CLONE_FILES, CLONE_VM | CLONE_FS, CLONE_FS | CLONE_FILES,
	};
	static const u64 extra[] = {
		CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWPID, CLONE_NEWIPC, CLONE_SYSVSEM, CLONE_PIDFD,
		FF_CLONE_INTO_CGROUP, CLONE_IO,
	};
	const struct oddity *odd;
	unsigned int i;

	memset(w, 0, sizeof(*w));
	/* facts do not come in all combinations */
	w->facts = bits(arg) & ((1 << 15) - 1) & ~FF_FACT_NPROC_BEFORE_CREDS;
	w->facts &= w->facts & FF_FACT_X86 ? ~FF_FACT_GCS : ~FF_FACT_SHADOW_STACK;
	if (once_in(bits, arg, 4))
		w->facts = FF_FACT_NPROC_BEFORE_CREDS | FF_FACT_PIDNS_POISON | FF_FACT_X86 |
			   FF_FACT_TIMENS_CHECK | FF_FACT_NO_THREAD_PIDFD | FF_FACT_COPY_IO_INLINE;
	w->odd = once_in(bits, arg, 2) ? bits(arg) % (NR_ODDITIES + 1) : 0;
	odd = oddity(w);
	w->flags = flags[bits(arg) & 7];
	for (i = 0; i < sizeof(extra) / sizeof(extra[0]); i++)
		if (once_in(bits, arg, 5))
			w->flags |= extra[i];
	if (odd && odd->place <= P_FLAGS) {
		w->flags = odd->flags;
	} else {
		/* what is refused before anything else is not for here */
		if (odd)
			w->flags |= odd->flags;
		if (w->flags & CLONE_NEWUSER)
			w->flags &= ~(CLONE_THREAD | CLONE_FS);
		if (w->flags & CLONE_NEWPID)
			w->flags &= ~CLONE_THREAD;
		if (odd && odd->state == other_pidns)
			w->flags &= ~CLONE_THREAD;
		if (w->facts & FF_FACT_NO_THREAD_PIDFD && w->flags & CLONE_THREAD)
			w->flags &= ~CLONE_PIDFD;
		if (!(odd && odd->cause == FORKFAIL_NEWIPC_SYSVSEM) && w->flags & CLONE_SYSVSEM)
			w->flags &= ~CLONE_NEWIPC;
	}
	if (odd) {
		w->facts |= odd->facts;
		w->facts &= ~odd->not_facts;
		/* whoever waits for the child lends it its stack */
		if (odd->state == own_stack)
			w->flags &= ~CLONE_VFORK;
		if (odd->facts & FF_FACT_SHADOW_STACK)
			w->facts = (w->facts | FF_FACT_X86) & ~FF_FACT_GCS;
		if (odd->facts & FF_FACT_GCS)
			w->facts &= ~(FF_FACT_X86 | FF_FACT_SHADOW_STACK);
		/* the flags that are needed may be those of another oddity */
		if ((odd->flags & w->flags) != odd->flags)
			w->odd = 0;
	}
	w->have_args = bits(arg) & 15;
	w->kind = w->flags & CLONE_THREAD ? FORKFAIL_KIND_THREAD :
		  w->flags & CLONE_VFORK ? FORKFAIL_KIND_VFORK : FORKFAIL_KIND_PROCESS;
	if ((odd && odd->kind == KTHREAD) || once_in(bits, arg, 16))
		w->kind = KTHREAD;
	w->signal = once_in(bits, arg, 64);
	w->uring = once_in(bits, arg, 8) && !(w->facts & FF_FACT_NPROC_BEFORE_CREDS);
	w->mempolicy = once_in(bits, arg, 8);
	w->io_context = once_in(bits, arg, 4);
	w->futex_hash = bits(arg) & 1;
	if (once_in(bits, arg, 2))
		w->alloc_fails = 1 + bits(arg) % 40;
	for (i = 0; i < 2; i++) {
		if (once_in(bits, arg, 3))
			w->alloc_helped[i] = 1 + bits(arg) % 40;
		w->help[i] = bits(arg) % NR_HELPS;
		if (w->alloc_helped[i] && w->help[i] == HELPED_BY_ANOTHER_WAY)
			w->facts |= FF_FACT_MEMCG_V1 | FF_FACT_KMEM_LIMIT;
	}
	w->shortage = bits(arg) % NR_SHORTAGES;
	if (w->shortage == MEMCG_KMEM)
		w->facts |= FF_FACT_MEMCG_V1 | FF_FACT_KMEM_LIMIT;
	if (w->shortage == MEMCG_OOM_DISABLED || once_in(bits, arg, 4))
		w->facts |= FF_FACT_MEMCG_V1;

	random_levels(&w->nproc, bits(arg));
	random_levels(&w->pid, bits(arg));
	random_levels(&w->pids, bits(arg));
	w->nproc.known = true;		/* credentials can always be read */
	if (w->facts & FF_FACT_NPROC_BEFORE_CREDS)
		w->nproc.n = 1;
	w->cap_resource = once_in(bits, arg, 4);
	w->cap_admin = once_in(bits, arg, 4) && !(w->odd && oddity(w)->err == EPERM);
	w->lsm_denies_admin = once_in(bits, arg, 8);
	w->threads_full = once_in(bits, arg, 12);
	w->threads_known = bits(arg) & 7;
	w->wrapped = bits(arg) & 1;
	w->pids_names = bits(arg) & 1;
	w->pids_first = once_in(bits, arg, 4) ? 1 + (bits(arg) & 1) : 0;
	w->dead = once_in(bits, arg, 6);
	w->dead_late = once_in(bits, arg, 6);
	w->no_reaper = bits(arg) & 1;
	w->overcommit_mode = bits(arg) % 3;
	w->too_much = once_in(bits, arg, 6);
	w->mappings_before = bits(arg) & 3;
	w->overcommit_known = bits(arg) & 7;
	w->overcommit_counted = bits(arg) & 7;
	w->memcg_known = bits(arg) & 3;
	w->deadline = once_in(bits, arg, 12);
	w->killed_in_mm = once_in(bits, arg, 8);
	w->killed_in_vmalloc = once_in(bits, arg, 16);
	/* two causes at once, of which one has no trace */
	if ((w->killed_in_mm || w->killed_in_vmalloc ||
	     (w->odd && oddity(w)->state == killed)) && !w->shortage)
		w->alloc_fails = 0;
	w->race = once_in(bits, arg, 4) ? bits(arg) : 0;
}

/**
 * world_print - a world on stderr
 * @w: the world
 * @t: what happened in it
 */
void world_print(const struct world *w, const struct truth *t)
{
	fprintf(stderr, "  truth: %s, errno %d, level %u\n", cause_table[t->cause].id, t->err,
		t->level);
	fprintf(stderr, "  world: odd %u alloc %u (shortage %u) helped %u by %u, %u by %u race %#x\n",
		w->odd, w->alloc_fails, w->shortage, w->alloc_helped[0], w->help[0],
		w->alloc_helped[1], w->help[1], w->race);
}

/**
 * world_verdict_wrong - hold a verdict against what really happened
 * @w: the world
 * @t: the truth
 * @v: the verdict
 * @nameable: the classifier has a rule for the true cause
 *
 * Conditions that merely held may mislead while other CPUs are running (a PID
 * namespace that dies late is that, too), and where an allocation fails without
 * a witness they say nothing: there only proofs by the path and by a witness are
 * held against the truth.
 *
 * Return: NULL, or what is wrong with it.
 */
const char *world_verdict_wrong(const struct world *w, const struct truth *t,
				const struct ff_verdict *v, bool nameable)
{
	bool still = !w->race && !(w->dead_late && t->cause != FORKFAIL_PIDNS_DEAD_LATE);
	bool misled = w->alloc_helped[0] || w->alloc_helped[1] || w->dead ||
		      !w->threads_known || w->threads_full || w->too_much;
	bool calm = still && !(w->alloc_fails && !w->shortage);

	if (v->proof == FORKFAIL_PROOF_PATH || v->proof == FORKFAIL_PROOF_WITNESS ||
	    (calm && v->proof == FORKFAIL_PROOF_PREDICATE)) {
		if (v->cause != t->cause)
			return "a wrong cause, said to be certain";
		if (calm && v->level >= 0 && v->level != t->level)
			return "the right cause, the wrong level";
	}
	if ((calm || (still && !misled)) && nameable &&
	    v->proof == FORKFAIL_PROOF_INFERRED &&
	    !is_candidate(v, t->cause) && !is_candidate(v, FORKFAIL_UNEXPLAINED))
		return "the real cause is not among the candidates";
	return NULL;
}
