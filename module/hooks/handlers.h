/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * handlers.h - what runs when a hooked function is entered
 */
#ifndef FORKFAIL_HANDLERS_H
#define FORKFAIL_HANDLERS_H

#include <linux/kprobes.h>

#include "compat/compat.h"

struct ftrace_ops;

void ff_point_entered(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
		      ff_regs *regs);
void ff_syscall_entered(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
			ff_regs *regs);
int ff_point_probed(struct kprobe *kp, struct pt_regs *regs);
void ff_handlers_init(void);

#endif /* FORKFAIL_HANDLERS_H */
