/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * inbox.h - records that handlers leave for the journal
 */
#ifndef FORKFAIL_INBOX_H
#define FORKFAIL_INBOX_H

#include <linux/sched.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "evidence/failure.h"
#include "rules/observation.h"

struct ff_payer;

/* How many levels of PID namespaces a record has PIDs for, from the initial one down. */
#define FF_PID_LEVELS	6

/**
 * struct ff_who - the task whose call failed
 * @pid: its PID in the initial PID namespace
 * @tgid: its TGID in the initial PID namespace
 * @uid: its real uid
 * @comm: its command name
 * @threads: how many threads its process has, if tasks or PIDs ran out; 0 otherwise
 * @levels: how many of @numbers are valid; level 0 is the initial namespace
 * @numbers: at each level, inode number of the namespace, start time of its init, and the
 *	task's PID and TGID there
 * @pidns: inode number of its own PID namespace, however deep
 * @userns: inode number of its user namespace
 */
struct ff_who {
	pid_t	pid, tgid;
	kuid_t	uid;
	char	comm[TASK_COMM_LEN];
	u32	threads;
	u8	levels;
	struct {
		u32	inum;
		pid_t	pid, tgid;
		u64	init_start;
		/* without a hole: there are many of these */
	} __packed __aligned(4) numbers[FF_PID_LEVELS];
	u32	pidns, userns;
};

/**
 * struct ff_record - one failure
 * @time: boot time, nanoseconds
 * @f: what is known about it, with references to its cgroups
 * @verdict: its cause
 * @who: the task
 */
struct ff_record {
	u64	time;
	struct ff_failure f;
	struct ff_verdict verdict;
	struct ff_who who;
};

/**
 * struct ff_more - who is charged for a record, and further failures that were counted on it
 * @payer: who is charged
 * @key: equal for failures that are merged
 * @base: like @key, but without the process
 * @repeat: how many further failures
 * @last: boot time of the last failure
 * @in_use: usage at the last failure
 */
struct ff_more {
	const struct ff_payer *payer;
	u32	key, base;
	u64	repeat;
	u64	last;
	s64	in_use;
};

int ff_inbox_init(void);
void ff_inbox_exit(void);
size_t ff_inbox_bytes(void);

/* from the handlers */
struct ff_record *ff_inbox_begin(u32 key, u32 base, const struct ff_payer *payer,
				 const struct ff_verdict *v);
void ff_inbox_commit(struct ff_record *r);
void ff_inbox_raise(void);

/* from tasks */
bool ff_inbox_wait(unsigned long timeout);
void ff_inbox_lower(void);
bool ff_inbox_take(u64 until, void (*take)(struct ff_record *r, const struct ff_more *more));
u64 ff_inbox_lost(void);

#endif /* FORKFAIL_INBOX_H */
