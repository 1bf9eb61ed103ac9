/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A page, and what was selected from it.
 */
#ifndef SELECTION_H
#define SELECTION_H

#include "answer.h"
#include "input.h"

/**
 * struct selection - a page, and what was selected from it
 * @opt: options
 * @in: the page, or a log
 * @log: the log of the same machine, for filters; empty if it was not read
 * @events: the selected ones, newest first
 * @nr_events: how many
 * @all_events: how many there are
 * @rows: the selected rows of the table, newest first
 * @nr_rows: how many
 * @failures: the sum of the rows, without failures that no caller sees
 * @bad: parts of it could not be read, which was reported
 * @partial: this reader may see only its own failures
 * @answer: what is reported
 */
struct selection {
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

void selection_open(struct selection *sel, const struct options *opt);
void selection_free(struct selection *sel);

#endif /* SELECTION_H */
