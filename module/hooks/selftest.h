/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * selftest.h - checks that the hooks still fire
 */
#ifndef FORKFAIL_SELFTEST_H
#define FORKFAIL_SELFTEST_H

#include <linux/types.h>

/**
 * struct ff_gap - a period during which some hooks did not fire
 * @from: when all hooks last fired, real time in nanoseconds
 * @to: when all hooks fired again
 * @reason: which kind of hook did not fire
 * @nr: how many such periods there were since load
 */
struct ff_gap {
	u64 from, to;
	const char *reason;
	unsigned int nr;
};

/* A dummy function for the hooks; only the self-test calls it. */
void ff_self_test_dummy(void);

void ff_self_test_hit(void);
int ff_self_test_init(void);
void ff_self_test_exit(void);
bool ff_self_test(void);
void ff_stay_if_hooked(void);
u64 ff_self_test_blind_since(void);
const char *ff_self_test_reason(void);
void ff_self_test_gap(struct ff_gap *gap);

#endif /* FORKFAIL_SELFTEST_H */
