/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * thread_stack.h - thread stacks that the kernel refuses to map
 */
#ifndef FORKFAIL_THREAD_STACK_H
#define FORKFAIL_THREAD_STACK_H

#include "compat/compat.h"

struct ff_call;

void ff_stack_mmap_entered(ff_regs *regs);
void ff_stack_mprotect_entered(ff_regs *regs);
void ff_stack_returned(struct ff_call *c, long err);
unsigned long ff_stack_forgotten(void);
size_t ff_stack_bytes(void);

#endif /* FORKFAIL_THREAD_STACK_H */
