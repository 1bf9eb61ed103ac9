// SPDX-License-Identifier: GPL-2.0-only
/*
 * check.c - reads forkfail's log and holds it against the expectations
 *
 * New events are lines with a number that was not there before, and lines that
 * stand for more failures than before.  Those of the case's own tasks, known by
 * their comm, must meet the expectations one for one, and none may be left.
 *
 * The log is read while the limits are still in force and without creating
 * anything, as somebody would in an incident.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forkfault.h"
#include "internal.h"

#define PAGE_PATH	"/proc/forkfail"
#define LOG_PATH	"/proc/forkfail_log"
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

/* An event of the case: how many failures it newly stands for, how many met. */
static struct ours {
	const char *line;
	uint64_t seq;
	uint64_t grown;
	uint64_t met;
} ours[MAX_OURS];
static size_t nours;

static bool may_be_unnamed, unnamed;
bool show_events;

/**
 * check_present() - is forkfail loaded
 *
 * Return: true if its log is there.
 */
bool check_present(void)
{
	return !access(LOG_PATH, R_OK);
}

static bool slurp(const char *path, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		diag("%s: %s", path, strerror(errno));
		return false;
	}
	while (len < size - 1) {
		n = read(fd, buf + len, size - 1 - len);
		if (n <= 0)
			break;
		len += n;
	}
	if (n < 0)
		diag("%s: %s", path, strerror(errno));
	else if (n > 0)
		diag("%s does not fit into %zu bytes", path, size);
	close(fd);
	buf[len] = 0;
	return n == 0;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/*
 * next_word - copy the word at @p, without quotes and escapes, to @out
 *
 * Returns what follows it, NULL at the end of the line.
 */
static const char *next_word(const char *p, char *out, size_t size)
{
	bool quoted = false;
	size_t len = 0;
	char c;

	while (*p == ' ')
		p++;
	if (!*p || *p == '\n')
		return NULL;
	for (; (c = *p) && c != '\n' && (quoted || c != ' '); p++) {
		if (c == '"') {
			quoted = !quoted;
			continue;
		}
		if (c == '\\' && p[1] == 'x' && hex(p[2]) >= 0 &&
		    hex(p[3]) >= 0) {
			c = hex(p[2]) << 4 | hex(p[3]);
			p += 3;
		}
		if (len < size - 1)
			out[len++] = c;
	}
	out[len] = 0;
	return p;
}

static bool value_of(const char *line, const char *key, char *out, size_t size)
{
	char word[1024];
	size_t len = strlen(key);

	while ((line = next_word(line, word, sizeof(word)))) {
		if (strncmp(word, key, len) || word[len] != '=')
			continue;
		snprintf(out, size, "%s", word + len + 1);
		return true;
	}
	return false;
}

static uint64_t number_of(const char *line, const char *key, uint64_t otherwise)
{
	char text[64];

	if (!value_of(line, key, text, sizeof(text)))
		return otherwise;
	return strtoull(text, NULL, 0);
}

static unsigned long read_restarts(void)
{
	static char page[1 << 18];
	char *p;

	if (!slurp(PAGE_PATH, page, sizeof(page)))
		return 0;
	page[strcspn(page, "\n")] = 0;
	p = strstr(page, " restarts ");
	return p ? strtoul(p + strlen(" restarts "), NULL, 10) : 0;
}

static bool is_event(const char *line)
{
	return line[0] >= '0' && line[0] <= '9';
}

static const char *next_line(const char *line)
{
	line = strchr(line, '\n');
	return line && line[1] ? line + 1 : NULL;
}

/**
 * check_before() - note what the log holds before a case runs
 *
 * Return: false if it cannot be read.
 */
