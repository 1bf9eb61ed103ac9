// SPDX-License-Identifier: GPL-2.0-only
/*
 * model_module.c - what the module observes of a fork in a scenario
 */
#include "model_fork.h"

#define W(w)		BIT(FF_W_##w)
#define AT(step)	BIT(FF_STEP_##step)

/* Witnesses that are only in the note of the call. */
#define IN_NOTES	(W(NEW_USERNS) | W(USERNS_LSM) | W(UCOUNT) | W(IO_URING_FORK) | \
			 W(KTHREAD_STRUCT) | W(MEMPOLICY) | W(CPUSET_LSM))

/* Witnesses of a shortage: the stack tells at which step they ran. */
#define SHORTAGES	(W(MEMCG_RECLAIM) | W(MEMCG_OOM) | W(SYSTEM_OOM) | \
			 W(PAGE_ALLOC_FAILED) | W(KMEM_LIMIT))

/**
 * step - copy_process() reaches a step
 * @run: the fork
 * @s: where
 */
void step(struct fork_run *run, enum ff_step s)
{
	run->at = s;
	if ((HOOKED_STEPS & BIT(s)) && !(run->hidden.steps & BIT(s)))
		run->way = s;
}

static bool ucount_full(const struct fork_run *run)
{
	const struct own_error *own = own_error(run->sc);

	return own && own->state == users_full &&
	       (own->place == P_USERNS_COUNTED) == (run->at == FF_STEP_COPY_CREDS);
}

/* At which step the module believes that a witness ran. */
static u8 seen_at(const struct fork_run *run, enum ff_witness n)
{
	if (BIT(n) & SHORTAGES) {
		if (run->sc->where_unknown)
			return FF_NR_STEPS;
		return run->at >= FF_STEP_NEW_NAMESPACES && run->at <= FF_STEP_COPY_TIME_NS ?
			FF_STEP_COPY_NAMESPACES : run->at;
	}
	switch (n) {
	case FF_W_CAPABLE_RESOURCE:
	case FF_W_CAPABLE_ADMIN:
		return FF_STEP_TASK_LIMITS;
	case FF_W_PIDS_EVENT:
	case FF_W_CGROUP_FOUND:
		return FF_STEP_CGROUP_CAN_FORK;
	case FF_W_OVERCOMMIT:
		return FF_STEP_COPY_MM;
	default:
		return FF_NR_STEPS;
	}
}

/**
 * witness - a watched function runs
 * @run: the fork
 * @n: as which witness
 *
 * Like the module's hooks, it ignores some witnesses where they mean nothing.
 */
void witness(struct fork_run *run, enum ff_witness n)
{
	if (run->hidden.witnesses & BIT(n))
		return;
	/* a full count is also kept outside of the note */
	if (run->hidden.note && (BIT(n) & IN_NOTES) && !(n == FF_W_UCOUNT && ucount_full(run)))
		return;
	if (n == FF_W_CAPABLE_ADMIN && !(run->o->seen & BIT(FF_W_CAPABLE_RESOURCE)))
		return;
	run->o->seen |= BIT(n);
	run->o->at[n] = seen_at(run, n);
	ff_rank_last(run->o->rank, n);
}

/* From the security modules to copy_fs(): the child still has the caller's fs. */
static u32 before_sighand(const struct fork_run *run)
{
	const struct scenario *sc = run->sc;
	bool undo = sc->undo || ((sc->flags & CLONE_SYSVSEM) && run->at > FF_STEP_SECURITY &&
				run->t->cause != FORKFAIL_SEMUNDO_NOMEM);
	u32 steps = AT(SECURITY) | AT(COPY_FILES);

	if (sc->files_early)
		steps |= AT(COPY_FS);
	else if (run->at == FF_STEP_COPY_FS && sc->files_known)
		return AT(COPY_FS);
	else if (run->at == FF_STEP_COPY_FS)
		steps |= AT(COPY_FS);
	if (sc->no_sysvipc)
		return steps | AT(PERF_AUDIT);
	if (undo)
		steps &= run->at == FF_STEP_SECURITY ? AT(SECURITY) : ~AT(SECURITY);
	return steps;
}

