/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sums_by_object.h - numbers of failures by cause and object
 */
#ifndef FORKFAIL_SUMS_BY_OBJECT_H
#define FORKFAIL_SUMS_BY_OBJECT_H

#include <linux/types.h>

struct ff_event;
struct ff_more;
struct ff_record;
struct ff_sum;

int ff_sums_init(void);
void ff_sums_exit(void);
size_t ff_sums_bytes(void);
void ff_sums_add(const struct ff_event *e, const struct ff_record *r, const struct ff_more *more);
unsigned int ff_sums_nr(void);
unsigned int ff_sums_copy(struct ff_sum *to);
bool ff_sums_unlogged(u64 now, u64 quiet, struct ff_sum *to);

#endif /* FORKFAIL_SUMS_BY_OBJECT_H */
