// SPDX-License-Identifier: GPL-2.0-only
/*
 * journal.c - counters, the inbox, and the events that are held
 *
 * The handlers count (per CPU, exact) and leave one record per kind of failure
 * in the inbox; failures of the same kind only raise its count.  No lock: a
 * slot belongs to whoever moved its word from FREE to FILLING or from READY to
 * DRAINING.  Everything behind the inbox is under one mutex, and is done by the
 * worker or by a reader of the page, whoever comes first.
 *
 * The worker is a thread of our own that exists since load: when threads have
 * run out nobody can start one.
 *
 * What collapses: failures of one process that share cause, object, step and
 * asker within COLLAPSE_NS make one event.  The first FEW_PROCESSES processes
 * get an event each, so that a handful of culprits are all named; the others
 * of a storm are counted on the newest of them.
 */
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/delay.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/wait.h>

#include "compat.h"
#include "holders.h"
#include "journal.h"
#include "klog.h"
#include "selftest.h"

#define COLLAPSE_NS	(10 * NSEC_PER_SEC)
#define FEW_PROCESSES	4
#define BATCH_JIFFIES	max(HZ / 50, 1)

/* ---- counters ------------------------------------------------------------ */

struct counts {
	u64 of[FF_NR_CAUSES];
};

static struct counts __percpu *counts;

/**
 * ff_journal_count - count a failure
 * @cause: its cause
 * @kind: FORKFAIL_KIND_*; what the kernel wanted for itself is nobody's failure
 *
 * From the return hook, preemption off.
 */
void ff_journal_count(u8 cause, u8 kind)
{
	this_cpu_inc(counts->of[kind >= FORKFAIL_KIND_KTHREAD ? FF_COUNT_INTERNAL : cause]);
}

/**
 * ff_journal_total - failures of one cause since load
 * @cause: the cause
 *
 * Any context.
 *
 * Return: how many.
 */
u64 ff_journal_total(u8 cause)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(counts, cpu)->of[cause]);
	return sum;
}

/* ---- the inbox ----------------------------------------------------------- */

enum { FREE, FILLING, READY, DRAINING };

#define STATE(w)	((w) & 3)
#define ONE		4ULL
#define COUNT(w)	((u32)(w) >> 2)
#define KEY(w)		((u32)((w) >> 32))

/* COUNT has 30 bits; the worker comes by long before */
struct slot {
	atomic64_t	word;	/* key, further failures, state */
	u64		last;
	u32		base;
	struct ff_record r;
};

#define SLOTS		96
#define SLOT_PROBES	8

static struct slot *inbox;
static atomic64_t lost = ATOMIC64_INIT(0);

/* Counted on a record that is there: nothing else to say. */
static bool join(struct slot *s, u32 key, u32 base, bool by_base)
{
	u64 w = atomic64_read(&s->word);

	for (;;) {
		u64 seen;

		/* while it is being filled, base may still be its predecessor's */
		if (STATE(w) != READY && (by_base || STATE(w) != FILLING))
			return false;
		if (by_base ? READ_ONCE(s->base) != base : KEY(w) != key)
			return false;
		/* accepted: too late, on a slot that has changed hands, it is a little too new */
		WRITE_ONCE(s->last, ktime_get_real_ns());
		seen = atomic64_cmpxchg(&s->word, w, w + ONE);
		if (seen == w)
			return true;
		w = seen;
	}
}

/**
 * ff_journal_begin - a record to fill, if one is needed
 * @key: the same for failures that belong together
 * @base: the same without the process
 *
 * From the return hook.
 *
 * Return: the record, to be given to ff_journal_commit(); NULL if the failure
 * was added to another or there is no room (which is counted).
 */
struct ff_record *ff_journal_begin(u32 key, u32 base)
{
	struct slot *s;
	unsigned int i;

