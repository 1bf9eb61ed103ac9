// SPDX-License-Identifier: GPL-2.0-only
/*
 * text.c - the page and the log, taken strictly
 *
 * Written from uapi/forkfail.h and the page's description, not from the
 * module's code: a line that is torn, repeated, missing or forged must show.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdarg.h>

#include "guest.h"

static const char * const key_names[] = {
#define X(symbol, name, meaning) name,
	FORKFAIL_KEYS(X)
#undef X
};

static const struct {
	int number;
	const char *id, *errnos;
} causes[] = {
#define FORKFAIL_CAUSE(number, symbol, id, errnos, ...) { number, id, errnos },
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
static const char * const yes_no[] = { "yes", "no", NULL };
#undef X

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

static bool wrong(struct text *t, const char *line, const char *fmt, ...)
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

/* Digits, no sign, no zero in front. */
static bool decimal(const char *s, uint64_t *n)
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
	/* 9 a digit, everything else itself */
	for (; *pattern; s++, pattern++)
		if (*pattern == '9' ? !isdigit((unsigned char)*s) : *s != *pattern)
			return false;
	return !*s;
}

static bool is_time(const char *s)
{
	return matches(s, "9999-99-99T99:99:99.999999Z");
}

static bool is_age(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n && n < 6 && strlen(s) == n + 1 && strchr("smhd", s[n]);
}

static bool is_errno(const char *s)
{
	uint64_t n;

	if (decimal(s, &n))
		return n && n < 4096;
	if (!strcmp(s, "none"))
		return true;
	return *s == 'E' && strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == strlen(s);
}

/* A limit or a usage: a number, perhaps below zero, or "max". */
static bool is_amount(const char *s)
{
	uint64_t n;

	return !strcmp(s, "max") || decimal(s + (*s == '-'), &n);
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
	};
	/* of namespaces; else it is a cause */
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
		return wrong(t, line, "%s is %squoted", key_names[key], quoted ? "" : "not ");
	switch (key) {
	case FORKFAIL_KEY_SEQ:
		good = decimal(v, &e->seq) && e->seq;
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
	case FORKFAIL_KEY_KIND:
		good = in_list(kinds, v);
		break;
	case FORKFAIL_KEY_PROOF:
		good = in_list(proofs, v);
		break;
	case FORKFAIL_KEY_SCOPE:
		good = in_list(scopes, v);
		break;
	case FORKFAIL_KEY_UNIT:
		good = in_list(units, v);
		break;
	case FORKFAIL_KEY_COMPLETE:
		good = in_list(yes_no, v);
		break;
	case FORKFAIL_KEY_STACK:
		good = in_list(stacks, v) && strcmp(v, stacks[0]);
		break;
	case FORKFAIL_KEY_SYSCALL:
		good = in_list(syscalls, v) && strcmp(v, syscalls[0]);
		break;
	case FORKFAIL_KEY_SIGNAL:
		good = !strncmp(v, "SIG", 3) || decimal(v, &n);
		break;
	case FORKFAIL_KEY_RESTARTS:
		good = decimal(v, &n) && n >= 100;
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
		good = decimal(v, &e->repeat) && e->repeat;
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
		good = decimal(v, &n);
		break;
	}
	return good || wrong(t, line, "%s has a bad value", key_names[key]);
}

