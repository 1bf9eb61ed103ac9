// SPDX-License-Identifier: GPL-2.0-only
/*
 * mapcost.c - what the hooks cost mmap and mprotect calls that are not for a thread's stack
 *
 *	mapcost LIMIT
 *
 * Runs as root in a guest whose tick counter counts executed instructions.  Measures without
 * forkfail, with it and stacks=0, and with stacks=1: the last may cost at most LIMIT more
 * than the first, the second nothing.  The extra cost of a thread's stack is printed.
 */
#include <stdbool.h>
#include <sys/mman.h>

#include "../../lib/ticks.h"
#include "cost.h"

#define ROUNDS	201
#define KIB	1024UL

enum call { MAP, UNMAP, PROTECT, RESERVE, OPEN, STACK, NR_CALLS };

static const char * const names[NR_CALLS] = {
	[MAP] = "mmap of memory", [UNMAP] = "munmap", [PROTECT] = "mprotect",
	[RESERVE] = "mmap without access", [OPEN] = "mprotect that opens the start of it",
	[STACK] = "both calls of a thread's stack",
};

static uint64_t took[NR_CALLS][ROUNDS];

static void *map(unsigned long size, int prot, int flags)
{
	void *p = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (p == MAP_FAILED)
		exit(3);
	return p;
}

static void one_round(unsigned int i)
{
	uint64_t t[8];
	char *p;

	t[0] = ticks();
	p = map(64 * KIB, PROT_READ | PROT_WRITE, 0);
	t[1] = ticks();
	mprotect(p, 64 * KIB, PROT_READ);
	t[2] = ticks();
	munmap(p, 64 * KIB);
	t[3] = ticks();
	p = map(64 * KIB, PROT_NONE, MAP_NORESERVE);
	t[4] = ticks();
	mprotect(p, 32 * KIB, PROT_READ | PROT_WRITE);
	t[5] = ticks();
	munmap(p, 64 * KIB);
	t[6] = ticks();
	p = map(1024 * KIB, PROT_NONE, MAP_STACK);
	mprotect(p + 4 * KIB, 1020 * KIB, PROT_READ | PROT_WRITE);
	t[7] = ticks();
	munmap(p, 1024 * KIB);
	took[MAP][i] = t[1] - t[0];
	took[PROTECT][i] = t[2] - t[1];
	took[UNMAP][i] = t[3] - t[2];
	took[RESERVE][i] = t[4] - t[3];
	took[OPEN][i] = t[5] - t[4];
	took[STACK][i] = t[7] - t[6];
}

static void measure(uint64_t *medians)
{
	unsigned int i, warm;

	for (warm = 0; warm < 2; warm++)
		for (i = 0; i < ROUNDS; i++)
			one_round(i);
	for (i = 0; i < NR_CALLS; i++)
		medians[i] = median(took[i], ROUNDS);
}

int main(int argc, char **argv)
{
	uint64_t bare[NR_CALLS], off[NR_CALLS], on[NR_CALLS];
	unsigned int i, failed = 0;
	int limit = argc == 2 ? atoi(argv[1]) : 0;

	if (!limit)
		return 2;
	measure_states("stacks", measure, &(struct states){ bare, off, on });
	for (i = 0; i < NR_CALLS; i++) {
		int less = off[i] - bare[i], more = on[i] - bare[i];
		bool good = !less && (i == STACK ? more > 0 : more <= limit);

		failed += !good;
		printf("%s - %s: %llu, %d more with forkfail, %d more if stacks=0\n",
		       good ? "ok" : "not ok", names[i], (unsigned long long)bare[i], more, less);
	}
	/* the hooks do run */
	failed += on[MAP] == bare[MAP] || on[PROTECT] == bare[PROTECT];
	printf("%u passed, %u failed\n", NR_CALLS - failed, failed);
	return failed > 0;
}