	for (i = 0; i < SLOT_PROBES; i++)
		if (join(&inbox[(key + i) % SLOTS], key, base, false))
			return NULL;
	for (i = 0; i < SLOT_PROBES; i++) {
		s = &inbox[(key + i) % SLOTS];
		if (atomic64_cmpxchg(&s->word, FREE, (u64)key << 32 | FILLING) == FREE) {
			WRITE_ONCE(s->base, base);
			WRITE_ONCE(s->last, 0);
			memset(&s->r, 0, sizeof(s->r));
			return &s->r;
		}
	}
	for (i = 0; i < SLOTS; i++)
		if (join(&inbox[i], key, base, true))
			return NULL;
	atomic64_inc(&lost);
	return NULL;
}

/**
 * ff_journal_commit - the record is complete
 * @r: from ff_journal_begin()
 *
 * From the return hook.
 */
void ff_journal_commit(struct ff_record *r)
{
	struct slot *s = container_of(r, struct slot, r);

	/* others may have counted on it meanwhile; orders the record before */
	smp_mb__before_atomic();
	atomic64_add(READY - FILLING, &s->word);
}

/* ---- waking the worker --------------------------------------------------- */

static DECLARE_WAIT_QUEUE_HEAD(worker_wait);
static wait_queue_head_t *pollers;	/* outlives the module if somebody still waits */
static struct irq_work wake_work;
static atomic_t raised = ATOMIC_INIT(0);
static struct task_struct *worker;

static void wake_worker(struct irq_work *work)
{
	wake_up(&worker_wait);
}

/**
 * ff_journal_raise - tell the worker that there is something to do
 *
 * From the return hook: only an irq_work is queued, and only one at a time.
 */
void ff_journal_raise(void)
{
	if (!atomic_read(&raised) && !atomic_xchg(&raised, 1))
		irq_work_queue(&wake_work);
}

/* ---- events, under the lock ---------------------------------------------- */

#define EVENTS	112
#define SUMS	48
#define FIRSTS	32

static DEFINE_MUTEX(lock);
static struct ff_event *events;
static u8 order[EVENTS];	/* indices into events, oldest first */
static unsigned int nr_events;
static struct ff_sum *sums;
static unsigned int nr_sums;
static u64 sequence, generation, overwritten;

/* PID namespaces whose first fork failed, and why; newest overwrites oldest. */
static struct {
	u32 inum;
	u8 cause;
	u64 seq;
} firsts[FIRSTS];
static unsigned int next_first;

/* Numbers of events by uid, for readers that see only their own. */
#define UIDS	64
static struct {
	kuid_t uid;
	u64 seq;
} uid_seqs[UIDS];

static u64 next_uid_seq(kuid_t uid)
{
	unsigned int i = hash_32(__kuid_val(uid), 6), n;

	for (n = 0; n < UIDS; n++, i = (i + 1) % UIDS)
		if (!uid_seqs[i].seq || uid_eq(uid_seqs[i].uid, uid))
			break;
	/* more uids than that share a count: numbers skip, but still grow */
	uid_seqs[i].uid = uid;
	return ++uid_seqs[i].seq;
}

/*
 * A cause that fails all the time must not push out the last events of the
 * others: the one with the most events gives up its oldest.
 */
static u8 make_room(void)
{
	u8 held[FF_NR_CAUSES] = {};
	unsigned int i, most = 0;
	u8 slot;

	if (nr_events < EVENTS)
		return nr_events;
	for (i = 0; i < nr_events; i++)
		held[events[order[i]].r.verdict.cause]++;
	for (i = 0; i < FF_NR_CAUSES; i++)
		if (held[i] > held[most])
			most = i;
	for (i = 0; events[order[i]].r.verdict.cause != most; i++)
		;
	slot = order[i];
	memmove(&order[i], &order[i + 1], nr_events - i - 1);
	nr_events--;
	WRITE_ONCE(overwritten, overwritten + 1);
	return slot;
}

/*
 * Cut with a mark rather than left out or split.  Of a path that is too long
 * some kernels return its length, some -E2BIG, and some what they have written.
 */
