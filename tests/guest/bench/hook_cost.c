// SPDX-License-Identifier: GPL-2.0-only
/*
 * hook_cost.c - what one hit of each kind of hook costs, and how often hooks are hit
 *
 * Both come from module/ffcost.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

/* ---- what one hit costs -------------------------------------------------- */

/**
 * load_cost - load ffcost
 */
void load_cost(void)
{
	int fd = open("/host/ffcost.ko", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		die("cannot load ffcost: %s", strerror(errno));
	close(fd);
}

/**
 * tell - send ffcost a command
 * @command: the command
 * @argument: its argument
 */
void tell(const char *command, const char *argument)
{
	int err = put(COST, "%s %s", command, argument);

	if (err)
		die(COST ": %s %.60s: %s", command, argument, strerror(-err));
}

static long answer(void)
{
	return number_in(COST);
}

/* Where the module's data is; with the same file, its variables are as far from it each time. */
static unsigned long data_section(void)
{
	char *text = slurp("/sys/module/" MODULE "/sections/.data", NULL);
	unsigned long at = text ? strtoul(text, NULL, 16) : 0;

	free(text);
	return at;
}

static unsigned long look_up(const char *name)
{
	char line[256], symbol[128], owner[64];
	FILE *f = fopen("/proc/kallsyms", "re");
	unsigned long at;

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "[" MODULE "]") &&
		    sscanf(line, "%lx %*s %127s %63s", &at, symbol, owner) == 3 &&
		    !strcmp(symbol, name)) {
			fclose(f);
			return at;
		}
	die("forkfail has no %s", name);
}

/**
 * address_of - get the address of a variable of forkfail
 * @name: its name
 *
 * Reading /proc/kallsyms takes longer than most of what is measured, so that is done only once
 * for the variable that was asked for last.
 *
 * Return: the address.
 */
unsigned long address_of(const char *name)
{
	static char last[64];
	static long offset;
	unsigned long data = data_section();

	if (!data || strcmp(name, last)) {
		offset = look_up(name) - data;
		snprintf(last, sizeof(last), "%s", data ? name : "");
	}
	return data + offset;
}

/* The kinds of hooks, by their names in debugfs, and one point of each. */
static struct kind {
	const char *name;
	const char *ops;	/* forkfail's own */
	const char *point;	/* the function whose address its handler gets */
	const char *call;	/* what target() is called with */
	long bare, with;
} kinds[] = {
	{ "child", "point_ops", "put_task_stack", "task", 0, 0 },
	{ "clone", "point_ops", "kernel_clone", "clone 1200000", 0, 0 },
	{ "signal", "point_ops", "get_signal", "task", 0, 0 },
	{ "step", "point_ops", "copy_mnt_ns", "task", 0, 0 },
	{ "witness", "point_ops", "warn_alloc", "task", 0, 0 },
};

static long loop(const char *call)
{
	tell("loop", call);
	return answer();
}

static long hooked(const char *how, const char *call)
{
	long n;

	tell("ftrace", how);
	n = loop(call);
	tell("plain", "");
	return n;
}

static void take_one(struct kind *k, bool with)
{
	char how[128];

	if (!with) {
		k->bare = loop(k->call);
		return;
	}
	snprintf(how, sizeof(how), "%lx %s", address_of(k->ops), k->point);
	/* less the cost of passing that address */
	k->with = hooked(how, k->call);
	k->with -= hooked("told", k->call) - hooked("nothing", k->call);
}

/**
 * cost_take - measure what one hit of each kind of hook costs
 * @with: with forkfail, otherwise bare
 */
void cost_take(bool with)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		take_one(&kinds[i], with);
}

/**
 * cost_take_clone - measure the hook on kernel_clone() for another call
 * @call: what it is called with; the handler does more for some than for others
 */
void cost_take_clone(const char *call)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, "clone")) {
			kinds[i].call = call;
			take_one(&kinds[i], true);
		}
}

static long cost_of(const char *kind)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, kind))
			return kinds[i].with - kinds[i].bare;
	die("nothing measures hooks of the kind %s", kind);
}

/* ---- how often each is hit ----------------------------------------------- */

