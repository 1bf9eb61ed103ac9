/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * journal.h - the events that are held, and how often each object was in the way
 */
#ifndef FORKFAIL_JOURNAL_H
#define FORKFAIL_JOURNAL_H

#include <linux/types.h>

#include "journal/event.h"
#include "journal/full_limits.h"

/**
 * struct ff_filter - which events somebody may see
 * @sees: may he see this one?  Called under a spinlock
 * @who: handed to it
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

/* what is in it, as a copy */
void ff_journal_count(unsigned int *nr_events, unsigned int *nr_sums);
bool ff_journal_newest(const struct ff_filter *f, struct ff_event *to);
bool ff_journal_next(const struct ff_filter *f, u64 seq, struct ff_event *to);
bool ff_journal_find(u64 seq, struct ff_event *to);
unsigned int ff_journal_briefs(const struct ff_filter *f, struct ff_brief *to);
unsigned int ff_journal_sums(struct ff_sum *to);

/* for the worker */
bool ff_journal_unlogged(u64 now, u64 quiet, struct ff_sum *to);
bool ff_journal_hit(struct ff_full_limit *to);
void ff_journal_holders(const struct ff_full_limit *hit, const char *holders, u32 counted,
			bool complete);

#endif /* FORKFAIL_JOURNAL_H */
