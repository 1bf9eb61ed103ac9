// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forkfail without a command: the page for a terminal, or for a program.
 */
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "event_table.h"
#include "raised_limit.h"
#include "selection.h"
#include "show.h"
#include "text.h"

/* How many rows and events are shown if the terminal has enough lines. */
#define SHOW_ROWS	12
#define SHOW_EVENTS	5
/* A terminal with this many lines shows the whole answer. */
#define SCREEN_LINES	24

/* After the columns of the page. */
enum { COUNT_CLASS = COUNT_NR, COUNT_TIME, COUNT_AGE, COUNT_MEANING, COUNT_OTHER };

static const struct column count_columns[] = {
	[COUNT_CAUSE] = { "CAUSE", 0, COLUMN_DEFAULT, "id of the cause" },
	[COUNT_COUNT] = { "COUNT", 0, COLUMN_DEFAULT | COLUMN_NUMBER,
			  "failures since the module was loaded, or those selected" },
	[COUNT_LAST] = { "LAST", 0, COLUMN_DEFAULT,
			 "how long ago the last one was when the page was read" },
	[COUNT_ERRNO] = { "ERRNO", 0, COLUMN_DEFAULT, "what the call returned" },
	[COUNT_LIMIT] = { "LIMIT", 0, COLUMN_DEFAULT | COLUMN_NUMBER,
			  "the limit at the last failure" },
	[COUNT_IN_USE] = { "IN_USE", 0, COLUMN_DEFAULT | COLUMN_NUMBER,
			   "the usage at the last failure" },
	[COUNT_OBJECT] = { "OBJECT", 0, COLUMN_DEFAULT | COLUMN_WRAP,
			   "whose limit it was" },
	[COUNT_CLASS] = { "CLASS", 0, COLUMN_PROGRAM, "class of the cause" },
	[COUNT_TIME] = { "TIME", 0, COLUMN_PROGRAM,
			 "time of the last one, if its event is still kept" },
	[COUNT_AGE] = { "AGE", 0, COLUMN_PROGRAM | COLUMN_NUMBER,
			"LAST in seconds" },
	[COUNT_MEANING] = { "MEANING", 0, COLUMN_WRAP, "what the cause means" },
	[COUNT_OTHER] = { "OTHER", 0, COLUMN_WRAP,
			  "columns added by a newer module; shown if there are any" },
};

static const char *count_cell(const void *object, size_t column,
			      const struct table_format *format
			      __unused,
			      char *buf, size_t size)
{
	const struct count *count = object;
	const struct cause *cause = cause_find(count->value[COUNT_CAUSE]);

	if (column < COUNT_NR)
		return count->value[column];
	switch (column) {
	case COUNT_CLASS:
		return cause ? class_name(cause->class) : NULL;
	case COUNT_TIME:
		return count->newest ? event_last(count->newest) : NULL;
	case COUNT_AGE:
		if (!count->has_age)
			return NULL;
		snprintf(buf, size, "%llu", count->age);
		return buf;
	case COUNT_MEANING:
		return cause ? cause->meaning : NULL;
	default:
		return count->other;
	}
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

static void show_header(const struct selection *sel)
{
	const struct options *opt = sel->opt;
	const struct page *page = &sel->in.page;
	const char *loaded = page_pair(page, "loaded"), *start = "", *end = "", *bad = "";
	const char *chosen = "";
	bool filtered = filter_on_events(opt) || filter_on_rows(opt);
	char *line, *more, *unarmed = page_unarmed(page);
	size_t i;

	if (opt->format.color) {
		start = sel->failures ? SHOW_RED : SHOW_GREEN;
		bad = SHOW_RED;
		end = SHOW_END;
	}
	printf("forkfail: %s", start);
	/* "at least" if lines were unreadable, or if this is a log, which may lack events. */
	if (sel->failures)
		printf("%s%llu failure%s", page->bad_lines ? "at least " : "",
		       sel->failures, sel->failures == 1 ? "" : "s");
	else
		fputs(page->bad_lines ? "no failure that could be read" :
		      !page->is_page ? "no event" :
		      filtered ? "no failure" : "nothing failed", stdout);
	if (filtered)
		chosen = sel->failures ? " selected" : " was selected";
	printf("%s%s%s%s%s%s\n", end, chosen, page->is_page ? "" : " in this log",
	       loaded ? ", module loaded " : "", loaded ? loaded : "", loaded ? " ago" : "");
	line = xstrdup("");
	for (i = 0; i < page->nr_pairs; i++) {
		if (!strcmp(page->pairs[i].key, "loaded") ||
		    !strcmp(page->pairs[i].key, "load") ||
		    !strcmp(page->pairs[i].key, "blind"))
			continue;
		more = xasprintf("%s%s%s %s", line, *line ? "  " : "",
				 page->pairs[i].key, page->pairs[i].value);
		free(line);
		line = more;
	}
	show_words(&opt->format, line);
	free(line);
	if (unarmed)
		printf("%s%s%s\n", bad, unarmed, end);
	free(unarmed);
	if (page_pair(page, "blind"))
		printf("%sblind %s%s\n", bad, page_pair(page, "blind"), end);
}

/* Whether the page's own "last:" is about this event: "comm[tgid] uid". */
static bool is_last_of(const char *last, const struct event *ev)
{
	char *who = xasprintf(" %s[%s] uid ", event_get(ev, FORKFAIL_KEY_COMM),
			      event_get(ev, FORKFAIL_KEY_TGID));
	bool found = last && strstr(last, who);

	free(who);
	return found;
}

/* Lines of the page that the reader replaces if it knows the event. */
static bool is_replaced(const char *note, bool about)
{
	static const char * const ours[] = {
		"do", "or", "lasting", "note", "check", "shows", "also", "event",
		"holders",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ours); i++)
		if (!strcmp(note, ours[i]))
			return true;
	return !about && (!strcmp(note, "last") || !strcmp(note, "not") ||
			  !strcmp(note, "because") || !strcmp(note, "possible"));
}

