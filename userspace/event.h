/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One event: one line of the log.
 */
#ifndef EVENT_H
#define EVENT_H

#include <string.h>
#include <time.h>
#include <forkfail.h>

#include "reader.h"

/**
 * struct event - a parsed event line
 * @time: when it happened, as printed
 * @when: the same as a number
 * @last: when it happened last; @when if it happened once
 * @seq: its number
 * @repeat: how many more the line stands for
 * @value: by key, NULL where the line does not have it; escapes stay as they
 *	are, quotes are gone
 * @other: words whose key this reader does not know, NULL if there are none
 *
 * The strings point into the line that was parsed; @other is allocated.
 */
struct event {
	const char *time;
	struct timespec when;
	struct timespec last;
	u64 seq;
	u64 repeat;
	const char *value[FORKFAIL_NR_KEYS];
	char *other;
};

const char *event_parse(struct event *ev, char *line);
void event_free(struct event *ev);
const char *event_key_name(enum forkfail_key key);
const char *event_key_help(enum forkfail_key key);
bool event_key_is_number(enum forkfail_key key);
int event_order(const struct event *a, const struct event *b);
const char *event_last(const struct event *ev);
bool event_looks_like(const char *line);

static inline const char *event_get(const struct event *ev,
				    enum forkfail_key key)
{
	return ev->value[key] ? ev->value[key] : "";
}

/* The usage at the last failure that it stands for, or NULL. */
/* A call of "forkfail selftest": no program has failed. */
static inline bool event_is_selftest(const struct event *ev)
{
	return !strcmp(event_get(ev, FORKFAIL_KEY_KIND), "selftest");
}

static inline const char *event_in_use(const struct event *ev)
{
	const char *last = ev->value[FORKFAIL_KEY_LAST_IN_USE];

	return last ? last : ev->value[FORKFAIL_KEY_IN_USE];
}

#endif /* EVENT_H */
