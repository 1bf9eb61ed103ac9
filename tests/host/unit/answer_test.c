// SPDX-License-Identifier: GPL-2.0-only
/*
 * answer_test.c - which failure is reported first, and its numbers in words
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../../uapi/answer.h"
#include "../../../uapi/ranking.h"

static unsigned int rank(enum forkfail_class class)
{
	return forkfail_rank(class, FORKFAIL_KIND_PROCESS);
}

static void test_ranks(void **unused)
{
	assert_int_equal(rank(FORKFAIL_CLASS_LIMIT), 0);
	assert_int_equal(rank(FORKFAIL_CLASS_MEMORY), 0);
	assert_in_range(rank(FORKFAIL_CLASS_POLICY), 1, rank(FORKFAIL_CLASS_REQUEST) - 1);
	assert_in_range(rank(FORKFAIL_CLASS_REQUEST), 1, rank(FORKFAIL_CLASS_TRANSIENT) - 1);
	/* the program does not notice a refused io_uring worker: last of all */
	assert_int_equal(forkfail_rank(FORKFAIL_CLASS_LIMIT, FORKFAIL_KIND_IO_WORKER),
			 FORKFAIL_NR_RANKS - 1);
}

#define G(r, on, n, t)	{ .rank = r, .goes_on = on, .count = n, .last = t }

static void test_lead(void **unused)
{
	static const struct {
		const char *what;
		unsigned int nr, lead;
		struct forkfail_group group[3];
	} cases[] = {
		{ "none", 0, 0, { G(0, true, 1, 1) } },
		{ "a limit before a policy", 2, 1,
		  { G(1, true, 99, 9), G(0, true, 1, 1) } },
		{ "a limit that is quiet, a policy that goes on", 2, 1,
		  { G(0, false, 99, 1), G(1, true, 1, 9) } },
		{ "of one rank the most failures", 3, 2,
		  { G(0, true, 5, 9), G(2, true, 99, 9), G(0, true, 6, 1) } },
		{ "what is quiet does not lead another of its rank", 2, 0,
		  { G(0, true, 5, 9), G(0, false, 60, 1) } },
		{ "of as many the newest", 3, 1,
		  { G(0, true, 5, 1), G(0, true, 5, 3), G(0, true, 5, 2) } },
	};
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (forkfail_lead(cases[i].group, cases[i].nr) != cases[i].lead)
			fail_msg("%s", cases[i].what);
}

struct line {
	char s[256];
};

static void string(void *to, const char *s)
{
	struct line *line = to;

	assert_true(strlen(line->s) + strlen(s) < sizeof(line->s));
	strcat(line->s, s);
}

static void number(void *to, unsigned long long n, bool bytes)
{
	char text[32];

	snprintf(text, sizeof(text), bytes ? "%lluB" : "%llu", n);
	string(to, text);
}

