// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzzes the parser of page and log, what the reader does with the result, and the agent's
 * parser of requests, with sanitizers.  With clang this is a libFuzzer target; otherwise
 * (-DALONE) it has a simple main() of its own that mutates the files it is given.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "advice.h"
#include "answer.h"
#include "filter.h"
#include "agent/cursor.h"
#include "agent/event_text.h"
#include "agent/request.h"
#include "causes.h"
#include "page_parser.h"
#include "text.h"
#include "times.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for every text that came out of the parser. */
static void check_clean(const char *s)
{
	if (s && !text_is_clean(s, strlen(s)))
		abort();
}

static void check_advice(const struct cause *cause, const struct event *ev)
{
	struct advice advice;

	advice_get(&advice, cause, ev, false);
	check_clean(advice.now);
	check_clean(advice.run);
	check_clean(advice.keep);
	check_clean(advice.note);
	check_clean(advice.check);
	check_clean(advice.shows);
	advice_free(&advice);
}

/* What the agent makes of an event: the same event again, and printable text. */
static void check_lines(const struct event *ev)
{
	static char text[1 << 17], json[1 << 18];
	struct cursor load = { .boot = "b", .load = "l" };
	struct event again;
	struct buf b;
	char *s;
	int i;

	buf_init(&b, json, sizeof(json));
	event_text_json(&b, ev, &load);
	if (b.len && (json[b.len - 1] != '\n' || memchr(json, '\n', b.len - 1)))
		abort();
	buf_init(&b, text, sizeof(text));
	event_text_sentence(&b, ev);
	check_clean(text);
	buf_html(&b, ev->time);
	buf_init(&b, text, sizeof(text));
	event_text_log(&b, ev);
	check_clean(text);
	if (!b.full) {
		if (event_parse(&again, text))
			abort();
		for (i = 0; i < FORKFAIL_NR_KEYS; i++)
			if (strcmp(event_get(ev, i), event_get(&again, i)))
				abort();
		event_free(&again);
	}
	s = event_unit(ev);
	check_clean(s);
	free(s);
	s = event_pod(ev);
	check_clean(s);
	free(s);
	if (!event_class(ev))
		abort();
}

/* Headers and arguments, which anybody may send. */
static void check_request(const char *s)
{
	const char * const hosts[] = { "localhost" };
	char text[CURSOR_LEN];
	struct cursor c, again;
	u64 n = 7;

	request_host_ok(s, hosts, 1);
	request_host_is_self(s, hosts[0]);
	request_host_is_self(hosts[0], s);
	request_wants_openmetrics(s);
	if (request_number(s, 100, &n) && n > 100)
		abort();
	if (cursor_parse(&c, s) &&
	    (!cursor_parse(&again, cursor_text(text, &c)) || !cursor_same_load(&c, &again) ||
	     c.seq != again.seq))
		abort();
}

static void check_event(const struct event *ev)
{
	struct options opt = {
		.has_uid = true, .cgroup = (char *)"/a", .classes = 1, .kinds = 1,
		.comm = "*a[", .since = 1, .until = 1ll << 40, .pid = 1,
		.errno_name = (char *)"EAGAIN",
	};
	const struct cause *cause;
	char *s;
	int i;

	check_clean(ev->time);
	check_clean(ev->other);
	for (i = 0; i < FORKFAIL_NR_KEYS; i++) {
		check_clean(ev->value[i]);
		if (ev->value[i] && event_key_is_number(i) &&
		    !text_is_limit(ev->value[i]))
			abort();
	}
	filter_event(&opt, ev);
	event_order(ev, ev);
	check_lines(ev);
	cause = cause_find(event_get(ev, FORKFAIL_KEY_CAUSE));
	if (!cause)
		cause_nearest(event_get(ev, FORKFAIL_KEY_CAUSE));
	check_advice(cause_find("pids-max"), ev);
	check_advice(cause_find("memcg-limit"), ev);
	if (cause)
		check_advice(cause, ev);
	s = answer_what(ev, cause);
	check_clean(s);
	free(s);
	s = answer_numbers(ev);
	check_clean(s);
	free(s);
	s = advice_unit(event_get(ev, FORKFAIL_KEY_OBJECT));
	check_clean(s);
	free(s);
	s = advice_name(event_get(ev, FORKFAIL_KEY_OBJECT), FORKFAIL_WORD_CONTAINER);
	check_clean(s);
	free(s);
}

