/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fork_syscall.h - which system call of the fork family the running task makes
 */
#ifndef FORKFAIL_FORK_SYSCALL_H
#define FORKFAIL_FORK_SYSCALL_H

#include <linux/types.h>

struct ff_clone3_args;

u8 ff_fork_syscall(int nr);
u8 ff_running_fork_syscall(void);
bool ff_fork_syscall_flags(u8 syscall, u64 *flags);
u8 ff_fork_kind(u64 flags);
void ff_clone3_read(struct ff_clone3_args *l);
bool ff_clone3_is_fine(void);

#endif /* FORKFAIL_FORK_SYSCALL_H */
