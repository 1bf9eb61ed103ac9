// SPDX-License-Identifier: GPL-2.0-only
/*
 * model_module.c - what the module observes of a fork in a world
 */
#include "model_fork.h"

#define W(w)		BIT(FF_W_##w)
#define AT(step)	BIT(FF_STEP_##step)

/* Witnesses that a note has, and nothing else. */
#define IN_NOTES	(W(NEW_USERNS) | W(USERNS_LSM) | W(UCOUNT) | W(IO_URING_FORK) | \
			 W(KTHREAD_STRUCT) | W(MEMPOLICY) | W(CPUSET_LSM))

/* Witnesses of a shortage, whose place the stack tells. */
#define SHORTAGES	(W(MEMCG_RECLAIM) | W(MEMCG_OOM) | W(SYSTEM_OOM) | \
			 W(PAGE_ALLOC_FAILED) | W(KMEM_LIMIT))

/**
 * step - copy_process() has got somewhere
 * @k: the fork
 * @s: where
 */
void step(struct walk *k, enum ff_step s)
{
	k->at = s;
	if ((WORLD_STEPS & BIT(s)) && !(k->hidden.steps & BIT(s)))
		k->way = s;
}

static bool ucount_full(const struct walk *k)
{
	const struct oddity *odd = oddity(k->w);

	return odd && odd->state == users_full &&
	       (odd->place == P_USERNS_COUNTED) == (k->at == FF_STEP_COPY_CREDS);
}

