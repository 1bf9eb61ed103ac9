// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory_usage.c - how much memory forkfail uses, all of it allocated at load
 */
#include <linux/kernel.h>

#include "evidence/clone_note.h"
#include "evidence/failing_call.h"
#include "evidence/thread_stack.h"
#include "journal/counts_by_cause.h"
#include "journal/holders.h"
#include "journal/inbox.h"
#include "journal/journal.h"
#include "journal/pollers.h"
#include "journal/sums_by_object.h"
#include "page/memory_usage.h"

const struct ff_memory_usage ff_memory_usages[] = {
	{ "calls", ff_call_bytes },
	{ "notes", ff_note_bytes },
	{ "inbox", ff_inbox_bytes },
	{ "journal", ff_journal_bytes },
	{ "sums", ff_sums_bytes },
	{ "pollers", ff_pollers_bytes },
	{ "holders", ff_holders_bytes },
	{ "stacks", ff_stack_bytes },
	{ }
};

/**
 * ff_memory_bytes - how much memory is used in all, except per CPU
 *
 * Once the module is loaded.
 *
 * Return: bytes.
 */
size_t ff_memory_bytes(void)
{
	const struct ff_memory_usage *f;
	size_t sum = 0;

	for (f = ff_memory_usages; f->name; f++)
		sum += f->bytes();
	return sum;
}

/**
 * ff_memory_cpu_bytes - how much memory is used on each possible CPU
 *
 * Once the module is loaded.
 *
 * Return: bytes.
 */
size_t ff_memory_cpu_bytes(void)
{
	return ff_counts_cpu_bytes();
}
