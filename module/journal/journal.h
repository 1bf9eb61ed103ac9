/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * journal.h - keeps the events, and the sums by cause and object
 */
#ifndef FORKFAIL_JOURNAL_H
#define FORKFAIL_JOURNAL_H

#include <linux/types.h>

#include "journal/event.h"
#include "journal/full_limits.h"

/**
 * struct ff_filter - which events a reader may see
 * @sees: whether the reader may see this event; called under a spinlock
 * @who: the reader, passed to @sees
 */
struct ff_filter {
	bool (*sees)(const void *who, const struct ff_event *e);
	const void *who;
};

int ff_journal_init(void);
void ff_journal_exit(void);
size_t ff_journal_bytes(void);
void ff_journal_drain(void);
u64 ff_journal_overwritten(void);

/* copies for readers */
void ff_journal_count(unsigned int *nr_events, unsigned int *nr_sums);
u64 ff_journal_change(const struct ff_filter *f);
bool ff_journal_newest(const struct ff_filter *f, struct ff_event *to);
bool ff_journal_next(const struct ff_filter *f, u64 seq, struct ff_event *to);
bool ff_journal_find(const struct ff_filter *f, u64 seq, struct ff_event *to);
unsigned int ff_journal_briefs(const struct ff_filter *f, struct ff_brief *to);
unsigned int ff_journal_sums(struct ff_sum *to);

/* for the worker */
bool ff_journal_unlogged(u64 now, u64 quiet, struct ff_sum *to);
bool ff_journal_hit(struct ff_full_limit *to);
void ff_journal_holders(const struct ff_full_limit *hit, const struct ff_holders *holders);

#endif /* FORKFAIL_JOURNAL_H */
