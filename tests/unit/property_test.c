// SPDX-License-Identifier: GPL-2.0-only
/*
 * property_test.c - what must hold whatever was observed, and however little
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../module/classify.c"
#include "invariants.h"
#include "world.h"

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

static void complain(const char *why, const struct ff_observation *o, const struct ff_verdict *v)
{
	fprintf(stderr, "%s:\n", why);
	print_observation(o);
	print_verdict("verdict", v);
}

static void must_hold(const struct ff_observation *o, struct ff_verdict *v)
{
	const char *why = classify_checked(o, v);

	checked++;
	if (!why)
		return;
	complain(why, o, v);
	fail_msg("%s", why);
}

static bool nameable(const struct truth *t)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rules); i++)
		if (rules[i].err == t->err && rules[i].cause == t->cause)
			return true;
	return false;
}

/* ---- observations of any kind -------------------------------------------- */

static void random_hierarchy(struct ff_hierarchy *h, u64 r)
{
	h->levels = r & 7;
	if ((r >> 3) % 64 == 0)
		h->levels = FF_MAX_LEVELS;
	h->known = (r >> 9) & 3;
	h->named = (r >> 11) & 3 || !h->levels ? -1 : (s8)((r >> 16) % h->levels);
	h->full = (r >> 13) & 1 || !h->levels ? -1 : (s8)((r >> 24) % h->levels);
	h->full_before = (r >> 32) & 3;
	h->full_after = (r >> 34) & 3;
	h->limit = (s64)(r >> 40);
	h->in_use = (s64)(r >> 48);
}

static void random_rest(struct ff_observation *o, u64 *state)
{
	u64 r = random_bits(state);
	int i;

	for (i = 0; i < FF_NR_WITNESSES; i++)
		o->at[i] = (r >> i) & 3 ? o->step : random_bits(state) % FF_NR_STEPS;
	r = random_bits(state);
	o->kind = r % FORKFAIL_NR_KINDS;
	o->have_args = r & 0x100;
	o->dying = r & 0x200;
	o->has_sys_admin = r & 0x400;
	o->threads_known = r & 0x800;
	o->threads = (r >> 12) & 3;
	o->threads_max = 2;
	o->pid_wrapped = r & (1 << 14);
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
	o->deadline = r & (1 << 28);
	random_hierarchy(&o->nproc, random_bits(state));
	random_hierarchy(&o->pid, random_bits(state));
	random_hierarchy(&o->pids, random_bits(state));
}

/*
 * Every errno at every step, with every run of blind steps behind it, and with
 * copy_creds() blind or not; every blind set of the witnesses whose absence is
 * concluded from; flags and facts in all combinations; the rest by chance.
 */
static void test_any_observation(void **unused)
{
	static const int errs[] = { 513, EAGAIN, ENOMEM, EINTR, EINVAL, EPERM, ENOSPC };
	static const u8 concluded[] = {
		FF_W_CAPABLE_ADMIN, FF_W_PIDS_EVENT, FF_W_OVERCOMMIT, FF_W_CANCEL_FORK,
		FF_W_MEMCG_RECLAIM, FF_W_MEMCG_OOM, FF_W_NEW_NAMESPACES,
	};
	static const u64 flags[] = {
		0, CLONE_VM, CLONE_FS, CLONE_FILES, CLONE_NEWUSER, CLONE_NEWNET | CLONE_VM | CLONE_FS,
		CLONE_VM | CLONE_FS | CLONE_FILES, ~0ULL,
	};
	struct ff_observation o = {};
	struct ff_verdict v;
	u64 state = 1;
	unsigned int e, step, run, w, f, facts, i;

	for (e = 0; e < ARRAY_SIZE(errs); e++)
	for (step = 0; step < FF_NR_STEPS; step++)
	for (run = 0; run < 2 * FF_NR_STEPS; run++)
	for (w = 0; w < 1u << ARRAY_SIZE(concluded); w++)
	for (f = 0; f < ARRAY_SIZE(flags); f++) {
		o.err = -errs[e];
		o.step = step;
		o.blind = ((1u << (run / 2)) - 1) << (step + 1);
		o.blind |= run & 1 ? BIT(FF_STEP_COPY_CREDS) : 0;
		o.blind &= BIT(FF_STEP_LATE) - 2;
		o.blind_w = 0;
		for (i = 0; i < ARRAY_SIZE(concluded); i++)
			if (w & (1u << i))
				o.blind_w |= BIT(concluded[i]);
		o.flags = flags[f];
		for (facts = 0; facts < 8; facts++) {
			o.facts = facts;
			o.seen = random_bits(&state) & random_bits(&state) &
				 (BIT(FF_NR_WITNESSES) - 1);
			random_rest(&o, &state);
			must_hold(&o, &v);
		}
	}
}

