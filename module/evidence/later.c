// SPDX-License-Identifier: GPL-2.0-only
/*
 * later.c - what a task does on its way back to user space, where it may sleep
 *
 * A hook cannot wait for a lock, and does not know what the system call that it
 * runs in will return.  What needs one of the two is put into a slot, with a
 * task_work that takes it up when the call is over: before the caller sees its
 * errno.
 */
#include <linux/bitmap.h>
#include <linux/cache.h>
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/task_work.h>

#include "compat/compat.h"
#include "evidence/later.h"

/* Of tasks between a hook and their way back: more than these do without. */
static struct slot {
	u8 data[FF_LATER_BYTES];
	struct callback_head work;
	void (*run)(void *data);
} ____cacheline_aligned slots[32];

static DECLARE_BITMAP(busy, ARRAY_SIZE(slots));

/* Or to its end, if it was killed. */
static void on_the_way_back(struct callback_head *work)
{
	struct slot *s = container_of(work, struct slot, work);

	s->run(s->data);
	/* ff_later_wait() says why nothing has to come behind this */
	clear_bit_unlock(s - slots, busy);
}

/**
 * ff_later_claim - room for what the running task is to do later
 *
 * Any context in which current is the task that calls.  A tracer cannot stop the
 * task before it is done, and unloading does not wait for tracers: whatever stops
 * a task runs its task_works first (ptrace_notify(), get_signal(), from 5.10 to
 * 7.2).  A thread of the kernel never goes back and has to do without.
 *
 * Return: FF_LATER_BYTES bytes, aligned as anything may have to be, with
 * anything in them, to be given to ff_later_run(); NULL if there is no room.
 */
void *ff_later_claim(void)
{
	unsigned int i;

	if (current->flags & (PF_KTHREAD | PF_IO_WORKER | PF_EXITING))
		return NULL;
	for (i = 0; i < ARRAY_SIZE(slots); i++)
		if (!test_and_set_bit_lock(i, busy))
			return slots[i].data;
	return NULL;
}

/**
 * ff_later_run - do it on the way back
 * @data: from ff_later_claim()
 * @run: is given @data then; may sleep
 *
 * As ff_later_claim().
 *
 * Return: true, or false if the task never goes back; @data is given back then.
 */
bool ff_later_run(void *data, void (*run)(void *data))
{
	struct slot *s = data;

	s->run = run;
	init_task_work(&s->work, on_the_way_back);
	if (!ff_task_work_add(&s->work))
		return true;
	clear_bit_unlock(s - slots, busy);
	return false;
}

/**
 * ff_later_wait - wait until all of it is done
 *
 * May sleep.  Not for long: such a task does nothing else.  The hooks that claim
 * are gone when this is called, and others are unregistered behind it: that waits
 * for tasks that are still in the last instructions of on_the_way_back(), as it
 * does for handlers.
 */
void ff_later_wait(void)
{
	while (!bitmap_empty(busy, ARRAY_SIZE(slots)))
		msleep(20);
}

/**
 * ff_later_bytes - memory that the slots take
 *
 * Return: bytes.
 */
size_t ff_later_bytes(void)
{
	return sizeof(slots);
}