/* Where the module says that a witness ran. */
static u8 seen_at(const struct walk *k, enum ff_witness n)
{
	if (BIT(n) & SHORTAGES) {
		if (k->w->where_unknown)
			return FF_NR_STEPS;
		return k->at >= FF_STEP_NEW_NAMESPACES && k->at <= FF_STEP_COPY_TIME_NS ?
			FF_STEP_COPY_NAMESPACES : k->at;
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
 * witness - a function runs that is watched
 * @k: the fork
 * @n: as which witness
 *
 * As the module's hooks: some count only where they can mean something.
 */
void witness(struct walk *k, enum ff_witness n)
{
	if (k->hidden.witnesses & BIT(n))
		return;
	/* a count that is full is not only in the note */
	if (k->hidden.note && (BIT(n) & IN_NOTES) && !(n == FF_W_UCOUNT && ucount_full(k)))
		return;
	if (n == FF_W_CAPABLE_ADMIN && !(k->o->seen & BIT(FF_W_CAPABLE_RESOURCE)))
		return;
	k->o->seen |= BIT(n);
	k->o->at[n] = seen_at(k, n);
	ff_rank_last(k->o->rank, n);
}

/* From the security modules to fs, when the child still has the caller's fs. */
static u32 before_sighand(const struct walk *k)
{
	const struct world *w = k->w;
	bool undo = w->undo || ((w->flags & CLONE_SYSVSEM) && k->at > FF_STEP_SECURITY &&
				k->t->cause != FORKFAIL_SEMUNDO_NOMEM);
	u32 steps = AT(SECURITY) | AT(COPY_FILES);

	if (w->files_early)
		steps |= AT(COPY_FS);
	else if (k->at == FF_STEP_COPY_FS && w->files_known)
		return AT(COPY_FS);
	else if (k->at == FF_STEP_COPY_FS)
		steps |= AT(COPY_FS);
	if (w->no_sysvipc)
		return steps | AT(PERF_AUDIT);
	if (undo)
		steps &= k->at == FF_STEP_SECURITY ? AT(SECURITY) : ~AT(SECURITY);
	return steps;
}

/* What the fields of the child tell. */
static u32 stage(const struct walk *k)
{
	const struct world *w = k->w;
	bool flags_known = w->have_args && !k->hidden.note;

	switch (k->at) {
	case FF_STEP_PERF_AUDIT:
		if (w->no_sysvipc)
			return before_sighand(k);
		break;
	case FF_STEP_SECURITY:
	case FF_STEP_COPY_FILES:
		return before_sighand(k);
	case FF_STEP_COPY_FS:
		if (!k->unshared_fs)
			return before_sighand(k);
		if ((w->flags & CLONE_THREAD) || !flags_known)
			return AT(COPY_FS) | AT(COPY_NAMESPACES);
		break;
	case FF_STEP_COPY_NAMESPACES ... FF_STEP_COPY_TIME_NS:
		if ((w->flags & CLONE_THREAD) && (!flags_known || !(w->flags & CLONE_FS)))
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
	return BIT(k->at);
}

/* And what the note and the last witness add to that. */
static u32 possible_steps(const struct walk *k)
{
	const u32 making = FF_NAMESPACE_STEPS & ~AT(COPY_NAMESPACES);
	u32 steps = stage(k), blind = k->hidden.steps & making;

	if (k->hidden.stage && !(steps & (AT(KERNEL_CLONE) | AT(ENTRY))))
		return AT(KERNEL_CLONE) - 1;
	if (steps & AT(PIDFD)) {
		if (k->hidden.note)
			return steps;
		if (k->way == FF_STEP_PIDFD)
			return AT(PIDFD);
		return k->hidden.steps & AT(PIDFD) ? steps : AT(ALLOC_PID);
	}
	if (steps == (AT(CGROUP_CAN_FORK) | AT(LATE)) && !(k->hidden.witnesses & W(CANCEL_FORK)))
		return BIT(k->at);
	if (!(steps & AT(COPY_NAMESPACES)))
		return steps;
	if (k->hidden.note)
		return steps | making;
	if (k->way >= FF_STEP_NEW_NAMESPACES && k->way <= FF_STEP_COPY_TIME_NS)
		return BIT(k->way) | (blind & ~(BIT(k->way) - 1));
	return steps | blind;
}

/* What the module reads of a hierarchy; @named stays as the witness left it. */
static void look(struct ff_hierarchy *h, const struct levels *l, bool race)
{
	u8 before = full_levels(l), after = race ? before ^ 1 : before;

	h->levels = l->n;
	h->limited = l->n;
	h->known = l->known;
	h->full_after = __builtin_popcount(after);
	h->full = lowest(before) == lowest(after) ? lowest(after) : -1;
	h->limit = 100;
	h->in_use = 100;
}

/* All levels where the kernel is known to ask them, or nobody knows whether it does. */
static void look_dead(struct walk *k)
{
	const struct world *w = k->w;
	struct ff_observation *o = k->o;
	bool guessed = w->facts & FF_FACT_GUESSED;
	bool seen = w->dead && (!w->dead_at || w->asks_above || guessed);
	bool late = w->dead_late || (w->race & RACE_DEAD);

	o->pidns_dead_before = seen && !k->hidden.note && !(w->dead_at && guessed);
	o->pidns_dead = seen || late;
	o->pidns_dead_level = seen && !late ? (s8)w->dead_at : late ? 0 : -1;
}

/*
 * Of the levels of PID namespaces the module keeps those that were full when the call
 * began, and those that are not far from it when it has failed: nobody ends thousands
 * of tasks in between.
 */
static void look_pid(const struct walk *k)
{
	const struct world *w = k->w;
	struct ff_observation *o = k->o;
	u8 all = BIT(w->pid.n) - 1, full = full_levels(&w->pid), before, was_full;

	before = w->race & RACE_PID_BEFORE ? full ^ 1 : full;
	was_full = full | (w->pid_near & all);
	if (!k->hidden.note)
		was_full |= before;
	if (!was_full || w->pid.n == 1)
		was_full = all;
	o->pid.levels = w->pid.n;
	o->pid.known = w->pid.known;
	o->pid.full = __builtin_popcount(was_full) == 1 ? lowest(was_full) : -1;
	o->pid.limit = 100;
	o->pid.in_use = 100;
	o->pid_wrapped = was_full & w->wrapped;
	o->pid_unwrapped = was_full & ~w->wrapped;
}

/**
 * observe - what the module has in the end
 * @k: the fork, which has failed
 */
void observe(struct walk *k)
{
	const struct world *w = k->w;
	struct ff_observation *o = k->o;

	o->err = -k->t->err;
	o->facts = w->facts;
	o->blind_w = k->hidden.witnesses;
	if (k->hidden.note)
		o->blind_w |= IN_NOTES;
	o->steps = possible_steps(k);
	o->step = __builtin_ctz(o->steps);
	/* what is refused for its arguments has left them elsewhere */
	o->have_args = w->have_args && !(k->hidden.note && w->clone3 &&
					 !(oddity(w) && oddity(w)->place <= P_FLAGS));
	o->flags = o->have_args ? w->flags : 0;
	if (o->have_args || w->kind == FORKFAIL_KIND_KTHREAD)
		o->kind = w->kind;
	o->dying = w->killed_in_mm || w->killed_in_vmalloc || (w->race & RACE_KILLED);
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
	if ((o->steps & AT(ALLOC_PID)) || o->err == -ENOMEM) {
		look_pid(k);
		look_dead(k);
		o->pidns_no_reaper = w->no_reaper;
	}
	o->threads_known = w->threads_known;
	o->threads_max = 1000;
	o->threads = w->threads_full != !!(w->race & RACE_THREADS) ? 1000 : 10;

	o->overcommit_fits = true;
	o->overcommit_fits_before = true;
	if (o->err == -ENOMEM && !(o->flags & CLONE_VM) && (o->steps & AT(COPY_MM))) {
		o->overcommit_mode = w->overcommit_mode;
		o->overcommit_known = w->overcommit_known;
		if (o->overcommit_known && !(o->facts & FF_FACT_OVERCOMMIT_WITNESS)) {
			bool fits = !w->too_much || w->overcommit_mode == 1;
			bool before = fits != !!(w->race & RACE_OVERCOMMIT_BEFORE);
			bool after = fits != !!(w->race & RACE_OVERCOMMIT);

			/* what one mapping may be does not change; without the note nobody knows */
			if (w->overcommit_mode == 0) {
				before = fits;
				after = fits;
			} else if (k->hidden.note) {
				before = !after;
			}
			o->overcommit_fits = w->overcommit_counted && after;
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