static void check_answer(const struct page *page)
{
	const struct event **events = xrealloc(NULL, page->nr_events, sizeof(*events));
	struct answer answer;
	size_t i;
	char *s;

	for (i = 0; i < page->nr_events; i++)
		events[i] = &page->events[i];
	answer_choose(&answer, events, page->nr_events);
	if (!answer.ev != !page->nr_events)
		abort();
	for (i = 0; i < answer.nr_also; i++)
		check_clean(answer.also[i]);
	if (answer.ev) {
		s = answer_brief(&answer);
		check_clean(s);
		free(s);
	}
	answer_free(&answer);
	free(events);
}

static void check_page(const struct page *page)
{
	size_t i, j;
	u64 a, b;

	if (page->bad_lines && (!page->bad_why || !page->first_bad))
		abort();
	for (i = 0; i < page->nr_pairs; i++) {
		check_clean(page->pairs[i].key);
		check_clean(page->pairs[i].value);
	}
	for (i = 0; i < page->nr_notes; i++) {
		check_clean(page->notes[i].key);
		check_clean(page->notes[i].value);
	}
	for (i = 0; i < page->nr_counts; i++) {
		for (j = 0; j < COUNT_NR; j++)
			check_clean(page->counts[i].value[j]);
		check_clean(page->counts[i].other);
		if (!page->counts[i].value[COUNT_CAUSE])
			abort();
	}
	for (i = 0; i < page->nr_events; i++)
		check_event(&page->events[i]);
	check_answer(page);
	page_points(page, &a, &b);
	page_number(page, "lost", &a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xrealloc(NULL, size, 1), *s, *back;
	struct page page;
	time_t since;

	memcpy(text, data, size);
	if (page_parse(&page, text, size))
		check_page(&page);
	page_free(&page);
	free(text);

	/* What people type. */
	s = xrealloc(NULL, size + 1, 1);
	memcpy(s, data, size);
	s[size] = '\0';
	times_parse_since(s, 1700000000, &since);
	check_request(s);
	back = text_escape(s);
	check_clean(back);
	text_decode(s, size + 1, back);
	if (strlen(s) != strnlen((const char *)data, size) ||
	    memcmp(s, data, strlen(s)))
		abort();
	free(back);
	free(s);
	return 0;
}

#ifdef ALONE
static void mutate(char *text, size_t len)
{
	static const char bytes[] = "\n\"=\\x0 :,-/[]ax9\0\xff\x1b";
	unsigned int n = 1 + (unsigned int)rand() % 8;

	while (n-- && len)
		text[(size_t)rand() % len] = bytes[(size_t)rand() % (sizeof(bytes) - 1)];
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + atoi(argv[1]);
	static char text[1 << 20], copy[1 << 20];
	unsigned long runs = 0;
	size_t len;
	FILE *f;
	int i;

	srand((unsigned int)time(NULL));
	while (time(NULL) < end) {
		for (i = 2; i < argc; i++) {
			f = fopen(argv[i], "r");
			len = f ? fread(text, 1, sizeof(text), f) : 0;
			if (f)
				fclose(f);
			memcpy(copy, text, len);
			mutate(copy, len);
			LLVMFuzzerTestOneInput((uint8_t *)copy,
					       rand() % 4 ? len : len / 2);
			runs++;
		}
	}
	printf("%lu runs\n", runs);
	return 0;
}
#endif
