/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * syscall.h - system calls that never reach copy_process()
 */
#ifndef FORKFAIL_SYSCALL_H
#define FORKFAIL_SYSCALL_H

#include <linux/sched.h>
#include <linux/thread_info.h>
#include <linux/types.h>

#include "compat.h"

struct ftrace_ops;
struct seq_file;

/* syswatch.c */
int ff_syscall_init(const char *skip, bool clone_hooked);
void ff_syscall_exit(void);
int ff_syscall_switch(bool on);
bool ff_syscall_on(void);
void ff_syscall_count(unsigned int *wanted, unsigned int *armed);
bool ff_syscall_unarmed(unsigned int *i, const char **name, const char **blind);
void ff_syscall_show(struct seq_file *m);

/* syscall.c */
int ff_calls_init(void);
void ff_calls_exit(void);
void ff_calls_watch(bool supervisors, bool tracers);
void ff_calls_unwatch(void);
size_t ff_syscall_bytes(void);
u64 ff_syscall_missed(void);
u64 ff_syscall_fallbacks(void);
void ff_syscall_in_clone(void);
void ff_syscall_has_failed(void);

/* its hooks: entry handlers of ftrace, in the task whose call it is */
void ff_seccomp_entered(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
			ff_regs *regs);
void ff_clone3_entered(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
		       ff_regs *regs);
void ff_notify_entered(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
		       ff_regs *regs);
void ff_stop_entered(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
		     ff_regs *regs);
void ff_stopping(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
		 ff_regs *regs);
void ff_exec_entered(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
		     ff_regs *regs);

/**
 * ff_syscall_cloned - kernel_clone() is entered
 *
 * From its entry hook, on the way of every fork.  A call that is watched has a
 * task_work pending, which this flag says of.
 */
static __always_inline void ff_syscall_cloned(void)
{
	if (unlikely(test_thread_flag(TIF_NOTIFY_RESUME)))
		ff_syscall_in_clone();
}

#endif /* FORKFAIL_SYSCALL_H */
