/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * observe.h - reads kernel state when it tells something
 */
#ifndef FORKFAIL_OBSERVE_H
#define FORKFAIL_OBSERVE_H

#include <linux/sched.h>
#include <linux/types.h>

#include "rules/observation.h"

struct ff_cold;
struct ff_trail;
struct kernel_clone_args;

void ff_observe_clone(const struct kernel_clone_args *args);
void ff_observe_witness(struct ff_trail *t, u8 first, const unsigned long *arg);
void ff_observe_failure(struct ff_trail *t, long err);
void ff_observe_end(struct ff_cold *c);

#endif /* FORKFAIL_OBSERVE_H */
