// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - runs alternating rounds, and prints the table of results
 *
 *	bench [-c CONTENDER] [-r ROUNDS] [ROW...]	the table
 *	bench -g					the gates
 *	bench -m [STORM...]				many forkers
 *	bench -l					loading and unloading
 *
 * Rounds alternate between nothing loaded and the contender (forkfail by default).  The
 * first round of each is discarded.  The rounds with nothing loaded form two baselines,
 * alternately: how much these differ from each other shows how far the difference to the
 * contender can be trusted.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define MAX_ROUNDS	16
#define TIMES		1000	/* failures that a total is averaged over */

struct result {
	struct worker *worker;
	struct samples *bare, *with;	/* one for each round */
	uint64_t total_bare, total_with;
};

static unsigned int rounds = 4;

/* All samples of every step-th round, from the first on. */
static unsigned int gather(const struct samples *s, unsigned int first, unsigned int step,
			   bool call, uint64_t *to)
{
	unsigned int r, n = 0;

	for (r = first; r < rounds; r += step) {
		memcpy(to + n, call ? s[r].call : s[r].whole, s[r].n * sizeof(*to));
		n += s[r].n;
	}
	return n;
}

static uint64_t middle(const struct samples *s, unsigned int first, unsigned int step, bool call)
{
	static uint64_t all[MAX_ROUNDS * MAX_SAMPLES];

	return median(all, gather(s, first, step, call, all));
}

/* Half of the samples are this far apart. */
static uint64_t spread(const struct samples *s)
{
	static uint64_t all[MAX_ROUNDS * MAX_SAMPLES];
	unsigned int n = gather(s, 0, 1, false, all);

	return quartile(all, n, 3) - quartile(all, n, 1);
}

static void show(const struct row *row, const struct result *r)
{
	uint64_t one = middle(r->bare, 0, 2, false), two = middle(r->bare, 1, 2, false);
	uint64_t bare = middle(r->bare, 0, 1, false), with = middle(r->with, 0, 1, false);

	printf("%-14s %10lu %10lu %7lu %10lu %+7ld", row->name, (unsigned long)one,
	       (unsigned long)two, (unsigned long)spread(r->bare), (unsigned long)with,
	       (long)(with - bare));
	if (r->bare[0].call[0])
		printf(" %+7ld", (long)(middle(r->with, 0, 1, true) - middle(r->bare, 0, 1, true)));
	else
		printf(" %7s", "-");
	if (row->kind == REFUSED)
		printf(" %+7ld", ((long)r->total_with - (long)r->total_bare) / TIMES);
	printf("\n");
	fflush(stdout);
}

static void do_rows(struct result *results, bool with, unsigned int round, bool warm)
{
	static struct samples thrown_away;
	struct result *r;
	unsigned int i;

	for (i = 0; i < nr_rows; i++) {
		r = &results[i];
		if (!r->worker)
			continue;
		worker_round(r->worker, warm ? &thrown_away :
			     with ? &r->with[round] : &r->bare[round]);
		if (warm || rows[i].kind != REFUSED || round)
			continue;
		if (with)
			r->total_with = worker_least(r->worker, TIMES);
		else
			r->total_bare = worker_least(r->worker, TIMES);
	}
}

static void table(const char *what, char **names, int n)
{
	struct result *results = calloc(nr_rows, sizeof(*results));
	unsigned int i, round;
	int a;

	for (i = 0; i < nr_rows; i++) {
		for (a = 0; a < n && strcmp(names[a], rows[i].name); a++)
			;
		if (n && a == n)
			continue;
		results[i].bare = calloc(MAX_ROUNDS, sizeof(struct samples));
		results[i].with = calloc(MAX_ROUNDS, sizeof(struct samples));
		results[i].worker = worker_start(&rows[i]);
	}
	nap(2000);
	do_rows(results, false, 0, true);
	contender(what, true);
	do_rows(results, true, 0, true);
	contender(what, false);
	for (round = 0; round < rounds; round++) {
		do_rows(results, false, round, false);
		contender(what, true);
		do_rows(results, true, round, false);
		contender(what, false);
	}
	printf("%-14s %10s %10s %7s %10s %7s %7s %7s\n", "", "bare 1", "bare 2", "spread", what,
	       "added", "call", "all");
	for (i = 0; i < nr_rows; i++) {
		if (!results[i].worker)
			continue;
		worker_stop(results[i].worker);
		show(&rows[i], &results[i]);
	}
}

int main(int argc, char **argv)
{
	const char *what = MODULE;
	char mode = 't';
	int o;

	if (!strcmp(argv[0], "true"))
		return 0;
	signal(SIGPIPE, SIG_IGN);
	while ((o = getopt(argc, argv, "c:glmr:")) != -1) {
		switch (o) {
		case 'c':
			what = optarg;
			break;
		case 'g':
		case 'l':
		case 'm':
			mode = o;
			break;
		case 'r':
			rounds = atoi(optarg);
			break;
		default:
			return 2;
		}
	}
	if (rounds < 2 || rounds > MAX_ROUNDS)
		die("-r: 2 to %d rounds", MAX_ROUNDS);
	if (mode == 'g')
		return gate(argv + optind, argc - optind);
	if (mode == 'm')
		many(argv + optind, argc - optind, rounds);
	else if (mode == 'l')
		loading();
	else
		table(what, argv + optind, argc - optind);
	return 0;
}
