/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event_line.h - the text of forkfail's log, as far as tests compare it
 */
#ifndef EVENT_LINE_H
#define EVENT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool log_value(const char *line, const char *key, char *out, size_t size);
uint64_t log_number(const char *line, const char *key, uint64_t otherwise);
bool log_is_event(const char *line);
const char *log_next(const char *line);

const char *errno_word(int err);
bool has_word(const char *list, const char *word);
int errno_allowed(const char *cause, const char *word);

#endif /* EVENT_LINE_H */
