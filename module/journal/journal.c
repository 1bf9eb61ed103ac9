// SPDX-License-Identifier: GPL-2.0-only
/*
 * journal.c - the events that are held, and how often each object was in the way
 *
 * All of it is under one mutex.  What the handlers left in the inbox becomes
 * events here; the worker does that, or a reader of the page, whoever comes first.
 *
 * What collapses: failures of one process that share cause, object, step and
 * asker within COLLAPSE_NS make one event.  The first FEW_PROCESSES processes
 * get an event each, so that a handful of culprits are all named; the others
 * of a storm are counted on the newest of them.
 */

#include <linux/delay.h>
#include <linux/hash.h>
#include <linux/kmemleak.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "compat/compat.h"
#include "journal/counts.h"
#include "journal/inbox.h"
#include "journal/journal.h"

#define COLLAPSE_NS	(10 * NSEC_PER_SEC)
#define FEW_PROCESSES	4

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

/*
 * Outlives the module if somebody still waits, and so must what lockdep knows
 * its lock by.
 */
static struct {
	wait_queue_head_t wait;
	struct lock_class_key key;
	char name[sizeof("forkfail pollers")];
} *pollers;

static struct ff_hit hit;	/* the newest; its seq is 0 if there is none */

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
		    uid_eq(s->object.uid, r->f.object.uid) && s->object.inum == r->f.object.inum &&
		    !strcmp(s->object_path, e->object_path))
			return s;
		if (!oldest || s->last < oldest->last)
			oldest = s;
	}
	s = nr_sums < SUMS ? &sums[nr_sums++] : oldest;
	memset(s, 0, sizeof(*s));
	s->cause = r->verdict.cause;
	s->scope = r->verdict.scope;
	s->object = r->f.object;
	s->object.cgrp = NULL;
	strscpy(s->object_path, e->object_path, sizeof(s->object_path));
	return s;
}

static void add_to_sum(const struct ff_event *e, const struct ff_record *r, u64 n, u64 last)
{
	struct ff_sum *s = sum_of(e);

	s->err = r->f.err;
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

static void forget_hit(void)
{
	if (hit.object.cgrp)
		css_put(&hit.object.cgrp->self);
	hit.object.cgrp = NULL;
	WRITE_ONCE(hit.seq, 0);
}

/* A limit on tasks was hit: who holds them is of interest.  The newest counts. */
static void note_hit(u64 seq, const struct ff_record *r)
{
	const struct ff_verdict *v = &r->verdict;

	if (v->unit != FORKFAIL_UNIT_TASKS && v->unit != FORKFAIL_UNIT_PIDS)
		return;
	if (v->scope == FORKFAIL_SCOPE_NONE ||
	    (v->scope == FORKFAIL_SCOPE_CGROUP && !r->f.object.cgrp))
		return;
	forget_hit();
	hit.scope = v->scope;
	hit.object = r->f.object;
	if (hit.object.cgrp)
		css_get(&hit.object.cgrp->self);
	WRITE_ONCE(hit.seq, seq);
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
		e->r.f.object.cgrp = NULL;
		e->r.f.asker = NULL;
		cgroup_path_to(r->f.object.cgrp, e->object_path);
		cgroup_path_to(r->f.asker, e->asker_path);
		if (r->f.first_in) {
			i = next_first++ % FIRSTS;
			firsts[i].inum = r->f.first_in;
			firsts[i].cause = r->verdict.cause;
			firsts[i].seq = e->seq;
		}
		if (r->verdict.cause == FORKFAIL_PIDNS_POISONED_BY_FIRST_FORK) {
			for (i = 0; i < FIRSTS; i++)
				if (firsts[i].inum == r->f.object.inum &&
				    firsts[i].seq > e->first_seq) {
					e->first_cause = firsts[i].cause;
					e->first_seq = firsts[i].seq;
				}
		}
	}
	if (r->f.kind < FORKFAIL_KIND_KTHREAD)
		add_to_sum(e, r, more + 1, last);
	note_hit(e->seq, r);
	if (r->f.object.cgrp)
		css_put(&r->f.object.cgrp->self);
	if (r->f.asker)
		css_put(&r->f.asker->self);
}

/**
 * ff_journal_drain - turn what is in the inbox into events
 *
 * May sleep.  Under ff_journal_lock().
 */
void ff_journal_drain(void)
{
	u64 before = generation;

	ff_inbox_take(add_event);
	if (generation != before)
		wake_up_interruptible(&pollers->wait);
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
 * ff_journal_has_hit - was a limit on tasks hit that nobody has taken?
 *
 * Any context.
 */
bool ff_journal_has_hit(void)
{
	return READ_ONCE(hit.seq);
}

/**
 * ff_journal_take_hit - take the newest, with its reference
 * @to: receives it; its seq is 0 if there is none
 *
 * Under ff_journal_lock().
 */
void ff_journal_take_hit(struct ff_hit *to)
{
	*to = hit;
	hit.object.cgrp = NULL;
	WRITE_ONCE(hit.seq, 0);
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
	wake_up_interruptible(&pollers->wait);
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
	poll_wait(file, &pollers->wait, wait);
}

/**
 * ff_journal_init - allocate everything
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int ff_journal_init(void)
{
	events = kvcalloc(EVENTS, sizeof(*events), GFP_KERNEL);
	sums = kvcalloc(SUMS, sizeof(*sums), GFP_KERNEL);
	pollers = kzalloc(sizeof(*pollers), GFP_KERNEL);
	if (!events || !sums || !pollers) {
		kfree(pollers);
		kvfree(sums);
		kvfree(events);
		return -ENOMEM;
	}
	init_waitqueue_head(&pollers->wait);
	strscpy(pollers->name, "forkfail pollers", sizeof(pollers->name));
	lockdep_register_key(&pollers->key);
	lockdep_set_class_and_name(&pollers->wait.lock, &pollers->key, pollers->name);
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
	bool waiting = true;

	for (i = 0; i < 100; i++) {
		wake_up_poll(&pollers->wait, EPOLLIN | EPOLLRDNORM | EPOLLPRI | EPOLLHUP);
		spin_lock_irq(&pollers->wait.lock);
		/* with the lock that joins and leaves take */
		waiting = waitqueue_active(&pollers->wait);
		spin_unlock_irq(&pollers->wait.lock);
		if (!waiting)
			break;
		usleep_range(4000, 8000);
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
 * ff_journal_exit - free everything
 *
 * May sleep.  No hook is armed, no file open, and the worker gone.
 */
void ff_journal_exit(void)
{
	/* references are in what nobody drained */
	ff_journal_lock();
	ff_journal_drain();
	forget_hit();
	ff_journal_unlock();
	free_pollers();
	kvfree(sums);
	kvfree(events);
}

/**
 * ff_journal_bytes - memory that events and sums take
 *
 * Return: bytes.
 */
size_t ff_journal_bytes(void)
{
	return EVENTS * sizeof(*events) + SUMS * sizeof(*sums);
}