static void cgroup_path_to(struct cgroup *cgrp, char *buf)
{
	int n;

	buf[0] = '\0';
	if (!cgrp)
		return;
	n = cgroup_path(cgrp, buf, FF_PATH_LEN);
	if (n >= FF_PATH_LEN - 1 || n == -E2BIG || n == -ENAMETOOLONG)
		strcpy(buf + min_t(size_t, strnlen(buf, FF_PATH_LEN), FF_PATH_LEN - 4), "...");
	else if (n < 0)
		buf[0] = '\0';
}

static struct ff_sum *sum_of(const struct ff_event *e)
{
	const struct ff_record *r = &e->r;
	struct ff_sum *s, *oldest = NULL;
	unsigned int i;

	for (i = 0; i < nr_sums; i++) {
		s = &sums[i];
		if (s->cause == r->verdict.cause && s->scope == r->verdict.scope &&
		    uid_eq(s->object.uid, r->object.uid) && s->object.inum == r->object.inum &&
		    !strcmp(s->object_path, e->object_path))
			return s;
		if (!oldest || s->last < oldest->last)
			oldest = s;
	}
	s = nr_sums < SUMS ? &sums[nr_sums++] : oldest;
	memset(s, 0, sizeof(*s));
	s->cause = r->verdict.cause;
	s->scope = r->verdict.scope;
	s->object = r->object;
	s->object.cgrp = NULL;
	strscpy(s->object_path, e->object_path, sizeof(s->object_path));
	return s;
}

static void add_to_sum(const struct ff_event *e, const struct ff_record *r, u64 n, u64 last)
{
	struct ff_sum *s = sum_of(e);

	s->err = r->err;
	s->unit = r->verdict.unit;
	s->has_limit = r->verdict.has_limit;
	s->limit = r->verdict.limit;
	s->in_use = r->verdict.in_use;
	s->count += n;
	s->last = max(s->last, last);
	s->unlogged += n;
}

static struct ff_event *collapse_into(u32 key, u32 base, u64 now)
{
	struct ff_event *e, *newest = NULL;
	unsigned int i, same = 0;

	for (i = nr_events; i--; ) {
		e = &events[order[i]];
		if (e->base != base || e->last + COLLAPSE_NS < now)
			continue;
		if (e->key == key)
			return e;
		if (!same++)
			newest = e;
	}
	return same >= FEW_PROCESSES ? newest : NULL;
}

/* Takes over the record's references. */
static void add_event(struct ff_record *r, u32 key, u32 base, u64 more, u64 last)
{
	struct ff_event *e = collapse_into(key, base, r->time);
	unsigned int i;

	last = max(last, r->time);
	WRITE_ONCE(generation, generation + 1);
	if (e) {
		e->repeat += more + 1;
		e->last = max(e->last, last);
	} else {
		i = make_room();
		order[nr_events++] = i;
		e = &events[i];
		memset(e, 0, sizeof(*e));
		e->seq = ++sequence;
		e->uid_seq = next_uid_seq(r->who.uid);
		e->key = key;
		e->base = base;
		e->repeat = more;
		e->last = last;
		e->r = *r;
		e->r.object.cgrp = NULL;
		e->r.asker = NULL;
		cgroup_path_to(r->object.cgrp, e->object_path);
		cgroup_path_to(r->asker, e->asker_path);
		if (r->first_in) {
			i = next_first++ % FIRSTS;
			firsts[i].inum = r->first_in;
			firsts[i].cause = r->verdict.cause;
			firsts[i].seq = e->seq;
		}
		if (r->verdict.cause == FORKFAIL_PIDNS_POISONED_BY_FIRST_FORK) {
			for (i = 0; i < FIRSTS; i++)
				if (firsts[i].inum == r->object.inum &&
				    firsts[i].seq > e->first_seq) {
					e->first_cause = firsts[i].cause;
					e->first_seq = firsts[i].seq;
				}
		}
	}
	if (r->kind < FORKFAIL_KIND_KTHREAD)
		add_to_sum(e, r, more + 1, last);
	ff_holders_want(e->seq, &r->verdict, &r->object);
	if (r->object.cgrp)
		css_put(&r->object.cgrp->self);
	if (r->asker)
		css_put(&r->asker->self);
}

