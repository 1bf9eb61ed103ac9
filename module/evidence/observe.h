/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * observe.h - reads kernel state when it tells something
 */
#ifndef FORKFAIL_OBSERVE_H
#define FORKFAIL_OBSERVE_H

#include <linux/sched.h>
#include <linux/types.h>

#include "rules/observation.h"

struct ff_call;
struct kernel_clone_args;

/* from hooks, in the task that forks */
void ff_observe_clone(const struct kernel_clone_args *args);
void ff_observe_step(u8 step);
void ff_observe_witness(u8 first, const unsigned long *arg);
void ff_observe_dead_child(const struct task_struct *p);
void ff_observe_signal(void);
void ff_observe_unseen_child(struct ff_call *c, u32 stage);

/* of the kernel's own creators */
bool ff_observe_creator(u8 kind, u64 flags);
void ff_observe_created(long err);

bool ff_observe_answer(struct ff_call *c, long err);
void ff_observe_end(struct ff_call *c);
u64 ff_observe_unasked(void);
u64 ff_observe_no_room(enum ff_step step);

#endif /* FORKFAIL_OBSERVE_H */
