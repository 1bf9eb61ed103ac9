/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * inbox.h - what handlers leave for the journal
 */
#ifndef FORKFAIL_INBOX_H
#define FORKFAIL_INBOX_H

#include <linux/sched.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "evidence/failure.h"
#include "evidence/payer.h"
#include "rules/observation.h"

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
 * @payer: on whose account its failures are
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
	struct ff_payer payer;
};

/**
 * struct ff_record - one failure, as the handler saw it
 * @time: boot time, nanoseconds
 * @f: what is known of it; its cgroups with a reference
 * @verdict: why
 * @who: the task
 */
struct ff_record {
	u64	time;
	struct ff_failure f;
	struct ff_verdict verdict;
	struct ff_who who;
};

/**
 * struct ff_more - what a record stands for beyond its failure
 * @key: the same for failures that belong together
 * @base: the same without the process
 * @repeat: how many more failures
 * @last: boot time of the last of all
 * @in_use: the usage at the last of all
 */
struct ff_more {
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
