// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The answer: which failure hurts most, what it was in words, and what to do about
 * it.
 */
#include <stdlib.h>
#include <string.h>

#include "advice.h"
#include "answer.h"
#include "../uapi/answer.h"
#include "show.h"
#include "text.h"

/* How many groups of one cause and object are distinguished: the module has fewer events. */
#define MOST_GROUPS	1024

/* Failures of one cause at one object. */
struct group {
	const struct event *newest;
	const struct cause *cause;
	struct forkfail_group of;
};

static unsigned int rank_of(const struct event *ev, const struct cause *cause)
{
	bool worker = !strcmp(event_get(ev, FORKFAIL_KEY_KIND), "io-worker");

	return forkfail_rank(cause ? cause->class : FORKFAIL_CLASS_KERNEL,
			     worker ? FORKFAIL_KIND_IO_WORKER : FORKFAIL_KIND_PROCESS);
}

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
		    group->of.rank == rank_of(ev, group->cause))
			break;
	}
	if (i == MOST_GROUPS)
		return;
	group = &groups[i];
	if (i == *nr) {
		*group = (struct group){ .newest = ev };
		group->cause = cause_find(event_get(ev, FORKFAIL_KEY_CAUSE));
		group->of.rank = rank_of(ev, group->cause);
		group->of.last = ev->last.tv_sec;
		(*nr)++;
	}
	if (event_order(ev, group->newest) > 0) {
		group->newest = ev;
		group->of.last = ev->last.tv_sec;
	}
	group->of.count = page_add(group->of.count, page_add(1, ev->repeat));
}

