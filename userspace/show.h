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

int show_width(void);
void show_line(const struct table_format *format, const char *label,
	       const char *text, const char *color);

#endif /* SHOW_H */
