// SPDX-License-Identifier: GPL-2.0-only
/*
 * failing_call.c - the table of calls that are failing, or may be refused
 *
 * A hook does not know what the current system call will return, and must not wait for
 * a lock.  So what it saw is kept here, with a task_work that runs when the task returns
 * to user space or exits: then the task's registers hold the return value, and the task
 * may sleep.
 *
 *	       ff_call_claim()		 ff_call_queue()
 *	free ------------------> IDLE ----------------------> PENDING
 *	 ^			  |			      |  |  ^
 *	 +-- ff_call_release() ---+	 the task returns,    |  |  | ff_call_queue()
 *	 |				 ff_call_let_through()|  v  |
 *	 +----------------------------------------------------+  PARKED: a tracer is told
 *	 ^							      |
 *	 +------------------------------------------------------------+
 *		ff_call_may_park(false): no hook would find it again
 *
 * A call that the kernel makes for itself never returns to user space: it stays IDLE, and
 * its creator's return probe gives it to an irq_work, which drops its references and
 * releases it.  5.10 runs the probe's handler under a lock, and dropping the last
 * reference to a cgroup queues work.
 *
 * A place is claimed by a call that has failed, by one that its arguments or a limit will
 * most likely make fail, by one for which a witness ran, by one under a seccomp filter or a
 * tracer, which may answer in the kernel's place, and by one that asks for something rare,
 * which a check that is not known may refuse.  A call that user space merely delays has no
 * place.
 *
 * Fair shares: while three quarters of the places are free, nobody is charged, because most calls
 * under a filter succeed.  While half of them are free, anybody gets one.  Beyond that the places
 * are counted, and ff_held_may() decides.  There is no lock around counting: several tasks may all
 * be let in at once, or one too many be refused.
 *
 * A module cannot cancel another task's task_work, and one can be pending for as long as a
 * supervisor takes to answer, a tracer keeps the task stopped, or a vfork()'s child runs.
 * Unloading does not wait for it.  A task_work that is pending then is redirected to
 * wakeme_after_rcu(), a kernel function of the right type, with a completion that nobody
 * waits for, and its memory is leaked on purpose.  That is why each place is a separate
 * allocation and begins with a struct rcu_synchronize.
 */
#include <linux/delay.h>
#include <linux/hash.h>
#include <linux/irq_work.h>
#include <linux/kmemleak.h>
#include <linux/lockdep.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/task_work.h>

#include "compat/compat.h"
#include "evidence/failing_call.h"
#include "evidence/place_share.h"

#define CALL_BITS	9
#define CALLS		BIT(CALL_BITS)
#define CALL_PROBES	8	/* a search looks at this many places at least */

/* Owner of a place that is being released: no task finds it, and none can take it. */
#define NOBODY		((struct task_struct *)-1L)

static struct {
	struct task_struct *owner;
	struct ff_call *call;
} calls[CALLS];

/*
 * Lower half: how many places are taken.  Upper half: the farthest distance of a call from
 * the place that its hash selects, if more than CALL_PROBES, so that a search ends soon;
 * reset when no place is taken.
 */
static atomic64_t use = ATOMIC64_INIT(0);
static unsigned long seed;	/* so that nobody can choose where a call is placed */
static atomic64_t no_room[FF_NR_CALL_KINDS];
static void (*call_returned)(struct ff_call *c), (*call_end)(struct ff_call *c);
static bool may_park;
static bool closed;		/* no task finds its call, or gets a place */
static LLIST_HEAD(over);
static struct irq_work over_work;
/*
 * How many tasks are inside ff_call_comes_back(), where they may sleep (lower half), and
 * how many have begun it (upper half).
 */
static atomic64_t runs = ATOMIC64_INIT(0);
#define ONE_BEGUN	BIT_ULL(32)
static u64 runs_at_close;

static u32 first_place(void)
{
	return hash_long((unsigned long)current ^ seed, CALL_BITS);
}

/* How many of the kernel's own creators are running: their calls are IDLE, not PENDING. */
atomic_t ff_creators_running = ATOMIC_INIT(0);

/* Can there be a call at this distance from the place that its hash selects? */
static __always_inline bool is_within(u32 far)
{
	return far < CALL_PROBES || far < upper_32_bits(atomic64_read(&use));
}