/* The steps that the fields of the dead child leave possible. */
static u32 stage(const struct fork_run *run)
{
	const struct scenario *sc = run->sc;
	bool flags_known = sc->have_args && !run->hidden.note;

	switch (run->at) {
	case FF_STEP_PERF_AUDIT:
		if (sc->no_sysvipc)
			return before_sighand(run);
		break;
	case FF_STEP_SECURITY:
	case FF_STEP_COPY_FILES:
		return before_sighand(run);
	case FF_STEP_COPY_FS:
		if (!run->unshared_fs)
			return before_sighand(run);
		if ((sc->flags & CLONE_THREAD) || !flags_known)
			return AT(COPY_FS) | AT(COPY_NAMESPACES);
		break;
	case FF_STEP_COPY_NAMESPACES ... FF_STEP_COPY_TIME_NS:
		if ((sc->flags & CLONE_THREAD) && (!flags_known || !(sc->flags & CLONE_FS)))
			return AT(COPY_FS) | AT(COPY_NAMESPACES);
		return AT(COPY_NAMESPACES);
	case FF_STEP_ALLOC_PID:
	case FF_STEP_PIDFD:
		return AT(ALLOC_PID) | AT(PIDFD);
	case FF_STEP_CGROUP_CAN_FORK:
	case FF_STEP_LATE:
		return AT(CGROUP_CAN_FORK) | AT(LATE);
	default:
		break;
	}
	return BIT(run->at);
}

/* Those that are left when the note and the last witness are taken into account. */
static u32 possible_steps(const struct fork_run *run)
{
	const u32 making = FF_NAMESPACE_STEPS & ~AT(COPY_NAMESPACES);
	u32 steps = stage(run), blind = run->hidden.steps & making;

	if (run->hidden.stage && !(steps & (AT(KERNEL_CLONE) | AT(ENTRY))))
		return AT(KERNEL_CLONE) - 1;
	if (steps & AT(PIDFD)) {
		if (run->hidden.note)
			return steps;
		if (run->way == FF_STEP_PIDFD)
			return AT(PIDFD);
		return run->hidden.steps & AT(PIDFD) ? steps : AT(ALLOC_PID);
	}
	if (steps == (AT(CGROUP_CAN_FORK) | AT(LATE)) && !(run->hidden.witnesses & W(CANCEL_FORK)))
		return BIT(run->at);
	if (!(steps & AT(COPY_NAMESPACES)))
		return steps;
	if (run->hidden.note)
		return steps | making;
	if (run->way >= FF_STEP_NEW_NAMESPACES && run->way <= FF_STEP_COPY_TIME_NS)
		return BIT(run->way) | (blind & ~(BIT(run->way) - 1));
	return steps | blind;
}

/*
 * What the module reads of a hierarchy; @named stays as the witness left it.  Without the
 * witness (@seen) it reads only after the call.
 */
static void read_levels(struct ff_hierarchy *h, const struct levels *l, bool race, bool seen)
{
	u8 all = BIT(l->n) - 1, full = full_levels(l);

	if (!seen && race)
		full ^= 1;
	h->levels = l->n;
	h->known = l->known;
	h->full = l->known ? lowest(full) : -1;
	h->may = !l->known ? 0 : seen ? (full | l->near) & all : all;
	if (h->full < 0 && __builtin_popcountll(h->may) == 1)
		h->full = __builtin_ctzll(h->may);
	h->limit = 100;
	h->in_use = 100;
}

/* All levels, if the kernel checks them or it is not known whether it does. */
static void read_dead(struct fork_run *run)
{
	const struct scenario *sc = run->sc;
	struct ff_observation *o = run->o;
	bool guessed = sc->facts & FF_FACT_GUESSED;
	bool seen = sc->dead && (!sc->dead_at || sc->asks_above || guessed);
	bool late = sc->dead_late || (sc->race & RACE_DEAD);

	o->pidns_dead_before = seen && !run->hidden.note && !(sc->dead_at && guessed);
	o->pidns_dead = seen || late;
	o->pidns_dead_level = seen && !late ? (s8)sc->dead_at : late ? 0 : -1;
}

/*
 * The module considers the levels of PID namespaces that were full when the call began, and
 * those that are nearly full when it has failed: no thousands of tasks end in between.
 */
static void read_pid_levels(const struct fork_run *run)
{
	const struct scenario *sc = run->sc;
	struct ff_observation *o = run->o;
	u8 all = BIT(sc->pid.n) - 1, full = full_levels(&sc->pid), before, was_full;

	before = sc->race & RACE_PID_BEFORE ? full ^ 1 : full;
	was_full = full | (sc->pid_near & all);
	if (!run->hidden.note)
		was_full |= before;
	if (!was_full || sc->pid.n == 1)
		was_full = all;
	o->pid.levels = sc->pid.n;
	o->pid.known = sc->pid.known;
	o->pid.full = __builtin_popcount(was_full) == 1 ? lowest(was_full) : -1;
	o->pid.limit = 100;
	o->pid.in_use = 100;
	o->pid_wrapped = was_full & sc->wrapped;
	o->pid_unwrapped = was_full & ~sc->wrapped;
}

