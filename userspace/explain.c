// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forkfail causes, forkfail explain: what a cause means, in general and for the
 * newest failure.
 */
#include <stdlib.h>
#include <string.h>

#include "causes.h"
#include "input.h"
#include "show.h"
#include "text.h"

enum cause_column {
	CAUSE_NUMBER, CAUSE_ID, CAUSE_ERRNO, CAUSE_CLASS, CAUSE_KERNELS,
	CAUSE_MEANING, CAUSE_NOT, CAUSE_DO, CAUSE_CONFIRM, CAUSE_WHERE,
};

static const struct column cause_columns[] = {
	[CAUSE_NUMBER] = { "NUMBER", 0, COLUMN_NUMBER,
			   "its number; hints, which are no causes, have none" },
	[CAUSE_ID] = { "ID", 0, COLUMN_DEFAULT, "its name" },
	[CAUSE_ERRNO] = { "ERRNO", 0, COLUMN_DEFAULT, "what the caller gets" },
	[CAUSE_CLASS] = { "CLASS", 0, COLUMN_DEFAULT,
			  "what kind of trouble it is; hints have none" },
	[CAUSE_KERNELS] = { "KERNELS", 0, COLUMN_DEFAULT | COLUMN_TRUNC,
			    "on which kernels it exists" },
	[CAUSE_MEANING] = { "MEANING", 0, COLUMN_DEFAULT | COLUMN_TRUNC,
			    "what happened" },
	[CAUSE_NOT] = { "NOT", 0, COLUMN_TRUNC, "what it is not" },
	[CAUSE_DO] = { "DO", 0, COLUMN_TRUNC, "what to do" },
	[CAUSE_CONFIRM] = { "CONFIRM", 0, COLUMN_TRUNC, "how to see it by hand" },
	[CAUSE_WHERE] = { "WHERE", 0, COLUMN_TRUNC,
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
		return cause->confirm;
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

/* Only @one, or all of them; hints on demand. */
static int print_table(const struct options *opt, const struct cause *one,
		       bool hints)
{
	struct table *table = table_new(&cause_table, &opt->format);
	const struct cause *cause;
	size_t i;
	bool ok;

	for (i = 0; (cause = cause_at(i)); i++)
		if ((hints || cause->number >= 0) && (!one || cause == one))
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
	return print_table(opt, NULL, false);
}

static void line(const struct options *opt, const char *label, const char *text)
{
	show_line(&opt->format, label, text, SHOW_BOLD);
}

static int explain_cause(const struct options *opt, const char *id)
{
	const struct cause *cause = cause_find(id);
	const char *like;

	if (!cause) {
		like = cause_nearest(id);
		dief(READER_USAGE, "no cause is called '%s'%s%s%s; forkfail explain -l lists them",
		     text_is_name(id, strlen(id)) ? id : "?",
		     like ? ", did you mean " : "", like ? like : "",
		     like ? "?" : "");
	}
	if (opt->format.mode != TABLE_HUMAN || opt->format.columns)
		return print_table(opt, cause, true);
	line(opt, cause->number < 0 ? "hint" : "cause", cause->id);
	line(opt, "errno", cause->errnos);
	line(opt, "class", class_name(cause->class));
	line(opt, "what", cause->meaning);
	line(opt, "not", cause->not);
	line(opt, "do", cause->action);
	line(opt, "check", cause->confirm);
	line(opt, "where", cause->where);
	line(opt, "kernels", cause->kernels);
	return READER_OK;
}

/* "limit 4915 tasks, in use 4915, of cgroup /system.slice/x.service" */
static char *numbers(const struct event *ev)
{
	const char *limit = ev->value[FORKFAIL_KEY_LIMIT];
	const char *in_use = event_in_use(ev);
	const char *unit = event_get(ev, FORKFAIL_KEY_UNIT);
	const char *object = event_get(ev, FORKFAIL_KEY_OBJECT);
	const char *scope = event_get(ev, FORKFAIL_KEY_SCOPE);

	if (!strcmp(unit, "none"))
		unit = "";
	if (!strcmp(scope, "none"))
		scope = "";
	/* "user uid 112", "process the calling process": said already. */
	if (strcmp(scope, "cgroup") && strcmp(scope, "host"))
		scope = "";
	if (!strcmp(scope, "host"))
		object = "";
	if (!limit && !in_use && !*object && !*scope)
		return NULL;
	return xasprintf("%s%s%s%s%s%s%s%s%s%s%s", limit ? "limit " : "",
			 limit ? limit : "", limit && *unit ? " " : "",
			 limit ? unit : "", limit && in_use ? ", " : "",
			 in_use ? "in use " : "", in_use ? in_use : "",
			 *object || *scope ? (limit || in_use ? ", of " : "of ") : "",
			 !strcmp(scope, "host") ? "the whole machine" : scope,
			 *object && *scope ? " " : "", object);
}

static void explain_who(const struct options *opt, const struct event *ev)
{
	const char *errno_name = event_get(ev, FORKFAIL_KEY_ERRNO);
	const char *pid = event_get(ev, FORKFAIL_KEY_PID);
	const char *uid = event_get(ev, FORKFAIL_KEY_UID), *kind;
	char when[40], last[40], *s;

	text_local_time(when, sizeof(when), &ev->when);
	kind = event_get(ev, FORKFAIL_KEY_KIND);
	s = xasprintf("%s%s%s%s%s%s could not create %s%s%s%s",
		      *event_get(ev, FORKFAIL_KEY_COMM) ?
		      event_get(ev, FORKFAIL_KEY_COMM) : "a task",
		      *pid ? "[" : "", pid, *pid ? "]" : "",
		      *uid ? " uid " : "", uid,
		      *kind_phrase(kind) ? kind_phrase(kind) : "a ",
		      *kind_phrase(kind) ? "" : kind,
		      *errno_name ? ": " : "", errno_name);
	show_line(&opt->format, "last", s, SHOW_RED);
	free(s);
	s = ev->repeat ? xasprintf("%s, and %llu time%s more until %s",
				   opt->utc ? ev->time : when, ev->repeat,
				   ev->repeat == 1 ? "" : "s",
				   opt->utc ? event_get(ev, FORKFAIL_KEY_LAST) :
				   text_local_time(last, sizeof(last), &ev->last)) :
			 xstrdup(opt->utc ? ev->time : when);
	line(opt, "when", s);
	free(s);
}

static void explain_advice(const struct options *opt, const struct event *ev,
			   const struct cause *cause)
{
	char *s;

	line(opt, "not", cause->not);
	line(opt, "do", cause->action);
	s = advice_raise(cause->id, ev);
	line(opt, "raise it", s);
	free(s);
	s = advice_check(cause, ev);
	line(opt, "check", s);
	free(s);
	line(opt, "where", cause->where);
	line(opt, "kernels", cause->kernels);
}

static void explain_event(const struct options *opt, const struct event *ev,
			  const struct cause *cause)
{
	const char *id = event_get(ev, FORKFAIL_KEY_CAUSE);
	const char *proof = event_get(ev, FORKFAIL_KEY_PROOF);
	char *s;

	explain_who(opt, ev);
	s = xasprintf("%s: %s", id, cause ? cause->meaning :
		      "a cause that this reader does not know (newer module)");
	line(opt, "cause", s);
	free(s);
	s = numbers(ev);
	line(opt, "numbers", s);
	free(s);
	s = !strcmp(event_get(ev, FORKFAIL_KEY_SCOPE), "cgroup") ?
		advice_unit(event_get(ev, FORKFAIL_KEY_OBJECT)) : NULL;
	line(opt, "unit", s);
	free(s);
	line(opt, "object", event_get(ev, FORKFAIL_KEY_ALLOC));
	if (strcmp(event_get(ev, FORKFAIL_KEY_CGROUP),
		   event_get(ev, FORKFAIL_KEY_OBJECT)))
		line(opt, "asked by", event_get(ev, FORKFAIL_KEY_CGROUP));
	line(opt, "held by", event_get(ev, FORKFAIL_KEY_HOLDERS));
	if (!strcmp(event_get(ev, FORKFAIL_KEY_COMPLETE), "no"))
		line(opt, "", "(that count is not complete)");
	s = xasprintf("%s%s%s", proof, *proof_meaning(proof) ? ": " : "",
		      proof_meaning(proof));
	line(opt, "known by", s);
	free(s);
	line(opt, "or", event_get(ev, FORKFAIL_KEY_CANDIDATES));
	line(opt, "first was", event_get(ev, FORKFAIL_KEY_FIRST_CAUSE));
	line(opt, "also", ev->other);
	if (cause)
		explain_advice(opt, ev, cause);
}

static int explain_newest(const struct options *opt)
{
	const struct event *ev;
	const struct cause *cause;
	struct input in;
	int status = READER_OK;

	input_open(&in, opt, FORKFAIL_LOG);
	if (input_complain(&in))
		status = READER_PARTIAL;
	ev = page_newest(&in.page);
	if (!ev) {
		if (opt->format.mode == TABLE_JSON)
			print_table(opt, cause_at((size_t)-1), false);
		else
			puts(status ? "no event could be read" :
				      "nothing failed yet, as far as this reader may see");
		input_free(&in);
		return status;
	}
	cause = cause_find(event_get(ev, FORKFAIL_KEY_CAUSE));
	if (opt->format.mode == TABLE_HUMAN && !opt->format.columns) {
		explain_event(opt, ev, cause);
	} else if (cause) {
		if (print_table(opt, cause, true))
			status = READER_OUTPUT;
	} else {
		warnf("the newest failure has a cause that this reader does not know: %s",
		      event_get(ev, FORKFAIL_KEY_CAUSE));
		status = READER_PARTIAL;
	}
	input_free(&in);
	return status;
}

/**
 * cmd_explain() - forkfail explain
 * @opt: options
 * @argc: number of arguments
 * @argv: the id of a cause or hint, or nothing for the newest failure
 *
 * Return: exit status.
 */
int cmd_explain(const struct options *opt, int argc, char **argv)
{
	if (argc > 1)
		dief(READER_USAGE, "explain takes one id");
	if (opt->list)
		return print_table(opt, NULL, true);
	return argc ? explain_cause(opt, argv[0]) : explain_newest(opt);
}