static bool parse_event(struct text *t, const char *line, char **out)
{
	static const unsigned char required[] = {
		FORKFAIL_KEY_SEQ, FORKFAIL_KEY_CAUSE, FORKFAIL_KEY_ERRNO, FORKFAIL_KEY_PROOF,
		FORKFAIL_KEY_STEP, FORKFAIL_KEY_PID, FORKFAIL_KEY_TGID, FORKFAIL_KEY_COMM,
		FORKFAIL_KEY_UID, FORKFAIL_KEY_PIDNS, FORKFAIL_KEY_USERNS,
	};
	/* what comes together or not at all */
	static const unsigned char pairs[][2] = {
		{ FORKFAIL_KEY_LIMIT, FORKFAIL_KEY_IN_USE },
		{ FORKFAIL_KEY_LIMIT, FORKFAIL_KEY_UNIT },
		{ FORKFAIL_KEY_SCOPE, FORKFAIL_KEY_OBJECT },
		{ FORKFAIL_KEY_REPEAT, FORKFAIL_KEY_LAST },
		{ FORKFAIL_KEY_HOLDERS, FORKFAIL_KEY_COUNTED },
		{ FORKFAIL_KEY_HOLDERS, FORKFAIL_KEY_COMPLETE },
	};
	struct event *e;
	const char *p = line;
	int key = -1, next;
	unsigned int i;

	if (t->nr_events == MAX_EVENTS)
		return wrong(t, line, "more than %d events", MAX_EVENTS);
	e = &t->events[t->nr_events];
	memset(e, 0, sizeof(*e));
	if (strlen(line) < 28 || line[27] != ' ')
		return wrong(t, line, "no time at the start");
	memcpy(e->time, line, 27);
	if (!is_time(e->time))
		return wrong(t, line, "a bad time");
	p += 27;
	while (*p) {
		size_t n;
		bool quoted;

		if (*p++ != ' ')
			return wrong(t, line, "no blank at column %d", (int)(p - line));
		n = strspn(p, "abcdefghijklmnopqrstuvwxyz_");
		if (!n || p[n] != '=')
			return wrong(t, line, "no key at column %d", (int)(p - line));
		for (next = 0; next < FORKFAIL_NR_KEYS; next++)
			if (strlen(key_names[next]) == n && !memcmp(key_names[next], p, n))
				break;
		if (next == FORKFAIL_NR_KEYS)
			return wrong(t, line, "an unknown key %.*s", (int)n, p);
		if (next <= key)
			return wrong(t, line, "%s comes after %s", key_names[next],
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
						return wrong(t, line, "a bad escape");
					c = hex(p[2]) << 4 | hex(p[3]);
					if (c >= ' ' && c <= '~' && c != '"' && c != '\\')
						return wrong(t, line, "an escape without need");
					p += 3;
				} else if (c < ' ' || c > '~') {
					return wrong(t, line, "byte %#x in a string", c);
				}
				*(*out)++ = c;
			}
			if (*p++ != '"')
				return wrong(t, line, "a string without an end");
		} else {
			n = strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:,+");
			if (!n)
				return wrong(t, line, "%s has no value", key_names[key]);
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
			return wrong(t, line, "no %s", key_names[required[i]]);
	for (i = 0; i < ARRAY_SIZE(pairs); i++)
		if (!e->val[pairs[i][0]] != !e->val[pairs[i][1]])
			return wrong(t, line, "%s and %s belong together", key_names[pairs[i][0]],
				     key_names[pairs[i][1]]);
	if (!strcmp(e->val[FORKFAIL_KEY_PROOF], "inferred") != !!e->val[FORKFAIL_KEY_CANDIDATES])
		return wrong(t, line, "candidates and proof=inferred belong together");
	t->nr_events++;
	return true;
}

/* ---- line 1 -------------------------------------------------------------- */

