// SPDX-License-Identifier: GPL-2.0-only
/*
 * restart_loop.c - calls that restart again and again
 *
 * A signal that is there when a task begins to fork makes the kernel start the
 * call anew.  That is no failure, unless there is one each time.  The kernel looks
 * once, before it copies anything: the copy of a big process may take as long as
 * it likes, but a timer that always expires on the way there, while clone3's
 * arguments are fetched from a disk, makes a fork() that never returns.
 *
 * A small table of those that are at it, four ways deep by the task's hash.
 * Only the task itself looks at its entry.  An entry that has been quiet for
 * QUIET_NS, whose task may be gone, is anybody's.
 */
#include <linux/atomic.h>
#include <linux/hash.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>

#include "evidence/failing_call.h"
#include "evidence/failure.h"
#include "evidence/restart_loop.h"

#define ROW_BITS	5
#define WAYS		4
#define OFTEN		100	/* and ten times that, and so on: a line each */
#define QUIET_NS	(10 * NSEC_PER_SEC)

static struct loop {
	struct task_struct *task;
	u64 started;		/* of the task: an address is used again */
	u64 first, last;	/* boot time: nobody sets it back */
	u32 restarts;
} loops[BIT(ROW_BITS)][WAYS];

/* How many entries are in use. */
atomic_t ff_restarting = ATOMIC_INIT(0);

static struct loop *loop_row(void)
{
	return loops[hash_ptr(current, ROW_BITS)];
}

static struct loop *find_loop(void)
{
	struct loop *l;

	for (l = loop_row(); l < loop_row() + WAYS; l++)
		if (READ_ONCE(l->task) == current && l->started == current->start_boottime)
			return l;
	return NULL;
}

static struct loop *claim_loop(u64 now)
{
	struct task_struct *old;
	struct loop *l;

	for (l = loop_row(); l < loop_row() + WAYS; l++) {
		old = READ_ONCE(l->task);
		if (old && now - READ_ONCE(l->last) < QUIET_NS)
			continue;
		if (cmpxchg(&l->task, old, current) != old)
			continue;
		if (!old)
			atomic_inc(&ff_restarting);
		l->started = current->start_boottime;
		l->first = now;
		WRITE_ONCE(l->last, now);
		l->restarts = 0;
		return l;
	}
	return NULL;
}

/* The lowest that is pending and not blocked, as near as can be told without a lock. */
static u8 pending_signal(void)
{
	unsigned int word, first;

	for (word = 0; word < _NSIG_WORDS; word++) {
		unsigned long set = (READ_ONCE(current->pending.signal.sig[word]) |
				     READ_ONCE(current->signal->shared_pending.signal.sig[word])) &
				    ~current->blocked.sig[word];

		if (!set)
			continue;
		first = __ffs(set);
		return word * BITS_PER_LONG + first + 1;
	}
	return 0;
}

static bool is_power(u32 n)
{
	while (n > OFTEN && n % 10 == 0)
		n /= 10;
	return n == OFTEN;
}

/**
 * ff_restart_is_often - the running task's call restarts
 * @f: receives how often it has, since when, and for which signal
 *
 * From the hook on signals.
 *
 * Return: true if that is worth a line.
 */
bool ff_restart_is_often(struct ff_failure *f)
{
	u64 now = ktime_get_boottime_ns();
	struct loop *l = find_loop() ?: claim_loop(now);

	if (!l)
		return false;
	if (now - l->last > QUIET_NS) {
		l->first = now;
		l->restarts = 0;
	}
	WRITE_ONCE(l->last, now);
	if (!is_power(++l->restarts))
		return false;
	f->restarts = l->restarts;
	f->since = l->first;
	f->signal = pending_signal();
	return true;
}

/**
 * ff_restart_watch - kernel_clone() is entered by a task that may have restarted
 *
 * Somebody has to find out whether it does so again: its answer is looked at.
 */
void ff_restart_watch(void)
{
	struct ff_call *c;

	if (!ff_restart_watched() || (current->flags & (PF_KTHREAD | PF_IO_WORKER)) || !find_loop())
		return;
	c = ff_call_claim(FF_CALL_ASKED);
	if (!c)
		return;
	c->restarting = true;
	if (c->state == FF_CALL_IDLE && !c->creator)
		ff_call_answer_later(c);
}

/**
 * ff_restart_forget - the running task is not at it any more
 */
void ff_restart_forget(void)
{
	struct loop *l = find_loop();

	if (l && cmpxchg(&l->task, current, NULL) == current)
		atomic_dec(&ff_restarting);
}
