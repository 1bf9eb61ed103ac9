// SPDX-License-Identifier: GPL-2.0-only
/*
 * classify_test.c - an example for every rule, and its exact verdict
 *
 * A rule that wins in no example is printed, and fails the test.
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

struct example {
	const char *what;
	struct ff_observation o;
	struct ff_verdict v;
	const char *file;
	unsigned int line;
};

#define W(w)		BIT(FF_W_##w)
#define B(s)		BIT(FF_STEP_##s)
#define F(f)		FF_FACT_##f
#define NEWEST		(F(OVERCOMMIT_WITNESS) | F(AUTOREAP) | F(NNP) | F(AUTOKILL) | \
			 F(EMPTY_MNTNS) | F(INIT_IS_ONE) | F(SET_TID_FIRST) | F(SCX) | \
			 F(SHADOW_STACK) | F(EXEC_STATE) | F(X86) | F(FUTEX_HASH))
#define OLDEST		(F(NPROC_BEFORE_CREDS) | F(PIDNS_POISON) | F(TIMENS_CHECK) | \
			 F(NO_THREAD_PIDFD) | F(COPY_IO_INLINE) | F(X86) | \
			 F(VMALLOC_GOES_ON))
#define THREAD		(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | \
			 CLONE_SYSVSEM)
#define INTO_CGROUP	FF_CLONE_INTO_CGROUP
/* two witnesses, in the order in which they ran */
#define THEN(first, second) \
	.seen = W(first) | W(second), .rank = { [FF_W_##first] = 1, [FF_W_##second] = 2 }

#define ONE_LEVEL	{ .levels = 1, .known = true, .named = -1, .full = -1 }
#define LEVELS(n, f)	{ .levels = n, .known = true, .named = -1, .full = f,		\
			  .may = (f) < 0 ? 0 : 1ULL << ((f) & 63), .limit = 20, .in_use = 21 }
/* @f is the lowest of two that were full */
#define TWO_FULL(n, f)	{ .levels = n, .known = true, .named = -1, .full = f,		\
			  .may = 3ULL << (f), .limit = 20, .in_use = 21 }
/* level @f was full, and @other nearly */
#define NEAR(n, f, other)								\
	{ .levels = n, .known = true, .named = -1, .full = f,				\
	  .may = 1ULL << (f) | 1ULL << (other), .limit = 20, .in_use = 21 }
#define ABOVE(from, n, f)							\
	{ .first = from, .levels = n, .known = true, .named = -1, .full = f,		\
	  .may = (f) < 0 ? 0 : 1ULL << (((f) - (from)) & 63), .limit = 20, .in_use = 21 }
/* of those above, @f is the lowest of two that were full */
#define ABOVE_TWO(from, n, f)							\
	{ .first = from, .levels = n, .known = true, .named = -1, .full = f,		\
	  .may = 3ULL << ((f) - (from)), .limit = 20, .in_use = 21 }
#define NAMED(n, l)	{ .levels = n, .known = true, .named = l, .full = -1, .limit = 30, \
			  .in_use = 30 }

/* A fork on the newest kernel in which only the errno is wrong. */
#define O(e, s, ...) {							\
	.err = -(e), .step = FF_STEP_##s, .steps = B(s), .facts = NEWEST, .have_args = true, \
	.at = { [0 ... FF_NR_WITNESSES - 1] = FF_STEP_##s },		\
	.ids_mapped = true, .root_is_inits = true,			\
	.nproc = ONE_LEVEL, .pid = ONE_LEVEL, .pids = ONE_LEVEL,	\
	.ucount = { .named = -1, .full = -1 },				\
	.threads_known = true, .threads = 10, .threads_max = 100,	\
	.pidns_dead_level = -1,						\
	.overcommit_known = true, .overcommit_fits_before = true, .overcommit_fits = true, \
	__VA_ARGS__ }

#define V(c, p, ...) {							\
	.cause = FORKFAIL_##c, .proof = FORKFAIL_PROOF_##p, .level = -1, __VA_ARGS__ }
#define LIMIT(s, u, l, n) \
	.scope = FORKFAIL_SCOPE_##s, .unit = FORKFAIL_UNIT_##u, .has_limit = true, \
	.limit = l, .in_use = n
#define SCOPE(s, u)	.scope = FORKFAIL_SCOPE_##s, .unit = FORKFAIL_UNIT_##u
#define C(c)		FORKFAIL_##c
#define ALSO(n, ...)	.nr_candidates = n, .candidates = { __VA_ARGS__ }

#define EX(what, o, ...)	{ what, o, __VA_ARGS__, __FILE__, __LINE__ }

static const struct example examples[] = {
#include "examples_limits.h"
#include "examples_steps.h"
};

