// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forkfail without a command: the page for a terminal.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "causes.h"
#include "logprint.h"
#include "show.h"
#include "text.h"

/* As many events as leave the answer on the screen. */
#define SHOW_EVENTS	10

/* Behind the columns that the page has. */
enum { COUNT_MEANING = COUNT_NR, COUNT_OTHER };

static const struct column count_columns[] = {
	[COUNT_CAUSE] = { "CAUSE", 0, COLUMN_DEFAULT, "id of the cause" },
	[COUNT_COUNT] = { "COUNT", 0, COLUMN_DEFAULT | COLUMN_NUMBER,
			  "failures" },
	[COUNT_LAST] = { "LAST", 0, COLUMN_DEFAULT,
			 "age of the last one when the page was read" },
	[COUNT_ERRNO] = { "ERRNO", 0, COLUMN_DEFAULT, "what the caller got" },
	[COUNT_LIMIT] = { "LIMIT", 0, COLUMN_DEFAULT | COLUMN_NUMBER,
			  "the limit at the last failure" },
	[COUNT_IN_USE] = { "IN_USE", 0, COLUMN_DEFAULT | COLUMN_NUMBER,
			   "the usage at the last failure" },
	[COUNT_OBJECT] = { "OBJECT", 0, COLUMN_DEFAULT, "whose limit it was" },
	[COUNT_MEANING] = { "MEANING", 0, 0, "what the cause means" },
	[COUNT_OTHER] = { "OTHER", 0, 0,
			  "columns of a newer module; shown if there are any" },
};

static const char *count_cell(const void *object, size_t column,
			      const struct table_format *format
			      __unused,
			      char *buf __unused,
			      size_t size __unused)
{
	const struct count *count = object;
	const struct cause *cause;

	if (column < COUNT_NR)
		return count->value[column];
	if (column == COUNT_OTHER)
		return count->other;
	cause = cause_find(count->value[COUNT_CAUSE]);
	return cause ? cause->meaning : NULL;
}

static const char *count_color(const void *object, size_t column)
{
	const struct count *count = object;

	if (column != COUNT_CAUSE)
		return NULL;
	return strcmp(count->value[COUNT_CAUSE], "unexplained") ? "red" :
								  "magenta";
}

const struct table_def count_table = {
	.array = "causes",
	.columns = count_columns,
	.nr = ARRAY_SIZE(count_columns),
	.cell = count_cell,
	.color = count_color,
};

/**
 * show_width() - columns of the terminal
 *
 * Return: 0 if the output is no terminal and COLUMNS does not say.
 */
int show_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize ws;
	u64 v;

	if (columns && text_to_u64(columns, &v) && v >= 40 && v < 10000)
		return (int)v;
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) && ws.ws_col >= 40)
		return ws.ws_col;
	return 0;
}

/**
 * show_line() - a line with a label, wrapped
 * @format: colours
 * @label: ten columns wide at most
 * @text: the text; nothing is printed if it is NULL or ""
 * @color: escape sequence for the label, "" for none
 */
void show_line(const struct table_format *format, const char *label,
	       const char *text, const char *color)
{
	bool color_on = format->color && *color;

	if (!text || !*text)
		return;
	printf("%s%-10s%s", color_on ? color : "", label,
	       color_on ? SHOW_END : "");
	text_wrap(stdout, 10, text, show_width());
}

static void show_header(const struct options *opt, const struct page *page)
{
	const char *loaded = page_pair(page, "loaded");
	u64 failures = page_failures(page), armed, wanted;
	const char *start = "", *end = "", *bad = "";
	size_t i;

	if (opt->format.color) {
		start = failures ? SHOW_RED : SHOW_GREEN;
		bad = SHOW_RED;
		end = SHOW_END;
	}
	printf("forkfail: %s", start);
	/* Say no more than was read: lines may be unreadable, a log holds few. */
	if (failures)
		printf("%s%llu failure%s", page->bad_lines ? "at least " : "",
		       failures, failures == 1 ? "" : "s");
	else
		fputs(page->bad_lines ? "no failure that could be read" :
		      page->is_page ? "nothing failed" : "no event", stdout);
	printf("%s%s%s%s%s\n", end, page->is_page ? "" : " in this log",
	       loaded ? ", module loaded " : "", loaded ? loaded : "",
	       loaded ? " ago" : "");
	for (i = 0; i < page->nr_pairs; i++) {
		if (!strcmp(page->pairs[i].key, "loaded") ||
		    !strcmp(page->pairs[i].key, "blind"))
			continue;
		printf("%s%s %s", i ? "  " : "", page->pairs[i].key,
		       page->pairs[i].value);
	}
	putchar('\n');
	if (page_points(page, &armed, &wanted) && armed < wanted)
		printf("%s%llu of %llu watch points are not armed: some failures go unseen%s\n",
		       bad, wanted - armed, wanted, end);
	if (page_pair(page, "blind"))
		printf("%sblind %s%s\n", bad, page_pair(page, "blind"), end);
}

