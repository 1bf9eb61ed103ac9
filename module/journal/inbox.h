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
 * struct ff_record - one failure, as the handler saw it
 * @time: real time, nanoseconds
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

int ff_inbox_init(void);
void ff_inbox_exit(void);
size_t ff_inbox_bytes(void);

/* from the handlers */
struct ff_record *ff_inbox_begin(u32 key, u32 base);
void ff_inbox_commit(struct ff_record *r);
void ff_inbox_raise(void);

/* from tasks */
bool ff_inbox_wait(unsigned long timeout);
void ff_inbox_lower(void);
void ff_inbox_take(void (*take)(struct ff_record *r, u32 key, u32 base, u64 more, u64 last));
u64 ff_inbox_lost(void);

#endif /* FORKFAIL_INBOX_H */