static bool same(const struct ff_verdict *a, const struct ff_verdict *b)
{
	unsigned int i;

	if (a->cause != b->cause || a->proof != b->proof || a->scope != b->scope ||
	    a->unit != b->unit || a->level != b->level || a->restart != b->restart ||
	    a->has_limit != b->has_limit || a->nr_candidates != b->nr_candidates)
		return false;
	if (a->has_limit && (a->limit != b->limit || a->in_use != b->in_use))
		return false;
	for (i = 0; i < a->nr_candidates; i++)
		if (a->candidates[i] != b->candidates[i])
			return false;
	return true;
}

static void test_examples(void **unused)
{
	unsigned int i, wrong = 0;

	for (i = 0; i < ARRAY_SIZE(examples); i++) {
		const struct example *e = &examples[i];
		struct ff_verdict v;
		const char *why = classify_checked(&e->o, &v);

		if (!why && same(&e->v, &v))
			continue;
		wrong++;
		fprintf(stderr, "%s:%u: %s%s%s:\n", e->file, e->line, e->what, why ? ": " : "",
			why ?: "");
		print_observation(&e->o);
		print_verdict("wanted", &e->v);
		print_verdict("got", &v);
	}
	assert_int_equal(wrong, 0);
}

/* Refusals because of arguments are predicted before the kernel checks them. */
static void test_refusals_are_predicted(void **unused)
{
	unsigned int i, predicted = 0;

	for (i = 0; i < ARRAY_SIZE(examples); i++) {
		const struct example *e = &examples[i];
		u8 cause = ff_will_refuse(&e->o);

		if (e->o.err != -EINVAL && e->o.err != -EPERM)
			continue;
		if (!(e->o.steps & (B(KERNEL_CLONE) | B(ENTRY)))) {
			assert_int_equal(cause, 0);
		} else if (e->v.cause != FORKFAIL_UNEXPLAINED) {
			assert_int_equal(cause, e->v.cause);
			assert_int_equal(ff_refused_errno(cause), e->o.err);
			predicted++;
		} else if (cause) {
			assert_int_not_equal(ff_refused_errno(cause), e->o.err);
		}
	}
	assert_true(predicted > 16);
	assert_int_equal(ff_refused_errno(FORKFAIL_THREADS_MAX), 0);
}

/* Does the example's verdict come from this rule?  The same cause is not enough. */
static bool wins(s32 err, const struct ff_rule *r, const struct example *e)
{
	u8 said;

	if (r->cause != e->v.cause || (err && err != -e->o.err))
		return false;
	if (!(r->steps & e->o.steps))
		return false;
	said = ff_rule_match(r, &e->o, ff_refused_flags(&e->o));
	return said != NO && said != UNSEEN;
}

/* Nothing distinguishes these from others at the same step: they are candidates at most. */
static bool never_wins(s32 err, const struct ff_rule *r)
{
	if (err == ENOSPC && (r->cause == FORKFAIL_NS_NOMEM ||
			      r->cause == FORKFAIL_UCOUNTS_ALLOC_NOMEM))
		return true;
	switch (r->cause) {
	case FORKFAIL_KERNEL_STACK_NOMEM:
	case FORKFAIL_KERNEL_STACK_MEMCG:
	case FORKFAIL_VMA_NOMEM:
	case FORKFAIL_PAGETABLE_NOMEM:
	case FORKFAIL_LDT_NOMEM:
	case FORKFAIL_BINFMT_MODULE_GONE:
		return true;
	default:
		return false;
	}
}

static void test_every_rule_has_an_example(void **unused)
{
	unsigned int j, missing = 0;
	const struct ff_rules *of;
	const struct ff_rule *r;

	ff_for_each_rule(of, r) {
		bool found = false;

		for (j = 0; j < ARRAY_SIZE(examples) && !found; j++)
			found = wins(of->err, r, &examples[j]) ||
				(never_wins(of->err, r) && of->err == -examples[j].o.err &&
				 is_candidate(&examples[j].v, r->cause));
		if (found)
			continue;
		missing++;
		fprintf(stderr, "rules.c: no example for errno %d, %s, steps:",
			of->err, cause_table[r->cause].id);
		for (j = 0; j <= FF_STEP_KERNEL_CLONE; j++)
			if (r->steps & BIT(j))
				fprintf(stderr, " %s", ff_step_names[j]);
		fprintf(stderr, "\n");
	}
	assert_int_equal(missing, 0);
}

