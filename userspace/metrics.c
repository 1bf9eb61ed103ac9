// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forkfail metrics: the page for a monitoring system.
 *
 * The two text formats differ in one point that matters here: a counter's
 * # TYPE line names the sample in Prometheus text, and the family - the name
 * without _total - in OpenMetrics.  The textfile collector reads the former.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "causes.h"
#include "input.h"

static void head(const struct options *opt, const char *name, const char *type,
		 const char *help)
{
	int len = (int)strlen(name);

	if (opt->openmetrics && len > 6 && !strcmp(name + len - 6, "_total"))
		len -= 6;
	printf("# HELP %.*s %s\n# TYPE %.*s %s\n", len, name, help, len, name,
	       type);
}

static void sample(const struct options *opt, const char *name,
		   const char *type, const char *help, u64 value)
{
	head(opt, name, type, help);
	printf("%s %llu\n", name, value);
}

/* Counters of line 1: if line 1 does not have one, it is left out, not 0. */
static void header_counters(const struct options *opt, const struct page *page)
{
	static const struct {
		const char *key;
		const char *name;
		const char *help;
	} counter[] = {
		{ "restarts", "forkfail_restarts_total",
		  "Forks that a signal interrupted and that the kernel restarted." },
		{ "missed", "forkfail_missed_total",
		  "Calls that were not watched." },
		{ "noroom", "forkfail_noroom_total",
		  "Failures that were counted but not classified: too many at once." },
		{ "lost", "forkfail_lost_total",
		  "Failures that were counted but are in no event." },
	};
	size_t i;
	u64 v;

	for (i = 0; i < ARRAY_SIZE(counter); i++)
		if (page_number(page, counter[i].key, &v))
			sample(opt, counter[i].name, "counter", counter[i].help, v);
}

static u64 count_of(const struct page *page, const char *cause)
{
	u64 sum = 0;
	size_t i;

	for (i = 0; i < page->nr_counts; i++)
		if (!strcmp(page->counts[i].value[COUNT_CAUSE], cause) &&
		    __builtin_add_overflow(sum, page->counts[i].count, &sum))
			sum = ~0ull;
	return sum;
}

/* Every known cause, also at 0: rate() wants to see the first failure. */
static void failures(const struct options *opt, const struct page *page)
{
	const struct cause *cause;
	const char *id;
	size_t i, j;

	head(opt, "forkfail_failures_total", "counter",
	     "Forks, clones and thread creations that failed, by cause.");
	for (i = 0; (cause = cause_at(i)); i++)
		if (cause->number >= 0 && strcmp(cause->id, "signal-restart"))
			printf("forkfail_failures_total{cause=\"%s\"} %llu\n",
			       cause->id, count_of(page, cause->id));
	/* Causes of a newer module, each once. */
	for (i = 0; i < page->nr_counts; i++) {
		id = page->counts[i].value[COUNT_CAUSE];
		if (cause_find(id))
			continue;
		for (j = 0; j < i; j++)
			if (!strcmp(page->counts[j].value[COUNT_CAUSE], id))
				break;
		if (j == i)
			printf("forkfail_failures_total{cause=\"%s\"} %llu\n",
			       id, count_of(page, id));
	}
}

static void points(const struct options *opt, const struct page *page)
{
	u64 armed, wanted;

	if (!page_points(page, &armed, &wanted))
		return;
	sample(opt, "forkfail_points", "gauge",
	       "Watch points that this kernel has.", wanted);
	sample(opt, "forkfail_points_armed", "gauge",
	       "Watch points that are armed.", armed);
	sample(opt, "forkfail_blind", "gauge",
	       "1 if forkfail cannot see some failures.",
	       armed < wanted || page_pair(page, "blind"));
}

static void info(const struct options *opt, const struct page *page)
{
	const char *kernel = page_pair(page, "kernel");

	/* Quotes and backslashes: the page may come from anywhere. */
	if (!kernel || kernel[strcspn(kernel, "\"\\")])
		return;
	head(opt, "forkfail_info", "gauge", "The kernel that forkfail watches.");
	printf("forkfail_info{kernel=\"%s\",format=\"%u\"} 1\n", kernel,
	       page->format);
}

/**
 * cmd_metrics() - forkfail metrics
 * @opt: options
 * @argc: unused
 * @argv: unused
 *
 * Return: exit status.
 */
int cmd_metrics(const struct options *opt, int argc __unused, char **argv __unused)
{
	struct input in;
	char *path = input_path(opt, FORKFAIL_PAGE);
	int status = READER_OK;

	/* That the module is not loaded is a result, too. */
	if (!opt->input && access(path, F_OK) && errno == ENOENT) {
		sample(opt, "forkfail_up", "gauge",
		       "1 if the page of forkfail could be read.", 0);
		if (opt->openmetrics)
			puts("# EOF");
		warnf("%s does not exist: the module is not loaded", path);
		free(path);
		return READER_NO_DATA;
	}
	free(path);
	input_open(&in, opt, FORKFAIL_PAGE);
	if (!in.page.has_table && in.page.nr_events)
		dief(READER_NO_DATA, "this is a log, which has no counts; metrics need a page");
	if (input_complain(&in))
		status = READER_PARTIAL;
	sample(opt, "forkfail_up", "gauge",
	       "1 if the page of forkfail could be read.", 1);
	info(opt, &in.page);
	failures(opt, &in.page);
	header_counters(opt, &in.page);
	points(opt, &in.page);
	if (opt->openmetrics)
		puts("# EOF");
	input_free(&in);
	return status;
}