/*
 * A task has one call, and a second one only while the first is PARKED.  At any moment
 * ff_call_may_park() may release a PARKED call: it changes the owner before the state, so
 * the owner is checked again after the state.
 */
static __always_inline struct ff_call *search_call(bool parked)
{
	u32 first = first_place(), far, i;
	struct ff_call *c;

	for (far = 0; is_within(far) && !READ_ONCE(closed); far++) {
		i = (first + far) % CALLS;
		if (READ_ONCE(calls[i].owner) != current)
			continue;
		c = calls[i].call;
		/* pairs with ff_call_release() */
		if ((smp_load_acquire(&c->state) == FF_CALL_PARKED) == parked &&
		    READ_ONCE(calls[i].owner) == current)
			return c;
	}
	return NULL;
}

/**
 * ff_call_search - find the running task's call
 *
 * Not from an interrupt.  ff_call_find() is cheaper.
 *
 * Return: the call, or NULL if the task has none.  A PARKED call is not found.
 */
struct ff_call *ff_call_search(void)
{
	return search_call(false);
}

/**
 * ff_call_parked - find the running task's PARKED call
 *
 * From the hook that ff_call_may_park() was told of.
 *
 * Return: the call, or NULL.
 */
struct ff_call *ff_call_parked(void)
{
	return search_call(true);
}

/* May this payer have one more place? */
static noinline bool has_share(const struct ff_payer *p)
{
	struct ff_held held = {};
	unsigned int i;

	ff_held_add(&held, p, p);
	for (i = 0; i < CALLS; i++)
		if (READ_ONCE(calls[i].owner))
			ff_held_add(&held, p, &calls[i].call->payer);
	return ff_held_may(&held, CALLS);
}

/* NULL if several tasks were let in at once, and the others were faster. */
static struct ff_call *take_place(void)
{
	u32 first = first_place(), far, i;
	u64 w;

	for (far = 0; far < CALLS; far++) {
		i = (first + far) % CALLS;
		if (!READ_ONCE(calls[i].owner) && !cmpxchg(&calls[i].owner, NULL, current))
			break;
	}
	if (far == CALLS)
		return NULL;
	/* no other task searches for this call, so none can miss it meanwhile */
	while (unlikely(!is_within(far))) {
		w = atomic64_read(&use);
		atomic64_cmpxchg(&use, w, (u64)(far + 1) << 32 | lower_32_bits(w));
	}
	return calls[i].call;
}

/* When no place is taken any more, reset the farthest distance. */
static void one_less(void)
{
	u64 w = atomic64_dec_return(&use);

	/* fails if somebody has claimed a place meanwhile */
	if (unlikely(w && !lower_32_bits(w)))
		atomic64_cmpxchg(&use, w, 0);
}

/**
 * ff_call_claim - get a place for the running task's call
 * @kind: its kind; calls that get no place are counted by kind
 *
 * Not from an interrupt.  Takes no lock.
 *
 * Return: the place that this call already has, or an empty one that is IDLE; NULL if
 * there is none for it, which is counted.
 */
struct ff_call *ff_call_claim(enum ff_call_kind kind)
{
	struct ff_payer payer = { .uid = INVALID_UID };
	struct ff_call *c = ff_call_find();
	u32 taken;

	if (c || unlikely(READ_ONCE(closed)))
		return c;
	taken = lower_32_bits(atomic64_inc_return(&use));
	if (unlikely(taken > CALLS / 4))
		payer = ff_payer_current();
	if (likely(taken <= CALLS / 2) || has_share(&payer))
		c = take_place();
	if (unlikely(!c)) {
		one_less();
		atomic64_inc(&no_room[kind]);
		return NULL;
	}
	memset((char *)c + offsetof(struct ff_call, kind), 0,
	       offsetof(struct ff_call, s) - offsetof(struct ff_call, kind));
	c->kind = kind;
	c->payer = payer;
	return c;
}

/**
 * ff_call_release - release a place
 * @c: a call that is on no list and holds no references
 */
