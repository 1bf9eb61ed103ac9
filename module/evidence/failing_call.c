// SPDX-License-Identifier: GPL-2.0-only
/*
 * failing_call.c - the one table of calls that are failing, or may be refused
 *
 * A hook does not know what the system call that it runs in will return, and
 * must not wait for a lock.  So what it saw is kept here, with a task_work that
 * runs when the task is on its way back to user space, or out of the world: the
 * answer stands in the task's registers then, and the task may sleep.
 *
 *	       ff_call_claim()	      ff_call_answer_later()
 *	free ------------------> IDLE ----------------------> PENDING
 *	 ^			  |			      |  |  ^
 *	 +-- ff_call_release() ---+			      |  |  | ff_call_answer_later()
 *	 |				the task goes back    |  v  |
 *	 +----------------------------------------------------+  PARKED: a tracer is told
 *	 ^							      |
 *	 +------------------------------------------------------------+
 *		ff_call_may_park(): nobody would find it again
 *
 * A call of the kernel's own never goes back: the return probe of its creator
 * releases it, IDLE.
 *
 * Who may be in here: a call that has failed, one of which a witness says that it
 * is going wrong, one under a seccomp filter or a tracer, who may answer in the
 * kernel's place.  Nothing that user space can hold up claims before that.
 *
 * Fair shares: as long as half of the places are free anybody has one.  Beyond that all
 * places are counted: from three quarters on only those may have one who have less than
 * a sixteenth, as a payer (payer.h) or, of what is its payer's, as a cgroup.  Counting is
 * not locked: many at once can all be let in, or one too many refused.
 *
 * A task looks for a place from the one of its hash on.  How far from there a call can be
 * is known, so that one that is not there is missed soon.
 *
 * A task_work cannot be taken back by a module, and can be pending for as long as
 * a supervisor thinks, a tracer has the task stopped, or a vfork()'s child runs.
 * Unloading does not wait for it: what is pending then is made to call
 * wakeme_after_rcu(), a function of the kernel of that very type, on a completion
 * that nobody waits for, and is left behind.  That is why each place is an
 * allocation of its own and begins with a struct rcu_synchronize.
 */
#include <linux/delay.h>
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/kmemleak.h>
#include <linux/lockdep.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/task_work.h>

#include "compat/compat.h"
#include "evidence/failing_call.h"

#define CALL_BITS	9
#define CALLS		BIT(CALL_BITS)
#define CALL_PROBES	8	/* so far it is always looked */

/* Owner of a place that is being given back: no task finds it, and none can take it. */
#define NOBODY		((struct task_struct *)-1L)

static struct {
	struct task_struct *owner;
	struct ff_call *call;
} calls[CALLS];

/*
 * How many places are taken (lower half), and, if that is more than CALL_PROBES, how far
 * from the place of its hash a call has been since none was (upper half).
 */
static atomic64_t use = ATOMIC64_INIT(0);
static unsigned long seed;	/* nobody can choose whom to be beside */
static atomic64_t no_room[FF_NR_CALL_KINDS];
static void (*call_answered)(struct ff_call *c), (*call_end)(struct ff_call *c);
static bool may_park;
/* Tasks that are inside ff_call_comes_back(), where they may sleep. */
static atomic_t running = ATOMIC_INIT(0);

static u32 first_place(void)
{
	return hash_long((unsigned long)current ^ seed, CALL_BITS);
}

/* Creators of the kernel's own that are running: their calls are not pending. */
atomic_t ff_creators_running = ATOMIC_INIT(0);

static __always_inline u32 farthest(void)
{
	return max_t(u32, upper_32_bits(atomic64_read(&use)), CALL_PROBES);
}

/*
 * A task has one call, and another beside it only while that one is PARKED, which
 * ff_call_may_park() may give back at this moment: then it has another owner before it
 * has another state.
 */
static __always_inline struct ff_call *search_call(bool parked)
{
	u32 i = first_place(), end = i + farthest();
	struct ff_call *c;

	for (; i < end; i++) {
		if (READ_ONCE(calls[i % CALLS].owner) != current)
			continue;
		c = calls[i % CALLS].call;
		/* pairs with vacate_place() */
		if ((smp_load_acquire(&c->state) == FF_CALL_PARKED) == parked &&
		    READ_ONCE(calls[i % CALLS].owner) == current)
			return c;
	}
	return NULL;
}

