/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * skip.h - the watch points that are not to be armed
 */
#ifndef FORKFAIL_SKIP_H
#define FORKFAIL_SKIP_H

#include <linux/types.h>

int ff_skip_check(const char *skip);
bool ff_is_skipped(const char *skip, const char *name);

#endif /* FORKFAIL_SKIP_H */