static bool parse_header(struct text *t, char *line)
{
	static const char * const words[] = {
		"forkfail", "1", "kernel", NULL, "loaded", NULL, "ago", "points", NULL, "missed",
		NULL, "unexplained", NULL, "restarts", NULL, "lost", NULL,
	};
	char copy[512], *rest = copy, *word, *slash;
	const char *values[ARRAY_SIZE(words)];
	unsigned int i;
	uint64_t n[2];

	if (strlen(line) >= sizeof(copy))
		return wrong(t, line, "line 1 is too long");
	strcpy(copy, line);
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		word = strsep(&rest, " ");
		if (!word || !*word || (words[i] && strcmp(word, words[i])))
			return wrong(t, line, "line 1: no %s", words[i] ?: words[i - 1]);
		values[i] = word;
	}
	t->kernel = strdup(values[3]);
	t->loaded = strdup(values[5]);
	slash = strchr(values[8], '/');
	if (!slash)
		return wrong(t, line, "line 1: points");
	*slash = 0;
	if (!decimal(values[8], &n[0]) || !decimal(slash + 1, &n[1]) || n[0] > n[1] || !n[0])
		return wrong(t, line, "line 1: points");
	t->armed = n[0];
	t->wanted = n[1];
	if (!decimal(values[10], &t->missed) || !decimal(values[12], &t->unexplained) ||
	    !decimal(values[14], &t->restarts) || !decimal(values[16], &t->lost))
		return wrong(t, line, "line 1: a number");
	if (rest && !strncmp(rest, "internal ", 9)) {
		/* what the kernel wanted for itself: in the log, but nobody's failure */
		strsep(&rest, " ");
		if (!decimal(strsep(&rest, " "), &t->internal) || !t->internal)
			return wrong(t, line, "line 1: internal");
	}
	if (rest && !strncmp(rest, "clone3-enosys ", 14)) {
		strsep(&rest, " ");
		if (!decimal(strsep(&rest, " "), &t->fallbacks) || !t->fallbacks)
			return wrong(t, line, "line 1: clone3-enosys");
	}
	if (rest && !strncmp(rest, "notwatched ", 11)) {
		strsep(&rest, " ");
		word = strsep(&rest, " ");
		t->stacks_off = !strncmp(word, "stacks", 6);
		t->syscalls_off = strlen(word) >= 8 && !strcmp(word + strlen(word) - 8, "syscalls");
		if (!t->stacks_off && !t->syscalls_off)
			return wrong(t, line, "line 1: notwatched");
	}
	if (!rest || strncmp(rest, "version ", 8))
		return wrong(t, line, "line 1: no version");
	strsep(&rest, " ");
	word = strsep(&rest, " ");
	if (!isdigit((unsigned char)*word))
		return wrong(t, line, "line 1: version");
	if (rest && !strncmp(rest, "tested no", 9) && strchr(" ", rest[9]))
		rest += rest[9] ? 10 : 9;
	word = rest && !strncmp(rest, "noroom ", 7) ? (strsep(&rest, " "), strsep(&rest, " ")) :
						      "";
	if (!decimal(word, &t->noroom))
		return wrong(t, line, "line 1: noroom");
	word = rest && !strncmp(rest, "load ", 5) ? (strsep(&rest, " "), strsep(&rest, " ")) : "";
	if (!*word || strlen(word) > FORKFAIL_LOAD_LEN ||
	    strspn(word, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") !=
	    strlen(word))
		return wrong(t, line, "line 1: load");
	t->load = strdup(word);
	if (!rest)
		return true;
	if (strncmp(rest, "blind since ", 12) || !is_time(rest + 12))
		return wrong(t, line, "line 1: \"%s\"", rest);
	t->blind_since = strdup(rest + 12);
	return true;
}

/* ---- a row of the table --------------------------------------------------- */

static bool parse_row(struct text *t, const char *line)
{
	struct row *r = &t->rows[t->nr_rows];
	char cause[64], count[32];
	int at = 0;

	if (t->nr_rows == MAX_ROWS)
		return wrong(t, line, "too many rows");
	memset(r, 0, sizeof(*r));
	if (sscanf(line, "%63s %31s %15s %23s %23s %23s %n", cause, count, r->last, r->err,
		   r->limit, r->in_use, &at) != 6 || !at || !line[at] || line[at - 1] != ' ')
		return wrong(t, line, "a row with too few columns");
	if (snprintf(r->object, sizeof(r->object), "%s", line + at) >= (int)sizeof(r->object))
		return wrong(t, line, "a row with a long object");
	r->cause = cause_by_name(cause, strlen(cause));
	if (r->cause < 0)
		return wrong(t, line, "a row with an unknown cause");
	if (!decimal(count, &r->count) || !r->count)
		return wrong(t, line, "a row with a bad count");
	if ((strcmp(r->last, "-") && !is_age(r->last)) ||
	    (strcmp(r->err, "-") && !is_errno(r->err)) ||
	    (strcmp(r->limit, "-") && !is_amount(r->limit)) ||
	    (strcmp(r->in_use, "-") && !is_amount(r->in_use)))
		return wrong(t, line, "a row with a bad column");
	t->nr_rows++;
	return true;
}

/* ---- the whole ----------------------------------------------------------- */

static char *next_line(char **rest)
{
	char *line = *rest, *end;

	if (!*line)
		return NULL;
	end = strchr(line, '\n');
	*end = 0;
	*rest = end + 1;
	return line;
}

/* Text as a whole: lines of printable ASCII, each with its end. */
static bool begin(struct text *t, char *raw, size_t len)
{
	size_t i;

	memset(t, 0, sizeof(*t));
	if (!raw)
		return wrong(t, NULL, "cannot be read: %s", strerror(errno));
	t->raw = raw;
	t->len = len;
	t->strings = malloc(len * 2 + 1);
	if (!len || raw[len - 1] != '\n')
		return wrong(t, NULL, "%zu bytes, and the last line has no end", len);
	for (i = 0; i < len; i++)
		if (raw[i] != '\n' && (raw[i] < ' ' || raw[i] > '~'))
			return wrong(t, NULL, "byte %#x at %zu", (unsigned char)raw[i], i);
	return true;
}

