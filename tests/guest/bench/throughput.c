// SPDX-License-Identifier: GPL-2.0-only
/*
 * throughput.c - how many calls a second many forkers make
 *
 * They run in alternating rounds: with nothing loaded, with forkfail, and with an empty
 * kretprobe on copy_process(); while the forkers pause, the next is loaded.  Each round
 * is compared with the two rounds with nothing loaded before and after it, so that it does
 * not matter if the host becomes slower or faster.  The median of these ratios is shown.
 *
 * With --icount a second is a thousand million instructions of the whole machine, deferred
 * work included; with several CPUs it is a second of real time.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

#define MOST	1000
#define MOST_ROUNDS	7
#define LEAST_LEFT	0.9

static const struct storm {
	const char *name, *row;
	unsigned int forkers;
} storms[] = {
	{ "fork-1", "fork", 1 },
	{ "fork-8", "fork", 8 },
	{ "fork-64", "fork", 64 },
	{ "fork-1000", "fork", MOST },
	{ "thread-8", "thread", 8 },
	{ "thread-64", "thread", 64 },
	{ "refused-1", "rlimit-nproc", 1 },
	{ "refused-8", "rlimit-nproc", 8 },
	{ "refused-64", "rlimit-nproc", 64 },
	{ "refused-1000", "rlimit-nproc", MOST },
};

static struct {
	int ready, run;
	struct {
		uint64_t calls;
	} __attribute__((aligned(64))) of[MOST];
} *board;

static pid_t forkers[MOST];

static void work(const struct row *row, unsigned int n)
{
	if (row->prepare)
		row->prepare();
	__sync_fetch_and_add(&board->ready, 1);
	for (;;) {
		while (!__atomic_load_n(&board->run, __ATOMIC_ACQUIRE))
			syscall(SYS_futex, &board->run, FUTEX_WAIT, 0, NULL, NULL, 0);
		row->once();
		__atomic_store_n(&board->of[n].calls, board->of[n].calls + 1, __ATOMIC_RELAXED);
	}
}

static uint64_t so_far(unsigned int n)
{
	uint64_t sum = 0;

	while (n--)
		sum += __atomic_load_n(&board->of[n].calls, __ATOMIC_RELAXED);
	return sum;
}

/* Calls a second, measured for so long. */
static double one_round(unsigned int n, unsigned int ms)
{
	uint64_t calls, since;

	__atomic_store_n(&board->run, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, &board->run, FUTEX_WAKE, MOST, NULL, NULL, 0);
	/* wait until all are running, and one-time work is done */
	nap(ms / 4);
	since = now_us();
	calls = so_far(n);
	nap(ms);
	calls = so_far(n) - calls;
	since = now_us() - since;
	__atomic_store_n(&board->run, 0, __ATOMIC_RELEASE);
	nap(ms / 4);
	return calls * 1e6 / since;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

#define EMPTY		"empty"	/* a kretprobe that does nothing */
#define MOST_WHATS	2

/* What is loaded. */
static const char *whats[MOST_WHATS] = { MODULE, EMPTY };
static unsigned int nr_whats = MOST_WHATS;

static void load(unsigned int what, bool on)
{
	if (strcmp(whats[what], EMPTY))
		contender(whats[what], on);
	else
		tell(on ? "empty" : "off", "");
}

/* The median ratio to the rounds with nothing loaded. */
struct left {
	double low, mid, high;
};

static void start(const struct storm *s)
{
	unsigned int i;

	memset(board, 0, sizeof(*board));
	for (i = 0; i < s->forkers; i++) {
		forkers[i] = fork();
		if (!forkers[i])
			work(row_of(s->row), i);
		if (forkers[i] < 0)
			die("fork: %s", strerror(errno));
	}
	while (__atomic_load_n(&board->ready, __ATOMIC_ACQUIRE) < (int)s->forkers)
		nap(20);
}

static void stop(const struct storm *s)
{
	unsigned int i;

	for (i = 0; i < s->forkers; i++)
		kill(forkers[i], SIGKILL);
	for (i = 0; i < s->forkers; i++)
		wait_for(forkers[i]);
}

/*
 * Rounds alternate: bare, forkfail, bare, the next of @nr things to load, bare, ...
 * @bare receives two baselines, of every other bare round each.
 */
static void measure(const struct storm *s, unsigned int ms, unsigned int rounds, unsigned int nr,
		    struct left *left, double *bare)
{
	double rate[2 * MOST_ROUNDS + 1], half[2][MOST_ROUNDS + 1], ratio[2][MOST_ROUNDS];
	unsigned int i, n[2] = {}, what;
	double with[2 * MOST_ROUNDS];

	start(s);
	one_round(s->forkers, ms);
	rate[0] = one_round(s->forkers, ms);
	for (i = 0; i < nr * rounds; i++) {
		load(i % nr, true);
		with[i] = one_round(s->forkers, ms);
		load(i % nr, false);
		rate[i + 1] = one_round(s->forkers, ms);
		ratio[i % nr][i / nr] = 2 * with[i] / (rate[i] + rate[i + 1]);
	}
	stop(s);
	for (i = 0; i <= nr * rounds; i++)
		half[i % 2][n[i % 2]++] = rate[i];
	for (i = 0; i < 2; i++) {
		qsort(half[i], n[i], sizeof(double), by_value);
		bare[i] = half[i][n[i] / 2];
	}
	for (what = 0; what < nr; what++) {
		qsort(ratio[what], rounds, sizeof(double), by_value);
		left[what].low = ratio[what][rounds / 4];
		left[what].mid = ratio[what][rounds / 2];
		left[what].high = ratio[what][rounds - 1 - rounds / 4];
	}
}

/**
 * many - the throughput of many forkers, as a table
 * @names: storms; only these
 * @n: how many; 0 for all
 * @rounds: with each thing loaded
 * @contenders: what to load
 * @nr: how many; 0 for forkfail and an empty kretprobe
 */
void many(char **names, int n, unsigned int rounds, const char **contenders, unsigned int nr)
{
	struct left left[MOST_WHATS];
	double bare[2];
	unsigned int i, what;
	int a;

	if (rounds > MOST_ROUNDS)
		rounds = MOST_ROUNDS;
	if (nr > MOST_WHATS)
		die("-c: %d at the most with -m", MOST_WHATS);
	if (nr) {
		memcpy(whats, contenders, nr * sizeof(*whats));
		nr_whats = nr;
	}
	load_cost();
	board = shared(sizeof(*board));
	nap(2000);
	printf("%-14s %10s %10s", "calls a second", "bare 1", "bare 2");
	for (what = 0; what < nr_whats; what++)
		printf("  %-10s left: half of the rounds", whats[what]);
	printf("\n");
	for (i = 0; i < ARRAY_SIZE(storms); i++) {
		for (a = 0; a < n && strcmp(names[a], storms[i].name); a++)
			;
		if (n && a == n)
			continue;
		measure(&storms[i], 400, rounds, nr_whats, left, bare);
		printf("%-14s %10.0f %10.0f", storms[i].name, bare[0], bare[1]);
		for (what = 0; what < nr_whats; what++)
			printf("  %10.3f  %.3f to %.3f", left[what].mid, left[what].low,
			       left[what].high);
		printf("\n");
		fflush(stdout);
	}
}

/**
 * gate_many - a storm of refused forks goes on nearly as before
 *
 * Under instruction counting, with ffcost loaded and forkfail not.
 */
void gate_many(void)
{
	static const struct storm storm = { "refused", "rlimit-nproc", 64 };
	struct left left;
	double bare[2];

	board = shared(sizeof(*board));
	measure(&storm, 50, MOST_ROUNDS, 1, &left, bare);
	printf("# 64 forkers are refused %.0f and %.0f times in a thousand million instructions\n",
	       bare[0], bare[1]);
	ok(left.mid >= LEAST_LEFT, "with it loaded %.3f of that is left, at least %.2f", left.mid,
	   LEAST_LEFT);
}