void ff_call_release(struct ff_call *c)
{
	struct task_struct **owner = &calls[c->place].owner;

	WRITE_ONCE(*owner, NOBODY);
	/* owner first: or its task could take a PARKED call of its own for one that is IDLE */
	smp_store_release(&c->state, FF_CALL_IDLE);
	/* state before: the next owner finds it IDLE */
	smp_store_release(owner, NULL);
	one_less();
}

/* Nobody can be looking at its task_work any more: see ff_task_work_take_back(). */
static void release_walked(struct rcu_head *rcu)
{
	ff_call_release(container_of(rcu, struct ff_call, rcu));
}

static void end_those_over(struct irq_work *work)
{
	struct ff_call *c, *next;

	llist_for_each_entry_safe(c, next, llist_del_all(&over), over) {
		call_end(c);
		if (unlikely(c->walked))
			call_rcu(&c->rcu, release_walked);
		else
			ff_call_release(c);
	}
}

/**
 * ff_call_end_later - have a call's references dropped and its place released
 * @c: the running task's call, not on its task's list
 *
 * From a hook.  The task does not find the call after this.
 */
void ff_call_end_later(struct ff_call *c)
{
	WRITE_ONCE(calls[c->place].owner, NOBODY);
	if (llist_add(&c->over, &over))
		irq_work_queue(&over_work);
}

/*
 * When a tracer is told, the kernel runs pending task_works in the middle of the call.
 * If there is a hook that runs after that, park the call, and have the task_work run
 * again.  If not: at a syscall-exit stop the registers hold the kernel's return value,
 * and at a syscall-entry stop nothing has failed yet.
 */
static bool park_call(struct ff_call *c)
{
	bool parked;

	rcu_read_lock();
	parked = READ_ONCE(may_park);
	c->in_stop = parked;
	if (parked) {
		c->was_told = c->at_exit;
		c->told = syscall_get_error(current, current_pt_regs());
		WRITE_ONCE(c->state, FF_CALL_PARKED);
	}
	rcu_read_unlock();
	return parked;
}

/* In the task, when it returns to user space or exits. */
static void ff_call_comes_back(struct callback_head *work)
{
	struct ff_call *c = container_of(work, struct ff_call, rs.head);

	if (c->in_stop && park_call(c))
		return;
	atomic64_add(ONE_BEGUN + 1, &runs);
	call_returned(c);
	ff_call_release(c);
	/* ff_call_exit() waits until the last instructions after this have run */
	atomic64_dec(&runs);
}

/**
 * ff_call_queue - look at the return value, unless ff_call_let_through() takes that back
 * @c: the running task's call; if the task is exiting, its place is released
 *
 * As ff_call_claim().  Does nothing if the call is PENDING: a task_work that is queued
 * twice makes the kernel's list a circle.  Nor for a creator's call, whose return probe
 * has the return value.
 */
void ff_call_queue(struct ff_call *c)
{
	if (c->creator || c->state == FF_CALL_PENDING)
		return;
	c->state = FF_CALL_PENDING;
	c->switches = ff_switches();
	/* a switch after this is noticed, and the flag is not needed for one before */
	barrier();
	c->resume_before = test_thread_flag(TIF_NOTIFY_RESUME);
	if (ff_task_work_add(&c->rs.head))
		ff_call_end_later(c);
}

/**
 * ff_call_let_through - a system call has begun, so no filter has refused it
 * @c: the running task's call, whose failures are seen without it from here on
 *
 * If it was watched for nothing else, take its task_work back, and with it
 * TIF_NOTIFY_RESUME, which the child would inherit: its first way to user space would be a
 * long one, and up to 6.18 its parent would copy a page, to write to the restartable sequence
 * in it.  Otherwise the call is looked at when it returns, and so it is if a tracer may
 * change the return value, or this kernel may refuse in a place that is not known.
 *
 * From a hook.
 */
void ff_call_let_through(struct ff_call *c)
{
	if (!FF_READ || current->ptrace || c->needed || c->in_stop ||
	    c->state != FF_CALL_PENDING || !ff_task_work_take_back(&c->rs.head, &c->walked))
		return;
	if (!c->resume_before)
		ff_resume_forget(c->switches);
	/* no references are held: nothing was seen yet */
	if (unlikely(c->walked))
		ff_call_end_later(c);
	else
		ff_call_release(c);
}

