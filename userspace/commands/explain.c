// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forkfail causes, forkfail explain: what a cause means, in general and for one
 * failure.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "advice.h"
#include "answer.h"
#include "filter.h"
#include "input.h"
#include "show.h"
#include "text.h"
#include "times.h"

enum cause_column {
	CAUSE_NUMBER, CAUSE_ID, CAUSE_ERRNO, CAUSE_CLASS, CAUSE_KERNELS,
	CAUSE_MEANING, CAUSE_NOT, CAUSE_DO, CAUSE_CONFIRM, CAUSE_SHOWS, CAUSE_WHERE,
};

static const struct column cause_columns[] = {
	[CAUSE_NUMBER] = { "NUMBER", 0, COLUMN_NUMBER,
			   "number of the cause; hints have none" },
	[CAUSE_ID] = { "ID", 0, COLUMN_DEFAULT, "its name" },
	[CAUSE_ERRNO] = { "ERRNO", 0, COLUMN_DEFAULT, "what the call returns" },
	[CAUSE_CLASS] = { "CLASS", 0, COLUMN_DEFAULT,
			  "kind of problem; hints have none" },
	[CAUSE_KERNELS] = { "KERNELS", 0, COLUMN_PROGRAM | COLUMN_TRUNC,
			    "kernels that have it" },
	[CAUSE_MEANING] = { "MEANING", 0, COLUMN_DEFAULT | COLUMN_WRAP,
			    "what happened" },
	[CAUSE_NOT] = { "NOT", 0, COLUMN_WRAP, "what it is not" },
	[CAUSE_DO] = { "DO", 0, COLUMN_WRAP, "what to do" },
	[CAUSE_CONFIRM] = { "CONFIRM", 0, COLUMN_WRAP,
			    "how to see it by hand: commands" },
	[CAUSE_SHOWS] = { "SHOWS", 0, COLUMN_WRAP, "what CONFIRM shows" },
	[CAUSE_WHERE] = { "WHERE", 0, COLUMN_WRAP,
			  "where limit and usage can be looked up" },
};

static const char *cause_cell(const void *object, size_t column,
			      const struct table_format *format
			      __unused,
			      char *buf, size_t size)
{
	const struct cause *cause = object;

	switch ((enum cause_column)column) {
	case CAUSE_NUMBER:
		if (cause->number < 0)
			return NULL;
		snprintf(buf, size, "%d", cause->number);
		return buf;
	case CAUSE_ID:
		return cause->id;
	case CAUSE_ERRNO:
		return cause->errnos;
	case CAUSE_CLASS:
		return class_name(cause->class);
	case CAUSE_KERNELS:
		return cause->kernels;
	case CAUSE_MEANING:
		return cause->meaning;
	case CAUSE_NOT:
		return cause->not;
	case CAUSE_DO:
		return cause->action;
	case CAUSE_CONFIRM:
		return cause_general(buf, size, cause_check(cause));
	case CAUSE_SHOWS:
		return cause_general(buf, size, cause_shows(cause));
	case CAUSE_WHERE:
		return cause->where;
	}
	return NULL;
}

const struct table_def cause_table = {
	.array = "causes",
	.columns = cause_columns,
	.nr = ARRAY_SIZE(cause_columns),
	.cell = cause_cell,
};

/* Which causes a table shows. */
struct choice {
	const struct cause *one;	/* only this */
	const char *errno_name;		/* only those that have it */
	bool hints;			/* and the hints */
};

static bool is_chosen(const struct choice *choice, const struct cause *cause)
{
	if (choice->one)
		return cause == choice->one;
	if (choice->errno_name && !text_has_word(cause->errnos, choice->errno_name) &&
	    !text_has_word(cause->errnos, "any"))
		return false;
	return choice->hints || cause->number >= 0;
}

static int print_table(const struct options *opt, const struct choice *choice)
{
	struct table *table = table_new(&cause_table, &opt->format);
	const struct cause *cause;
	size_t i;
	bool ok;

	for (i = 0; (cause = cause_at(i)); i++)
		if (is_chosen(choice, cause))
			table_add(table, cause);
	ok = table_print(table);
	table_free(table);
	return ok ? READER_OK : READER_OUTPUT;
}

/**
 * cmd_causes() - forkfail causes
 * @opt: options
 * @argc: unused
 * @argv: unused
 *
 * Return: exit status.
 */
int cmd_causes(const struct options *opt, int argc __unused, char **argv __unused)
{
	return print_table(opt, &(struct choice){ .hints = false });
}

static void line(const struct options *opt, const char *label, const char *text)
{
	show_line(&opt->format, label, text, SHOW_BOLD);
}

/* Is the output for a person, not a table? */
static bool is_for_person(const struct options *opt)
{
	return opt->format.mode == TABLE_HUMAN && !opt->format.columns;
}

