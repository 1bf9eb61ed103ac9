// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prints a struct table_def with libsmartcols: which columns, in which form.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <libsmartcols/libsmartcols.h>

#include "table.h"
#include "text.h"

struct table {
	const struct table_def *def;
	const struct table_format *format;
	struct libscols_table *scols;
	struct json own;
	struct json *json;
	size_t columns[TABLE_MAX_COLUMNS];
	size_t nr;
	bool fixed;	/* the widths are those of the definition */
};

/**
 * table_find_column() - a column by its name
 * @def: the table
 * @name: the name in any case, not terminated
 * @len: its length
 *
 * Return: its index, -1 if there is none.
 */
int table_find_column(const struct table_def *def, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < def->nr; i++)
		if (!strncasecmp(def->columns[i].name, name, len) &&
		    !def->columns[i].name[len])
			return (int)i;
	return -1;
}

/**
 * table_check_columns() - is this a list of columns?
 * @def: the table
 * @list: argument of -o
 * @bad: buffer for the first name that is not a column
 * @size: size of @bad
 *
 * Return: false if it is not.
 */
bool table_check_columns(const struct table_def *def, const char *list,
			 char *bad, size_t size)
{
	size_t len;

	if (*list == '+')
		list++;
	do {
		len = strcspn(list, ",");
		if (table_find_column(def, list, len) < 0) {
			snprintf(bad, size, "%.*s", (int)len, list);
			text_clean(bad);
			return false;
		}
		list += len;
	} while (*list++ == ',');
	return true;
}

/* The same column twice would be the same key twice in JSON. */
static void choose(struct table *table, size_t column)
{
	size_t i;

	for (i = 0; i < table->nr; i++)
		if (table->columns[i] == column)
			return;
	table->columns[table->nr++] = column;
}

static void choose_columns(struct table *table)
{
	unsigned int wanted = table->format->mode == TABLE_HUMAN ? COLUMN_DEFAULT :
			      COLUMN_DEFAULT | COLUMN_PROGRAM;
	const char *list = table->format->columns;
	size_t i, len;
	int column;

	if (!list || *list == '+') {
		for (i = 0; i < table->def->nr; i++)
			if (table->def->columns[i].flags & wanted)
				choose(table, i);
		if (!list)
			return;
		list++;
	}
	do {
		len = strcspn(list, ",");
		column = table_find_column(table->def, list, len);
		if (column >= 0)
			choose(table, (size_t)column);
		list += len;
	} while (*list++ == ',');
}

static void add_column(struct table *table, const struct column *col)
{
	bool number = col->flags & COLUMN_NUMBER;
	struct libscols_column *sc;
	int flags = 0;

	if (number)
		flags |= SCOLS_FL_RIGHT;
	if (col->flags & COLUMN_TRUNC)
		flags |= SCOLS_FL_TRUNC;
	if (col->flags & COLUMN_WRAP)
		flags |= SCOLS_FL_WRAP;
	sc = scols_table_new_column(table->scols, col->name, 0, flags);
	if (!sc)
		dief(READER_NO_DATA, "out of memory");
	/* Left to itself, libsmartcols breaks words. */
	if (col->flags & COLUMN_WRAP) {
		scols_column_set_wrapfunc(sc, scols_wrapnl_chunksize,
					  scols_wrapnl_nextchunk, NULL);
		scols_column_set_safechars(sc, "\n");
	}
}

/* A document of its own, or part of one that was begun. */
static void begin_json(struct table *table)
{
	table->json = table->format->json;
	if (!table->json) {
		table->json = &table->own;
		json_open(table->json, NULL, '{');
		json_u64(table->json, "schema", JSON_SCHEMA);
	}
	if (!table->json->line)
		json_open(table->json, table->def->array, '[');
}

static void end_json(struct table *table)
{
	if (!table->json->line)
		json_close(table->json, ']');
	if (table->json == &table->own)
		json_close(table->json, '}');
}

/**
 * table_new() - an empty table
 * @def: its definition
 * @format: what to print; it must remain valid
 *
 * Return: the table; table_free() releases it.
 */
struct table *table_new(const struct table_def *def,
			const struct table_format *format)
{
	struct table *table = xrealloc(NULL, 1, sizeof(*table));
	size_t i;

	*table = (struct table){ .def = def, .format = format };
	table->scols = scols_new_table();
	if (!table->scols)
		dief(READER_NO_DATA, "out of memory");
	/* Everything is printable ASCII already, escapes included. */
	scols_table_enable_noencoding(table->scols, 1);
	scols_table_enable_noheadings(table->scols, format->noheadings);
	scols_table_enable_colors(table->scols, format->color);
	scols_table_enable_export(table->scols, format->mode == TABLE_PAIRS);
	scols_table_enable_raw(table->scols, format->mode == TABLE_RAW);

	if (format->width && format->mode == TABLE_HUMAN) {
		scols_table_set_termwidth(table->scols, (size_t)format->width);
		scols_table_set_termforce(table->scols, SCOLS_TERMFORCE_ALWAYS);
	}
	choose_columns(table);
	if (format->mode == TABLE_JSON)
		begin_json(table);
	for (i = 0; i < table->nr; i++)
		add_column(table, &def->columns[table->columns[i]]);
	return table;
}

/**
 * table_keep_widths() - use fixed widths
 * @table: the table
 *
 * For tables that are printed in pieces.
 */
void table_keep_widths(struct table *table)
{
	struct libscols_column *sc;
	unsigned int width;
	size_t i;

	table->fixed = true;
	for (i = 0; i < table->nr; i++) {
		width = table->def->columns[table->columns[i]].width;
		sc = scols_table_get_column(table->scols, i);
		if (sc && width > 1) {
			scols_column_set_whint(sc, width);
			scols_column_set_flags(sc, scols_column_get_flags(sc) |
						   SCOLS_FL_STRICTWIDTH);
		}
	}
}