/* ---- worlds -------------------------------------------------------------- */

#define NR_WORLDS	150000

/* How often each cause was the truth, and how often it was said with certainty. */
static unsigned int true_causes[256], named_causes[256];

static void must_fit(const struct world *w, const struct truth *t,
		     const struct ff_observation *o, struct ff_verdict *v)
{
	const char *why;

	must_hold(o, v);
	why = world_verdict_wrong(w, t, v, nameable(t));
	if (!why)
		return;
	complain(why, o, v);
	world_print(w, t);
	fail_msg("%s", why);
}

/* One more point is hidden: what was certain may become doubtful, never another. */
static void must_only_fade(const struct world *w, const struct truth *t,
			   const struct ff_observation *o, const struct ff_verdict *v,
			   const struct ff_observation *hidden, const struct ff_verdict *h)
{
	if (!certain(h) || (w->race && h->proof == FORKFAIL_PROOF_PREDICATE))
		return;
	if (certain(v) ? v->cause == h->cause : w->race != 0)
		return;
	complain("hiding a watch point turned this", o, v);
	complain("into this", hidden, h);
	world_print(w, t);
	fail_msg("hiding a watch point gave a certain cause that was not there before");
}

static void test_worlds(void **unused)
{
	struct ff_observation o, hidden;
	struct ff_verdict v, h;
	struct truth t;
	struct world w;
	u64 state = 2;
	unsigned int n, i, mask;
	u32 blind = 0, blind_w = 0;

	for (n = 0; n < NR_WORLDS; n++) {
		world_random(&w, random_bits, &state);
		world_fork(&w, 0, 0, &o, &t);
		if (!t.failed)
			continue;
		true_causes[t.cause]++;
		for (mask = 0; mask < 8; mask++) {
			if (mask) {
				blind = random_bits(&state) & (BIT(FF_STEP_LATE) - 2);
				blind_w = random_bits(&state) & (BIT(FF_NR_WITNESSES) - 1);
			}
			if (mask & 1)
				blind &= random_bits(&state);
			if (mask & 2)
				blind_w &= random_bits(&state);
			if (!mask)
				blind = blind_w = 0;
			world_fork(&w, blind, blind_w, &o, &t);
			must_fit(&w, &t, &o, &v);
			if (!mask && certain(&v))
				named_causes[v.cause]++;
			for (i = FF_STEP_ENTRY + 1; i < FF_STEP_LATE; i++) {
				world_fork(&w, blind | BIT(i), blind_w, &hidden, &t);
				must_fit(&w, &t, &hidden, &h);
				must_only_fade(&w, &t, &o, &v, &hidden, &h);
			}
			for (i = 0; i < FF_NR_WITNESSES; i++) {
				world_fork(&w, blind, blind_w | BIT(i), &hidden, &t);
				must_fit(&w, &t, &hidden, &h);
				must_only_fade(&w, &t, &o, &v, &hidden, &h);
			}
		}
	}
}

/* Every cause that a rule can name is the truth in many worlds. */
static void test_worlds_reach_every_rule(void **unused)
{
	unsigned int i, missing = 0;

	for (i = 0; i < ARRAY_SIZE(rules); i++)
		if (true_causes[rules[i].cause] < 20) {
			fprintf(stderr, "world.c: %s was the truth %u times: teach it\n",
				cause_table[rules[i].cause].id, true_causes[rules[i].cause]);
			missing++;
		}
	assert_int_equal(missing, 0);
}

/* With nothing blind these are certain when nothing else disturbs. */
static void test_sighted_is_certain(void **unused)
{
	static const u8 causes[] = {
		FORKFAIL_SIGNAL_RESTART, FORKFAIL_RLIMIT_NPROC,
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
			fprintf(stderr, "%s was certain in %u worlds only\n",
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
		cmocka_unit_test(test_any_observation),
		cmocka_unit_test(test_worlds),
		cmocka_unit_test(test_worlds_reach_every_rule),
		cmocka_unit_test(test_sighted_is_certain),
	};

	return cmocka_run_group_tests_name("properties", tests, NULL, report);
}
