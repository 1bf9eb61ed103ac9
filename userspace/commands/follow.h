/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * forkfail log -f: print events as they come.
 */
#ifndef FOLLOW_H
#define FOLLOW_H

#include "command.h"

int log_follow(const struct options *opt);

#endif /* FOLLOW_H */
