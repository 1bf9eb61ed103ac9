// SPDX-License-Identifier: GPL-2.0-only
/*
 * worker.c - the threads that do what handlers cannot
 *
 * They are created at load: at the limit on tasks, no new thread can be started.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/printk.h>
#include <linux/sched.h>

#include "evidence/restart_loop.h"
#include "hooks/selftest.h"
#include "journal/full_limits.h"
#include "journal/holders.h"
#include "journal/inbox.h"
#include "journal/journal.h"
#include "journal/pollers.h"
#include "page/klog.h"
#include "worker.h"

#define BATCH_JIFFIES	max(HZ / 50, 1)
/* How often the self-test runs. */
#define IDLE_JIFFIES	(60 * HZ)

static struct task_struct *worker, *walker;

static int run_worker(void *unused)
{
	unsigned long tested = jiffies, wait = IDLE_JIFFIES;

	while (!kthread_should_stop()) {
		if (ff_inbox_wait(wait)) {
			/* more failures usually follow: drain them all at once */
			schedule_timeout_uninterruptible(BATCH_JIFFIES);
			ff_inbox_lower();
			ff_journal_drain();
			if (ff_full_limits_any())
				wake_up_process(walker);
		}
		ff_klog();
		if (time_after_eq(jiffies, tested + IDLE_JIFFIES)) {
			ff_self_test();
			ff_restart_expire();
			tested = jiffies;
		}
		wait = min(ff_pollers_wake(), (unsigned long)IDLE_JIFFIES);
	}
	return 0;
}

/* A walk over all tasks can take long, so it has a thread of its own. */
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
		/* the state first: whoever tells it to stop after that wakes it */
		set_current_state(TASK_INTERRUPTIBLE);
		if (wait != MAX_SCHEDULE_TIMEOUT && !kthread_should_stop())
			schedule_timeout(wait);
		__set_current_state(TASK_RUNNING);
	}
	return 0;
}

static int start(struct task_struct **thread, int (*run)(void *unused), const char *name)
{
	int err;

	*thread = kthread_run(run, NULL, "%s", name);
	err = PTR_ERR_OR_ZERO(*thread);
	if (err && err != -ENOMEM)
		pr_err("not loaded: the kernel cannot create a thread (error %d); if the limit on tasks is reached, raise kernel.threads-max or kernel.pid_max, or end some tasks, and load forkfail again\n",
		       err);
	return err;
}

/**
 * ff_worker_init - start both threads
 *
 * May sleep.  On error the kernel log says what is missing, except with -ENOMEM.
 *
 * Return: 0 or a negative errno.
 */
int ff_worker_init(void)
{
	int err = start(&walker, run_walker, "forkfail-walk");

	if (err)
		return err;
	err = start(&worker, run_worker, "forkfail");
	if (err)
		kthread_stop(walker);
	return err;
}

/**
 * ff_worker_exit - stop both threads
 *
 * May sleep.  No hook may be armed.
 */
void ff_worker_exit(void)
{
	/* first the worker, which wakes the walker */
	kthread_stop(worker);
	kthread_stop(walker);
}
