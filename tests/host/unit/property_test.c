// SPDX-License-Identifier: GPL-2.0-only
/*
 * property_test.c - what must hold for every observation, however little was observed
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../../module/rules/match.h"

#include "invariants.h"
#include "model_kernel.h"

static unsigned long long checked;

/* xorshift64*: the same numbers on every machine. */
static u64 random_bits(void *state)
{
	u64 *x = state;

	*x ^= *x >> 12;
	*x ^= *x << 25;
	*x ^= *x >> 27;
	return *x * 0x2545f4914f6cdd1dULL;
}

/* Each kind of complaint is printed once, and counted. */
static struct {
	const char *why;
	u8 truth, cause;
	unsigned int times;
} kinds[64];

static unsigned int nr_kinds, nr_complaints;

static void complain(const char *why, const struct ff_observation *o, const struct ff_verdict *v,
		     const struct scenario *sc, const struct truth *t)
{
	u8 truth = t ? t->cause : 0;
	unsigned int i;

	nr_complaints++;
	for (i = 0; i < nr_kinds; i++)
		if (kinds[i].why == why && kinds[i].truth == truth && kinds[i].cause == v->cause) {
			kinds[i].times++;
			return;
		}
	if (i == ARRAY_SIZE(kinds))
		return;
	kinds[i].why = why;
	kinds[i].truth = truth;
	kinds[i].cause = v->cause;
	kinds[i].times = 1;
	nr_kinds++;
	fprintf(stderr, "%s:\n", why);
	print_observation(o);
	print_verdict("verdict", v);
	if (t)
		scenario_print(sc, t);
}

static int no_complaints(void **unused)
{
	nr_kinds = 0;
	nr_complaints = 0;
	return 0;
}

static void must_be_content(void)
{
	unsigned int i;

	for (i = 0; i < nr_kinds; i++)
		fprintf(stderr, "%u times: %s (truth %s, verdict %s)\n", kinds[i].times,
			kinds[i].why, cause_table[kinds[i].truth].id,
			cause_table[kinds[i].cause].id);
	assert_int_equal(nr_complaints, 0);
}

static bool must_hold(const struct ff_observation *o, struct ff_verdict *v)
{
	const char *why = classify_checked(o, v);

	checked++;
	if (why)
		complain(why, o, v, NULL, NULL);
	return !why;
}

/* ---- observations of any kind -------------------------------------------- */

static void random_hierarchy(struct ff_hierarchy *h, u64 r)
{
	h->levels = r & 7;
	if ((r >> 3) % 64 == 0)
		h->levels = FF_MAX_PIDS_LEVELS;
	h->first = (r >> 36) & 3 || !h->levels ? 0 : (r >> 44) % h->levels;
	h->known = (r >> 9) & 3;
	h->named = (r >> 11) & 3 || !h->levels ? -1 : (s8)((r >> 16) % h->levels);
	h->full = (r >> 13) & 1 || !h->levels ? -1 :
		  (s8)(h->first + (r >> 24) % (h->levels - h->first));
	h->may = (r >> 32) & 7;
	h->limit = (s64)(r >> 40);
	h->in_use = (s64)(r >> 48);
}

static void random_rest(struct ff_observation *o, u64 *state)
{
	u64 r = random_bits(state);
	int i;

	for (i = 0; i < FF_NR_WITNESSES; i++) {
		o->at[i] = (r >> i) & 3 ? o->step :
			(r >> i) & 7 ? random_bits(state) % FF_STEP_KERNEL_CLONE : FF_NR_STEPS;
		o->rank[i] = (r >> (i + 8)) % (FF_NR_WITNESSES + 1);
	}
	r = random_bits(state);
	o->kind = r % FORKFAIL_NR_KINDS;
	o->have_args = r & 0x100;
	o->dying = r & 0x200;
	o->stage_guessed = (r & 0x30000000000) == 0x30000000000;
	o->pidns_initial = r & 0x40000000000;
	o->has_sys_admin = r & 0x400;
	o->threads_known = r & 0x800;
	o->threads = (r >> 12) & 3;
	o->threads_max = 2;
	o->pid_wrapped = r & (1 << 14);
	o->pid_unwrapped = r & (1 << 19);
	o->pidns_dead_before = r & (1 << 15);
	o->pidns_dead = r & (1 << 16);
	o->pidns_no_reaper = r & (1 << 17);
	o->pidns_dead_level = o->pidns_dead ? (s8)((r >> 18) & 3) : -1;
	o->overcommit_known = r & (1 << 20);
	o->overcommit_mode = (r >> 21) & 3;
	o->overcommit_fits_before = r & (1 << 23);
	o->overcommit_fits = r & (1 << 24);
	o->memcg_known = r & (1 << 25);
	o->memcg_limit = 2;
	o->memcg_in_use = (r >> 26) & 3;
	o->memcg_full = r & (1 << 29);
	o->memcg_oom_disabled = r & (1 << 30);
	o->oom_killed = r & (1U << 31);
	o->shadow_stack = r & (1 << 29);
	random_hierarchy(&o->nproc, random_bits(state));
	random_hierarchy(&o->pid, random_bits(state));
	random_hierarchy(&o->pids, random_bits(state));
}

