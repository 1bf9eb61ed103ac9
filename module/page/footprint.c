// SPDX-License-Identifier: GPL-2.0-only
/*
 * footprint.c - how much memory forkfail takes: all of it is taken at load
 */
#include <linux/kernel.h>

#include "journal/counts.h"
#include "page/footprint.h"
#include "journal/holders.h"
#include "journal/inbox.h"
#include "journal/journal.h"
#include "journal/pollers.h"
#include "journal/sums.h"
#include "evidence/later.h"
#include "evidence/stack.h"
#include "evidence/syscall.h"
#include "evidence/trail.h"
#include "hooks/watch.h"

const struct ff_footprint ff_footprints[] = {
	{ "trails", ff_trail_bytes },
	{ "returns", ff_watch_bytes },
	{ "inbox", ff_inbox_bytes },
	{ "journal", ff_journal_bytes },
	{ "sums", ff_sums_bytes },
	{ "pollers", ff_pollers_bytes },
	{ "holders", ff_holders_bytes },
	{ "later", ff_later_bytes },
	{ "stacks", ff_stack_bytes },
	{ "syscalls", ff_syscall_bytes },
	{ }
};

/**
 * ff_footprint_bytes - memory that is taken once
 *
 * Any context, once the module is loaded.
 *
 * Return: bytes.
 */
size_t ff_footprint_bytes(void)
{
	const struct ff_footprint *f;
	size_t sum = 0;

	for (f = ff_footprints; f->name; f++)
		sum += f->bytes();
	return sum;
}

/**
 * ff_footprint_cpu_bytes - memory that is taken on each possible CPU
 *
 * Any context, once the module is loaded.
 *
 * Return: bytes.
 */
size_t ff_footprint_cpu_bytes(void)
{
	return ff_counts_cpu_bytes() + ff_watch_cpu_bytes();
}
