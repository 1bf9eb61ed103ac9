/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dead_child.h - tells from a child that copy_process() gave up how far the call got
 */
#ifndef FORKFAIL_DEAD_CHILD_H
#define FORKFAIL_DEAD_CHILD_H

#include <linux/types.h>

#include "rules/observation.h"

struct ff_call;
struct task_struct;

void ff_observe_dead_child(const struct task_struct *p);
void ff_observe_unseen_child(struct ff_call *c, u32 stage);
u64 ff_observe_unasked(void);
void ff_observe_nameless(void);
u64 ff_observe_no_room(enum ff_step step);

#endif /* FORKFAIL_DEAD_CHILD_H */
