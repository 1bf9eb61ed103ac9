/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * switches.h - stacks= and syscalls=: hooks that can be switched off and on
 */
#ifndef FORKFAIL_SWITCHES_H
#define FORKFAIL_SWITCHES_H

#include <linux/types.h>

struct ff_point;
struct ftrace_ops;

enum ff_switch {
	FF_SWITCH_STACKS,
	FF_SWITCH_SYSCALLS,
	FF_NR_SWITCHES
};

int ff_switches_init(struct ftrace_ops *point_ops, struct ftrace_ops *syscall_ops,
		     void (*count)(void));
void ff_switches_count(void);
void ff_switches_exit(void);
int ff_switch(enum ff_switch which, bool on);
bool ff_switch_is_on(enum ff_switch which);
bool ff_is_switched_off(const struct ff_point *p);

#endif /* FORKFAIL_SWITCHES_H */
