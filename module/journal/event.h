/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event.h - what the journal holds
 */
#ifndef FORKFAIL_EVENT_H
#define FORKFAIL_EVENT_H

#include <linux/types.h>

#include "journal/fair_share.h"
#include "journal/inbox.h"

#define FF_EVENTS	112
#define FF_SUMS		48
#define FF_PATH_LEN	256
#define FF_HOLDERS_LEN	192

/**
 * struct ff_event - one line of the log
 * @claim: on whose account it is held; its age is @seq
 * @seq: its number
 * @uid_seq: its number among those of the same uid
 * @real: real time of the first failure
 * @last: boot time of the last failure that it stands for
 * @last_real: its real time
 * @in_use: the usage at the last failure
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
	struct ff_claim claim;
	u64	seq, uid_seq;
	u64	real;
	u64	last, last_real;
	s64	in_use;
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
 * @claim: on whose account it is held, nobody's if several have met it; its age
 *	is @last
 * @cause: FORKFAIL_*
 * @scope: FORKFAIL_SCOPE_*
 * @unit: FORKFAIL_UNIT_* of @limit and @in_use
 * @has_limit: they are known
 * @err: errno of the last failure
 * @count: how many failures
 * @last: boot time of the last
 * @limit: at the last
 * @in_use: at the last
 * @object: whose limit; no reference
 * @object_path: path of its cgroup, from the root
 * @tgid: a process that met it lately, by its number in the initial PID namespace
 * @comm: its name
 * @logged: boot time when a line of the kernel log was about it, 0 never
 * @unlogged: failures since
 */
struct ff_sum {
	struct ff_claim claim;
	u8	cause;
	u8	scope, unit;
	bool	has_limit;
	s32	err;
	u64	count, last;
	s64	limit, in_use;
	struct ff_object object;
	char	object_path[FF_PATH_LEN];
	pid_t	tgid;
	char	comm[TASK_COMM_LEN];
	u64	logged;
	u64	unlogged;
};

/**
 * struct ff_brief - what is looked at of all events, to choose from them
 * @claim: of the event; its age is its number
 * @scope: FORKFAIL_SCOPE_* of @object
 * @kind: FORKFAIL_KIND_*
 * @count: failures that it stands for
 * @last: boot time of the last of them
 * @object: whose limit; no reference
 * @weight: ff_fair_weight(), while some of them are chosen
 */
struct ff_brief {
	struct ff_claim claim;
	u8	scope, kind;
	u64	count, last;
	struct ff_object object;
	u64	weight;
};

#endif /* FORKFAIL_EVENT_H */