static int explain_cause(const struct options *opt, const struct cause *cause)
{
	struct advice advice;

	if (opt->brief) {
		printf("%s <%s>: %s\n", cause->id, cause->errnos, cause->meaning);
		return READER_OK;
	}
	if (!is_for_person(opt))
		return print_table(opt, &(struct choice){ .one = cause });
	advice_get(&advice, cause, NULL, false);
	line(opt, cause->number < 0 ? "hint" : "cause", cause->id);
	line(opt, "errno", cause->errnos);
	line(opt, "class", class_name(cause->class));
	line(opt, "what", cause->meaning);
	line(opt, "not", cause->not);
	answer_show_commands(&opt->format, &advice, true);
	line(opt, "where", cause->where);
	line(opt, "kernels", cause->kernels);
	advice_free(&advice);
	return READER_OK;
}

static void explain_when(const struct options *opt, const struct event *ev)
{
	char when[40], last[40], *s;

	times_local(when, sizeof(when), &ev->when);
	s = ev->repeat ? xasprintf("%s, and %llu more time%s until %s",
				   opt->utc ? ev->time : when, ev->repeat,
				   ev->repeat == 1 ? "" : "s",
				   opt->utc ? event_last(ev) :
				   times_local(last, sizeof(last), &ev->last)) :
			 xstrdup(opt->utc ? ev->time : when);
	line(opt, "when", s);
	free(s);
}

/* Whose limit it was, and what manages it. */
static void explain_whose(const struct options *opt, const struct answer *answer)
{
	const struct event *ev = answer->ev;
	const char *object = event_get(ev, FORKFAIL_KEY_OBJECT);
	const char *cgroup = event_get(ev, FORKFAIL_KEY_CGROUP);
	const char *scope = event_get(ev, FORKFAIL_KEY_SCOPE);
	const char *of = strcmp(scope, "cgroup") ? cgroup : object;
	const struct cause *in_detail = cause_find(event_get(ev, FORKFAIL_KEY_ALLOC));
	char *s = answer_numbers(ev);

	line(opt, "numbers", s);
	free(s);
	line(opt, "of", strcmp(scope, "host") ? object : "the whole machine");
	if (strcmp(cgroup, object) && strcmp(cgroup, "/"))
		line(opt, "in cgroup", cgroup);
	s = advice_unit(of);
	line(opt, "unit", s);
	free(s);
	s = advice_name(of, FORKFAIL_WORD_POD);
	line(opt, "pod", s);
	free(s);
	s = advice_name(of, FORKFAIL_WORD_CONTAINER);
	line(opt, "container", s);
	free(s);
	s = advice_name(of, FORKFAIL_WORD_JOB);
	line(opt, "job", s);
	free(s);
	/* A type of namespace is in the numbers. */
	line(opt, "in detail", in_detail ? in_detail->meaning : NULL);
	line(opt, "held by", answer->holders);
}

static void explain_answer(const struct options *opt, const struct answer *answer)
{
	const struct event *ev = answer->ev;
	const struct cause *cause = answer->cause;
	const char *proof = event_get(ev, FORKFAIL_KEY_PROOF);
	char *s;

	s = answer_what(ev, cause);
	show_line(&opt->format, "failure", s, SHOW_RED);
	free(s);
	explain_when(opt, ev);
	s = xasprintf("%s: %s", event_get(ev, FORKFAIL_KEY_CAUSE), cause ? cause->meaning :
		      "a cause that this reader does not know (the module is newer)");
	line(opt, "cause", s);
	free(s);
	line(opt, "class", cause ? class_name(cause->class) : NULL);
	line(opt, "syscall", event_get(ev, FORKFAIL_KEY_SYSCALL));
	explain_whose(opt, answer);
	s = xasprintf("%s%s%s", proof, *proof_meaning(proof) ? ": " : "",
		      proof_meaning(proof));
	line(opt, "known by", s);
	free(s);
	s = answer_possible(ev);
	line(opt, "possible", s);
	free(s);
	line(opt, "first was", event_get(ev, FORKFAIL_KEY_FIRST_CAUSE));
	line(opt, "words", ev->other);
	if (cause) {
		line(opt, "not", cause->not);
		answer_show_advice(&opt->format, answer, true);
		line(opt, "where", cause->where);
	}
	answer_show_also(&opt->format, answer);
}

static int print_json(const struct options *opt, const struct page *page,
		      const struct answer *answer)
{
	struct json json = { 0 };

	json_open(&json, NULL, '{');
	json_u64(&json, "schema", JSON_SCHEMA);
	page_json_header(&json, page);
	json_bool(&json, "partial", input_is_partial(opt));
	answer_json(&json, answer);
	json_close(&json, '}');
	return READER_OK;
}

/* The failure that the user is looking for may be one that the module does not see. */
static void explain_blind(const struct options *opt, const struct page *page)
{
	char *s = page_unarmed(page);

	show_line(&opt->format, "blind", s, SHOW_RED);
	free(s);
	show_line(&opt->format, "blind", page_pair(page, "blind"), SHOW_RED);
}

