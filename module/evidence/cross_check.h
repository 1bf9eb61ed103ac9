/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cross_check.h - compares what copy_process() returned with the dead child's fields
 */
#ifndef FORKFAIL_CROSS_CHECK_H
#define FORKFAIL_CROSS_CHECK_H

#include <linux/types.h>

struct ff_call;
struct ff_observation;
struct seq_file;

void ff_cross_check(long err);
void ff_cross_check_inside(u8 step);
void ff_cross_check_returned(const struct ff_call *c, long err);
bool ff_cross_check_errno(const struct ff_observation *o, const struct ff_call *c);
u32 ff_cross_check_unconfirmed(void);
u64 ff_cross_check_disagreed(void);
void ff_cross_check_show(struct seq_file *m);

#endif /* FORKFAIL_CROSS_CHECK_H */
