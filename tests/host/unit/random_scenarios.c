// SPDX-License-Identifier: GPL-2.0-only
/*
 * random_scenarios.c - random scenarios, and which verdicts they allow
 */
#include "model_fork.h"

static void random_levels(struct levels *l, u64 bits)
{
	l->n = 1 + (bits & 3);
	l->full = (bits >> 2) & 7 ? 0 : (bits >> 5) & 0xf;
	l->known = (bits >> 9) & 7;
	l->near = (bits >> 12) & (bits >> 16) & 0xf;
	l->flicker = l->near & (bits >> 20) & (bits >> 24);
}

/* True once in @n times. */
static bool once_in(u64 (*bits)(void *), void *arg, unsigned int n)
{
	return bits(arg) % n == 0;
}

/**
 * scenario_random - make up a scenario that can exist
 * @sc: receives it
 * @bits: gives 64 random bits
 * @arg: its argument
 */
void scenario_random(struct scenario *sc, u64 (*bits)(void *), void *arg)
{
	static const u64 flags[] = {
		0, 0, CLONE_VM | CLONE_VFORK, THREAD_FLAGS | CLONE_SYSVSEM,
		CLONE_FS, CLONE_FILES, CLONE_VM | CLONE_FS, CLONE_FS | CLONE_FILES,
	};
	static const u64 extra[] = {
		CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWPID, CLONE_NEWIPC, CLONE_SYSVSEM, CLONE_PIDFD,
		FF_CLONE_INTO_CGROUP, CLONE_IO,
	};
	const struct own_error *own;
	unsigned int i;

	memset(sc, 0, sizeof(*sc));
	/* not all combinations of facts exist */
	sc->facts = bits(arg) & ((1 << 15) - 1) & ~FF_FACT_NPROC_BEFORE_CREDS;
	sc->facts &= sc->facts & FF_FACT_X86 ? ~FF_FACT_GCS : ~FF_FACT_SHADOW_STACK;
	if (once_in(bits, arg, 4))
		sc->facts = FF_FACT_NPROC_BEFORE_CREDS | FF_FACT_PIDNS_POISON | FF_FACT_X86 |
			   FF_FACT_TIMENS_CHECK | FF_FACT_NO_THREAD_PIDFD | FF_FACT_COPY_IO_INLINE |
			   FF_FACT_VMALLOC_GOES_ON;
	/* of a kernel whose source was not read, it is not known that vmalloc() goes on */
	if (once_in(bits, arg, 8))
		sc->facts = (sc->facts | FF_FACT_GUESSED) & ~FF_FACT_VMALLOC_GOES_ON;
	if (once_in(bits, arg, 8))
		sc->facts |= FF_FACT_NO_VMAP_STACK;
	sc->error = once_in(bits, arg, 2) ? bits(arg) % (nr_own_errors + 1) : 0;
	own = own_error(sc);
	sc->flags = flags[bits(arg) & 7];
	for (i = 0; i < sizeof(extra) / sizeof(extra[0]); i++)
		if (once_in(bits, arg, 5))
			sc->flags |= extra[i];
	if (own && own->place <= P_FLAGS) {
		sc->flags = own->flags;
	} else {
		/* flags that would be refused earlier than this error */
		if (own)
			sc->flags |= own->flags;
		if (sc->flags & CLONE_NEWUSER)
			sc->flags &= ~(CLONE_THREAD | CLONE_FS);
		if (sc->flags & CLONE_NEWPID)
			sc->flags &= ~CLONE_THREAD;
		if (own && own->state == other_pidns)
			sc->flags &= ~CLONE_THREAD;
		if (sc->facts & FF_FACT_NO_THREAD_PIDFD && sc->flags & CLONE_THREAD)
			sc->flags &= ~CLONE_PIDFD;
		if (!(own && own->cause == FORKFAIL_NEWIPC_SYSVSEM) && sc->flags & CLONE_SYSVSEM)
			sc->flags &= ~CLONE_NEWIPC;
	}
	if (own) {
		sc->facts |= own->facts;
		sc->facts &= ~own->not_facts;
		/* a caller that waits for the child shares its shadow stack with it */
		if (own->state == own_stack)
			sc->flags &= ~CLONE_VFORK;
		if (own->facts & FF_FACT_SHADOW_STACK)
			sc->facts = (sc->facts | FF_FACT_X86) & ~FF_FACT_GCS;
		if (own->facts & FF_FACT_GCS)
			sc->facts &= ~(FF_FACT_X86 | FF_FACT_SHADOW_STACK);
		/* the flags that it needs may have been cleared above */
		if ((own->flags & sc->flags) != own->flags)
			sc->error = 0;
	}
	sc->have_args = (bits(arg) & 15) || (own && own->place <= P_FLAGS);
	sc->clone3 = (sc->flags >> 32) || (own && own->place == P_PID_FIRST) ||
		     once_in(bits, arg, 3);
	sc->files_early = once_in(bits, arg, 3);
	sc->files_known = !sc->files_early && (bits(arg) & 3);
	sc->no_sysvipc = once_in(bits, arg, 8);
	sc->undo = once_in(bits, arg, 3);
	sc->where_unknown = once_in(bits, arg, 6);
	sc->kind = sc->flags & CLONE_THREAD ? FORKFAIL_KIND_THREAD :
		  sc->flags & CLONE_VFORK ? FORKFAIL_KIND_VFORK : FORKFAIL_KIND_PROCESS;
	if ((own && own->kthread) || once_in(bits, arg, 16))
		sc->kind = KTHREAD;
	sc->uring = once_in(bits, arg, 8) && !(sc->facts & FF_FACT_NPROC_BEFORE_CREDS);
	sc->mempolicy = once_in(bits, arg, 8);
	sc->io_context = once_in(bits, arg, 4);
	sc->facts |= bits(arg) & FF_FACT_FUTEX_HASH;
	if (once_in(bits, arg, 2))
		sc->alloc_fails = 1 + bits(arg) % (sc->flags & CLONE_VM ? 20 : 40);
	for (i = 0; i < 2; i++) {
		if (once_in(bits, arg, 3))
			sc->alloc_helped[i] = 1 + bits(arg) % 40;
		sc->help[i] = bits(arg) % NR_HELPS;
		if (sc->alloc_helped[i] && sc->help[i] == HELPED_BY_ANOTHER_WAY)
			sc->facts |= FF_FACT_MEMCG_V1 | FF_FACT_KMEM_LIMIT;
	}
	sc->shortage = bits(arg) % NR_SHORTAGES;
	if (sc->shortage == MEMCG_KMEM)
		sc->facts |= FF_FACT_MEMCG_V1 | FF_FACT_KMEM_LIMIT;
	if (sc->shortage == MEMCG_OOM_DISABLED || once_in(bits, arg, 4))
		sc->facts |= FF_FACT_MEMCG_V1;

	random_levels(&sc->nproc, bits(arg));
	random_levels(&sc->pid, bits(arg));
	random_levels(&sc->pids, bits(arg));
	/* pid_near is what is near there */
	sc->pid.near = 0;
	sc->pid.flicker = 0;
	sc->nproc.known = true;		/* credentials can always be read */
	if (sc->facts & FF_FACT_NPROC_BEFORE_CREDS)
		sc->nproc.n = 1;
	sc->cap_resource = once_in(bits, arg, 4);
	sc->cap_admin = once_in(bits, arg, 4) && !(sc->error && own_error(sc)->err == EPERM);
	sc->lsm_denies_admin = once_in(bits, arg, 8);
	sc->threads_full = once_in(bits, arg, 12);
	sc->threads_known = bits(arg) & 7;
	sc->wrapped = bits(arg) & 15;
	sc->pid_near = bits(arg) & bits(arg) & 15;
	sc->pids_names = bits(arg) & 1;
	sc->pids_first = once_in(bits, arg, 4) ? 1 + (bits(arg) & 1) : 0;
	sc->dead = once_in(bits, arg, 6);
	sc->dead_late = once_in(bits, arg, 6);
	sc->no_reaper = bits(arg) & 1;
	sc->overcommit_mode = bits(arg) % 3;
	sc->too_much = once_in(bits, arg, 6);
	sc->mappings_before = bits(arg) & 3;
	sc->mappings_before_kill = bits(arg) & 3;
	sc->overcommit_known = bits(arg) & 7;
	sc->overcommit_counted = bits(arg) & 7;
	sc->memcg_known = bits(arg) & 3;
	sc->deadline = once_in(bits, arg, 12);
	sc->killed_in_mm = once_in(bits, arg, 8);
	sc->killed_in_vmalloc = once_in(bits, arg, 16) &&
		!(sc->facts & (FF_FACT_VMALLOC_GOES_ON | FF_FACT_NO_VMAP_STACK));
	sc->race = once_in(bits, arg, 4) ? bits(arg) : 0;
	sc->dead_at = once_in(bits, arg, 3) ? 1 + (bits(arg) & 1) : 0;
	/* 7.2, which poisons nothing; a kernel with unread source may have a backport of it */
	sc->asks_above = (sc->facts & FF_FACT_GUESSED || !(sc->facts & FF_FACT_PIDNS_POISON)) &&
			(bits(arg) & 1);
	/* avoid two causes at once of which one leaves no trace */
	if ((sc->killed_in_mm || sc->killed_in_vmalloc || (sc->race & RACE_KILLED) ||
	     (sc->error && own_error(sc)->state == killed)) && !sc->shortage)
		sc->alloc_fails = 0;
}

