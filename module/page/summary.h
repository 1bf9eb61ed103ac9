/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * summary.h - what the newest failure was, what it was not, and what to do
 */
#ifndef FORKFAIL_SUMMARY_H
#define FORKFAIL_SUMMARY_H

#include <linux/types.h>

struct ff_event;
struct ff_text;
struct ff_viewer;

void ff_add_answer(struct ff_text *t, const struct ff_viewer *view, const struct ff_event *e,
		   u64 now);

#endif /* FORKFAIL_SUMMARY_H */
