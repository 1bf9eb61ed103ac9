// SPDX-License-Identifier: GPL-2.0-only
/*
 * trail.c - a slot for every task that is inside copy_process()
 *
 * An open-addressed table keyed by the task: a claim is one cmpxchg on a slot
 * that is nearly always the task's own by hash, a release is one store, a
 * look-up one compare.  No lock, and no cache line that every fork writes.
 *
 * A look-up that misses is as frequent as one that hits: watched functions run
 * outside of copy_process(), too.  It may end at the first slot as long as no
 * trail at all is anywhere but in its first; those that are not are counted.
 *
 * Accepted: a task whose neighbourhood of FF_TRAIL_PROBES slots is full goes
 * without a trail; its return is not watched, and it is counted as missed.
 * With 1,000 tasks inside copy_process() at once the table is half full.
 *
 * A slot can be left behind: a task that was inside copy_process() when the
 * return hook went away never releases it.  It is found by the same task's (or
 * the same address's) next claim and used again, and the table outlives every
 * hook, so a stale slot is never a wrong one.
 */
#include <linux/slab.h>
#include <linux/mm.h>

#include "evidence/trail.h"

struct ff_trail ff_trails[FF_TRAILS];
atomic_t ff_trails_moved = ATOMIC_INIT(0);

/* For calls that are going wrong at this instant: far fewer than trails. */
#define COLDS	256

static struct cold_slot {
	struct task_struct *owner;
	struct ff_cold c;
} *colds;

/**
 * ff_trail_init - allocate what the table needs
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int ff_trail_init(void)
{
	colds = kvcalloc(COLDS, sizeof(*colds), GFP_KERNEL);
	return colds ? 0 : -ENOMEM;
}

/**
 * ff_trail_exit - free it
 *
 * May sleep.  Every hook is gone and none is running any more.
 */
void ff_trail_exit(void)
{
	kvfree(colds);
	colds = NULL;
}

/**
 * ff_trail_bytes - memory that the table takes
 *
 * Return: bytes.
 */
size_t ff_trail_bytes(void)
{
	return sizeof(ff_trails) + COLDS * sizeof(*colds);
}

/**
 * ff_trail_claim - a fresh trail for the running task
 *
 * Preemption off or not, interrupts on or off; takes no lock.
 *
 * Return: the trail, or NULL if there is no room.
 */
struct ff_trail *ff_trail_claim(void)
{
	u32 first = hash_ptr(current, FF_TRAIL_BITS), i;
	struct ff_trail *t;

	for (i = 0; i < FF_TRAIL_PROBES; i++) {
		t = &ff_trails[(first + i) % FF_TRAILS];
		if (!READ_ONCE(t->owner) && !cmpxchg(&t->owner, NULL, current)) {
			if (unlikely(i))
				/* this task's own look-ups have to see it, no others */
				atomic_inc(&ff_trails_moved);
			break;
		}
		if (READ_ONCE(t->owner) == current)
			break;	/* left behind by a return that was never seen */
	}
	if (i == FF_TRAIL_PROBES)
		return NULL;
	t->ip = 0;
	t->cold = NULL;
	t->seen = 0;
	t->unheard = false;
	t->pidns_dead = false;
	t->pid_full = 0;
	return t;
}

/**
 * ff_trail_release - give a trail back
 * @t: from ff_trail_claim(), by the same task
 *
 * Any context.
 */
void ff_trail_release(struct ff_trail *t)
{
	if (unlikely(t->cold))
		/* who takes it next finds nothing of this task half written */
		smp_store_release(&container_of(t->cold, struct cold_slot, c)->owner, NULL);
	if (unlikely(t != &ff_trails[hash_ptr(current, FF_TRAIL_BITS)]))
		atomic_dec(&ff_trails_moved);
	/* nothing of it is read after this */
	smp_store_release(&t->owner, NULL);
}

/**
 * ff_trail_cold - room for what a witness sees
 * @t: the running task's trail
 *
 * As ff_trail_claim().
 *
 * Return: the same for all witnesses of one call; NULL, which the trail
 * remembers, if too many calls are going wrong at once.
 */
struct ff_cold *ff_trail_cold(struct ff_trail *t)
{
	u32 first = hash_ptr(current, 8), i, slot;

	if (t->cold)
		return t->cold;
	for (i = 0; i < COLDS; i++) {
		slot = (first + i) % COLDS;
		/* one that was left behind still holds references: until unload */
		if (!READ_ONCE(colds[slot].owner) &&
		    !cmpxchg(&colds[slot].owner, NULL, current)) {
			memset(&colds[slot].c, 0, sizeof(colds[slot].c));
			t->cold = &colds[slot].c;
			return t->cold;
		}
	}
	t->unheard = true;
	return NULL;
}

/**
 * ff_trail_forget - drop what calls hold whose return was never seen
 * @forget: drops the references of one of them
 *
 * May sleep.  Every hook is gone and none is running any more.
 */
void ff_trail_forget(void (*forget)(struct ff_cold *c))
{
	unsigned int i;

	for (i = 0; i < COLDS; i++)
		if (colds[i].owner)
			forget(&colds[i].c);
}
