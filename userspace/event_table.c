// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Events as a table, and the columns it may have.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "event_table.h"
#include "times.h"

/* The columns are TIME, one for every key, and OTHER. */
#define COLUMN_OF(key)	((key) + 1)
#define COLUMN_OTHER	(FORKFAIL_NR_KEYS + 1)

#define IS_NUMBER(k)							\
	((k) == FORKFAIL_KEY_SEQ || (k) == FORKFAIL_KEY_PID ||		\
	 (k) == FORKFAIL_KEY_TGID || (k) == FORKFAIL_KEY_UID ||		\
	 (k) == FORKFAIL_KEY_LIMIT || (k) == FORKFAIL_KEY_IN_USE ||	\
	 (k) == FORKFAIL_KEY_PIDNS || (k) == FORKFAIL_KEY_USERNS ||	\
	 (k) == FORKFAIL_KEY_FIRST_SEQ || (k) == FORKFAIL_KEY_REPEAT ||	\
	 (k) == FORKFAIL_KEY_COUNTED || (k) == FORKFAIL_KEY_LAST_IN_USE || \
	 (k) == FORKFAIL_KEY_OBJECT_ID || (k) == FORKFAIL_KEY_ASKED ||	\
	 (k) == FORKFAIL_KEY_HARD || (k) == FORKFAIL_KEY_THREADS ||	\
	 (k) == FORKFAIL_KEY_HOLDER_PROGRAM_TASKS ||			\
	 (k) == FORKFAIL_KEY_ZOMBIES ||					\
	 (k) == FORKFAIL_KEY_ZOMBIES_PARENT_TGID ||			\
	 (k) == FORKFAIL_KEY_HOLDER_TGID || (k) == FORKFAIL_KEY_HOLDER_TASKS || \
	 (k) == FORKFAIL_KEY_HOLDER_UID || (k) == FORKFAIL_KEY_HOLDER_UID_TASKS || \
	 (k) == FORKFAIL_KEY_HOLDER_CGROUP_TASKS ||			\
	 (k) == FORKFAIL_KEY_SET_TID || (k) == FORKFAIL_KEY_TAKEN_TGID || \
	 (k) == FORKFAIL_KEY_TAKEN_PARENT)

/* What fits into 80 columns, and the object, which continues on the next line. */
#define IS_DEFAULT(k)							\
	((k) == FORKFAIL_KEY_CAUSE || (k) == FORKFAIL_KEY_COMM ||	\
	 (k) == FORKFAIL_KEY_OBJECT || (k) == FORKFAIL_KEY_REPEAT)

#define IS_FOR_PROGRAMS(k)						\
	((k) == FORKFAIL_KEY_SEQ || (k) == FORKFAIL_KEY_ERRNO ||	\
	 (k) == FORKFAIL_KEY_KIND || (k) == FORKFAIL_KEY_UID ||		\
	 (k) == FORKFAIL_KEY_PID ||					\
	 (k) == FORKFAIL_KEY_LIMIT || (k) == FORKFAIL_KEY_IN_USE ||	\
	 (k) == FORKFAIL_KEY_LAST)

/* Fixed widths, for a table that is printed in pieces. */
#define WIDTH(k)							\
	((k) == FORKFAIL_KEY_CAUSE ? 16 : (k) == FORKFAIL_KEY_COMM ? 15 : \
	 (k) == FORKFAIL_KEY_ERRNO ? 6 : (k) == FORKFAIL_KEY_KIND ? 7 :	\
	 IS_NUMBER(k) ? 6 : 0)

#define FLAGS(k)							\
	((IS_NUMBER(k) ? COLUMN_NUMBER : 0) |				\
	 (IS_DEFAULT(k) ? COLUMN_DEFAULT : 0) |				\
	 (IS_FOR_PROGRAMS(k) ? COLUMN_PROGRAM : 0) |			\
	 ((k) == FORKFAIL_KEY_OBJECT || (k) == FORKFAIL_KEY_CGROUP ||	\
	  (k) == FORKFAIL_KEY_HOLDERS ? COLUMN_WRAP : 0))

static const struct column event_columns[] = {
	{ "TIME", 15, COLUMN_DEFAULT,
	  "when it happened last, in local time; with -J, -P and -r the first time, in UTC" },
#define X(symbol, name, help)						\
	{ #symbol, WIDTH(FORKFAIL_KEY_##symbol),			\
	  FLAGS(FORKFAIL_KEY_##symbol), help },
	FORKFAIL_KEYS(X)
#undef X
	{ "OTHER", 0, COLUMN_WRAP, "words added by a newer module; shown if there are any" },
};

/* For a person without the fraction, so that 80 columns have room for the object. */
static const char *event_time(const struct timespec *ts, const char *text,
			      const struct table_format *format, char *buf,
			      size_t size)
{
	if (!text || format->mode != TABLE_HUMAN)
		return text;
	if (!format->utc)
		return times_short(buf, size, ts);
	snprintf(buf, size, "%.19sZ", text);
	return buf;
}

/* A name has 15 bytes; one with escapes would take too much room. */
static const char *short_comm(const char *comm, char *buf, size_t size)
{
	if (strlen(comm) <= 15)
		return comm;
	snprintf(buf, size, "%.13s..", comm);
	return buf;
}

/* A cause that is not certain is marked: there is no room for the others that are possible. */
static const char *marked_cause(const struct event *ev, char *buf, size_t size)
{
	const char *id = event_get(ev, FORKFAIL_KEY_CAUSE);

	if (!strchr(event_get(ev, FORKFAIL_KEY_CANDIDATES), ','))
		return id;
	snprintf(buf, size, "%s?", id);
	return buf;
}

static const char *event_cell(const void *object, size_t column,
			      const struct table_format *format, char *buf,
			      size_t size)
{
	const struct event *ev = object;

	/* for a person, the time by which the lines are sorted */
	if (column == 0 && format->mode == TABLE_HUMAN)
		return event_time(&ev->last, event_last(ev), format, buf, size);
	if (column == 0)
		return ev->time;
	if (column == COLUMN_OTHER)
		return ev->other;
	if (column == COLUMN_OF(FORKFAIL_KEY_LAST))
		return event_time(&ev->last, ev->value[FORKFAIL_KEY_LAST],
				  format, buf, size);
	if (column == COLUMN_OF(FORKFAIL_KEY_CAUSE) && format->mode == TABLE_HUMAN)
		return marked_cause(ev, buf, size);
	if (column == COLUMN_OF(FORKFAIL_KEY_COMM) && format->mode == TABLE_HUMAN)
		return short_comm(event_get(ev, FORKFAIL_KEY_COMM), buf, size);
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

static_assert(ARRAY_SIZE(event_columns) <= TABLE_MAX_COLUMNS, "TABLE_MAX_COLUMNS is too small");

/**
 * event_table_print() - print events
 * @opt: how
 * @events: which
 * @nr: how many
 * @headings: print headings, unless the options say otherwise
 * @in_pieces: more will be printed below
 *
 * Return: false if printing failed.
 */
bool event_table_print(const struct options *opt, const struct event **events, size_t nr,
		       bool headings, bool in_pieces)
{
	struct table_format format = opt->format;
	struct table *table;
	size_t i;
	bool ok;

	if (!headings)
		format.noheadings = true;
	/* Unknown words are shown, not dropped. */
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
