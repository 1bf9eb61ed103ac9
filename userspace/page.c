// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The text of a page or a log to a struct page.
 *
 * Whatever the text is - cut, garbled, hostile, from a newer module - a line is
 * either understood or counted as bad; nothing is guessed.  Pure: no input or
 * output, so that the fuzzer can drive it.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "page.h"
#include "text.h"

static const char * const count_names[COUNT_NR] = {
	"cause", "count", "last", "errno", "limit", "in_use", "object",
};

/* What the parser knows beside the page: where it stands. */
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
		/* An age has a second word, which says nothing. */
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

/* What this reader does not know is kept as it is. */
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
		why = "it is none of the lines that forkfail writes";
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
 * page_parse() - take the text of a page or a log apart
 * @page: where it goes; to be released with page_free(), also on error
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
			/* what the journal gives back of a log */
			found = true;
			page->format = FORKFAIL_FORMAT;
			parse_line(&ps, p);
		} else if (*p) {
			bad_line(&ps, "it comes before line 1 of forkfail");
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

static const char *find_pair(const struct pair *array, size_t nr,
			     const char *key)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(array[i].key, key))
			return array[i].value;
	return NULL;
}

/**
 * page_pair() - a value of line 1
 * @page: the page
 * @key: its key
 *
 * Return: the value, NULL if line 1 does not have it.
 */
const char *page_pair(const struct page *page, const char *key)
{
	return find_pair(page->pairs, page->nr_pairs, key);
}

/**
 * page_number() - a number of line 1
 * @page: the page
 * @key: its key
 * @value: where it goes; 0 if there is none
 *
 * Return: false if line 1 has no such number.
 */
bool page_number(const struct page *page, const char *key, u64 *value)
{
	const char *s = page_pair(page, key);

	*value = 0;
	return s && text_to_u64(s, value);
}

/**
 * page_points() - the watch points of line 1
 * @page: the page
 * @armed: how many are armed
 * @wanted: how many there should be
 *
 * Return: false if line 1 does not say.
 */
bool page_points(const struct page *page, u64 *armed, u64 *wanted)
{
	const char *s = page_pair(page, "points");
	char number[24];
	size_t len;

	*armed = 0;
	*wanted = 0;
	len = s ? strcspn(s, "/") : 0;
	if (!len || len >= sizeof(number) || s[len] != '/')
		return false;
	memcpy(number, s, len);
	number[len] = '\0';
	return text_to_u64(number, armed) && text_to_u64(s + len + 1, wanted);
}

/**
 * page_note() - the text of a line "word: text"
 * @page: the page
 * @word: the word
 *
 * Return: the text of the first such line, NULL if there is none.
 */
const char *page_note(const struct page *page, const char *word)
{
	return find_pair(page->notes, page->nr_notes, word);
}

/**
 * page_newest() - the newest event
 * @page: a page (newest first) or a log (newest last)
 *
 * Return: the event that happened last, NULL if there is none.
 */
const struct event *page_newest(const struct page *page)
{
	const struct event *best = NULL, *ev;
	size_t i;

	for (i = 0; i < page->nr_events; i++) {
		ev = &page->events[i];
		if (!best || ev->last.tv_sec > best->last.tv_sec ||
		    (ev->last.tv_sec == best->last.tv_sec &&
		     (ev->last.tv_nsec > best->last.tv_nsec ||
		      (ev->last.tv_nsec == best->last.tv_nsec &&
		       ev->seq > best->seq))))
			best = ev;
	}
	return best;
}

/* A sum that a hostile page cannot wrap. */
static u64 add(u64 a, u64 b)
{
	return a + b < a ? ~0ull : a + b;
}

/* The kernel starts the call anew: its caller never sees an error. */
static bool is_failure(const char *cause)
{
	return strcmp(cause, "signal-restart");
}

/**
 * page_failures() - how many failures a page or log tells of
 * @page: the page
 *
 * Return: the sum of the table of counts, or of the events of a log.
 */
u64 page_failures(const struct page *page)
{
	u64 sum = 0;
	size_t i;

	if (page->has_table) {
		for (i = 0; i < page->nr_counts; i++)
			if (is_failure(page->counts[i].value[COUNT_CAUSE]))
				sum = add(sum, page->counts[i].count);
		return sum;
	}
	for (i = 0; i < page->nr_events; i++)
		if (is_failure(event_get(&page->events[i], FORKFAIL_KEY_CAUSE)))
			sum = add(sum, add(1, page->events[i].repeat));
	return sum;
}
