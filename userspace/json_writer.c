// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes JSON to stdout, piece by piece, without keeping a document in memory.
 */
#include "json_writer.h"
#include "text.h"

/* An object deeper than this is printed on one line, such as a row. */
#define ROW_DEPTH	2

static void quoted(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			putchar('\\');
		/* Everything that gets here is printable ASCII; this is a last resort. */
		if (text_is_clean(s, 1))
			putchar(*s);
		else
			printf("\\u%04x", (unsigned char)*s);
	}
	putchar('"');
}

static void new_line(const struct json *json)
{
	if (json->line || json->depth > ROW_DEPTH)
		return;
	printf("\n%*s", (int)json->depth * 3, "");
}

/* What comes before a value: a comma, indentation, its key. */
static void begin(struct json *json, const char *key)
{
	if (json->more)
		fputs(json->line || json->depth > ROW_DEPTH ? ", " : ",", stdout);
	if (json->depth)
		new_line(json);
	json->more = true;
	if (!key)
		return;
	quoted(key);
	fputs(": ", stdout);
}

/**
 * json_open() - begin an object or an array
 * @json: the document
 * @key: its key, NULL inside an array and at the beginning
 * @bracket: { or [
 */
void json_open(struct json *json, const char *key, char bracket)
{
	begin(json, key);
	putchar(bracket);
	json->depth++;
	json->more = false;
}

/**
 * json_close() - end what json_open() began
 * @json: the document
 * @bracket: } or ]
 */
void json_close(struct json *json, char bracket)
{
	bool empty = !json->more;

	json->depth--;
	if (!empty && json->depth < ROW_DEPTH)
		new_line(json);
	putchar(bracket);
	json->more = true;
	if (!json->depth) {
		putchar('\n');
		json->more = false;
	}
}

/**
 * json_string() - write a string
 * @json: the document
 * @key: its key, NULL inside an array
 * @value: the string; NULL is null
 */
void json_string(struct json *json, const char *key, const char *value)
{
	begin(json, key);
	if (value)
		quoted(value);
	else
		fputs("null", stdout);
}

/**
 * json_number() - write a number that is text
 * @json: the document
 * @key: its key, NULL inside an array
 * @value: decimal digits; anything else, such as "max", is written as null
 */
void json_number(struct json *json, const char *key, const char *value)
{
	bool minus = value && *value == '-';
	u64 v;

	begin(json, key);
	if (value && text_to_u64(value + minus, &v))
		printf("%s%llu", minus ? "-" : "", v);
	else
		fputs("null", stdout);
}

/**
 * json_u64() - write a number
 * @json: the document
 * @key: its key, NULL inside an array
 * @value: the number
 */
void json_u64(struct json *json, const char *key, u64 value)
{
	begin(json, key);
	printf("%llu", value);
}

/**
 * json_bool() - write true or false
 * @json: the document
 * @key: its key, NULL inside an array
 * @value: which
 */
void json_bool(struct json *json, const char *key, bool value)
{
	begin(json, key);
	fputs(value ? "true" : "false", stdout);
}