/**
 * parse_log - take a log apart
 * @t: receives what is in it, to be given to text_free()
 * @raw: the text, which is taken over; NULL with errno is refused
 * @len: its length
 *
 * Return: false if anything is wrong with it; @t->wrong says what.
 */
bool parse_log(struct text *t, char *raw, size_t len)
{
	char *rest = raw, *line, *out;

	if (!begin(t, raw, len))
		return false;
	out = t->strings;
	if (!parse_header(t, next_line(&rest)))
		return false;
	while ((line = next_line(&rest))) {
		if (!parse_event(t, line, &out))
			return false;
		if (t->nr_events > 1 && t->events[t->nr_events - 1].seq <=
		    t->events[t->nr_events - 2].seq)
			return wrong(t, line, "seq does not grow");
	}
	return true;
}

static bool starts(const char *line, const char *with)
{
	return line && !strncmp(line, with, strlen(with));
}

/* What the page tells of: each line once, in this order. */
static bool parse_answer(struct text *t, char **rest, char **line)
{
	struct {
		const char *key;
		char **value;
		bool needed;
	} lines[] = {
		{ "because: ", &t->because, false },
		{ "event: ", &t->event, true },
		{ "not: ", &t->not, false },
		{ "now: ", &t->now, true },
		{ "do: ", &t->todo, false },
		{ "or: ", &t->or, false },
		{ "lasting: ", &t->lasting, false },
		{ "note: ", &t->note, true },
		{ "holders: ", &t->holders, false },
		{ "also: ", &t->also, false },
		{ "yours: ", &t->yours, false },
	};
	unsigned int i;
	char age[16];
	int at = 0;

	*line = next_line(rest);
	if (!starts(*line, "last: "))
		return wrong(t, *line, "line 2 is not the answer");
	t->last = *line + 6;
	*line = next_line(rest);
	if (!strcmp(t->last, "none"))
		return true;
	if (sscanf(t->last, "%15s ago %n", age, &at) != 1 || !at || !is_age(age))
		return wrong(t, t->last, "the answer");
	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		if (!starts(*line, lines[i].key)) {
			if (lines[i].needed)
				return wrong(t, *line, "no \"%s\"", lines[i].key);
			continue;
		}
		*lines[i].value = *line + strlen(lines[i].key);
		*line = next_line(rest);
	}
	return true;
}

static bool parse_table(struct text *t, char **rest)
{
	static const char head[] =
		"cause                           count   last  errno           limit     in_use  object";
	char *line = next_line(rest);

	if (!line || strcmp(line, head))
		return wrong(t, line, "the table's head");
	while ((line = next_line(rest)) && *line)
		if (!parse_row(t, line))
			return false;
	return true;
}

/* The event that the answer is about is among those of the page. */
static bool names_event(const struct text *t)
{
	unsigned int i;
	uint64_t seq;

	if (!t->event)
		return true;
	if (!decimal(t->event, &seq))
		return false;
	for (i = 0; i < t->nr_events; i++)
		if (t->events[i].seq == seq)
			return true;
	return false;
}

/**
 * parse_page - take a page apart
 * @t: receives what is in it, to be given to text_free()
 * @raw: the text, which is taken over; NULL with errno is refused
 * @len: its length
 *
 * Return: false if anything is wrong with it; @t->wrong says what.
 */
bool parse_page(struct text *t, char *raw, size_t len)
{
	char *rest = raw, *line, *out;
	unsigned int more = 0, above;
	int at = 0;

	if (!begin(t, raw, len))
		return false;
	out = t->strings;
	if (!parse_header(t, next_line(&rest)))
		return false;
	if (!parse_answer(t, &rest, &line))
		return false;
	t->partial = starts(line, "partial: ");
	if (t->partial)
		line = next_line(&rest);
	while (starts(line, "blind: ")) {
		if (t->nr_blind < ARRAY_SIZE(t->blind))
			t->blind[t->nr_blind++] = line + 7;
		line = next_line(&rest);
	}
	if (!line || *line)
		return wrong(t, line, "no blank line before the table");
	if (!parse_table(t, &rest))
		return false;
	line = next_line(&rest);
	if (starts(line, "more: ")) {
		if (sscanf(line, "more: %u rows at the end of the page%n", &more, &at) != 1 ||
		    line[at] || !more)
			return wrong(t, line, "how many more rows");
		line = next_line(&rest);
	}
	if (t->nr_rows > SCREEN_ROWS || (more && t->nr_rows != SCREEN_ROWS))
		return wrong(t, line, "%u rows on the first screen", t->nr_rows);
	for (; line && *line; line = next_line(&rest)) {
		if (!parse_event(t, line, &out))
			return false;
		if (t->nr_events > 1 && t->events[t->nr_events - 1].seq >=
		    t->events[t->nr_events - 2].seq)
			return wrong(t, line, "seq does not fall");
	}
	above = t->nr_rows;
	if (line && !parse_table(t, &rest))
		return false;
	if (t->nr_rows - above != more)
		return wrong(t, line, "%u more rows, not %u", t->nr_rows - above, more);
	return names_event(t) || wrong(t, NULL, "event %s is not on the page", t->event);
}

