// SPDX-License-Identifier: GPL-2.0-only
/*
 * pollers.c - wakes readers that poll the files
 *
 * There is one queue for readers who see everything, and others that payers are hashed to:
 * a failure wakes only those who may see it, and those who share their queue.  A wake-up
 * walks a queue with interrupts disabled, so queues of ordinary users are limited to
 * MOST_WAIT entries.  Only the worker wakes, at most four times a second.
 */
#include <linux/bitops.h>
#include <linux/delay.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/kmemleak.h>
#include <linux/lockdep.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "journal/pollers.h"

#define QUEUES		64	/* the first is for readers who see everything */
#define MOST_WAIT	512
#define REST_JIFFIES	max(HZ / 4, 1)

/*
 * Stays in memory after unload if somebody still waits, and so must the lock class key and
 * name that lockdep uses.
 */
static struct pollers {
	wait_queue_head_t queue[QUEUES];
	struct lock_class_key key;
	char name[sizeof("forkfail pollers")];
} *pollers;

static u64 generation[QUEUES];	/* written under the journal's lock */
static DECLARE_BITMAP(news, QUEUES);
static unsigned long woken;	/* jiffies */

/**
 * ff_pollers_queue - get the queue of a reader
 * @all: the reader sees everything
 * @payer: the reader, otherwise
 *
 * Return: index of the queue.
 */
u8 ff_pollers_queue(bool all, const struct ff_payer *payer)
{
	/* the same queue for all cgroups of a payer */
	const struct ff_payer uid = { .uid = payer->uid };

	return all ? 0 : 1 + ff_payer_hash(&uid) % (QUEUES - 1);
}

/**
 * ff_pollers_generation - get a number that changes when there is news for a queue
 * @queue: index of the queue
 *
 * Return: a number.
 */
u64 ff_pollers_generation(u8 queue)
{
	return READ_ONCE(generation[queue]);
}

/**
 * ff_pollers_news - note that an event is new or has changed
 * @uid: uid of the failing task
 * @payer: who is charged for the event
 *
 * Under the journal's lock.  The worker wakes the readers; it has to be woken separately.
 */
void ff_pollers_news(kuid_t uid, const struct ff_payer *payer)
{
	/* readers see events of their own uid, and the payer may be another user */
	const struct ff_payer self = { .uid = uid };
	u8 queues[] = { 0, ff_pollers_queue(false, payer), ff_pollers_queue(false, &self) };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(queues); i++) {
		WRITE_ONCE(generation[queues[i]], generation[queues[i]] + 1);
		set_bit(queues[i], news);
	}
}

static bool is_full(wait_queue_head_t *queue)
{
	struct list_head *l;
	unsigned int n = 0;

	spin_lock_irq(&queue->lock);
	list_for_each(l, &queue->head)
		if (++n == MOST_WAIT)
			break;
	spin_unlock_irq(&queue->lock);
	return n == MOST_WAIT;
}

/**
 * ff_pollers_wait - add a reader to a queue
 * @queue: index of the queue
 * @file: the file that is polled
 * @wait: poll's table
 *
 * May sleep.
 *
 * Return: false if the queue is full: this reader will not be woken.
 */
bool ff_pollers_wait(u8 queue, struct file *file, struct poll_table_struct *wait)
{
	/* without _qproc the caller is in the queue already, or does not want to wait */
	if (queue && wait && wait->_qproc && is_full(&pollers->queue[queue]))
		return false;
	poll_wait(file, &pollers->queue[queue], wait);
	/* join the queue before reading the generation; pairs with ff_pollers_wake() */
	smp_mb();
	return true;
}

/**
 * ff_pollers_wake - wake readers for whom there is news, unless the last time is too recent
 *
 * In the worker.  May sleep.
 *
 * Return: in how many jiffies to call it again, MAX_SCHEDULE_TIMEOUT if there is no news.
 */
unsigned long ff_pollers_wake(void)
{
	unsigned long now = jiffies;
	bool any = false;
	unsigned int i;

	for (i = 0; i < QUEUES; i++)
		any |= test_bit(i, news);
	if (!any)
		return MAX_SCHEDULE_TIMEOUT;
	if (time_before(now, woken + REST_JIFFIES))
		return woken + REST_JIFFIES - now;
	woken = now;
	for (i = 0; i < QUEUES; i++) {
		/* a full barrier: news after this sets the bit again */
		if (test_and_clear_bit(i, news))
			wake_up_interruptible_poll(&pollers->queue[i],
						   EPOLLIN | EPOLLRDNORM | EPOLLPRI);
		cond_resched();
	}
	return MAX_SCHEDULE_TIMEOUT;
}

/**
 * ff_pollers_init - allocate the queues
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int ff_pollers_init(void)
{
	unsigned int i;

	pollers = kzalloc(sizeof(*pollers), GFP_KERNEL);
	if (!pollers)
		return -ENOMEM;
	woken = jiffies - REST_JIFFIES;
	strscpy(pollers->name, "forkfail pollers", sizeof(pollers->name));
	lockdep_register_key(&pollers->key);
	for (i = 0; i < QUEUES; i++) {
		init_waitqueue_head(&pollers->queue[i]);
		lockdep_set_class_and_name(&pollers->queue[i].lock, &pollers->key, pollers->name);
	}
	return 0;
}

static bool anybody(void)
{
	bool waiting = false;
	unsigned int i;

	for (i = 0; i < QUEUES; i++) {
		wake_up_poll(&pollers->queue[i], EPOLLIN | EPOLLRDNORM | EPOLLPRI | EPOLLHUP);
		spin_lock_irq(&pollers->queue[i].lock);
		/* under the lock that is taken to join and to leave */
		waiting |= waitqueue_active(&pollers->queue[i]);
		spin_unlock_irq(&pollers->queue[i].lock);
	}
	return waiting;
}

/**
 * ff_pollers_exit - free the queues, unless somebody still waits in one
 *
 * May sleep.  Removing the file does not wake a task that sleeps in poll(), and when it
 * wakes up later it removes itself from its queue, in memory that must still exist.  So
 * wake all tasks.  One that goes back to sleep, or that waits by epoll, stays in its queue;
 * then the queues are leaked on purpose.
 */
void ff_pollers_exit(void)
{
	bool waiting = true;
	unsigned int i;

	for (i = 0; i < 100 && waiting; i++) {
		if (i)
			usleep_range(4000, 8000);
		waiting = anybody();
	}
	if (waiting) {
		kmemleak_not_leak(pollers);
	} else {
		lockdep_unregister_key(&pollers->key);
		kfree(pollers);
	}
	pollers = NULL;
}

/**
 * ff_pollers_bytes - how much memory the queues use
 *
 * Return: bytes.
 */
size_t ff_pollers_bytes(void)
{
	return sizeof(*pollers);
}
