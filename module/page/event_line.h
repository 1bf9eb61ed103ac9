/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event_line.h - an event as a line of the log
 */
#ifndef FORKFAIL_EVENT_LINE_H
#define FORKFAIL_EVENT_LINE_H

#include <linux/types.h>

struct ff_event;
struct ff_object;
struct ff_record;
struct ff_text;
struct ff_viewer;
struct user_namespace;

void ff_add_object(struct ff_text *t, u8 scope, const struct ff_object *obj,
		   const char *path, u8 cause, struct user_namespace *user_ns);
void ff_add_event_object(struct ff_text *t, const struct ff_viewer *view,
			 const struct ff_event *e, bool quoted);
const char *ff_namespace_type(const struct ff_record *r);
void ff_add_holder_words(struct ff_text *t, const struct ff_event *e,
			 struct user_namespace *user_ns);
void ff_add_event(struct ff_text *t, const struct ff_viewer *view, const struct ff_event *e);

#endif /* FORKFAIL_EVENT_LINE_H */
