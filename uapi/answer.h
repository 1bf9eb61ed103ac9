/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Which failure is reported first, and its numbers in words.
 *
 * The module and the reader both include this, so that both give the same answer.
 * Plain C without state: it does not allocate and does not sleep.
 */
#ifndef _UAPI_FORKFAIL_ANSWER_H
#define _UAPI_FORKFAIL_ANSWER_H

#ifdef __KERNEL__
#include <linux/string.h>
#include <linux/types.h>
#else
#include <stdbool.h>
#include <string.h>
#endif

#include "forkfail.h"

/* Seconds: failures that are this much older than the newest one are in the past. */
#define FORKFAIL_RECENT		600
/* Seconds: what failed this shortly before the newest one is still failing. */
#define FORKFAIL_GOES_ON	60
/* How many others "also:" names one by one. */
#define FORKFAIL_MOST_ALSO	4

#define FORKFAIL_NR_RANKS	4

/**
 * forkfail_rank() - how much a failure hurts
 * @class: class of its cause
 * @kind: what should have been created
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
 * @count: how many
 * @last: when the last of them was, in any unit
 */
struct forkfail_group {
	unsigned int rank;
	bool goes_on;
	unsigned long long count;
	long long last;
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
 * The rank that hurts most among those that are still failing: one that has been quiet
 * for a minute does not lead while another is still failing.
 *
 * Return: its index, @nr if there is none.
 */
static inline unsigned int forkfail_lead(const struct forkfail_group *groups, unsigned int nr)
{
	unsigned int i, lead = nr, rank = FORKFAIL_NR_RANKS;

	for (i = 0; i < nr; i++)
		if (groups[i].goes_on && groups[i].rank < rank)
			rank = groups[i].rank;
	for (i = 0; i < nr; i++)
		if (groups[i].rank == rank &&
		    (lead == nr || forkfail_is_before(&groups[i], &groups[lead])))
			lead = i;
	return lead;
}

/* ---- numbers in words --------------------------------------------------------- */

/**
 * struct forkfail_numbers - limit and usage of a failure
 * @unit: of all of them
 * @limit: the limit
 * @in_use: the usage
 * @asked: how much more was requested, 0 if the limit was full
 * @type: type of the namespaces that are counted, NULL if they are none
 */
struct forkfail_numbers {
	enum forkfail_unit unit;
	unsigned long long limit, in_use, asked;
	const char *type;
};

/**
 * struct forkfail_pen - how a number and a string are written
 * @number: write a number; of bytes as a size for people: 15.2 GiB
 * @string: write a string
 * @to: passed to both
 */
struct forkfail_pen {
	void (*number)(void *to, unsigned long long n, bool bytes);
	void (*string)(void *to, const char *s);
	void *to;
};

/**
 * struct forkfail_size - a number of bytes for people, rounded: 15.2 GiB
 * @whole: 15
 * @tenths: 2; there are none of bytes
 * @unit: "GiB"; "B" below 1 KiB
 */
struct forkfail_size {
	unsigned int whole, tenths;
	const char *unit;
};

/**
 * forkfail_size() - write a number of bytes for people
 * @bytes: the number
 */
static inline struct forkfail_size forkfail_size(unsigned long long bytes)
{
	enum { LAST = 4 };
	static const char * const units[LAST + 1] = { "KiB", "MiB", "GiB", "TiB", "PiB" };
	unsigned int i = 0, shift = 10;
	unsigned long long tenths, part;

	if (bytes < 1024)
		return (struct forkfail_size){ (unsigned int)bytes, 0, "B" };
	/* what would be rounded to 1024.0 is 1.0 of the next */
	for (;; i++, shift += 10) {
		part = bytes & ((1ull << shift) - 1);
		tenths = (bytes >> shift) * 10 + ((part * 10 + (1ull << (shift - 1))) >> shift);
		if (tenths < 10240 || i == LAST)
			break;
	}
	/* not of 64 bits: a 32-bit kernel cannot divide those */
	return (struct forkfail_size){
		(unsigned int)tenths / 10, (unsigned int)tenths % 10, units[i],
	};
}

/* What is counted, behind a number, with a blank in front; nothing for bytes. */
static inline void forkfail_say_counted(const struct forkfail_numbers *n, unsigned long long nr,
					const struct forkfail_pen *pen)
{
	static const struct {
		const char *one, *more;
	} words[FORKFAIL_NR_UNITS] = {
		[FORKFAIL_UNIT_TASKS] = { " task", " tasks" },
		[FORKFAIL_UNIT_PIDS] = { " PID", " PIDs" },
		[FORKFAIL_UNIT_FDS] = { " file descriptor", " file descriptors" },
		[FORKFAIL_UNIT_LEVELS] = { " level", " levels" },
		[FORKFAIL_UNIT_MAPPINGS] = { " mapping", " mappings" },
	};

	if (n->unit == FORKFAIL_UNIT_COUNT && n->type) {
		pen->string(pen->to, " ");
		pen->string(pen->to, n->type);
		pen->string(pen->to, nr == 1 ? " namespace" : " namespaces");
	} else if ((unsigned int)n->unit < FORKFAIL_NR_UNITS && words[n->unit].one) {
		pen->string(pen->to, nr == 1 ? words[n->unit].one : words[n->unit].more);
	}
}

/**
 * forkfail_say_numbers() - limit and usage in words
 * @n: the numbers
 * @pen: how they are written
 *
 * "20 of 20 tasks in use"; "asked for 64.0 MiB, 23.0 MiB of 148.7 MiB left" if the
 * limit was not full, but the request did not fit.
 */
static inline void forkfail_say_numbers(const struct forkfail_numbers *n,
					const struct forkfail_pen *pen)
{
	bool bytes = n->unit == FORKFAIL_UNIT_BYTES;
	unsigned long long left = n->limit > n->in_use ? n->limit - n->in_use : 0;

	if (n->asked > n->limit) {
		pen->string(pen->to, "asked for ");
		pen->number(pen->to, n->asked, bytes);
		forkfail_say_counted(n, n->asked, pen);
		pen->string(pen->to, " at once, the limit is ");
		pen->number(pen->to, n->limit, bytes);
	} else if (n->asked > left && (bytes || left)) {
		pen->string(pen->to, "asked for ");
		pen->number(pen->to, n->asked, bytes);
		pen->string(pen->to, ", ");
		pen->number(pen->to, left, bytes);
		pen->string(pen->to, " of ");
		pen->number(pen->to, n->limit, bytes);
		forkfail_say_counted(n, n->limit, pen);
		pen->string(pen->to, " left");
	} else if (bytes && left) {
		pen->number(pen->to, n->in_use, true);
		pen->string(pen->to, " of ");
		pen->number(pen->to, n->limit, true);
		pen->string(pen->to, " in use: ");
		pen->number(pen->to, left, true);
		pen->string(pen->to, " left, less than was asked for");
	} else if (n->in_use > n->limit) {
		pen->number(pen->to, n->in_use, bytes);
		pen->string(pen->to, " in use, above the limit of ");
		pen->number(pen->to, n->limit, bytes);
		forkfail_say_counted(n, n->limit, pen);
	} else {
		pen->number(pen->to, n->in_use, bytes);
		pen->string(pen->to, " of ");
		pen->number(pen->to, n->limit, bytes);
		forkfail_say_counted(n, n->limit, pen);
		pen->string(pen->to, " in use");
	}
}

/**
 * struct forkfail_taker - a PID that was requested from clone3, and what uses it
 * @number: the PID
 * @how: what uses it
 * @comm: the name of the task
 * @tgid: its process
 * @parent: the parent of a zombie
 */
struct forkfail_taker {
	long long number;
	enum forkfail_taken how;
	const char *comm;
	long long tgid, parent;
};

static inline void forkfail_say_id(long long id, const struct forkfail_pen *pen)
{
	pen->number(pen->to, (unsigned long long)(id < 0 ? 0 : id), false);
}

/**
 * forkfail_say_taker() - the PID and what uses it, in words
 * @t: the PID
 * @pen: how they are written
 *
 * "PID 1234, in use by hog[1234]".
 */
static inline void forkfail_say_taker(const struct forkfail_taker *t,
				      const struct forkfail_pen *pen)
{
	pen->string(pen->to, t->number < 0 ? "PID -" : "PID ");
	forkfail_say_id(t->number < 0 ? -t->number : t->number, pen);
	if (t->how == FORKFAIL_TAKEN_GROUP)
		pen->string(pen->to, ", in use by a process group or session");
	if (t->how != FORKFAIL_TAKEN_TASK && t->how != FORKFAIL_TAKEN_ZOMBIE)
		return;
	pen->string(pen->to, ", in use by ");
	pen->string(pen->to, t->comm);
	pen->string(pen->to, "[");
	forkfail_say_id(t->tgid, pen);
	pen->string(pen->to, "]");
	if (t->how == FORKFAIL_TAKEN_TASK)
		return;
	pen->string(pen->to, ", a zombie that process ");
	forkfail_say_id(t->parent, pen);
	pen->string(pen->to, " has not reaped");
}

#endif /* _UAPI_FORKFAIL_ANSWER_H */
