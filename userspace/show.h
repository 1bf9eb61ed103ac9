/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text for a terminal.
 */
#ifndef SHOW_H
#define SHOW_H

#include "table.h"

#define SHOW_BOLD	"\033[1m"
#define SHOW_RED	"\033[31m"
#define SHOW_GREEN	"\033[32m"
#define SHOW_END	"\033[0m"

void show_begin(void);
int show_lines(void);
int show_width(void);
void show_line(const struct table_format *format, const char *label,
	       const char *text, const char *color);
void show_words(const struct table_format *format, const char *text);
void show_command(const struct table_format *format, const char *label,
		  const char *command, const char *remark);

#endif /* SHOW_H */
