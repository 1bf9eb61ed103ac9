/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * blind.h - what cannot be seen because its watch point is not armed
 */
#ifndef FORKFAIL_BLIND_H
#define FORKFAIL_BLIND_H

#include <linux/types.h>

/*
 * Steps and witnesses (bits) that are not seen; written when points are armed, read by
 * handlers.  Until all points are armed, nothing counts as seen, and so again while they are
 * removed.  FF_STEP_ENTRY stands for dead children: if they are not seen, a call without one
 * may have failed at any later step, too.
 */
extern u32 ff_blind_steps, ff_blind_witnesses;

/* Children that are given up are not seen. */
extern bool ff_blind_children;

/* The stage that a child's fields showed was once wrong: see cross_check.c. */
extern bool ff_stages_doubted;

#endif /* FORKFAIL_BLIND_H */
