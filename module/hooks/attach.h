/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach.h - installs and removes the hooks on the watch points
 */
#ifndef FORKFAIL_ATTACH_H
#define FORKFAIL_ATTACH_H

#include <linux/types.h>

struct seq_file;

/**
 * struct ff_hooks_state - how many watch points are armed
 * @wanted: points that this kernel has or should have, less those switched off
 * @armed: points that are hooked
 */
struct ff_hooks_state {
	unsigned int wanted, armed;
};

extern struct ff_hooks_state ff_watch;

int ff_hooks_init(const char *skip, bool verify, unsigned int maxactive);
int ff_hooks_enable(void);
void ff_hooks_exit(void);
void ff_hooks_show(struct seq_file *m);
bool ff_hooks_unarmed(unsigned int *i, const char **name, const char **blind);

#endif /* FORKFAIL_ATTACH_H */
