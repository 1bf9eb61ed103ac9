// SPDX-License-Identifier: GPL-2.0-only
/*
 * inbox.c - what handlers leave for the journal
 *
 * One record per kind of failure; failures of the same kind only raise its
 * count.  No lock: a slot belongs to whoever moved its word from FREE to FILLING
 * or from READY to DRAINING.  Slots are shared between payers.
 */
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "journal/inbox.h"

enum { FREE, FILLING, READY, DRAINING };

#define STATE(w)	((w) & 3)
#define ONE		4ULL
#define COUNT(w)	((u32)(w) >> 2)
#define KEY(w)		((u32)((w) >> 32))

/* COUNT has 30 bits; the worker comes by long before */
struct slot {
	atomic64_t	word;	/* key, further failures, state */
	u64		order;	/* of the failure among all; a clock may not tell them apart */
	u64		last;
	u64		newest;	/* key, usage at the last failure */
	u32		base;
	struct ff_record r;
};

#define SLOTS		96
#define SLOT_PROBES	8

static struct slot *inbox;
static struct ff_share share = { .size = SLOTS };
static atomic64_t lost = ATOMIC64_INIT(0);
static atomic64_t orders = ATOMIC64_INIT(0);

/*
 * A usage in 32 bits, so that it can be written together with the key: a slot may
 * have changed hands meanwhile.  Bytes are pages.  What does not fit is not said.
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

/* Counted on a record that is there: only the usage is new. */
static bool join_record(struct slot *s, u32 key, u32 base, bool by_base, u32 in_use)
{
	for (;;) {
		/* the word before base, which belongs to it */
		u64 w = atomic64_read_acquire(&s->word);

		/* while it is being filled, base may still be its predecessor's */
		if (STATE(w) != READY && (by_base || STATE(w) != FILLING))
			return false;
		if (by_base ? READ_ONCE(s->base) != base : KEY(w) != key)
			return false;
		/* accepted: too late, on a slot that has changed hands, it is a little too new */
		WRITE_ONCE(s->last, ktime_get_boottime_ns());
		WRITE_ONCE(s->newest, (u64)KEY(w) << 32 | in_use);
		if ((u64)atomic64_cmpxchg(&s->word, w, w + ONE) == w)
			return true;
	}
}

static struct ff_record *claim_record(struct slot *s, u32 key, u32 base)
{
	if (atomic64_cmpxchg(&s->word, FREE, (u64)key << 32 | FILLING) != FREE)
		return NULL;
	WRITE_ONCE(s->base, base);
	WRITE_ONCE(s->last, 0);
	s->order = atomic64_inc_return(&orders);
	memset(&s->r, 0, sizeof(s->r));
	return &s->r;
}

/**
 * ff_inbox_begin - a record to fill, if one is needed
 * @key: the same for failures that belong together
 * @base: the same without the process
 * @payer: who is to pay for it; to be put into the record
 * @v: the verdict, for the usage
 *
 * From the return hook.
 *
 * Return: the record, to be given to ff_inbox_commit(); NULL if the failure
 * was added to another or there is no room (which is counted).
 */
struct ff_record *ff_inbox_begin(u32 key, u32 base, const struct ff_payer *payer,
				 const struct ff_verdict *v)
{
	u32 in_use = pack_in_use(v);
	struct ff_record *r;
	bool may;
	unsigned int i;

	for (i = 0; i < SLOT_PROBES; i++)
		if (join_record(&inbox[(key + i) % SLOTS], key, base, false, in_use))
			return NULL;
	may = ff_share_take(&share, payer);
	for (i = 0; may && i < SLOT_PROBES; i++) {
		r = claim_record(&inbox[(key + i) % SLOTS], key, base);
		if (r)
			return r;
	}
	for (i = 0; i < SLOTS; i++)
		if (join_record(&inbox[i], key, base, true, in_use))
			goto out;
	/* a share is worth a slot, wherever that is */
	for (i = 0; may && i < SLOTS; i++) {
		r = claim_record(&inbox[i], key, base);
		if (r)
			return r;
	}
	atomic64_inc(&lost);
out:
	if (may)
		ff_share_give(&share, payer);
	return NULL;
}

