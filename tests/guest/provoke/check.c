// SPDX-License-Identifier: GPL-2.0-only
/*
 * check.c - reads forkfail's log and compares it with the expectations
 *
 * New events are lines with a new sequence number, and lines that stand for more failures
 * than before.  Those of the case's own tasks, recognized by their comm, must match the
 * expectations one by one, and none may be left over.
 *
 * The log is read while the limits are still in force, and without creating a process, as in
 * an incident.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forkfault.h"
#include "internal.h"

#define LOG_SIZE	(4 << 20)
#define MAX_EVENTS	8192
#define MAX_OURS	256

struct known {
	uint64_t seq;
	uint64_t stands_for;
};

static char log_text[LOG_SIZE];
static struct known known[MAX_EVENTS];
static size_t nknown;
static unsigned long restarts_before, restarts_after;

/*
 * An event of the case: how many more failures it stands for, and how many of them were
 * expected.
 */
static struct ours {
	const char *line;
	uint64_t seq;
	uint64_t grown;
	uint64_t met;
} ours[MAX_OURS];
static size_t nours;

bool show_events;

static unsigned long read_restarts(void)
{
	static char page[1 << 18];
	char *p;

	if (!log_read(PAGE_PATH, page, sizeof(page)))
		return 0;
	page[strcspn(page, "\n")] = 0;
	p = strstr(page, " restarts ");
	return p ? strtoul(p + strlen(" restarts "), NULL, 10) : 0;
}

/**
 * check_before() - record what the log contains before a case runs
 *
 * Return: false if it cannot be read.
 */
bool check_before(void)
{
	const char *line;

	nknown = 0;
	if (!log_read(LOG_PATH, log_text, sizeof(log_text)))
		return false;
	for (line = log_text; line; line = log_next(line)) {
		if (!log_is_event(line) || nknown == MAX_EVENTS)
			continue;
		known[nknown].seq = log_number(line, "seq", 0);
		known[nknown++].stands_for = 1 + log_number(line, "repeat", 0);
	}
	restarts_before = read_restarts();
	return true;
}

/**
 * check_after() - read the log when the case has run
 *
 * Return: false if it cannot be read.
 */
bool check_after(void)
{
	if (!log_read(LOG_PATH, log_text, sizeof(log_text)))
		return false;
	restarts_after = read_restarts();
	return true;
}

static uint64_t known_for(uint64_t seq)
{
	size_t i;

	for (i = 0; i < nknown; i++)
		if (known[i].seq == seq)
			return known[i].stands_for;
	return 0;
}

static void find_ours(const char *comm)
{
	char name[64];
	const char *line;
	uint64_t seq, grown;

	nours = 0;
	for (line = log_text; line; line = log_next(line)) {
		if (!log_is_event(line))
			continue;
		seq = log_number(line, "seq", 0);
		grown = 1 + log_number(line, "repeat", 0) - known_for(seq);
		if (!grown || !log_value(line, "comm", name, sizeof(name)) ||
		    strcmp(name, comm) || nours == MAX_OURS)
			continue;
		ours[nours++] = (struct ours){
			.line = line, .seq = seq, .grown = grown,
		};
	}
}

/* Unlike has_word(), only spaces separate: a word may be a list with commas itself. */
static bool word_in(const char *words, const char *word)
{
	size_t len;

	for (; *words; words += len) {
		words += strspn(words, " ");
		len = strcspn(words, " ");
		if (len && strlen(word) == len && !strncmp(words, word, len))
			return true;
	}
	return false;
}

static bool between(const char *text, uint64_t lo, uint64_t hi)
{
	char *end;
	uint64_t n;

	if (*text < '0' || *text > '9')
		return false;
	n = strtoull(text, &end, 0);
	return !*end && n >= lo && n <= hi;
}

static bool fits_pattern(const struct ff_cond *c, const char *text)
{
	const char *mark = strchr(c->text, '#');
	size_t head = mark - c->text, tail = strlen(mark + 1);
	size_t len = strlen(text);
	char number[32];

	if (len < head + tail + 1 || len - head - tail >= sizeof(number) ||
	    strncmp(text, c->text, head) ||
	    strcmp(text + len - tail, mark + 1))
		return false;
	snprintf(number, sizeof(number), "%.*s", (int)(len - head - tail),
		 text + head);
	return between(number, c->lo, c->hi);
}

static bool pair_in(const char *pairs, const char *line, const char *second)
{
	char first[64], pair[256];

	if (!log_value(line, "step", first, sizeof(first)))
		return false;
	snprintf(pair, sizeof(pair), "%s/%.128s", first, second);
	return word_in(pairs, pair);
}

static bool holds(const struct ff_cond *c, const char *line, char *got,
		  size_t size)
{
	bool there = log_value(line, c->key, got, size);

	if (!there)
		snprintf(got, size, "(absent)");
	switch (c->how) {
	case HOW_TEXT:
		return there && !strcmp(got, c->text);
	case HOW_WORDS:
		return there ? word_in(c->text, got) : word_in(c->text, "-");
	case HOW_NUMBER:
		return there && between(got, c->lo, c->hi);
	case HOW_MAYBE:
		return !there || between(got, c->lo, c->hi);
	case HOW_PATTERN:
		return there && fits_pattern(c, got);
	case HOW_FIRST:
		return there && between(got, ff_shared->expect[c->lo].seq,
					  ff_shared->expect[c->lo].seq);
	case HOW_PAIR:
		return pair_in(c->list, line, there ? got : "-");
	case HOW_ABSENT:
		return !there;
	case HOW_ANY:
		return there;
	}
	return false;
}

