// SPDX-License-Identifier: GPL-2.0-only
/*
 * journal.c - keeps the events
 *
 *	inbox --ff_journal_drain()--> add_event() --> an event, old or new  --> readers
 *						  \-> sums_by_object.c	    --> readers, kernel log
 *						  \-> full_limits.c	    --> holders.c
 *						  \-> pollers.c
 *
 * The worker drains the inbox, or a reader of the page if it comes first.
 *
 * One spinlock protects everything.  With a mutex, a reader whose cgroup has used up its
 * CPU time could be preempted while it holds it, for as long as a second.  Under the lock
 * one record is moved or one event copied; text is formatted and printed outside.
 *
 * Merging: failures of one process with the same cause, object, limit, step and cgroup become one
 * event, if each follows the last within COLLAPSE_NS and all are within WINDOW_NS.  Only the first
 * FEW_PROCESSES get an event each: in a storm, the others count on the newest of these events.
 */
#include <linux/build_bug.h>
#include <linux/cgroup.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>

#include "compat/compat.h"
#include "journal/counts_by_cause.h"
#include "journal/inbox.h"
#include "journal/journal.h"
#include "journal/pollers.h"
#include "journal/sums_by_object.h"
#include "journal/uid_seqs.h"

/* by boot time, which nobody can set */
#define COLLAPSE_NS	(10 * NSEC_PER_SEC)
#define WINDOW_NS	(60 * NSEC_PER_SEC)
#define LATELY_NS	(10 * NSEC_PER_SEC)
#define FEW_PROCESSES	4

#define FIRSTS	32

static DEFINE_SPINLOCK(lock);
static struct ff_event *events;
static u8 order[FF_EVENTS];	/* indices into events, oldest first */
static unsigned int nr_events;
static u64 sequence, overwritten, changes;

/* PID namespaces whose first fork failed, with the cause. */
static struct first {
	struct ff_claim claim;
	u64 id;
	u8 cause;
	u64 seq;
} firsts[FIRSTS];
static unsigned int nr_firsts;

/* The difference between real time and boot time, as the clock is set now. */
static u64 boot_to_real(void)
{
	return ktime_to_ns(ktime_mono_to_any(0, TK_OFFS_REAL)) -
	       ktime_to_ns(ktime_mono_to_any(0, TK_OFFS_BOOT));
}

/*
 * A path that is too long is cut, with "..." at its end.  For such a path some kernels
 * return its length, some -E2BIG, and some the length of what they have written.
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

/* ---- events -------------------------------------------------------------- */

static struct ff_event *collapse_into(const struct ff_record *r, const struct ff_more *more)
{
	struct ff_event *e, *newest = NULL;
	unsigned int i, same = 0;

	for (i = nr_events; i--; ) {
		e = &events[order[i]];
		if (e->base != more->base || e->last + COLLAPSE_NS < r->time ||
		    e->r.time + WINDOW_NS < r->time)
			continue;
		if (e->key == more->key)
			return e;
		if (!same++)
			newest = e;
	}
	return same >= FEW_PROCESSES ? newest : NULL;
}

static struct ff_event *make_room(void)
{
	unsigned int i, victim;

	BUILD_BUG_ON(FF_EVENTS > FF_FAIR_MOST);
	if (nr_events < FF_EVENTS) {
		order[nr_events] = nr_events;
		return &events[nr_events++];
	}
	victim = ff_fair_victim(events, FF_EVENTS, sizeof(*events));
	for (i = 0; order[i] != victim; i++)
		;
	memmove(&order[i], &order[i + 1], FF_EVENTS - 1 - i);
	order[FF_EVENTS - 1] = victim;
	WRITE_ONCE(overwritten, overwritten + 1);
	return &events[victim];
}

/* Remember that a PID namespace was left without its first task, or look that up. */
static void add_first(struct ff_event *e)
{
	const struct ff_record *r = &e->r;
	unsigned int i;

	if (r->f.first_in) {
		i = nr_firsts < FIRSTS ? nr_firsts++ :
			ff_fair_victim(firsts, FIRSTS, sizeof(*firsts));
		firsts[i].claim = e->claim;
		firsts[i].id = r->f.first_in;
		firsts[i].cause = r->verdict.cause;
		firsts[i].seq = e->seq;
	}
	if (r->verdict.cause != FORKFAIL_PIDNS_POISONED_BY_FIRST_FORK)
		return;
	for (i = 0; i < nr_firsts; i++)
		if (firsts[i].id == r->f.object.id && firsts[i].seq > e->first_seq) {
			e->first_cause = firsts[i].cause;
			e->first_seq = firsts[i].seq;
		}
}

