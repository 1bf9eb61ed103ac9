/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pollers.h - wakes readers that poll the files
 */
#ifndef FORKFAIL_POLLERS_H
#define FORKFAIL_POLLERS_H

#include <linux/types.h>

#include "evidence/payer.h"

struct file;
struct poll_table_struct;

int ff_pollers_init(void);
void ff_pollers_exit(void);
size_t ff_pollers_bytes(void);
u8 ff_pollers_queue(bool all, const struct ff_payer *payer);
u64 ff_pollers_generation(u8 queue);
bool ff_pollers_wait(u8 queue, struct file *file, struct poll_table_struct *wait);
void ff_pollers_news(kuid_t uid, const struct ff_payer *payer);
unsigned long ff_pollers_wake(void);

#endif /* FORKFAIL_POLLERS_H */
