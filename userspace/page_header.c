// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Line 1 of a page, and the lines of the form "word: text".
 */
#include <string.h>

#include "page_parser.h"
#include "text.h"
#include "times.h"

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
 * @value: the result; 0 if there is none
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
 * @wanted: how many this kernel has
 *
 * Return: false if line 1 does not have them.
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
 * page_unarmed() - what line 1 says of watch points that are not armed
 * @page: the page
 *
 * Return: a sentence that the caller frees, NULL if all are armed.
 */
char *page_unarmed(const struct page *page)
{
	u64 armed, wanted;

	if (!page_points(page, &armed, &wanted) || armed >= wanted)
		return NULL;
	return xasprintf("%llu of %llu watch points %s not armed: some failures are not seen",
			 wanted - armed, wanted, wanted - armed == 1 ? "is" : "are");
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
 * page_add() - a sum that cannot overflow, even for a hostile page
 * @a: one number
 * @b: the other
 *
 * Return: the sum, at most the largest number there is.
 */
u64 page_add(u64 a, u64 b)
{
	return a + b < a ? ~0ull : a + b;
}

/**
 * page_is_failure() - does the caller see an error?
 * @cause: the cause
 *
 * Return: false for signal-restart, where the kernel restarts the call.
 */
bool page_is_failure(const char *cause)
{
	return strcmp(cause, "signal-restart");
}

/**
 * page_json_header() - write line 1 as "page": {...}
 * @json: the document
 * @page: the page
 */
void page_json_header(struct json *json, const struct page *page)
{
	const char *blind = page_pair(page, "blind");
	u64 armed, wanted, seconds;
	size_t i;

	json_open(json, "page", '{');
	json_u64(json, "format", page->format);
	for (i = 0; i < page->nr_pairs; i++) {
		const struct pair *pair = &page->pairs[i];

		/* JSON cannot have a key twice: the first one counts. */
		if (page_pair(page, pair->key) != pair->value ||
		    !strcmp(pair->key, "format") || !strcmp(pair->key, "blind") ||
		    !strcmp(pair->key, "points") || !strcmp(pair->key, "points_armed") ||
		    !strcmp(pair->key, "loaded_seconds"))
			continue;
		/* the identifier of a load may consist of digits only */
		if (strcmp(pair->key, "load") && text_to_u64(pair->value, NULL))
			json_number(json, pair->key, pair->value);
		else
			json_string(json, pair->key, pair->value);
	}
	if (page_pair(page, "loaded") && times_parse_age(page_pair(page, "loaded"), &seconds))
		json_u64(json, "loaded_seconds", seconds);
	if (page_points(page, &armed, &wanted)) {
		json_u64(json, "points", wanted);
		json_u64(json, "points_armed", armed);
	}
	json_string(json, "blind", blind);
	json_close(json, '}');
}
