// SPDX-License-Identifier: GPL-2.0-only
/*
 * inbox.c - records that handlers leave for the journal, without a lock
 *
 * There is one record for each kind of failure; further failures of that kind only
 * increase its count.  Slots are shared fairly between payers.  A slot belongs to the
 * task that has changed its state by cmpxchg():
 *
 *	      claim_record()	       ff_inbox_commit()	 ff_inbox_take()
 *	FREE ----------------> FILLING -----------------> READY -----------------> DRAINING
 *	 ^							       take() returns |
 *	 +----------------------------------------------------------------------------+
 *
 * join_record() counts on a slot that is FILLING or READY.
 */
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "evidence/place_share.h"
#include "journal/inbox.h"

enum { FREE, FILLING, READY, DRAINING };

#define STATE(w)	((w) & 3)
#define ONE		4ULL
#define COUNT(w)	((u32)(w) >> 2)
#define KEY(w)		((u32)((w) >> 32))

/* COUNT has 30 bits; the worker empties the slot long before they overflow. */
struct slot {
	atomic64_t	word;	/* key, count of further failures, state */
	u64		order;	/* serial number: two records may have the same time */
	u64		last;	/* boot time of the last failure */
	u64		newest;	/* key, usage at the last failure */
	u32		base;
	int		place;	/* in the share */
	struct ff_record r;
};

#define SLOTS		96
#define SLOT_PROBES	8

static struct slot *inbox;
DEFINE_FF_SHARE(share, SLOTS);
static atomic64_t lost = ATOMIC64_INIT(0);
static atomic64_t orders = ATOMIC64_INIT(0);

/*
 * The usage in 32 bits, so that it can be written in one word with the key, which tells
 * whether the slot has changed hands meanwhile.  Bytes are stored as pages.  A usage that
 * does not fit is UNSAID.
 */
#define UNSAID	U32_MAX

static u32 pack_in_use(const struct ff_verdict *v)
{
	u64 n = v->in_use;

	if (v->unit == FORKFAIL_UNIT_BYTES) {
		if (offset_in_page(n))
			return UNSAID;
		n >>= PAGE_SHIFT;
	}
	return min_t(u64, n, UNSAID);
}

static s64 unpack_in_use(const struct slot *s, u32 key)
{
	const struct ff_verdict *v = &s->r.verdict;
	u64 newest = READ_ONCE(s->newest);

	if (newest >> 32 != key || (u32)newest == UNSAID)
		return v->in_use;
	return v->unit == FORKFAIL_UNIT_BYTES ? (s64)(u32)newest << PAGE_SHIFT : (u32)newest;
}

/* Count a failure on an existing record; only the usage and the time are new. */
static bool join_record(struct slot *s, u32 key, u32 base, bool by_base, u32 in_use)
{
	for (;;) {
		/* read the word before base: acquire */
		u64 w = atomic64_read_acquire(&s->word);

		/* while the slot is FILLING, base may still be that of its predecessor */
		if (STATE(w) != READY && (by_base || STATE(w) != FILLING))
			return false;
		if (by_base ? READ_ONCE(s->base) != base : KEY(w) != key)
			return false;
		/* accepted: if the slot has changed hands, its time may be a little too new */
		WRITE_ONCE(s->last, ktime_get_boottime_ns());
		WRITE_ONCE(s->newest, (u64)KEY(w) << 32 | in_use);
		if ((u64)atomic64_cmpxchg(&s->word, w, w + ONE) == w)
			return true;
	}
}

static struct ff_record *claim_record(struct slot *s, u32 key, u32 base, int place)
{
	if (atomic64_cmpxchg(&s->word, FREE, (u64)key << 32 | FILLING) != FREE)
		return NULL;
	WRITE_ONCE(s->base, base);
	WRITE_ONCE(s->last, 0);
	s->place = place;
	s->order = atomic64_inc_return(&orders);
	memset(&s->r, 0, sizeof(s->r));
	return &s->r;
}

/**
 * ff_inbox_begin - count a failure on an existing record, or begin a new one
 * @key: equal for failures that are merged
 * @base: like @key, but without the process
 * @payer: who is charged; the caller puts it into the record
 * @v: the verdict, for the usage
 *
 * Return: a new record, to be filled and passed to ff_inbox_commit(); NULL if the failure
 * was counted on another record, or if there is no room, which is counted as lost.
 */
struct ff_record *ff_inbox_begin(u32 key, u32 base, const struct ff_payer *payer,
				 const struct ff_verdict *v)
{
	u32 in_use = pack_in_use(v);
	struct ff_record *r;
	unsigned int i;
	int place;

	for (i = 0; i < SLOT_PROBES; i++)
		if (join_record(&inbox[(key + i) % SLOTS], key, base, false, in_use))
			return NULL;
	place = ff_share_take(&share, payer);
	for (i = 0; place >= 0 && i < SLOT_PROBES; i++) {
		r = claim_record(&inbox[(key + i) % SLOTS], key, base, place);
		if (r)
			return r;
	}
	for (i = 0; i < SLOTS; i++)
		if (join_record(&inbox[i], key, base, true, in_use))
			goto out;
	/* the payer may have a slot: take any that is free */
	for (i = 0; place >= 0 && i < SLOTS; i++) {
		r = claim_record(&inbox[i], key, base, place);
		if (r)
			return r;
	}
	atomic64_inc(&lost);
out:
	if (place >= 0)
		ff_share_give(&share, place);
	return NULL;
}

