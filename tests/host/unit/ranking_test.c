// SPDX-License-Identifier: GPL-2.0-only
/*
 * ranking_test.c - which of the journal's events the page reports first
 *
 * ranking.c itself, compiled for the host with the few kernel headers of shim/.
 */
#include <setjmp.h>
#include <stdint.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../../../module/page/text.c"
#include "../../../module/page/ranking.c"

/* text.c needs it; this test formats no time. */
void time64_to_tm(s64 seconds, int offset, struct tm *result)
{
	memset(result, 0, sizeof(*result));
}

#define SECOND	1000000000ULL

static struct ff_brief brief(u64 seq, u8 cause, u64 second, u64 count, u64 object)
{
	return (struct ff_brief){
		.claim = { .cause = cause, .age = seq },
		.kind = FORKFAIL_KIND_PROCESS,
		.count = count,
		.last = 5000 * SECOND + second * SECOND,
		.object = { .id = object },
		.off = U32_MAX,
	};
}

static struct ff_ranking ranking;

/* Which event must lead, and how many failures its group must have. */
static void expect(const struct ff_brief *b, unsigned int n, u64 seq, u64 count)
{
	ff_rank_events(&ranking, b, n);
	assert_in_range(ranking.nr, 1, n);
	assert_int_equal(ranking.group[0].newest, seq);
	assert_int_equal(ranking.group[0].count, count);
}

static void test_none(void **unused)
{
	ff_rank_events(&ranking, NULL, 0);
	assert_int_equal(ranking.nr, 0);
}

/* A storm at a limit, then a program that lacks a capability. */
static void test_what_hurts(void **unused)
{
	struct ff_brief b[] = {
		brief(1, FORKFAIL_PIDS_MAX, 0, 40, 7), brief(2, FORKFAIL_PIDS_MAX, 7, 56, 7),
		brief(3, FORKFAIL_NS_CAP, 20, 8, 0),
	};

	expect(b, 3, 2, 96);
	assert_int_equal(ranking.nr, 2);
	assert_int_equal(ranking.group[1].cause, FORKFAIL_NS_CAP);
	assert_int_equal(ranking.group[1].count, 8);
	/* the latter continues, and the limit has been quiet for a minute */
	b[2].last += 60 * SECOND;
	expect(b, 3, 3, 8);
	/* ten minutes later the storm no longer counts */
	b[2].last += 600 * SECOND;
	expect(b, 3, 3, 8);
	assert_int_equal(ranking.nr, 1);
}

static void test_objects_are_told_apart(void **unused)
{
	struct ff_brief b[] = {
		brief(1, FORKFAIL_PIDS_MAX, 0, 5, 7), brief(2, FORKFAIL_PIDS_MAX, 1, 6, 8),
		brief(3, FORKFAIL_PIDS_MAX, 2, 4, 9), brief(4, FORKFAIL_PIDS_MAX, 3, 2, 9),
	};

	/* six failures of each: the newer one leads */
	expect(b, 4, 4, 6);
	/* the others are of the same user, and named together */
	assert_int_equal(ranking.nr, 2);
	assert_int_equal(ranking.group[1].newest, 2);
	assert_int_equal(ranking.group[1].count, 11);
	assert_int_equal(ranking.group[1].objects, 2);
	/* ... but not those of another user */
	b[0].uid.val = 5;
	expect(b, 4, 4, 6);
	assert_int_equal(ranking.nr, 3);
}

/*
 * A limit was raised, and then another one was in the way: what has failed most for ten
 * minutes must not be advised again.
 */
static void test_what_was_mended(void **unused)
{
	struct ff_brief b[] = {
		brief(1, FORKFAIL_PIDS_MAX, 0, 500, 7), brief(2, FORKFAIL_RLIMIT_NPROC, 40, 2, 0),
		brief(3, FORKFAIL_PIDS_MAX_ANCESTOR, 45, 3, 8),
	};

	expect(b, 3, 1, 500);
	b[1].last += 21 * SECOND;
	expect(b, 3, 3, 3);
	assert_int_equal(ranking.group[1].cause, FORKFAIL_RLIMIT_NPROC);
	assert_int_equal(ranking.group[2].cause, FORKFAIL_PIDS_MAX);
	/* it fails again */
	b[0].last = b[2].last + SECOND;
	expect(b, 3, 1, 500);
}

