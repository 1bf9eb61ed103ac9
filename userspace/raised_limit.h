/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a limit was raised after the failure.
 */
#ifndef RAISED_LIMIT_H
#define RAISED_LIMIT_H

#include "causes.h"

char *raised_since(const struct event *ev, const struct cause *cause, u64 *limit);

#endif /* RAISED_LIMIT_H */
