/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * syscall_hooks.h - the hooks for calls that never reach copy_process()
 */
#ifndef FORKFAIL_SYSCALL_HOOKS_H
#define FORKFAIL_SYSCALL_HOOKS_H

#include <linux/types.h>

struct seq_file;

int ff_syscall_hooks_register(void);
int ff_syscall_hooks_init(const char *skip, bool clone_hooked);
void ff_syscall_hooks_exit(void);
int ff_syscall_hooks_switch(bool on);
bool ff_syscall_hooks_on(void);
const char *ff_syscall_hooks_name(unsigned int i);
void ff_syscall_hooks_count(unsigned int *wanted, unsigned int *armed);
bool ff_syscall_hooks_unarmed(unsigned int *i, const char **name, const char **blind);
void ff_syscall_hooks_show(struct seq_file *m);

#endif /* FORKFAIL_SYSCALL_HOOKS_H */