/**
 * ff_call_search - the running task's call
 *
 * Any context in which current is the task that calls.  ff_call_find() is cheaper.
 *
 * Return: the call, or NULL if it has none; what is PARKED is not found.
 */
struct ff_call *ff_call_search(void)
{
	return search_call(false);
}

/**
 * ff_call_parked - the running task's call, if it is PARKED
 *
 * From a hook that ff_call_may_park() promised.
 *
 * Return: the call, or NULL.
 */
struct ff_call *ff_call_parked(void)
{
	return search_call(true);
}

/* Is there room for one more of this payer's? */
static noinline bool has_share(const struct ff_payer *p)
{
	unsigned int i, taken = 0, same = 0, equal = 0;

	for (i = 0; i < CALLS; i++) {
		const struct ff_payer *other = &calls[i].call->payer;

		if (!READ_ONCE(calls[i].owner))
			continue;
		taken++;
		/* whoever claims it at this moment may be half written: a miscount */
		same += data_race(ff_payer_same(other, p));
		/* the same */
		equal += data_race(ff_payer_equal(other, p));
	}
	if (taken < CALLS - CALLS / 4)
		return true;
	return same < CALLS / 16 || (equal < CALLS / 32 && taken < CALLS - CALLS / 8);
}

/* NULL if many at once have been let in. */
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
	/* only this task will look for it */
	while (unlikely(far >= farthest())) {
		w = atomic64_read(&use);
		atomic64_cmpxchg(&use, w, (u64)(far + 1) << 32 | lower_32_bits(w));
	}
	return calls[i].call;
}

/* When there is none any more, the next is near again. */
static void one_less(void)
{
	u64 w = atomic64_dec_return(&use);

	/* not if somebody has come meanwhile */
	if (unlikely(w && !lower_32_bits(w)))
		atomic64_cmpxchg(&use, w, 0);
}

/**
 * ff_call_claim - a place for the running task's call
 * @kind: what it is, for the count of those that get none
 *
 * Any context in which current is the task that calls; no lock.
 *
 * Return: the place that this call has, or an empty one that is IDLE; NULL if there
 * is no room, which is counted.
 */
struct ff_call *ff_call_claim(enum ff_call_kind kind)
{
	struct ff_call *c = ff_call_find();
	struct ff_payer payer;

	if (c)
		return c;
	payer = ff_payer_current();
	if (likely(lower_32_bits(atomic64_inc_return(&use)) <= CALLS / 2) || has_share(&payer))
		c = take_place();
	if (unlikely(!c)) {
		one_less();
		atomic64_inc(&no_room[kind]);
		return NULL;
	}
	memset((char *)c + offsetof(struct ff_call, kind), 0,
	       sizeof(*c) - offsetof(struct ff_call, kind));
	c->kind = kind;
	c->payer = payer;
	return c;
}

static void vacate_place(u32 place)
{
	WRITE_ONCE(calls[place].owner, NOBODY);
	/* if it is another's, he does not take it for one of his that is IDLE */
	smp_store_release(&calls[place].call->state, FF_CALL_IDLE);
	/* who takes it next finds it idle */
	smp_store_release(&calls[place].owner, NULL);
	one_less();
}

/**
 * ff_call_release - give a place back
 * @c: the running task's call, not PENDING
 */
void ff_call_release(struct ff_call *c)
{
	u32 i = first_place();

	while (calls[i % CALLS].call != c)
		i++;
	vacate_place(i % CALLS);
}

/*
 * Telling a tracer runs what is pending, in the middle of the call: once more behind
 * it, if there is a hook that says when that is.  If not, what stands in the registers
 * at an exit is what the kernel said, and at an entry nothing has failed yet.
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

/* In the task, on its way back to user space or out of the world. */
static void ff_call_comes_back(struct callback_head *work)
{
	struct ff_call *c = container_of(work, struct ff_call, rs.head);

	if (c->in_stop && park_call(c))
		return;
	atomic_inc(&running);
	call_answered(c);
	ff_call_release(c);
	/* ff_call_exit() says why nothing has to come behind this */
	atomic_dec(&running);
}