static void tell_of(struct ff_event *e)
{
	e->change = ++changes;
	ff_pollers_news(e);
}

/* Takes over the record's references, and drops them. */
static void add_event(struct ff_record *r, const struct ff_more *more)
{
	struct ff_event *e = collapse_into(r, more);

	if (e) {
		e->repeat += more->repeat + 1;
	} else {
		e = make_room();
		memset(e, 0, sizeof(*e));
		e->seq = ++sequence;
		e->uid_seq = ff_next_uid_seq(r->who.uid);
		e->claim.payer = *more->payer;
		e->claim.cause = r->verdict.cause;
		e->claim.age = e->seq;
		e->key = more->key;
		e->base = more->base;
		e->repeat = more->repeat;
		e->real = r->time + boot_to_real();
		e->r = *r;
		e->r.f.object.cgrp = NULL;
		e->r.f.asker = NULL;
		cgroup_path_to(r->f.object.cgrp, e->object_path);
		cgroup_path_to(r->f.asker, e->asker_path);
		add_first(e);
	}
	if (more->last >= e->last) {
		e->last = more->last;
		e->last_real = more->last + boot_to_real();
		e->in_use = more->in_use;
	}
	if (ff_count_of(r->verdict.cause, r->f.kind) == r->verdict.cause)
		ff_sums_add(e, r, more);
	if (r->f.kind != FORKFAIL_KIND_SELFTEST)
		ff_full_limits_note(r, more);
	tell_of(e);
	if (r->f.object.cgrp)
		css_put(&r->f.object.cgrp->self);
	if (r->f.asker)
		css_put(&r->f.asker->self);
}

/**
 * ff_journal_drain - turn everything that is in the inbox now into events
 *
 * May sleep.
 */
void ff_journal_drain(void)
{
	u64 now = ktime_get_boottime_ns();
	bool more;

	do {
		spin_lock(&lock);
		more = ff_inbox_take(now, add_event);
		spin_unlock(&lock);
		cond_resched();
	} while (more);
}

/* ---- copies for readers -------------------------------------------------- */

/**
 * ff_journal_count - get the numbers of events and sums
 * @events_held: receives the number of events
 * @sums_held: receives the number of pairs of cause and object
 *
 * Not from a hook, like all functions below: takes the journal's lock.
 */
void ff_journal_count(unsigned int *events_held, unsigned int *sums_held)
{
	spin_lock(&lock);
	*events_held = nr_events;
	*sums_held = ff_sums_nr();
	spin_unlock(&lock);
}

/**
 * ff_journal_change - get the serial number of the last change of any event
 * @f: which events to consider
 *
 * Return: a number that grows when one of these events is new, or has changed.
 */
u64 ff_journal_change(const struct ff_filter *f)
{
	u64 newest = 0;
	unsigned int i;

	spin_lock(&lock);
	for (i = 0; i < nr_events; i++)
		if (events[i].change > newest && f->sees(f->who, &events[i]))
			newest = events[i].change;
	spin_unlock(&lock);
	return newest;
}

/**
 * ff_journal_newest - get the event whose last failure is the newest
 * @f: which events to consider
 * @to: receives a copy
 *
 * Return: false if there is none.
 */
bool ff_journal_newest(const struct ff_filter *f, struct ff_event *to)
{
	const struct ff_event *e, *found = NULL;
	unsigned int i;

	spin_lock(&lock);
	for (i = 0; i < nr_events; i++) {
		e = &events[order[i]];
		if ((!found || e->last >= found->last) && f->sees(f->who, e))
			found = e;
	}
	if (found)
		*to = *found;
	spin_unlock(&lock);
	return found;
}

/* Where in @order the first event after @seq is: numbers grow there. */
static unsigned int first_behind(u64 seq)
{
	unsigned int from = 0, to = nr_events, i;

	while (from < to) {
		i = (from + to) / 2;
		if (events[order[i]].seq > seq)
			to = i;
		else
			from = i + 1;
	}
	return from;
}

/**
 * ff_journal_next - get the next event
 * @f: which events to consider
 * @seq: the sequence number after which to look
 * @to: receives a copy
 *
 * Return: false if there is none.
 */
bool ff_journal_next(const struct ff_filter *f, u64 seq, struct ff_event *to)
{
	bool found = false;
	unsigned int i;

	spin_lock(&lock);
	for (i = first_behind(seq); i < nr_events && !found; i++) {
		found = f->sees(f->who, &events[order[i]]);
		if (found)
			*to = events[order[i]];
	}
	spin_unlock(&lock);
	return found;
}

