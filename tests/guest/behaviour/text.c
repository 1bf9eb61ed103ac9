// SPDX-License-Identifier: GPL-2.0-only
/*
 * text.c - parses the page and the log, strictly
 *
 * Written from uapi/forkfail.h and the description of the page in the manual, not from the
 * module's code, so that torn, repeated, missing and forged lines are noticed.
 */
#define _GNU_SOURCE
#include <ctype.h>

#include "guest.h"
#include "text_event.h"

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
		return text_wrong(t, line, "line 1 is too long");
	strcpy(copy, line);
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		word = strsep(&rest, " ");
		if (!word || !*word || (words[i] && strcmp(word, words[i])))
			return text_wrong(t, line, "line 1: no %s", words[i] ?: words[i - 1]);
		values[i] = word;
	}
	t->kernel = strdup(values[3]);
	t->loaded = strdup(values[5]);
	slash = strchr(values[8], '/');
	if (!slash)
		return text_wrong(t, line, "line 1: points");
	*slash = 0;
	if (!is_decimal(values[8], &n[0]) || !is_decimal(slash + 1, &n[1]) || n[0] > n[1] || !n[0])
		return text_wrong(t, line, "line 1: points");
	t->armed = n[0];
	t->wanted = n[1];
	if (!is_decimal(values[10], &t->missed) || !is_decimal(values[12], &t->unexplained) ||
	    !is_decimal(values[14], &t->restarts) || !is_decimal(values[16], &t->lost))
		return text_wrong(t, line, "line 1: a number");
	if (rest && !strncmp(rest, "internal ", 9)) {
		/* the kernel's own tasks: they are in the log, but not failures of a program */
		strsep(&rest, " ");
		if (!is_decimal(strsep(&rest, " "), &t->internal) || !t->internal)
			return text_wrong(t, line, "line 1: internal");
	}
	if (rest && !strncmp(rest, "clone3-enosys ", 14)) {
		strsep(&rest, " ");
		if (!is_decimal(strsep(&rest, " "), &t->fallbacks) || !t->fallbacks)
			return text_wrong(t, line, "line 1: clone3-enosys");
	}
	if (rest && !strncmp(rest, "notwatched ", 11)) {
		strsep(&rest, " ");
		word = strsep(&rest, " ");
		t->stacks_off = !strncmp(word, "stacks", 6);
		t->syscalls_off = strlen(word) >= 8 && !strcmp(word + strlen(word) - 8, "syscalls");
		if (!t->stacks_off && !t->syscalls_off)
			return text_wrong(t, line, "line 1: notwatched");
	}
	if (!rest || strncmp(rest, "version ", 8))
		return text_wrong(t, line, "line 1: no version");
	strsep(&rest, " ");
	word = strsep(&rest, " ");
	if (!isdigit((unsigned char)*word))
		return text_wrong(t, line, "line 1: version");
	if (rest && !strncmp(rest, "tested no", 9) && strchr(" ", rest[9]))
		rest += rest[9] ? 10 : 9;
	word = rest && !strncmp(rest, "noroom ", 7) ? (strsep(&rest, " "), strsep(&rest, " ")) :
						      "";
	if (!is_decimal(word, &t->noroom))
		return text_wrong(t, line, "line 1: noroom");
	word = rest && !strncmp(rest, "load ", 5) ? (strsep(&rest, " "), strsep(&rest, " ")) : "";
	if (!*word || strlen(word) > FORKFAIL_LOAD_LEN ||
	    strspn(word, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") !=
	    strlen(word))
		return text_wrong(t, line, "line 1: load");
	t->load = strdup(word);
	if (!rest)
		return true;
	if (strncmp(rest, "blind since ", 12) || !is_time(rest + 12))
		return text_wrong(t, line, "line 1: \"%s\"", rest);
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
		return text_wrong(t, line, "too many rows");
	memset(r, 0, sizeof(*r));
	if (sscanf(line, "%63s %31s %15s %23s %23s %23s %n", cause, count, r->last, r->err,
		   r->limit, r->in_use, &at) != 6 || !at || !line[at] || line[at - 1] != ' ')
		return text_wrong(t, line, "a row with too few columns");
	if (snprintf(r->object, sizeof(r->object), "%s", line + at) >= (int)sizeof(r->object))
		return text_wrong(t, line, "a row with a long object");
	r->cause = cause_by_name(cause, strlen(cause));
	if (r->cause < 0)
		return text_wrong(t, line, "a row with an unknown cause");
	if (!is_decimal(count, &r->count) || !r->count)
		return text_wrong(t, line, "a row with a bad count");
	if ((strcmp(r->last, "-") && !is_age(r->last)) ||
	    (strcmp(r->err, "-") && !is_errno(r->err)) ||
	    (strcmp(r->limit, "-") && !is_amount(r->limit)) ||
	    (strcmp(r->in_use, "-") && !is_amount(r->in_use)))
		return text_wrong(t, line, "a row with a bad column");
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

/* The whole text: lines of printable ASCII, each with its newline. */
static bool begin(struct text *t, char *raw, size_t len)
{
	size_t i;

	memset(t, 0, sizeof(*t));
	if (!raw)
		return text_wrong(t, NULL, "cannot be read: %s", strerror(errno));
	t->raw = raw;
	t->len = len;
	t->strings = malloc(len * 2 + 1);
	if (!len || raw[len - 1] != '\n')
		return text_wrong(t, NULL, "%zu bytes, and the last line has no end", len);
	for (i = 0; i < len; i++)
		if (raw[i] != '\n' && (raw[i] < ' ' || raw[i] > '~'))
			return text_wrong(t, NULL, "byte %#x at %zu", (unsigned char)raw[i], i);
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
		if (!text_parse_event(t, line, &out))
			return false;
		if (t->nr_events > 1 && t->events[t->nr_events - 1].seq <=
		    t->events[t->nr_events - 2].seq)
			return text_wrong(t, line, "seq does not grow");
	}
	return true;
}

