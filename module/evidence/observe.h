/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * observe.h - takes the observation of a failing call and has it classified
 */
#ifndef FORKFAIL_OBSERVE_H
#define FORKFAIL_OBSERVE_H

#include <linux/sched.h>
#include <linux/types.h>

#include "rules/observation.h"

struct ff_call;

/* from hooks, in the task that forks */
void ff_observe_signal(void);

/* for functions that create tasks for the kernel itself */
bool ff_observe_creator(u8 kind, u64 flags);
void ff_observe_created(long err, bool failed);

bool ff_observe_returned(struct ff_call *c, long err);
void ff_observe_end(struct ff_call *c);

#endif /* FORKFAIL_OBSERVE_H */