static void show_advice(const struct options *opt, const struct page *page)
{
	const struct event *ev = page_newest(page);
	const struct cause *cause;
	const char *action = page_note(page, "do");
	char *s;

	if (!ev)
		return;
	cause = cause_find(event_get(ev, FORKFAIL_KEY_CAUSE));
	/* A log has no answer of the module's own. */
	if (cause && !page_note(page, "last"))
		show_line(&opt->format, "last", cause->meaning, SHOW_RED);
	if (cause && !action)
		show_line(&opt->format, "do", cause->action, SHOW_BOLD);
	s = advice_raise(event_get(ev, FORKFAIL_KEY_CAUSE), ev);
	if (s && !(action && strstr(action, s)))
		show_line(&opt->format, "raise it", s, SHOW_BOLD);
	free(s);
	if (cause) {
		s = advice_check(cause, ev);
		show_line(&opt->format, "check", s, SHOW_BOLD);
		free(s);
	}
	show_line(&opt->format, "held by", event_get(ev, FORKFAIL_KEY_HOLDERS),
		  SHOW_BOLD);
}

static bool show_events(const struct options *opt, const struct page *page)
{
	const struct event *events[SHOW_EVENTS];
	size_t i, nr = page->nr_events;
	bool ok;

	if (!nr)
		return true;
	if (nr > SHOW_EVENTS)
		nr = SHOW_EVENTS;
	for (i = 0; i < nr; i++)
		events[i] = &page->events[page->is_page ? i :
					  page->nr_events - 1 - i];
	putchar('\n');
	ok = log_print(opt, events, nr, true, false);
	if (nr < page->nr_events)
		printf("... and %zu more: forkfail log\n", page->nr_events - nr);
	return ok;
}

/* A log has no table of counts: count what it holds. */
static void count_events(struct page *page)
{
	struct count *row;
	const char *cause, *object;
	struct event *ev;
	size_t i, j;
	char *number;

	for (i = 0; i < page->nr_events; i++) {
		ev = &page->events[i];
		cause = event_get(ev, FORKFAIL_KEY_CAUSE);
		object = event_get(ev, FORKFAIL_KEY_OBJECT);
		for (j = 0; j < page->nr_counts; j++)
			if (!strcmp(page->counts[j].value[COUNT_CAUSE], cause) &&
			    !strcmp(page->counts[j].value[COUNT_OBJECT], object))
				break;
		if (j == page->nr_counts) {
			/* A hostile log must not make this quadratic. */
			if (j == 1000)
				break;
			page->counts = xrealloc(page->counts, ++page->nr_counts,
						sizeof(*page->counts));
			page->counts[j] = (struct count){ .count = 0 };
		}
		row = &page->counts[j];
		row->value[COUNT_CAUSE] = cause;
		row->value[COUNT_OBJECT] = object;
		row->value[COUNT_ERRNO] = ev->value[FORKFAIL_KEY_ERRNO];
		row->value[COUNT_LIMIT] = ev->value[FORKFAIL_KEY_LIMIT];
		row->value[COUNT_IN_USE] = event_in_use(ev);
		row->count += 1 + ev->repeat;
	}
	for (j = 0; j < page->nr_counts; j++) {
		number = xasprintf("%llu", page->counts[j].count);
		page->counts[j].value[COUNT_COUNT] = number;
	}
}

static bool show_counts(const struct options *opt, struct page *page)
{
	struct table_format format = opt->format;
	struct table *table;
	size_t i;
	bool ok;

	for (i = 0; i < page->nr_counts && !format.columns; i++)
		if (page->counts[i].other)
			format.columns = "+OTHER";
	table = table_new(&count_table, &format);
	for (i = 0; i < page->nr_counts; i++)
		table_add(table, &page->counts[i]);
	ok = table_print(table);
	table_free(table);
	return ok;
}

static void show_notes(const struct options *opt, const struct page *page)
{
	size_t i;

	for (i = 0; i < page->nr_notes; i++)
		show_line(&opt->format, page->notes[i].key, page->notes[i].value,
			  i ? SHOW_BOLD : SHOW_RED);
}

/**
 * cmd_page() - forkfail
 * @opt: options
 * @argc: unused
 * @argv: unused
 *
 * Return: exit status: whether anything failed.
 */
int cmd_page(const struct options *opt, int argc __unused, char **argv __unused)
{
	struct options events = *opt;
	struct input in;
	bool ok, bad, log;
	u64 failures;
	size_t i;

	input_open(&in, opt, FORKFAIL_PAGE);
	bad = input_complain(&in);
	failures = page_failures(&in.page);
	log = !in.page.has_table;
	if (log)
		count_events(&in.page);
	if (opt->format.mode == TABLE_HUMAN && !opt->format.columns) {
		show_header(opt, &in.page);
		putchar('\n');
		show_notes(opt, &in.page);
		show_advice(opt, &in.page);
		if (in.page.nr_counts && (in.page.nr_notes || in.page.nr_events))
			putchar('\n');
	}
	ok = show_counts(opt, &in.page);
	if (opt->format.mode == TABLE_HUMAN && !opt->format.columns) {
		/* The numbers are in the table above. */
		events.format.columns = "TIME,CAUSE,KIND,PID,COMM,UID,REPEAT,OBJECT";
		ok &= show_events(&events, &in.page);
	}
	for (i = 0; log && i < in.page.nr_counts; i++)
		free((char *)in.page.counts[i].value[COUNT_COUNT]);
	input_free(&in);
	if (!ok)
		return READER_OUTPUT;
	if (bad)
		return READER_PARTIAL;
	return failures ? READER_FOUND : READER_OK;
}
