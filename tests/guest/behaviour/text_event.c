// SPDX-License-Identifier: GPL-2.0-only
/*
 * text_event.c - parses one event line, strictly
 *
 * Written from uapi/forkfail.h, not from the module's code, so that torn and forged lines are
 * noticed.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdarg.h>

#include "../../lib/event_line.h"
#include "guest.h"
#include "text_event.h"

static const char * const key_names[] = {
#define X(symbol, name, meaning) name,
	FORKFAIL_KEYS(X)
#undef X
};

static const struct {
	int number;
	const char *id;
} causes[] = {
#define FORKFAIL_CAUSE(number, symbol, id, ...) { number, id },
#include "../../../uapi/causes.def"
#undef FORKFAIL_CAUSE
};

#define X(symbol, name, meaning) name,
static const char * const proofs[] = { FORKFAIL_PROOFS(X) NULL };
static const char * const kinds[] = { FORKFAIL_KINDS(X) NULL };
static const char * const scopes[] = { FORKFAIL_SCOPES(X) NULL };
static const char * const units[] = { FORKFAIL_UNITS(X) NULL };
static const char * const stacks[] = { FORKFAIL_STACKS(X) NULL };
static const char * const syscalls[] = { FORKFAIL_SYSCALLS(X) NULL };
static const char * const takens[] = { FORKFAIL_TAKENS(X) NULL };
static const char * const yes_no[] = { "yes", "no", NULL };
#undef X

/* Keys whose value is one of a few words; the first word of the last three is never written. */
static const char * const * const words_of[FORKFAIL_NR_KEYS] = {
	[FORKFAIL_KEY_KIND] = kinds,
	[FORKFAIL_KEY_PROOF] = proofs,
	[FORKFAIL_KEY_SCOPE] = scopes,
	[FORKFAIL_KEY_UNIT] = units,
	[FORKFAIL_KEY_COMPLETE] = yes_no,
	[FORKFAIL_KEY_STACK] = stacks + 1,
	[FORKFAIL_KEY_SYSCALL] = syscalls + 1,
	[FORKFAIL_KEY_TAKEN] = takens + 1,
};

/**
 * cause_by_name - number of a cause
 * @name: its id
 * @len: length of it
 *
 * Return: the number, -1 if there is none of that name.
 */
int cause_by_name(const char *name, size_t len)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(causes); i++)
		if (strlen(causes[i].id) == len && !memcmp(causes[i].id, name, len))
			return causes[i].number;
	return -1;
}

/**
 * cause_name - id of a cause
 * @cause: its number
 *
 * Return: never NULL.
 */
const char *cause_name(int cause)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(causes); i++)
		if (causes[i].number == cause)
			return causes[i].id;
	return "?";
}

/* ---- words --------------------------------------------------------------- */

/**
 * text_wrong - record what is wrong with a text
 * @t: receives it
 * @line: the line, NULL if it is not about one
 * @fmt: as for printf
 *
 * Return: false.
 */
bool text_wrong(struct text *t, const char *line, const char *fmt, ...)
{
	int n;
	va_list ap;

	va_start(ap, fmt);
	n = vsnprintf(t->wrong, 512, fmt, ap);
	va_end(ap);
	if (line)
		snprintf(t->wrong + n, 400, ": \"%s\"", line);
	return false;
}

static bool in_list(const char * const *list, const char *word)
{
	for (; *list; list++)
		if (!strcmp(*list, word))
			return true;
	return false;
}

/**
 * is_decimal - is it a number: digits, no sign, no leading zero?
 * @s: the string
 * @n: receives the number
 *
 * Return: true if so.
 */
bool is_decimal(const char *s, uint64_t *n)
{
	char *end;

	if (!isdigit((unsigned char)*s) || (s[0] == '0' && s[1]))
		return false;
	errno = 0;
	*n = strtoull(s, &end, 10);
	return !*end && !errno;
}

static bool matches(const char *s, const char *pattern)
{
	/* in a pattern, 9 stands for any digit */
	for (; *pattern; s++, pattern++)
		if (*pattern == '9' ? !isdigit((unsigned char)*s) : *s != *pattern)
			return false;
	return !*s;
}

/**
 * is_time - is it a time as in the log?
 * @s: the string
 *
 * Return: true if so.
 */
bool is_time(const char *s)
{
	return matches(s, "9999-99-99T99:99:99.999999Z");
}

