/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * blind.h - what cannot be seen, because its watch point is not armed
 */
#ifndef FORKFAIL_BLIND_H
#define FORKFAIL_BLIND_H

#include <linux/types.h>

/*
 * Steps and witnesses (bits); written when points are armed, read by handlers.  Step
 * ENTRY stands for dead children: where nobody sees them, a call without one may have
 * come behind it.
 */
extern u32 ff_blind_steps, ff_blind_witnesses;

/* Children that are given up are not seen. */
extern bool ff_blind_children;

/* What a child told was not so: see cross_check.c. */
extern bool ff_stages_doubted;

#endif /* FORKFAIL_BLIND_H */
