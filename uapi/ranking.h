/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Which failure is reported first, and which others are named.
 *
 * The module and the reader both include this, so that both choose the same one.
 * Plain C without state: it does not allocate and does not sleep.
 */
#ifndef _UAPI_FORKFAIL_RANKING_H
#define _UAPI_FORKFAIL_RANKING_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#endif

#include "forkfail.h"

/* Seconds: a failure that is older than the newest one by more than this is ignored. */
#define FORKFAIL_RECENT		600
/* Seconds: a failure that is older than the newest one by at most this counts as going on. */
#define FORKFAIL_GOES_ON	60
/* How many "also:" lines there can be, besides the one that counts the rest. */
#define FORKFAIL_MOST_ALSO	4

#define FORKFAIL_NR_RANKS	4

/**
 * forkfail_rank() - how much a failure hurts
 * @class: class of its cause
 * @kind: what the caller tried to create
 *
 * Return: 0 for what hurts most, below FORKFAIL_NR_RANKS.
 */
static inline unsigned int forkfail_rank(enum forkfail_class class, enum forkfail_kind kind)
{
	/* the program does not notice */
	if (kind == FORKFAIL_KIND_IO_WORKER)
		return 3;
	switch (class) {
	case FORKFAIL_CLASS_LIMIT:
	case FORKFAIL_CLASS_MEMORY:
		return 0;
	case FORKFAIL_CLASS_POLICY:
	case FORKFAIL_CLASS_KERNEL:
		return 1;
	case FORKFAIL_CLASS_REQUEST:
		return 2;
	default:
		return 3;
	}
}

/**
 * struct forkfail_group - failures of one cause at one object, lately
 * @rank: forkfail_rank()
 * @goes_on: the last of them was within FORKFAIL_GOES_ON
 * @cause: equal if the cause is the same
 * @uid: real uid of the task that failed last
 * @objects: at how many objects; 1 before forkfail_order()
 * @count: how many
 * @last: when the last of them was, in any unit
 * @newest: the event of the last of them, for the caller
 */
struct forkfail_group {
	unsigned int rank;
	bool goes_on;
	unsigned int cause, uid, objects;
	unsigned long long count;
	long long last;
	unsigned long long newest;
};

/* What is reported first: more failures, then newer ones. */
static inline bool forkfail_is_before(const struct forkfail_group *a,
				      const struct forkfail_group *b)
{
	return a->count != b->count ? a->count > b->count : a->last > b->last;
}

/**
 * forkfail_lead() - the group that the answer is about
 * @groups: groups of the failures of the last FORKFAIL_RECENT seconds
 * @nr: how many; the newest failure of all is in one of them
 *
 * Of those that are still failing, one of the rank that hurts most, and in it the one with
 * most failures.  A group that has not failed for a minute, while another one still does, does
 * not lead: its limit may have been raised since, and now the other one is in the way.
 *
 * Return: its index, @nr if there is none.
 */
static inline unsigned int forkfail_lead(const struct forkfail_group *groups, unsigned int nr)
{
	unsigned int i, lead = nr;

	for (i = 0; i < nr; i++)
		if (groups[i].goes_on &&
		    (lead == nr || groups[i].rank < groups[lead].rank ||
		     (groups[i].rank == groups[lead].rank &&
		      forkfail_is_before(&groups[i], &groups[lead]))))
			lead = i;
	return lead;
}

static inline void forkfail_swap_groups(struct forkfail_group *a, struct forkfail_group *b)
{
	struct forkfail_group tmp = *a;

	*a = *b;
	*b = tmp;
}

static inline void forkfail_merge_group(struct forkfail_group *to,
					const struct forkfail_group *from)
{
	to->count = to->count + from->count < to->count ? ~0ull : to->count + from->count;
	to->objects += from->objects;
	to->goes_on |= from->goes_on;
	if (from->last > to->last) {
		to->last = from->last;
		to->newest = from->newest;
	}
}

/* How little a group adds to the first @nr: it has a user or a cause of theirs, or hurts little. */
static inline unsigned int forkfail_told(const struct forkfail_group *groups, unsigned int nr,
					 const struct forkfail_group *g)
{
	unsigned int i, told = g->rank;

	for (i = 0; i < nr; i++) {
		told += groups[i].uid == g->uid;
		told += groups[i].cause == g->cause;
	}
	return told;
}

/* Which of two groups is named first, behind the first @nr. */
static inline bool forkfail_is_named_before(const struct forkfail_group *groups,
					    unsigned int nr, const struct forkfail_group *a,
					    const struct forkfail_group *b)
{
	unsigned int told_a = forkfail_told(groups, nr, a);
	unsigned int told_b = forkfail_told(groups, nr, b);

	if (told_a != told_b)
		return told_a < told_b;
	if (a->rank != b->rank)
		return a->rank < b->rank;
	return a->last != b->last ? a->last > b->last : a->count > b->count;
}

/**
 * forkfail_order() - put the group that leads first, then those that "also:" names
 * @groups: as for forkfail_lead()
 * @nr: how many
 *
 * The groups of one user and one cause at many objects become one group.  The order is such
 * that a storm of one user or one cause does not hide others: each time, the next is the group
 * that adds most to those before it; if several do, the newest of them.
 *
 * Return: how many groups are left.  Only the first 1 + FORKFAIL_MOST_ALSO are in order.
 */
static inline unsigned int forkfail_order(struct forkfail_group *groups, unsigned int nr)
{
	unsigned int lead = forkfail_lead(groups, nr), i, j, left, best;

	if (lead == nr)
		return 0;
	forkfail_swap_groups(&groups[0], &groups[lead]);
	for (i = left = 1; i < nr; i++) {
		for (j = 1; j < left; j++)
			if (groups[j].cause == groups[i].cause && groups[j].uid == groups[i].uid &&
			    groups[j].rank == groups[i].rank)
				break;
		if (j < left)
			forkfail_merge_group(&groups[j], &groups[i]);
		else
			groups[left++] = groups[i];
	}
	for (i = 1; i < left && i <= FORKFAIL_MOST_ALSO; i++) {
		for (best = i, j = i + 1; j < left; j++)
			if (forkfail_is_named_before(groups, i, &groups[j], &groups[best]))
				best = j;
		forkfail_swap_groups(&groups[i], &groups[best]);
	}
	return left;
}

/**
 * forkfail_rest() - how many failures no line names
 * @groups: from forkfail_order()
 * @nr: how many
 */
static inline unsigned long long forkfail_rest(const struct forkfail_group *groups,
					       unsigned int nr)
{
	struct forkfail_group rest = { 0 };
	unsigned int i;

	for (i = 1 + FORKFAIL_MOST_ALSO; i < nr; i++)
		forkfail_merge_group(&rest, &groups[i]);
	return rest.count;
}

/**
 * struct forkfail_counted - an event whose holders were counted
 * @event: for the caller
 * @off: by how much the count differs from the usage
 * @last: when the last failure of the event was, in any unit
 */
struct forkfail_counted {
	unsigned long long event, off;
	long long last;
};

/**
 * forkfail_counts_better() - whose holders to show, if those of the leading event are not known
 * @a: an event of the group that leads
 * @b: another one
 *
 * The tasks of a program that ends as soon as it is refused are often gone before they can be
 * counted, while those of an earlier failure at the same limit were counted.
 *
 * Return: true if those of @a are shown.
 */
static inline bool forkfail_counts_better(const struct forkfail_counted *a,
					  const struct forkfail_counted *b)
{
	return a->off != b->off ? a->off < b->off : a->last > b->last;
}

#endif /* _UAPI_FORKFAIL_RANKING_H */
