/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dead_child.h - how far copy_process() got with a child that it gave up
 */
#ifndef FORKFAIL_DEAD_CHILD_H
#define FORKFAIL_DEAD_CHILD_H

#include <linux/types.h>

struct task_struct;

u32 ff_dead_child_stage(const struct task_struct *p, u64 flags, bool flags_known);

#endif /* FORKFAIL_DEAD_CHILD_H */
