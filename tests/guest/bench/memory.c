// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory.c - how much memory forkfail uses, by its own figures and by the machine's
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define MOST		(512 * 1024L)
#define MOST_EACH_CPU	(16 * 1024L)
#define ROUNDS		5

static const char * const fields[] = { "MemFree:", "Slab:", "VmallocUsed:", "Percpu:" };

/* The median change of each of these fields when the module is loaded, in KiB. */
static void take(long *kib)
{
	uint64_t more[ARRAY_SIZE(fields)][ROUNDS];
	long before[ARRAY_SIZE(fields)];
	unsigned int i, round;

	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < ARRAY_SIZE(fields); i++)
			before[i] = field_of("/proc/meminfo", fields[i]);
		contender(MODULE, true);
		nap(1000);
		for (i = 0; i < ARRAY_SIZE(fields); i++)
			/* sorted as unsigned: nothing is that far below */
			more[i][round] = (1L << 40) + field_of("/proc/meminfo", fields[i]) -
					 before[i];
		contender(MODULE, false);
		nap(1000);
	}
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		kib[i] = (long)median(more[i], ROUNDS) - (1L << 40);
}

/**
 * gate_memory - forkfail uses no more memory than PERFORMANCE.md says
 */
void gate_memory(void)
{
	long kib[ARRAY_SIZE(fields)], total, each, code;

	take(kib);
	contender(MODULE, true);
	total = field_of(STATS, "bytes_total ");
	each = field_of(STATS, "bytes_each_cpu ");
	code = number_in("/sys/module/" MODULE "/coresize");
	contender(MODULE, false);
	ok(total > 0 && total <= MOST && each > 0 && each <= MOST_EACH_CPU,
	   "%ld bytes and %ld for each possible CPU, %ld and %ld promised", total, each, MOST,
	   MOST_EACH_CPU);
	printf("# its code and static data take %ld bytes (the table of notes is of the figure, too)\n",
	       code);
	printf("# with it loaded, KiB: MemFree %+ld, Slab %+ld, VmallocUsed %+ld, Percpu %+ld\n",
	       kib[0], kib[1], kib[2], kib[3]);
}