#define MAX_POINTS	64

static struct point {
	char name[48], kind[16];
	unsigned long hits;
} points[MAX_POINTS];
static unsigned int nr_points;

/**
 * cost_find_points - read which watch points are armed
 *
 * Without those on mappings and system calls, which have parameters of their own.
 */
void cost_find_points(void)
{
	char *all = slurp(POINTS, NULL), *line, *rest, hook[32];

	if (!all)
		die(POINTS ": %s", strerror(errno));
	strtok_r(all, "\n", &rest);
	while ((line = strtok_r(NULL, "\n", &rest)) && nr_points < MAX_POINTS) {
		struct point *p = &points[nr_points];

		if (sscanf(line, "%47s %15s %31s", p->name, p->kind, hook) != 3)
			break;
		/*
		 * On the way of mappings, which tests/guest/mapcost measures, and of
		 * system calls: parameters of their own switch these off.
		 */
		if (!strcmp(p->kind, "mmap") || !strcmp(p->kind, "mprotect") ||
		    !strcmp(p->kind, "syscall"))
			continue;
		nr_points += !strcmp(hook, "ftrace") || !strcmp(hook, "kprobe") ||
			     !strcmp(hook, "kretprobe");
	}
	free(all);
}

static void to_points(const char *command)
{
	char names[MAX_POINTS * 48] = "";
	unsigned int i;

	for (i = 0; i < nr_points; i++) {
		strcat(names, points[i].name);
		strcat(names, " ");
	}
	tell(command, names);
}

/**
 * cost_count_hits - count how often each watch point is hit by an operation
 * @w: the worker that does it
 * @times: how often it does it
 */
void cost_count_hits(struct worker *w, unsigned int times)
{
	char *all, *line, *rest, name[48];
	unsigned long hits;
	unsigned int i;

	for (i = 0; i < nr_points; i++)
		points[i].hits = 0;
	/* the stack of a task that has ended is released when the next one runs on its CPU */
	nap(100);
	to_points("count");
	worker_repeat(w, times);
	nap(100);
	tell("off", "");
	all = slurp(COST, NULL);
	for (line = strtok_r(all, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (sscanf(line, "%47s %lu", name, &hits) != 2)
			continue;
		for (i = 0; i < nr_points; i++)
			if (!strcmp(points[i].name, name))
				points[i].hits = hits;
	}
	free(all);
}

/**
 * cost_price - hits times cost, for each operation
 * @times: how many operations were counted last
 * @show: print each watch point
 *
 * Return: instructions, rounded up.
 */
long cost_price(unsigned int times, bool show)
{
	unsigned long sum = 0;
	unsigned int i;

	for (i = 0; i < nr_points; i++)
		if (points[i].hits) {
			sum += points[i].hits * cost_of(points[i].kind);
			if (show)
				printf("#   %-28s %-8s %4.2f hits of %ld\n", points[i].name,
				       points[i].kind, (double)points[i].hits / times,
				       cost_of(points[i].kind));
		}
	return (sum + times - 1) / times;
}

/**
 * cost_check - check that the hooks cost something, or nothing was measured
 */
void cost_check(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		ok(kinds[i].with > kinds[i].bare, "one hit of a %s costs %ld instructions",
		   kinds[i].name, kinds[i].with - kinds[i].bare);
}

/**
 * cost_second_user - print what a fork costs if somebody else traces the same functions
 * @times: how often to repeat it
 */
void cost_second_user(unsigned int times)
{
	struct worker *w = worker_start(row_of("fork"));
	long bare[ARRAY_SIZE(kinds)], sum;
	unsigned int i;

	contender(MODULE, true);
	cost_count_hits(w, times);
	contender(MODULE, false);
	to_points("second");
	cost_take(false);
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		bare[i] = kinds[i].bare;
	contender(MODULE, true);
	cost_take(true);
	contender(MODULE, false);
	tell("off", "");
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		kinds[i].bare = bare[i];
	sum = cost_price(times, false);
	printf("# fork, with a second user of ftrace on every point: %ld instructions more than it alone\n",
	       sum);
	worker_stop(w);
}
