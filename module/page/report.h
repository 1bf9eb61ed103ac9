/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report.h - the page and the log
 */
#ifndef FORKFAIL_REPORT_H
#define FORKFAIL_REPORT_H

#include <linux/types.h>

struct ff_copy;
struct ff_text;
struct ff_view;

void ff_report_init(void);
struct ff_copy *ff_report_copy(const struct ff_view *view, bool log);
void ff_report_free(struct ff_copy *c);
void ff_report_page(struct ff_text *t, const struct ff_view *view, struct ff_copy *c);
void ff_report_log(struct ff_text *t, const struct ff_view *view, struct ff_copy *c);

#endif /* FORKFAIL_REPORT_H */
