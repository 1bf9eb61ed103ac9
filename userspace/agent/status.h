/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The status page.
 */
#ifndef AGENT_STATUS_H
#define AGENT_STATUS_H

#include "buf.h"

void status_write(struct buf *b, bool names);

/* plot.c */
void plot_style(struct buf *b);
void plot_legend(struct buf *b);
void plot_write(struct buf *b, const char *title, const char *from, const char *slot,
		const u64 *slots, size_t nr);

#endif /* AGENT_STATUS_H */
