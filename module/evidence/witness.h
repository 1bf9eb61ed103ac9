/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * witness.h - what is done when a witness runs
 */
#ifndef FORKFAIL_WITNESS_H
#define FORKFAIL_WITNESS_H

#include <linux/bits.h>
#include <linux/types.h>

#include "rules/observation.h"

/* Witnesses that also run for calls that succeed: they only leave a note. */
#define FF_NOTED_WITNESSES	(BIT(FF_W_NEW_USERNS) | BIT(FF_W_USERNS_LSM) |	\
				 BIT(FF_W_UCOUNT) | BIT(FF_W_IO_URING_FORK) |	\
				 BIT(FF_W_KTHREAD_STRUCT) | BIT(FF_W_MEMPOLICY) |	\
				 BIT(FF_W_CPUSET_LSM))

void ff_observe_witness(u8 first, const unsigned long *arg);
bool ff_may_have_missed_witness(void);

#endif /* FORKFAIL_WITNESS_H */
