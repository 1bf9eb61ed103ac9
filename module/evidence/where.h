/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * where.h - what was being allocated, from the stack of the allocation
 */
#ifndef FORKFAIL_WHERE_H
#define FORKFAIL_WHERE_H

#include <linux/types.h>

int ff_where_init(void);
u8 ff_where(u8 *step);

#endif /* FORKFAIL_WHERE_H */