/**
 * ff_inbox_commit - the record is complete
 * @r: from ff_inbox_begin()
 *
 * From the return hook.
 */
void ff_inbox_commit(struct ff_record *r)
{
	struct slot *s = container_of(r, struct slot, r);

	/* others may have counted on it meanwhile; orders the record before */
	smp_mb__before_atomic();
	atomic64_add(READY - FILLING, &s->word);
	/* before ff_inbox_raise() looks: pairs with ff_inbox_lower() */
	smp_mb__after_atomic();
}

/**
 * ff_inbox_lost - failures that are counted but in no record
 *
 * Return: how many since load.
 */
u64 ff_inbox_lost(void)
{
	return atomic64_read(&lost);
}

/* ---- waking who empties it ------------------------------------------------ */

static DECLARE_WAIT_QUEUE_HEAD(wait);
static struct irq_work wake_work;
static atomic_t raised = ATOMIC_INIT(0);

static void wake_worker(struct irq_work *work)
{
	wake_up(&wait);
}

/**
 * ff_inbox_raise - tell that there is something in it
 *
 * From the return hook: only an irq_work is queued, and only one at a time.
 */
void ff_inbox_raise(void)
{
	if (!atomic_read(&raised) && !atomic_xchg(&raised, 1))
		irq_work_queue(&wake_work);
}

/**
 * ff_inbox_wait - wait until there is something in it
 * @timeout: jiffies
 *
 * May sleep; for a kernel thread, which may be told to stop meanwhile.
 *
 * Return: true if there is.
 */
bool ff_inbox_wait(unsigned long timeout)
{
	wait_event_interruptible_timeout(wait, atomic_read(&raised) || kthread_should_stop(),
					 timeout);
	return atomic_read(&raised);
}

/**
 * ff_inbox_lower - it is about to be emptied
 *
 * A record that is not seen by ff_inbox_take() after this raises
 * it again.
 */
void ff_inbox_lower(void)
{
	atomic_set(&raised, 0);
	/* lowered before what is in there is looked at */
	smp_mb__after_atomic();
}

/* ---- emptying it ---------------------------------------------------------- */

/*
 * The oldest record that is ready, up to a time; NULL if there is none.  By its number:
 * a clock may not tell two of them apart.
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
 * @until: boot time; later ones are not taken
 * @take: is given the record with its references, and what it stands for
 *
 * Any context but a hook.  One at a time: under the journal's lock.
 *
 * Return: false if there was none.
 */
bool ff_inbox_take(u64 until, void (*take)(struct ff_record *r, const struct ff_more *more))
{
	struct slot *s = find_oldest(until), *before;
	struct ff_more more;
	u64 w, seen;

	/*
	 * One that led to it may have come behind the look: then a second look, which
	 * began after both, finds it.
	 */
	do {
		before = s;
		s = find_oldest(until);
	} while (s != before);
	if (!s)
		return false;
	w = atomic64_read(&s->word);
	/* counts arrive until the slot is ours */
	while ((seen = atomic64_cmpxchg(&s->word, w, w | DRAINING)) != w)
		w = seen;
	more.key = KEY(w);
	more.base = s->base;
	more.repeat = COUNT(w);
	more.last = COUNT(w) ? max(READ_ONCE(s->last), s->r.time) : s->r.time;
	more.in_use = COUNT(w) ? unpack_in_use(s, KEY(w)) : s->r.verdict.in_use;
	take(&s->r, &more);
	ff_share_give(&share, &s->r.who.payer);
	atomic64_set_release(&s->word, FREE);
	return true;
}

/* ---- its memory ----------------------------------------------------------- */

/**
 * ff_inbox_init - allocate it
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
 * ff_inbox_exit - free it
 *
 * May sleep.  No hook is armed any more, and it was emptied.
 */
void ff_inbox_exit(void)
{
	irq_work_sync(&wake_work);
	kvfree(inbox);
	inbox = NULL;
}

/**
 * ff_inbox_bytes - memory that it takes
 *
 * Return: bytes.
 */
size_t ff_inbox_bytes(void)
{
	return SLOTS * sizeof(*inbox);
}
