/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * second_look.h - what copy_process() returned, against what the dead child told
 */
#ifndef FORKFAIL_SECOND_LOOK_H
#define FORKFAIL_SECOND_LOOK_H

#include <linux/types.h>

struct ff_call;
struct seq_file;

void ff_second_look(long err);
void ff_second_look_inside(u8 step);
void ff_second_look_answer(const struct ff_call *c, long err);
u64 ff_second_look_disagreed(void);
void ff_second_look_show(struct seq_file *m);

#endif /* FORKFAIL_SECOND_LOOK_H */
