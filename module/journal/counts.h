/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * counts.h - how many failures of each cause there were
 */
#ifndef FORKFAIL_COUNTS_H
#define FORKFAIL_COUNTS_H

#include <linux/types.h>

#include "../../uapi/forkfail.h"

#define FF_NR_CAUSES	128	/* room for more; a cause's number is a byte */

/* Counted apart: threads and workers that the kernel wanted for itself. */
#define FF_COUNT_INTERNAL	(FF_NR_CAUSES - 1)

/*
 * No call of a program fails with them.  A vhost worker is another matter: the ioctl
 * that wants it does.
 */
static inline bool ff_is_internal(u8 kind)
{
	return kind == FORKFAIL_KIND_KTHREAD || kind == FORKFAIL_KIND_IO_WORKER;
}

int ff_counts_init(void);
void ff_counts_exit(void);
size_t ff_counts_cpu_bytes(void);
void ff_count(u8 cause, u8 kind);
void ff_counts_read(u64 *to);

#endif /* FORKFAIL_COUNTS_H */
