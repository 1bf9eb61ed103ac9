// SPDX-License-Identifier: GPL-2.0-only
/*
 * counts.c - how many failures of each cause there were: per CPU, exact
 */
#include <linux/percpu.h>

#include "../../uapi/forkfail.h"
#include "journal/counts.h"

struct counts {
	u64 of[FF_NR_CAUSES];
};

static struct counts __percpu *counts;

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
 * ff_counts_exit - free them
 *
 * May sleep.  No hook is armed and no file open any more.
 */
void ff_counts_exit(void)
{
	free_percpu(counts);
	counts = NULL;
}

/**
 * ff_counts_cpu_bytes - memory that they take on each possible CPU
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
 * @kind: FORKFAIL_KIND_*; what the kernel wanted for itself is nobody's failure
 *
 * From the return hook, preemption off.
 */
void ff_count(u8 cause, u8 kind)
{
	this_cpu_inc(counts->of[kind >= FORKFAIL_KIND_KTHREAD ? FF_COUNT_INTERNAL : cause]);
}

/**
 * ff_count_total - failures of one cause since load
 * @cause: the cause
 *
 * Any context.
 *
 * Return: how many.
 */
u64 ff_count_total(u8 cause)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(counts, cpu)->of[cause]);
	return sum;
}