/**
 * is_age - is it an age as in the table: 5m?
 * @s: the string
 *
 * Return: true if so.
 */
bool is_age(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n && n < 6 && strlen(s) == n + 1 && strchr("smhd", s[n]);
}

/**
 * is_errno - is it an errno: a name, a number, or "none"?
 * @s: the string
 *
 * Return: true if so.
 */
bool is_errno(const char *s)
{
	uint64_t n;

	if (is_decimal(s, &n))
		return n && n < 4096;
	if (!strcmp(s, "none"))
		return true;
	return *s == 'E' && strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == strlen(s);
}

/**
 * is_amount - is it a limit or a usage: a number, maybe negative, or "max"?
 * @s: the string
 *
 * Return: true if so.
 */
bool is_amount(const char *s)
{
	uint64_t n;

	return !strcmp(s, "max") || is_decimal(s + (*s == '-'), &n);
}

/* ---- an event line ------------------------------------------------------- */

static int hex(int c)
{
	return isdigit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool check_value(struct text *t, struct event *e, int key, bool quoted, const char *line)
{
	static const unsigned char strings[] = {
		FORKFAIL_KEY_COMM, FORKFAIL_KEY_OBJECT, FORKFAIL_KEY_CGROUP, FORKFAIL_KEY_HOLDERS,
		FORKFAIL_KEY_HOLDER_PROGRAM, FORKFAIL_KEY_ZOMBIES_PARENT,
		FORKFAIL_KEY_HOLDER_PROCESS, FORKFAIL_KEY_HOLDER_CGROUP, FORKFAIL_KEY_TAKEN_COMM,
	};
	/* types of namespaces; any other value is a cause */
	static const char * const namespaces[] = {
		"mnt", "uts", "ipc", "pid", "cgroup", "net", "time", "user",
	};
	const char *v = e->val[key], *p;
	char list[512], *rest = list, *word;
	unsigned int i;
	uint64_t n;
	bool good = true, string;

	for (i = 0; i < ARRAY_SIZE(strings) && strings[i] != key; i++)
		;
	string = i < ARRAY_SIZE(strings);
	if (quoted != string)
		return text_wrong(t, line, "%s is %squoted", key_names[key], quoted ? "" : "not ");
	if (words_of[key])
		good = in_list(words_of[key], v);
	switch (key) {
	case FORKFAIL_KEY_SEQ:
		good = is_decimal(v, &e->seq) && e->seq;
		break;
	case FORKFAIL_KEY_CAUSE:
		e->cause = cause_by_name(v, strlen(v));
		good = e->cause >= 0;
		break;
	case FORKFAIL_KEY_FIRST_CAUSE:
		good = cause_by_name(v, strlen(v)) >= 0;
		break;
	case FORKFAIL_KEY_ALLOC:
		for (i = 0; i < ARRAY_SIZE(namespaces) && strcmp(v, namespaces[i]); i++)
			;
		good = i < ARRAY_SIZE(namespaces) || cause_by_name(v, strlen(v)) >= 0;
		break;
	case FORKFAIL_KEY_CANDIDATES:
		snprintf(list, sizeof(list), "%s", v);
		while (good && (word = strsep(&rest, ",")))
			good = cause_by_name(word, strlen(word)) >= 0;
		break;
	case FORKFAIL_KEY_ERRNO:
		good = is_errno(v);
		break;
	case FORKFAIL_KEY_SIGNAL:
		good = !strncmp(v, "SIG", 3) || is_decimal(v, &n);
		break;
	case FORKFAIL_KEY_RESTARTS:
		good = is_decimal(v, &n) && n >= 100;
		break;
	case FORKFAIL_KEY_SINCE:
		good = is_time(v);
		break;
	case FORKFAIL_KEY_STEP:
		for (p = v; *p; p++)
			good &= islower((unsigned char)*p) || isdigit((unsigned char)*p) ||
				*p == '_' || *p == '-';
		good &= *v != 0;
		break;
	case FORKFAIL_KEY_LIMIT:
	case FORKFAIL_KEY_IN_USE:
	case FORKFAIL_KEY_LAST_IN_USE:
	case FORKFAIL_KEY_HARD:
		good = is_amount(v);
		break;
	case FORKFAIL_KEY_FLAGS:
		good = !strncmp(v, "0x", 2) && v[2] &&
		       strspn(v + 2, "0123456789abcdef") == strlen(v + 2);
		break;
	case FORKFAIL_KEY_LAST:
		good = is_time(v);
		break;
	case FORKFAIL_KEY_REPEAT:
		good = is_decimal(v, &e->repeat) && e->repeat;
		break;
	case FORKFAIL_KEY_PID:
	case FORKFAIL_KEY_TGID:
	case FORKFAIL_KEY_UID:
	case FORKFAIL_KEY_PIDNS:
	case FORKFAIL_KEY_USERNS:
	case FORKFAIL_KEY_FIRST_SEQ:
	case FORKFAIL_KEY_COUNTED:
	case FORKFAIL_KEY_OBJECT_ID:
	case FORKFAIL_KEY_ASKED:
	case FORKFAIL_KEY_HOLDER_UID:
		good = is_decimal(v, &n);
		break;
	case FORKFAIL_KEY_THREADS:
	case FORKFAIL_KEY_HOLDER_PROGRAM_TASKS:
	case FORKFAIL_KEY_ZOMBIES:
	case FORKFAIL_KEY_ZOMBIES_PARENT_TGID:
	case FORKFAIL_KEY_HOLDER_TGID:
	case FORKFAIL_KEY_HOLDER_TASKS:
	case FORKFAIL_KEY_HOLDER_UID_TASKS:
	case FORKFAIL_KEY_HOLDER_CGROUP_TASKS:
	case FORKFAIL_KEY_TAKEN_TGID:
	case FORKFAIL_KEY_TAKEN_PARENT:
		good = is_decimal(v, &n) && n;
		break;
	case FORKFAIL_KEY_SET_TID:
		good = is_decimal(v + (*v == '-'), &n);
		break;
	}
	return good || text_wrong(t, line, "%s has a bad value", key_names[key]);
}

/**
 * text_parse_event - parse an event line
 * @t: receives the event
 * @line: the line
 * @out: where its strings go; advanced
 *
 * Return: false if anything is wrong with it; @t->wrong says what.
 */
bool text_parse_event(struct text *t, const char *line, char **out)
{
	static const unsigned char required[] = {
		FORKFAIL_KEY_SEQ, FORKFAIL_KEY_CAUSE, FORKFAIL_KEY_ERRNO, FORKFAIL_KEY_PROOF,
		FORKFAIL_KEY_STEP, FORKFAIL_KEY_PID, FORKFAIL_KEY_TGID, FORKFAIL_KEY_COMM,
		FORKFAIL_KEY_UID, FORKFAIL_KEY_PIDNS, FORKFAIL_KEY_USERNS,
	};
	/* keys that come together or not at all */
	static const unsigned char pairs[][2] = {
		{ FORKFAIL_KEY_LIMIT, FORKFAIL_KEY_IN_USE },
		{ FORKFAIL_KEY_LIMIT, FORKFAIL_KEY_UNIT },
		{ FORKFAIL_KEY_SCOPE, FORKFAIL_KEY_OBJECT },
		{ FORKFAIL_KEY_REPEAT, FORKFAIL_KEY_LAST },
		{ FORKFAIL_KEY_HOLDERS, FORKFAIL_KEY_COUNTED },
		{ FORKFAIL_KEY_HOLDERS, FORKFAIL_KEY_COMPLETE },
		{ FORKFAIL_KEY_HOLDER_PROGRAM, FORKFAIL_KEY_HOLDER_PROGRAM_TASKS },
		{ FORKFAIL_KEY_ZOMBIES, FORKFAIL_KEY_ZOMBIES_PARENT },
		{ FORKFAIL_KEY_ZOMBIES, FORKFAIL_KEY_ZOMBIES_PARENT_TGID },
		{ FORKFAIL_KEY_HOLDER_PROCESS, FORKFAIL_KEY_HOLDER_TGID },
		{ FORKFAIL_KEY_HOLDER_PROCESS, FORKFAIL_KEY_HOLDER_TASKS },
		{ FORKFAIL_KEY_HOLDER_UID, FORKFAIL_KEY_HOLDER_UID_TASKS },
		{ FORKFAIL_KEY_HOLDER_CGROUP, FORKFAIL_KEY_HOLDER_CGROUP_TASKS },
		{ FORKFAIL_KEY_TAKEN_COMM, FORKFAIL_KEY_TAKEN_TGID },
	};
	struct event *e;
	const char *p = line;
	int key = -1, next;
	unsigned int i;

	if (t->nr_events == MAX_EVENTS)
		return text_wrong(t, line, "more than %d events", MAX_EVENTS);
	e = &t->events[t->nr_events];
	memset(e, 0, sizeof(*e));
	if (strlen(line) < 28 || line[27] != ' ')
		return text_wrong(t, line, "no time at the start");
	memcpy(e->time, line, 27);
	if (!is_time(e->time))
		return text_wrong(t, line, "a bad time");
	p += 27;
	while (*p) {
		size_t n;
		bool quoted;

		if (*p++ != ' ')
			return text_wrong(t, line, "no blank at column %d", (int)(p - line));
		n = strspn(p, "abcdefghijklmnopqrstuvwxyz_");
		if (!n || p[n] != '=')
			return text_wrong(t, line, "no key at column %d", (int)(p - line));
		for (next = 0; next < FORKFAIL_NR_KEYS; next++)
			if (strlen(key_names[next]) == n && !memcmp(key_names[next], p, n))
				break;
		if (next == FORKFAIL_NR_KEYS)
			return text_wrong(t, line, "an unknown key %.*s", (int)n, p);
		if (next <= key)
			return text_wrong(t, line, "%s comes after %s", key_names[next],
				     key_names[key]);
		key = next;
		p += n + 1;
		e->val[key] = *out;
		quoted = *p == '"';
		if (quoted) {
			for (p++; *p && *p != '"'; p++) {
				int c = (unsigned char)*p;

				if (c == '\\') {
					if (p[1] != 'x' || hex(p[2]) < 0 || hex(p[3]) < 0)
						return text_wrong(t, line, "a bad escape");
					c = hex(p[2]) << 4 | hex(p[3]);
					if (c >= ' ' && c <= '~' && c != '"' && c != '\\')
						return text_wrong(t, line, "an escape without need");
					p += 3;
				} else if (c < ' ' || c > '~') {
					return text_wrong(t, line, "byte %#x in a string", c);
				}
				*(*out)++ = c;
			}
			if (*p++ != '"')
				return text_wrong(t, line, "a string without an end");
		} else {
			n = strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:,+");
			if (!n)
				return text_wrong(t, line, "%s has no value", key_names[key]);
			memcpy(*out, p, n);
			*out += n;
			p += n;
		}
		e->end[key] = *out;
		*(*out)++ = 0;
		if (!check_value(t, e, key, quoted, line))
			return false;
	}
	for (i = 0; i < ARRAY_SIZE(required); i++)
		if (!e->val[required[i]])
			return text_wrong(t, line, "no %s", key_names[required[i]]);
	for (i = 0; i < ARRAY_SIZE(pairs); i++)
		if (!e->val[pairs[i][0]] != !e->val[pairs[i][1]])
			return text_wrong(t, line, "%s and %s belong together",
					  key_names[pairs[i][0]], key_names[pairs[i][1]]);
	if (!strcmp(e->val[FORKFAIL_KEY_PROOF], "inferred") != !!e->val[FORKFAIL_KEY_CANDIDATES])
		return text_wrong(t, line, "candidates and proof=inferred belong together");
	t->nr_events++;
	return true;
}

/**
 * value - a value of an event
 * @e: the event
 * @key: the key
 *
 * Return: the value, "" if there is none.
 */
const char *value(const struct event *e, enum forkfail_key key)
{
	return e->val[key] ?: "";
}

/**
 * note_event - print an unexpected event, with all its keys
 * @e: the event
 */
void note_event(const struct event *e)
{
	char line[1500] = "";
	unsigned int k, n = 0;

	for (k = 0; k < FORKFAIL_NR_KEYS && n < sizeof(line); k++)
		if (e->val[k])
			n += snprintf(line + n, sizeof(line) - n, " %s=%s", key_names[k],
				      e->val[k]);
	note("%s", line);
}

/**
 * errno_fits - is an event's errno one that its cause can have?
 * @e: the event
 *
 * Return: true if the table of causes says so.
 */
bool errno_fits(const struct event *e)
{
	return errno_allowed(value(e, FORKFAIL_KEY_CAUSE), value(e, FORKFAIL_KEY_ERRNO)) == 1;
}
