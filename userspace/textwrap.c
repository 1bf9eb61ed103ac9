// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Text for people: amounts, and lines that fit the terminal.
 */
#include <string.h>

#include "../uapi/answer.h"
#include "text.h"

/**
 * text_bytes() - write a number of bytes for a person
 * @buf: output buffer
 * @size: its size
 * @bytes: the number
 *
 * Return: @buf, as "15.2 GiB".
 */
const char *text_bytes(char *buf, size_t size, u64 bytes)
{
	struct forkfail_size number = forkfail_size(bytes);

	if (bytes < 1024)
		snprintf(buf, size, "%u %s", number.whole, number.unit);
	else
		snprintf(buf, size, "%u.%u %s", number.whole, number.tenths, number.unit);
	return buf;
}

/* How much of @text fits into @width columns: whole words, or a path up to a slash. */
static int fold_at(const char *text, int width)
{
	int len = (int)strlen(text), at;

	if (len <= width)
		return len;
	for (at = width; at > 0; at--)
		if (text[at] == ' ')
			return at;
	for (at = width; at > 0; at--)
		if (text[at] == '/')
			return at;
	return width;
}

/**
 * text_fold() - break a text for a column of a table
 * @text: words, or a path
 * @width: columns there are, at least 1
 * @lines: how many lines there are, or NULL
 *
 * Only what is longer than a line is broken within a word.
 *
 * Return: the text with line breaks in it, which the caller frees.
 */
char *text_fold(const char *text, int width, int *lines)
{
	char *folded = xrealloc(NULL, 2 * strlen(text) + 1, 1), *p = folded;
	int len, nr = 1;

	while (*text) {
		len = fold_at(text, width);
		memcpy(p, text, (size_t)len);
		p += len;
		text += len;
		text += strspn(text, " ");
		if (*text) {
			*p++ = '\n';
			nr++;
		}
	}
	*p = '\0';
	if (lines)
		*lines = nr;
	return folded;
}

/**
 * text_wrap() - print a paragraph after a label
 * @out: where to
 * @indent: width of the label, and the indentation of the following lines
 * @text: words
 * @width: columns there are, 0 for no wrapping
 *
 * A word that is longer than the width is not broken: it may be a path that somebody
 * wants to copy.
 *
 * Return: how many lines there are.
 */
int text_wrap(FILE *out, int indent, const char *text, int width)
{
	int column = indent, lines = 1;
	bool first = true;

	while (*text) {
		int len = (int)strcspn(text, " ");

		if (!first && width > 0 && column + 1 + len > width) {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
			first = true;
			lines++;
		}
		fprintf(out, "%s%.*s", first ? "" : " ", len, text);
		column += len + !first;
		first = false;
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', out);
	return lines;
}

/**
 * text_wrap_command() - print a command after a label, so that it can be pasted
 * @out: where to
 * @indent: width of the label, and the indentation of the following lines
 * @text: the command
 * @width: columns there are, 0 for no wrapping
 *
 * It is broken between words outside of quotes, with a backslash at the end of the line.
 *
 * Return: how many lines there are.
 */
int text_wrap_command(FILE *out, int indent, const char *text, int width)
{
	int column = indent, lines = 1, len, i;
	char quote = '\0';

	while (*text) {
		/* Up to a blank outside of quotes. */
		for (len = 0; text[len] && (quote || text[len] != ' '); len++) {
			if (text[len] == quote)
				quote = '\0';
			else if (!quote && (text[len] == '\'' || text[len] == '"'))
				quote = text[len];
		}
		/* A comment is not broken: its second line would be run as a command. */
		if (*text == '#')
			len = (int)strlen(text);
		if (column > indent && width > 0 && column + 1 + len > width - 2) {
			fprintf(out, *text == '#' ? "\n%*s" : " \\\n%*s", indent, "");
			column = indent;
			lines++;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		for (i = 0; i < len; i++)
			fputc(text[i], out);
		column += len;
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', out);
	return lines;
}
