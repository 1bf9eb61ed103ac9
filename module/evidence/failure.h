/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * failure.h - what is known of a failure besides its cause
 */
#ifndef FORKFAIL_FAILURE_H
#define FORKFAIL_FAILURE_H

#include <linux/types.h>
#include <linux/uidgid.h>

struct cgroup;

/**
 * struct ff_object - whose limit it was
 * @cgrp: for a cgroup: a reference (by its self css); NULL later on, and else
 * @uid: for a user, or the creator of a user namespace
 * @inum: for namespaces: inode number, which is used again
 * @id: for cgroups and namespaces: what is not used again; 0 for what is neither
 * @level: for a PID namespace: its depth
 */
struct ff_object {
	struct cgroup	*cgrp;
	kuid_t		uid;
	u32		inum;
	u64		id;
	u8		level;
};

/**
 * struct ff_failure - one failure, on its way to the inbox
 * @err: negative errno that the caller gets
 * @kind: FORKFAIL_KIND_*
 * @step: ff_step, how far it got
 * @has_flags: @flags are known
 * @alloc: what could not be allocated, as the cause that names it; 0 unknown
 * @stack: FORKFAIL_STACK_*
 * @flags: clone flags
 * @syscall: FORKFAIL_SYSCALL_*
 * @signal: the signal that the task gets, or restarts for; 0 none
 * @restarts: how often the call has restarted, 0 if it is not about that
 * @since: boot time of the first of these
 * @first_in: id of a PID namespace that this failure left without its first task
 * @object: whose limit it was; a cgroup without a reference
 * @asker: the cgroup that asked, without a reference; NULL: that of the pids
 *	controller
 */
struct ff_failure {
	s32	err;
	u8	kind, step;
	bool	has_flags;
	u8	alloc, stack;
	u8	syscall, signal;
	u32	restarts;
	u64	since;
	u64	flags;
	u64	first_in;
	struct ff_object object;
	struct cgroup *asker;
};

#endif /* FORKFAIL_FAILURE_H */