static int by_time(const void *a, const void *b)
{
	u64 ta = inbox[*(const u8 *)a].r.time, tb = inbox[*(const u8 *)b].r.time;

	return ta < tb ? -1 : ta > tb;
}

/**
 * ff_journal_drain - turn what is in the inbox into events
 *
 * May sleep.  Under ff_journal_lock().
 */
void ff_journal_drain(void)
{
	u8 full[SLOTS];
	unsigned int i, n = 0;
	u64 before = generation;

	for (i = 0; i < SLOTS; i++)
		if (STATE(atomic64_read_acquire(&inbox[i].word)) == READY)
			full[n++] = i;
	sort(full, n, sizeof(*full), by_time, NULL);
	for (i = 0; i < n; i++) {
		struct slot *s = &inbox[full[i]];
		u64 w = atomic64_read(&s->word), seen;

		/* counts arrive until the slot is ours */
		while ((seen = atomic64_cmpxchg(&s->word, w, w | DRAINING)) != w)
			w = seen;
		add_event(&s->r, KEY(w), s->base, COUNT(w), COUNT(w) ? READ_ONCE(s->last) : 0);
		atomic64_set_release(&s->word, FREE);
	}
	if (generation != before)
		wake_up_interruptible(pollers);
}

/**
 * ff_journal_lock - keep events and sums as they are
 *
 * May sleep.
 */
void ff_journal_lock(void)
{
	mutex_lock(&lock);
}

/**
 * ff_journal_unlock - let them change again
 */
void ff_journal_unlock(void)
{
	mutex_unlock(&lock);
}

/**
 * ff_journal_nr_events - events that are held
 *
 * Under ff_journal_lock(), as are the next three.
 */
unsigned int ff_journal_nr_events(void)
{
	return nr_events;
}

/**
 * ff_journal_event - one of them
 * @i: 0 for the oldest
 */
struct ff_event *ff_journal_event(unsigned int i)
{
	return &events[order[i]];
}

/**
 * ff_journal_nr_sums - pairs of cause and object
 */
unsigned int ff_journal_nr_sums(void)
{
	return nr_sums;
}

/**
 * ff_journal_sum - one of them, in no order
 * @i: which
 */
struct ff_sum *ff_journal_sum(unsigned int i)
{
	return &sums[i];
}

/**
 * ff_journal_generation - changes when an event is added or counted on
 *
 * Any context.
 */
u64 ff_journal_generation(void)
{
	return READ_ONCE(generation);
}

/**
 * ff_journal_changed - somebody else has added to an event
 *
 * Under ff_journal_lock().
 */
void ff_journal_changed(void)
{
	WRITE_ONCE(generation, generation + 1);
	wake_up_interruptible(pollers);
}

/**
 * ff_journal_lost - failures that are counted but in no event
 *
 * Any context.
 */
u64 ff_journal_lost(void)
{
	return atomic64_read(&lost);
}

/**
 * ff_journal_overwritten - events that made room for newer ones
 *
 * Any context.
 */
u64 ff_journal_overwritten(void)
{
	return READ_ONCE(overwritten);
}

/**
 * ff_journal_poll - wait for the next change
 * @file: the file that is polled
 * @wait: poll's table
 */
void ff_journal_poll(struct file *file, struct poll_table_struct *wait)
{
	poll_wait(file, pollers, wait);
}

/* ---- the worker ---------------------------------------------------------- */

/* Only as often as a full minute without a failure: the self-test. */
#define IDLE_JIFFIES	(60 * HZ)

