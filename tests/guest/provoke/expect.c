// SPDX-License-Identifier: GPL-2.0-only
/*
 * expect.c - what the log must say about a failure
 *
 * An expectation starts strict: every key that an event can have must have the value that the
 * caller knows about itself, or be absent.  A case then adds what it knows about the limit.
 * So a key that a case forgets is checked nevertheless.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "forkfault.h"
#include "internal.h"

static struct ff_cond *cond(struct ff_expect *e, const char *key)
{
	struct ff_cond *c;
	int i;

	for (i = 0; i < e->nconds; i++)
		if (!strcmp(e->cond[i].key, key))
			break;
	if (i == FF_CONDS)
		fail("forkfault: FF_CONDS is too small");
	c = &e->cond[i];
	if (i == e->nconds)
		e->nconds++;
	memset(c, 0, sizeof(*c));
	snprintf(c->key, sizeof(c->key), "%s", key);
	return c;
}

/**
 * exp_absent() - there must be no such key
 * @e: expectation
 * @key: key of the event line
 */
void exp_absent(struct ff_expect *e, const char *key)
{
	cond(e, key)->how = HOW_ABSENT;
}

/**
 * exp_text() - a key must hold exactly this text
 * @e: expectation
 * @key: key of the event line
 * @value: the text, as it reads without quotes and escapes
 */
void exp_text(struct ff_expect *e, const char *key, const char *value)
{
	struct ff_cond *c = cond(e, key);

	c->how = HOW_TEXT;
	snprintf(c->text, sizeof(c->text), "%s", value);
}

/**
 * exp_any() - there must be such a key, with any value
 * @e: expectation
 * @key: key of the event line
 */
void exp_any(struct ff_expect *e, const char *key)
{
	cond(e, key)->how = HOW_ANY;
}

/**
 * exp_words() - a key must hold one of some words
 * @e: expectation
 * @key: key of the event line
 * @words: separated by spaces; "-" among them allows the key to be absent
 */
void exp_words(struct ff_expect *e, const char *key, const char *words)
{
	struct ff_cond *c = cond(e, key);

	c->how = HOW_WORDS;
	snprintf(c->text, sizeof(c->text), "%s", words);
}

/**
 * exp_range() - a key must hold a number between two bounds
 * @e: expectation
 * @key: key of the event line
 * @lo: smallest value
 * @hi: largest value
 */
void exp_range(struct ff_expect *e, const char *key, uint64_t lo, uint64_t hi)
{
	struct ff_cond *c = cond(e, key);

	c->how = HOW_NUMBER;
	c->lo = lo;
	c->hi = hi;
}

/**
 * exp_number() - a key must hold this number
 * @e: expectation
 * @key: key of the event line
 * @value: the number
 */
void exp_number(struct ff_expect *e, const char *key, uint64_t value)
{
	exp_range(e, key, value, value);
}

/**
 * exp_maybe() - a key must hold a number between two bounds, or be absent
 * @e: expectation
 * @key: key of the event line
 * @lo: smallest value
 * @hi: largest value
 */
void exp_maybe(struct ff_expect *e, const char *key, uint64_t lo, uint64_t hi)
{
	struct ff_cond *c = cond(e, key);

	c->how = HOW_MAYBE;
	c->lo = lo;
	c->hi = hi;
}

/**
 * exp_limit() - limit, usage and unit
 * @e: expectation
 * @unit: unit in the log's words
 * @limit: the limit that was hit
 * @in_use: the usage at that instant
 */
void exp_limit(struct ff_expect *e, const char *unit, uint64_t limit,
	       uint64_t in_use)
{
	exp_number(e, "limit", limit);
	exp_number(e, "in_use", in_use);
	exp_text(e, "unit", unit);
	if (!strcmp(unit, "tasks") || !strcmp(unit, "pids"))
		exp_number(e, "threads", e->threads);
}

/**
 * exp_hard() - the hard limit of the calling process
 * @e: expectation
 * @which: RLIMIT_*
 */
void exp_hard(struct ff_expect *e, int which)
{
	struct rlimit lim;

	if (getrlimit(which, &lim))
		fail("getrlimit: %s", strerror(errno));
	if (lim.rlim_max == RLIM_INFINITY)
		exp_text(e, "hard", "max");
	else
		exp_number(e, "hard", lim.rlim_max);
}

/**
 * exp_object() - whose limit it was
 * @e: expectation
 * @scope: what kind of thing it is, in the log's words
 * @fmt: its name
 */
void exp_object(struct ff_expect *e, const char *scope, const char *fmt, ...)
{
	struct ff_cond *c = cond(e, "object");
	va_list ap;

	c->how = HOW_TEXT;
	va_start(ap, fmt);
	vsnprintf(c->text, sizeof(c->text), fmt, ap);
	va_end(ap);
	exp_text(e, "scope", scope);
}

/**
 * exp_object_between() - like exp_object(), with one number known within bounds
 * @e: expectation
 * @scope: what kind of thing it is, in the log's words
 * @pattern: its name, # stands for the number
 * @lo: smallest number
 * @hi: largest number
 */
