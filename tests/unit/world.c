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
#define NEW_NAMESPACES	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | \
			 CLONE_NEWNET | CLONE_NEWCGROUP)

/* One fork under way. */
struct walk {
	const struct world *w;
	struct ff_observation *o;
	struct truth *t;
	u32 blind, blind_w;
	u8 allocs;
	bool cancelled;		/* cgroup_cancel_fork() ran */
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
	k->o->seen |= BIT(n);
	k->o->at[n] = at;
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

/* Return: false if it fails, with the cause that names the shortage. */
static bool alloc(struct walk *k, int err, u8 cause)
{
	const struct world *w = k->w;
	u8 n = ++k->allocs;

	if (n == w->alloc_helped && n != w->alloc_fails)
		witness(k, w->helped_by_oom ? FF_W_SYSTEM_OOM : FF_W_MEMCG_RECLAIM);
	if (n != w->alloc_fails)
		return true;
	switch (w->shortage) {
	case MEMCG_OOM:
		/* the hook of the OOM killer notes the cgroup as well */
		witness(k, FF_W_MEMCG_RECLAIM);
		witness(k, FF_W_MEMCG_OOM);
		return fail(k, err, err == ENOMEM ? FORKFAIL_MEMCG_LIMIT : cause, -1);
	case MEMCG_RECLAIM:
		witness(k, FF_W_MEMCG_RECLAIM);
		return fail(k, err, err == ENOMEM ? FORKFAIL_MEMCG_LIMIT : cause, -1);
	case MACHINE_WARNED:
		witness(k, FF_W_PAGE_ALLOC_FAILED);
		return fail(k, err, err == ENOMEM ? FORKFAIL_SYSTEM_MEMORY : cause, -1);
	case MACHINE_OOM:
		witness(k, FF_W_SYSTEM_OOM);
		return fail(k, err, err == ENOMEM ? FORKFAIL_SYSTEM_MEMORY : cause, -1);
	default:
		return fail(k, err, cause, -1);
	}
}

static bool limits(struct walk *k)
{
	const struct world *w = k->w;
	int over = lowest(full_levels(&w->nproc));

	if (w->facts & FF_FACT_NPROC_BEFORE_CREDS)
		goto threads;
	if (over >= 0) {
		witness(k, FF_W_CAPABLE_RESOURCE);
		if (!w->cap_resource) {
			witness(k, FF_W_CAPABLE_ADMIN);
			if (!w->cap_admin || w->lsm_denies_admin)
				return fail(k, EAGAIN, over ? FORKFAIL_RLIMIT_NPROC_ANCESTOR_USERNS :
					    FORKFAIL_RLIMIT_NPROC, over);
		}
	}
threads:
	if (w->threads_full)
		return fail(k, EAGAIN, FORKFAIL_THREADS_MAX, -1);
	return true;
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
			return fail(k, ENOMEM, w->overcommit_mode == 2 ? FORKFAIL_OVERCOMMIT_STRICT :
				    FORKFAIL_OVERCOMMIT_HEURISTIC, -1);
		}
		if (!alloc(k, ENOMEM, FORKFAIL_PAGETABLE_NOMEM))
			return false;
	}
	if (w->killed_in_mm)
		return fail(k, ENOMEM, FORKFAIL_KILLED_IN_DUP_MMAP, -1);
	return true;
}

static bool number(struct walk *k)
{
	const struct world *w = k->w;
	int full = lowest(full_levels(&w->pid));

	step(k, FF_STEP_ALLOC_PID);
	if (!alloc(k, ENOMEM, FORKFAIL_PID_NOMEM))
		return false;
	if (w->odd == ODD_SET_TID)
		return fail(k, EEXIST, FORKFAIL_SET_TID_EXISTS, -1);
	if (full >= 0)
		return fail(k, EAGAIN, w->wrapped ? FORKFAIL_PID_EXHAUSTED_AFTER_WRAP :
			    FORKFAIL_PID_EXHAUSTED, full);
	if (w->dead)
		return fail(k, ENOMEM, (w->facts & FF_FACT_PIDNS_POISON) && w->no_reaper ?
			    FORKFAIL_PIDNS_POISONED_BY_FIRST_FORK : FORKFAIL_PIDNS_DEAD, 0);
	if (w->odd == ODD_PIDFD)
		return fail(k, EMFILE, FORKFAIL_PIDFD_NOFILE, -1);
	return true;
}

static bool cgroups(struct walk *k)
{
	const struct world *w = k->w;
	int full = lowest(full_levels(&w->pids));

	step(k, FF_STEP_CGROUP_CAN_FORK);
	if (!alloc(k, ENOMEM, FORKFAIL_CGROUP_CSS_NOMEM))
		return false;
	if (w->odd == ODD_CPUSET_LSM)
		return fail(k, EAGAIN, FORKFAIL_CPUSET_LSM, -1);
	if (full < 0)
		return true;
	witness(k, FF_W_PIDS_EVENT);
	if ((k->o->seen & BIT(FF_W_PIDS_EVENT)) && w->pids_names)
		k->o->pids.named = full;
	return fail(k, EAGAIN, full ? FORKFAIL_PIDS_MAX_ANCESTOR : FORKFAIL_PIDS_MAX, full);
}

