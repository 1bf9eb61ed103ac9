/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text_event.h - parses one event line, and the words in it
 */
#ifndef TEXT_EVENT_H
#define TEXT_EVENT_H

#include <stdbool.h>
#include <stdint.h>

struct text;

bool text_wrong(struct text *t, const char *line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
bool is_decimal(const char *s, uint64_t *n);
bool is_time(const char *s);
bool is_age(const char *s);
bool is_errno(const char *s);
bool is_amount(const char *s);
bool text_parse_event(struct text *t, const char *line, char **out);

#endif /* TEXT_EVENT_H */