static void any_rest(struct ff_observation *o, u64 *state)
{
	static const u64 flags[] = {
		0, CLONE_VM, CLONE_FS, CLONE_FILES, CLONE_NEWUSER | CLONE_NEWNET,
		CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
		FF_CLONE_INTO_CGROUP | CLONE_PIDFD, ~0ULL,
	};
	struct ff_verdict v;
	unsigned int i;

	for (i = 0; i < 2 * ARRAY_SIZE(flags); i++) {
		o->flags = i < ARRAY_SIZE(flags) ? flags[i] : random_bits(state);
		o->facts = random_bits(state) & (2 * FF_FACT_NO_VMAP_STACK - 1);
		o->seen = random_bits(state) & random_bits(state) & (BIT(FF_NR_WITNESSES) - 1);
		random_rest(o, state);
		must_hold(o, &v);
	}
}

/*
 * Every errno at every step, with one or two ranges of possible steps after it; every
 * combination of unarmed witnesses whose absence the rules draw conclusions from; kinds
 * of flags; the rest is random.
 */
static void test_any_observation(void **unused)
{
	static const int errs[] = {
		513, EAGAIN, ENOMEM, EINTR, EINVAL, EPERM, ENOSPC, EACCES, EMFILE, ENOENT,
		EEXIST, EFAULT, EBUSY, EPROTO, 300,
	};
	static const u8 concluded[] = {
		FF_W_CAPABLE_ADMIN, FF_W_PIDS_EVENT, FF_W_OVERCOMMIT, FF_W_CANCEL_FORK,
		FF_W_MEMCG_RECLAIM, FF_W_PAGE_ALLOC_FAILED, FF_W_PERF_DONE,
	};
	const unsigned int steps = FF_STEP_KERNEL_CLONE + 1, sets = 1 << ARRAY_SIZE(concluded);
	struct ff_observation o = {};
	unsigned int n, set, i;
	u64 state = 1;

	for (n = 0; n < ARRAY_SIZE(errs) * steps * steps; n++) {
		o.err = -errs[n % ARRAY_SIZE(errs)];
		o.step = n / ARRAY_SIZE(errs) % steps;
		o.steps = (BIT(n / ARRAY_SIZE(errs) / steps) - 1) << o.step << 1;
		if (n & 1)
			o.steps |= random_bits(&state) & random_bits(&state) << o.step;
		o.steps = (o.steps & (BIT(FF_STEP_KERNEL_CLONE) - 1)) | BIT(o.step);
#ifdef FEW_OBSERVATIONS
		if (n % 16)
			continue;
#endif
		for (set = n % 4; set < sets; set += 4) {
			o.blind_w = random_bits(&state) & random_bits(&state) & random_bits(&state);
			for (i = 0; i < ARRAY_SIZE(concluded); i++)
				if (set & BIT(i))
					o.blind_w |= BIT(concluded[i]);
				else
					o.blind_w &= ~BIT(concluded[i]);
			any_rest(&o, &state);
		}
	}
	must_be_content();
}

/* ---- scenarios ----------------------------------------------------------- */

#ifndef NR_SCENARIOS
#define NR_SCENARIOS	90000
#endif

/* How often each cause was the true one, and how often it was named with certainty. */
static unsigned int true_causes[256], named_causes[256];

static void must_fit(const struct scenario *sc, const struct truth *t,
		     const struct hidden *hidden, const struct ff_observation *o,
		     struct ff_verdict *v)
{
	bool sighted = sc->have_args && !hidden->steps && !hidden->witnesses && !hidden->note &&
		       !hidden->stage;
	const char *why;

	if (!must_hold(o, v))
		return;
	why = verdict_is_wrong(sc, t, v, sighted);
	if (why)
		complain(why, o, v, sc, t);
}

/*
 * One more point is hidden: what was certain may become uncertain, but what was not certain
 * must not become certain, and the certain cause must not change.
 */
static void must_not_gain_certainty(const struct scenario *sc, const struct truth *t,
				    const struct hidden *hidden, const struct ff_verdict *before)
{
	struct ff_observation o;
	struct ff_verdict v;
	struct truth same;

	scenario_fork(sc, hidden, &o, &same);
	must_fit(sc, t, hidden, &o, &v);
	if (!certain(&v) || (sc->race && v.proof == FORKFAIL_PROOF_PREDICATE))
		return;
	if (certain(before) ? before->cause == v.cause : sc->race != 0)
		return;
	complain("certain, and was not before a point was hidden", &o, &v, sc, t);
}