/**
 * ff_call_may_park - say whether a hook takes up calls after a tracer's stop
 * @may: true: there is a hook that calls ff_call_parked(); false: it is removed, and
 *	its handler is no longer running
 *
 * May sleep; calls must not overlap.  With false, all PARKED calls are released; their
 * tasks will find no call.
 */
void ff_call_may_park(bool may)
{
	unsigned int i;

	WRITE_ONCE(may_park, may);
	if (may)
		return;
	synchronize_rcu();
	for (i = 0; i < CALLS; i++) {
		if (!READ_ONCE(calls[i].owner) ||
		    READ_ONCE(calls[i].call->state) != FF_CALL_PARKED)
			continue;
		call_end(calls[i].call);
		ff_call_release(calls[i].call);
	}
}

/**
 * ff_call_no_room - count the calls that got no place
 * @kind: their kind
 *
 * Return: how many since load.
 */
u64 ff_call_no_room(enum ff_call_kind kind)
{
	return atomic64_read(&no_room[kind]);
}

static void free_places(void)
{
	unsigned int i;

	for (i = 0; i < CALLS && calls[i].call; i++)
		if (READ_ONCE(calls[i].call->state) == FF_CALL_PENDING)
			kmemleak_not_leak(calls[i].call);
		else
			kfree(calls[i].call);
}

/**
 * ff_call_init - allocate the places
 * @returned: called for each call that returns, in its task; may sleep
 * @end: called for each call that is given up, to drop its references; any context
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int ff_call_init(void (*returned)(struct ff_call *c), void (*end)(struct ff_call *c))
{
	struct ff_call *c;
	unsigned int i;

	init_irq_work(&over_work, end_those_over);
	seed = get_random_long();
	call_returned = returned;
	call_end = end;
	for (i = 0; i < CALLS; i++) {
		c = kzalloc(sizeof(*c), GFP_KERNEL);
		calls[i].call = c;
		if (!c) {
			free_places();
			return -ENOMEM;
		}
		c->place = i;
		init_completion(&c->rs.completion);
		/* this lock may be taken after unload, when a lock class key of ours is gone */
		lockdep_set_novalidate_class(&c->rs.completion.wait.lock);
		init_task_work(&c->rs.head, ff_call_comes_back);
	}
	return 0;
}

/**
 * ff_call_close - have pending task_works call a function of the kernel
 *
 * May sleep.  Hooks may be armed.  Before ff_call_exit() the caller waits until each task
 * was seen in user space, or has slept: unregistering an ftrace_ops does that.
 */
void ff_call_close(void)
{
	unsigned int i;

	WRITE_ONCE(closed, true);
	/*
	 * After this no hook finds a call that has lost its end, and takes it for the next one;
	 * but for a hook that was preempted, and then an event and its place are lost.
	 */
	synchronize_rcu();
	for (i = 0; i < CALLS; i++)
		WRITE_ONCE(calls[i].call->rs.head.func, wakeme_after_rcu);
	runs_at_close = atomic64_read(&runs);
}

/**
 * ff_call_exit - free the places, except those whose task_work is still pending
 *
 * May sleep, but does not wait for calls to return.  No hook may be armed.  When it
 * returns, no task runs code of this file any more.
 */
void ff_call_exit(void)
{
	unsigned int i;

	irq_work_sync(&over_work);
	rcu_barrier();
	/* who read the old pointer is inside, and may sleep there, for its address space's lock */
	while (lower_32_bits(atomic64_read(&runs)))
		msleep(20);
	/*
	 * One that slept in there meanwhile may still have a few instructions to run behind
	 * its atomic64_dec().  If nobody was in there, nobody has: this wait can take seconds.
	 */
	if ((u64)atomic64_read(&runs) != runs_at_close)
		synchronize_rcu_tasks();
	for (i = 0; i < CALLS; i++)
		if (calls[i].owner)
			call_end(calls[i].call);
	free_places();
}

/**
 * ff_call_bytes - how much memory the table uses
 *
 * Return: bytes.
 */
size_t ff_call_bytes(void)
{
	return sizeof(calls) + CALLS * sizeof(struct ff_call);
}