static int more_first(const void *a, const void *b)
{
	const struct group *g = a, *h = b;

	if (g->of.count != h->of.count)
		return g->of.count > h->of.count ? -1 : 1;
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
		if (told == FORKFAIL_MOST_ALSO) {
			rest++;
			continue;
		}
		class = groups[i].cause ? class_name(groups[i].cause->class) : NULL;
		more = xasprintf("%s%s%llu %s (%s)", text ? text : "", text ? ", " : "",
				 groups[i].of.count,
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
 * Of the ten minutes before the newest failure: the newest failure of the cause and object
 * with the most failures, in the class that hurts most.
 */
void answer_choose(struct answer *answer, const struct event **events, size_t nr)
{
	size_t i, n = 0, most = nr < MOST_GROUPS ? nr : MOST_GROUPS;
	const struct event *newest = NULL;
	struct forkfail_group *of;
	struct group *groups;

	*answer = (struct answer){ .ev = NULL };
	for (i = 0; i < nr; i++)
		if (!newest || event_order(events[i], newest) > 0)
			newest = events[i];
	if (!newest)
		return;
	groups = xrealloc(NULL, most, sizeof(*groups));
	of = xrealloc(NULL, most, sizeof(*of));
	/* the newest are last in a log; if there are too many groups, the oldest are left out */
	for (i = nr; i--;)
		if (events[i]->last.tv_sec >= newest->last.tv_sec - FORKFAIL_RECENT)
			add_to_groups(groups, &n, events[i]);
	qsort(groups, n, sizeof(groups[0]), more_first);
	for (i = 0; i < n; i++) {
		of[i] = groups[i].of;
		of[i].goes_on = of[i].last >= newest->last.tv_sec - FORKFAIL_GOES_ON;
	}
	i = forkfail_lead(of, (unsigned int)n);
	if (i < n) {
		answer->ev = groups[i].newest;
		answer->cause = groups[i].cause;
		answer->also = tell_rest(groups, n, &groups[i]);
	}
	free(of);
	free(groups);
}

/**
 * answer_follow() - take the failure that the page reports
 * @answer: where it goes, as for answer_choose()
 * @page: the page
 *
 * The module chose it from more events than are on its page.
 *
 * Return: false if the page does not say which event it is about.
 */
bool answer_follow(struct answer *answer, const struct page *page)
{
	const char *also = page_note(page, "also");
	u64 seq;
	size_t i;

	if (!page_note(page, "event") || !text_to_u64(page_note(page, "event"), &seq))
		return false;
	for (i = 0; i < page->nr_events; i++)
		if (page->events[i].seq == seq)
			break;
	if (i == page->nr_events)
		return false;
	*answer = (struct answer){ .ev = &page->events[i] };
	answer->cause = cause_find(event_get(answer->ev, FORKFAIL_KEY_CAUSE));
	answer->also = also ? xstrdup(also) : NULL;
	return true;
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
	const char *tgid = event_get(ev, FORKFAIL_KEY_TGID);
	/* The process, as on the page. */
	const char *pid = *tgid ? tgid : event_get(ev, FORKFAIL_KEY_PID);
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
		what = xasprintf("%s was killed%s%s when it tried to create %s", who,
				 *signal ? " by " : "", signal, phrase);
	else if (number == FORKFAIL_SIGNAL_RESTART)
		what = xasprintf("%s tried to create %s %s times, and each time %s made the call restart",
				 who, phrase, event_get(ev, FORKFAIL_KEY_RESTARTS),
				 *signal ? signal : "a signal");
	else
		what = xasprintf("%s could not create %s%s%s", who, phrase,
				 *err && strcmp(err, "none") ? ": " : "",
				 strcmp(err, "none") ? err : "");
	free(who);
	return what;
}

static void pen_string(void *to, const char *s)
{
	char **text = to, *more = xasprintf("%s%s", *text, s);

	free(*text);
	*text = more;
}

static void pen_number(void *to, unsigned long long n, bool bytes)
{
	char word[32];

	if (bytes)
		text_bytes(word, sizeof(word), n);
	else
		snprintf(word, sizeof(word), "%llu", n);
	pen_string(to, word);
}

static enum forkfail_unit unit_of(const struct event *ev)
{
	static const char * const units[] = {
#define X(symbol, name, meaning) name,
		FORKFAIL_UNITS(X)
#undef X
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcmp(event_get(ev, FORKFAIL_KEY_UNIT), units[i]))
			return (enum forkfail_unit)i;
	return FORKFAIL_UNIT_NONE;
}

/* What was requested; older modules print it as the usage if there is no usage. */
static u64 asked_of(const struct event *ev, u64 limit, u64 in_use)
{
	const char *cause = event_get(ev, FORKFAIL_KEY_CAUSE);
	u64 asked = 0;

	if (!text_to_u64(event_get(ev, FORKFAIL_KEY_ASKED), &asked) && in_use > limit &&
	    (!strcmp(cause, "libc-stack-overcommit") ||
	     !strcmp(cause, "overcommit-heuristic")))
		asked = in_use;
	return asked;
}

static char *say_taker(const struct event *ev)
{
	static const char * const takens[] = {
#define X(symbol, name, meaning) name,
		FORKFAIL_TAKENS(X)
#undef X
	};
	const char *how = event_get(ev, FORKFAIL_KEY_TAKEN);
	char *text = xstrdup("");
	struct forkfail_pen pen = { pen_number, pen_string, &text };
	struct forkfail_taker taker = {
		.number = strtoll(event_get(ev, FORKFAIL_KEY_SET_TID), NULL, 10),
		.comm = event_get(ev, FORKFAIL_KEY_TAKEN_COMM),
		.tgid = strtoll(event_get(ev, FORKFAIL_KEY_TAKEN_TGID), NULL, 10),
		.parent = strtoll(event_get(ev, FORKFAIL_KEY_TAKEN_PARENT), NULL, 10),
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(takens); i++)
		if (!strcmp(how, takens[i]))
			taker.how = (enum forkfail_taken)i;
	forkfail_say_taker(&taker, &pen);
	return text;
}

/**
 * answer_numbers() - limit and usage in words, or a PID and what uses it
 * @ev: the event
 *
 * Return: a clause that the caller frees, NULL if the event has no numbers.
 */
char *answer_numbers(const struct event *ev)
{
	const char *type = event_get(ev, FORKFAIL_KEY_ALLOC);
	struct forkfail_numbers n = {
		.unit = unit_of(ev),
		.type = *type ? type : NULL,
	};
	struct forkfail_pen pen = { pen_number, pen_string, NULL };
	char *text;
	u64 limit, in_use;

	if (*event_get(ev, FORKFAIL_KEY_SET_TID))
		return say_taker(ev);
	if (!text_to_u64(event_get(ev, FORKFAIL_KEY_LIMIT), &limit) ||
	    !event_in_use(ev) || !text_to_u64(event_in_use(ev), &in_use))
		return NULL;
	n.limit = limit;
	n.in_use = in_use;
	n.asked = asked_of(ev, limit, in_use);
	text = xstrdup("");
	pen.to = &text;
	forkfail_say_numbers(&n, &pen);
	return text;
}

/**
 * answer_holders() - who holds most of the limit
 * @ev: the event
 *
 * A process that ends as soon as it is refused is gone before holders are counted, but it
 * is known how many threads it had.
 *
 * Return: a clause that the caller frees, NULL if nobody is known.
 */
char *answer_holders(const struct event *ev)
{
	const char *holders = event_get(ev, FORKFAIL_KEY_HOLDERS);
	u64 counted, in_use, threads;

	if (*holders && !strcmp(event_get(ev, FORKFAIL_KEY_COMPLETE), "yes") &&
	    text_to_u64(event_get(ev, FORKFAIL_KEY_COUNTED), &counted) &&
	    event_in_use(ev) && text_to_u64(event_in_use(ev), &in_use) && counted < in_use)
		return xasprintf("%s (when counted, %llu of %llu %s left)", holders, counted,
				 in_use, counted == 1 ? "was" : "were");
	if (*holders)
		return xstrdup(holders);
	if (!text_to_u64(event_get(ev, FORKFAIL_KEY_THREADS), &threads) || threads < 2)
		return NULL;
	return xasprintf("%s[%s] %llu when it was refused", event_get(ev, FORKFAIL_KEY_COMM),
			 event_get(ev, FORKFAIL_KEY_TGID), threads);
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
 * answer_show_commands() - print advice
 * @format: how
 * @advice: the advice
 * @checks: also how to see the cause by hand
 */
void answer_show_commands(const struct table_format *format, const struct advice *advice,
			  bool checks)
{
	show_command(format, "do", advice->now, "for now");
	show_command(format, "or", advice->run, "as root");
	show_command(format, "lasting", advice->keep, NULL);
	show_line(format, "note", advice->note, SHOW_BOLD);
	if (!checks)
		return;
	show_command(format, "check", advice->check, NULL);
	show_line(format, "shows", advice->shows, SHOW_BOLD);
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
	answer_show_commands(format, &advice, checks);
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
