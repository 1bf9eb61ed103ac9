/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes to the journal by its native protocol.
 */
#ifndef AGENT_JOURNALD_H
#define AGENT_JOURNALD_H

#include "buf.h"

/**
 * enum sent - the result of sending an entry
 * @SENT: it is in the journal's queue
 * @SENT_LATER: the journal does not accept it now; try again
 * @SENT_NEVER: it is too large, and will never be accepted
 */
enum sent {
	SENT,
	SENT_LATER,
	SENT_NEVER,
};

bool journal_open(const char *path);
void journal_field(struct buf *b, const char *name, const char *value);
enum sent journal_send(const struct buf *b);

#endif /* AGENT_JOURNALD_H */
