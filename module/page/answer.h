/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * answer.h - the page's first lines: what failed, what was not the cause, what to do
 */
#ifndef FORKFAIL_PAGE_ANSWER_H
#define FORKFAIL_PAGE_ANSWER_H

#include <linux/types.h>

#include "journal/event.h"
#include "page/ranking.h"

struct ff_text;
struct ff_viewer;

/**
 * struct ff_answer - what the page's first lines are about
 * @ranking: the failure that is reported first, and the others
 * @event: the newest event of the failure that leads
 * @has_own: there is @own, and it is not about the same as @event
 * @own: the newest event of the reader's own cgroup or user
 * @other: a copy of one other event at a time
 * @object: its object as text, in which each byte may be written as \xHH
 * @who: its task as text
 */
struct ff_answer {
	struct ff_ranking ranking;
	struct ff_event event;
	bool has_own;
	struct ff_event own;
	struct ff_event other;
	char object[4 * FF_PATH_LEN + 64];
	char who[4 * TASK_COMM_LEN + 40];
};

void ff_answer_choose(struct ff_answer *a, const struct ff_viewer *view,
		      const struct ff_brief *b, unsigned int n);
void ff_add_answer(struct ff_text *t, const struct ff_viewer *view, struct ff_answer *a,
		   u64 now);

#endif /* FORKFAIL_PAGE_ANSWER_H */
