// SPDX-License-Identifier: GPL-2.0-only
/*
 * load.c - how long loading and unloading take, and how much they delay forks
 *
 * Two processes fork all the time, one that succeeds and one that is refused, and note their
 * longest call during each load.  The median of these is shown, beside that of the same
 * amount of time before.  For a guest with two CPUs, but gate_load().
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define CYCLES	7

enum phase { BEFORE, LOAD, WITH, UNLOAD, NR_PHASES };

static const char * const phases[] = { "before", "during load", "with it", "during unload" };

static struct {
	int phase;
	uint64_t longest[2][NR_PHASES];	/* of this cycle, microseconds */
} *board;

/* A call counts for the phase in which it began, even if it ends later. */
static void work(const struct row *row, unsigned int n)
{
	uint64_t since, took;
	int phase;

	if (row->prepare)
		row->prepare();
	for (;;) {
		phase = __atomic_load_n(&board->phase, __ATOMIC_ACQUIRE);
		since = now_us();
		row->once();
		took = now_us() - since;
		if (took > __atomic_load_n(&board->longest[n][phase], __ATOMIC_RELAXED))
			__atomic_store_n(&board->longest[n][phase], took, __ATOMIC_RELAXED);
	}
}

static pid_t start(const char *name, unsigned int n)
{
	pid_t pid = fork();

	if (!pid)
		work(row_of(name), n);
	return pid;
}

static void go_to(enum phase phase)
{
	__atomic_store_n(&board->phase, phase, __ATOMIC_RELEASE);
}

/* The times of each cycle, in microseconds. */
static uint64_t times[2][CYCLES], longest[2][NR_PHASES][CYCLES];

static void one_cycle(unsigned int i)
{
	uint64_t since, took = i ? times[0][i - 1] : 200000;

	memset(board, 0, sizeof(*board));
	nap(took / 1000);
	go_to(LOAD);
	since = now_us();
	load_module();
	times[0][i] = now_us() - since;
	go_to(WITH);
	nap(took / 1000);
	go_to(UNLOAD);
	since = now_us();
	unload_module();
	times[1][i] = now_us() - since;
	go_to(BEFORE);
}

static void show(const char *what, uint64_t *values)
{
	uint64_t mid = median(values, CYCLES);

	printf("%-40s %8.1f ms, %.1f to %.1f\n", what, mid / 1000.0, values[0] / 1000.0,
	       values[CYCLES - 1] / 1000.0);
	fflush(stdout);
}

static void cycles(const char *when)
{
	unsigned int i, n, p;
	char what[64];

	for (i = 0; i < CYCLES; i++) {
		one_cycle(i);
		for (n = 0; n < 2; n++)
			for (p = 0; p < NR_PHASES; p++)
				longest[n][p][i] = board->longest[n][p];
		nap(100);
	}
	snprintf(what, sizeof(what), "load, %s", when);
	show(what, times[0]);
	snprintf(what, sizeof(what), "unload, %s", when);
	show(what, times[1]);
}

/* Half a second, if an instruction takes a nanosecond. */
#define MOST_LOAD	500000000

/**
 * gate_load - hold the instructions of the loads so far against their limit
 */
void gate_load(void)
{
	unsigned int loads;
	uint64_t mid = usual_load(&loads);

	ok(mid <= MOST_LOAD, "a load: %lu instructions, the middle of %u, %d allowed",
	   (unsigned long)mid, loads, MOST_LOAD);
}

/**
 * loading - times of loading and unloading, as a table
 */
void loading(void)
{
	static const char * const who[] = { "fork, exit, wait", "refused" };
	pid_t pids[2];
	unsigned int n, p;
	char what[64];

	board = shared(sizeof(*board));
	nap(2000);
	cycles("idle");
	pids[0] = start("fork", 0);
	pids[1] = start("rlimit-nproc", 1);
	nap(500);
	cycles("two forkers");
	for (n = 0; n < 2; n++)
		for (p = 0; p < NR_PHASES; p++) {
			snprintf(what, sizeof(what), "longest %s, %s", who[n], phases[p]);
			show(what, longest[n][p]);
		}
	for (n = 0; n < 2; n++) {
		kill(pids[n], SIGKILL);
		wait_for(pids[n]);
	}
}
