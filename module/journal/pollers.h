/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pollers.h - wakes readers that poll the files
 */
#ifndef FORKFAIL_POLLERS_H
#define FORKFAIL_POLLERS_H

#include <linux/types.h>

#define FF_POLLERS_OWN	256		/* open files of those who see only their own */
#define FF_POLLERS_ALL	FF_POLLERS_OWN	/* the queue of those who see everything */

struct ff_event;
struct file;
struct poll_table_struct;

int ff_pollers_init(void);
void ff_pollers_exit(void);
size_t ff_pollers_bytes(void);
void ff_pollers_open(unsigned int queue, const void *who,
		     bool (*sees)(const void *who, const struct ff_event *e));
void ff_pollers_close(unsigned int queue);
bool ff_pollers_wait(unsigned int queue, struct file *file, struct poll_table_struct *wait);
void ff_pollers_news(const struct ff_event *e);
unsigned long ff_pollers_wake(void);

#endif /* FORKFAIL_POLLERS_H */
