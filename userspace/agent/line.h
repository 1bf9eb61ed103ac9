/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Formats an event.
 */
#ifndef AGENT_LINE_H
#define AGENT_LINE_H

#include "buf.h"
#include "agent/cursor.h"
#include "event.h"

const char *event_class(const struct event *ev);
char *event_unit(const struct event *ev);
char *event_pod(const struct event *ev);
void line_log(struct buf *b, const struct event *ev);
void line_json(struct buf *b, const struct event *ev, const struct cursor *load);
void line_sentence(struct buf *b, const struct event *ev);

#endif /* AGENT_LINE_H */
