// SPDX-License-Identifier: GPL-2.0-only
/*
 * place_share.c - may a payer have a place, or are those that are left for others?
 *
 * For failing calls, records that wait for the worker, lines of the kernel log and open files:
 * who has a place keeps it until it is given back.  No lock is taken.  What can be taken away
 * from whoever holds most is shared by journal/fair_share.c.
 */
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "evidence/place_share.h"

/**
 * ff_held_add - count a place that is taken
 * @h: the counts
 * @p: the payer for whom places are counted
 * @other: the payer who has this one
 */
void ff_held_add(struct ff_held *h, const struct ff_payer *p, const struct ff_payer *other)
{
	unsigned int i;

	h->all++;
	/* accepted: @other is being written at this moment, and counted wrongly */
	if (!data_race(ff_payer_same(p, other)))
		return;
	h->by[0]++;
	/* accepted: as above */
	for (i = 0; i < FF_PAYER_LEVELS && data_race(p->cgroup[i] == other->cgroup[i]); i++)
		h->by[i + 1]++;
}

/**
 * ff_held_more - who gives up a place first, of two payers?
 * @a: the counts of one of them
 * @b: those of the other
 *
 * Return: true if it is @a, who holds more.
 */
bool ff_held_more(const struct ff_held *a, const struct ff_held *b)
{
	unsigned int i = 0;

	while (i < ARRAY_SIZE(a->by) - 1 && a->by[i] == b->by[i])
		i++;
	return a->by[i] > b->by[i];
}

/* The first of @h->by that is at most @few; behind the last if none is. */
static unsigned int few_of(const struct ff_held *h, unsigned int few)
{
	unsigned int i = 0;

	while (i < ARRAY_SIZE(h->by) && h->by[i] > few)
		i++;
	return i;
}

/**
 * ff_held_may - may a payer have a place, or are those that are left for others?
 * @h: the places that are taken, with this one
 * @size: how many places there are
 *
 * Anybody may while a quarter is free.  Of that quarter, all is for payers that have at most a
 * sixteenth of the places.  Half of it is also for those cgroups that have at most half of that,
 * whatever their payer has: all of this half for those at the top of the tree, and less and less
 * for those farther down.
 *
 * Return: true if it may.
 */
bool ff_held_may(const struct ff_held *h, unsigned int size)
{
	unsigned int few;

	if (h->all <= size - size / 4 || h->by[0] <= max(size / 16, 1U))
		return true;
	few = few_of(h, size / 32);
	return h->all <= size - size / 8 - size / 8 * (few - 1) / FF_PAYER_LEVELS;
}

/*
 * Counts the places one by one: with counters by hash, a payer would be charged for those of
 * another.  Takes no lock: of tasks that try at the same time, all may be let in, or one too
 * many refused.
 */
static noinline bool may_have(const struct ff_share *s, const struct ff_payer *p)
{
	struct ff_held held = {};
	unsigned int i;

	/* the one that is asked for */
	ff_held_add(&held, p, p);
	for (i = 0; i < s->size; i++)
		if (atomic_read(&s->places[i].used))
			ff_held_add(&held, p, &s->places[i].payer);
	return ff_held_may(&held, s->size);
}

static int find_place(struct ff_share *s, const struct ff_payer *p)
{
	unsigned int i, first = hash_ptr(current, 16) % s->size;
	struct ff_place *place;

	for (i = 0; i < s->size; i++) {
		place = &s->places[(first + i) % s->size];
		if (atomic_read(&place->used) || atomic_cmpxchg(&place->used, 0, 1))
			continue;
		place->payer = *p;
		return place - s->places;
	}
	return -1;
}

/**
 * ff_share_take - take a place, if the payer may have one
 * @s: the places
 * @p: the payer
 *
 * While half of the places are free, anybody gets one; then ff_held_may() decides.  Takes no lock.
 *
 * Return: the number of the place, for ff_share_give(); -1 if the payer gets none.
 */
int ff_share_take(struct ff_share *s, const struct ff_payer *p)
{
	unsigned int taken = atomic_inc_return(&s->taken);
	int place = -1;

	if (taken <= s->size / 2 || may_have(s, p))
		place = find_place(s, p);
	if (place < 0)
		atomic_dec(&s->taken);
	return place;
}

/**
 * ff_share_give - return a place
 * @s: the places
 * @place: its number
 *
 * Takes no lock.
 */
void ff_share_give(struct ff_share *s, int place)
{
	atomic_set_release(&s->places[place].used, 0);
	atomic_dec(&s->taken);
}

/**
 * ff_share_clear - return all places
 * @s: the places
 *
 * Call it only while nobody else takes or returns one.
 */
void ff_share_clear(struct ff_share *s)
{
	memset(s->places, 0, s->size * sizeof(*s->places));
	atomic_set(&s->taken, 0);
}