/**
 * scenario_print - print a scenario on stderr
 * @sc: the scenario
 * @t: what happened in it
 */
void scenario_print(const struct scenario *sc, const struct truth *t)
{
	fprintf(stderr, "  truth: %s, errno %d, level %u\n", cause_table[t->cause].id, t->err,
		t->level);
	fprintf(stderr, "  scenario: error %u alloc %u (shortage %u) helped %u by %u, %u by %u race %#x\n",
		sc->error, sc->alloc_fails, sc->shortage, sc->alloc_helped[0], sc->help[0],
		sc->alloc_helped[1], sc->help[1], sc->race);
}

/* Does the classifier have a rule for the true cause? */
static bool nameable(const struct truth *t)
{
	const struct ff_rules *of;
	const struct ff_rule *r;

	ff_for_each_rule(of, r)
		if (r->cause == t->cause && (!of->err || of->err == t->err))
			return true;
	return false;
}

static bool is_hierarchical(u8 cause)
{
	return cause == FORKFAIL_RLIMIT_NPROC || cause == FORKFAIL_RLIMIT_NPROC_ANCESTOR_USERNS ||
	       cause == FORKFAIL_PIDS_MAX || cause == FORKFAIL_PIDS_MAX_ANCESTOR;
}

/**
 * verdict_is_wrong - compare a verdict with what really happened
 * @sc: the scenario
 * @t: the truth
 * @v: the verdict
 * @sighted: nothing is hidden
 *
 * A proof by predicate only says that a condition held.  That may mislead while other CPUs
 * are running (or a PID namespace dies late), and it says nothing if an allocation fails
 * without a witness.  In these cases only proofs by path and by witness have to be right.
 * The exception are levels of a hierarchy: one that has not refused must never be named with
 * certainty.
 *
 * Return: NULL, or what is wrong with it.
 */
const char *verdict_is_wrong(const struct scenario *sc, const struct truth *t,
			     const struct ff_verdict *v, bool sighted)
{
	bool still = !sc->race && !(sc->dead_late && t->cause != FORKFAIL_PIDNS_DEAD_LATE);
	/* a dead level above that the kernel does not check must not mislead */
	bool dead = sc->dead && (!sc->dead_at || sc->asks_above);
	bool misled = sc->alloc_helped[0] || sc->alloc_helped[1] || dead ||
		      !sc->threads_known || sc->threads_full || sc->too_much;
	bool calm = still && !(sc->alloc_fails && !sc->shortage);

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
	if (certain(v) && is_hierarchical(v->cause)) {
		if (v->cause != t->cause || (v->level >= 0 && v->level != t->level))
			return "another level has refused";
	}
	if (calm && sighted && nameable(t) && v->cause == FORKFAIL_UNEXPLAINED)
		return "unexplained, with nothing hidden";
	if ((calm || (still && !misled)) && nameable(t) &&
	    v->proof == FORKFAIL_PROOF_INFERRED &&
	    !is_candidate(v, t->cause) && !is_candidate(v, FORKFAIL_UNEXPLAINED))
		return "the real cause is not among the candidates";
	return NULL;
}
