// SPDX-License-Identifier: GPL-2.0-only
/*
 * journal.c - the events that are held
 *
 * What the handlers left in the inbox becomes events here; the worker does that, or
 * a reader of the page, whoever comes first.
 *
 * All of it is under one spinlock: a reader whose cgroup has used up its CPU time
 * may be stopped wherever it can be preempted, for as long as a second.  So whoever
 * holds it moves one record or copies one event; text is made, printed and waited
 * for outside.
 *
 * What collapses: failures of one process that share cause, object, limit, step and
 * asker, each within COLLAPSE_NS of the last and all within WINDOW_NS, make one
 * event.  The first FEW_PROCESSES processes get an event each, so that a handful of
 * culprits are all named; the others of a storm are counted on the newest of them.
 */
#include <linux/build_bug.h>
#include <linux/cgroup.h>
#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>

#include "compat/compat.h"
#include "journal/counts.h"
#include "journal/inbox.h"
#include "journal/journal.h"
#include "journal/pollers.h"
#include "journal/sums.h"

/* boot time, which nobody sets back */
#define COLLAPSE_NS	(10 * NSEC_PER_SEC)
#define WINDOW_NS	(60 * NSEC_PER_SEC)
#define LATELY_NS	(10 * NSEC_PER_SEC)
#define FEW_PROCESSES	4

#define FIRSTS	32

static DEFINE_SPINLOCK(lock);
static struct ff_event *events;
static u8 order[FF_EVENTS];	/* indices into events, oldest first */
static unsigned int nr_events;
static u64 sequence, overwritten;

/* PID namespaces whose first fork failed, and why. */
static struct first {
	struct ff_claim claim;
	u64 id;
	u8 cause;
	u64 seq;
} firsts[FIRSTS];
static unsigned int nr_firsts;

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

/* What is to be added to boot time for real time, as the clock is set now. */
static u64 boot_to_real(void)
{
	return ktime_to_ns(ktime_mono_to_any(0, TK_OFFS_REAL)) -
	       ktime_to_ns(ktime_mono_to_any(0, TK_OFFS_BOOT));
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

/* A PID namespace was left without its first task; or that is why a fork failed. */
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

/* Takes over the record's references. */
static void add_event(struct ff_record *r, const struct ff_more *more)
{
	struct ff_event *e = collapse_into(r, more);

	if (e) {
		e->repeat += more->repeat + 1;
	} else {
		e = make_room();
		memset(e, 0, sizeof(*e));
		e->seq = ++sequence;
		e->uid_seq = next_uid_seq(r->who.uid);
		e->claim.payer = r->who.payer;
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
	if (!ff_is_internal(r->f.kind))
		ff_sums_add(e, r, more);
	ff_full_limits_note(r, more->last);
	ff_pollers_news(r->who.uid, &r->who.payer);
	if (r->f.object.cgrp)
		css_put(&r->f.object.cgrp->self);
	if (r->f.asker)
		css_put(&r->f.asker->self);
}

/**
 * ff_journal_drain - turn what is in the inbox by now into events
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
 * ff_journal_count - how much is held
 * @events_held: receives the number of events
 * @sums_held: receives the number of pairs of cause and object
 *
 * Any context but a hook, as all that follow.
 */
void ff_journal_count(unsigned int *events_held, unsigned int *sums_held)
{
	spin_lock(&lock);
	*events_held = nr_events;
	*sums_held = ff_sums_nr();
	spin_unlock(&lock);
}

/**
 * ff_journal_newest - the event whose last failure is the newest
 * @f: of which
 * @to: receives it
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

/**
 * ff_journal_next - the event that comes next
 * @f: of which
 * @seq: behind this
 * @to: receives it
 *
 * Return: false if there is none.
 */
bool ff_journal_next(const struct ff_filter *f, u64 seq, struct ff_event *to)
{
	const struct ff_event *e;
	bool found = false;
	unsigned int i;

	spin_lock(&lock);
	for (i = 0; i < nr_events && !found; i++) {
		e = &events[order[i]];
		found = e->seq > seq && f->sees(f->who, e);
		if (found)
			*to = *e;
	}
	spin_unlock(&lock);
	return found;
}

/**
 * ff_journal_find - an event by its number
 * @seq: the number
 * @to: receives it
 *
 * Return: false if it is not held any more.
 */
bool ff_journal_find(u64 seq, struct ff_event *to)
{
	bool found = false;
	unsigned int i;

	spin_lock(&lock);
	for (i = nr_events; i-- && !found; ) {
		found = events[order[i]].seq == seq;
		if (found)
			*to = events[order[i]];
	}
	spin_unlock(&lock);
	return found;
}

static void make_brief(struct ff_brief *b, const struct ff_event *e)
{
	b->claim = e->claim;
	b->scope = e->r.verdict.scope;
	b->kind = e->r.f.kind;
	b->count = e->repeat + 1;
	b->last = e->last;
	b->object = e->r.f.object;
}

/**
 * ff_journal_briefs - what events there are
 * @f: of which
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
 * ff_journal_sums - all pairs of cause and object
 * @to: receives at most FF_SUMS, in no order
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
 * ff_journal_overwritten - events that made room for newer ones
 *
 * Return: how many since load.
 */
u64 ff_journal_overwritten(void)
{
	return READ_ONCE(overwritten);
}

/* ---- for the worker ------------------------------------------------------ */

/**
 * ff_journal_unlogged - a row of which the kernel log does not know
 * @now: boot time
 * @quiet: nanoseconds for which it is not told again
 * @to: receives the row; it counts as told
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
 * ff_journal_hit - the next limit whose holders are to be counted
 * @to: receives it with its reference, to be given to ff_full_limit_put()
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
 * ff_journal_holders - who holds what ran out
 * @hit: the limit
 * @holders: a few words
 * @counted: tasks that were counted
 * @complete: and they were all
 *
 * For all who have met it lately.  Many programs end as soon as they are refused: a
 * count of what is left names the innocent, and is not kept.
 */
void ff_journal_holders(const struct ff_full_limit *hit, const char *holders, u32 counted,
			bool complete)
{
	struct ff_event *e;
	unsigned int i;

	spin_lock(&lock);
	for (i = 0; i < nr_events; i++) {
		e = &events[order[i]];
		if (!ff_full_limit_is(hit, &e->r) || e->last + LATELY_NS < hit->claim.age)
			continue;
		if (counted < e->in_use / 2)
			continue;
		strscpy(e->holders, holders, sizeof(e->holders));
		e->counted = counted;
		e->complete = complete;
		ff_pollers_news(e->r.who.uid, &e->r.who.payer);
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
 * May sleep.  No hook is armed, no file open, and the worker gone.
 */
void ff_journal_exit(void)
{
	/* references are in what nobody drained */
	ff_journal_drain();
	ff_full_limits_forget();
	kvfree(events);
}

/**
 * ff_journal_bytes - memory that events take
 *
 * Return: bytes.
 */
size_t ff_journal_bytes(void)
{
	return FF_EVENTS * sizeof(*events);
}
