/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Metrics in the two text formats of Prometheus.
 */
#ifndef EXPOSITION_H
#define EXPOSITION_H

#include "buf.h"

/**
 * struct expo - an exposition that is being written
 * @b: where it goes
 * @openmetrics: in OpenMetrics, else in Prometheus text
 * @series: samples so far
 */
struct expo {
	struct buf *b;
	bool openmetrics;
	unsigned int series;
};

void expo_head(struct expo *x, const char *name, const char *type, const char *help);
void expo_sample(struct expo *x, const char *name, double value);
void expo_labels(struct expo *x, const char *name, size_t nr,
		 const char * const labels[][2], double value);
void expo_one(struct expo *x, const char *name, const char *type, const char *help,
	      double value);
void expo_end(struct expo *x);

#endif /* EXPOSITION_H */
