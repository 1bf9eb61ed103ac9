// SPDX-License-Identifier: GPL-2.0-only
/*
 * restart_loop.c - calls that restart again and again
 *
 * If a signal is pending when a task begins to fork, the kernel restarts the call.  That
 * is no failure, unless it happens every time.  The kernel checks for signals only once,
 * before it copies anything, so a slow copy of a large process does no harm.  But if a
 * timer always expires before the check, for example while clone3()'s arguments are read
 * from disk, the fork() never returns.
 *
 * Such tasks have an entry in a small table: the task's hash selects one of the rows,
 * which have four entries each.  Only the task itself reads its entry.  After QUIET_NS
 * without a restart its task may be gone, and any other may take the entry.  If all in the row
 * are in use, whoever has most of them gives one up.
 */
#include <linux/atomic.h>
#include <linux/hash.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>

#include "evidence/failing_call.h"
#include "evidence/failure.h"
#include "evidence/place_share.h"
#include "evidence/restart_loop.h"

#define ROW_BITS	5
#define WAYS		4
#define OFTEN		100	/* an event after 100 restarts, after 1000, and so on */
#define QUIET_NS	(10 * NSEC_PER_SEC)

static struct loop {
	struct task_struct *task;
	u64 started;		/* start time of the task, because its address may be reused */
	u64 first, last;	/* boot time, which nobody can set */
	u32 restarts;
	struct ff_payer payer;
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

/* Its task may have restarted after @now, on another CPU. */
static bool is_quiet(const struct loop *l, u64 now)
{
	return (s64)(now - READ_ONCE(l->last)) >= (s64)QUIET_NS;
}

static struct loop *find_free(u64 now)
{
	struct loop *l;

	for (l = loop_row(); l < loop_row() + WAYS; l++)
		if (!READ_ONCE(l->task) || is_quiet(l, now))
			return l;
	return NULL;
}

/* How much of the row does @p have, if @newcomer gets an entry? */
static struct ff_held held_by(const struct ff_payer *p, const struct ff_payer *newcomer)
{
	struct ff_held held = {};
	unsigned int i;

	ff_held_add(&held, p, newcomer);
	for (i = 0; i < WAYS; i++)
		ff_held_add(&held, p, &loop_row()[i].payer);
	return held;
}

/* An entry of whoever has most; NULL if nobody has more than @newcomer would have. */
static struct loop *find_most(const struct ff_payer *newcomer)
{
	struct ff_held most = held_by(newcomer, newcomer), held;
	struct loop *l, *found = NULL;

	for (l = loop_row(); l < loop_row() + WAYS; l++) {
		held = held_by(&l->payer, newcomer);
		if (!ff_held_more(&held, &most))
			continue;
		most = held;
		found = l;
	}
	return found;
}

/*
 * Accepted: another task takes the same entry at this moment, and this one comes too late; or the
 * task that loses it is counting in it.
 */
static struct loop *claim_loop(u64 now)
{
	struct ff_payer payer = ff_payer_current();
	struct loop *l = find_free(now) ?: find_most(&payer);
	struct task_struct *old = l ? READ_ONCE(l->task) : NULL;

	if (!l || cmpxchg(&l->task, old, current) != old)
		return NULL;
	if (!old)
		atomic_inc(&ff_restarting);
	l->started = current->start_boottime;
	l->first = now;
	WRITE_ONCE(l->last, now);
	l->restarts = 0;
	l->payer = payer;
	return l;
}

/* The lowest signal that is pending and not blocked.  Accepted: no lock, may be outdated. */
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

/* OFTEN, ten times OFTEN, and so on */
static bool is_power(u32 n)
{
	while (n > OFTEN && n % 10 == 0)
		n /= 10;
	return n == OFTEN;
}

/**
 * ff_restart_is_often - count a restart of the running task's call
 * @f: receives how often it has restarted, since when, and for which signal
 *
 * From the hook on get_signal().
 *
 * Return: true if this restart is to be an event.
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
 * ff_restart_expire - drop the entries of tasks that no longer restart
 *
 * From the worker.  A task that was killed while its call restarted never returns, and as
 * long as there is any entry, every fork is looked at.
 *
 * Accepted: an entry that its task uses at this very moment is dropped, and that task's
 * restarts are counted from 0 again.
 */
void ff_restart_expire(void)
{
	u64 now = ktime_get_boottime_ns();
	struct task_struct *task;
	struct loop *l;

	for (l = loops[0]; ff_restart_watched() && l < loops[ARRAY_SIZE(loops)]; l++) {
		task = READ_ONCE(l->task);
		if (task && is_quiet(l, now) && cmpxchg(&l->task, task, NULL) == task)
			atomic_dec(&ff_restarting);
	}
}

/**
 * ff_restart_watch - if the running task's call has restarted, look at its return value
 *
 * From the hook on kernel_clone().  The return value tells whether it restarts again.
 */
void ff_restart_watch(void)
{
	struct ff_call *c;

	if (!ff_restart_watched() || (current->flags & (PF_KTHREAD | PF_IO_WORKER)) || !find_loop())
		return;
	c = ff_call_claim(FF_CALL_WATCHED);
	if (!c)
		return;
	c->restarting = true;
	ff_call_watch_return(c);
}

/**
 * ff_restart_forget - the running task's call has returned: drop its entry
 */
void ff_restart_forget(void)
{
	struct loop *l = find_loop();

	if (l && cmpxchg(&l->task, current, NULL) == current)
		atomic_dec(&ff_restarting);
}