static bool late(struct walk *k)
{
	const struct world *w = k->w;

	if (w->odd == ODD_SCX)
		return fail(k, ENOMEM, FORKFAIL_SCX_INIT_TASK, -1);
	if (!alloc(k, ENOMEM, FORKFAIL_FUTEX_HASH_NOMEM))
		return false;
	if (w->dead_late)
		return fail(k, ENOMEM, FORKFAIL_PIDNS_DEAD_LATE, 0);
	if (w->odd == ODD_KILLED_LATE)
		return fail(k, EINTR, FORKFAIL_KILLED_LATE, -1);
	return true;
}

/* Return: false if the fork fails. */
static bool copy_process(struct walk *k)
{
	const struct world *w = k->w;

	if (w->odd == ODD_FLAGS)
		return fail(k, EINVAL, FORKFAIL_THREAD_WITHOUT_SIGHAND, -1);
	if (w->signal)
		return fail(k, 513, FORKFAIL_SIGNAL_RESTART, -1);
	if (!alloc(k, ENOMEM, FORKFAIL_TASK_STRUCT_NOMEM) ||
	    !alloc(k, ENOMEM, FORKFAIL_KERNEL_STACK_NOMEM))
		return false;
	if ((w->facts & FF_FACT_NPROC_BEFORE_CREDS) && full_levels(&w->nproc) &&
	    !w->cap_resource && !w->cap_admin)
		return fail(k, EAGAIN, FORKFAIL_RLIMIT_NPROC, 0);
	step(k, FF_STEP_COPY_CREDS);
	if (!alloc(k, ENOMEM, FORKFAIL_CREDS_NOMEM))
		return false;
	if (w->flags & CLONE_NEWUSER) {
		witness(k, FF_W_NEW_USERNS);
		if (!alloc(k, ENOMEM, FORKFAIL_USERNS_NOMEM))
			return false;
		if (!(w->facts & FF_FACT_NPROC_BEFORE_CREDS) &&
		    !alloc(k, EAGAIN, FORKFAIL_UCOUNTS_ALLOC_NOMEM))
			return false;
	}
	if (!limits(k))
		return false;
	if (w->odd == ODD_KTHREAD_STRUCT && w->kind == FORKFAIL_KIND_KTHREAD)
		return fail(k, EAGAIN, FORKFAIL_KTHREAD_STRUCT_NOMEM, -1);
	if (!alloc(k, ENOMEM, FORKFAIL_MEMPOLICY_NOMEM))
		return false;
	step(k, FF_STEP_SCHED_FORK);
	if (w->deadline)
		return fail(k, EAGAIN, FORKFAIL_SCHED_DEADLINE, -1);
	if (w->odd == ODD_PERF)
		return fail(k, EACCES, FORKFAIL_PERF_INHERIT, -1);
	if (!alloc(k, ENOMEM, FORKFAIL_AUDIT_NOMEM))
		return false;
	step(k, FF_STEP_SECURITY_TASK_ALLOC);
	if (w->odd == ODD_LSM)
		return fail(k, EAGAIN, FORKFAIL_LSM_TASK_ALLOC, -1);
	step(k, FF_STEP_COPY_SEMUNDO);
	if (!alloc(k, ENOMEM, FORKFAIL_SEMUNDO_NOMEM))
		return false;
	if (!(w->flags & CLONE_FILES)) {
		step(k, FF_STEP_DUP_FD);
		if (!alloc(k, ENOMEM, FORKFAIL_FILES_NOMEM))
			return false;
	}
	if (!(w->flags & CLONE_FS)) {
		step(k, FF_STEP_COPY_FS_STRUCT);
		if (!alloc(k, ENOMEM, FORKFAIL_FS_NOMEM))
			return false;
	} else if (w->odd == ODD_FS_IN_EXEC) {
		return fail(k, EAGAIN, FORKFAIL_FS_IN_EXEC, -1);
	}
	if (!alloc(k, ENOMEM, FORKFAIL_SIGNAL_NOMEM))
		return false;
	/* a kernel thread has no address space to copy */
	if (!(w->flags & CLONE_VM) && w->kind != FORKFAIL_KIND_KTHREAD && !address_space(k))
		return false;
	if (w->flags & NEW_NAMESPACES) {
		witness(k, FF_W_NEW_NAMESPACES);
		if (!alloc(k, ENOMEM, FORKFAIL_NS_NOMEM))
			return false;
		if (w->odd == ODD_NETNS && (w->flags & CLONE_NEWNET))
			return fail(k, EAGAIN, FORKFAIL_NETNS_INIT, -1);
	}
	step(k, FF_STEP_COPY_THREAD);
	if (w->odd == ODD_SHADOW_STACK)
		return fail(k, EAGAIN, FORKFAIL_SHADOW_STACK, -1);
	if (!number(k) || !cgroups(k))
		return false;
	if (late(k))
		return true;
	witness(k, FF_W_CANCEL_FORK);
	k->cancelled = true;
	return false;
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
	if (o->step == FF_STEP_CGROUP_CAN_FORK && (o->seen & BIT(FF_W_CANCEL_FORK)))
		o->step = FF_STEP_LATE;
	o->have_args = w->have_args;
	o->flags = w->have_args ? w->flags : 0;
	if (w->have_args || w->kind == FORKFAIL_KIND_KTHREAD)
		o->kind = w->kind;
	o->dying = w->killed_in_mm || w->odd == ODD_KILLED_LATE;
	o->deadline = w->deadline;
	o->has_sys_admin = w->cap_admin;

	look(&o->nproc, &w->nproc, w->race & RACE_NPROC);
	look(&o->pids, &w->pids, w->race & RACE_PIDS);
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
			o->overcommit_fits = w->overcommit_counted && !w->too_much;
			o->overcommit_fits_before = !w->overcommit_counted ||
				(w->too_much == !!(w->race & RACE_OVERCOMMIT));
		}
	}
	if ((o->seen & BIT(FF_W_MEMCG_RECLAIM)) && w->memcg_known) {
		bool at_limit = k->allocs == w->alloc_fails &&
				(w->shortage == MEMCG_RECLAIM || w->shortage == MEMCG_OOM);

		o->memcg_known = true;
		o->memcg_limit = 1000;
		o->memcg_in_use = at_limit != !!(w->race & RACE_MEMCG) ? 1000 : 900;
	}
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
		0, 0, CLONE_VM | CLONE_VFORK,
		CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
		CLONE_FS, CLONE_FILES, CLONE_VM | CLONE_FS, CLONE_FS | CLONE_FILES,
	};

	memset(w, 0, sizeof(*w));
	w->facts = bits(arg) & 7;
	/* they do not come in all combinations */
	if (w->facts & FF_FACT_NPROC_BEFORE_CREDS)
		w->facts = FF_FACT_NPROC_BEFORE_CREDS | FF_FACT_PIDNS_POISON;
	w->flags = flags[bits(arg) & 7];
	w->have_args = bits(arg) & 15;
	if (!(w->flags & CLONE_THREAD) && once_in(bits, arg, 4))
		w->flags |= CLONE_NEWUSER & (w->flags & CLONE_FS ? 0 : ~0u);
	if (!(w->flags & CLONE_THREAD) && once_in(bits, arg, 4))
		w->flags |= CLONE_NEWNET;
	w->kind = w->flags & CLONE_THREAD ? FORKFAIL_KIND_THREAD :
		  w->flags & CLONE_VFORK ? FORKFAIL_KIND_VFORK : FORKFAIL_KIND_PROCESS;
	if (once_in(bits, arg, 16))
		w->kind = FORKFAIL_KIND_KTHREAD;
	w->signal = once_in(bits, arg, 64);
	w->odd = once_in(bits, arg, 2) ? bits(arg) % NR_ODDITIES : ODD_NONE;
	if (w->odd == ODD_KTHREAD_STRUCT && (w->facts & FF_FACT_NPROC_BEFORE_CREDS))
		w->odd = ODD_NONE;
	if (once_in(bits, arg, 3))
		w->alloc_fails = 1 + bits(arg) % 24;
	if (once_in(bits, arg, 3))
		w->alloc_helped = 1 + bits(arg) % 24;
	w->shortage = bits(arg) % NR_SHORTAGES;
	w->helped_by_oom = bits(arg) & 1;

	random_levels(&w->nproc, bits(arg));
	random_levels(&w->pid, bits(arg));
	random_levels(&w->pids, bits(arg));
	w->nproc.known = true;		/* credentials can always be read */
	if (w->facts & FF_FACT_NPROC_BEFORE_CREDS)
		w->nproc.n = 1;
	w->cap_resource = once_in(bits, arg, 4);
	w->cap_admin = once_in(bits, arg, 4);
	w->lsm_denies_admin = once_in(bits, arg, 8);
	w->threads_full = once_in(bits, arg, 12);
	w->threads_known = bits(arg) & 7;
	w->wrapped = bits(arg) & 1;
	w->pids_names = bits(arg) & 1;
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
	fprintf(stderr, "  world: odd %u alloc %u (shortage %u) helped %u race %#x\n", w->odd,
		w->alloc_fails, w->shortage, w->alloc_helped, w->race);
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
	bool calm = !w->race && !(w->alloc_fails && !w->shortage) &&
		    !(w->dead_late && t->cause != FORKFAIL_PIDNS_DEAD_LATE);

	if (v->proof == FORKFAIL_PROOF_PATH || v->proof == FORKFAIL_PROOF_WITNESS ||
	    (calm && v->proof == FORKFAIL_PROOF_PREDICATE)) {
		if (v->cause != t->cause)
			return "a wrong cause, said to be certain";
		if (calm && v->level >= 0 && v->level != t->level)
			return "the right cause, the wrong level";
	}
	if (calm && nameable && v->proof == FORKFAIL_PROOF_INFERRED && !is_candidate(v, t->cause))
		return "the real cause is not among the candidates";
	return NULL;
}