/* The lines about the reader's own failure follow the advice for the other one. */
static bool is_own(const char *note)
{
	return !strcmp(note, "yours") || !strcmp(note, "yours_do");
}

/* What the limit of the reader's own failure is now, if it was raised since; else NULL. */
static char *own_raised(const struct selection *sel)
{
	const char *yours = page_note(&sel->in.page, "yours");
	const struct cause *cause;
	size_t i;
	u64 limit;

	/* it is the newest of its process */
	for (i = 0; i < sel->nr_events; i++)
		if (is_last_of(yours, sel->events[i]))
			break;
	if (!sel->answer.live || i == sel->nr_events)
		return NULL;
	cause = cause_find(event_get(sel->events[i], FORKFAIL_KEY_CAUSE));
	return cause ? raised_since(sel->events[i], cause, &limit) : NULL;
}

static void show_notes(const struct selection *sel, bool about, bool own)
{
	const struct page *page = &sel->in.page;
	const struct answer *answer = &sel->answer;
	bool filtered = filter_on_events(sel->opt) || filter_on_rows(sel->opt);
	char *raised = own && !filtered ? own_raised(sel) : NULL;
	const char *note, *color;
	bool none;
	size_t i;

	for (i = 0; i < page->nr_notes; i++) {
		note = page->notes[i].key;
		if (is_own(note) != own || (own && filtered))
			continue;
		if (raised && !strcmp(note, "yours_do")) {
			show_line(&sel->opt->format, "raised", raised, SHOW_BOLD);
			continue;
		}
		none = !strcmp(note, "last") && !strcmp(page->notes[i].value, "none");
		/*
		 * Shown elsewhere (the table below says itself what it leaves out), or only by
		 * forkfail doctor.
		 */
		if (!strcmp(note, "partial") || !strcmp(note, "more") || !strcmp(note, "guessed"))
			continue;
		/* without an answer, the page's lines are about a failure that was not selected */
		if (answer->cause || filtered ? is_replaced(note, about) : none && sel->nr_rows)
			continue;
		color = strcmp(note, "last") && strcmp(note, "blind") ? SHOW_BOLD :
			none ? SHOW_GREEN : SHOW_RED;
		show_line(&sel->opt->format, note, page->notes[i].value, color);
	}
	free(raised);
}

static void show_answer(const struct selection *sel)
{
	const struct table_format *format = &sel->opt->format;
	const struct answer *answer = &sel->answer;
	const struct event *ev = answer->ev;
	bool about;
	char *s;

	about = ev && is_last_of(page_note(&sel->in.page, "last"), ev);
	if (answer->cause && !about) {
		s = answer_brief(answer);
		show_line(format, "last", s, SHOW_RED);
		free(s);
		show_line(format, "cause", answer->cause->meaning, SHOW_BOLD);
		show_line(format, "not", answer->cause->not, SHOW_BOLD);
	}
	show_notes(sel, about, false);
	if (answer->cause)
		answer_show_advice(format, answer, false);
	show_line(format, "held by", answer->holders, SHOW_BOLD);
	answer_show_also(format, answer);
	show_notes(sel, about, true);
}

static void show_partial(const struct selection *sel)
{
	const char *command, *who = input_partial(sel->opt, &command);
	char *text;

	if (!sel->partial)
		return;
	text = xasprintf("%s%s%s", who, command ? ": " : "", command ? command : "");
	show_line(&sel->opt->format, "partial", text, SHOW_BOLD);
	free(text);
}

/* Lines of the screen that are left, without one for the next prompt. */
static int lines_left(const struct selection *sel, int used)
{
	return sel->opt->format.width ? SCREEN_LINES - 1 - show_lines() - used :
					 SHOW_ROWS + SHOW_EVENTS + 5;
}

