// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prints lines with a label, for a terminal.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "show.h"
#include "text.h"

/* Lines that were printed since show_begin(). */
static int shown;

/**
 * show_begin() - start counting lines
 */
void show_begin(void)
{
	shown = 0;
}

/**
 * show_lines() - how many lines were printed since then
 *
 * Return: the number.
 */
int show_lines(void)
{
	return shown;
}

/**
 * show_width() - columns of the terminal
 *
 * Return: 0 if the output is not a terminal and COLUMNS is not set.
 */
int show_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize ws;
	u64 v;

	if (columns && text_to_u64(columns, &v) && v >= 40 && v < 10000)
		return (int)v;
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) && ws.ws_col >= 40)
		return ws.ws_col;
	return 0;
}

/**
 * show_line() - print a line with a label, wrapped
 * @format: colours
 * @label: ten columns wide at most
 * @text: the text; nothing is printed if it is NULL or ""
 * @color: escape sequence for the label, "" for none
 */
void show_line(const struct table_format *format, const char *label,
	       const char *text, const char *color)
{
	bool color_on = format->color && *color;

	if (!text || !*text)
		return;
	printf("%s%-10s%s", color_on ? color : "", label,
	       color_on ? SHOW_END : "");
	shown += text_wrap(stdout, 10, text, format->width);
}

/**
 * show_command() - print a line with a label and a command that can be pasted
 * @format: colours
 * @label: ten columns wide at most
 * @command: the command; nothing is printed if it is NULL or ""
 * @remark: printed behind it as a comment, NULL for none
 *
 * Line breaks in it are escaped with a backslash.
 */
void show_command(const struct table_format *format, const char *label,
		  const char *command, const char *remark)
{
	char *text;

	if (!command || !*command)
		return;
	printf("%s%-10s%s", format->color ? SHOW_BOLD : "", label,
	       format->color ? SHOW_END : "");
	text = xasprintf("%s%s%s", command, remark ? " # " : "", remark ? remark : "");
	shown += text_wrap_command(stdout, 10, text, format->width);
	free(text);
}

/**
 * show_words() - print pairs separated by two blanks, wrapped
 * @format: how wide
 * @text: "key value  key value"; pairs are not broken
 */
void show_words(const struct table_format *format, const char *text)
{
	int column = 0, len;
	const char *end;

	for (shown++; *text; text += len + (end ? 2 : 0)) {
		end = strstr(text, "  ");
		len = end ? (int)(end - text) : (int)strlen(text);
		if (column && format->width && column + 2 + len > format->width) {
			putchar('\n');
			shown++;
			column = 0;
		}
		column += printf("%s%.*s", column ? "  " : "", len, text);
	}
	putchar('\n');
}
