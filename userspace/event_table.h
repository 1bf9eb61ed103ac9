/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events as a table.
 */
#ifndef EVENT_TABLE_H
#define EVENT_TABLE_H

#include "input.h"

bool event_table_print(const struct options *opt, const struct event **events, size_t nr,
		       bool headings, bool in_pieces);

#endif /* EVENT_TABLE_H */
