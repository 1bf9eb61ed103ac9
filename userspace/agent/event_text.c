// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Formats an event: as a line of the log, as a line of JSON, as a sentence; and finds
 * the unit or pod that it is about.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/event_text.h"
#include "advice.h"
#include "causes.h"
#include "text.h"

/* The cgroup whose limit it was, else that of the caller. */
static const char *event_cgroup(const struct event *ev)
{
	if (!strcmp(event_get(ev, FORKFAIL_KEY_SCOPE), "cgroup"))
		return event_get(ev, FORKFAIL_KEY_OBJECT);
	return event_get(ev, FORKFAIL_KEY_CGROUP);
}

/**
 * event_class() - the class of an event's cause
 * @ev: the event
 *
 * Return: its name; that of class kernel for a cause of a newer module.
 */
const char *event_class(const struct event *ev)
{
	const struct cause *cause = cause_find(event_get(ev, FORKFAIL_KEY_CAUSE));

	return class_name(cause && cause->class < FORKFAIL_NR_CLASSES ?
			  cause->class : FORKFAIL_CLASS_KERNEL);
}

/**
 * event_unit() - the systemd unit that an event is about
 * @ev: the event
 *
 * Return: its name, which the caller frees; NULL if there is none.
 */
char *event_unit(const struct event *ev)
{
	char *unit = advice_unit(event_cgroup(ev));

	/* without the manager that it belongs to */
	if (unit)
		unit[strcspn(unit, ",")] = '\0';
	return unit;
}

/**
 * event_pod() - the pod of Kubernetes that an event is about
 * @ev: the event
 *
 * The kubelet names cgroups "podUID", or "kubepods-burstable-podUID.slice" with
 * _ for - in the UID.
 *
 * Return: its UID, which the caller frees; NULL if there is none.
 */
char *event_pod(const struct event *ev)
{
	const char *path = event_cgroup(ev), *p = strstr(path, "kubepods");
	char *uid;
	size_t i;

	for (; p; p = strstr(p + 1, "pod")) {
		if (strncmp(p, "pod", 3) || (p[-1] != '/' && p[-1] != '-') ||
		    strspn(p + 3, "0123456789abcdef-_") < 32)
			continue;
		uid = xstrdup(p + 3);
		uid[strspn(uid, "0123456789abcdef-_")] = '\0';
		for (i = 0; uid[i]; i++)
			if (uid[i] == '_')
				uid[i] = '-';
		return uid;
	}
	return NULL;
}

/* Keys whose values the module quotes: names chosen by others. */
static const bool quoted[FORKFAIL_NR_KEYS] = {
	[FORKFAIL_KEY_COMM] = true,
	[FORKFAIL_KEY_OBJECT] = true,
	[FORKFAIL_KEY_CGROUP] = true,
	[FORKFAIL_KEY_HOLDERS] = true,
	[FORKFAIL_KEY_HOLDER_PROGRAM] = true,
	[FORKFAIL_KEY_ZOMBIES_PARENT] = true,
	[FORKFAIL_KEY_HOLDER_PROCESS] = true,
	[FORKFAIL_KEY_HOLDER_CGROUP] = true,
	[FORKFAIL_KEY_TAKEN_COMM] = true,
};

/**
 * event_text_log() - format an event as the line of the log that it was
 * @b: where it goes, without a newline
 * @ev: the event
 */
void event_text_log(struct buf *b, const struct event *ev)
{
	const char *quote;
	enum forkfail_key i;

	buf_add(b, "%s", ev->time);
	for (i = 0; i < FORKFAIL_NR_KEYS; i++) {
		if (!ev->value[i])
			continue;
		quote = quoted[i] || !*ev->value[i] || strchr(ev->value[i], ' ') ?
			"\"" : "";
		buf_add(b, " %s=%s%s%s", event_key_name(i), quote, ev->value[i], quote);
	}
	if (ev->other)
		buf_add(b, " %s", ev->other);
}

/**
 * event_text_json() - format an event as a JSON object, with a newline
 * @b: where it goes, all of it or nothing
 * @ev: the event
 * @load: the load of the module that it is of
 *
 * The keys are cursor, time and class, and then those of the log; numbers are
 * numbers, and null stands for "max".
 */
void event_text_json(struct buf *b, const struct event *ev, const struct cursor *load)
{
	struct cursor cursor = *load;
	char text[CURSOR_LEN];
	size_t before = b->len;
	u64 number;
	enum forkfail_key i;

	cursor.seq = ev->seq;
	buf_add(b, "{\"cursor\":\"%s\",\"time\":\"%s\",\"class\":\"%s\"",
		cursor_text(text, &cursor), ev->time, event_class(ev));
	for (i = 0; i < FORKFAIL_NR_KEYS; i++) {
		if (!ev->value[i])
			continue;
		buf_add(b, ",\"%s\":", event_key_name(i));
		if (!event_key_is_number(i))
			buf_json(b, ev->value[i]);
		else if (!strcmp(ev->value[i], "max"))
			buf_add(b, "null");
		else if (text_to_u64(ev->value[i], &number))
			/* not as it is written: JSON has no 007 */
			buf_add(b, "%llu", number);
	}
	buf_add(b, "}\n");
	if (b->full) {
		b->len = before;
		b->s[before] = '\0';
	}
}

/**
 * event_text_sentence() - format an event as a sentence
 * @b: where it goes
 * @ev: the event
 */
void event_text_sentence(struct buf *b, const struct event *ev)
{
	const struct cause *cause = cause_find(event_get(ev, FORKFAIL_KEY_CAUSE));
	const char *kind = kind_phrase(event_get(ev, FORKFAIL_KEY_KIND));

	buf_add(b, "%s[%s] uid %s could not create %s: %s",
		event_get(ev, FORKFAIL_KEY_COMM), event_get(ev, FORKFAIL_KEY_PID),
		event_get(ev, FORKFAIL_KEY_UID), *kind ? kind : "a process or thread",
		cause ? cause->meaning : event_get(ev, FORKFAIL_KEY_CAUSE));
	if (ev->value[FORKFAIL_KEY_OBJECT])
		buf_add(b, "; %s", ev->value[FORKFAIL_KEY_OBJECT]);
	if (ev->value[FORKFAIL_KEY_LIMIT])
		buf_add(b, ", limit %s, in use %s", ev->value[FORKFAIL_KEY_LIMIT],
			event_get(ev, FORKFAIL_KEY_IN_USE));
	buf_add(b, " (%s", event_get(ev, FORKFAIL_KEY_CAUSE));
	if (ev->repeat)
		buf_add(b, ", %llu times", ev->repeat + 1);
	buf_add(b, ")");
}
