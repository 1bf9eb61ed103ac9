/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bench.h - what the files of the benchmark share
 *
 * One program that runs inside a guest, as root, under instruction counting:
 * a tick is an executed guest instruction there.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../../lib/basics.h"
#include "../../lib/ticks.h"

#define MODULE		"forkfail"
#define PAGE		"/proc/forkfail"
#define POINTS		"/sys/kernel/debug/forkfail/points"
#define STATS		"/sys/kernel/debug/forkfail/stats"
#define COST		"/proc/ffcost"	/* of module/ffcost.c */

/* ---- util.c -------------------------------------------------------------- */

/* what is measured against a bare kernel */
void load_module(void);
void unload_module(void);
uint64_t usual_load(unsigned int *of);
bool contender_can(const char *name, bool on);
void contender(const char *name, bool on);

/* ---- rows.c -------------------------------------------------------------- */

enum row_kind {
	CREATED,	/* a task is created */
	REFUSED,	/* none is */
	BESIDE,		/* no fork, but it may pass a hook */
};

/**
 * struct row - an operation that is measured
 * @name: what it is called
 * @kind: what has to come of it
 * @per_round: how often it is done in a round
 * @prepare: once, in the row's own process
 * @enter: before each round; for what the whole machine feels
 * @leave: after each round
 * @once: the operation; returns ticks of the one call that is of interest, or 0
 */
struct row {
	const char *name;
	enum row_kind kind;
	unsigned int per_round;
	void (*prepare)(void);
	void (*enter)(void);
	void (*leave)(void);
	uint64_t (*once)(void);
};

extern const struct row rows[];
extern const unsigned int nr_rows;

const struct row *row_of(const char *name);

/* ---- worker.c: the processes that do it ---------------------------------- */

#define MAX_SAMPLES	400

/**
 * struct samples - what one round of a row gave
 * @n: how many
 * @whole: ticks of each operation
 * @call: ticks of the call in it
 */
struct samples {
	unsigned int n;
	uint64_t whole[MAX_SAMPLES], call[MAX_SAMPLES];
};

/* an operation is done that many times less often than a row says */
extern unsigned int seldom;

struct worker;

struct worker *worker_start(const struct row *row);
void worker_round(struct worker *w, struct samples *s);
uint64_t worker_total(struct worker *w, unsigned int times);
uint64_t worker_least(struct worker *w, unsigned int times);
void worker_repeat(struct worker *w, unsigned int times);
void worker_stop(struct worker *w);

/* ---- gate.c -------------------------------------------------------------- */

int gate(char **names, int n);
void ok(bool good, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- hook_cost.c --------------------------------------------------------- */

void load_cost(void);
void tell(const char *command, const char *argument);
unsigned long address_of(const char *name);
void cost_take(bool with);
void cost_take_clone(const char *call);
void cost_find_points(void);
void cost_count_hits(struct worker *w, unsigned int times);
long cost_price(unsigned int times, bool show);
void cost_check(void);
void cost_second_user(unsigned int times);

/* ---- lines.c ------------------------------------------------------------- */

void gate_lines(void);

/* ---- throughput.c -------------------------------------------------------- */

void many(char **names, int n, unsigned int rounds, const char **contenders, unsigned int nr);
void gate_many(void);

/* ---- load.c -------------------------------------------------------------- */

void loading(void);
void gate_load(void);

/* ---- memory.c ------------------------------------------------------------ */

void gate_memory(void);

#endif /* BENCH_H */
