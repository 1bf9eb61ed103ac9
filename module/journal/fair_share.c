// SPDX-License-Identifier: GPL-2.0-only
/*
 * fair_share.c - who gives up a place when all are taken, and whose turn is next
 *
 * There is one rule for events, rows and walks, in the journal and on the page: whoever holds
 * most gives up a place first, and whoever has least is next.  Places are compared by payer; if
 * payers are equal, by cgroup, because somebody who can choose a uid still has a cgroup, and from
 * the top of the tree down, because somebody may create cgroups below their own; then by cause, so
 * that one failure that is repeated all the time does not displace the last of the others.
 *
 * A payer that has nothing yet always gets a place, so none has to be kept free.
 */
#include <linux/build_bug.h>
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/string.h>

#include "journal/fair_share.h"

/* What places are compared by: the payer, then cgroups from the top down, then the cause. */
enum { BY_PAYER, BY_CGROUP, BY_CAUSE = BY_CGROUP + FF_PAYER_LEVELS, NR_BY };

#define KIND_BITS	8
#define NO_GROUP	U8_MAX

static __always_inline bool are_alike(const struct ff_claim *a, const struct ff_claim *b,
				      unsigned int by)
{
	if (by >= BY_CGROUP && by < BY_CAUSE)
		return a->payer.cgroup[by - BY_CGROUP] == b->payer.cgroup[by - BY_CGROUP];
	return ff_payer_same(&a->payer, &b->payer) && (by == BY_PAYER || a->cause == b->cause);
}

#define ALL_CGROUPS	0x01010101010100ULL	/* one byte for each level, in front of the cause */

/* Most often all are equal: a page compares thousands of pairs. */
static u64 cgroups_in_common(const struct ff_payer *a, const struct ff_payer *b)
{
	unsigned int below = 8 * FF_PAYER_LEVELS, i;

	BUILD_BUG_ON(FF_PAYER_LEVELS != 6 || BY_CAUSE != BY_CGROUP + 6);
	if (!memcmp(a->cgroup, b->cgroup, sizeof(a->cgroup)))
		return ALL_CGROUPS;
	/* cgroups that are equal have equal ones above them */
	for (i = 0; i < FF_PAYER_LEVELS && a->cgroup[i] == b->cgroup[i]; i++)
		below -= 8;
	return ALL_CGROUPS >> (below + 8) << (below + 8);
}

static u64 weight_of_one(const struct ff_claim *a, const struct ff_claim *b)
{
	u64 weight = cgroups_in_common(&a->payer, &b->payer);

	if (ff_payer_same(&a->payer, &b->payer))
		weight |= 1ULL << 8 * (FF_PAYER_LEVELS + 1) | (a->cause == b->cause);
	return weight;
}

/**
 * ff_fair_weight - how much does a payer hold already?
 * @c: the payer and the cause
 * @held: array of the places; each element begins with a struct ff_claim
 * @n: number of elements
 * @size: size of an element
 *
 * Return: a weight; of two, the payer with the larger one holds more.
 */
u64 ff_fair_weight(const struct ff_claim *c, const void *held, unsigned int n, size_t size)
{
	u64 weight = 0;

	BUILD_BUG_ON(FF_FAIR_MOST > U8_MAX || NR_BY > sizeof(weight));
	for (; n--; held += size)
		weight += weight_of_one(c, held);
	return weight;
}

/* What are_alike() compares, as a number; nobody can choose which users have the same. */
static u32 kind_hash(const struct ff_claim *c, unsigned int by)
{
	u32 kind;

	if (by >= BY_CGROUP && by < BY_CAUSE)
		kind = c->payer.cgroup[by - BY_CGROUP];
	else
		kind = __kuid_val(c->payer.uid) ^ (by == BY_CAUSE ? (u32)c->cause << 16 : 0);
	return hash_32(kind ^ (u32)ff_hash_seed, KIND_BITS);
}

