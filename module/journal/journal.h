/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * journal.h - the events that are held, and how often each object was in the way
 */
#ifndef FORKFAIL_JOURNAL_H
#define FORKFAIL_JOURNAL_H

#include <linux/types.h>

#include "journal/inbox.h"

struct file;
struct poll_table_struct;

#define FF_PATH_LEN	256
#define FF_HOLDERS_LEN	192

/**
 * struct ff_event - one line of the log
 * @seq: its number
 * @uid_seq: its number among those of the same uid
 * @last: time of the last failure that it stands for
 * @repeat: failures that it stands for beyond the first
 * @key: the same for failures that belong together
 * @base: the same as @key without the process
 * @r: the first of them; no references any more
 * @first_cause: cause of an earlier failure that led to this one, 0 none
 * @first_seq: its number
 * @object_path: path of the limiting cgroup, from the root
 * @asker_path: path of the asking cgroup, from the root
 * @holders: who holds most of it; empty if not counted
 * @counted: tasks that were counted
 * @complete: and they were all
 */
struct ff_event {
	u64	seq, uid_seq;
	u64	last;
	u64	repeat;
	u32	key, base;
	struct ff_record r;
	u8	first_cause;
	u64	first_seq;
	char	object_path[FF_PATH_LEN];
	char	asker_path[FF_PATH_LEN];
	char	holders[FF_HOLDERS_LEN];
	u32	counted;
	bool	complete;
};

/**
 * struct ff_sum - how often one object was in the way for one cause
 */
struct ff_sum {
	u8	cause;
	u8	scope, unit;
	bool	has_limit;
	s32	err;
	u64	count, last;
	s64	limit, in_use;
	struct ff_object object;
	char	object_path[FF_PATH_LEN];
	u64	logged;		/* when a line of the kernel log was about it */
	u64	unlogged;	/* failures since */
};

/**
 * struct ff_hit - a limit on tasks that was hit
 * @seq: the event
 * @scope: FORKFAIL_SCOPE_*
 * @object: whose limit; a cgroup with a reference
 */
struct ff_hit {
	u64	seq;
	u8	scope;
	struct ff_object object;
};

int ff_journal_init(void);
void ff_journal_exit(void);
size_t ff_journal_bytes(void);
void ff_journal_lock(void);
void ff_journal_unlock(void);
void ff_journal_drain(void);
u64 ff_journal_overwritten(void);
u64 ff_journal_generation(void);
void ff_journal_changed(void);
unsigned int ff_journal_nr_events(void);
struct ff_event *ff_journal_event(unsigned int i);
unsigned int ff_journal_nr_sums(void);
struct ff_sum *ff_journal_sum(unsigned int i);
bool ff_journal_has_hit(void);
void ff_journal_take_hit(struct ff_hit *to);
void ff_journal_poll(struct file *file, struct poll_table_struct *wait);

#endif /* FORKFAIL_JOURNAL_H */
