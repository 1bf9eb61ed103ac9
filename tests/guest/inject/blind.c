// SPDX-License-Identifier: GPL-2.0-only
/*
 * blind.c - with a watch point missing, verdicts may be less certain, but not wrong
 *
 * The same calls were made twice: with all of forkfail's watch points armed, and with one
 * missing.  For each name of a task (every case has its own), the second log must have the
 * cause of the first, or have it among its candidates, or be unexplained.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "injectfail.h"

#define MOST_CASES	400
#define MOST_CAUSES	12

static struct known {
	char comm[24];
	char cause[MOST_CAUSES][40];
	int n;
} known[MOST_CASES];
static int nr_known;

static struct known *find(const char *comm)
{
	int i;

	for (i = 0; i < nr_known; i++)
		if (!strcmp(known[i].comm, comm))
			return &known[i];
	return NULL;
}

static void learn(const struct event *e)
{
	struct known *k = find(e->comm);
	int i;

	if (!k && nr_known < MOST_CASES) {
		k = &known[nr_known++];
		snprintf(k->comm, sizeof(k->comm), "%s", e->comm);
	}
	if (!k)
		return;
	for (i = 0; i < k->n; i++)
		if (!strcmp(k->cause[i], e->cause))
			return;
	if (k->n < MOST_CAUSES)
		snprintf(k->cause[k->n++], sizeof(k->cause[0]), "%s", e->cause);
}

static bool allowed(const struct known *k, const struct event *e)
{
	bool inferred = !strcmp(e->proof, "inferred");
	int i;

	if (!strcmp(e->cause, "unexplained") ||
	    (inferred && has_word(e->candidates, "unexplained")))
		return true;
	for (i = 0; i < k->n; i++)
		if (inferred ? has_word(e->candidates, k->cause[i]) :
			       !strcmp(k->cause[i], e->cause))
			return true;
	return false;
}

/**
 * compare_logs() - compare two logs
 * @reference: file with all points armed
 * @log: file with one that is not
 *
 * Return: 0 if nothing in @log is wrong, 1 if something is, 2 if they cannot
 * be compared.
 */
int compare_logs(const char *reference, const char *log)
{
	char *first = read_log(reference), *second = read_log(log);
	unsigned int compared = 0, wrong = 0;
	const char *p;
	struct event e;

	if (!first || !second)
		return 2;
	for (p = first; next_event(&p, &e);)
		if (!strncmp(e.comm, "ff", 2))
			learn(&e);
	for (p = second; next_event(&p, &e);) {
		const struct known *k = find(e.comm);

		if (!k)
			continue;
		compared++;
		if (allowed(k, &e))
			continue;
		wrong++;
		printf("# %s: was %s, now cause=%s errno=%s proof=%s step=%s candidates=%s\n",
		       e.comm, k->cause[0], e.cause, e.errno_word, e.proof, e.step, e.candidates);
	}
	printf("# %u events compared, %u wrong\n", compared, wrong);
	free(first);
	free(second);
	if (!compared)
		return 2;
	return wrong ? 1 : 0;
}
