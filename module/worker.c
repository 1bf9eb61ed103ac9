// SPDX-License-Identifier: GPL-2.0-only
/*
 * worker.c - what is done later than in a handler
 *
 * A thread of our own that exists since load: when threads have run out nobody
 * can start one.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/sched.h>

#include "journal/holders.h"
#include "journal/inbox.h"
#include "journal/journal.h"
#include "page/klog.h"
#include "hooks/selftest.h"
#include "worker.h"

#define BATCH_JIFFIES	max(HZ / 50, 1)
/* Only as often as a full minute without a failure: the self-test. */
#define IDLE_JIFFIES	(60 * HZ)

static struct task_struct *worker;

static int work(void *unused)
{
	unsigned long tested = jiffies;

	while (!kthread_should_stop()) {
		if (ff_inbox_wait(ff_journal_has_hit() ? HZ : IDLE_JIFFIES)) {
			/* more of the same usually follows: one drain for all */
			schedule_timeout_uninterruptible(BATCH_JIFFIES);
			ff_inbox_lower();
			ff_journal_lock();
			ff_journal_drain();
			ff_journal_unlock();
		}
		ff_holders_count();
		ff_klog();
		if (time_after_eq(jiffies, tested + IDLE_JIFFIES)) {
			ff_self_test();
			tested = jiffies;
		}
	}
	return 0;
}

/**
 * ff_worker_init - start it
 *
 * May sleep.
 *
 * Return: 0 or a negative errno.
 */
int ff_worker_init(void)
{
	worker = kthread_run(work, NULL, "forkfail");
	return PTR_ERR_OR_ZERO(worker);
}

/**
 * ff_worker_exit - stop it
 *
 * May sleep.  No hook is armed any more.
 */
void ff_worker_exit(void)
{
	kthread_stop(worker);
}
