// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The answer: the failure in words, and what to do about it.
 */
#include <stdlib.h>
#include <string.h>

#include "advice.h"
#include "answer.h"
#include "show.h"
#include "text.h"

/**
 * answer_who() - the process that failed
 * @ev: the event
 *
 * Return: "prog[1442] uid 112", which the caller frees.
 */
char *answer_who(const struct event *ev)
{
	const char *comm = event_get(ev, FORKFAIL_KEY_COMM);
	const char *tgid = event_get(ev, FORKFAIL_KEY_TGID);
	/* The process, as on the page. */
	const char *pid = *tgid ? tgid : event_get(ev, FORKFAIL_KEY_PID);
	const char *uid = event_get(ev, FORKFAIL_KEY_UID);

	return xasprintf("%s%s%s%s%s%s", *comm ? comm : "a task", *pid ? "[" : "", pid,
			 *pid ? "]" : "", *uid ? " uid " : "", uid);
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
	const char *err = event_get(ev, FORKFAIL_KEY_ERRNO);
	const char *signal = event_get(ev, FORKFAIL_KEY_SIGNAL);
	const char *kind = event_get(ev, FORKFAIL_KEY_KIND);
	const char *phrase = *kind_phrase(kind) ? kind_phrase(kind) : kind;
	int number = cause ? cause->number : -1;
	char *who = answer_who(ev), *what;

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

/**
 * answer_pen() - how uapi/answer.h writes into a string
 * @text: the string, which is allocated, and replaced by a longer one
 */
struct forkfail_pen answer_pen(char **text)
{
	*text = xstrdup("");
	return (struct forkfail_pen){ pen_number, pen_string, text };
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
	char *text;
	struct forkfail_pen pen = answer_pen(&text);
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
	struct forkfail_pen pen;
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
	pen = answer_pen(&text);
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

	if (*holders && !strcmp(event_get(ev, FORKFAIL_KEY_COMPLETE), "no"))
		return xasprintf("%s (count is incomplete)", holders);
	if (*holders && text_to_u64(event_get(ev, FORKFAIL_KEY_COUNTED), &counted) &&
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
 * answer_possible() - which causes are possible, if its cause is not certain
 * @ev: the event
 *
 * Return: "memcg-limit, killed-in-dup-mmap", which the caller frees, NULL if there is only one.
 */
char *answer_possible(const struct event *ev)
{
	const char *p, *comma, *candidates = event_get(ev, FORKFAIL_KEY_CANDIDATES);
	char *text, *more;

	if (!strchr(candidates, ','))
		return NULL;
	text = xstrdup("");
	for (p = candidates; p; p = comma ? comma + 1 : NULL) {
		comma = strchr(p, ',');
		more = xasprintf("%s%.*s%s", text, (int)(comma ? comma - p : (long)strlen(p)), p,
				 comma ? ", " : "");
		free(text);
		text = more;
	}
	return text;
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
	/* rounded up; the clock may have been set back */
	long long within = ev->last.tv_sec - ev->when.tv_sec + 1;
	char times[64] = "", *possible = answer_possible(ev), *line;

	if (ev->repeat)
		snprintf(times, sizeof(times), ", %llu times within %llds",
			 page_add(ev->repeat, 1), within > 0 ? within : 1);
	line = xasprintf("%.19sZ %s: %s%s%s%s%s%s%s%s%s%s", event_last(ev), what,
			 possible ? "probably " : "", event_get(ev, FORKFAIL_KEY_CAUSE),
			 possible ? " (possible: " : "", possible ? possible : "",
			 possible ? ")" : "", numbers ? ", " : "", numbers ? numbers : "",
			 *object ? ", " : "", object, times);
	free(what);
	free(numbers);
	free(possible);
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
	show_line(format, "raised", advice->raised, SHOW_BOLD);
	show_command(format, "do", advice->now, advice->where);
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

/* One string, from the time when "also" was one line of the page. */
static void json_also(struct json *json, const struct answer *answer)
{
	char *text = NULL, *more;
	size_t i;

	for (i = 0; i < answer->nr_also; i++) {
		more = xasprintf("%s%s%s", text ? text : "", text ? "; " : "", answer->also[i]);
		free(text);
		text = more;
	}
	json_string(json, "also", text);
	free(text);
}

/**
 * answer_show_also() - print which other failures there were
 * @format: how
 * @answer: the answer
 */
void answer_show_also(const struct table_format *format, const struct answer *answer)
{
	size_t i;

	for (i = 0; i < answer->nr_also; i++)
		show_line(format, "also", answer->also[i], SHOW_BOLD);
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
	json_string(json, "raised", advice.raised);
	json_string(json, "do", advice.now);
	json_string(json, "or", advice.run);
	json_string(json, "lasting", advice.keep);
	json_string(json, "note", advice.note);
	json_string(json, "check", advice.check);
	json_string(json, "shows", advice.shows);
	json_also(json, answer);
	json_event(json, answer->ev);
	json_close(json, '}');
	advice_free(&advice);
}
