/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * restart_loop.h - calls that restart again and again
 */
#ifndef FORKFAIL_RESTART_LOOP_H
#define FORKFAIL_RESTART_LOOP_H

#include <linux/compiler.h>
#include <linux/types.h>

struct ff_failure;

extern atomic_t ff_restarting;

bool ff_restart_is_often(struct ff_failure *f);
void ff_restart_forget(void);
void ff_restart_expire(void);
void ff_restart_watch(void);

/**
 * ff_restart_watched - has the call of any task restarted?
 *
 * Runs on every fork, so it is short.
 */
static __always_inline bool ff_restart_watched(void)
{
	return unlikely(atomic_read(&ff_restarting));
}

#endif /* FORKFAIL_RESTART_LOOP_H */
