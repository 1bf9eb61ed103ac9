// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - runs alternating rounds, and prints the table of results
 *
 *	bench [-c CONTENDER,...] [-r ROUNDS] [ROW...]	the table
 *	bench -g [-q]					the gates, with -q in a fraction of the time
 *	bench -m [-c CONTENDER,...] [STORM...]		many forkers
 *	bench -l					loading and unloading
 *
 * Rounds alternate between nothing loaded and one of the contenders (only forkfail by
 * default).  The first round of each is discarded.  The rounds with nothing loaded form two
 * baselines, alternately: how much these differ from each other shows how far the difference
 * to a contender can be trusted.
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
#define MAX_CONTENDERS	16
#define TIMES		1000	/* failures that a total is averaged over */

/* What one contender, or nothing, made of a row. */
struct result {
	struct samples *s;	/* one for each round */
	unsigned int nr;	/* rounds so far */
	uint64_t total;
};

/* A row, with nothing loaded and with each of the contenders. */
struct results {
	struct worker *worker;
	struct result bare, with[MAX_CONTENDERS];
};

static unsigned int rounds = 4;

static const char *contenders[MAX_CONTENDERS];
static unsigned int nr_contenders;

/* All samples of every step-th round, from the first on. */
static unsigned int gather(const struct result *r, unsigned int first, unsigned int step,
			   bool call, uint64_t *to)
{
	unsigned int i, n = 0;

	for (i = first; i < r->nr; i += step) {
		memcpy(to + n, call ? r->s[i].call : r->s[i].whole, r->s[i].n * sizeof(*to));
		n += r->s[i].n;
	}
	return n;
}

static uint64_t all[MAX_CONTENDERS * MAX_ROUNDS * MAX_SAMPLES];

static uint64_t middle(const struct result *r, unsigned int first, unsigned int step, bool call)
{
	return median(all, gather(r, first, step, call, all));
}

/* Half of the samples are this far apart. */
static uint64_t spread(const struct result *r)
{
	unsigned int n = gather(r, 0, 1, false, all);

	return quartile(all, n, 3) - quartile(all, n, 1);
}

static void show(const struct row *row, const struct results *r, unsigned int c)
{
	const struct result *bare = &r->bare, *with = &r->with[c];
	uint64_t one = middle(bare, 0, 2, false), two = middle(bare, 1, 2, false);
	uint64_t mid = middle(with, 0, 1, false);

	printf("%-14s %-14s %10lu %10lu %7lu %10lu %+7ld", row->name, contenders[c],
	       (unsigned long)one, (unsigned long)two, (unsigned long)spread(bare),
	       (unsigned long)mid, (long)(mid - middle(bare, 0, 1, false)));
	if (bare->s[0].call[0])
		printf(" %+7ld", (long)(middle(with, 0, 1, true) - middle(bare, 0, 1, true)));
	else
		printf(" %7s", "-");
	if (row->kind == REFUSED)
		printf(" %+7ld", ((long)with->total - (long)bare->total) / TIMES);
	printf("\n");
	fflush(stdout);
}

/* A round of all rows; @c is the contender that is loaded, or NOTHING. */
#define NOTHING	MAX_CONTENDERS

static void do_rows(struct results *results, unsigned int c, bool warm)
{
	static struct samples thrown_away;
	struct result *r;
	unsigned int i;

	for (i = 0; i < nr_rows; i++) {
		if (!results[i].worker)
			continue;
		r = c == NOTHING ? &results[i].bare : &results[i].with[c];
		worker_round(results[i].worker, warm ? &thrown_away : &r->s[r->nr]);
		if (warm)
			continue;
		if (rows[i].kind == REFUSED && !r->nr)
			r->total = worker_least(results[i].worker, TIMES);
		r->nr++;
	}
}

static void do_round(struct results *results)
{
	unsigned int c;

	for (c = 0; c < nr_contenders; c++) {
		do_rows(results, NOTHING, false);
		contender(contenders[c], true);
		do_rows(results, c, false);
		contender(contenders[c], false);
	}
}

/* The first round is thrown away, and so is what does not run on this kernel. */
static void warm_up(struct results *results)
{
	unsigned int c;

	for (c = 0; c < nr_contenders; ) {
		do_rows(results, NOTHING, true);
		if (!contender_can(contenders[c], true)) {
			printf("# %s does not run here\n", contenders[c]);
			memmove(contenders + c, contenders + c + 1,
				(--nr_contenders - c) * sizeof(*contenders));
			continue;
		}
		do_rows(results, c, true);
		contender(contenders[c++], false);
	}
}

static void table(char **names, int n)
{
	struct results *results = calloc(nr_rows, sizeof(*results));
	unsigned int i, c;
	int a;

	for (i = 0; i < nr_rows; i++) {
		for (a = 0; a < n && strcmp(names[a], rows[i].name); a++)
			;
		if (n && a == n)
			continue;
		results[i].bare.s = calloc(nr_contenders * rounds, sizeof(struct samples));
		for (c = 0; c < nr_contenders; c++)
			results[i].with[c].s = calloc(rounds, sizeof(struct samples));
		results[i].worker = worker_start(&rows[i]);
	}
	nap(2000);
	warm_up(results);
	for (i = 0; i < rounds; i++)
		do_round(results);
	printf("%-14s %-14s %10s %10s %7s %10s %7s %7s %7s\n", "", "", "bare 1", "bare 2", "spread",
	       "with it", "added", "call", "all");
	for (i = 0; i < nr_rows; i++) {
		if (!results[i].worker)
			continue;
		worker_stop(results[i].worker);
		for (c = 0; c < nr_contenders; c++)
			show(&rows[i], &results[i], c);
	}
}

static void choose(char *names)
{
	char *name;

	for (name = strtok(names, ","); name; name = strtok(NULL, ",")) {
		if (nr_contenders == MAX_CONTENDERS)
			die("-c: %d at the most", MAX_CONTENDERS);
		contenders[nr_contenders++] = name;
	}
}

int main(int argc, char **argv)
{
	char mode = 't';
	int o;

	if (!strcmp(argv[0], "true"))
		return 0;
	signal(SIGPIPE, SIG_IGN);
	while ((o = getopt(argc, argv, "c:glmqr:")) != -1) {
		switch (o) {
		case 'c':
			choose(optarg);
			break;
		case 'g':
		case 'l':
		case 'm':
			mode = o;
			break;
		case 'q':
			seldom = 4;
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
	if (!nr_contenders && mode != 'm')
		contenders[nr_contenders++] = MODULE;
	if (mode == 'g')
		return gate(argv + optind, argc - optind);
	if (mode == 'm')
		many(argv + optind, argc - optind, rounds, contenders, nr_contenders);
	else if (mode == 'l')
		loading();
	else
		table(argv + optind, argc - optind);
	return 0;
}
