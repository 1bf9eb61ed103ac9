// SPDX-License-Identifier: GPL-2.0-only
/*
 * worker.c - a process for each row, which runs the operation on request
 *
 * It exists during all rounds, so that every round finds the same memory, user and cgroup:
 * only what is loaded changes between rounds.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../lib/last_pid.h"
#include "bench.h"

/* Long enough for a storm's deferred work to begin; it preempts this loop. */
#define SPINS	60000000UL

unsigned int seldom = 1;

struct order {
	enum { ROUND, TOTAL, REPEAT, END } what;
	unsigned int times;
};

struct worker {
	const struct row *row;
	pid_t pid;
	int to, from;
	struct samples *s;
	uint64_t *total;
};

static void do_round(const struct row *row, struct samples *s)
{
	unsigned int times = row->per_round / seldom;
	uint64_t from;

	for (s->n = 0; s->n < times && s->n < MAX_SAMPLES; s->n++) {
		from = ticks();
		s->call[s->n] = row->once();
		s->whole[s->n] = ticks() - from;
	}
}

/* The whole cost, deferred work included: nothing else runs, and nothing sleeps. */
static uint64_t do_total(const struct row *row, unsigned int times)
{
	uint64_t from = ticks();
	unsigned long i;

	while (times--)
		row->once();
	for (i = 0; i < SPINS; i += 4)
		asm volatile("nop; nop; nop" : : : "memory");
	return ticks() - from;
}

static void work(struct worker *w, int in, int out)
{
	const struct row *row = w->row;
	struct order order;
	unsigned int n;

	if (row->prepare)
		row->prepare();
	if (row->enter)
		row->enter();
	row->once();
	if (row->leave)
		row->leave();
	if (write(out, "", 1) != 1)
		_exit(1);
	while (read(in, &order, sizeof(order)) == sizeof(order) && order.what != END) {
		if (row->enter)
			row->enter();
		if (order.what == ROUND) {
			do_round(row, w->s);
		} else if (order.what == TOTAL) {
			*w->total = do_total(row, order.times);
		} else {
			for (n = 0; n < order.times; n++)
				row->once();
		}
		if (row->leave)
			row->leave();
		if (write(out, "", 1) != 1)
			break;
	}
	_exit(0);
}

/**
 * worker_start - start a row's process
 * @row: the row
 *
 * Return: it, to be given to worker_stop().
 */
struct worker *worker_start(const struct row *row)
{
	struct worker *w = calloc(1, sizeof(*w));
	int to[2], from[2];
	char c;

	w->row = row;
	w->s = shared(sizeof(*w->s));
	w->total = shared(sizeof(*w->total));
	if (pipe(to) || pipe(from))
		die("pipe: %s", strerror(errno));
	fflush(stdout);
	w->pid = fork();
	if (w->pid < 0)
		die("fork: %s", strerror(errno));
	if (!w->pid) {
		close(to[1]);
		close(from[0]);
		work(w, to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	w->to = to[1];
	w->from = from[0];
	/* it may have lowered a limit of the whole machine for the time of its first operation */
	if (read(w->from, &c, 1) != 1)
		die("row %s cannot begin: %d", row->name, wait_for(w->pid));
	return w;
}

static void ask(struct worker *w, int what, unsigned int times)
{
	struct order order = { what, times };
	char c;

	begin_at_first_pid();
	if (write(w->to, &order, sizeof(order)) != sizeof(order) || read(w->from, &c, 1) != 1)
		die("row %s ended by itself: %d", w->row->name, wait_for(w->pid));
}

/**
 * worker_round - have one round done
 * @w: the worker
 * @s: receives what it measured
 */
void worker_round(struct worker *w, struct samples *s)
{
	ask(w, ROUND, 0);
	*s = *w->s;
}

/**
 * worker_total - have it done many times
 * @w: the worker
 * @times: how often
 *
 * Return: ticks of all of it, with what the kernel put off until later.
 */
uint64_t worker_total(struct worker *w, unsigned int times)
{
	ask(w, TOTAL, times);
	return *w->total;
}

/**
 * worker_least - the least of a few totals, taken more than a second apart
 * @w: the worker
 * @times: how often each does it
 *
 * The kernel's occasional work only adds to a total, so the least is free of
 * it.  After a second, deferred work is due again.
 *
 * Return: ticks of the quickest.
 */
uint64_t worker_least(struct worker *w, unsigned int times)
{
	uint64_t least = UINT64_MAX, t;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		nap(1500);
		t = worker_total(w, times);
		printf("#   %s: %lu in all\n", w->row->name, (unsigned long)t);
		if (t < least)
			least = t;
	}
	return least;
}

/**
 * worker_repeat - have it done, without measuring
 * @w: the worker
 * @times: how often
 */
void worker_repeat(struct worker *w, unsigned int times)
{
	ask(w, REPEAT, times);
}

/**
 * worker_stop - end it
 * @w: the worker
 */
void worker_stop(struct worker *w)
{
	/* not by closing the pipe: workers that were started later have it, too */
	struct order order = { END, 0 };

	if (write(w->to, &order, sizeof(order)) != sizeof(order))
		die("row %s ended before", w->row->name);
	close(w->to);
	close(w->from);
	wait_for(w->pid);
	free(w);
}
