/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page and the log, taken apart.
 */
#ifndef PAGE_H
#define PAGE_H

#include "event.h"
#include "json_writer.h"

struct pair {
	const char *key;
	const char *value;
};

/* The columns of the page's table of counts. */
enum count_column {
	COUNT_CAUSE,
	COUNT_COUNT,
	COUNT_LAST,
	COUNT_ERRNO,
	COUNT_LIMIT,
	COUNT_IN_USE,
	COUNT_OBJECT,
	COUNT_NR
};

/**
 * struct count - one row of the table of counts
 * @value: by column, NULL where the row has a dash or nothing
 * @count: the count as a number
 * @has_age: it says how long ago the last one was
 * @age: that in seconds
 * @newest: the newest event of the same cause and object, NULL if none is known;
 *	not of the parser
 * @other: columns that this reader does not know, as "name=value", NULL if
 *	there are none; allocated
 */
struct count {
	const char *value[COUNT_NR];
	u64 count;
	bool has_age;
	u64 age;
	const struct event *newest;
	char *other;
};

/**
 * struct page - a page or a log
 * @format: version of the text's format
 * @pairs: the words of line 1 after the format
 * @notes: lines of the form "word: text" in their order, among them "last",
 *	"not" and "do"
 * @counts: the table of counts
 * @events: the events in their order
 * @has_table: there was a table of counts
 * @is_page: this is a page and not a log: it has a table or an answer, and its
 *	events are newest first
 * @bad_lines: lines that could not be read
 * @first_bad: number of the first one
 * @bad_why: what was wrong with it
 * @truncated: the text ends in the middle of a line
 *
 * All strings point into the text that was parsed.
 */
struct page {
	unsigned int format;
	struct pair *pairs;
	size_t nr_pairs;
	struct pair *notes;
	size_t nr_notes;
	struct count *counts;
	size_t nr_counts;
	struct event *events;
	size_t nr_events;
	bool has_table;
	bool is_page;
	unsigned long bad_lines;
	unsigned long first_bad;
	const char *bad_why;
	bool truncated;
};

bool page_parse(struct page *page, char *text, size_t len);
void page_free(struct page *page);
const char *page_pair(const struct page *page, const char *key);
bool page_number(const struct page *page, const char *key, u64 *value);
const char *page_note(const struct page *page, const char *word);
bool page_points(const struct page *page, u64 *armed, u64 *wanted);
char *page_unarmed(const struct page *page);
u64 page_add(u64 a, u64 b);
bool page_is_failure(const char *cause);
void page_json_header(struct json *json, const struct page *page);

#endif /* PAGE_H */
