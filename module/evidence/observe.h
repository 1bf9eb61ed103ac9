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

/* from hooks, in the task that forks */
void ff_observe_signal(void);

/* of the kernel's own creators */
bool ff_observe_creator(u8 kind, u64 flags);
void ff_observe_created(long err);

bool ff_observe_answer(struct ff_call *c, long err);
void ff_observe_end(struct ff_call *c);

#endif /* FORKFAIL_OBSERVE_H */