/* A user fails in many cgroups, before and after one failure of another one. */
static void test_storm_hides_nobody(void **unused)
{
	static struct ff_brief b[FF_EVENTS];
	unsigned int i;

	for (i = 0; i < FF_EVENTS; i++) {
		b[i] = brief(i + 1, FORKFAIL_PIDS_MAX, i / 2, 20, i + 1);
		b[i].last += i;
		b[i].uid.val = 1000;
	}
	b[3] = brief(4, FORKFAIL_RLIMIT_NPROC, 2, 1, 0);
	b[3].uid.val = 2000;
	/* another user, and the same cause */
	b[7] = brief(8, FORKFAIL_PIDS_MAX, 4, 1, 900);
	b[7].uid.val = 3000;
	/* another cause of the same user */
	b[9] = brief(10, FORKFAIL_NS_CAP, 4, 1, 0);
	b[9].uid.val = 1000;
	expect(b, FF_EVENTS, FF_EVENTS, 20);
	assert_int_equal(ranking.nr, 5);
	assert_int_equal(ranking.group[1].newest, 4);
	assert_int_equal(ranking.group[2].newest, 8);
	assert_int_equal(ranking.group[3].newest, 10);
	assert_int_equal(ranking.group[4].newest, FF_EVENTS - 1);
	assert_int_equal(ranking.group[4].count, 20 * (FF_EVENTS - 4));
	assert_int_equal(ranking.group[4].objects, FF_EVENTS - 4);
	/* as many users as there are events: the other cause is named */
	for (i = 0; i < FF_EVENTS; i++)
		if (b[i].claim.cause == FORKFAIL_PIDS_MAX)
			b[i].uid.val = 5000 + i;
	expect(b, FF_EVENTS, FF_EVENTS, 20);
	assert_int_equal(ranking.group[1].newest, 4);
	/* as many causes as one user likes: the other user is named */
	for (i = 0; i < FF_EVENTS; i++) {
		b[i] = brief(i + 1, i % 2 ? FORKFAIL_PIDS_MAX : i % 50 + 3, i, 20, i + 1);
		b[i].uid.val = 1000;
	}
	b[3] = brief(4, FORKFAIL_PIDS_MAX, 80, 1, 0);
	b[3].uid.val = 2000;
	ff_rank_events(&ranking, b, FF_EVENTS);
	for (i = 1; i <= FORKFAIL_MOST_ALSO && ranking.group[i].newest != 4; i++)
		;
	assert_in_range(i, 1, FORKFAIL_MOST_ALSO);
	assert_in_range(forkfail_rest(ranking.group, ranking.nr), 1, 20 * FF_EVENTS);
}

/* The time of an event with repetitions is that of its last failure. */
static void test_newest_is_by_last(void **unused)
{
	const struct ff_brief b[] = {
		brief(1, FORKFAIL_PIDS_MAX, 900, 5, 7), brief(2, FORKFAIL_PIDS_MAX, 100, 500, 8),
	};

	expect(b, 2, 1, 5);
}

static void test_unseen_workers_do_not_lead(void **unused)
{
	struct ff_brief b[] = {
		brief(1, FORKFAIL_RLIMIT_NPROC, 0, 1000, 7), brief(2, FORKFAIL_NS_CAP, 1, 1, 0),
	};

	b[0].kind = FORKFAIL_KIND_IO_WORKER;
	expect(b, 2, 2, 1);
}

/* As many groups as there are events. */
static void test_many(void **unused)
{
	static struct ff_brief b[FF_EVENTS];
	unsigned int i;

	for (i = 0; i < FF_EVENTS; i++)
		b[i] = brief(i + 1, FORKFAIL_PIDS_MAX, i / 2, i + 1, i + 1);
	for (i = 0; i < FF_EVENTS; i++)
		b[i].uid.val = i;
	expect(b, FF_EVENTS, FF_EVENTS, FF_EVENTS);
	assert_int_equal(ranking.nr, FF_EVENTS);
	for (i = 1; i <= FORKFAIL_MOST_ALSO; i++)
		assert_int_equal(ranking.group[i].newest, FF_EVENTS - i);
}

/* The newest event of a storm is that of a task that has ended. */
static void test_holders(void **unused)
{
	struct ff_brief b[] = {
		brief(1, FORKFAIL_PIDS_MAX, 0, 9, 7), brief(2, FORKFAIL_PIDS_MAX, 610, 9, 7),
		brief(3, FORKFAIL_PIDS_MAX, 615, 9, 7), brief(4, FORKFAIL_PIDS_MAX, 614, 9, 7),
		brief(5, FORKFAIL_PIDS_MAX, 616, 9, 8), brief(6, FORKFAIL_PIDS_MAX, 617, 9, 7),
	};

	expect(b, 6, 6, 36);
	assert_int_equal(ranking.held, 0);
	/* those of long ago, and of another object, do not count */
	b[0].off = 0;
	b[4].off = 0;
	expect(b, 6, 6, 36);
	assert_int_equal(ranking.held, 0);
	b[1].off = 5;
	expect(b, 6, 6, 36);
	assert_int_equal(ranking.held, 2);
	/* the best count, whatever comes later; of equal ones the newest */
	b[2].off = 1;
	b[3].off = 1;
	expect(b, 6, 6, 36);
	assert_int_equal(ranking.held, 3);
	b[3].off = 0;
	expect(b, 6, 6, 36);
	assert_int_equal(ranking.held, 4);
	ff_rank_events(&ranking, NULL, 0);
	assert_int_equal(ranking.held, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_what_hurts),
		cmocka_unit_test(test_objects_are_told_apart),
		cmocka_unit_test(test_newest_is_by_last),
		cmocka_unit_test(test_what_was_mended),
		cmocka_unit_test(test_storm_hides_nobody),
		cmocka_unit_test(test_unseen_workers_do_not_lead),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_holders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
