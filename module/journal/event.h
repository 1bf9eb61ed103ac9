/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event.h - the journal's events and sums
 */
#ifndef FORKFAIL_EVENT_H
#define FORKFAIL_EVENT_H

#include <linux/types.h>

#include "journal/fair_share.h"
#include "journal/inbox.h"

#define FF_EVENTS	112
#define FF_SUMS		48
#define FF_PATH_LEN	256
#define FF_GROUPS	3
#define FF_HOLDER_LEN	128

/**
 * struct ff_holders - who holds a limit on tasks, as far as one walk has seen
 * @counted: how many tasks were counted, 0 if there was no walk
 * @complete: all tasks were counted
 * @groups: the processes that have most tasks, the largest first; unused ones have none
 * @command: the name that most processes share, if there are several and they have more
 *	tasks than any single process
 * @zombies: the parent that has most zombies, if it has several, and how many
 * @uid: the user that has most tasks
 * @uid_tasks: how many
 * @cgroup_tasks: how many the cgroup has that has most
 * @cgroup: its path, from the root; a longer one is not stored
 *
 * PIDs are those of the initial PID namespace.
 */
struct ff_holders {
	u32 counted;
	bool complete;
	struct ff_holder {
		pid_t tgid;
		u32 tasks;
		char comm[TASK_COMM_LEN];
	} groups[FF_GROUPS], command, zombies;
	kuid_t uid;
	u32 uid_tasks, cgroup_tasks;
	char cgroup[FF_HOLDER_LEN];
};

/**
 * struct ff_event - one line of the log
 * @claim: who is charged for it; its age is @seq
 * @seq: its sequence number
 * @uid_seq: its sequence number among the events of the same uid
 * @real: real time of the first failure
 * @last: boot time of the last failure
 * @last_real: real time of the last failure
 * @in_use: usage at the last failure
 * @change: serial number of its last change, counted for all events
 * @repeat: how many failures were merged into it after the first
 * @key: equal for failures that are merged
 * @base: like @key, but without the process
 * @r: the first failure; its references were dropped
 * @first_cause: cause of an earlier failure that led to this one, 0 if none
 * @first_seq: the earlier failure's sequence number
 * @object_path: path of the cgroup whose limit it was, from the root
 * @asker_path: path of the failing task's cgroup, from the root
 * @holders: who holds most of what ran out
 */
struct ff_event {
	struct ff_claim claim;
	u64	seq, uid_seq;
	u64	real;
	u64	last, last_real;
	s64	in_use;
	u64	change;
	u64	repeat;
	u32	key, base;
	struct ff_record r;
	u64	first_seq;
	char	object_path[FF_PATH_LEN];
	char	asker_path[FF_PATH_LEN];
	struct ff_holders holders;
	u8	first_cause;
};

/**
 * struct ff_sum - number of failures for one cause and object
 * @claim: who is charged for it; nobody if several payers have failed; its age is @last
 * @cause: FORKFAIL_*
 * @scope: FORKFAIL_SCOPE_*
 * @unit: FORKFAIL_UNIT_* of @limit and @in_use
 * @has_limit: @limit and @in_use are known
 * @err: errno of the last failure
 * @count: how many failures
 * @last: boot time of the last failure
 * @limit: limit at the last failure
 * @in_use: usage at the last failure
 * @object: the object whose limit it was; no reference
 * @object_path: path of its cgroup, from the root
 * @tgid: the process that failed last, as its TGID in the initial PID namespace
 * @comm: that process's command name
 * @logged: boot time of its last line in the kernel log, 0 if there was none
 * @unlogged: failures since that line
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
 * struct ff_brief - those fields of an event by which events are chosen for the page
 * @claim: that of the event; its age is the sequence number
 * @scope: FORKFAIL_SCOPE_* of @object
 * @kind: FORKFAIL_KIND_*
 * @count: how many failures the event stands for
 * @last: boot time of the last failure
 * @uid: the failing task's real uid
 * @off: by how much the count of its holders differs from the usage, U32_MAX if there is none
 * @object: the object whose limit it was; no reference
 * @limit: the limit, -1 if there is none
 */
struct ff_brief {
	struct ff_claim claim;
	u8	scope, kind;
	u64	count, last;
	kuid_t	uid;
	u32	off;
	struct ff_object object;
	s64	limit;
};

#endif /* FORKFAIL_EVENT_H */
