// SPDX-License-Identifier: GPL-2.0-only
/*
 * counts_by_cause.c - exact counts of failures by cause, per CPU
 */
#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "../../uapi/forkfail.h"
#include "journal/counts_by_cause.h"

struct counts {
	u64 of[FF_NR_CAUSES];
};

static struct counts __percpu *counts;

/* The sum over all CPUs; a reader updates it only if a count has changed since. */
static struct counts sum;
static DEFINE_SPINLOCK(sum_lock);
static int stale;

/**
 * ff_counts_init - allocate the counters
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int ff_counts_init(void)
{
	counts = alloc_percpu(struct counts);
	return counts ? 0 : -ENOMEM;
}

/**
 * ff_counts_exit - free the counters
 *
 * May sleep.  No hook may be armed, and no file be open.
 */
void ff_counts_exit(void)
{
	free_percpu(counts);
	counts = NULL;
}

/**
 * ff_counts_cpu_bytes - how much memory the counters use on each possible CPU
 *
 * Return: bytes.
 */
size_t ff_counts_cpu_bytes(void)
{
	return sizeof(*counts);
}

/**
 * ff_count - count a failure
 * @cause: its cause
 * @kind: FORKFAIL_KIND_*; see ff_count_of()
 *
 * Also from a hook.
 */
void ff_count(u8 cause, u8 kind)
{
	this_cpu_inc(counts->of[ff_count_of(cause, kind)]);
	/* count before reading @stale; pairs with add_up() */
	smp_mb();
	if (!READ_ONCE(stale))
		WRITE_ONCE(stale, 1);
}

/* Under sum_lock. */
static void add_up(void)
{
	int cpu, i;

	if (!READ_ONCE(stale))
		return;
	WRITE_ONCE(stale, 0);
	/* whoever counts after this sets @stale again; pairs with ff_count() */
	smp_mb();
	memset(&sum, 0, sizeof(sum));
	for_each_possible_cpu(cpu)
		for (i = 0; i < FF_NR_CAUSES; i++)
			sum.of[i] += READ_ONCE(per_cpu_ptr(counts, cpu)->of[i]);
}

/**
 * ff_counts_read - get the numbers of failures since load
 * @to: receives FF_NR_CAUSES numbers, by cause
 *
 * Not from a hook: takes a lock.
 */
void ff_counts_read(u64 *to)
{
	spin_lock(&sum_lock);
	add_up();
	memcpy(to, sum.of, sizeof(sum.of));
	spin_unlock(&sum_lock);
}
