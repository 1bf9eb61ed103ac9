// SPDX-License-Identifier: GPL-2.0-only
/*
 * pollers.c - wakes readers that poll the files
 *
 * All readers who see everything share one queue.  Each open file of other readers has one of
 * its own, so a failure wakes only those who may see it.  A wake-up walks a queue with
 * interrupts disabled, so the queues of ordinary users are limited to MOST_WAIT entries.
 * Only the worker wakes, at most four times a second.
 */
#include <linux/bitmap.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kmemleak.h>
#include <linux/lockdep.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "journal/pollers.h"

#define QUEUES		(FF_POLLERS_OWN + 1)
#define MOST_WAIT	64
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

/* Open files of those who see only their own; @who is NULL if none is open. */
static struct {
	const void *who;
	bool (*sees)(const void *who, const struct ff_event *e);
} readers[FF_POLLERS_OWN];
/* Protects readers, and their bits in news; taken under the journal's lock. */
static DEFINE_SPINLOCK(readers_lock);
static DECLARE_BITMAP(news, QUEUES);
static unsigned long woken;	/* jiffies */

/**
 * ff_pollers_open - prepare the queue of an open file
 * @queue: index of the queue, less than FF_POLLERS_OWN
 * @who: the reader, until ff_pollers_close()
 * @sees: whether the reader may see an event; called under a spinlock
 *
 * Call it before the file can be read or polled.
 */
void ff_pollers_open(unsigned int queue, const void *who,
		     bool (*sees)(const void *who, const struct ff_event *e))
{
	spin_lock(&readers_lock);
	/* news for the previous reader of this queue is not for this one */
	clear_bit(queue, news);
	readers[queue].who = who;
	readers[queue].sees = sees;
	spin_unlock(&readers_lock);
}

/**
 * ff_pollers_close - the file was closed
 * @queue: index of its queue, in which nobody waits any more
 */
void ff_pollers_close(unsigned int queue)
{
	spin_lock(&readers_lock);
	readers[queue].who = NULL;
	spin_unlock(&readers_lock);
}

/**
 * ff_pollers_news - note that an event is new or has changed
 * @e: the event
 *
 * Under the journal's lock: a file that is opened at this moment takes that lock later, when
 * it is read or polled.  The worker wakes the readers; it has to be woken separately.
 */
void ff_pollers_news(const struct ff_event *e)
{
	unsigned int i;

	set_bit(FF_POLLERS_ALL, news);
	spin_lock(&readers_lock);
	for (i = 0; i < FF_POLLERS_OWN; i++)
		if (readers[i].who && readers[i].sees(readers[i].who, e))
			set_bit(i, news);
	spin_unlock(&readers_lock);
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
bool ff_pollers_wait(unsigned int queue, struct file *file, struct poll_table_struct *wait)
{
	/* without _qproc the caller is in the queue already, or does not want to wait */
	if (queue != FF_POLLERS_ALL && wait && wait->_qproc && is_full(&pollers->queue[queue]))
		return false;
	poll_wait(file, &pollers->queue[queue], wait);
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
	unsigned int i;

	if (bitmap_empty(news, QUEUES))
		return MAX_SCHEDULE_TIMEOUT;
	if (time_before(now, woken + REST_JIFFIES))
		return woken + REST_JIFFIES - now;
	woken = now;
	for_each_set_bit(i, news, QUEUES) {
		clear_bit(i, news);
		/* pairs with the journal's lock: what changes later sets the bit again */
		smp_mb__after_atomic();
		wake_up_interruptible_poll(&pollers->queue[i], EPOLLIN | EPOLLRDNORM | EPOLLPRI);
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