static bool show_events(const struct selection *sel, int left)
{
	struct options opt = *sel->opt;
	size_t nr = sel->nr_events < SHOW_EVENTS ? sel->nr_events : SHOW_EVENTS;
	bool ok;

	/* A blank, the headings, and how many more there are. */
	if (left < 4)
		nr = 0;
	else if (nr > (size_t)left - 3)
		nr = (size_t)left - 3;
	if (!nr)
		return true;
	/* The numbers and objects are in the table above. */
	opt.format.columns = "TIME,CAUSE,KIND,PID,COMM,UID,REPEAT";
	putchar('\n');
	ok = event_table_print(&opt, sel->events, nr, true, false);
	if (nr < sel->nr_events)
		printf("... and %zu more: forkfail log\n", sel->nr_events - nr);
	return ok;
}

/* Columns that are left for the objects of the first rows. */
static int object_room(const struct selection *sel)
{
	int room = sel->opt->format.width, column;
	size_t widest, len, i;

	for (column = 0; column < COUNT_OBJECT; column++) {
		widest = strlen(count_columns[column].name);
		for (i = 0; i < sel->nr_rows && i < SHOW_ROWS; i++) {
			len = sel->rows[i].value[column] ?
			      strlen(sel->rows[i].value[column]) : 0;
			widest = len > widest ? len : widest;
		}
		room -= (int)widest + 1;
	}
	return room > 1 ? room : 1;
}

/* An object may take several lines of its column. */
static int row_lines(const struct count *row, int room)
{
	const char *object = row->value[COUNT_OBJECT];
	int lines;

	free(text_fold(object ? object : "", room, &lines));
	return lines;
}

/* At most @most rows; return: false if they could not be printed. */
static bool show_rows(const struct selection *sel, size_t most)
{
	struct table_format format = sel->opt->format;
	size_t i, nr = sel->nr_rows < most ? sel->nr_rows : most;
	struct table *table;
	bool ok;

	for (i = 0; i < nr && !format.columns; i++)
		if (sel->rows[i].other)
			format.columns = "+OTHER";
	/* A long answer may leave no room for any. */
	if (!nr && sel->nr_rows) {
		printf("%zu row%s: -r prints all, --class and --cause select\n", sel->nr_rows,
		       sel->nr_rows == 1 ? "" : "s");
		return true;
	}
	table = table_new(&count_table, &format);
	for (i = 0; i < nr; i++)
		table_add(table, &sel->rows[i]);
	ok = table_print(table);
	table_free(table);
	if (nr < sel->nr_rows)
		printf("... and %zu more row%s: -r prints all, --class and --cause select\n",
		       sel->nr_rows - nr, sel->nr_rows - nr == 1 ? "" : "s");
	return ok;
}

static bool show_tables(const struct selection *sel)
{
	/* Line 1, two blanks, headings, how many more. */
	int left = lines_left(sel, 5), used = 0, room = object_room(sel);
	size_t nr;

	for (nr = 0; nr < sel->nr_rows && nr < SHOW_ROWS; nr++) {
		used += sel->opt->format.width ? row_lines(&sel->rows[nr], room) : 1;
		if (used > left)
			break;
	}
	putchar('\n');
	return show_rows(sel, nr) && show_events(sel, left - used);
}

static bool show_person(const struct selection *sel)
{
	show_begin();
	show_header(sel);
	putchar('\n');
	show_answer(sel);
	show_partial(sel);
	return !sel->nr_rows || show_tables(sel);
}

static bool show_json(const struct selection *sel)
{
	struct options opt = *sel->opt;
	struct json json = { 0 };
	struct selection rows;
	bool ok;

	json_open(&json, NULL, '{');
	json_u64(&json, "schema", JSON_SCHEMA);
	page_json_header(&json, &sel->in.page);
	json_bool(&json, "partial", sel->partial);
	json_u64(&json, "failures", sel->failures);
	answer_json(&json, &sel->answer);
	opt.format.json = &json;
	rows = (struct selection){ .opt = &opt, .rows = sel->rows, .nr_rows = sel->nr_rows };
	ok = show_rows(&rows, sel->nr_rows);
	json_close(&json, '}');
	return ok;
}

static bool show(const struct selection *sel)
{
	if (sel->opt->quiet)
		return true;
	if (sel->opt->format.mode == TABLE_JSON)
		return show_json(sel);
	if (sel->opt->format.mode == TABLE_HUMAN && !sel->opt->format.columns)
		return show_person(sel);
	return show_rows(sel, sel->nr_rows);
}

/**
 * cmd_page() - forkfail
 * @opt: options
 * @argc: unused
 * @argv: unused
 *
 * Return: exit status: whether there are selected failures.
 */
int cmd_page(const struct options *opt, int argc __unused, char **argv __unused)
{
	struct selection sel;
	int status;

	selection_open(&sel, opt);
	status = sel.failures ? READER_FOUND : READER_OK;
	if (sel.bad) {
		status = READER_PARTIAL;
	} else if (status == READER_OK && sel.partial &&
		   (filter_on_events(opt) || opt->cgroup || opt->errno_name)) {
		/* No failure of this user's own; whether others have any is not known. */
		input_warn_partial(opt);
		status = READER_PARTIAL;
	}
	if (!show(&sel))
		status = READER_OUTPUT;
	selection_free(&sel);
	return status;
}
