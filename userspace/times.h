/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Points in time and ages, to and from text.
 */
#ifndef TIMES_H
#define TIMES_H

#include <time.h>

#include "reader.h"

bool times_parse(const char *s, struct timespec *ts);
const char *times_local(char *buf, size_t size, const struct timespec *ts);
const char *times_short(char *buf, size_t size, const struct timespec *ts);
const char *times_age(char *buf, size_t size, u64 age);
bool times_parse_age(const char *s, u64 *age);
bool times_parse_since(const char *s, time_t now, time_t *since);

#endif /* TIMES_H */
