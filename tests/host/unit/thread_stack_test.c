// SPDX-License-Identifier: GPL-2.0-only
/*
 * thread_stack_test.c - thread stacks that are refused: examples, and a model of the kernel
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../../module/rules/thread_stack_rules.h"
#include "invariants.h"

#define BIT(n)		(1U << (n))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* A stack of ten pages that is refused by no limit; each limit is 100. */
#define S(...) {								\
	.pages = 10, .maps_known = true, .commit_known = true, .charged = true,	\
	.data = true, .maps = 50, .maps_max = 100, .total = 80, .total_max = 100, \
	.data_pages = 80, .data_max = 100, .locked_pages = 80, .locked_max = 100, \
	.committed = 10, .commit_max = 100, __VA_ARGS__ }

#define NONE		-1
#define NOTHING		NONE, 0, 0, 0, 0

static const struct {
	const char *what;
	struct ff_stack s;
	int cause, proof, candidates;
	s64 limit, in_use;
} examples[] = {
#define EX(what, s, ...)	{ what, s, __VA_ARGS__ }
#define YES(c, l, u)	FORKFAIL_LIBC_STACK_##c, FORKFAIL_PROOF_PREDICATE, 0, l, u
#define MAYBE(c, n, l, u) FORKFAIL_LIBC_STACK_##c, FORKFAIL_PROOF_INFERRED, n, l, u
	EX("no limit reached", S(), NOTHING),
	EX("no limit reached by mprotect", S(.opens = true, .splits = 2), NOTHING),

	EX("one mapping more than allowed", S(.maps = 101), YES(MAP_COUNT, 100, 101)),
	EX("as many as allowed: one more may be made", S(.maps = 100), NOTHING),
	EX("the limit is not known", S(.maps = 101, .maps_known = false), NOTHING),
	EX("no split in an old number", S(.maps = 101, .opens = true), NOTHING),
	EX("a split", S(.maps = 100, .opens = true, .splits = 1),
	   MAYBE(MAP_COUNT, 1, 100, 100)),
	EX("room for a split", S(.maps = 99, .opens = true, .splits = 1), NOTHING),
	EX("the second of two", S(.maps = 99, .opens = true, .splits = 2),
	   MAYBE(MAP_COUNT, 1, 100, 99)),
	EX("room for both", S(.maps = 98, .opens = true, .splits = 2), NOTHING),
	EX("a split, but no limit known",
	   S(.maps = 100, .opens = true, .splits = 1, .maps_known = false), NOTHING),

	EX("the last locked pages", S(.locked = true, .locked_pages = 90), NOTHING),
	EX("one locked page too many", S(.locked = true, .locked_pages = 91),
	   YES(MEMLOCK, 100, 91)),
	EX("not locked", S(.locked_pages = 91), NOTHING),
	EX("opened, which locks nothing more", S(.locked = true, .locked_pages = 91, .opens = true),
	   NOTHING),

	EX("the last pages", S(.total = 90), NOTHING),
	EX("one page too many", S(.total = 91), YES(ADDRESS_SPACE, 100, 91)),
	EX("its pages are there when it is opened", S(.total = 91, .opens = true), NOTHING),

	EX("the last pages of data", S(.data_pages = 90), NOTHING),
	EX("one page of data too many", S(.data_pages = 91), YES(DATA_LIMIT, 100, 91)),
	EX("the same when it is opened", S(.data_pages = 91, .opens = true),
	   YES(DATA_LIMIT, 100, 91)),
	EX("the kernel does not check if RLIMIT_AS is too small for as much again",
	   S(.data_pages = 91, .total = 91, .opens = true), NOTHING),
	EX("no data", S(.data_pages = 91, .data = false), NOTHING),
	EX("data that does not count", S(.data_pages = 91, .data_excused = true), NOTHING),

	EX("as large as RAM and swap", S(.committed = 100), NOTHING),
	EX("larger", S(.committed = 101), YES(OVERCOMMIT, 100, 101)),
	EX("larger when it is opened", S(.committed = 101, .opens = true),
	   YES(OVERCOMMIT, 100, 101)),
	EX("larger, but not charged", S(.committed = 101, .charged = false), NOTHING),
	EX("larger, but not known", S(.committed = 101, .commit_known = false), NOTHING),
	EX("the last promise", S(.committed = 89, .strict = true), NOTHING),
	EX("one page too many promised", S(.committed = 90, .strict = true),
	   MAYBE(OVERCOMMIT, 1, 100, 90)),
	EX("a promise or a split", S(.committed = 90, .strict = true, .opens = true,
				     .splits = 1, .maps = 100),
	   MAYBE(OVERCOMMIT, 2, 100, 90)),

	EX("mappings come first", S(.maps = 101, .locked = true, .locked_pages = 91,
				    .total = 91, .data_pages = 91, .committed = 101),
	   YES(MAP_COUNT, 100, 101)),
	EX("locked pages before others", S(.locked = true, .locked_pages = 91, .total = 91,
					   .data_pages = 91),
	   YES(MEMLOCK, 100, 91)),
	EX("all pages before data", S(.total = 91, .data_pages = 91), YES(ADDRESS_SPACE, 100, 91)),
	EX("data before promises", S(.opens = true, .data_pages = 91, .strict = true,
				     .committed = 90, .splits = 1, .maps = 100),
	   YES(DATA_LIMIT, 100, 91)),
};

