// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parses the text of a page or a log.
 *
 * Whatever the text is - cut, garbled, hostile, from a newer module - each line is
 * either understood or counted as bad; nothing is guessed.  Pure: no input or
 * output, so that the fuzzer can drive it.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "page_parser.h"
#include "text.h"
#include "times.h"

static const char * const count_names[COUNT_NR] = {
	"cause", "count", "last", "errno", "limit", "in_use", "object",
};

/* State of the parser besides the page: where it is. */
struct parser {
	struct page *page;
	unsigned long line;
	bool in_table;
	/* Column of the table -> enum count_column, or -1; and its name. */
	int columns[16];
	const char *names[16];
	size_t nr_columns;
};

/* Room for one more: arrays grow by doubling. */
static void *grow(void *array, size_t nr, size_t size)
{
	if (nr & (nr - 1))
		return array;
	return xrealloc(array, nr ? nr * 2 : 1, size);
}

static void bad_line(struct parser *ps, const char *why)
{
	struct page *page = ps->page;

	if (!page->bad_lines++) {
		page->first_bad = ps->line;
		page->bad_why = why;
	}
}

static void add_pair(struct pair **array, size_t *nr, const char *key,
		     const char *value)
{
	*array = grow(*array, *nr, sizeof(**array));
	(*array)[(*nr)++] = (struct pair){ key, value };
}

/* The next word of *@p, terminated; NULL at the end. */
static char *next_word(char **p)
{
	char *word = *p + strspn(*p, " ");

	if (!*word)
		return NULL;
	*p = word + strcspn(word, " ");
	if (**p)
		*(*p)++ = '\0';
	return word;
}

static bool is_header(const char *line)
{
	return !strncmp(line, "forkfail ", 9) && isdigit((unsigned char)line[9]);
}

/* "forkfail 1 kernel 6.12.107 loaded 3d04h ago points 21/21 ..." */
static bool parse_header(struct page *page, char *line)
{
	char *p = line + 9, *key, *value;
	u64 format;

	if (!text_is_clean(line, strlen(line)))
		return false;
	value = next_word(&p);
	if (!value || !text_to_u64(value, &format) || !format || format > 9999)
		return false;
	page->format = (unsigned int)format;
	while ((key = next_word(&p))) {
		/* Free text, and therefore the last pair. */
		if (!strcmp(key, "blind")) {
			add_pair(&page->pairs, &page->nr_pairs, key,
				 p + strspn(p, " "));
			break;
		}
		value = next_word(&p);
		if (!value)
			return false;
		/* An age is followed by "ago". */
		p += strspn(p, " ");
		if (!strncmp(p, "ago", 3) && (!p[3] || p[3] == ' '))
			p += 3;
		add_pair(&page->pairs, &page->nr_pairs, key, value);
	}
	return true;
}

static bool starts_table(const char *line)
{
	const char *p = line + 5;

	if (strncmp(line, "cause ", 6))
		return false;
	p += strspn(p, " ");
	return !strncmp(p, "count", 5) && (!p[5] || p[5] == ' ');
}

static void parse_table_head(struct parser *ps, char *line)
{
	char *name;
	int i;

	ps->in_table = true;
	ps->page->has_table = true;
	ps->page->is_page = true;
	ps->nr_columns = 0;
	while ((name = next_word(&line)) &&
	       ps->nr_columns < ARRAY_SIZE(ps->columns)) {
		for (i = COUNT_NR - 1; i >= 0; i--)
			if (!strcmp(count_names[i], name))
				break;
		text_clean(name);
		ps->names[ps->nr_columns] = name;
		ps->columns[ps->nr_columns++] = i;
	}
}

static bool count_fits(enum count_column column, const char *value)
{
	switch (column) {
	case COUNT_CAUSE:
		return text_is_name(value, strlen(value));
	case COUNT_COUNT:
		return text_to_u64(value, NULL);
	case COUNT_LIMIT:
	case COUNT_IN_USE:
		return text_is_limit(value);
	default:
		return true;
	}
}

/* Unknown pairs are kept unchanged. */
static void keep_other(struct count *row, const char *name, const char *value)
{
	char *more = xasprintf("%s%s%s=%s", row->other ? row->other : "",
			       row->other ? " " : "", name, value);

	free(row->other);
	row->other = more;
}

