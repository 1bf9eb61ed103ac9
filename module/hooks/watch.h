/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * watch.h - the hooks on the way through copy_process()
 */
#ifndef FORKFAIL_WATCH_H
#define FORKFAIL_WATCH_H

#include <linux/types.h>

struct seq_file;

/**
 * struct ff_watch_state - how well forkfail sees
 * @wanted: watch points that exist on this kernel or should
 * @armed: those that are hooked
 */
struct ff_watch_state {
	unsigned int wanted, armed;
};

extern struct ff_watch_state ff_watch;

int ff_watch_stacks(bool on);
bool ff_watch_stacks_on(void);
int ff_watch_init(const char *skip, bool verify, unsigned int maxactive);
void ff_watch_exit(void);
void ff_watch_show(struct seq_file *m);
bool ff_watch_unarmed(unsigned int *i, const char **name, const char **blind);

#endif /* FORKFAIL_WATCH_H */
