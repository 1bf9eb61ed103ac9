// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One event line to one struct event.
 *
 * A line is accepted as a whole or not at all: a value that does not have its key's
 * type means that the line was cut or garbled, so nothing in it can be trusted.
 * Pure: no input or output, so that the fuzzer can drive it.
 */
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "text.h"
#include "times.h"

enum key_type {
	TYPE_WORD,	/* a bare word or a quoted string */
	TYPE_NUMBER,
	TYPE_SIGNED,	/* a number that may be below 0 */
	TYPE_LIMIT,	/* a number or "max" */
	TYPE_HEX,
	TYPE_TIME,
};

static const struct key {
	const char *name;
	const char *help;
} keys[FORKFAIL_NR_KEYS] = {
#define X(symbol, name, help)	\
	[FORKFAIL_KEY_##symbol] = { name, help },
	FORKFAIL_KEYS(X)
#undef X
};

/* Every key that is not here is a word. */
static const unsigned char key_types[FORKFAIL_NR_KEYS] = {
	[FORKFAIL_KEY_SEQ]	 = TYPE_NUMBER,
	[FORKFAIL_KEY_PID]	 = TYPE_NUMBER,
	[FORKFAIL_KEY_TGID]	 = TYPE_NUMBER,
	[FORKFAIL_KEY_UID]	 = TYPE_NUMBER,
	[FORKFAIL_KEY_LIMIT]	 = TYPE_LIMIT,
	[FORKFAIL_KEY_IN_USE]	 = TYPE_LIMIT,
	[FORKFAIL_KEY_PIDNS]	 = TYPE_NUMBER,
	[FORKFAIL_KEY_USERNS]	 = TYPE_NUMBER,
	[FORKFAIL_KEY_FLAGS]	 = TYPE_HEX,
	[FORKFAIL_KEY_FIRST_SEQ] = TYPE_NUMBER,
	[FORKFAIL_KEY_REPEAT]	 = TYPE_NUMBER,
	[FORKFAIL_KEY_LAST]	 = TYPE_TIME,
	[FORKFAIL_KEY_COUNTED]	 = TYPE_NUMBER,
	[FORKFAIL_KEY_LAST_IN_USE] = TYPE_LIMIT,
	[FORKFAIL_KEY_OBJECT_ID] = TYPE_NUMBER,
	[FORKFAIL_KEY_ASKED]	 = TYPE_NUMBER,
	[FORKFAIL_KEY_HARD]	 = TYPE_LIMIT,
	[FORKFAIL_KEY_THREADS] = TYPE_NUMBER,
	[FORKFAIL_KEY_HOLDER_PROGRAM_TASKS] = TYPE_NUMBER,
	[FORKFAIL_KEY_ZOMBIES] = TYPE_NUMBER,
	[FORKFAIL_KEY_ZOMBIES_PARENT_TGID] = TYPE_NUMBER,
	[FORKFAIL_KEY_HOLDER_TGID] = TYPE_NUMBER,
	[FORKFAIL_KEY_HOLDER_TASKS] = TYPE_NUMBER,
	[FORKFAIL_KEY_HOLDER_UID] = TYPE_NUMBER,
	[FORKFAIL_KEY_HOLDER_UID_TASKS] = TYPE_NUMBER,
	[FORKFAIL_KEY_HOLDER_CGROUP_TASKS] = TYPE_NUMBER,
	[FORKFAIL_KEY_SET_TID]	 = TYPE_SIGNED,
	[FORKFAIL_KEY_TAKEN_TGID] = TYPE_NUMBER,
	[FORKFAIL_KEY_TAKEN_PARENT] = TYPE_NUMBER,
};

/**
 * event_key_name() - the name of a key
 * @key: which
 *
 * Return: the name in the text.
 */
const char *event_key_name(enum forkfail_key key)
{
	return keys[key].name;
}

/**
 * event_key_help() - what a key means
 * @key: which
 *
 * Return: one line.
 */
const char *event_key_help(enum forkfail_key key)
{
	return keys[key].help;
}

/**
 * event_key_is_number() - are the values of this key numbers?
 * @key: which
 *
 * Return: true for decimal numbers, also where "max" may stand in for one.
 */
bool event_key_is_number(enum forkfail_key key)
{
	return key_types[key] == TYPE_NUMBER || key_types[key] == TYPE_SIGNED ||
	       key_types[key] == TYPE_LIMIT;
}

/**
 * event_looks_like() - does this line look like an event?
 * @line: the line
 *
 * Return: true if it begins with a date.
 */
bool event_looks_like(const char *line)
{
	return strspn(line, "0123456789") == 4 && line[4] == '-';
}

static bool value_fits(enum forkfail_key key, const char *value)
{
	struct timespec ts;

	switch ((enum key_type)key_types[key]) {
	case TYPE_NUMBER:
		return text_to_u64(value, NULL);
	case TYPE_SIGNED:
		return text_to_u64(value + (*value == '-'), NULL);
	case TYPE_LIMIT:
		return text_is_limit(value);
	case TYPE_HEX:
		return text_is_hex(value);
	case TYPE_TIME:
		return times_parse(value, &ts);
	case TYPE_WORD:
		break;
	}
	return true;
}

static int find_key(const char *name, size_t len)
{
	int i;

	for (i = 0; i < FORKFAIL_NR_KEYS; i++)
		if (!strncmp(keys[i].name, name, len) && !keys[i].name[len])
			return i;
	return -1;
}

static void keep_other(struct event *ev, const char *word, size_t len)
{
	size_t old = ev->other ? strlen(ev->other) : 0;

	ev->other = xrealloc(ev->other, old + len + 2, 1);
	if (old)
		ev->other[old++] = ' ';
	memcpy(ev->other + old, word, len);
	ev->other[old + len] = '\0';
}

/*
 * Parse the word at @p, "key=value" or "key="quoted value"", and skip it.
 * Return: what is wrong with it, or NULL.
 */
static const char *take_word(struct event *ev, char **p)
{
	char *word = *p, *value, *end;
	size_t name_len = strcspn(word, "= \"");
	int key;

	if (word[name_len] != '=' || !text_is_name(word, name_len))
		return "a word is not of the form key=value";
	value = word + name_len + 1;
	if (*value == '"') {
		end = strchr(value + 1, '"');
		if (!end)
			return "a string is not terminated";
		end++;
	} else {
		end = value + strcspn(value, " \"");
		if (end == value)
			return "a value is missing";
	}
	if (*end && *end != ' ')
		return "a word is not of the form key=value";
	*p = end + strspn(end, " ");

	key = find_key(word, name_len);
	if (key < 0) {
		keep_other(ev, word, (size_t)(end - word));
		return NULL;
	}
	if (ev->value[key])
		return "a key occurs twice";
	if (*value == '"') {
		value++;
		end--;
	}
	*end = '\0';
	if (!value_fits((enum forkfail_key)key, value))
		return "a value has the wrong type for its key";
	ev->value[key] = value;
	return NULL;
}

/**
 * event_parse() - parse an event line
 * @ev: the result; release it with event_free(), also on error
 * @line: the line without its newline; changed, and @ev points into it
 *
 * Return: NULL, or what is wrong with the line.
 */
const char *event_parse(struct event *ev, char *line)
{
	char *p = line + strcspn(line, " ");
	const char *err;

	memset(ev, 0, sizeof(*ev));
	if (!text_is_clean(line, strlen(line)))
		return "it has unprintable bytes";
	if (*p)
		*p++ = '\0';
	if (!times_parse(line, &ev->when))
		return "it does not begin with a time";
	ev->time = line;
	p += strspn(p, " ");
	while (*p) {
		err = take_word(ev, &p);
		if (err)
			return err;
	}
	if (!ev->value[FORKFAIL_KEY_SEQ] || !ev->value[FORKFAIL_KEY_CAUSE])
		return "seq= or cause= is missing";
	text_to_u64(ev->value[FORKFAIL_KEY_SEQ], &ev->seq);
	if (ev->value[FORKFAIL_KEY_REPEAT])
		text_to_u64(ev->value[FORKFAIL_KEY_REPEAT], &ev->repeat);
	ev->last = ev->when;
	if (ev->value[FORKFAIL_KEY_LAST])
		times_parse(ev->value[FORKFAIL_KEY_LAST], &ev->last);
	return NULL;
}

/**
 * event_free() - release what event_parse() allocated
 * @ev: the event
 */
void event_free(struct event *ev)
{
	free(ev->other);
	ev->other = NULL;
}

/**
 * event_order() - compare two events by their last time
 * @a: one
 * @b: the other
 *
 * Return: as strcmp(): negative if @a is older.
 */
int event_order(const struct event *a, const struct event *b)
{
	if (a->last.tv_sec != b->last.tv_sec)
		return a->last.tv_sec < b->last.tv_sec ? -1 : 1;
	if (a->last.tv_nsec != b->last.tv_nsec)
		return a->last.tv_nsec < b->last.tv_nsec ? -1 : 1;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

/**
 * event_last() - when an event happened last
 * @ev: the event
 *
 * Return: the time as in the log.
 */
const char *event_last(const struct event *ev)
{
	const char *last = ev->value[FORKFAIL_KEY_LAST];

	return last ? last : ev->time;
}