static void test_numbers(void **unused)
{
	static const struct {
		struct forkfail_numbers n;
		const char *words;
	} cases[] = {
		{ { FORKFAIL_UNIT_TASKS, 20, 20, 0, NULL }, "20 of 20 tasks in use" },
		{ { FORKFAIL_UNIT_TASKS, 1, 1, 0, NULL }, "1 of 1 task in use" },
		{ { FORKFAIL_UNIT_TASKS, 2, 4, 0, NULL }, "4 in use, above the limit of 2 tasks" },
		{ { FORKFAIL_UNIT_PIDS, 300, 300, 0, NULL }, "300 of 300 PIDs in use" },
		{ { FORKFAIL_UNIT_COUNT, 2, 2, 0, "net" }, "2 of 2 net namespaces in use" },
		{ { FORKFAIL_UNIT_COUNT, 2, 2, 0, NULL }, "2 of 2 in use" },
		{ { FORKFAIL_UNIT_NONE, 2, 2, 0, NULL }, "2 of 2 in use" },
		{ { 200, 2, 2, 0, NULL }, "2 of 2 in use" },
		{ { FORKFAIL_UNIT_BYTES, 148, 125, 64, NULL }, "asked for 64B, 23B of 148B left" },
		{ { FORKFAIL_UNIT_BYTES, 148, 148, 64, NULL }, "asked for 64B, 0B of 148B left" },
		{ { FORKFAIL_UNIT_BYTES, 148, 160, 64, NULL }, "asked for 64B, 0B of 148B left" },
		{ { FORKFAIL_UNIT_BYTES, 10, 0, 64, NULL },
		  "asked for 64B at once, the limit is 10B" },
		{ { FORKFAIL_UNIT_BYTES, 10, 0, 10, NULL },
		  "0B of 10B in use: 10B left, less than was asked for" },
		{ { FORKFAIL_UNIT_BYTES, 10, 4, 0, NULL },
		  "4B of 10B in use: 6B left, less than was asked for" },
		{ { FORKFAIL_UNIT_BYTES, 10, 10, 0, NULL }, "10B of 10B in use" },
		{ { FORKFAIL_UNIT_BYTES, 10, 11, 0, NULL }, "11B in use, above the limit of 10B" },
		{ { FORKFAIL_UNIT_MAPPINGS, 9, 8, 2, NULL }, "asked for 2, 1 of 9 mappings left" },
		{ { FORKFAIL_UNIT_MAPPINGS, 9, 9, 2, NULL }, "9 of 9 mappings in use" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct line line = { "" };
		struct forkfail_pen pen = { number, string, &line };

		forkfail_say_numbers(&cases[i].n, &pen);
		assert_string_equal(line.s, cases[i].words);
	}
}

#define POD	"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podaf4c.slice"
#define HEX	"1ec6c27c2433b7bd977cfe69d2bacf0c5d9a07c4c61eef53c797565d35a1a6bb"

static void test_others(void **unused)
{
	static const struct {
		struct forkfail_other o;
		const char *words;
	} cases[] = {
		{ { 8, "ns-cap", "policy", "", "bwrap[7] uid 9", 1 },
		  "8 ns-cap (policy), last by bwrap[7] uid 9" },
		{ { 1, "rlimit-nproc", "limit", "uid 2000", "", 1 },
		  "1 rlimit-nproc (limit): uid 2000" },
		{ { 1560, "pids-max", "limit", "/ci/job39", "", 39 },
		  "1560 pids-max (limit): /ci/job39 and 38 more" },
		/* the reader may not see the object, so neither that there are more of them */
		{ { 5, "pids-max", "limit", "", "hog[7] uid 9", 3 },
		  "5 pids-max (limit), last by hog[7] uid 9" },
		/* the end of a long path, and the beginning of a long name */
		{ { 5, "pids-max", "limit",
		    "/machine.slice/libpod-" HEX ".scope/container", "", 1 },
		  "5 pids-max (limit): .../libpod-1ec6c27c2433b7bd977c.../container" },
		{ { 5, "pids-max", "limit", POD "/cri-containerd-" HEX ".scope", "", 12 },
		  "5 pids-max (limit): .../cri-containerd-1ec6c27c2433... and 11 more" },
		/* an escape is left out as a whole */
		{ { 5, "pids-max", "limit",
		    "/a/12345678901234567890123456\\x41bcdefghijklmnopqrstuvw", "", 1 },
		  "5 pids-max (limit): /a/12345678901234567890123456..." },
		/* no room */
		{ { 18446744073709551615ull, "rlimit-nproc-ancestor-userns", "transient",
		    "uid 4294967295 of userns 4294967295", "", 40 },
		  "18446744073709551615 rlimit-nproc-ancestor-userns (transient)" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct line line = { "" };
		struct forkfail_pen pen = { number, string, &line };

		forkfail_say_other(&cases[i].o, &pen);
		assert_string_equal(line.s, cases[i].words);
		assert_in_range(strlen(line.s), 1, FORKFAIL_ALSO_WIDTH);
	}
}

/* Whatever the path is: it fits, and ends as the path does or with dots. */
static void test_shorten(void **unused)
{
	static const char chars[] = "/a\\x41b";
	char path[200], to[101];
	unsigned int i, n, room;
	const char *p;

	for (i = 0; i < 200000; i++) {
		n = rand() % (sizeof(path) - 1);
		room = rand() % (sizeof(to) - 1);
		memset(path, 0, sizeof(path));
		while (strlen(path) < n)
			path[strlen(path)] = chars[rand() % 7];
		memset(to, '#', sizeof(to));
		forkfail_shorten(to, room, path);
		assert_in_range(strlen(to), 0, room);
		if (n <= room)
			assert_string_equal(to, path);
		/* nothing is written behind the room */
		for (p = to + room + 1; p < to + sizeof(to); p++)
			assert_int_equal(*p, '#');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranks),
		cmocka_unit_test(test_lead),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_shorten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
