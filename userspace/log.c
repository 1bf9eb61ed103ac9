// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forkfail log: events as a table.
 */
#include <stdlib.h>
#include <string.h>

#include "causes.h"
#include "log.h"
#include "text.h"

/* The columns are TIME, one for every key, and OTHER. */
#define COLUMN_OF(key)	((key) + 1)
#define COLUMN_OTHER	(FORKFAIL_NR_KEYS + 1)

#define IS_NUMBER(k)							\
	((k) == FORKFAIL_KEY_SEQ || (k) == FORKFAIL_KEY_PID ||		\
	 (k) == FORKFAIL_KEY_TGID || (k) == FORKFAIL_KEY_UID ||		\
	 (k) == FORKFAIL_KEY_LIMIT || (k) == FORKFAIL_KEY_IN_USE ||	\
	 (k) == FORKFAIL_KEY_PIDNS || (k) == FORKFAIL_KEY_USERNS ||	\
	 (k) == FORKFAIL_KEY_FIRST_SEQ || (k) == FORKFAIL_KEY_REPEAT ||	\
	 (k) == FORKFAIL_KEY_COUNTED)

#define IS_DEFAULT(k)							\
	((k) == FORKFAIL_KEY_CAUSE || (k) == FORKFAIL_KEY_ERRNO ||	\
	 (k) == FORKFAIL_KEY_KIND || (k) == FORKFAIL_KEY_PID ||		\
	 (k) == FORKFAIL_KEY_COMM || (k) == FORKFAIL_KEY_UID ||		\
	 (k) == FORKFAIL_KEY_LIMIT || (k) == FORKFAIL_KEY_IN_USE ||	\
	 (k) == FORKFAIL_KEY_OBJECT || (k) == FORKFAIL_KEY_REPEAT)

/* What keeps a table straight that is printed in pieces. */
#define WIDTH(k)							\
	((k) == FORKFAIL_KEY_CAUSE ? 16 : (k) == FORKFAIL_KEY_COMM ? 15 : \
	 (k) == FORKFAIL_KEY_ERRNO ? 6 : (k) == FORKFAIL_KEY_KIND ? 7 :	\
	 (k) == FORKFAIL_KEY_OBJECT ? 24 : IS_NUMBER(k) ? 7 : 0)

#define FLAGS(k)							\
	((IS_NUMBER(k) ? COLUMN_NUMBER : 0) |				\
	 (IS_DEFAULT(k) ? COLUMN_DEFAULT : 0))

static const struct column event_columns[] = {
	{ "TIME", 19, COLUMN_DEFAULT,
	  "when it happened: local time, but UTC with --utc, -J, -P and -r" },
#define X(symbol, name, help)						\
	{ #symbol, WIDTH(FORKFAIL_KEY_##symbol),			\
	  FLAGS(FORKFAIL_KEY_##symbol), help },
	FORKFAIL_KEYS(X)
#undef X
	{ "OTHER", 0, 0, "words of a newer module; shown if there are any" },
};

static const char *event_time(const struct timespec *ts, const char *text,
			      const struct table_format *format, char *buf,
			      size_t size)
{
	return format->utc || !text ? text : text_local_time(buf, size, ts);
}

static const char *event_cell(const void *object, size_t column,
			      const struct table_format *format, char *buf,
			      size_t size)
{
	const struct event *ev = object;

	if (column == 0)
		return event_time(&ev->when, ev->time, format, buf, size);
	if (column == COLUMN_OTHER)
		return ev->other;
	if (column == COLUMN_OF(FORKFAIL_KEY_LAST))
		return event_time(&ev->last, ev->value[FORKFAIL_KEY_LAST],
				  format, buf, size);
	return ev->value[column - 1];
}

static const char *event_color(const void *object, size_t column)
{
	const struct event *ev = object;

	if (column != COLUMN_OF(FORKFAIL_KEY_CAUSE))
		return NULL;
	return strcmp(event_get(ev, FORKFAIL_KEY_CAUSE), "unexplained") ?
	       "red" : "magenta";
}

const struct table_def event_table = {
	.array = "events",
	.columns = event_columns,
	.nr = ARRAY_SIZE(event_columns),
	.cell = event_cell,
	.color = event_color,
};

/**
 * log_wants() - is this event asked for?
 * @opt: the filters
 * @ev: the event
 *
 * Return: true if every filter lets it pass.
 */
bool log_wants(const struct options *opt, const struct event *ev)
{
	const char *object = event_get(ev, FORKFAIL_KEY_OBJECT);
	size_t i;
	u64 uid;

	for (i = 0; i < opt->nr_causes; i++)
		if (!strcmp(opt->causes[i], event_get(ev, FORKFAIL_KEY_CAUSE)))
			break;
	if (opt->nr_causes && i == opt->nr_causes)
		return false;
	if (opt->has_uid && (!text_to_u64(event_get(ev, FORKFAIL_KEY_UID), &uid) ||
			     uid != opt->uid))
		return false;
	if (strcmp(event_get(ev, FORKFAIL_KEY_SCOPE), "cgroup"))
		object = "";
	if (opt->cgroup && !text_is_below(object, opt->cgroup) &&
	    !text_is_below(event_get(ev, FORKFAIL_KEY_CGROUP), opt->cgroup))
		return false;
	return !opt->since || ev->last.tv_sec >= opt->since;
}

/**
 * log_print() - print events
 * @opt: how
 * @events: which
 * @nr: how many
 * @headings: print headings, unless the options forbid it
 * @in_pieces: more will be printed below
 *
 * Return: false if they could not be printed.
 */
bool log_print(const struct options *opt, const struct event **events,
	       size_t nr, bool headings, bool in_pieces)
{
	struct table_format format = opt->format;
	struct table *table;
	size_t i;
	bool ok;

	if (!headings)
		format.noheadings = true;
	/* What this reader does not know is shown, not dropped. */
	for (i = 0; i < nr && !format.columns; i++)
		if (events[i]->other)
			format.columns = "+OTHER";
	table = table_new(&event_table, &format);
	if (in_pieces && format.mode == TABLE_HUMAN)
		table_keep_widths(table);
	for (i = 0; i < nr; i++)
		table_add(table, events[i]);
	ok = table_print(table);
	table_free(table);
	return ok && !fflush(stdout);
}

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
