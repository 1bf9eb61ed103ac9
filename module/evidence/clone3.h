/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clone3.h - reads clone3()'s arguments from the caller's memory
 */
#ifndef FORKFAIL_CLONE3_H
#define FORKFAIL_CLONE3_H

#include "rules/syscall_rules.h"

void ff_clone3_look_at(struct ff_clone3_look *l);
bool ff_clone3_looks_fine(void);

#endif /* FORKFAIL_CLONE3_H */
