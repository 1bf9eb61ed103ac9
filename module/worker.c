// SPDX-License-Identifier: GPL-2.0-only
/*
 * worker.c - what is done later than in a handler
 *
 * Threads of our own that exist since load: when threads have run out nobody can
 * start one.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/sched.h>

#include "hooks/selftest.h"
#include "journal/full_limits.h"
#include "journal/holders.h"
#include "journal/inbox.h"
#include "journal/journal.h"
#include "journal/pollers.h"
#include "page/klog.h"
#include "worker.h"

#define BATCH_JIFFIES	max(HZ / 50, 1)
/* Only as often as a full minute without a failure: the self-test. */
#define IDLE_JIFFIES	(60 * HZ)

static struct task_struct *worker, *walker;

static int run_worker(void *unused)
{
	unsigned long tested = jiffies, wait = IDLE_JIFFIES;

	while (!kthread_should_stop()) {
		if (ff_inbox_wait(wait)) {
			/* more of the same usually follows: one drain for all */
			schedule_timeout_uninterruptible(BATCH_JIFFIES);
			ff_inbox_lower();
			ff_journal_drain();
			if (ff_full_limits_any())
				wake_up_process(walker);
		}
		ff_klog();
		if (time_after_eq(jiffies, tested + IDLE_JIFFIES)) {
			ff_self_test();
			tested = jiffies;
		}
		wait = min(ff_pollers_wake(), (unsigned long)IDLE_JIFFIES);
	}
	return 0;
}

/* A walk over all tasks takes its time: nothing else waits for it. */
static int run_walker(void *unused)
{
	unsigned long wait;

	while (!kthread_should_stop()) {
		set_current_state(TASK_INTERRUPTIBLE);
		wait = ff_full_limits_any() || kthread_should_stop() ? 0 : MAX_SCHEDULE_TIMEOUT;
		if (wait)
			schedule();
		__set_current_state(TASK_RUNNING);
		wait = ff_holders_count();
		if (wait != MAX_SCHEDULE_TIMEOUT && !kthread_should_stop())
			schedule_timeout_interruptible(wait);
	}
	return 0;
}

/**
 * ff_worker_init - start both threads
 *
 * May sleep.
 *
 * Return: 0 or a negative errno.
 */
int ff_worker_init(void)
{
	walker = kthread_run(run_walker, NULL, "forkfail-walk");
	if (IS_ERR(walker))
		return PTR_ERR(walker);
	worker = kthread_run(run_worker, NULL, "forkfail");
	if (IS_ERR(worker))
		kthread_stop(walker);
	return PTR_ERR_OR_ZERO(worker);
}

/**
 * ff_worker_exit - stop them
 *
 * May sleep.  No hook is armed any more.
 */
void ff_worker_exit(void)
{
	/* it is the worker that wakes the other */
	kthread_stop(worker);
	kthread_stop(walker);
}
