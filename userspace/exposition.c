// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Metrics in the Prometheus text format and in OpenMetrics.  One difference matters
 * here: the # TYPE line of a counter names the sample in the former, and the family,
 * without _total, in the latter.
 */
#include <string.h>

#include "exposition.h"

/**
 * expo_head() - start a family
 * @x: the exposition
 * @name: name of its samples
 * @type: counter or gauge
 * @help: a sentence
 */
void expo_head(struct expo *x, const char *name, const char *type, const char *help)
{
	int len = (int)strlen(name);

	if (x->openmetrics && !strcmp(type, "counter"))
		len -= (int)strlen("_total");
	buf_add(x->b, "# HELP %.*s %s\n# TYPE %.*s %s\n", len, name, help, len, name, type);
}

/* Whole numbers are written as such, up to the largest counter. */
static bool is_whole(double value)
{
	return value >= 0 && (value < 0x1p53 ? value == (double)(u64)value : value <= 0x1p64);
}

static void add_value(struct expo *x, double value)
{
	buf_add(x->b, is_whole(value) ? " %.0f\n" : " %.15g\n", value);
	x->series++;
}

/**
 * expo_labels() - add a sample to the family
 * @x: the exposition
 * @name: its name
 * @nr: how many labels it has
 * @labels: name and value of each
 * @value: its value
 */
void expo_labels(struct expo *x, const char *name, size_t nr,
		 const char * const labels[][2], double value)
{
	size_t i;

	buf_add(x->b, "%s", name);
	for (i = 0; i < nr; i++) {
		buf_add(x->b, "%c%s=\"", i ? ',' : '{', labels[i][0]);
		buf_label(x->b, labels[i][1]);
		buf_add(x->b, "\"");
	}
	if (nr)
		buf_add(x->b, "}");
	add_value(x, value);
}

/**
 * expo_sample() - add a sample without labels
 * @x: the exposition
 * @name: its name
 * @value: its value
 */
void expo_sample(struct expo *x, const char *name, double value)
{
	expo_labels(x, name, 0, NULL, value);
}

/**
 * expo_one() - add a family of one sample
 * @x: the exposition
 * @name: its name
 * @type: counter or gauge
 * @help: a sentence
 * @value: its value
 */
void expo_one(struct expo *x, const char *name, const char *type, const char *help,
	      double value)
{
	expo_head(x, name, type, help);
	expo_sample(x, name, value);
}

/**
 * expo_end() - end the exposition
 * @x: the exposition
 */
void expo_end(struct expo *x)
{
	if (x->openmetrics)
		buf_add(x->b, "# EOF\n");
}
