// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The answer: which failure hurts most, what it was in words, and what to do about
 * it.
 */
#include <stdlib.h>
#include <string.h>

#include "advices.h"
#include "answer.h"
#include "show.h"
#include "text.h"

/* Failures that are older than the newest one by this are in the past. */
#define RECENT_SECONDS	600
/* What has failed within this time is still failing. */
#define GOES_ON_SECONDS	60
/* How many groups of one cause and object are kept apart. */
#define MOST_GROUPS	64

/* 0 hurts most. */
static unsigned int rank_of(const struct event *ev, const struct cause *cause)
{
	/* The program does not notice. */
	if (!strcmp(event_get(ev, FORKFAIL_KEY_KIND), "io-worker"))
		return 3;
	switch (cause ? cause->class : FORKFAIL_CLASS_KERNEL) {
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

/* Failures of one cause at one object. */
struct group {
	const struct event *newest;
	const struct cause *cause;
	unsigned int rank;
	u64 count;
};

static bool same(const struct event *a, const struct event *b, enum forkfail_key key)
{
	return !strcmp(event_get(a, key), event_get(b, key));
}

static void add_to_groups(struct group *groups, size_t *nr, const struct event *ev)
{
	struct group *group;
	size_t i;

	for (i = 0; i < *nr; i++) {
		group = &groups[i];
		if (same(group->newest, ev, FORKFAIL_KEY_CAUSE) &&
		    same(group->newest, ev, FORKFAIL_KEY_OBJECT) &&
		    group->rank == rank_of(ev, group->cause))
			break;
	}
	if (i == MOST_GROUPS)
		return;
	group = &groups[i];
	if (i == *nr) {
		*group = (struct group){ .newest = ev };
		group->cause = cause_find(event_get(ev, FORKFAIL_KEY_CAUSE));
		group->rank = rank_of(ev, group->cause);
		(*nr)++;
	}
	if (event_order(ev, group->newest) > 0)
		group->newest = ev;
	if (__builtin_add_overflow(group->count, ev->repeat, &group->count) ||
	    __builtin_add_overflow(group->count, 1, &group->count))
		group->count = ~0ull;
}

/*
 * The rank that comes first: the one that hurts most, unless it has been quiet while
 * another one is still failing.
 */
static unsigned int leading_rank(const struct group *groups, size_t nr, time_t now)
{
	bool there[4] = { false }, goes_on[4] = { false };
	unsigned int rank;
	size_t i;

	for (i = 0; i < nr; i++) {
		there[groups[i].rank] = true;
		if (groups[i].newest->last.tv_sec >= now - GOES_ON_SECONDS)
			goes_on[groups[i].rank] = true;
	}
	for (rank = 0; rank < ARRAY_SIZE(goes_on); rank++)
		if (goes_on[rank])
			return rank;
	for (rank = 0; rank + 1 < ARRAY_SIZE(there); rank++)
		if (there[rank])
			break;
	return rank;
}

static int more_first(const void *a, const void *b)
{
	const struct group *g = a, *h = b;

	if (g->count != h->count)
		return g->count > h->count ? -1 : 1;
	return event_order(h->newest, g->newest);
}

/* "8 ns-cap (policy), 2 pids-max (limit)" */
static char *tell_rest(const struct group *groups, size_t nr, const struct group *lead)
{
	char *text = NULL, *more;
	size_t i, told = 0, rest = 0;
	const char *class;

	for (i = 0; i < nr; i++) {
		if (&groups[i] == lead)
			continue;
		if (told == 4) {
			rest++;
			continue;
		}
		class = groups[i].cause ? class_name(groups[i].cause->class) : NULL;
		more = xasprintf("%s%s%llu %s (%s)", text ? text : "", text ? ", " : "",
				 groups[i].count,
				 event_get(groups[i].newest, FORKFAIL_KEY_CAUSE),
				 class ? class : "?");
		free(text);
		text = more;
		told++;
	}
	if (!rest)
		return text;
	more = xasprintf("%s and %zu more", text, rest);
	free(text);
	return more;
}

/**
 * answer_choose() - choose the failure to report
 * @answer: the result; release it with answer_free()
 * @events: the selected ones, in any order
 * @nr: how many
 *
 * Looks at the ten minutes before the newest failure, takes the class that hurts most,
 * in it the cause and object with the most failures, and of these the newest.
 */
void answer_choose(struct answer *answer, const struct event **events, size_t nr)
{
	struct group groups[MOST_GROUPS], *lead = NULL;
	const struct event *newest = NULL;
	unsigned int rank;
	size_t i, n = 0;

	*answer = (struct answer){ .ev = NULL };
	for (i = 0; i < nr; i++)
		if (!newest || event_order(events[i], newest) > 0)
			newest = events[i];
	if (!newest)
		return;
	for (i = 0; i < nr; i++)
		if (events[i]->last.tv_sec >= newest->last.tv_sec - RECENT_SECONDS)
			add_to_groups(groups, &n, events[i]);
	qsort(groups, n, sizeof(groups[0]), more_first);
	rank = leading_rank(groups, n, newest->last.tv_sec);
	for (i = 0; i < n && !lead; i++)
		if (groups[i].rank == rank)
			lead = &groups[i];
	if (!lead)
		return;
	answer->ev = lead->newest;
	answer->cause = lead->cause;
	answer->also = tell_rest(groups, n, lead);
}

/**
 * answer_free() - release what answer_choose() allocated
 * @answer: the answer
 */
void answer_free(struct answer *answer)
{
	free(answer->also);
	answer->also = NULL;
}

/**
 * answer_what() - who could not do what
 * @ev: the event
 * @cause: its cause, NULL if it is not known
 *
 * Return: a clause that the caller frees.
 */
char *answer_what(const struct event *ev, const struct cause *cause)
{
	const char *comm = event_get(ev, FORKFAIL_KEY_COMM);
	const char *pid = event_get(ev, FORKFAIL_KEY_PID);
	const char *uid = event_get(ev, FORKFAIL_KEY_UID);
	const char *err = event_get(ev, FORKFAIL_KEY_ERRNO);
	const char *signal = event_get(ev, FORKFAIL_KEY_SIGNAL);
	const char *kind = event_get(ev, FORKFAIL_KEY_KIND);
	const char *phrase = *kind_phrase(kind) ? kind_phrase(kind) : kind;
	int number = cause ? cause->number : -1;
	char *who, *what;

	who = xasprintf("%s%s%s%s%s%s", *comm ? comm : "a task", *pid ? "[" : "", pid,
			*pid ? "]" : "", *uid ? " uid " : "", uid);
	if (number == FORKFAIL_EXEC_NPROC)
		what = xasprintf("%s could not execute a program%s%s", who,
				 *err ? ": " : "", err);
	else if (number == FORKFAIL_SECCOMP_KILL)
		what = xasprintf("%s was killed%s%s for trying to create %s", who,
				 *signal ? " by " : "", signal, phrase);
	else if (number == FORKFAIL_SIGNAL_RESTART)
		what = xasprintf("%s is stuck: its call to create %s was restarted %s times%s%s",
				 who, phrase, event_get(ev, FORKFAIL_KEY_RESTARTS),
				 *signal ? ", each time by " : "", signal);
	else
		what = xasprintf("%s could not create %s%s%s", who, phrase,
				 *err && strcmp(err, "none") ? ": " : "",
				 strcmp(err, "none") ? err : "");
	free(who);
	return what;
}

/* What is counted, after a number: "task", "user namespaces"; allocated */
static char *what_is_counted(const struct event *ev, u64 n)
{
	static const struct {
		const char *unit, *one, *more;
	} words[] = {
		{ "tasks", "task", "tasks" },
		{ "pids", "process number", "process numbers" },
		{ "fds", "file descriptor", "file descriptors" },
		{ "levels", "level", "levels" },
		{ "mappings", "mapping", "mappings" },
	};
	const char *unit = event_get(ev, FORKFAIL_KEY_UNIT);
	const char *alloc = event_get(ev, FORKFAIL_KEY_ALLOC);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(unit, words[i].unit))
			return xasprintf(" %s", n == 1 ? words[i].one : words[i].more);
	if (!strcmp(unit, "count") && *alloc)
		return xasprintf(" %s namespace%s", alloc, n == 1 ? "" : "s");
	return xstrdup("");
}

/* For bytes, the size of the request decides whether there is room. */
static char *bytes_in_words(const struct event *ev, u64 limit, u64 in_use)
{
	const char *cause = event_get(ev, FORKFAIL_KEY_CAUSE);
	char max[32], used[32], left[32];

	text_bytes(max, sizeof(max), limit);
	text_bytes(used, sizeof(used), in_use);
	text_bytes(left, sizeof(left), limit > in_use ? limit - in_use : 0);
	/* Not a usage, but one mapping or stack that is larger than everything there is. */
	if (in_use > limit && (!strcmp(cause, "libc-stack-overcommit") ||
			       !strcmp(cause, "overcommit-heuristic")))
		return xasprintf("asked for %s at once; at most %s can be granted",
				 used, max);
	if (in_use < limit)
		return xasprintf("%s of %s in use; the %s left are less than what was asked for",
				 used, max, left);
	return xasprintf("%s in use, the limit is %s", used, max);
}

/**
 * answer_numbers() - limit and usage in words
 * @ev: the event
 *
 * Return: a clause that the caller frees, NULL if the event has no numbers.
 */
char *answer_numbers(const struct event *ev)
{
	u64 limit, in_use;
	char *what, *text;

	if (!text_to_u64(event_get(ev, FORKFAIL_KEY_LIMIT), &limit) ||
	    !event_in_use(ev) || !text_to_u64(event_in_use(ev), &in_use))
		return NULL;
	if (!strcmp(event_get(ev, FORKFAIL_KEY_UNIT), "bytes"))
		return bytes_in_words(ev, limit, in_use);
	what = what_is_counted(ev, limit);
	if (in_use > limit)
		text = xasprintf("%llu in use, above the limit of %llu%s", in_use, limit, what);
	else
		text = xasprintf("%llu of %llu%s in use", in_use, limit, what);
	free(what);
	return text;
}

/* "/system.slice/x.service", "the whole machine"; "" if there is nothing to say */
static const char *object_of(const struct event *ev)
{
	const char *scope = event_get(ev, FORKFAIL_KEY_SCOPE);

	if (!strcmp(scope, "host"))
		return "the whole machine";
	return event_get(ev, FORKFAIL_KEY_OBJECT);
}

/**
 * answer_brief() - all of it in one line, for a ticket
 * @answer: the answer, which has an event
 *
 * Return: the line, which the caller frees.
 */
char *answer_brief(const struct answer *answer)
{
	const struct event *ev = answer->ev;
	const char *object = object_of(ev);
	char *what = answer_what(ev, answer->cause), *numbers = answer_numbers(ev);
	char times[40] = "", *line;

	if (ev->repeat)
		snprintf(times, sizeof(times), ", %llu times",
			 ev->repeat == ~0ull ? ev->repeat : ev->repeat + 1);
	line = xasprintf("%.19sZ %s: %s%s%s%s%s%s", event_last(ev), what,
			 event_get(ev, FORKFAIL_KEY_CAUSE), numbers ? ", " : "",
			 numbers ? numbers : "", *object ? ", " : "", object, times);
	free(what);
	free(numbers);
	return line;
}

/**
 * answer_show_advice() - print what to do
 * @format: how
 * @answer: the answer, which has an event and a cause
 * @checks: also how to see it by hand
 */
void answer_show_advice(const struct table_format *format, const struct answer *answer,
			bool checks)
{
	struct advice advice;

	advice_get(&advice, answer->cause, answer->ev, answer->live);
	if (advice.now) {
		char *marked = xasprintf("%s  # for now", advice.now);

		show_command(format, "do", marked);
		free(marked);
	}
	show_command(format, "or", advice.run);
	show_command(format, "lasting", advice.keep);
	show_line(format, "note", advice.note, SHOW_BOLD);
	if (checks) {
		show_command(format, "check", advice.check);
		show_line(format, "shows", advice.shows, SHOW_BOLD);
	}
	advice_free(&advice);
}

static void json_event(struct json *json, const struct event *ev)
{
	enum forkfail_key key;

	json_open(json, "event", '{');
	json_string(json, "time", ev->time);
	for (key = 0; key < FORKFAIL_NR_KEYS; key++) {
		if (!ev->value[key])
			continue;
		if (event_key_is_number(key))
			json_number(json, event_key_name(key), ev->value[key]);
		else
			json_string(json, event_key_name(key), ev->value[key]);
	}
	if (ev->other)
		json_string(json, "other", ev->other);
	json_close(json, '}');
}

/**
 * answer_json() - write the answer as "answer": {...}, null if there is none
 * @json: the document
 * @answer: the answer
 */
void answer_json(struct json *json, const struct answer *answer)
{
	const struct cause *cause = answer->cause;
	struct advice advice = { .now = NULL };
	char *s;

	if (!answer->ev) {
		json_string(json, "answer", NULL);
		return;
	}
	if (cause)
		advice_get(&advice, cause, answer->ev, answer->live);
	json_open(json, "answer", '{');
	s = answer_what(answer->ev, cause);
	json_string(json, "what", s);
	free(s);
	json_string(json, "cause", event_get(answer->ev, FORKFAIL_KEY_CAUSE));
	json_string(json, "class", cause ? class_name(cause->class) : NULL);
	json_string(json, "meaning", cause ? cause->meaning : NULL);
	json_string(json, "not", cause && *cause->not ? cause->not : NULL);
	s = answer_numbers(answer->ev);
	json_string(json, "numbers", s);
	free(s);
	json_string(json, "do", advice.now);
	json_string(json, "or", advice.run);
	json_string(json, "lasting", advice.keep);
	json_string(json, "note", advice.note);
	json_string(json, "check", advice.check);
	json_string(json, "shows", advice.shows);
	json_string(json, "also", answer->also);
	json_event(json, answer->ev);
	json_close(json, '}');
	advice_free(&advice);
}
