// SPDX-License-Identifier: GPL-2.0-only
/*
 * thread_stack_rules.c - will the kernel refuse a thread's stack, and why
 *
 * The conditions are those of do_mmap(), mmap_region() and mprotect_fixup(), in
 * their order, as read in 5.10.223, 6.1.176, 6.12.95 and 7.3.4.
 *
 * What is seen under the lock that the kernel holds is certain, with two
 * exceptions: what is promised under strict overcommit is counted for the whole
 * machine, and mprotect() may find that the mapping can become part of its
 * neighbour, and need no new one.
 */
#ifdef __KERNEL__
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/stddef.h>
#include <linux/string.h>
#else
#include <stddef.h>
#include <string.h>
#define BIT(n)		(1U << (n))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#endif

#include "rules/thread_stack_rules.h"

static bool maps_full(const struct ff_stack *s)
{
	return s->maps_known && s->maps > s->maps_max;
}

/* Each split is checked by itself, after the one before. */
static bool split_refused(const struct ff_stack *s)
{
	return s->maps_known && s->splits && s->maps + s->splits > s->maps_max;
}

static bool lock_full(const struct ff_stack *s)
{
	return s->locked && s->locked_pages + s->pages > s->locked_max;
}

static bool space_full(const struct ff_stack *s)
{
	return s->total + s->pages > s->total_max;
}

/* mprotect() lets it pass where as much again would be too much for RLIMIT_AS. */
static bool data_full(const struct ff_stack *s)
{
	return s->data && !s->data_excused && s->data_pages + s->pages > s->data_max &&
	       !(s->opens && space_full(s));
}

static bool too_large(const struct ff_stack *s)
{
	return s->charged && s->commit_known && !s->strict && s->committed > s->commit_max;
}

static bool promised(const struct ff_stack *s)
{
	return s->charged && s->commit_known && s->strict &&
	       s->committed + s->pages >= s->commit_max;
}

enum { MMAP, MPROTECT };

/**
 * struct check - one way to be refused
 * @at: where it is checked (bits)
 * @cause: FORKFAIL_*
 * @scope: what kind of thing the limit belongs to
 * @unit: of the limit
 * @certain: what holds before the call holds in it
 * @refuses: the condition
 * @limit: where in struct ff_stack the limit is
 * @in_use: and the usage
 */
struct check {
	u8 at, cause, scope, unit;
	bool certain;
	bool (*refuses)(const struct ff_stack *s);
	u8 limit, in_use;
};

static const struct check checks[] = {
#define CHECK(at, cause, scope, unit, certain, refuses, limit, in_use)		\
	{ at, FORKFAIL_LIBC_STACK_##cause, FORKFAIL_SCOPE_##scope,		\
	  FORKFAIL_UNIT_##unit, certain, refuses,				\
	  offsetof(struct ff_stack, limit), offsetof(struct ff_stack, in_use) }

	CHECK(BIT(MMAP), MAP_COUNT, PROCESS, MAPPINGS, true, maps_full, maps_max, maps),
	CHECK(BIT(MMAP), MEMLOCK, PROCESS, BYTES, true, lock_full, locked_max, locked_pages),
	CHECK(BIT(MMAP), ADDRESS_SPACE, PROCESS, BYTES, true, space_full, total_max, total),
	CHECK(BIT(MMAP) | BIT(MPROTECT), DATA_LIMIT, PROCESS, BYTES, true, data_full,
	      data_max, data_pages),
	CHECK(BIT(MMAP) | BIT(MPROTECT), OVERCOMMIT, HOST, BYTES, true, too_large,
	      commit_max, committed),
	CHECK(BIT(MMAP) | BIT(MPROTECT), OVERCOMMIT, HOST, BYTES, false, promised,
	      commit_max, committed),
	CHECK(BIT(MPROTECT), MAP_COUNT, PROCESS, MAPPINGS, false, split_refused, maps_max, maps),
#undef CHECK
};

static bool applies(const struct check *c, const struct ff_stack *s)
{
	return (c->at & BIT(s->opens ? MPROTECT : MMAP)) && c->refuses(s);
}

static s64 number(const struct ff_stack *s, u8 offset)
{
	return *(const s64 *)((const char *)s + offset);
}

/**
 * ff_stack_judge - will the kernel refuse, and why
 * @s: what it is about to look at
 * @v: receives the verdict, with limits in pages for FORKFAIL_UNIT_BYTES
 *
 * Pure function of @s, any context.  A verdict that is inferred is for
 * ff_stack_settle() once the call has failed.
 *
 * Return: false if nothing is known to be in the way.
 */
bool ff_stack_judge(const struct ff_stack *s, struct ff_verdict *v)
{
	const struct check *c;

	memset(v, 0, sizeof(*v));
	v->level = -1;
	for (c = checks; c < checks + ARRAY_SIZE(checks); c++) {
		if (!applies(c, s))
			continue;
		if (!v->has_limit) {
			v->cause = c->cause;
			v->scope = c->scope;
			v->unit = c->unit;
			v->has_limit = true;
			v->limit = number(s, c->limit);
			v->in_use = number(s, c->in_use);
			v->asked = c->unit == FORKFAIL_UNIT_BYTES ? s->pages : s->splits;
			v->proof = FORKFAIL_PROOF_INFERRED;
			/* those behind it are not reached */
			if (c->certain) {
				v->proof = FORKFAIL_PROOF_PREDICATE;
				return true;
			}
		}
		v->candidates[v->nr_candidates++] = c->cause;
	}
	return v->nr_candidates;
}

/**
 * ff_stack_settle - the call was refused; does the condition still hold?
 * @s: what the kernel looked at, with counters as they are afterwards
 * @v: the verdict of before
 *
 * Pure function of both, any context.  What holds on both sides of the check,
 * and comes first in the kernel's order, is what refused.
 */
void ff_stack_settle(const struct ff_stack *s, struct ff_verdict *v)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(checks); i++)
		if (checks[i].cause == v->cause && applies(&checks[i], s)) {
			v->proof = FORKFAIL_PROOF_PREDICATE;
			v->nr_candidates = 0;
		}
}