static int work(void *unused)
{
	unsigned long tested = jiffies;

	while (!kthread_should_stop()) {
		wait_event_interruptible_timeout(worker_wait,
						 atomic_read(&raised) || kthread_should_stop(),
						 ff_holders_wanted() ? HZ : IDLE_JIFFIES);
		if (atomic_read(&raised)) {
			/* more of the same usually follows: one drain for all */
			schedule_timeout_uninterruptible(BATCH_JIFFIES);
			atomic_set(&raised, 0);
			/* a record that is not seen below raises it again */
			smp_mb__after_atomic();
			mutex_lock(&lock);
			ff_journal_drain();
			mutex_unlock(&lock);
		}
		ff_holders_count();
		mutex_lock(&lock);
		ff_klog(sums, nr_sums);
		mutex_unlock(&lock);
		if (time_after_eq(jiffies, tested + IDLE_JIFFIES)) {
			ff_self_test();
			tested = jiffies;
		}
	}
	return 0;
}

/**
 * ff_journal_init - allocate everything, start the worker
 *
 * May sleep.
 *
 * Return: 0 or a negative errno.
 */
int ff_journal_init(void)
{
	struct task_struct *task;

	inbox = kvcalloc(SLOTS, sizeof(*inbox), GFP_KERNEL);
	events = kvcalloc(EVENTS, sizeof(*events), GFP_KERNEL);
	sums = kvcalloc(SUMS, sizeof(*sums), GFP_KERNEL);
	counts = alloc_percpu(struct counts);
	pollers = kmalloc(sizeof(*pollers), GFP_KERNEL);
	if (pollers)
		init_waitqueue_head(pollers);
	if (!inbox || !events || !sums || !counts || !pollers) {
		ff_journal_exit();
		return -ENOMEM;
	}
	init_irq_work(&wake_work, wake_worker);
	task = kthread_run(work, NULL, "forkfail");
	if (IS_ERR(task)) {
		ff_journal_exit();
		return PTR_ERR(task);
	}
	worker = task;
	return 0;
}

/*
 * A task that sleeps in poll() stands in our queue, and removing the file does
 * not wake it: it would step out of the queue of a module that is gone.  Wake
 * all; whoever asks for more than a removed file can give, or waits by epoll,
 * stays, and then the queue stays too.
 */
static void free_pollers(void)
{
	unsigned int i;
	bool waiting;

	if (!pollers)
		return;
	for (i = 0; i < 100; i++) {
		wake_up_poll(pollers, EPOLLIN | EPOLLRDNORM | EPOLLPRI | EPOLLHUP);
		spin_lock_irq(&pollers->lock);
		/* with the lock that joins and leaves take */
		waiting = waitqueue_active(pollers);
		spin_unlock_irq(&pollers->lock);
		if (!waiting) {
			kfree(pollers);
			break;
		}
		usleep_range(4000, 8000);
	}
	pollers = NULL;
}

/**
 * ff_journal_exit - stop the worker, free everything
 *
 * May sleep.  No hook is armed and no file open any more.
 */
void ff_journal_exit(void)
{
	unsigned int i;

	if (worker) {
		irq_work_sync(&wake_work);
		kthread_stop(worker);
		worker = NULL;
	}
	if (inbox && events && sums) {
		/* references are in what nobody drained */
		mutex_lock(&lock);
		ff_journal_drain();
		mutex_unlock(&lock);
	}
	ff_holders_forget();
	for (i = 0; i < UIDS; i++)
		uid_seqs[i].seq = 0;
	free_pollers();
	free_percpu(counts);
	kvfree(sums);
	kvfree(events);
	kvfree(inbox);
}

/**
 * ff_journal_bytes - memory that the journal takes, without the counters
 *
 * Return: bytes.
 */
size_t ff_journal_bytes(void)
{
	return SLOTS * sizeof(*inbox) + EVENTS * sizeof(*events) + SUMS * sizeof(*sums);
}

/**
 * ff_journal_cpu_bytes - memory that the counters take on each possible CPU
 *
 * Return: bytes.
 */
size_t ff_journal_cpu_bytes(void)
{
	return sizeof(*counts);
}
