// SPDX-License-Identifier: GPL-2.0-only
/*
 * pollers.c - who waits for news
 *
 * One queue for those who see everything, the others by payer: a failure wakes only
 * those who may see it.  Whoever wakes goes through a queue with interrupts off, so
 * that an ordinary user's is not longer than MOST_WAIT; and it is the worker that
 * does it, at most a few times a second.
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

#define QUEUES		64	/* the first is of those who see everything */
#define MOST_WAIT	512
#define REST_JIFFIES	max(HZ / 4, 1)

/*
 * Outlives the module if somebody still waits, and so must what lockdep knows its
 * locks by.
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
 * ff_pollers_queue - where somebody waits
 * @all: he sees everything
 * @payer: else who it is
 *
 * Return: number of the queue.
 */
u8 ff_pollers_queue(bool all, const struct ff_payer *payer)
{
	/* of one payer all cgroups */
	const struct ff_payer uid = { .uid = payer->uid };

	return all ? 0 : 1 + ff_payer_hash(&uid) % (QUEUES - 1);
}

/**
 * ff_pollers_generation - changes with what is new for a queue
 * @queue: which
 *
 * Return: a number.
 */
u64 ff_pollers_generation(u8 queue)
{
	return READ_ONCE(generation[queue]);
}

/**
 * ff_pollers_news - somebody's event is new, or was counted on
 * @uid: his uid
 * @payer: on whose account
 *
 * Under the journal's lock.  The worker wakes, which has to be raised.
 */
void ff_pollers_news(kuid_t uid, const struct ff_payer *payer)
{
	/* a file shows what is its opener's by uid, and the payer may be another */
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
 * ff_pollers_wait - wait for what is new
 * @queue: where
 * @file: the file that is polled
 * @wait: poll's table
 *
 * May sleep.
 *
 * Return: false if there is no room: nobody will wake this one.
 */
bool ff_pollers_wait(u8 queue, struct file *file, struct poll_table_struct *wait)
{
	/* asked without waiting, it is in the queue already or does not want to be */
	if (queue && wait && wait->_qproc && is_full(&pollers->queue[queue]))
		return false;
	poll_wait(file, &pollers->queue[queue], wait);
	/* in the queue before the generation is looked at; pairs with that of the waker */
	smp_mb();
	return true;
}

/**
 * ff_pollers_wake - wake those for whom there is news, if the last time is not too near
 *
 * In the worker.  May sleep.
 *
 * Return: in how many jiffies there is more to do, MAX_SCHEDULE_TIMEOUT if there is
 * nothing.
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
		/* a barrier: what is news after this sets it again */
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
		/* with the lock that joins and leaves take */
		waiting |= waitqueue_active(&pollers->queue[i]);
		spin_unlock_irq(&pollers->queue[i].lock);
	}
	return waiting;
}

/**
 * ff_pollers_exit - free the queues
 *
 * May sleep.  A task that sleeps in poll() stands in one, and removing the file does
 * not wake it: it would step out of the queue of a module that is gone.  Wake all;
 * whoever asks for more than a removed file can give, or waits by epoll, stays, and
 * then the queues stay too.
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
 * ff_pollers_bytes - memory that the queues take
 *
 * Return: bytes.
 */
size_t ff_pollers_bytes(void)
{
	return sizeof(*pollers);
}