static const char *fit_mode(const struct table *table, const char *data)
{
	if (data && !*data)
		data = NULL;
	/* Raw lines are split at blanks: no field may be empty. */
	if (!data && table->format->mode == TABLE_RAW)
		return "-";
	return data;
}

/* "CONFIRM" is "confirm". */
static const char *json_key(char *buf, size_t size, const char *name)
{
	size_t i;

	for (i = 0; name[i] && i + 1 < size; i++)
		buf[i] = (char)tolower((unsigned char)name[i]);
	buf[i] = '\0';
	return buf;
}

static void add_json(struct table *table, const void *object)
{
	const struct column *col;
	char buf[1024], key[40];
	const char *data;
	size_t i;

	json_open(table->json, NULL, '{');
	for (i = 0; i < table->nr; i++) {
		col = &table->def->columns[table->columns[i]];
		json_key(key, sizeof(key), col->name);
		data = table->def->cell(object, table->columns[i], table->format,
					buf, sizeof(buf));
		/* A JSON number cannot be a word for "no limit". */
		if (col->flags & COLUMN_NUMBER)
			json_number(table->json, key, data);
		else
			json_string(table->json, key, data && *data ? data : NULL);
	}
	json_close(table->json, '}');
}

/**
 * table_add() - one more row
 * @table: the table
 * @object: passed to the definition's cell()
 */
void table_add(struct table *table, const void *object)
{
	const struct table_def *def = table->def;
	struct libscols_line *line;
	struct libscols_cell *cell;
	const char *data, *color;
	char buf[1024];
	size_t i, column;

	if (table->json) {
		add_json(table, object);
		return;
	}
	line = scols_table_new_line(table->scols, NULL);
	if (!line)
		dief(READER_NO_DATA, "out of memory");
	for (i = 0; i < table->nr; i++) {
		column = table->columns[i];
		data = fit_mode(table,
				def->cell(object, column, table->format, buf,
					  sizeof(buf)));
		if (data && scols_line_set_data(line, i, data))
			dief(READER_NO_DATA, "out of memory");
		color = def->color && table->format->color ?
			def->color(object, column) : NULL;
		cell = scols_line_get_cell(line, i);
		if (color && cell)
			scols_cell_set_color(cell, color);
	}
}

static const struct column *column_at(const struct table *table, size_t i)
{
	return &table->def->columns[table->columns[i]];
}

/* The cell of column @i in the next line; NULL behind the last. */
static struct libscols_cell *next_cell(struct table *table, struct libscols_iter *iter, size_t i)
{
	struct libscols_line *line;

	return scols_table_next_line(table->scols, iter, &line) ? NULL :
								  scols_line_get_cell(line, i);
}

static struct libscols_iter *new_iter(void)
{
	struct libscols_iter *iter = scols_new_iter(SCOLS_ITER_FORWARD);

	if (!iter)
		dief(READER_NO_DATA, "out of memory");
	return iter;
}

/* Of a column, with its heading. */
static int widest_of(struct table *table, size_t i)
{
	int len, widest = table->format->noheadings ? 0 : (int)strlen(column_at(table, i)->name);
	struct libscols_iter *iter = new_iter();
	struct libscols_cell *cell;
	const char *data;

	while ((cell = next_cell(table, iter, i))) {
		data = scols_cell_get_data(cell);
		len = data ? (int)strlen(data) : 0;
		widest = len > widest ? len : widest;
	}
	scols_free_iter(iter);
	return table->fixed && column_at(table, i)->width > 1 ?
	       (int)column_at(table, i)->width : widest;
}

static void fold_column(struct table *table, size_t i, int width)
{
	struct libscols_iter *iter = new_iter();
	struct libscols_cell *cell;
	const char *data;

	while ((cell = next_cell(table, iter, i))) {
		data = scols_cell_get_data(cell);
		if (data && scols_cell_refer_data(cell, text_fold(data, width, NULL)))
			dief(READER_NO_DATA, "out of memory");
	}
	scols_free_iter(iter);
}

/* Columns that may be wrapped share what the others leave, the narrowest first. */
static void fold(struct table *table)
{
	int room = table->format->width, width[TABLE_MAX_COLUMNS], share;
	size_t i, narrow, left = 0, columns[TABLE_MAX_COLUMNS] = { 0 };

	for (i = 0; i < table->nr; i++) {
		width[i] = widest_of(table, i);
		room -= i ? 1 : 0;
		if (column_at(table, i)->flags & COLUMN_WRAP)
			columns[left++] = i;
		else
			room -= width[i];
	}
	while (left) {
		for (narrow = 0, i = 1; i < left; i++)
			if (width[columns[i]] < width[columns[narrow]])
				narrow = i;
		i = columns[narrow];
		share = room / (int)left;
		if (width[i] > share) {
			width[i] = share > 1 ? share : 1;
			fold_column(table, i, width[i]);
		}
		room -= width[i];
		columns[narrow] = columns[--left];
	}
}

/**
 * table_print() - print the table
 * @table: the table
 *
 * Return: false if printing failed.
 */
bool table_print(struct table *table)
{
	if (!table->json && table->format->mode == TABLE_HUMAN && table->format->width)
		fold(table);
	if (!table->json)
		return !scols_print_table(table->scols);
	end_json(table);
	return !ferror(stdout);
}

/**
 * table_free() - release a table
 * @table: the table
 */
void table_free(struct table *table)
{
	scols_unref_table(table->scols);
	free(table);
}
