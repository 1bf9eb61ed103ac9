/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * restart.h - calls that restart again and again
 */
#ifndef FORKFAIL_RESTART_H
#define FORKFAIL_RESTART_H

#include <linux/compiler.h>
#include <linux/types.h>

struct ff_failure;

extern atomic_t ff_restarting;

bool ff_restart_is_often(struct ff_failure *f);
void ff_restart_forget(void);

/**
 * ff_restart_over - the running task's fork has succeeded
 *
 * From the return hook, on the way of every fork.
 */
static __always_inline void ff_restart_over(void)
{
	if (unlikely(atomic_read(&ff_restarting)))
		ff_restart_forget();
}

#endif /* FORKFAIL_RESTART_H */