/**
 * observe - build the module's observation
 * @run: the fork, which has failed
 */
void observe(struct fork_run *run)
{
	const struct scenario *sc = run->sc;
	struct ff_observation *o = run->o;

	o->err = -run->t->err;
	o->facts = sc->facts;
	o->blind_w = run->hidden.witnesses;
	if (run->hidden.note)
		o->blind_w |= IN_NOTES;
	o->steps = possible_steps(run);
	o->step = __builtin_ctz(o->steps);
	/* a clone3() without a note is known by its arguments only if they are refused early */
	o->have_args = sc->have_args && !(run->hidden.note && sc->clone3 &&
					 !(own_error(sc) && own_error(sc)->place <= P_FLAGS));
	o->flags = o->have_args ? sc->flags : 0;
	if (o->have_args || sc->kind == FORKFAIL_KIND_KTHREAD)
		o->kind = sc->kind;
	o->dying = sc->killed_in_mm || sc->killed_in_vmalloc || (sc->race & RACE_KILLED);
	o->has_sys_admin = sc->cap_admin;
	o->ids_mapped = true;
	o->root_is_inits = true;
	o->has_io_context = sc->io_context;
	o->ucount.named = -1;
	o->ucount.full = -1;
	if (own_error(sc) && own_error(sc)->state)
		own_error(sc)->state(o);
	if (!(o->seen & BIT(FF_W_UCOUNT))) {
		o->ucount.known = false;
		o->ucount.full = -1;
	}

	read_levels(&o->nproc, &sc->nproc, sc->race & RACE_NPROC, o->seen & W(CAPABLE_RESOURCE));
	read_levels(&o->pids, &sc->pids, sc->race & RACE_PIDS, o->seen & W(PIDS_EVENT));
	o->pids.first = sc->pids_first;
	o->pids.levels += sc->pids_first;
	if (o->pids.full >= 0)
		o->pids.full += sc->pids_first;
	if ((o->steps & AT(ALLOC_PID)) || o->err == -ENOMEM) {
		read_pid_levels(run);
		read_dead(run);
		o->pidns_no_reaper = sc->no_reaper;
	}
	o->threads_known = sc->threads_known;
	o->threads_max = 1000;
	o->threads = sc->threads_full != !!(sc->race & RACE_THREADS) ? 1000 : 10;

	o->overcommit_fits = true;
	o->overcommit_fits_before = true;
	if (o->err == -ENOMEM && !(o->flags & CLONE_VM) && (o->steps & AT(COPY_MM))) {
		o->overcommit_mode = sc->overcommit_mode;
		o->overcommit_known = sc->overcommit_known;
		if (o->overcommit_known && !(o->facts & FF_FACT_OVERCOMMIT_WITNESS)) {
			bool fits = !sc->too_much || sc->overcommit_mode == 1;
			bool before = fits != !!(sc->race & RACE_OVERCOMMIT_BEFORE);
			bool after = fits != !!(sc->race & RACE_OVERCOMMIT);

			/*
			 * The largest mapping does not change; without the note, what was
			 * there before is unknown.
			 */
			if (sc->overcommit_mode == 0) {
				before = fits;
				after = fits;
			} else if (run->hidden.note) {
				before = !after;
			}
			o->overcommit_fits = sc->overcommit_counted && after;
			o->overcommit_fits_before = !sc->overcommit_counted || before;
		}
	}
	if ((o->seen & BIT(FF_W_MEMCG_RECLAIM)) && sc->memcg_known) {
		bool failed = run->allocs == sc->alloc_fails;

		/* as it was when reclaim began, whether or not that helped */
		o->memcg_known = true;
		o->memcg_limit = 1000;
		o->memcg_full = !(sc->race & RACE_MEMCG);
		o->memcg_in_use = o->memcg_full ? 1000 : 900;
		o->memcg_oom_disabled = failed && sc->shortage == MEMCG_OOM_DISABLED;
	}
	o->oom_killed = run->oom_killed;
}

/**
 * blind_together - add the witnesses that share a hook with one that is not armed
 * @blind_w: bit mask of witnesses
 */
u32 blind_together(u32 blind_w)
{
	const u32 capable = BIT(FF_W_CAPABLE_RESOURCE) | BIT(FF_W_CAPABLE_ADMIN);
	const u32 oom = BIT(FF_W_MEMCG_OOM) | BIT(FF_W_SYSTEM_OOM);

	if (blind_w & capable)
		blind_w |= capable;
	if (blind_w & oom)
		blind_w |= oom;
	return blind_w;
}