static const char *fill_count(struct parser *ps, struct count *row, char *line)
{
	char *value, *end;
	size_t i;
	int column;

	if (!text_is_clean(line, strlen(line)))
		return "it has unprintable bytes";
	for (i = 0; i < ps->nr_columns; i++) {
		column = ps->columns[i];
		if (i + 1 == ps->nr_columns) {
			/* The last column is the rest: a path may have spaces. */
			value = line + strspn(line, " ");
			end = value + strlen(value);
			while (end > value && end[-1] == ' ')
				*--end = '\0';
		} else {
			value = next_word(&line);
		}
		if (!value || !*value)
			return "a column is missing";
		if (!strcmp(value, "-"))
			continue;
		if (column < 0) {
			keep_other(row, ps->names[i], value);
			continue;
		}
		if (!count_fits((enum count_column)column, value))
			return "a column is not of its type";
		row->value[column] = value;
	}
	if (!row->value[COUNT_CAUSE] || !row->value[COUNT_COUNT])
		return "cause or count is missing";
	text_to_u64(row->value[COUNT_COUNT], &row->count);
	row->has_age = row->value[COUNT_LAST] &&
		       times_parse_age(row->value[COUNT_LAST], &row->age);
	return NULL;
}

static const char *parse_count(struct parser *ps, char *line)
{
	struct page *page = ps->page;
	struct count row = { .count = 0 };
	const char *why = fill_count(ps, &row, line);

	if (why) {
		free(row.other);
		return why;
	}
	page->counts = grow(page->counts, page->nr_counts, sizeof(row));
	page->counts[page->nr_counts++] = row;
	return NULL;
}

static const char *parse_event(struct page *page, char *line)
{
	struct event ev;
	const char *why = event_parse(&ev, line);

	if (why) {
		event_free(&ev);
		return why;
	}
	page->events = grow(page->events, page->nr_events, sizeof(ev));
	page->events[page->nr_events++] = ev;
	return NULL;
}

/* "word: text" */
static bool parse_note(struct page *page, char *line)
{
	size_t len = strcspn(line, ": ");
	char *text = line + len + 1;

	if (line[len] != ':' || !text_is_name(line, len))
		return false;
	line[len] = '\0';
	text += strspn(text, " ");
	text_clean(text);
	add_pair(&page->notes, &page->nr_notes, line, text);
	if (!strcmp(line, "last"))
		page->is_page = true;
	return true;
}

static void parse_line(struct parser *ps, char *line)
{
	const char *why = NULL;

	if (!line[strspn(line, " ")]) {
		ps->in_table = false;
	} else if (event_looks_like(line)) {
		ps->in_table = false;
		why = parse_event(ps->page, line);
	} else if (starts_table(line)) {
		parse_table_head(ps, line);
	} else if (ps->in_table) {
		why = parse_count(ps, line);
	} else if (!parse_note(ps->page, line)) {
		why = "forkfail does not write such a line";
	}
	if (why)
		bad_line(ps, why);
}

/* Where the line at @p ends; NULL if the text ends before it does. */
static char *line_end(char *p, const char *end)
{
	return memchr(p, '\n', (size_t)(end - p));
}

/**
 * page_parse() - parse the text of a page or a log
 * @page: the result; release it with page_free(), also on error
 * @text: the text; changed, and @page points into it
 * @len: its length; it may hold any bytes
 *
 * Lines before line 1 (a prompt, the top of a ticket) count as bad; a text that
 * begins with an event is a log whose line 1 is elsewhere.  A last
 * line without a newline was cut: its last number may lack digits, so that it
 * is not read at all.
 *
 * Return: false if there is no line 1 of a page or log in it.
 */
bool page_parse(struct page *page, char *text, size_t len)
{
	struct parser ps = { .page = page };
	char *end = text + len, *p, *eol;
	bool found = false;

	memset(page, 0, sizeof(*page));
	for (p = text; p < end; p = eol + 1) {
		ps.line++;
		eol = line_end(p, end);
		if (!eol) {
			page->truncated = true;
			bad_line(&ps, "it was cut");
			break;
		}
		if (eol > p && eol[-1] == '\r')
			eol[-1] = ' ';
		*eol = '\0';
		if (strlen(p) != (size_t)(eol - p)) {
			bad_line(&ps, "it has a NUL byte");
		} else if (is_header(p)) {
			if (found) {
				bad_line(&ps, "a second page or log begins");
				break;
			}
			found = parse_header(page, p);
			if (!found)
				break;
		} else if (found) {
			parse_line(&ps, p);
		} else if (!page->bad_lines && event_looks_like(p)) {
			/* a log from the journal: events without line 1 */
			found = true;
			page->format = FORKFAIL_FORMAT;
			parse_line(&ps, p);
		} else if (*p) {
			bad_line(&ps, "it comes before line 1 of the page or log");
		}
	}
	return found;
}

/**
 * page_free() - release what page_parse() allocated
 * @page: the page
 */
void page_free(struct page *page)
{
	size_t i;

	for (i = 0; i < page->nr_events; i++)
		event_free(&page->events[i]);
	for (i = 0; i < page->nr_counts; i++)
		free(page->counts[i].other);
	free(page->events);
	free(page->counts);
	free(page->notes);
	free(page->pairs);
	memset(page, 0, sizeof(*page));
}
