/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * holders.h - counts who holds most of what ran out
 */
#ifndef FORKFAIL_HOLDERS_H
#define FORKFAIL_HOLDERS_H

#include <linux/types.h>

int ff_holders_init(void);
void ff_holders_exit(void);
size_t ff_holders_bytes(void);
unsigned long ff_holders_count(void);

#endif /* FORKFAIL_HOLDERS_H */