static bool starts(const char *line, const char *with)
{
	return line && !strncmp(line, with, strlen(with));
}

/* The page's first lines: each at most once, but for also:, and in this order. */
static bool parse_answer(struct text *t, char **rest, char **line)
{
	struct {
		const char *key;
		char **value;
		bool needed;
	} lines[] = {
		{ "because: ", &t->because, false },
		{ "possible: ", &t->possible, false },
		{ "event: ", &t->event, true },
		{ "not: ", &t->not, false },
		{ "now: ", &t->now, true },
		{ "do: ", &t->todo, false },
		{ "or: ", &t->or, false },
		{ "lasting: ", &t->lasting, false },
		{ "note: ", &t->note, true },
		{ "holders: ", &t->holders, false },
		{ "also: ", t->also, false },
		{ "yours: ", &t->yours, false },
		{ "yours_do: ", &t->yours_do, false },
	};
	unsigned int i;
	char age[16];
	int at = 0;

	*line = next_line(rest);
	if (!starts(*line, "last: "))
		return text_wrong(t, *line, "line 2 is not the answer");
	t->last = *line + 6;
	*line = next_line(rest);
	if (!strcmp(t->last, "none"))
		return true;
	if (sscanf(t->last, "%15s ago %n", age, &at) != 1 || !at || !is_age(age))
		return text_wrong(t, t->last, "the answer");
	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		if (!starts(*line, lines[i].key)) {
			if (lines[i].needed)
				return text_wrong(t, *line, "no \"%s\"", lines[i].key);
			continue;
		}
		*lines[i].value = *line + strlen(lines[i].key);
		*line = next_line(rest);
		if (lines[i].value != t->also)
			continue;
		for (t->nr_also = 1; starts(*line, "also: "); *line = next_line(rest)) {
			if (t->nr_also == ARRAY_SIZE(t->also))
				return text_wrong(t, *line, "too many lines");
			t->also[t->nr_also++] = *line + 6;
		}
	}
	return true;
}

static bool parse_table(struct text *t, char **rest)
{
	static const char head[] =
		"cause                           count   last  errno           limit     in_use  object";
	char *line = next_line(rest);

	if (!line || strcmp(line, head))
		return text_wrong(t, line, "the table's head");
	while ((line = next_line(rest)) && *line)
		if (!parse_row(t, line))
			return false;
	return true;
}

/* Is @possible the candidates of an event, with ", " between them; none if there is but one? */
static bool are_candidates(const char *possible, const char *candidates)
{
	if (!candidates || !strchr(candidates, ','))
		return !possible;
	for (; possible && *possible && *possible == *candidates; possible++, candidates++)
		if (*possible == ',' && *++possible != ' ')
			return false;
	return possible && !*possible && !*candidates;
}

/* The event that the answer is about is among those of the page, and has its candidates. */
static bool names_event(const struct text *t)
{
	unsigned int i;
	uint64_t seq;

	if (!t->event)
		return true;
	if (!is_decimal(t->event, &seq))
		return false;
	for (i = 0; i < t->nr_events; i++)
		if (t->events[i].seq == seq)
			return are_candidates(t->possible,
					      t->events[i].val[FORKFAIL_KEY_CANDIDATES]);
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
		return text_wrong(t, line, "no blank line before the table");
	if (!parse_table(t, &rest))
		return false;
	line = next_line(&rest);
	if (starts(line, "more: ")) {
		if (sscanf(line, "more: %u %n", &more, &at) != 1 || !more ||
		    strcmp(line + at, more == 1 ? "row at the end of the page" :
					      "rows at the end of the page"))
			return text_wrong(t, line, "how many more rows");
		line = next_line(&rest);
	}
	if (t->nr_rows > SCREEN_ROWS || (more && t->nr_rows != SCREEN_ROWS))
		return text_wrong(t, line, "%u rows on the first screen", t->nr_rows);
	for (; line && *line; line = next_line(&rest)) {
		if (!text_parse_event(t, line, &out))
			return false;
		if (t->nr_events > 1 && t->events[t->nr_events - 1].seq >=
		    t->events[t->nr_events - 2].seq)
			return text_wrong(t, line, "seq does not fall");
	}
	above = t->nr_rows;
	if (line && !parse_table(t, &rest))
		return false;
	if (t->nr_rows - above != more)
		return text_wrong(t, line, "%u more rows, not %u", t->nr_rows - above, more);
	return names_event(t) ||
	       text_wrong(t, NULL, "event %s is not on the page, or has other candidates: %s",
			  t->event, t->possible ?: "");
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
 * until_counted - wait until the holders of a limit are counted
 * @comm: who was refused there, and is there still
 *
 * They are counted a moment after the failure, and nothing is added to the event after that.
 */
void until_counted(const char *comm)
{
	uint64_t start = now_ms();
	bool counted = false;
	struct text log;
	unsigned int i;

	for (; !counted && now_ms() - start < 60000 * slowness; nap(20)) {
		read_log(&log);
		for (i = 0; i < log.nr_events; i++)
			counted |= !strcmp(value(&log.events[i], FORKFAIL_KEY_COMM), comm) &&
				   log.events[i].val[FORKFAIL_KEY_COUNTED];
		text_free(&log);
	}
	if (!counted)
		note("the holders of what refused %s are not counted", comm);
}
