// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forkfail log: the selected events.
 */
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "commands/follow.h"
#include "input.h"
#include "event_table.h"

static int oldest_first(const void *a, const void *b)
{
	return event_order(*(const struct event * const *)a,
			   *(const struct event * const *)b);
}

static bool print_json(const struct options *opt, const struct page *page,
		       const struct event **events, size_t nr)
{
	struct options with = *opt;
	struct json json = { 0 };
	bool ok;

	json_open(&json, NULL, '{');
	json_u64(&json, "schema", JSON_SCHEMA);
	page_json_header(&json, page);
	json_bool(&json, "partial", input_is_partial(opt));
	with.format.json = &json;
	ok = event_table_print(&with, events, nr, true, false);
	json_close(&json, '}');
	return ok;
}

static void say_what_is_missing(const struct options *opt, const struct page *page)
{
	char *unarmed = page_unarmed(page);
	u64 lost;

	if (page_number(page, "lost", &lost) && lost)
		warnf("%llu failure%s counted but %s in no event (lost on line 1)",
		      lost, lost == 1 ? " was" : "s were", lost == 1 ? "is" : "are");
	if (unarmed)
		warnf("%s", unarmed);
	free(unarmed);
	if (page_pair(page, "blind"))
		warnf("blind %s", page_pair(page, "blind"));
	if (page->is_page)
		warnf("this is a page, which has only the newest events");
	if (input_is_partial(opt))
		input_warn_partial(opt);
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
	const struct event **events;
	struct input in;
	size_t i, nr = 0, first = 0;
	bool ok, bad;

	if (opt->follow)
		return log_follow(opt);
	input_open(&in, opt, FORKFAIL_LOG);
	filter_check_causes(opt, &in.page);
	bad = input_complain(&in);
	events = xrealloc(NULL, in.page.nr_events, sizeof(*events));
	for (i = 0; i < in.page.nr_events; i++)
		if (filter_event(opt, &in.page.events[i]))
			events[nr++] = &in.page.events[i];
	qsort(events, nr, sizeof(*events), oldest_first);
	if (opt->lines >= 0 && nr > (size_t)opt->lines)
		first = nr - (size_t)opt->lines;
	if (opt->format.mode == TABLE_JSON)
		ok = print_json(opt, &in.page, events + first, nr - first);
	else
		ok = event_table_print(opt, events + first, nr - first, true, false);
	if (opt->format.mode == TABLE_HUMAN) {
		if (!nr)
			warnf("%s", input_no_event(opt, bad, filter_on_events(opt) ||
						   filter_on_rows(opt)));
		say_what_is_missing(opt, &in.page);
	}
	free(events);
	input_free(&in);
	if (!ok)
		return READER_OUTPUT;
	/* Without an event of this user's own it is not known whether others have any. */
	return bad || (!nr && input_is_partial(opt)) ? READER_PARTIAL : READER_OK;
}
