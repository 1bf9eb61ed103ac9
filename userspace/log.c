// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forkfail log: events, those that are asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "causes.h"
#include "follow.h"
#include "logprint.h"
#include "text.h"

static void check_causes(const struct options *opt)
{
	const char *like;
	size_t i;

	for (i = 0; i < opt->nr_causes; i++) {
		if (cause_find(opt->causes[i]))
			continue;
		/* Not an error: a newer module may know it. */
		like = cause_nearest(opt->causes[i]);
		warnf("no cause that this reader knows is called like that: --cause %s%s%s%s",
		      text_is_name(opt->causes[i], strlen(opt->causes[i])) ?
		      opt->causes[i] : "?", like ? " (is it " : "",
		      like ? like : "", like ? "?)" : "");
	}
}

/**
 * cmd_log() - forkfail log
 * @opt: options
 * @argc: unused
 * @argv: unused
 *
 * Return: exit status.
 */
int cmd_log(const struct options *opt, int argc __unused, char **argv __unused)
{
	const struct event **events, *ev;
	struct input in;
	size_t i, nr = 0, first = 0;
	bool ok, bad;
	u64 lost;

	check_causes(opt);
	if (opt->follow)
		return log_follow(opt);
	input_open(&in, opt, FORKFAIL_LOG);
	bad = input_complain(&in);
	events = xrealloc(NULL, in.page.nr_events, sizeof(*events));
	for (i = 0; i < in.page.nr_events; i++) {
		/* Newest first in a page, newest last here. */
		ev = &in.page.events[in.page.is_page ?
				     in.page.nr_events - 1 - i : i];
		if (log_wants(opt, ev))
			events[nr++] = ev;
	}
	if (opt->lines >= 0 && nr > (size_t)opt->lines)
		first = nr - (size_t)opt->lines;
	ok = log_print(opt, events + first, nr - first, true, false);
	if (opt->format.mode == TABLE_HUMAN) {
		if (page_number(&in.page, "lost", &lost) && lost)
			warnf("%llu failure%s counted but in no event (lost in line 1)",
			      lost, lost == 1 ? " is" : "s are");
		if (in.page.is_page)
			warnf("this is a page: it has only the newest events");
	}
	free(events);
	input_free(&in);
	if (!ok)
		return READER_OUTPUT;
	return bad ? READER_PARTIAL : READER_OK;
}
