/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system's journal, by its native protocol.
 */
#ifndef AGENT_JOURNAL_H
#define AGENT_JOURNAL_H

#include "agent/buf.h"

/**
 * enum sent - what became of an entry
 * @SENT: it is in the journal's queue
 * @SENT_LATER: the journal takes nothing now: try again
 * @SENT_NEVER: it was refused, and will be
 */
enum sent {
	SENT,
	SENT_LATER,
	SENT_NEVER,
};

bool journal_open(const char *path);
void journal_field(struct buf *b, const char *name, const char *value);
enum sent journal_send(const struct buf *b);

#endif /* AGENT_JOURNAL_H */
