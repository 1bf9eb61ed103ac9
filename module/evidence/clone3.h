/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clone3.h - reads clone3()'s arguments from the caller's memory
 */
#ifndef FORKFAIL_CLONE3_H
#define FORKFAIL_CLONE3_H

#include "rules/syscall_rules.h"

void ff_clone3_read(struct ff_clone3_args *l);
bool ff_clone3_is_fine(void);

#endif /* FORKFAIL_CLONE3_H */
