/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables: one definition of columns for every output format.
 */
#ifndef TABLE_H
#define TABLE_H

#include "json_writer.h"

enum table_mode {
	TABLE_HUMAN,
	TABLE_JSON,
	TABLE_PAIRS,
	TABLE_RAW,
};

/**
 * struct table_format - how to print
 * @mode: table, JSON, pairs or raw
 * @noheadings: leave out the line of headings
 * @columns: argument of -o, NULL for the default
 * @color: colours are wanted and possible
 * @utc: times as in the log
 * @width: columns of the terminal, 0 if there is none
 * @json: the document that a table becomes a part of; NULL if it is one itself
 */
struct table_format {
	enum table_mode mode;
	bool noheadings;
	const char *columns;
	bool color;
	bool utc;
	int width;
	struct json *json;
};

#define COLUMN_NUMBER	(1 << 0)	/* right-aligned, and a number in JSON */
#define COLUMN_DEFAULT	(1 << 1)	/* shown without -o */
#define COLUMN_TRUNC	(1 << 2)	/* may be cut on a narrow terminal */
#define COLUMN_WRAP	(1 << 3)	/* wrapped on a narrow terminal */
#define COLUMN_PROGRAM	(1 << 4)	/* shown without -o in JSON, pairs and raw only */

/**
 * struct column - a column
 * @name: its name in capitals
 * @width: minimum width where widths are fixed (log -f), 0 for any
 * @flags: COLUMN_*
 * @help: one line for --help
 */
struct column {
	const char *name;
	unsigned int width;
	unsigned int flags;
	const char *help;
};

#define TABLE_MAX_COLUMNS	80

/**
 * struct table_def - a kind of table
 * @array: its name in JSON
 * @columns: all columns it can have
 * @nr: how many
 * @cell: what is in column @column of the row @object, NULL for nothing; may
 *	use @buf
 * @color: escape sequence name for that cell, may be NULL
 */
struct table_def {
	const char *array;
	const struct column *columns;
	size_t nr;
	const char *(*cell)(const void *object, size_t column,
			    const struct table_format *format, char *buf,
			    size_t size);
	const char *(*color)(const void *object, size_t column);
};

struct table;

struct table *table_new(const struct table_def *def,
			const struct table_format *format);
void table_add(struct table *table, const void *object);
bool table_print(struct table *table);
void table_keep_widths(struct table *table);
void table_free(struct table *table);
int table_find_column(const struct table_def *def, const char *name,
		      size_t len);
bool table_check_columns(const struct table_def *def, const char *list,
			 char *bad, size_t size);

#endif /* TABLE_H */
