// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Causes and hints by name.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "causes.h"

/* One entry more than the highest number: the compiler counts. */
enum {
#define FORKFAIL_CAUSE(number, symbol, ...) INDEX_##symbol = number,
#include <causes.def>
#undef FORKFAIL_CAUSE
	NR_CAUSES
};

static const char * const confirm[NR_CAUSES] = {
#define FORKFAIL_HINT(...)
#define FORKFAIL_CONFIRM(symbol, text)	\
	[INDEX_##symbol] = text,
#include "hints.def"
#undef FORKFAIL_HINT
#undef FORKFAIL_CONFIRM
};

static struct cause causes[] = {
#define FORKFAIL_CAUSE(number, symbol, id, errnos, class, meaning, not,		\
		       action, where, kernels)					\
	{ number, id, errnos, FORKFAIL_CLASS_##class, meaning, not, action,	\
	  where, kernels, NULL },
#include <causes.def>
#undef FORKFAIL_CAUSE
#define FORKFAIL_HINT(id, errnos, meaning, not, action, where, kernels, how)	\
	{ -1, id, errnos, FORKFAIL_NR_CLASSES, meaning, not, action, where,	\
	  kernels, how },
#define FORKFAIL_CONFIRM(...)
#include "hints.def"
#undef FORKFAIL_HINT
#undef FORKFAIL_CONFIRM
};

/* What to try where hints.def has nothing of its own. */
static const char *general_confirm(const struct cause *cause)
{
	size_t len = strlen(cause->id);

	if (len > 6 && !strcmp(cause->id + len - 6, "-nomem"))
		return "grep . /sys/fs/cgroup/CGROUP/memory.events; free -m; journalctl -k -g 'Out of memory|page allocation failure'";
	if (cause->number > 0)
		return "strace -f -e trace=clone,clone3,fork,vfork PROGRAM shows the arguments and the errno";
	return "";
}

/**
 * cause_at() - causes in their order, then the hints
 * @index: from 0 on
 *
 * Return: the cause, NULL after the last one.
 */
const struct cause *cause_at(size_t index)
{
	struct cause *cause;

	if (index >= ARRAY_SIZE(causes))
		return NULL;
	cause = &causes[index];
	if (!cause->confirm && cause->number >= 0)
		cause->confirm = confirm[cause->number];
	if (!cause->confirm)
		cause->confirm = general_confirm(cause);
	return cause;
}

/**
 * cause_find() - a cause by its name
 * @id: the name
 *
 * Return: the cause, NULL if this reader does not know it.
 */
const struct cause *cause_find(const char *id)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(causes); i++)
		if (!strcmp(causes[i].id, id))
			return cause_at(i);
	return NULL;
}

/* Edits from one name to another; names longer than the table are far away. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[64], diagonal, above;
	size_t i, j, len = strlen(b);

	if (len >= ARRAY_SIZE(row))
		return 100;
	for (j = 0; j <= len; j++)
		row[j] = (unsigned int)j;
	for (i = 0; a[i]; i++) {
		diagonal = row[0]++;
		for (j = 0; j < len; j++) {
			above = row[j + 1];
			if (a[i] != b[j]) {
				if (above < diagonal)
					diagonal = above;
				if (row[j] < diagonal)
					diagonal = row[j];
				diagonal++;
			}
			row[j + 1] = diagonal;
			diagonal = above;
		}
	}
	return row[len];
}

/**
 * cause_nearest() - the name that somebody may have meant
 * @id: a name that does not exist
 *
 * Return: a name that is like it, NULL if none is.
 */
const char *cause_nearest(const char *id)
{
	const char *best = NULL;
	unsigned int best_distance = 4, d;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(causes); i++) {
		d = distance(id, causes[i].id);
		if (d < best_distance) {
			best_distance = d;
			best = causes[i].id;
		}
	}
	return best;
}

/**
 * class_name() - the name of a class of causes
 * @class: which
 *
 * Return: the name, NULL if it is no class.
 */
const char *class_name(enum forkfail_class class)
{
	static const char * const names[] = {
#define X(symbol, name, meaning) [FORKFAIL_CLASS_##symbol] = name,
		FORKFAIL_CLASSES(X)
#undef X
	};

	static_assert(ARRAY_SIZE(names) == FORKFAIL_NR_CLASSES, "a class has no name");
	return class < FORKFAIL_NR_CLASSES ? names[class] : NULL;
}

/**
 * proof_meaning() - what proof= says
 * @name: its value
 *
 * Return: a sentence, "" for a value that is not known.
 */
const char *proof_meaning(const char *name)
{
	static const struct {
		const char *name;
		const char *meaning;
	} proofs[] = {
#define X(symbol, name, meaning) { name, meaning },
		FORKFAIL_PROOFS(X)
#undef X
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(proofs); i++)
		if (!strcmp(proofs[i].name, name))
			return proofs[i].meaning;
	return "";
}

/**
 * kind_phrase() - kind= in a sentence
 * @kind: its value
 *
 * Return: what comes after "could not create", "" for a kind that is not known.
 */
const char *kind_phrase(const char *kind)
{
	static const struct {
		const char *kind;
		const char *phrase;
	} phrases[] = {
		{ "", "a process or thread" },
		{ "process", "a process" },
		{ "thread", "a thread" },
		{ "vfork", "a process (vfork)" },
		{ "kthread", "a kernel thread" },
		{ "io-worker", "an io_uring worker" },
		{ "user-worker", "a vhost or KVM worker" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(phrases); i++)
		if (!strcmp(kind, phrases[i].kind))
			return phrases[i].phrase;
	return "";
}