bool check_before(void)
{
	const char *line;

	nknown = 0;
	if (!slurp(LOG_PATH, log_text, sizeof(log_text)))
		return false;
	for (line = log_text; line; line = next_line(line)) {
		if (!is_event(line) || nknown == MAX_EVENTS)
			continue;
		known[nknown].seq = number_of(line, "seq", 0);
		known[nknown++].stands_for = 1 + number_of(line, "repeat", 0);
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
	if (!slurp(LOG_PATH, log_text, sizeof(log_text)))
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
	for (line = log_text; line; line = next_line(line)) {
		if (!is_event(line))
			continue;
		seq = number_of(line, "seq", 0);
		grown = 1 + number_of(line, "repeat", 0) - known_for(seq);
		if (!grown || !value_of(line, "comm", name, sizeof(name)) ||
		    strcmp(name, comm) || nours == MAX_OURS)
			continue;
		ours[nours++] = (struct ours){
			.line = line, .seq = seq, .grown = grown,
		};
	}
}

static bool word_in(const char *words, const char *word)
{
	char copy[FF_TEXT], *save, *w;

	snprintf(copy, sizeof(copy), "%s", words);
	for (w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		if (!strcmp(w, word))
			return true;
	return false;
}

static bool number_in(const char *text, uint64_t lo, uint64_t hi)
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
	return number_in(number, c->lo, c->hi);
}

static bool holds(const struct ff_cond *c, const char *line, char *got,
		  size_t size)
{
	bool there = value_of(line, c->key, got, size);

	if (!there)
		snprintf(got, size, "(absent)");
	switch (c->how) {
	case HOW_TEXT:
		return there && !strcmp(got, c->text);
	case HOW_WORDS:
		return there ? word_in(c->text, got) : word_in(c->text, "-");
	case HOW_NUMBER:
		return there && number_in(got, c->lo, c->hi);
	case HOW_MAYBE:
		return !there || number_in(got, c->lo, c->hi);
	case HOW_PATTERN:
		return there && fits_pattern(c, got);
	case HOW_FIRST:
		return there && number_in(got, ff_shared->expect[c->lo].seq,
					  ff_shared->expect[c->lo].seq);
	case HOW_ABSENT:
		return !there;
	}
	return false;
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
	case HOW_ABSENT:
		snprintf(want, sizeof(want), "(absent)");
		break;
	default:
		snprintf(want, sizeof(want), "%s", c->text);
	}
	diag("%s: expected %s, got %s", c->key, want, got);
}

/*
 * A cause that forkfail does not name yet may be unexplained, or one of several
 * candidates, with all that is known without it.
 */
static bool excused(const struct ff_expect *e, const char *line,
		    const char *key)
{
	char cause[64], list[FF_TEXT], *p;

	if (!may_be_unnamed ||
	    !word_in("cause proof candidates limit in_use unit scope object alloc",
		     key) ||
	    !value_of(line, "cause", cause, sizeof(cause)))
		return false;
	if (!strcmp(cause, "unexplained"))
		return true;
	if (!value_of(line, "candidates", list, sizeof(list)))
		return false;
	for (p = list; *p; p++)
		if (*p == ',')
			*p = ' ';
	return word_in(list, e->cond[0].text);
}

static int mismatches(const struct ff_expect *e, const char *line, bool say)
{
	char got[1024];
	int i, n = 0;

	for (i = 0; i < e->nconds; i++) {
		if (holds(&e->cond[i], line, got, sizeof(got)))
			continue;
		if (excused(e, line, e->cond[i].key)) {
			unnamed = true;
			continue;
		}
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
 * A line that stands for several failures shows the first of them; the others
 * have cause, errno and object in common with it.
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
			    !holds(&e->cond[i], o->line, got, sizeof(got)) &&
			    !excused(e, o->line, common[k]))
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
		if (may_be_unnamed) {
			unnamed = true;
			return true;
		}
		diag("failure %d: no event in the log; expected %s=%s %s=%s",
		     number, e->cond[0].key, e->cond[0].text, e->cond[1].key,
		     e->cond[1].text);
		return false;
	}
	e->met = o != NULL;
	if (!o) {
		o = nearest;
		diag("failure %d: the event is not as expected", number);
		mismatches(e, o->line, true);
		say_line("the event", o->line);
	}
	o->met++;
	e->seq = o->seq;
	return e->met;
}

/**
 * check_verdict() - hold what check_after() read against the expectations
 * @comm: name of the case's tasks
 * @excuse: the case's cause may be one that forkfail does not name
 *
 * Return: FF_PASS if each expectation was met and nothing else happened,
 * FF_UNNAMED_YET if only the cause's name is missing, FF_FAIL otherwise.
 */
enum ff_verdict check_verdict(const char *comm, bool excuse)
{
	unsigned long restarts = restarts_after - restarts_before;
	bool ok = true;
	struct ours *o;
	int i;

	may_be_unnamed = excuse;
	unnamed = false;
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
	if (!ok)
		return FF_FAIL;
	if (may_be_unnamed && !unnamed)
		diag("forkfail names this cause: FF_UNNAMED of the case can go");
	return unnamed ? FF_UNNAMED_YET : FF_PASS;
}
