// SPDX-License-Identifier: GPL-2.0-only
/*
 * lead_test.c - which of the journal's events the page reports first
 *
 * lead.c itself, compiled for the host with the few kernel headers of shim/.
 */
#include <setjmp.h>
#include <stdint.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../../../module/page/text.c"
#include "../../../module/page/lead.c"

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
	};
}

static struct ff_lead lead;

/* Which event must lead, and how many failures its group must have. */
static void expect(const struct ff_brief *b, unsigned int n, u64 seq, u64 count)
{
	ff_lead_choose(&lead, b, n);
	assert_in_range(lead.nr, 1, n);
	assert_int_equal(lead.newest[0].claim.age, seq);
	assert_int_equal(lead.group[0].count, count);
}

static void test_none(void **unused)
{
	ff_lead_choose(&lead, NULL, 0);
	assert_int_equal(lead.nr, 0);
}

/* A storm at a limit, then a program that lacks a capability. */
static void test_what_hurts(void **unused)
{
	struct ff_brief b[] = {
		brief(1, FORKFAIL_PIDS_MAX, 0, 40, 7), brief(2, FORKFAIL_PIDS_MAX, 7, 56, 7),
		brief(3, FORKFAIL_NS_CAP, 20, 8, 0),
	};

	expect(b, 3, 2, 96);
	assert_int_equal(lead.nr, 2);
	assert_int_equal(lead.newest[1].claim.cause, FORKFAIL_NS_CAP);
	assert_int_equal(lead.group[1].count, 8);
	/* the latter continues, and the limit has been quiet for a minute */
	b[2].last += 60 * SECOND;
	expect(b, 3, 3, 8);
	/* ten minutes later the storm no longer counts */
	b[2].last += 600 * SECOND;
	expect(b, 3, 3, 8);
	assert_int_equal(lead.nr, 1);
}

static void test_objects_are_told_apart(void **unused)
{
	const struct ff_brief b[] = {
		brief(1, FORKFAIL_PIDS_MAX, 0, 5, 7), brief(2, FORKFAIL_PIDS_MAX, 1, 6, 8),
		brief(3, FORKFAIL_PIDS_MAX, 2, 4, 9), brief(4, FORKFAIL_PIDS_MAX, 3, 2, 9),
	};

	/* six failures of each: the newer one leads */
	expect(b, 4, 4, 6);
	assert_int_equal(lead.nr, 3);
	assert_int_equal(lead.newest[1].object.id, 8);
	assert_int_equal(lead.newest[2].object.id, 7);
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
		b[i] = brief(i + 1, FORKFAIL_PIDS_MAX, i, i + 1, i + 1);
	expect(b, FF_EVENTS, FF_EVENTS, FF_EVENTS);
	assert_int_equal(lead.nr, FF_EVENTS);
	for (i = 1; i <= FORKFAIL_MOST_ALSO; i++)
		assert_int_equal(lead.group[i].count, FF_EVENTS - i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_what_hurts),
		cmocka_unit_test(test_objects_are_told_apart),
		cmocka_unit_test(test_newest_is_by_last),
		cmocka_unit_test(test_unseen_workers_do_not_lead),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
