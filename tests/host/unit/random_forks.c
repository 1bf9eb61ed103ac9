// SPDX-License-Identifier: GPL-2.0-only
/*
 * random_forks.c - random worlds, and which verdicts they allow
 */
#include "model_fork.h"

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
			   FF_FACT_TIMENS_CHECK | FF_FACT_NO_THREAD_PIDFD | FF_FACT_COPY_IO_INLINE |
			   FF_FACT_VMALLOC_GOES_ON;
	/* what was not read is not known to go on either */
	if (once_in(bits, arg, 8))
		w->facts = (w->facts | FF_FACT_GUESSED) & ~FF_FACT_VMALLOC_GOES_ON;
	if (once_in(bits, arg, 8))
		w->facts |= FF_FACT_NO_VMAP_STACK;
	w->odd = once_in(bits, arg, 2) ? bits(arg) % (nr_oddities + 1) : 0;
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
	w->have_args = (bits(arg) & 15) || (odd && odd->place <= P_FLAGS);
	w->clone3 = (w->flags >> 32) || (odd && odd->place == P_PID_FIRST) || once_in(bits, arg, 3);
	w->files_early = once_in(bits, arg, 3);
	w->files_known = !w->files_early && (bits(arg) & 3);
	w->no_sysvipc = once_in(bits, arg, 8);
	w->undo = once_in(bits, arg, 3);
	w->where_unknown = once_in(bits, arg, 6);
	w->kind = w->flags & CLONE_THREAD ? FORKFAIL_KIND_THREAD :
		  w->flags & CLONE_VFORK ? FORKFAIL_KIND_VFORK : FORKFAIL_KIND_PROCESS;
	if ((odd && odd->kind == KTHREAD) || once_in(bits, arg, 16))
		w->kind = KTHREAD;
	w->uring = once_in(bits, arg, 8) && !(w->facts & FF_FACT_NPROC_BEFORE_CREDS);
	w->mempolicy = once_in(bits, arg, 8);
	w->io_context = once_in(bits, arg, 4);
	w->facts |= bits(arg) & FF_FACT_FUTEX_HASH;
	if (once_in(bits, arg, 2))
		w->alloc_fails = 1 + bits(arg) % (w->flags & CLONE_VM ? 20 : 40);
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
	w->wrapped = bits(arg) & 15;
	w->pid_near = bits(arg) & bits(arg) & 15;
	w->pids_names = bits(arg) & 1;
	w->pids_first = once_in(bits, arg, 4) ? 1 + (bits(arg) & 1) : 0;
	w->dead = once_in(bits, arg, 6);
	w->dead_late = once_in(bits, arg, 6);
	w->no_reaper = bits(arg) & 1;
	w->overcommit_mode = bits(arg) % 3;
	w->too_much = once_in(bits, arg, 6);
	w->mappings_before = bits(arg) & 3;
	w->mappings_before_kill = bits(arg) & 3;
	w->overcommit_known = bits(arg) & 7;
	w->overcommit_counted = bits(arg) & 7;
	w->memcg_known = bits(arg) & 3;
	w->deadline = once_in(bits, arg, 12);
	w->killed_in_mm = once_in(bits, arg, 8);
	w->killed_in_vmalloc = once_in(bits, arg, 16) &&
		!(w->facts & (FF_FACT_VMALLOC_GOES_ON | FF_FACT_NO_VMAP_STACK));
	w->race = once_in(bits, arg, 4) ? bits(arg) : 0;
	w->dead_at = once_in(bits, arg, 3) ? 1 + (bits(arg) & 1) : 0;
	/* 7.2, where nothing is poisoned; on a kernel that was not read by backport, too */
	w->asks_above = (w->facts & FF_FACT_GUESSED || !(w->facts & FF_FACT_PIDNS_POISON)) &&
			(bits(arg) & 1);
	/* two causes at once, of which one has no trace */
	if ((w->killed_in_mm || w->killed_in_vmalloc || (w->race & RACE_KILLED) ||
	     (w->odd && oddity(w)->state == killed)) && !w->shortage)
		w->alloc_fails = 0;
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
 * @sighted: nothing is hidden
 *
 * Conditions that merely held may mislead while other CPUs are running (a PID
 * namespace that dies late is that, too), and where an allocation fails without
 * a witness they say nothing: there only proofs by the path and by a witness are
 * held against the truth.  But not where an address space may have been copied and
 * freed between the two looks: no level of PID namespaces may be named then that was
 * not the one.
 *
 * Return: NULL, or what is wrong with it.
 */
const char *world_verdict_wrong(const struct world *w, const struct truth *t,
				const struct ff_verdict *v, bool nameable, bool sighted)
{
	bool still = !w->race && !(w->dead_late && t->cause != FORKFAIL_PIDNS_DEAD_LATE);
	/* one that is dead above, and is not asked, must not mislead */
	bool dead = w->dead && (!w->dead_at || w->asks_above);
	bool misled = w->alloc_helped[0] || w->alloc_helped[1] || dead ||
		      !w->threads_known || w->threads_full || w->too_much;
	bool calm = still && !(w->alloc_fails && !w->shortage);

	if (v->proof == FORKFAIL_PROOF_PATH || v->proof == FORKFAIL_PROOF_WITNESS ||
	    (calm && v->proof == FORKFAIL_PROOF_PREDICATE)) {
		if (v->cause != t->cause)
			return "a wrong cause, said to be certain";
		if (calm && v->level >= 0 && v->level != t->level)
			return "the right cause, the wrong level";
	}
	if (certain(v) && (v->cause == FORKFAIL_PID_EXHAUSTED ||
			   v->cause == FORKFAIL_PID_EXHAUSTED_AFTER_WRAP)) {
		if (v->cause != t->cause || (v->level >= 0 && v->level != t->level))
			return "numbers that have run out, but not there";
	}
	if (calm && nameable && sighted && v->cause == FORKFAIL_UNEXPLAINED)
		return "unexplained, with nothing hidden";
	if ((calm || (still && !misled)) && nameable &&
	    v->proof == FORKFAIL_PROOF_INFERRED &&
	    !is_candidate(v, t->cause) && !is_candidate(v, FORKFAIL_UNEXPLAINED))
		return "the real cause is not among the candidates";
	return NULL;
}
