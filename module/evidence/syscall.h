/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * syscall.h - system calls that never reach copy_process()
 */
#ifndef FORKFAIL_SYSCALL_H
#define FORKFAIL_SYSCALL_H

#include <linux/sched.h>
#include <linux/types.h>

#include "compat/compat.h"

struct ff_call;

void ff_syscall_watch(bool supervisors, bool tracers);
void ff_syscall_unwatch(void);
void ff_syscall_unwatched(void);
u64 ff_syscall_fallbacks(void);
void ff_syscall_returned(struct ff_call *c, long err);
void ff_syscall_rewritten(struct ff_call *c, long err);
void ff_syscall_may_refuse(u8 cause);
int ff_syscall_init(void);

/* handlers of the hooks, in the calling task */
void ff_seccomp_entered(ff_regs *regs);
void ff_clone3_entered(ff_regs *regs);
void ff_notify_entered(ff_regs *regs);
void ff_stop_entered(ff_regs *regs);
void ff_stopping(ff_regs *regs);
void ff_exec_entered(ff_regs *regs);

#endif /* FORKFAIL_SYSCALL_H */
