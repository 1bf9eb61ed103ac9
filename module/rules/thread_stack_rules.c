// SPDX-License-Identifier: GPL-2.0-only
/*
 * thread_stack_rules.c - will the kernel refuse a thread's stack, and why?
 *
 * The conditions are those of do_mmap(), mmap_region() and mprotect_fixup(), in their
 * order, as read in 5.10.223, 6.1.176, 6.12.95 and 7.3.4.
 *
 * They are evaluated under the mmap lock, which the kernel already holds, so the result is
 * certain, with two exceptions: strict overcommit counts committed memory for the whole
 * machine, and mprotect() need not split a mapping if it can be merged with its neighbour.
 */
#ifdef __KERNEL__
#include <linux/stddef.h>
#else
#include <stddef.h>
#endif

#include "rules/match.h"
#include "rules/thread_stack_rules.h"
#include "rules/verdict.h"

static bool maps_full(const struct ff_stack *s)
{
	return s->maps_known && s->maps > s->maps_max;
}

/* The kernel checks before each split. */
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

/* mprotect() does not enforce RLIMIT_DATA if as many pages again would exceed RLIMIT_AS. */
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
 * struct check - one reason to refuse
 * @at: which calls check it (bits)
 * @cause: FORKFAIL_*
 * @scope: FORKFAIL_SCOPE_*, what the limit belongs to
 * @unit: FORKFAIL_UNIT_* of the limit
 * @certain: if the condition is true now, it will be at the kernel's check
 * @refuses: the condition
 * @limit: offset of the limit in struct ff_stack
 * @in_use: offset of the usage in struct ff_stack
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
 * ff_stack_classify - will the kernel refuse, and why?
 * @s: what the kernel is about to check
 * @v: receives the verdict; for FORKFAIL_UNIT_BYTES its numbers are pages
 *
 * A pure function of @s.  If the verdict is inferred, ff_stack_confirm() may prove it when
 * the call has failed.
 *
 * Return: false if no reason to refuse is known.
 */
bool ff_stack_classify(const struct ff_stack *s, struct ff_verdict *v)
{
	const struct check *c;
	struct ff_draft draft;

	ff_verdict_begin(&draft, v);
	for (c = checks; c < checks + ARRAY_SIZE(checks); c++) {
		if (!applies(c, s))
			continue;
		if (!ff_verdict_add(&draft, c->cause, c->certain ? HOLDS : MAYBE))
			continue;
		v->scope = c->scope;
		v->unit = c->unit;
		v->has_limit = true;
		v->limit = number(s, c->limit);
		v->in_use = number(s, c->in_use);
		v->asked = c->unit == FORKFAIL_UNIT_BYTES ? s->pages : s->splits;
		/* the kernel does not get to the later checks */
		if (c->certain)
			break;
	}
	ff_verdict_end(&draft, false);
	return draft.possible;
}

/**
 * ff_stack_confirm - the call was refused: is the condition still true?
 * @s: what the kernel checked, with counters as they are now
 * @v: the verdict from before
 *
 * A pure function.  A condition that is true both before and after the kernel's check, and
 * comes first in the kernel's order, is the one that refused.
 */
void ff_stack_confirm(const struct ff_stack *s, struct ff_verdict *v)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(checks); i++)
		if (checks[i].cause == v->cause && applies(&checks[i], s)) {
			v->proof = HOLDS;
			v->nr_candidates = 0;
		}
}
