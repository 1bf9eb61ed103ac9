/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * observe.h - reads kernel state when it tells something
 */
#ifndef FORKFAIL_OBSERVE_H
#define FORKFAIL_OBSERVE_H

#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "classify.h"

struct ff_cold;
struct ff_trail;
struct kernel_clone_args;

/*
 * When a PID namespace's init started; with the inode number it tells a
 * namespace from a later one that was given the same number.  Caller keeps the
 * namespace alive and holds the RCU read lock.
 */
static inline u64 ff_pidns_start(const struct pid_namespace *ns)
{
	const struct task_struct *init = READ_ONCE(ns->child_reaper);

	return init ? init->start_boottime : 0;
}

void ff_observe_clone(const struct kernel_clone_args *args);
void ff_observe_witness(struct ff_trail *t, u8 first, const unsigned long *arg);
void ff_observe_failure(struct ff_trail *t, long err);
void ff_observe_end(struct ff_cold *c);

#endif /* FORKFAIL_OBSERVE_H */
