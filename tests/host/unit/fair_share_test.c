// SPDX-License-Identifier: GPL-2.0-only
/*
 * fair_share_test.c - which place is given up, and how long it takes to find
 *
 * fair_share.c itself, compiled for the host with the few kernel headers of shim/.  What it must
 * choose follows from its rule, which is applied here in the plainest way.
 */
#include <setjmp.h>
#include <stdint.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/types.h>
#include <linux/uidgid.h>

/* how often two payers were compared */
static unsigned int looks;

#define uid_eq(a, b)	(looks++, (a).val == (b).val)
#define U8_MAX		255
#define min(a, b)	((a) < (b) ? (a) : (b))
#undef __always_inline
#define __always_inline	inline __attribute__((always_inline))

#include "../../../module/journal/fair_share.c"

u64 ff_hash_seed = 0x5a5a5a5a12345678ULL;

static struct ff_claim held[FF_FAIR_MOST];

/* ---- the rule, in the plainest way -------------------------------------------- */

/* the payer; the cgroups from the top down; payer and cause */
static bool same(const struct ff_claim *a, const struct ff_claim *b, unsigned int by)
{
	bool same_payer = a->payer.uid.val == b->payer.uid.val;

	if (!by)
		return same_payer;
	if (by <= FF_PAYER_LEVELS)
		return a->payer.cgroup[by - 1] == b->payer.cgroup[by - 1];
	return same_payer && a->cause == b->cause;
}

static unsigned int victim_by_rule(unsigned int n)
{
	bool in[FF_FAIR_MOST], out[FF_FAIR_MOST];
	unsigned int by, i, j, has, most, oldest = 0;

	memset(in, true, sizeof(in));
	for (by = 0; by < FF_PAYER_LEVELS + 2; by++) {
		unsigned int count[FF_FAIR_MOST];

		for (i = most = 0; i < n; i++) {
			for (j = has = 0; j < n; j++)
				has += in[j] && same(&held[i], &held[j], by);
			count[i] = has;
			if (in[i] && has > most)
				most = has;
		}
		for (i = 0; i < n; i++)
			out[i] = in[i] && count[i] == most;
		memcpy(in, out, sizeof(in));
	}
	for (i = 0; !in[i]; i++)
		;
	for (oldest = i; i < n; i++)
		if (in[i] && held[i].age < held[oldest].age)
			oldest = i;
	return oldest;
}

/* ---- the tests ------------------------------------------------------------------ */

static void fill(unsigned int n, unsigned int uids, unsigned int cgroups, unsigned int causes)
{
	unsigned int i, level;

	memset(held, 0, sizeof(held));
	for (i = 0; i < n; i++) {
		held[i].payer.uid.val = 1000 + rand() % uids;
		/* those above are shared by more and more */
		for (level = 0; level < FF_PAYER_LEVELS; level++)
			held[i].payer.cgroup[level] =
				rand() % (cgroups >> (FF_PAYER_LEVELS - 1 - level) ?: 1);
		held[i].cause = rand() % causes;
		held[i].age = (u64)rand() * FF_FAIR_MOST + i;
	}
}

static void test_rule(void **unused)
{
	static const unsigned int some[] = { 1, 2, 3, 7, 40, 300 };
	unsigned int round, n, victim;

	srand(1);
	for (round = 0; round < 6000; round++) {
		n = 1 + rand() % FF_FAIR_MOST;
		fill(n, some[rand() % 6], some[rand() % 6], some[rand() % 6]);
		victim = ff_fair_victim(held, n, sizeof(held[0]));
		assert_int_equal(victim, victim_by_rule(n));
	}
}

/* Each place is somebody else's: the journal's lock is held meanwhile. */
static void test_many_payers(void **unused)
{
	unsigned int i, level;

	fill(FF_FAIR_MOST, 1, 1, 1);
	for (i = 0; i < FF_FAIR_MOST; i++) {
		held[i].payer.uid.val = 100000 + i;
		for (level = 0; level < FF_PAYER_LEVELS; level++)
			held[i].payer.cgroup[level] = i * 499;
	}
	looks = 0;
	assert_int_equal(ff_fair_victim(held, FF_FAIR_MOST, sizeof(held[0])),
			 victim_by_rule(FF_FAIR_MOST));
	/* once by payer, and once by payer and cause */
	assert_in_range(looks, 0, 2 * 2 * FF_FAIR_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule),
		cmocka_unit_test(test_many_payers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
