/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * selftest.h - do the hooks still fire?
 */
#ifndef FORKFAIL_SELFTEST_H
#define FORKFAIL_SELFTEST_H

#include <linux/types.h>

/**
 * struct ff_gap - a time during which hooks did not fire
 * @from: when they all were last seen to, real time in nanoseconds
 * @to: when they all were seen to again
 * @reason: which did not
 * @nr: how many such times there were since load
 */
struct ff_gap {
	u64 from, to;
	const char *reason;
	unsigned int nr;
};

/* To be hooked, and called by nobody else. */
void ff_dummy_step(void);
void ff_dummy_look(void);
void ff_dummy_witness(void);

int ff_self_test_init(void);
void ff_self_test_exit(void);
bool ff_self_test(void);
void ff_stay_if_hooked(void);
u64 ff_self_test_blind_since(void);
const char *ff_self_test_reason(void);
void ff_self_test_gap(struct ff_gap *gap);

#endif /* FORKFAIL_SELFTEST_H */
