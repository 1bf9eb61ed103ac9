/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * set_tid.h - PIDs that a call requests
 */
#ifndef FORKFAIL_SET_TID_H
#define FORKFAIL_SET_TID_H

#include <linux/types.h>

struct ff_arguments;
struct ff_failure;
struct kernel_clone_args;

void ff_read_set_tid(struct ff_arguments *a, const struct kernel_clone_args *args);
void ff_observe_set_tid(struct ff_failure *f, const struct ff_arguments *a, u8 cause);

#endif /* FORKFAIL_SET_TID_H */