static int print_answer(const struct options *opt, const struct page *page,
			const struct answer *answer, bool bad)
{
	char *s;

	if (opt->format.mode == TABLE_JSON)
		return print_json(opt, page, answer);
	if (!answer->ev) {
		if (is_for_person(opt)) {
			warnf("%s", input_no_event(opt, bad, filter_on_events(opt) ||
						   filter_on_rows(opt)));
			if (input_is_partial(opt))
				input_warn_partial(opt);
			explain_blind(opt, page);
		}
		return READER_OK;
	}
	if (opt->brief) {
		s = answer_brief(answer);
		puts(s);
		free(s);
		return READER_OK;
	}
	if (is_for_person(opt)) {
		explain_answer(opt, answer);
		explain_blind(opt, page);
		return READER_OK;
	}
	if (answer->cause)
		return print_table(opt, &(struct choice){ .one = answer->cause });
	warnf("this reader does not know the cause of the failure: %s",
	      event_get(answer->ev, FORKFAIL_KEY_CAUSE));
	return READER_PARTIAL;
}

/* Of the selected failures, the one of the answer, or number @seq. */
static int explain_failure(const struct options *opt, const u64 *seq)
{
	const struct event **events;
	struct answer answer;
	struct input in;
	size_t i, nr = 0;
	int status;
	bool bad;

	input_open(&in, opt, FORKFAIL_LOG);
	filter_check_causes(opt, &in.page);
	bad = input_complain(&in);
	events = xrealloc(NULL, in.page.nr_events, sizeof(*events));
	for (i = 0; i < in.page.nr_events; i++)
		if (seq ? in.page.events[i].seq == *seq :
			  filter_event(opt, &in.page.events[i]))
			events[nr++] = &in.page.events[i];
	if (seq && !nr)
		dief(READER_NO_DATA, "event %llu is no longer kept, or does not exist yet", *seq);
	if (seq || filter_on_events(opt) || filter_on_rows(opt) ||
	    !answer_follow(&answer, &in.page))
		answer_choose(&answer, events, nr);
	answer.live = !opt->input && !*opt->sysroot;
	status = print_answer(opt, &in.page, &answer, bad);
	answer_free(&answer);
	free(events);
	input_free(&in);
	if (status == READER_OK && (bad || (!nr && input_is_partial(opt))))
		status = READER_PARTIAL;
	return status;
}

/* "eagain" as in the table: "EAGAIN"; NULL if no cause has it. */
static const char *find_errno(const char *word, char *buf, size_t size)
{
	const struct cause *cause;
	size_t i;

	for (i = 0; word[i] && i + 1 < size; i++)
		buf[i] = (char)toupper((unsigned char)word[i]);
	buf[i] = '\0';
	if (*buf != 'E' || word[i])
		return NULL;
	for (i = 0; (cause = cause_at(i)); i++)
		if (text_has_word(cause->errnos, buf))
			return buf;
	return NULL;
}

/* Those with this errno, by class: limits, the most common, come first, and hints last. */
static void list_errno(const struct options *opt, const char *name)
{
	const struct cause *cause;
	unsigned int class;
	size_t i;

	for (class = 0; class <= FORKFAIL_NR_CLASSES; class++) {
		for (i = 0; (cause = cause_at(i)); i++) {
			if (cause->class != class || !text_has_word(cause->errnos, name))
				continue;
			printf("%-28s ", cause->id);
			text_wrap(stdout, 29, cause->meaning, opt->format.width);
		}
	}
}

/* The causes with this errno, then those that can have any. */
static int explain_errno(const struct options *opt, const char *name)
{
	if (!is_for_person(opt))
		return print_table(opt, &(struct choice){ .errno_name = name,
							  .hints = true });
	printf("Causes that return %s:\n\n", name);
	list_errno(opt, name);
	puts("\nCauses that can return any errno, as a policy or another module chooses:\n");
	list_errno(opt, "any");
	puts("\nunshare(2) and setns(2), which create no task, are not recorded.");
	return READER_OK;
}

/**
 * cmd_explain() - forkfail explain
 * @opt: options
 * @argc: number of arguments
 * @argv: a cause or hint, an errno, the number of an event, or nothing for the
 *	failure that the answer is about
 *
 * Return: exit status.
 */
int cmd_explain(const struct options *opt, int argc, char **argv)
{
	const struct cause *cause;
	const char *errno_name;
	char buf[24];
	u64 seq;

	if (argc > 1)
		dief(READER_USAGE, "explain takes one cause, errno or event number");
	if (argc && (opt->list || filter_on_events(opt) || filter_on_rows(opt)))
		dief(READER_USAGE, "an argument cannot be used with %s",
		     opt->list ? "--list" : "options that select failures");
	if (opt->list)
		return print_table(opt, &(struct choice){ .hints = true });
	if (!argc)
		return explain_failure(opt, NULL);
	if (text_to_u64(argv[0], &seq))
		return explain_failure(opt, &seq);
	cause = cause_find(argv[0]);
	if (cause)
		return explain_cause(opt, cause);
	errno_name = find_errno(argv[0], buf, sizeof(buf));
	if (errno_name)
		return explain_errno(opt, errno_name);
	cause_unknown(argv[0]);
}
