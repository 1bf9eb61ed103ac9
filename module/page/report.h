/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report.h - the page and the log
 */
#ifndef FORKFAIL_REPORT_H
#define FORKFAIL_REPORT_H

#include <linux/types.h>

struct ff_text;
struct ff_view;

void ff_report_init(void);
size_t ff_report_page_size(void);
size_t ff_report_log_size(void);
void ff_report_page(struct ff_text *t, const struct ff_view *view);
void ff_report_log(struct ff_text *t, const struct ff_view *view);

#endif /* FORKFAIL_REPORT_H */
