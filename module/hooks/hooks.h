/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hooks.h - what runs when a function that is watched is entered
 */
#ifndef FORKFAIL_HOOKS_H
#define FORKFAIL_HOOKS_H

#include <linux/kprobes.h>

#include "compat/compat.h"

struct ftrace_ops;

void ff_step_entered(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
		     ff_regs *regs);
void ff_look_entered(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
		     ff_regs *regs);
void ff_witness_entered(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
			ff_regs *regs);
void ff_clone_entered(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
		      ff_regs *regs);
int ff_step_probed(struct kprobe *kp, struct pt_regs *regs);
int ff_witness_probed(struct kprobe *kp, struct pt_regs *regs);
int ff_clone_probed(struct kprobe *kp, struct pt_regs *regs);
int ff_fork_entered(struct kretprobe_instance *ri, struct pt_regs *regs);
int ff_fork_returned(struct kretprobe_instance *ri, struct pt_regs *regs);
long ff_hooks_no_room(void);

#endif /* FORKFAIL_HOOKS_H */
