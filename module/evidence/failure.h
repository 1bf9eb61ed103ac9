/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * failure.h - what is known about a failure besides its cause
 */
#ifndef FORKFAIL_FAILURE_H
#define FORKFAIL_FAILURE_H

#include <linux/sched.h>
#include <linux/types.h>
#include <linux/uidgid.h>

struct cgroup;

/**
 * struct ff_object - the object whose limit it was
 * @cgrp: for a cgroup, until the failure becomes an event; NULL otherwise
 * @uid: for a user; for a user namespace, its creator
 * @inum: for a namespace, its inode number, which may be reused
 * @id: for a cgroup or namespace, an id that is not reused; 0 otherwise
 * @level: for a PID namespace, its depth
 */
struct ff_object {
	struct cgroup	*cgrp;
	kuid_t		uid;
	u32		inum;
	u64		id;
	u8		level;
};

/**
 * struct ff_taker - who has a PID that somebody else requested
 * @state: FORKFAIL_TAKEN_*
 * @tgid: the process, by its PID in the initial PID namespace
 * @parent: the parent of a zombie, likewise
 * @comm: the name of the task
 */
struct ff_taker {
	u8	state;
	pid_t	tgid, parent;
	char	comm[TASK_COMM_LEN];
};

/**
 * struct ff_failure - one failure, on its way to the inbox
 * @err: negative errno that the caller gets
 * @kind: FORKFAIL_KIND_*
 * @step: enum ff_step, how far the call got
 * @has_flags: @flags are known
 * @alloc: what could not be allocated, as the cause that names it; 0 if unknown
 * @stack: FORKFAIL_STACK_*
 * @flags: clone flags
 * @syscall: FORKFAIL_SYSCALL_*
 * @signal: the signal that kills the task, or that the call restarts for; 0 if none
 * @restarts: how often the call has restarted, if that is the failure; 0 otherwise
 * @since: boot time of the first restart
 * @first_in: id of a PID namespace that this failure left without its first task
 * @hard: the process's hard limit, if its soft limit refused; U64_MAX if it is unlimited,
 *	0 if no soft limit refused
 * @has_set_tid: @set_tid is known
 * @set_tid: the requested PID that could not be had
 * @taker: who has it
 * @object: the object whose limit it was; a reference is held only in the inbox
 * @asker: cgroup of the caller, with a reference only in the inbox; NULL: take that of
 *	the pids controller
 */
struct ff_failure {
	s32	err;
	u8	kind, step;
	bool	has_flags, has_set_tid;
	u8	alloc, stack;
	u8	syscall, signal;
	u32	restarts;
	u64	since;
	u64	flags;
	u64	first_in;
	u64	hard;
	pid_t	set_tid;
	struct ff_taker taker;
	struct ff_object object;
	struct cgroup *asker;
};

#endif /* FORKFAIL_FAILURE_H */
