/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * summary.h - the failure that hurts: what it was, what it was not, and what to do
 */
#ifndef FORKFAIL_SUMMARY_H
#define FORKFAIL_SUMMARY_H

#include <linux/types.h>

#include "journal/event.h"
#include "page/lead.h"

struct ff_text;
struct ff_viewer;

/**
 * struct ff_answer - what the page tells of
 * @lead: the failure that hurts, and which others there are
 * @event: the newest event of the first
 * @has_own: @own is known, and not what @event is about
 * @own: the newest event of the opener's own cgroup or user
 */
struct ff_answer {
	struct ff_lead lead;
	struct ff_event event;
	bool has_own;
	struct ff_event own;
};

void ff_answer_choose(struct ff_answer *a, const struct ff_viewer *view,
		      const struct ff_brief *b, unsigned int n);
void ff_add_answer(struct ff_text *t, const struct ff_viewer *view, const struct ff_answer *a,
		   u64 now);

#endif /* FORKFAIL_SUMMARY_H */
