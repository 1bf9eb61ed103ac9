/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * in_flight.h - tasks that are counted for a moment
 *
 * RLIMIT_NPROC, the pids controller and the counts of namespaces count a new one at their lowest
 * level first, and then at each above it; if one level refuses, they take it back from all.  So
 * what is refused further up, or will be taken back for another reason, makes a level below look
 * fuller than it is, and what is counted there at that moment is refused.  A hook that reads the
 * counts after that may find such a level with room again, and another one full.
 */
#ifndef FORKFAIL_IN_FLIGHT_H
#define FORKFAIL_IN_FLIGHT_H

#include <linux/cpumask.h>
#include <linux/minmax.h>
#include <linux/types.h>

/*
 * So much may a count change between the kernel's check and a hook: each CPU may have taken back
 * one, and have ended one.  Accepted: that the task itself was interrupted there, for so long
 * that more has changed.
 */
#define FF_MOST_IN_FLIGHT	(2 * num_online_cpus())

/**
 * ff_may_have_been_full - can a limit have refused one more task a moment ago?
 * @now: how many it counts now
 * @max: how many may be
 *
 * What is counted for a moment is created by a task that is counted as well.
 *
 * Return: true if it is full, or so near that it may have been.
 */
static inline bool ff_may_have_been_full(s64 now, s64 max)
{
	return now + 1 + min_t(s64, now, FF_MOST_IN_FLIGHT) > max;
}

#endif /* FORKFAIL_IN_FLIGHT_H */
