/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A page, and what of it is asked for.
 */
#ifndef VIEW_H
#define VIEW_H

#include "answer.h"
#include "input.h"

/**
 * struct view - a page, and what of it is asked for
 * @opt: options
 * @in: the page, or a log
 * @log: the log of the same machine, for filters; empty if it was not read
 * @events: those that are asked for, newest first
 * @nr_events: how many
 * @all_events: how many there are
 * @rows: rows of the table that are asked for, newest first
 * @nr_rows: how many
 * @failures: the sum of the rows, less what no caller sees
 * @bad: parts of it could not be read, which was said
 * @partial: this reader may see only its own failures
 * @answer: what is told of
 */
struct view {
	const struct options *opt;
	struct input in;
	struct input log;
	const struct event **events;
	size_t nr_events;
	size_t all_events;
	struct count *rows;
	size_t nr_rows;
	u64 failures;
	bool bad;
	bool partial;
	struct answer answer;
};

void view_open(struct view *view, const struct options *opt);
void view_free(struct view *view);

#endif /* VIEW_H */
