/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Formats an event.
 */
#ifndef AGENT_EVENT_TEXT_H
#define AGENT_EVENT_TEXT_H

#include "buf.h"
#include "agent/cursor.h"
#include "event.h"

const char *event_class(const struct event *ev);
char *event_unit(const struct event *ev);
char *event_pod(const struct event *ev);
void event_text_log(struct buf *b, const struct event *ev);
void event_text_json(struct buf *b, const struct event *ev, const struct cursor *load);
void event_text_sentence(struct buf *b, const struct event *ev);

#endif /* AGENT_EVENT_TEXT_H */