static void test_examples(void **unused)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(examples); i++) {
		struct ff_verdict v;
		bool refused = ff_stack_classify(&examples[i].s, &v);
		int wanted = examples[i].cause;

		if (refused ? wanted == NONE : wanted != NONE)
			fail_msg("%s: %srefused", examples[i].what, refused ? "" : "not ");
		if (!refused)
			continue;
		if (v.cause != wanted || v.proof != examples[i].proof ||
		    v.nr_candidates != examples[i].candidates || !v.has_limit ||
		    v.limit != examples[i].limit || v.in_use != examples[i].in_use)
			fail_msg("%s: cause %s proof %d candidates %d limit %lld in_use %lld",
				 examples[i].what, cause_table[v.cause].id, v.proof,
				 v.nr_candidates, (long long)v.limit, (long long)v.in_use);
		if (v.asked != (v.unit == FORKFAIL_UNIT_BYTES ? examples[i].s.pages :
				examples[i].s.splits))
			fail_msg("%s: asked %lld", examples[i].what, (long long)v.asked);
	}
}

static void test_settle(void **unused)
{
	struct ff_stack both = S(.committed = 90, .strict = true, .opens = true, .splits = 1,
				 .maps = 100);
	struct ff_verdict v;

	/* overcommit still refuses, and the kernel checks it first */
	assert_true(ff_stack_classify(&both, &v));
	ff_stack_confirm(&both, &v);
	assert_int_equal(v.cause, FORKFAIL_LIBC_STACK_OVERCOMMIT);
	assert_int_equal(v.proof, FORKFAIL_PROOF_PREDICATE);
	assert_int_equal(v.nr_candidates, 0);

	/* memory was given back in between: either may have refused */
	assert_true(ff_stack_classify(&both, &v));
	both.committed = 0;
	ff_stack_confirm(&both, &v);
	assert_int_equal(v.proof, FORKFAIL_PROOF_INFERRED);
	assert_int_equal(v.nr_candidates, 2);
	assert_true(is_candidate(&v, FORKFAIL_LIBC_STACK_OVERCOMMIT));
	assert_true(is_candidate(&v, FORKFAIL_LIBC_STACK_MAP_COUNT));

	/* refused, so the mapping did not become part of another */
	assert_true(ff_stack_classify(&both, &v));
	ff_stack_confirm(&both, &v);
	assert_int_equal(v.cause, FORKFAIL_LIBC_STACK_MAP_COUNT);
	assert_int_equal(v.proof, FORKFAIL_PROOF_PREDICATE);
}

