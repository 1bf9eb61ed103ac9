// SPDX-License-Identifier: GPL-2.0-only
/*
 * fair.c - who gives up a place when there is none left, and who is next
 *
 * One rule for events, rows, walks and lines: who holds most gives up first, and
 * who has least is next.  It is counted by payer; where payers are equal by cgroup,
 * for who may choose his uid has a cgroup all the same; then by cause, so that one
 * that fails all the time does not push out the last of the others.
 *
 * Somebody who has nothing yet always gets a place: so none has to be kept free.
 */
#include "journal/fair.h"

/**
 * ff_fair_weight - how much somebody holds already
 * @c: who, and for which cause
 * @held: array of what is held; each begins with a struct ff_claim
 * @n: how many
 * @size: size of each
 *
 * Any context.
 *
 * Return: a number that can be compared.
 */
u64 ff_fair_weight(const struct ff_claim *c, const void *held, unsigned int n, size_t size)
{
	u64 uid = 0, cgroup = 0, cause = 0;

	for (; n--; held += size) {
		const struct ff_claim *h = held;
		bool same = ff_payer_same(&h->payer, &c->payer);

		uid += same;
		cgroup += h->payer.cgroup == c->payer.cgroup;
		cause += same && h->cause == c->cause;
	}
	return uid << 32 | cgroup << 16 | cause;
}

/**
 * ff_fair_victim - who has to give up a place
 * @held: as above
 * @n: how many, at least one
 * @size: as above
 *
 * Any context.
 *
 * Return: index of the oldest of those who hold most.
 */
unsigned int ff_fair_victim(const void *held, unsigned int n, size_t size)
{
	u64 weight, most = 0, age = 0;
	unsigned int i, victim = 0;

	for (i = 0; i < n; i++) {
		const struct ff_claim *c = held + i * size;

		weight = ff_fair_weight(c, held, n, size);
		if (weight > most || (weight == most && c->age < age)) {
			victim = i;
			most = weight;
			age = c->age;
		}
	}
	return victim;
}
