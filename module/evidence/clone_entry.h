/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clone_entry.h - what is done when kernel_clone() is entered
 */
#ifndef FORKFAIL_CLONE_ENTRY_H
#define FORKFAIL_CLONE_ENTRY_H

#include <linux/types.h>

struct ff_call;
struct ff_note;
struct kernel_clone_args;
struct pid_namespace;

void ff_observe_clone(const struct kernel_clone_args *args);
void ff_observe_step(u8 step);
void ff_find_arguments(struct ff_call *c, const struct kernel_clone_args *args);
bool ff_note_namespaces(struct ff_note *n, const struct pid_namespace *ns);

#endif /* FORKFAIL_CLONE_ENTRY_H */
