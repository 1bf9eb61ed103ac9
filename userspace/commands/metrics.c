// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forkfail metrics: the page for a monitoring system.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "causes.h"
#include "input.h"
#include "page_metrics.h"

/* All of the page's own words fit, with what is around each of them. */
#define ROOM(page_len)	((1 << 16) + 16 * (page_len))

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

static void failures_of(struct expo *x, const struct page *page, const char *id)
{
	const char * const labels[][2] = { { "cause", id } };

	expo_labels(x, "forkfail_failures_total", 1, labels, (double)count_of(page, id));
}

/* Every known cause, also at 0: rate() wants to see the first failure. */
static void failures(struct expo *x, const struct page *page)
{
	const struct cause *cause;
	const char *id;
	size_t i, j;

	expo_head(x, "forkfail_failures_total", "counter",
		  "Forks, clones and thread creations that failed, by cause.");
	for (i = 0; (cause = cause_at(i)); i++)
		if (cause->number >= 0 && strcmp(cause->id, "signal-restart"))
			failures_of(x, page, cause->id);
	/* Causes of a newer module, each once. */
	for (i = 0; i < page->nr_counts; i++) {
		id = page->counts[i].value[COUNT_CAUSE];
		if (cause_find(id))
			continue;
		for (j = 0; j < i; j++)
			if (!strcmp(page->counts[j].value[COUNT_CAUSE], id))
				break;
		if (j == i)
			failures_of(x, page, id);
	}
}

static void info(struct expo *x, const struct page *page)
{
	const char *kernel = page_pair(page, "kernel");
	char format[16];
	const char * const labels[][2] = { { "kernel", kernel }, { "format", format } };

	if (!kernel)
		return;
	snprintf(format, sizeof(format), "%u", page->format);
	expo_head(x, "forkfail_info", "gauge", "The kernel that forkfail watches.");
	expo_labels(x, "forkfail_info", ARRAY_SIZE(labels), labels, 1);
}

static void up(struct expo *x, bool up)
{
	expo_one(x, "forkfail_up", "gauge", "1 if the page of forkfail could be read.", up);
}

static void print(struct expo *x)
{
	expo_end(x);
	if (x->b->full)
		dief(READER_OUTPUT, "the metrics need more than %zu bytes", x->b->size);
	fputs(x->b->s, stdout);
	free(x->b->s);
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
	struct buf b;
	struct expo x = { .b = &b, .openmetrics = opt->openmetrics };
	struct input in;
	char *path = input_path(opt, FORKFAIL_PAGE);
	int status = READER_OK;

	/* That the module is not loaded is a result, too. */
	if (!opt->input && access(path, F_OK) && errno == ENOENT) {
		buf_init(&b, xrealloc(NULL, 1, ROOM(0)), ROOM(0));
		up(&x, false);
		print(&x);
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
	buf_init(&b, xrealloc(NULL, 1, ROOM(in.len)), ROOM(in.len));
	up(&x, true);
	info(&x, &in.page);
	failures(&x, &in.page);
	page_metrics_counters(&x, &in.page);
	page_metrics_points(&x, &in.page);
	print(&x);
	input_free(&in);
	return status;
}
