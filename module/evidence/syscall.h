/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * syscall.h - system calls that never reach copy_process()
 */
#ifndef FORKFAIL_SYSCALL_H
#define FORKFAIL_SYSCALL_H

#include <linux/sched.h>
#include <linux/thread_info.h>
#include <linux/types.h>

#include "compat/compat.h"

struct ff_call;

void ff_syscall_watch(bool supervisors, bool tracers);
void ff_syscall_unwatch(void);
void ff_syscall_unwatched(void);
u64 ff_syscall_fallbacks(void);
void ff_syscall_in_clone(void);
void ff_syscall_returned(struct ff_call *c, long err);
void ff_syscall_rewritten(struct ff_call *c, long err);
void ff_syscall_may_refuse(u8 cause);
int ff_syscall_init(void);

/* handlers of the hooks, in the calling task, with preemption disabled */
void ff_seccomp_entered(ff_regs *regs);
void ff_clone3_entered(ff_regs *regs);
void ff_notify_entered(ff_regs *regs);
void ff_stop_entered(ff_regs *regs);
void ff_stopping(ff_regs *regs);
void ff_exec_entered(ff_regs *regs);

/**
 * ff_syscall_cloned - kernel_clone() is entered
 *
 * From its entry hook, on every fork.  A call that is watched has a pending task_work, so
 * TIF_NOTIFY_RESUME is set.
 */
static __always_inline void ff_syscall_cloned(void)
{
	if (unlikely(test_thread_flag(TIF_NOTIFY_RESUME)))
		ff_syscall_in_clone();
}

#endif /* FORKFAIL_SYSCALL_H */
