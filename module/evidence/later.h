/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * later.h - what a task does on its way back to user space, where it may sleep
 */
#ifndef FORKFAIL_LATER_H
#define FORKFAIL_LATER_H

#include <linux/types.h>

/* The most that one of them keeps until then. */
#define FF_LATER_BYTES	600

void *ff_later_claim(void);
bool ff_later_run(void *data, void (*run)(void *data));
void ff_later_wait(void);
size_t ff_later_bytes(void);

#endif /* FORKFAIL_LATER_H */