static void hide_one_more(const struct scenario *sc, const struct truth *t,
			  const struct hidden *hidden)
{
	struct hidden more = *hidden;
	struct ff_observation o;
	struct ff_verdict v;
	struct truth same;
	unsigned int i;

	scenario_fork(sc, hidden, &o, &same);
	must_fit(sc, t, hidden, &o, &v);
	if (!hidden->steps && !hidden->witnesses && !hidden->note && !hidden->stage && certain(&v))
		named_causes[v.cause]++;
	for (i = FF_STEP_NEW_NAMESPACES; i <= FF_STEP_PIDFD; i++) {
		more.steps |= BIT(i) & HOOKED_STEPS;
		must_not_gain_certainty(sc, t, &more, &v);
		more.steps = hidden->steps;
	}
	for (i = 0; i < FF_NR_WITNESSES; i++) {
		more.witnesses |= BIT(i);
		must_not_gain_certainty(sc, t, &more, &v);
		more.witnesses = hidden->witnesses;
	}
	more.note = true;
	must_not_gain_certainty(sc, t, &more, &v);
	more.note = hidden->note;
	more.stage = true;
	must_not_gain_certainty(sc, t, &more, &v);
}

static void test_scenarios(void **unused)
{
	const u32 witnesses = BIT(FF_NR_WITNESSES) - 1;
	static const struct hidden nothing;
	struct ff_observation o;
	struct truth t;
	struct scenario sc;
	u64 state = 2;
	unsigned int n, i;

	for (n = 0; n < NR_SCENARIOS; n++) {
		scenario_random(&sc, random_bits, &state);
		scenario_fork(&sc, &nothing, &o, &t);
		if (!t.failed)
			continue;
		true_causes[t.cause]++;
		hide_one_more(&sc, &t, &nothing);
		for (i = 0; i < 3; i++) {
			struct hidden hidden = {
				.steps = random_bits(&state) & HOOKED_STEPS,
				.witnesses = random_bits(&state) & witnesses,
				.note = random_bits(&state) & 1,
				.stage = random_bits(&state) % 8 == 0,
			};

			if (i != 1)
				hidden.steps &= random_bits(&state);
			if (i != 2)
				hidden.witnesses &= random_bits(&state);
			hide_one_more(&sc, &t, &hidden);
		}
	}
	must_be_content();
}

/* Every cause that a rule can name is the true one in some scenarios. */
static void test_scenarios_reach_every_rule(void **unused)
{
	const struct ff_rules *of;
	const struct ff_rule *r;
	unsigned int missing = 0;

	ff_for_each_rule(of, r)
		if (true_causes[r->cause] < 5) {
			fprintf(stderr, "model_kernel.c: %s was the true cause only %u times: add it to the model\n",
				cause_table[r->cause].id, true_causes[r->cause]);
			missing++;
		}
	assert_int_equal(missing, 0);
}

/* With nothing hidden, these causes are named with certainty. */
static void test_sighted_is_certain(void **unused)
{
	static const u8 causes[] = {
		FORKFAIL_RLIMIT_NPROC,
		FORKFAIL_RLIMIT_NPROC_ANCESTOR_USERNS, FORKFAIL_THREADS_MAX,
		FORKFAIL_SCHED_DEADLINE, FORKFAIL_FS_IN_EXEC, FORKFAIL_PID_EXHAUSTED,
		FORKFAIL_PID_EXHAUSTED_AFTER_WRAP, FORKFAIL_PIDS_MAX, FORKFAIL_PIDS_MAX_ANCESTOR,
		FORKFAIL_MEMCG_LIMIT, FORKFAIL_SYSTEM_MEMORY, FORKFAIL_OVERCOMMIT_STRICT,
		FORKFAIL_OVERCOMMIT_HEURISTIC, FORKFAIL_PIDNS_DEAD,
		FORKFAIL_PIDNS_POISONED_BY_FIRST_FORK, FORKFAIL_PIDNS_DEAD_LATE,
		FORKFAIL_KILLED_LATE,
	};
	unsigned int i, missing = 0;

	for (i = 0; i < ARRAY_SIZE(causes); i++)
		if (named_causes[causes[i]] < 10) {
			fprintf(stderr, "%s was certain in %u scenarios only\n",
				cause_table[causes[i]].id, named_causes[causes[i]]);
			missing++;
		}
	assert_int_equal(missing, 0);
}

static int report(void **unused)
{
	fprintf(stderr, "%llu observations checked\n", checked);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_any_observation, no_complaints),
		cmocka_unit_test_setup(test_scenarios, no_complaints),
		cmocka_unit_test(test_scenarios_reach_every_rule),
		cmocka_unit_test(test_sighted_is_certain),
	};

	return cmocka_run_group_tests_name("properties", tests, NULL, report);
}