/*
 * Keep those elements of @set that belong to the largest group.  Each is compared with few: one
 * of its own group, and what has the same hash.
 */
static unsigned int keep_most(const void *held, size_t size, u8 *set, unsigned int n,
			      unsigned int by)
{
	u8 group_at[BIT(KIND_BITS)], group[FF_FAIR_MOST], members[FF_FAIR_MOST], most = 0;
	unsigned int i, at, kept = 0;

	BUILD_BUG_ON(sizeof(group_at) < 2 * FF_FAIR_MOST);
	memset(group_at, NO_GROUP, sizeof(group_at));
	memset(members, 0, n);
	for (i = 0; i < n; i++) {
		const struct ff_claim *c = held + set[i] * size;

		at = kind_hash(c, by);
		/* a group has the number of its first member */
		while (group_at[at] != NO_GROUP &&
		       !are_alike(c, held + set[group_at[at]] * size, by))
			at = (at + 1) % ARRAY_SIZE(group_at);
		if (group_at[at] == NO_GROUP)
			group_at[at] = i;
		group[i] = group_at[at];
		members[group[i]]++;
		most = max(most, members[group[i]]);
	}
	for (i = 0; i < n; i++)
		if (members[group[i]] == most)
			set[kept++] = set[i];
	return kept;
}

/**
 * ff_fair_victim - choose the place that has to be given up
 * @held: array of the places, as above
 * @n: number of elements, 1 to FF_FAIR_MOST
 * @size: size of an element
 *
 * Return: index of the oldest place of those who hold most.
 */
unsigned int ff_fair_victim(const void *held, unsigned int n, size_t size)
{
	const struct ff_claim *c, *oldest = NULL;
	unsigned int i, by, victim = 0;
	u8 set[FF_FAIR_MOST];

	for (i = 0; i < n; i++)
		set[i] = i;
	for (by = 0; n > 1 && by < NR_BY; by++)
		n = keep_most(held, size, set, n, by);
	for (i = 0; i < n; i++) {
		c = held + set[i] * size;
		if (!oldest || c->age < oldest->age) {
			oldest = c;
			victim = set[i];
		}
	}
	return victim;
}

static const struct ff_claim *claim_at(const void *places, unsigned int i, size_t size)
{
	return places + i * size;
}

static void swap_places(void *a, void *b, size_t size)
{
	u64 *x = a, *y = b;

	for (; size; size -= sizeof(*x), x++, y++)
		swap(*x, *y);
}

/**
 * ff_fair_choose - bring those to the front that are to be shown, if not all can be
 * @places: array of the places, as above; the size of an element is a multiple of 8
 * @n: number of elements, at most FF_FAIR_MOST
 * @size: size of an element
 * @chosen: how many at the beginning are chosen already
 * @most: how many to choose, with those
 * @weight: room for @n numbers
 *
 * Each time the newest of whoever has least among those that were chosen.
 *
 * Return: how many are chosen.
 */
unsigned int ff_fair_choose(void *places, unsigned int n, size_t size, unsigned int chosen,
			    unsigned int most, u64 *weight)
{
	unsigned int i, next;

	for (i = chosen; i < n; i++)
		weight[i] = ff_fair_weight(claim_at(places, i, size), places, chosen, size);
	for (; chosen < min(n, most); chosen++) {
		for (i = next = chosen; i < n; i++)
			if (weight[i] < weight[next] ||
			    (weight[i] == weight[next] &&
			     claim_at(places, i, size)->age > claim_at(places, next, size)->age))
				next = i;
		if (next != chosen)
			swap_places(places + chosen * size, places + next * size, size);
		weight[next] = weight[chosen];
		/* weights add up: only the one that was added counts */
		for (i = chosen + 1; i < n; i++)
			weight[i] += ff_fair_weight(claim_at(places, i, size),
						    places + chosen * size, 1, size);
	}
	return chosen;
}