/* The kernel's checks, in its order: the cause, or NONE. */
static int may_expand(const struct ff_stack *s, bool data)
{
	if (s->total + s->pages > s->total_max)
		return FORKFAIL_LIBC_STACK_ADDRESS_SPACE;
	if (data && !s->data_excused && s->data_pages + s->pages > s->data_max)
		return FORKFAIL_LIBC_STACK_DATA_LIMIT;
	return NONE;
}

static bool enough(const struct ff_stack *s)
{
	if (!s->charged || !s->commit_known)
		return true;
	return s->strict ? s->committed + s->pages < s->commit_max :
			   s->committed <= s->commit_max;
}

static int by_mmap(const struct ff_stack *s)
{
	if (s->maps_known && s->maps > s->maps_max)
		return FORKFAIL_LIBC_STACK_MAP_COUNT;
	if (s->locked && s->locked_pages + s->pages > s->locked_max)
		return FORKFAIL_LIBC_STACK_MEMLOCK;
	if (may_expand(s, s->data) != NONE)
		return may_expand(s, s->data);
	return enough(s) ? NONE : FORKFAIL_LIBC_STACK_OVERCOMMIT;
}

static int by_mprotect(const struct ff_stack *s)
{
	s64 maps = s->maps;
	int i;

	/* refused only if the old flags, which do not count as data, would have passed */
	if (may_expand(s, s->data) != NONE && may_expand(s, false) == NONE)
		return may_expand(s, s->data);
	if (!enough(s))
		return FORKFAIL_LIBC_STACK_OVERCOMMIT;
	for (i = 0; i < s->splits; i++)
		if (s->maps_known && maps++ >= s->maps_max)
			return FORKFAIL_LIBC_STACK_MAP_COUNT;
	return NONE;
}

static u32 next_random(u32 *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static s64 near_limit(u32 *state)
{
	return 100 - 14 + next_random(state) % 16;
}

static void test_model(void **unused)
{
	unsigned int n, refusals = 0;
	u32 state = 1;

	for (n = 0; n < 500000; n++) {
		u32 r = next_random(&state);
		struct ff_stack s = S(.opens = r & 1, .data = r & 2, .data_excused = !(r & 0xc),
				      .charged = r & 0x30, .locked = !(r & 0xc0),
				      .strict = r & 0x100, .maps_known = r & 0x600,
				      .commit_known = r & 0x1800, .splits = (r >> 13) % 3,
				      .maps = 97 + (r >> 16) % 6);
		struct ff_verdict v;
		int cause;

		s.total = near_limit(&state);
		s.data_pages = near_limit(&state);
		s.locked_pages = near_limit(&state);
		s.committed = near_limit(&state) + 2;
		cause = s.opens ? by_mprotect(&s) : by_mmap(&s);
		if (ff_stack_classify(&s, &v) ? cause == NONE : cause != NONE)
			fail_msg("stack %u: the kernel would%s refuse", n, cause != NONE ? "" : " not");
		if (cause == NONE)
			continue;
		refusals++;
		if (v.cause != cause)
			fail_msg("stack %u: %s, should be %s", n, cause_table[v.cause].id,
				 cause_table[cause].id);
		assert_true(errno_fits(v.cause, v.cause == FORKFAIL_LIBC_STACK_MEMLOCK ?
				       EAGAIN : ENOMEM));
		assert_true(v.proof == FORKFAIL_PROOF_PREDICATE ? !v.nr_candidates :
			    is_candidate(&v, v.cause));
		assert_true(v.unit != FORKFAIL_UNIT_NONE && v.scope != FORKFAIL_SCOPE_NONE);
		ff_stack_confirm(&s, &v);
		assert_int_equal(v.proof, FORKFAIL_PROOF_PREDICATE);
		assert_int_equal(v.nr_candidates, 0);
	}
	/* the random stacks are near the limits, on both sides */
	assert_in_range(refusals, n / 4, n * 3 / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_settle),
		cmocka_unit_test(test_model),
	};

	return cmocka_run_group_tests_name("thread stacks", tests, NULL, NULL);
}