/**
 * ff_inbox_commit - mark a record as complete
 * @r: from ff_inbox_begin()
 */
void ff_inbox_commit(struct ff_record *r)
{
	struct slot *s = container_of(r, struct slot, r);

	/* the record is written before the state; add, as others may count meanwhile */
	smp_mb__before_atomic();
	atomic64_add(READY - FILLING, &s->word);
	/* before ff_inbox_raise() looks: pairs with ff_inbox_lower() */
	smp_mb__after_atomic();
}

/**
 * ff_inbox_lost - count the failures that are in no record
 *
 * Return: how many since load.
 */
u64 ff_inbox_lost(void)
{
	return atomic64_read(&lost);
}

/* ---- waking the worker ---------------------------------------------------- */

static DECLARE_WAIT_QUEUE_HEAD(wait);
static struct irq_work wake_work;
static atomic_t raised = ATOMIC_INIT(0);

static void wake_worker(struct irq_work *work)
{
	wake_up(&wait);
}

/**
 * ff_inbox_raise - tell the worker that there is something in the inbox
 *
 * Also from a hook: queues an irq_work, one at a time.
 */
void ff_inbox_raise(void)
{
	if (!atomic_read(&raised) && !atomic_xchg(&raised, 1))
		irq_work_queue(&wake_work);
}

/**
 * ff_inbox_wait - wait until there is something in the inbox
 * @timeout: jiffies
 *
 * May sleep.  Only for a kernel thread; returns early if the thread is to stop.
 *
 * Return: true if there is something.
 */
bool ff_inbox_wait(unsigned long timeout)
{
	wait_event_interruptible_timeout(wait, atomic_read(&raised) || kthread_should_stop(),
					 timeout);
	return atomic_read(&raised);
}

/**
 * ff_inbox_lower - the inbox is about to be emptied
 *
 * A record that ff_inbox_take() does not see after this wakes the worker again.
 */
void ff_inbox_lower(void)
{
	atomic_set(&raised, 0);
	/* lower the flag before looking at the slots */
	smp_mb__after_atomic();
}

/* ---- emptying it ---------------------------------------------------------- */

/*
 * The READY record with the lowest serial number and a time up to @until; NULL if there is
 * none.
 */
static struct slot *find_oldest(u64 until)
{
	struct slot *s, *oldest = NULL;

	for (s = inbox; s < inbox + SLOTS; s++)
		if (STATE(atomic64_read_acquire(&s->word)) == READY && s->r.time <= until &&
		    (!oldest || s->order < oldest->order))
			oldest = s;
	return oldest;
}

/**
 * ff_inbox_take - take out the oldest record
 * @until: boot time; later records are not taken
 * @take: called with the record, whose references it takes over, and its count
 *
 * Under the journal's lock; not from a hook.
 *
 * Return: false if there was no record.
 */
bool ff_inbox_take(u64 until, void (*take)(struct ff_record *r, const struct ff_more *more))
{
	struct slot *s = find_oldest(until), *before;
	struct ff_more more;
	u64 w, seen;
	int place;

	/*
	 * While the slots were searched, an earlier record may have become READY in a slot
	 * that was already passed.  Search again until the result does not change.
	 */
	do {
		before = s;
		s = find_oldest(until);
	} while (s != before);
	if (!s)
		return false;
	w = atomic64_read(&s->word);
	/* others may count on it until the state is DRAINING */
	while ((seen = atomic64_cmpxchg(&s->word, w, w | DRAINING)) != w)
		w = seen;
	/* its place's, which it keeps until it is given back */
	more.payer = &share.places[s->place].payer;
	more.key = KEY(w);
	more.base = s->base;
	more.repeat = COUNT(w);
	more.last = COUNT(w) ? max(READ_ONCE(s->last), s->r.time) : s->r.time;
	more.in_use = COUNT(w) ? unpack_in_use(s, KEY(w)) : s->r.verdict.in_use;
	take(&s->r, &more);
	place = s->place;
	atomic64_set_release(&s->word, FREE);
	ff_share_give(&share, place);
	return true;
}

/* ---- load and unload ------------------------------------------------------ */

/**
 * ff_inbox_init - allocate the inbox
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int ff_inbox_init(void)
{
	inbox = kvcalloc(SLOTS, sizeof(*inbox), GFP_KERNEL);
	init_irq_work(&wake_work, wake_worker);
	return inbox ? 0 : -ENOMEM;
}

/**
 * ff_inbox_exit - free the inbox
 *
 * May sleep.  No hook may be armed, and the inbox must be empty.
 */
void ff_inbox_exit(void)
{
	irq_work_sync(&wake_work);
	kvfree(inbox);
	inbox = NULL;
}

/**
 * ff_inbox_bytes - how much memory the inbox uses
 *
 * Return: bytes.
 */
size_t ff_inbox_bytes(void)
{
	return SLOTS * sizeof(*inbox);
}
