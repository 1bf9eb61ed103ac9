// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Causes and hints by name.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "../uapi/advice.h"

#include "causes.h"
#include "text.h"

static const struct cause causes[] = {
#define FORKFAIL_CAUSE(number, symbol, id, errnos, class, meaning, not,		\
		       action, where, kernels)					\
	{ number, id, errnos, FORKFAIL_CLASS_##class, meaning, not, action,	\
	  where, kernels, NULL, NULL },
#include <causes.def>
#undef FORKFAIL_CAUSE
#define FORKFAIL_HINT(id, errnos, meaning, not, action, where, kernels, check,	\
		      shows)							\
	{ -1, id, errnos, FORKFAIL_NR_CLASSES, meaning, not, action, where,	\
	  kernels, check, shows },
#include "hints.def"
#undef FORKFAIL_HINT
};

/* How to see a cause by hand if advice.def has no command for it. */
static const struct forkfail_check *check_of(const struct cause *cause)
{
	static const struct forkfail_check nomem = {
		.command = "free -m; journalctl -k -g 'Out of memory|page allocation failure'",
		.shows = "what was killed or could not be allocated",
	}, other = {
		.command = "",
		.shows = "strace -f -e trace=clone,clone3,fork,vfork PROGRAM shows the arguments and the errno",
	}, nothing = { .command = "", .shows = "" };
	const struct forkfail_check *check;
	size_t len = strlen(cause->id);

	if (cause->number <= 0)
		return &nothing;
	check = forkfail_check((unsigned int)cause->number);
	if (check)
		return check;
	return len > 6 && !strcmp(cause->id + len - 6, "-nomem") ? &nomem : &other;
}

/**
 * cause_check() - how to see a cause by hand
 * @cause: the cause
 *
 * Return: a command, "" if there is none; a template of advice.def.
 */
const char *cause_check(const struct cause *cause)
{
	return cause->check ? cause->check : check_of(cause)->command;
}

/**
 * cause_shows() - what the command of cause_check() shows
 * @cause: the cause
 *
 * Return: prose, "" if there is none; a template of advice.def.
 */
const char *cause_shows(const struct cause *cause)
{
	return cause->shows ? cause->shows : check_of(cause)->shows;
}

/* The buffer that forkfail_expand_general() writes to. */
struct bounded {
	char *buf;
	size_t size, len;
};

static void append(void *to, const char *s, size_t len)
{
	struct bounded *line = to;

	for (; len && line->len + 1 < line->size; len--)
		line->buf[line->len++] = *s++;
	line->buf[line->len] = '\0';
}

/**
 * cause_general() - a template of advice.def without an event: {pid} is PID
 * @buf: output buffer
 * @size: its size, not 0
 * @template: the template
 *
 * Return: @buf.
 */
const char *cause_general(char *buf, size_t size, const char *template)
{
	struct bounded line = { buf, size, 0 };

	*buf = '\0';
	forkfail_expand_general(template, append, &line);
	return buf;
}

/**
 * cause_at() - the causes in order, then the hints
 * @index: from 0 on
 *
 * Return: the cause, NULL after the last one.
 */
const struct cause *cause_at(size_t index)
{
	return index < ARRAY_SIZE(causes) ? &causes[index] : NULL;
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
			return &causes[i];
	return NULL;
}

/* Edit distance of two names; a name that is longer than the table counts as far away. */
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
 * cause_nearest() - the name that was probably meant
 * @id: a name that does not exist
 *
 * Return: a similar name, NULL if there is none.
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
 * cause_unknown() - exit, because a cause that was typed does not exist
 * @id: the word that was typed
 */
void cause_unknown(const char *id)
{
	const char *like = cause_nearest(id);
	char *safe = text_escape(id);

	dief(READER_USAGE, "unknown cause '%s'%s%s%s 'forkfail explain -l' lists them.", safe,
	     like ? ", did you mean " : ".", like ? like : "", like ? "?" : "");
}

/**
 * class_name() - the name of a class of causes
 * @class: which
 *
 * Return: the name, NULL if it is not a class.
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
 * proof_meaning() - the meaning of proof=
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
		{ "user-worker", "a vhost, KVM or SQPOLL worker" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(phrases); i++)
		if (!strcmp(kind, phrases[i].kind))
			return phrases[i].phrase;
	return "";
}
