/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * journal.h - counters, the inbox, and the events that are held
 */
#ifndef FORKFAIL_JOURNAL_H
#define FORKFAIL_JOURNAL_H

#include <linux/sched.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "classify.h"

struct cgroup;
struct poll_table_struct;
struct file;

#define FF_NR_CAUSES	128	/* room for more; a cause's number is a byte */

/* Counted apart: threads and workers that the kernel wanted for itself. */
#define FF_COUNT_INTERNAL	(FF_NR_CAUSES - 1)

/* A task's numbers in the PID namespaces that it is in, innermost last. */
#define FF_PID_LEVELS	6

/**
 * struct ff_who - the task that asked
 * @pid: its number in the initial PID namespace
 * @tgid: its process's
 * @uid: real uid
 * @comm: its name
 * @levels: how many of @numbers are valid; level 0 is the initial namespace
 * @numbers: namespace (inode number and start time of its init) and number there
 * @pidns: inode number of its PID namespace, however deep
 * @userns: inode number of its user namespace
 */
struct ff_who {
	pid_t	pid, tgid;
	kuid_t	uid;
	char	comm[TASK_COMM_LEN];
	u8	levels;
	struct {
		u32	inum;
		pid_t	pid, tgid;
		u64	init_start;
	} numbers[FF_PID_LEVELS];
	u32	pidns, userns;
};

/**
 * struct ff_object - whose limit it was
 * @cgrp: for a cgroup: a reference (by its self css); NULL later on, and else
 * @uid: for a user, or the creator of a user namespace
 * @inum: for namespaces: inode number
 * @level: for a PID namespace: its depth
 */
struct ff_object {
	struct cgroup	*cgrp;
	kuid_t		uid;
	u32		inum;
	u8		level;
};

/**
 * struct ff_record - one failure, as the handler saw it
 * @time: real time, nanoseconds
 * @err: negative errno
 * @flags: clone flags
 * @kind: FORKFAIL_KIND_*
 * @step: ff_step
 * @has_flags: @flags are known, and with them @kind
 * @alloc: what could not be allocated, as the cause that names it; 0 unknown
 * @stack: FORKFAIL_STACK_*; @kind is known if it is one
 * @syscall: FORKFAIL_SYSCALL_*
 * @signal: the signal that the task gets, or restarts for; 0 none
 * @restarts: how often the call has restarted, 0 if it is not about that
 * @since: real time of the first of these
 * @first_in: a PID namespace that this failure left without its first task
 * @verdict: why
 * @who: the task
 * @object: whose limit
 * @asker: the cgroup of the task, with a reference; may be NULL
 */
struct ff_record {
	u64	time;
	s32	err;
	u64	flags;
	u8	kind, step;
	bool	has_flags;
	u8	alloc, stack;
	u8	syscall, signal;
	u32	restarts;
	u64	since;
	u32	first_in;
	struct ff_verdict verdict;
	struct ff_who who;
	struct ff_object object;
	struct cgroup *asker;
};

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

int ff_journal_init(void);
void ff_journal_exit(void);
size_t ff_journal_bytes(void);
size_t ff_journal_cpu_bytes(void);

/* from the handlers */
void ff_journal_count(u8 cause, u8 kind);
struct ff_record *ff_journal_begin(u32 key, u32 base);
void ff_journal_commit(struct ff_record *r);
void ff_journal_raise(void);

/* from tasks */
void ff_journal_lock(void);
void ff_journal_unlock(void);
void ff_journal_drain(void);
u64 ff_journal_total(u8 cause);
u64 ff_journal_lost(void);
u64 ff_journal_overwritten(void);
u64 ff_journal_generation(void);
void ff_journal_changed(void);
unsigned int ff_journal_nr_events(void);
struct ff_event *ff_journal_event(unsigned int i);
unsigned int ff_journal_nr_sums(void);
struct ff_sum *ff_journal_sum(unsigned int i);
void ff_journal_poll(struct file *file, struct poll_table_struct *wait);

#endif /* FORKFAIL_JOURNAL_H */
