/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel_task_creators.h - return probes on functions that create the kernel's own tasks
 */
#ifndef FORKFAIL_KERNEL_TASK_CREATORS_H
#define FORKFAIL_KERNEL_TASK_CREATORS_H

#include <linux/types.h>

struct seq_file;

#define FF_NR_CREATORS	4U

int ff_creators_init(const char *skip);
void ff_creators_exit(void);
const char *ff_creators_name(unsigned int i);
void ff_creators_count(unsigned int *wanted, unsigned int *armed);
unsigned long ff_creators_missed(void);
bool ff_creators_unarmed(unsigned int *i, const char **name, const char **blind);
void ff_creators_show(struct seq_file *m);

#endif /* FORKFAIL_KERNEL_TASK_CREATORS_H */