/**
 * read_page - read /proc/forkfail and take it apart
 * @t: as parse_page()
 *
 * Return: as parse_page().
 */
bool read_page(struct text *t)
{
	size_t len = 0;
	char *raw = slurp(FORKFAIL_PAGE, &len);

	return parse_page(t, raw, len);
}

/**
 * read_log - read /proc/forkfail_log and take it apart
 * @t: as parse_log()
 *
 * Return: as parse_log().
 */
bool read_log(struct text *t)
{
	size_t len = 0;
	char *raw = slurp(FORKFAIL_LOG, &len);

	return parse_log(t, raw, len);
}

/**
 * text_free - free what was read
 * @t: from any of the above
 */
void text_free(struct text *t)
{
	free(t->raw);
	free(t->strings);
	free(t->kernel);
	free(t->loaded);
	free(t->load);
	free(t->blind_since);
	memset(t, 0, sizeof(*t));
}

/**
 * row_total - sum of a cause's rows
 * @t: a page
 * @cause: the cause
 *
 * Return: the sum.
 */
uint64_t row_total(const struct text *t, int cause)
{
	uint64_t n = 0;
	unsigned int i;

	for (i = 0; i < t->nr_rows; i++)
		if (t->rows[i].cause == cause)
			n += t->rows[i].count;
	return n;
}

/**
 * all_rows - sum of all rows
 * @t: a page
 *
 * Return: the sum.
 */
uint64_t all_rows(const struct text *t)
{
	uint64_t n = 0;
	unsigned int i;

	for (i = 0; i < t->nr_rows; i++)
		n += t->rows[i].count;
	return n;
}

/**
 * event_total - failures that a cause's events stand for
 * @t: a page or a log
 * @cause: the cause
 *
 * Return: the sum.
 */
uint64_t event_total(const struct text *t, int cause)
{
	uint64_t n = 0;
	unsigned int i;

	for (i = 0; i < t->nr_events; i++)
		if (t->events[i].cause == cause)
			n += 1 + t->events[i].repeat;
	return n;
}

/**
 * all_events - failures that all events stand for
 * @t: a page or a log
 *
 * Return: the sum.
 */
uint64_t all_events(const struct text *t)
{
	uint64_t n = 0;
	unsigned int i;

	for (i = 0; i < t->nr_events; i++)
		n += 1 + t->events[i].repeat;
	return n;
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
 * until_counted - wait until the holders of a limit are counted
 * @comm: who was refused there, and is there still
 *
 * That comes a moment after the failure, and is the last that is said of it.
 */
void until_counted(const char *comm)
{
	uint64_t start = now_ms();
	bool counted = false;
	struct text log;
	unsigned int i;

	for (; !counted && now_ms() - start < 20000 * slowness; nap(20)) {
		read_log(&log);
		for (i = 0; i < log.nr_events; i++)
			counted |= !strcmp(value(&log.events[i], FORKFAIL_KEY_COMM), comm) &&
				   log.events[i].val[FORKFAIL_KEY_COUNTED];
		text_free(&log);
	}
	if (!counted)
		note("the holders of what refused %s are not counted", comm);
}

/**
 * note_event - print an event that surprises, with all its keys
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
	const char *err = value(e, FORKFAIL_KEY_ERRNO), *p = "";
	size_t n = strlen(err);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(causes); i++)
		if (causes[i].number == e->cause)
			p = causes[i].errnos;
	if (!strcmp(p, "any"))
		return true;
	for (; *p; p = strchrnul(p, ' '), p += !!*p)
		if (!strncmp(p, err, n) && (!p[n] || p[n] == ' '))
			return true;
	return false;
}
