/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * counts_by_cause.h - exact counts of failures by cause
 */
#ifndef FORKFAIL_COUNTS_BY_CAUSE_H
#define FORKFAIL_COUNTS_BY_CAUSE_H

#include <linux/types.h>

#include "../../uapi/forkfail.h"

#define FF_NR_CAUSES	128	/* more than there are; a cause's number is a byte */

/*
 * Failures of the kernel's own threads and workers have a count of their own, and so have
 * the calls of "forkfail selftest".
 */
#define FF_COUNT_INTERNAL	(FF_NR_CAUSES - 1)
#define FF_COUNT_SELFTEST	(FF_NR_CAUSES - 2)

/*
 * No program's system call fails because of these.  A vhost worker is different: the ioctl
 * that creates it fails.
 */
static inline bool ff_is_internal(u8 kind)
{
	return kind == FORKFAIL_KIND_KTHREAD || kind == FORKFAIL_KIND_IO_WORKER;
}

/**
 * ff_count_of - get the count that a failure belongs to
 * @cause: its cause
 * @kind: FORKFAIL_KIND_*
 *
 * Return: @cause, or one of FF_COUNT_* if no program has failed.
 */
static inline u8 ff_count_of(u8 cause, u8 kind)
{
	if (kind == FORKFAIL_KIND_SELFTEST)
		return FF_COUNT_SELFTEST;
	return ff_is_internal(kind) ? FF_COUNT_INTERNAL : cause;
}

int ff_counts_init(void);
void ff_counts_exit(void);
size_t ff_counts_cpu_bytes(void);
void ff_count(u8 cause, u8 kind);
void ff_counts_read(u64 *to);

#endif /* FORKFAIL_COUNTS_BY_CAUSE_H */