/* The rules use only the causes, errnos and units of causes.def. */
static void test_rules_are_sane(void **unused)
{
	const struct ff_rules *of, *other;
	const struct ff_rule *r, *s;

	for (of = ff_rules; of < ff_rules + ff_nr_errnos; of++)
		for (other = ff_rules; other < of; other++)
			assert_int_not_equal(of->err, other->err);
	ff_for_each_rule(of, r) {
		assert_true(r->cause && r->cause < nr_causes);
		assert_true(r->steps && !(r->steps >> (FF_STEP_KERNEL_CLONE + 1)));
		assert_true(r->scope < FORKFAIL_NR_SCOPES && r->unit < FORKFAIL_NR_UNITS);
		assert_true(r->match || (ff_refused_errno(r->cause) == -of->err &&
					 !(r->steps & ~FF_FLAGS_STEPS)));
		if (of->err ? !errno_fits(r->cause, of->err) :
		    strcmp(cause_table[r->cause].errnos, "any"))
			fail_msg("errno %d: causes.def does not have it for %s", of->err,
				 cause_table[r->cause].id);
		for (s = of->rule; s < r; s++)
			if (s->cause == r->cause)
				fail_msg("errno %d: %s twice", of->err,
					 cause_table[r->cause].id);
	}
}

/* An example's own step is among those that its errno allows, whatever its steps say. */
static void test_steps_by_errno(void **unused)
{
	const struct ff_rules *of;
	const struct ff_rule *r;
	unsigned int i, held = 0;

	for (i = 0; i < ARRAY_SIZE(examples); i++) {
		struct ff_observation o = examples[i].o;
		u32 steps = ff_steps_by_errno(&o);

		if (o.err == -ENOMEM)
			continue;
		o.steps = B(ENTRY);
		o.step = FF_STEP_ENTRY;
		assert_int_equal(ff_steps_by_errno(&o), steps);
		assert_false(steps & B(KERNEL_CLONE));
		ff_for_each_rule(of, r) {
			if (!of->err || r->steps & B(KERNEL_CLONE) ||
			    !wins(of->err, r, &examples[i]))
				continue;
			assert_int_equal(r->steps & ~steps, 0);
			held++;
		}
	}
	assert_true(held > 100);
}

/* What the self-test asks for is known by its errno alone. */
static void test_selftest_is_known_by_errno(void **unused)
{
	static const struct {
		struct ff_observation o;
		u32 steps;
	} calls[] = {
		{ O(EBADF, ENTRY, .flags = FF_CLONE_INTO_CGROUP), B(CGROUP_CAN_FORK) },
		{ O(EINVAL, ENTRY, .set_tid_size = 32, .pidns_initial = true,
		    .set_tid_bad = FORKFAIL_SET_TID_TOO_MANY), B(ALLOC_PID) },
		{ O(EINVAL, ENTRY, .flags = CLONE_NEWIPC | CLONE_SYSVSEM, .pidns_initial = true),
		  B(COPY_NAMESPACES) },
		{ O(EPERM, ENTRY, .flags = CLONE_NEWUSER, .seen = BIT(FF_W_NEW_USERNS),
		    .at = { [FF_W_NEW_USERNS] = FF_STEP_COPY_CREDS }, .root_is_inits = false),
		  B(COPY_CREDS) },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		struct ff_observation o = calls[i].o;

		assert_int_equal(ff_steps_by_errno(&o), calls[i].steps);
		o.facts |= FF_FACT_GUESSED;
		assert_int_equal(ff_steps_by_errno(&o), calls[i].steps);
	}
}

/* A creator that returns NULL: the stage and the witnesses are all there is. */
static void test_errno_by_stage(void **unused)
{
	assert_int_equal(ff_errno_of(B(TASK_LIMITS), 0), -EAGAIN);
	assert_int_equal(ff_errno_of(B(TASK_LIMITS) | B(COPY_CREDS), 0), 0);
	assert_int_equal(ff_errno_of(B(CGROUP_CAN_FORK), W(PIDS_EVENT)), -EAGAIN);
	assert_int_equal(ff_errno_of(B(CGROUP_CAN_FORK) | B(LATE), W(PIDS_EVENT)), -EAGAIN);
	assert_int_equal(ff_errno_of(B(CGROUP_CAN_FORK), 0), 0);
	/* no PID is free, or there is no memory for it */
	assert_int_equal(ff_errno_of(B(ALLOC_PID), 0), 0);
	assert_int_equal(ff_errno_of(B(ALLOC_PID), W(PIDS_EVENT)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errno_by_stage),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_refusals_are_predicted),
		cmocka_unit_test(test_every_rule_has_an_example),
		cmocka_unit_test(test_rules_are_sane),
		cmocka_unit_test(test_steps_by_errno),
		cmocka_unit_test(test_selftest_is_known_by_errno),
	};

	return cmocka_run_group_tests_name("classify.c", tests, NULL, NULL);
}
