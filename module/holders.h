/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * holders.h - who holds what ran out
 */
#ifndef FORKFAIL_HOLDERS_H
#define FORKFAIL_HOLDERS_H

#include <linux/types.h>

struct ff_object;
struct ff_verdict;

int ff_holders_init(void);
void ff_holders_exit(void);
size_t ff_holders_bytes(void);
void ff_holders_want(u64 seq, const struct ff_verdict *v, const struct ff_object *obj);
bool ff_holders_wanted(void);
void ff_holders_count(void);
void ff_holders_forget(void);

#endif /* FORKFAIL_HOLDERS_H */
