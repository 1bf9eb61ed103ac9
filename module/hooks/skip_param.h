/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * skip_param.h - checks the names in skip=
 */
#ifndef FORKFAIL_SKIP_PARAM_H
#define FORKFAIL_SKIP_PARAM_H

int ff_skip_check(const char *skip);

#endif /* FORKFAIL_SKIP_PARAM_H */
