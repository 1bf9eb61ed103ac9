/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * syswatch.h - the hooks on system calls that never reach copy_process()
 */
#ifndef FORKFAIL_SYSWATCH_H
#define FORKFAIL_SYSWATCH_H

#include <linux/types.h>

struct seq_file;

int ff_syswatch_init(const char *skip, bool clone_hooked);
void ff_syswatch_exit(void);
int ff_syswatch_switch(bool on);
bool ff_syswatch_on(void);
const char *ff_syswatch_name(unsigned int i);
void ff_syswatch_count(unsigned int *wanted, unsigned int *armed);
bool ff_syswatch_unarmed(unsigned int *i, const char **name, const char **blind);
void ff_syswatch_show(struct seq_file *m);

#endif /* FORKFAIL_SYSWATCH_H */
