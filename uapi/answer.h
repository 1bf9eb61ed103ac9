/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * A failure's numbers, and other failures, in words.
 *
 * The module and the reader both include this, so that both say the same.
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

/* Columns for the text after "also:", so that the reader's line has at most 80. */
#define FORKFAIL_ALSO_WIDTH	70

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
 * @tenths: 2; 0 if the unit is bytes
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
	/* what would be rounded to 1024.0 is 1.0 of the next unit */
	for (;; i++, shift += 10) {
		part = bytes & ((1ull << shift) - 1);
		tenths = (bytes >> shift) * 10 + ((part * 10 + (1ull << (shift - 1))) >> shift);
		if (tenths < 10240 || i == LAST)
			break;
	}
	/* 32 bits: a 32-bit kernel cannot divide 64-bit numbers */
	return (struct forkfail_size){
		(unsigned int)tenths / 10, (unsigned int)tenths % 10, units[i],
	};
}

/* What is counted, as it follows a number, with a blank in front; nothing for bytes. */
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

/* ---- other failures in words ---------------------------------------------------- */

/**
 * struct forkfail_other - a group that does not lead, in words
 * @count: how many failures
 * @cause: id of their cause
 * @class: its class
 * @object: the object of the last one; "" if there is none, or it may not be seen
 * @objects: at how many objects they were
 * @who: the task that failed last
 */
struct forkfail_other {
	unsigned long long count;
	const char *cause, *class, *object, *who;
	unsigned int objects;
};

static inline size_t forkfail_digits(unsigned long long n)
{
	size_t digits = 1;

	while (n > 9) {
		n /= 10;
		digits++;
	}
	return digits;
}

/* Cut @len bytes to at most @most, but no escape (\xHH) in two. */
static inline size_t forkfail_cut(const char *s, size_t len, size_t most)
{
	size_t i;

	if (len <= most)
		return len;
	for (i = most > 3 ? most - 3 : 0; i < most; i++)
		if (s[i] == '\\')
			return i;
	return most;
}

/**
 * forkfail_shorten() - make a path fit into a line
 * @to: buffer of @room + 1 bytes
 * @room: for how many characters there is room
 * @path: the path, or another text
 *
 * What says most is the end of a path, and the beginning of a long name: if the path is too
 * long, its long names are cut, and the names at its beginning are left out:
 * ".../libpod-1ec6c27c2433b7bd.../container".
 */
static inline void forkfail_shorten(char *to, size_t room, const char *path)
{
	const size_t dots = 3, most = 28;
	size_t end = strlen(path), begin, keep, at = room;
	bool cut;

	if (end <= room) {
		memcpy(to, path, end + 1);
		return;
	}
	to[at] = '\0';
	while (end) {
		for (begin = end - 1; begin && path[begin] != '/'; begin--)
			;
		keep = forkfail_cut(path + begin, end - begin, most);
		cut = keep < end - begin;
		/* the dots of the names that are left out must fit as well */
		if (keep + (cut ? dots : 0) + (begin ? dots : 0) > at)
			break;
		if (cut) {
			at -= dots;
			memcpy(to + at, "...", dots);
		}
		at -= keep;
		memcpy(to + at, path + begin, keep);
		end = begin;
	}
	if (end && at >= dots) {
		at -= dots;
		memcpy(to + at, "...", dots);
	}
	memmove(to, to + at, room - at + 1);
}

/**
 * forkfail_say_other() - a line of "also:"
 * @o: the group
 * @pen: how it is written
 *
 * "1560 pids-max (limit): /ci/job39 and 38 more", "8 ns-cap (policy), last by bwrap[7]".
 */
static inline void forkfail_say_other(const struct forkfail_other *o,
				      const struct forkfail_pen *pen)
{
	bool more = *o->object && o->objects > 1;
	size_t used = forkfail_digits(o->count) + strlen(o->cause) + strlen(o->class) + 4;
	char name[FORKFAIL_ALSO_WIDTH + 1];

	used += strlen(*o->object ? ": " : ", last by ");
	if (more)
		used += strlen(" and  more") + forkfail_digits(o->objects - 1);
	pen->number(pen->to, o->count, false);
	pen->string(pen->to, " ");
	pen->string(pen->to, o->cause);
	pen->string(pen->to, " (");
	pen->string(pen->to, o->class);
	pen->string(pen->to, ")");
	if (used >= FORKFAIL_ALSO_WIDTH)
		return;
	forkfail_shorten(name, FORKFAIL_ALSO_WIDTH - used, *o->object ? o->object : o->who);
	pen->string(pen->to, *o->object ? ": " : ", last by ");
	pen->string(pen->to, name);
	if (!more)
		return;
	pen->string(pen->to, " and ");
	pen->number(pen->to, o->objects - 1, false);
	pen->string(pen->to, " more");
}

/**
 * forkfail_say_rest() - the last line of "also:", for what no line names
 * @count: how many failures
 * @pen: how it is written
 */
static inline void forkfail_say_rest(unsigned long long count, const struct forkfail_pen *pen)
{
	pen->number(pen->to, count, false);
	pen->string(pen->to, count == 1 ? " other" : " others");
}

#endif /* _UAPI_FORKFAIL_ANSWER_H */
