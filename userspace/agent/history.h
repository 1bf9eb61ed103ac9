/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes each event to the journal, or to standard output.
 */
#ifndef AGENT_HISTORY_H
#define AGENT_HISTORY_H

#include "agent/journald.h"

/* Each has its entry in contrib/agent/forkfail.catalog. */
enum notice {
	NOTICE_STARTED,
	NOTICE_GONE,
	NOTICE_BACK,
	NOTICE_BLIND,
	NOTICE_LOST,
};

/**
 * struct history_stats - statistics, for the metrics
 * @written: events that were written
 * @lost: events that were gone from the module before they were written, or too large
 * @waiting: events that are not written yet
 * @blocked: the journal accepts nothing now
 */
struct history_stats {
	u64 written;
	u64 lost;
	u64 waiting;
	bool blocked;
};

void history_init(const char *journal, const char *cursor_path);
void history_write(bool all);
void history_notice(enum notice notice, const char *fmt, ...) __printf(2, 3);
const struct history_stats *history_stats(void);

#endif /* AGENT_HISTORY_H */