/**
 * ff_call_answer_later - look at the answer when the task goes back
 * @c: the running task's call, not PENDING
 *
 * As ff_call_claim(); for a task that has a user space to go back to.
 *
 * Return: false if it will not any more; the place is given back then.
 */
bool ff_call_answer_later(struct ff_call *c)
{
	c->state = FF_CALL_PENDING;
	if (!ff_task_work_add(&c->rs.head))
		return true;
	ff_call_release(c);
	return false;
}

/**
 * ff_call_may_park - are calls found again behind a tracer's stop?
 * @may: a hook is there that looks for them by ff_call_parked(); or it is gone, and
 *	no handler of it runs any more
 *
 * May sleep; one after the other.  What is PARKED when the hook has gone is given up:
 * its task has gone on, or will, and finds no call.
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
		vacate_place(i);
	}
}

/**
 * ff_call_no_room - calls that got no place
 * @kind: of which kind
 *
 * Return: how many since load.
 */
u64 ff_call_no_room(enum ff_call_kind kind)
{
	return atomic64_read(&no_room[kind]);
}

/**
 * ff_call_failures_without_room - failures that are counted and not named
 *
 * Return: how many since load.
 */
u64 ff_call_failures_without_room(void)
{
	return ff_call_no_room(FF_CALL_DEAD_CHILD) + ff_call_no_room(FF_CALL_REFUSED);
}

static void free_places(void)
{
	unsigned int i;

	for (i = 0; i < CALLS && calls[i].call; i++) {
		if (READ_ONCE(calls[i].call->state) == FF_CALL_PENDING)
			kmemleak_not_leak(calls[i].call);
		else
			kfree(calls[i].call);
		calls[i].call = NULL;
		calls[i].owner = NULL;
	}
}

/**
 * ff_call_init - allocate the places
 * @answered: is given each call that comes back with its answer; may sleep
 * @end: drops what a call holds that will not come back; any context
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int ff_call_init(void (*answered)(struct ff_call *c), void (*end)(struct ff_call *c))
{
	struct ff_call *c;
	unsigned int i;

	seed = get_random_long();
	call_answered = answered;
	call_end = end;
	for (i = 0; i < CALLS; i++) {
		c = kzalloc(sizeof(*c), GFP_KERNEL);
		calls[i].call = c;
		if (!c) {
			free_places();
			return -ENOMEM;
		}
		init_completion(&c->rs.completion);
		/* lockdep's key for it would be in the module, which is gone when this is taken */
		lockdep_set_novalidate_class(&c->rs.completion.wait.lock);
		init_task_work(&c->rs.head, ff_call_comes_back);
	}
	return 0;
}

/* What is pending calls a function of the kernel from now on. */
static void abandon_pending(void)
{
	unsigned int i;

	for (i = 0; i < CALLS && calls[i].call; i++)
		WRITE_ONCE(calls[i].call->rs.head.func, wakeme_after_rcu);
}

/**
 * ff_call_exit - free the places that are not left behind
 *
 * May sleep, but not for as long as a call takes.  No hook is armed.  When it
 * returns nothing of ours runs any more.
 */
void ff_call_exit(void)
{
	unsigned int i;

	abandon_pending();
	/* whoever found ours before it was replaced has at least begun it */
	synchronize_rcu_tasks();
	/* a few sleep for a lock that their own fork has had a moment ago */
	while (atomic_read(&running))
		msleep(20);
	/* who slept when the first began may not be past its last instruction */
	synchronize_rcu_tasks();
	for (i = 0; i < CALLS; i++)
		if (calls[i].owner)
			call_end(calls[i].call);
	free_places();
}

/**
 * ff_call_bytes - memory that the table takes
 *
 * Return: bytes.
 */
size_t ff_call_bytes(void)
{
	return sizeof(calls) + CALLS * sizeof(struct ff_call);
}