/**
 * log_shows() - does an event of the running case have this key already
 * @key: the key
 *
 * Return: true if the newest one has, or if there is no log to look at.
 */
bool log_shows(const char *key)
{
	char value[FF_TEXT];

	if (!ff_shared->checked || !log_read(LOG_PATH, log_text,
					     sizeof(log_text)))
		return true;
	find_ours(ff_shared->comm);
	return nours && log_value(ours[nours - 1].line, key, value,
				  sizeof(value));
}

static void say_mismatch(const struct ff_cond *c, const char *got)
{
	char want[FF_TEXT + 64];

	switch (c->how) {
	case HOW_NUMBER:
	case HOW_MAYBE:
		if (c->lo == c->hi)
			snprintf(want, sizeof(want), "%llu",
				 (unsigned long long)c->lo);
		else
			snprintf(want, sizeof(want), "%llu to %llu",
				 (unsigned long long)c->lo,
				 (unsigned long long)c->hi);
		break;
	case HOW_PATTERN:
		snprintf(want, sizeof(want), "%s with # %llu to %llu", c->text,
			 (unsigned long long)c->lo, (unsigned long long)c->hi);
		break;
	case HOW_FIRST:
		snprintf(want, sizeof(want), "%llu", (unsigned long long)
			 ff_shared->expect[c->lo].seq);
		break;
	case HOW_PAIR:
		snprintf(want, sizeof(want), "what belongs to the step");
		break;
	case HOW_ABSENT:
		snprintf(want, sizeof(want), "(absent)");
		break;
	default:
		snprintf(want, sizeof(want), "%s", c->text);
	}
	diag("%s: expected %s, got %s", c->key, want, got);
}

static int mismatches(const struct ff_expect *e, const char *line, bool say)
{
	char got[1024];
	int i, n = 0;

	for (i = 0; i < e->nconds; i++) {
		if (holds(&e->cond[i], line, got, sizeof(got)))
			continue;
		n++;
		if (say)
			say_mismatch(&e->cond[i], got);
	}
	return n;
}

static void say_line(const char *what, const char *line)
{
	diag("%s: %.*s", what, (int)strcspn(line, "\n"), line);
}

/*
 * A line that stands for several failures shows the first of them; the others have the same
 * cause, errno and object.
 */
static bool folded_into(const struct ff_expect *e, const struct ours *o)
{
	static const char * const common[] = {
		"cause", "errno", "scope", "object",
	};
	char got[1024];
	size_t k;
	int i;

	if (!o->met || o->met >= o->grown)
		return false;
	for (i = 0; i < e->nconds; i++)
		for (k = 0; k < ARRAY_SIZE(common); k++)
			if (!strcmp(e->cond[i].key, common[k]) &&
			    !holds(&e->cond[i], o->line, got, sizeof(got)))
				return false;
	return true;
}

static struct ours *meeting(const struct ff_expect *e, struct ours **nearest)
{
	int n, fewest = FF_CONDS + 1;
	struct ours *o;

	*nearest = NULL;
	for (o = ours; o < ours + nours; o++) {
		if (o->met >= o->grown)
			continue;
		n = mismatches(e, o->line, false);
		if (!n)
			return o;
		if (n < fewest) {
			fewest = n;
			*nearest = o;
		}
	}
	for (o = ours; o < ours + nours; o++)
		if (folded_into(e, o))
			return o;
	return NULL;
}

static bool meet(struct ff_expect *e, int number)
{
	struct ours *nearest, *o = meeting(e, &nearest);

	if (!o && !nearest) {
		diag("failure %d: no event in the log; expected %s=%s %s=%s",
		     number, e->cond[0].key, e->cond[0].text, e->cond[1].key,
		     e->cond[1].text);
		return false;
	}
	e->met = !!o;
	if (!o) {
		o = nearest;
		diag("failure %d: the event is not as expected", number);
		mismatches(e, o->line, true);
		say_line("the event", o->line);
	}
	if (e->tries > 1 && o->grown != e->tries) {
		diag("failure %d: expected %llu failures like it, got %llu",
		     number, (unsigned long long)e->tries,
		     (unsigned long long)o->grown);
		say_line("the event", o->line);
		e->met = false;
	}
	o->met += e->tries > 1 ? o->grown : 1;
	e->seq = o->seq;
	return e->met;
}

/**
 * check_verdict() - compare what check_after() read with the expectations
 * @comm: name of the case's tasks
 *
 * Return: true if each expectation was met, and nothing else happened.
 */
bool check_verdict(const char *comm)
{
	unsigned long restarts = restarts_after - restarts_before;
	bool ok = true;
	struct ours *o;
	int i;

	find_ours(comm);
	for (o = ours; show_events && o < ours + nours; o++)
		say_line("event", o->line);
	for (i = 0; i < ff_shared->nexpects; i++)
		ok &= meet(&ff_shared->expect[i], i + 1);
	for (o = ours; o < ours + nours; o++) {
		if (o->met == o->grown)
			continue;
		ok = false;
		diag("%llu failures too many in the log",
		     (unsigned long long)(o->grown - o->met));
		say_line("the event", o->line);
	}
	if (ff_shared->want_restarts && restarts < ff_shared->restarts) {
		ok = false;
		diag("restarts: expected %lu more, got %lu more",
		     ff_shared->restarts, restarts);
	}
	return ok;
}
