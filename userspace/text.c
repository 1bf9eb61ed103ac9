// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pure helper functions for text.  Nothing here reads a file or keeps state, so that the
 * fuzzer can drive it.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/**
 * text_to_u64() - read a decimal number
 * @s: digits and nothing else
 * @value: the result; may be NULL
 *
 * Return: false if @s is not a number, or too large.
 */
bool text_to_u64(const char *s, u64 *value)
{
	u64 v = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		if (!isdigit((unsigned char)*s) ||
		    __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (u64)(*s - '0'), &v))
			return false;
	}
	if (value)
		*value = v;
	return true;
}

/**
 * text_is_limit() - is this a number or "max"?
 * @s: the text
 *
 * Return: true if it is.
 */
bool text_is_limit(const char *s)
{
	return !strcmp(s, "max") || text_to_u64(s, NULL);
}

/**
 * text_is_hex() - is this 0x and up to 16 hex digits?
 * @s: the text
 *
 * Return: true if it is.
 */
bool text_is_hex(const char *s)
{
	size_t len = strlen(s);

	return len > 2 && len <= 18 && s[0] == '0' && s[1] == 'x' &&
	       strspn(s + 2, "0123456789abcdefABCDEF") == len - 2;
}

/**
 * text_is_name() - is this a key or a section word: a-z, 0-9, _ and -?
 * @s: the text, not terminated
 * @len: its length
 *
 * Return: true if it is.
 */
bool text_is_name(const char *s, size_t len)
{
	if (!len || !islower((unsigned char)*s))
		return false;
	for (; len; s++, len--)
		if (!islower((unsigned char)*s) && !isdigit((unsigned char)*s) &&
		    *s != '_' && *s != '-')
			return false;
	return true;
}

static bool is_plain(char c)
{
	return c >= 0x20 && c < 0x7f;
}

/**
 * text_is_clean() - does this hold printable ASCII only?
 * @s: the text, not terminated
 * @len: its length
 *
 * Return: true if it does.
 */
bool text_is_clean(const char *s, size_t len)
{
	for (; len; s++, len--)
		if (!is_plain(*s))
			return false;
	return true;
}

/**
 * text_clean() - replace bytes that a terminal might interpret with question marks
 * @s: the text, changed in place
 */
void text_clean(char *s)
{
	for (; *s; s++)
		if (!is_plain(*s))
			*s = '?';
}

/**
 * text_escape() - escape a string as the module does
 * @s: any bytes
 *
 * Return: printable ASCII in which other bytes, quotes and backslashes are
 * \xHH; the caller frees it.
 */
char *text_escape(const char *s)
{
	char *out = xrealloc(NULL, strlen(s) + 1, 4), *p = out;

	for (; *s; s++) {
		if (is_plain(*s) && *s != '"' && *s != '\\')
			*p++ = *s;
		else
			p += sprintf(p, "\\x%02x", (unsigned char)*s);
	}
	*p = '\0';
	return out;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/**
 * text_decode() - turn \xHH back into bytes
 * @dst: output buffer, always terminated
 * @size: its size
 * @src: the escaped text
 *
 * Only for comparing with names on the running system: what is printed stays escaped.
 */
void text_decode(char *dst, size_t size, const char *src)
{
	size_t n = 0;

	while (*src && n + 1 < size) {
		if (src[0] == '\\' && src[1] == 'x' && hex_digit(src[2]) >= 0 &&
		    hex_digit(src[3]) >= 0) {
			dst[n++] = (char)(hex_digit(src[2]) << 4 | hex_digit(src[3]));
			src += 4;
		} else {
			dst[n++] = *src++;
		}
	}
	dst[n] = '\0';
}

/**
 * text_has_word() - is this one of the words of a list?
 * @list: words separated by blanks
 * @word: the word
 *
 * Return: true if it is.
 */
bool text_has_word(const char *list, const char *word)
{
	size_t n = strlen(word), len;

	for (; *list; list += len, list += strspn(list, " ")) {
		len = strcspn(list, " ");
		if (len == n && !strncmp(list, word, n))
			return true;
	}
	return false;
}

/**
 * text_is_below() - is one path another, or below it?
 * @path: the path
 * @top: without a slash at its end, unless it is "/"
 *
 * Return: true if it is.
 */
bool text_is_below(const char *path, const char *top)
{
	size_t len = strlen(top);

	if (!strcmp(top, "/"))
		return *path == '/';
	return !strncmp(path, top, len) && (!path[len] || path[len] == '/');
}

