// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Selects failures: --since, --class and the other filters, the same for the page, the
 * log and explain.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "causes.h"
#include "filter.h"
#include "text.h"

/**
 * filter_on_rows() - do the options select by what a table row has?
 * @opt: the options
 *
 * Return: true if so.
 */
bool filter_on_rows(const struct options *opt)
{
	return opt->nr_causes || opt->classes || opt->errno_name || opt->cgroup;
}

/**
 * filter_on_events() - do the options select by what only an event has?
 * @opt: the options
 *
 * Return: true if so.
 */
bool filter_on_events(const struct options *opt)
{
	return opt->since || opt->until || opt->pid || opt->comm || opt->kinds ||
	       opt->has_uid;
}

static bool wants_cause(const struct options *opt, const char *id)
{
	const struct cause *cause;
	size_t i;

	for (i = 0; i < opt->nr_causes; i++)
		if (!strcmp(opt->causes[i], id))
			break;
	if (opt->nr_causes && i == opt->nr_causes)
		return false;
	if (!opt->classes)
		return true;
	/* A cause that this reader does not know has no class. */
	cause = cause_find(id);
	return cause && cause->class < FORKFAIL_NR_CLASSES &&
	       opt->classes & 1u << cause->class;
}

/*
 * Is this the cause of an event, or one of those that are possible?  "unexplained" among these
 * is not a cause, but says that there may be others.
 */
static bool wants_a_cause(const struct options *opt, const struct event *ev)
{
	char *list, *id, *save = NULL;
	bool wants = wants_cause(opt, event_get(ev, FORKFAIL_KEY_CAUSE));

	if (wants || !*event_get(ev, FORKFAIL_KEY_CANDIDATES))
		return wants;
	list = xstrdup(event_get(ev, FORKFAIL_KEY_CANDIDATES));
	for (id = strtok_r(list, ",", &save); id && !wants; id = strtok_r(NULL, ",", &save))
		wants = strcmp(id, "unexplained") && wants_cause(opt, id);
	free(list);
	return wants;
}

static bool wants_errno(const struct options *opt, const char *name)
{
	return !opt->errno_name || !strcmp(opt->errno_name, name);
}

static bool wants_kind(const struct options *opt, const char *kind)
{
	static const char * const names[] = {
#define X(symbol, name, meaning) name,
		FORKFAIL_KINDS(X)
#undef X
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (opt->kinds & 1u << i && !strcmp(names[i], kind))
			return true;
	return !opt->kinds && strcmp(kind, "selftest");
}

static bool is_number(const struct event *ev, enum forkfail_key key, u64 wanted)
{
	u64 v;

	return text_to_u64(event_get(ev, key), &v) && v == wanted;
}

/**
 * filter_is_in_cgroup() - is this cgroup the one of --cgroup, or below it?
 * @opt: the filters
 * @path: the cgroup, escaped as in the log
 *
 * Units of systemd have backslashes in their names, so a path that is copied from the page
 * is not the one that the kernel has.  Either is accepted.
 *
 * Return: true if so, or if there is no --cgroup.
 */
bool filter_is_in_cgroup(const struct options *opt, const char *path)
{
	return !opt->cgroup || text_is_below(path, opt->cgroup_escaped) ||
	       text_is_below(path, opt->cgroup);
}

/**
 * filter_event() - is this event selected?
 * @opt: the filters
 * @ev: the event
 *
 * An event with repeats lasts from its first time to its last.  An event of the
 * self-test is no program's failure, and is selected only by its kind.
 *
 * Return: true if every filter lets it pass.
 */
bool filter_event(const struct options *opt, const struct event *ev)
{
	const char *object = event_get(ev, FORKFAIL_KEY_OBJECT);

	if (!wants_a_cause(opt, ev) ||
	    !wants_errno(opt, event_get(ev, FORKFAIL_KEY_ERRNO)) ||
	    !wants_kind(opt, event_get(ev, FORKFAIL_KEY_KIND)))
		return false;
	if (opt->comm && fnmatch(opt->comm, event_get(ev, FORKFAIL_KEY_COMM),
				 FNM_NOESCAPE))
		return false;
	if (opt->has_uid && !is_number(ev, FORKFAIL_KEY_UID, opt->uid))
		return false;
	if (opt->pid && !is_number(ev, FORKFAIL_KEY_PID, (u64)opt->pid) &&
	    !is_number(ev, FORKFAIL_KEY_TGID, (u64)opt->pid))
		return false;
	if (strcmp(event_get(ev, FORKFAIL_KEY_SCOPE), "cgroup"))
		object = "";
	if (!filter_is_in_cgroup(opt, object) &&
	    !filter_is_in_cgroup(opt, event_get(ev, FORKFAIL_KEY_CGROUP)))
		return false;
	return (!opt->since || ev->last.tv_sec >= opt->since) &&
	       (!opt->until || ev->when.tv_sec <= opt->until);
}

/**
 * filter_count() - is this row of the table of counts selected?
 * @opt: the filters; those that need an event are ignored
 * @row: the row
 *
 * An event can be selected although its row is not: the table does not have the causes that are
 * possible, nor the cgroup of the task.
 *
 * Return: true if every filter lets it pass.
 */
bool filter_count(const struct options *opt, const struct count *row)
{
	const char *err = row->value[COUNT_ERRNO], *object = row->value[COUNT_OBJECT];

	return wants_cause(opt, row->value[COUNT_CAUSE]) &&
	       wants_errno(opt, err ? err : "") &&
	       filter_is_in_cgroup(opt, object ? object : "");
}

/* Does a row or an event have it? */
static bool has_cause(const struct page *page, const char *id)
{
	const struct options only = { .causes = &id, .nr_causes = 1 };
	size_t i;

	for (i = 0; i < page->nr_counts; i++)
		if (!strcmp(page->counts[i].value[COUNT_CAUSE], id))
			return true;
	for (i = 0; i < page->nr_events; i++)
		if (wants_a_cause(&only, &page->events[i]))
			return true;
	return false;
}

/**
 * filter_check_causes() - is every cause that was typed one?
 * @opt: the filters
 * @page: the text; a newer module may have written causes that this reader does not know
 *
 * Exits if one is neither known nor in the text: a check that selects a mistyped cause would
 * find that all is well.
 */
void filter_check_causes(const struct options *opt, const struct page *page)
{
	size_t i;

	for (i = 0; i < opt->nr_causes; i++)
		if (!cause_find(opt->causes[i]) && !has_cause(page, opt->causes[i]))
			cause_unknown(opt->causes[i]);
}