/**
 * ff_journal_find - get an event by its sequence number
 * @f: which events to consider
 * @seq: the number
 * @to: receives a copy, of another one if it is not found
 *
 * Return: false if it is not kept any more.
 */
bool ff_journal_find(const struct ff_filter *f, u64 seq, struct ff_event *to)
{
	return ff_journal_next(f, seq - 1, to) && to->seq == seq;
}

static void make_brief(struct ff_brief *b, const struct ff_event *e)
{
	b->claim = e->claim;
	b->scope = e->r.verdict.scope;
	b->kind = e->r.f.kind;
	b->count = e->repeat + 1;
	b->last = e->last;
	b->uid = e->r.who.uid;
	b->object = e->r.f.object;
	b->off = e->holders.counted ? (u32)abs(e->in_use - e->holders.counted) : U32_MAX;
	b->limit = e->r.verdict.has_limit ? e->r.verdict.limit : -1;
}

/**
 * ff_journal_briefs - get the main fields of all events
 * @f: which events to consider
 * @to: receives at most FF_EVENTS, oldest first
 *
 * Return: how many.
 */
unsigned int ff_journal_briefs(const struct ff_filter *f, struct ff_brief *to)
{
	unsigned int i, n = 0;

	spin_lock(&lock);
	for (i = 0; i < nr_events; i++)
		if (f->sees(f->who, &events[order[i]]))
			make_brief(&to[n++], &events[order[i]]);
	spin_unlock(&lock);
	return n;
}

/**
 * ff_journal_sums - get the sums of all pairs of cause and object
 * @to: receives at most FF_SUMS, in no particular order
 *
 * Return: how many.
 */
unsigned int ff_journal_sums(struct ff_sum *to)
{
	unsigned int n;

	spin_lock(&lock);
	n = ff_sums_copy(to);
	spin_unlock(&lock);
	return n;
}

/**
 * ff_journal_overwritten - count the events that were overwritten by newer ones
 *
 * Return: how many since load.
 */
u64 ff_journal_overwritten(void)
{
	return READ_ONCE(overwritten);
}

/* ---- for the worker ------------------------------------------------------ */

/**
 * ff_journal_unlogged - get a sum with failures that are not in the kernel log yet
 * @now: boot time
 * @quiet: nanoseconds for which a sum is not logged again
 * @to: receives a copy; the sum then counts as logged
 *
 * Return: false if there is none.
 */
bool ff_journal_unlogged(u64 now, u64 quiet, struct ff_sum *to)
{
	bool found;

	spin_lock(&lock);
	found = ff_sums_unlogged(now, quiet, to);
	spin_unlock(&lock);
	return found;
}

/**
 * ff_journal_hit - take the next limit whose holders are to be counted
 * @to: receives it with its reference, which ff_full_limit_put() drops
 *
 * Return: false if there is none.
 */
bool ff_journal_hit(struct ff_full_limit *to)
{
	bool found;

	spin_lock(&lock);
	found = ff_full_limits_take(to);
	spin_unlock(&lock);
	return found;
}

/**
 * ff_journal_holders - store who holds most of what ran out
 * @hit: the limit
 * @holders: the result of the walk
 *
 * It is stored in all recent events about this limit.  Many programs exit as soon as they
 * are refused; if less than half of the usage is left to count, the result would blame
 * the innocent, and is not stored; nor is one that is farther from the usage than an
 * earlier one.
 */
void ff_journal_holders(const struct ff_full_limit *hit, const struct ff_holders *holders)
{
	struct ff_event *e;
	unsigned int i;

	spin_lock(&lock);
	for (i = 0; i < nr_events; i++) {
		e = &events[order[i]];
		if (!ff_full_limit_is(hit, &e->r) || e->last + LATELY_NS < hit->claim.age)
			continue;
		if (!holders->counted || holders->counted < e->in_use / 2)
			continue;
		if (e->holders.counted &&
		    abs(e->in_use - holders->counted) > abs(e->in_use - e->holders.counted))
			continue;
		e->holders = *holders;
		tell_of(e);
	}
	spin_unlock(&lock);
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
	events = kvcalloc(FF_EVENTS, sizeof(*events), GFP_KERNEL);
	return events ? 0 : -ENOMEM;
}

/**
 * ff_journal_exit - free everything
 *
 * May sleep.  No hook may be armed, no file be open, and the worker must have stopped.
 */
void ff_journal_exit(void)
{
	/* records in the inbox hold references */
	ff_journal_drain();
	ff_full_limits_forget();
	kvfree(events);
}

/**
 * ff_journal_bytes - how much memory the events use
 *
 * Return: bytes.
 */
size_t ff_journal_bytes(void)
{
	return FF_EVENTS * sizeof(*events);
}
