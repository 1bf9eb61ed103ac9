/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Selects failures.
 */
#ifndef FILTER_H
#define FILTER_H

#include "command.h"
#include "page_parser.h"

bool filter_on_rows(const struct options *opt);
bool filter_on_events(const struct options *opt);
bool filter_is_in_cgroup(const struct options *opt, const char *path);
bool filter_event(const struct options *opt, const struct event *ev);
bool filter_count(const struct options *opt, const struct count *row);
void filter_check_causes(const struct options *opt, const struct page *page);

#endif /* FILTER_H */
