// SPDX-License-Identifier: GPL-2.0-only
/*
 * sums_by_object.c - numbers of failures by cause and object
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "journal/event.h"
#include "journal/sums_by_object.h"

static struct ff_sum *sums;
static unsigned int nr_sums;

/*
 * If the same payer creates a cgroup again at the same path, it stays the same row: a
 * service that was restarted is still the same service.
 */
static bool same_object(const struct ff_sum *s, const struct ff_event *e)
{
	const struct ff_object *obj = &e->r.f.object;

	if (s->object.id == obj->id)
		return uid_eq(s->object.uid, obj->uid) && s->object.inum == obj->inum;
	if (s->scope != FORKFAIL_SCOPE_CGROUP || !ff_payer_same(&s->claim.payer, &e->claim.payer))
		return false;
	/* not if the path was cut: another one may begin in the same way */
	return *e->object_path && strlen(e->object_path) < FF_PATH_LEN - 1 &&
	       !strcmp(s->object_path, e->object_path);
}

static struct ff_sum *sum_of(const struct ff_event *e)
{
	const struct ff_record *r = &e->r;
	struct ff_sum *s;
	unsigned int i;

	for (i = 0; i < nr_sums; i++) {
		s = &sums[i];
		if (s->cause == r->verdict.cause && s->scope == r->verdict.scope &&
		    same_object(s, e))
			return s;
	}
	i = nr_sums < FF_SUMS ? nr_sums++ : ff_fair_victim(sums, FF_SUMS, sizeof(*sums));
	s = &sums[i];
	memset(s, 0, sizeof(*s));
	s->claim.payer = e->claim.payer;
	s->claim.cause = r->verdict.cause;
	s->cause = r->verdict.cause;
	s->scope = r->verdict.scope;
	return s;
}

/**
 * ff_sums_add - add failures to their sum
 * @e: the event that they belong to
 * @r: the first failure
 * @more: the others
 *
 * Under the journal's lock, like all functions below.
 */
void ff_sums_add(const struct ff_event *e, const struct ff_record *r, const struct ff_more *more)
{
	struct ff_sum *s = sum_of(e);

	/* if several payers have failed, none of them is charged */
	if (!ff_payer_same(&s->claim.payer, more->payer))
		s->claim.payer = (struct ff_payer){ .uid = INVALID_UID };
	s->err = r->f.err;
	s->unit = r->verdict.unit;
	s->has_limit = r->verdict.has_limit;
	s->limit = r->verdict.limit;
	s->in_use = more->in_use;
	s->count += more->repeat + 1;
	s->last = max(s->last, more->last);
	s->claim.age = s->last;
	s->unlogged += more->repeat + 1;
	s->tgid = r->who.tgid;
	strscpy(s->comm, r->who.comm, sizeof(s->comm));
	s->object = r->f.object;
	s->object.cgrp = NULL;
	if (*e->object_path)
		strscpy(s->object_path, e->object_path, sizeof(s->object_path));
}

/**
 * ff_sums_nr - get the number of sums
 *
 * Return: how many pairs of cause and object there are.
 */
unsigned int ff_sums_nr(void)
{
	return nr_sums;
}

/**
 * ff_sums_copy - copy all sums
 * @to: receives at most FF_SUMS, in no particular order
 *
 * Return: how many.
 */
unsigned int ff_sums_copy(struct ff_sum *to)
{
	memcpy(to, sums, nr_sums * sizeof(*sums));
	return nr_sums;
}

/**
 * ff_sums_unlogged - get a sum with failures that are not in the kernel log yet
 * @now: boot time
 * @quiet: nanoseconds for which a sum is not logged again
 * @to: receives a copy; the sum then counts as logged
 *
 * Return: false if there is none.
 */
bool ff_sums_unlogged(u64 now, u64 quiet, struct ff_sum *to)
{
	struct ff_sum *s;

	for (s = sums; s < sums + nr_sums; s++) {
		if (!s->unlogged || (s->logged && now < s->logged + quiet))
			continue;
		*to = *s;
		s->logged = now;
		s->unlogged = 0;
		return true;
	}
	return false;
}

/**
 * ff_sums_init - allocate the sums
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int ff_sums_init(void)
{
	sums = kvcalloc(FF_SUMS, sizeof(*sums), GFP_KERNEL);
	return sums ? 0 : -ENOMEM;
}

/**
 * ff_sums_exit - free the sums
 *
 * May sleep.  After ff_journal_exit().
 */
void ff_sums_exit(void)
{
	kvfree(sums);
}

/**
 * ff_sums_bytes - how much memory the sums use
 *
 * Return: bytes.
 */
size_t ff_sums_bytes(void)
{
	return FF_SUMS * sizeof(*sums);
}
