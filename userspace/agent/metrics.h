/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Metrics for Prometheus.
 */
#ifndef AGENT_METRICS_H
#define AGENT_METRICS_H

#include "buf.h"

void metrics_init(void);
bool metrics_sees_all(void);
void metrics_new_load(void);
void metrics_write(struct buf *b, bool openmetrics, bool names);

#endif /* AGENT_METRICS_H */