void exp_object_between(struct ff_expect *e, const char *scope,
			const char *pattern, uint64_t lo, uint64_t hi)
{
	struct ff_cond *c = cond(e, "object");

	c->how = HOW_PATTERN;
	c->lo = lo;
	c->hi = hi;
	snprintf(c->text, sizeof(c->text), "%s", pattern);
	exp_text(e, "scope", scope);
}

/**
 * exp_first() - the failure is the consequence of an earlier one
 * @e: expectation
 * @first: expectation of the earlier one
 * @cause: its cause
 */
void exp_first(struct ff_expect *e, const struct ff_expect *first,
	       const char *cause)
{
	struct ff_cond *c = cond(e, "first_seq");

	c->how = HOW_FIRST;
	c->lo = first - ff_shared->expect;
	exp_text(e, "first_cause", cause);
}

/**
 * exp_stack() - a stack could not be mapped: no clone was tried, so there are no flags
 * @e: expectation
 * @stack: how that is known, in the log's words
 */
void exp_stack(struct ff_expect *e, const char *stack)
{
	exp_text(e, "stack", stack);
	exp_absent(e, "flags");
}

/**
 * exp_tries() - one event must stand for several failures
 * @e: expectation
 * @tries: how many
 */
void exp_tries(struct ff_expect *e, uint64_t tries)
{
	e->tries = tries;
}

/**
 * exp_allocs() - step and object that could not be allocated belong together
 * @e: expectation
 * @pairs: "STEP/OBJECT" separated by spaces, "-" for no object; a constant
 */
void exp_allocs(struct ff_expect *e, const char *pairs)
{
	struct ff_cond *c = cond(e, "alloc");

	c->how = HOW_PAIR;
	c->list = pairs;
	cond(e, "step")->how = HOW_ANY;
}

/**
 * refused_to() - a call was refused: what the log must say
 * @a: the call
 * @err: the errno that the kernel returned
 * @cause: cause that the log must name
 * @step: steps of which the log must name one, separated by spaces
 *
 * Return: an expectation in which all is set that the caller knows about
 * itself, and all else must be absent.
 */
struct ff_expect *refused_to(const struct ff_attempt *a, int err,
			     const char *cause, const char *step)
{
	static const char * const unknown[] = {
		"limit", "in_use", "asked", "object", "alloc", "candidates",
		"first_cause", "first_seq", "stack", "syscall", "signal", "restarts",
		"since", "hard", "set_tid", "taken", "taken_comm", "taken_tgid", "taken_parent",
	};
	struct ff_expect *e;
	size_t i;
	int n;

	n = __atomic_fetch_add(&ff_shared->nexpects, 1, __ATOMIC_SEQ_CST);
	if (n >= FF_EXPECTS)
		fail("forkfault: FF_EXPECTS is too small");
	e = &ff_shared->expect[n];
	e->tries = 1;
	e->threads = a->who.threads;
	exp_text(e, "cause", cause);
	exp_text(e, "errno", errno_word(err));
	exp_text(e, "kind", a->kind);
	exp_words(e, "proof", "path witness predicate");
	exp_words(e, "step", step);
	exp_number(e, "pid", a->who.pid);
	exp_number(e, "tgid", a->who.tgid);
	exp_text(e, "comm", a->who.comm);
	exp_number(e, "uid", a->who.uid);
	exp_number(e, "pidns", a->who.pidns);
	exp_number(e, "userns", a->who.userns);
	exp_number(e, "flags", a->flags);
	exp_words(e, "unit", "- none");
	exp_words(e, "scope", "- none");
	if (a->who.cgroup[0])
		exp_text(e, "cgroup", a->who.cgroup);
	for (i = 0; i < ARRAY_SIZE(unknown); i++)
		exp_absent(e, unknown[i]);
	exp_maybe(e, "threads", e->threads, e->threads);
	return e;
}

/**
 * refused() - the last try_*() was refused: what the log must say
 * @ret: what it returned
 * @err: the errno that it must have returned
 * @cause: cause that the log must name
 * @step: steps of which the log must name one, separated by spaces
 *
 * Ends the case when the call was not refused like that.
 *
 * Return: an expectation as from refused_to().
 */
struct ff_expect *refused(long ret, int err, const char *cause,
			  const char *step)
{
	if (ret >= 0)
		fail("%s succeeded, expected %s", ff_last.call,
		     errno_word(err));
	if (ret != -err)
		fail("%s: %s, expected %s", ff_last.call, strerror(-ret),
		     errno_word(err));
	note("%s -> %s, pid %d uid %u", ff_last.call, errno_word(err),
	     ff_last.who.pid, ff_last.who.uid);
	return refused_to(&ff_last, err, cause, step);
}

/**
 * expect_restarts() - forks must have been restarted for a signal
 * @at_least: how many times, in this case
 */
void expect_restarts(unsigned long at_least)
{
	ff_shared->restarts = at_least;
	ff_shared->want_restarts = true;
}
