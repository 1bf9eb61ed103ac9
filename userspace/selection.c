// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Selects from a page: rows and events, newest first, and what the answer is about.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "filter.h"
#include "selection.h"
#include "times.h"

/* The most rows counted from events: a hostile log must not make this quadratic. */
#define MOST_ROWS	1000

static int newest_event_first(const void *a, const void *b)
{
	return -event_order(*(const struct event * const *)a,
			    *(const struct event * const *)b);
}

static void choose_events(struct selection *sel)
{
	const struct page *page = sel->log.text ? &sel->log.page : &sel->in.page;
	size_t i;

	sel->all_events = page->nr_events;
	sel->events = xrealloc(NULL, page->nr_events, sizeof(*sel->events));
	for (i = 0; i < page->nr_events; i++)
		if (filter_event(sel->opt, &page->events[i]))
			sel->events[sel->nr_events++] = &page->events[i];
	qsort(sel->events, sel->nr_events, sizeof(*sel->events), newest_event_first);
}

static bool is_row_of(const struct count *row, const struct event *ev)
{
	const char *object = row->value[COUNT_OBJECT];

	return !strcmp(row->value[COUNT_CAUSE], event_get(ev, FORKFAIL_KEY_CAUSE)) &&
	       !strcmp(object ? object : "", event_get(ev, FORKFAIL_KEY_OBJECT));
}

static struct count *add_row(struct selection *sel, const struct count *row)
{
	sel->rows = xrealloc(sel->rows, sel->nr_rows + 1, sizeof(*sel->rows));
	sel->rows[sel->nr_rows] = *row;
	return &sel->rows[sel->nr_rows++];
}

/* The newest event of a row; events are newest first. */
static void date_row(const struct selection *sel, struct count *row)
{
	size_t i;

	for (i = 0; i < sel->nr_events && !row->newest; i++)
		if (is_row_of(row, sel->events[i]))
			row->newest = sel->events[i];
}

/*
 * Is the row that counts this event selected?  That of its cause and object, or else the one of
 * its cause without an object: a page may not show objects, or not all.
 */
static bool row_is_selected(const struct selection *sel, const struct event *ev)
{
	const struct page *page = &sel->in.page;
	const struct count *row = NULL;
	size_t i;

	for (i = 0; i < page->nr_counts; i++) {
		if (is_row_of(&page->counts[i], ev))
			return filter_count(sel->opt, &page->counts[i]);
		if (!page->counts[i].value[COUNT_OBJECT] &&
		    !strcmp(page->counts[i].value[COUNT_CAUSE], event_get(ev, FORKFAIL_KEY_CAUSE)))
			row = &page->counts[i];
	}
	return row && filter_count(sel->opt, row);
}

/*
 * With a filter that needs events, or for a log, which has no table: count the selected
 * events.  @counted: those whose rows are selected have been counted with their rows.
 */
static void count_events(struct selection *sel, bool counted)
{
	const struct event *ev;
	struct count *row;
	size_t i, j;

	for (i = 0; i < sel->nr_events; i++) {
		ev = sel->events[i];
		if (counted && row_is_selected(sel, ev))
			continue;
		for (j = 0; j < sel->nr_rows; j++)
			if (is_row_of(&sel->rows[j], ev))
				break;
		if (j == MOST_ROWS)
			break;
		if (j == sel->nr_rows) {
			row = add_row(sel, &(struct count){ .newest = ev });
			row->value[COUNT_CAUSE] = event_get(ev, FORKFAIL_KEY_CAUSE);
			row->value[COUNT_OBJECT] = ev->value[FORKFAIL_KEY_OBJECT];
			row->value[COUNT_ERRNO] = ev->value[FORKFAIL_KEY_ERRNO];
			row->value[COUNT_LIMIT] = ev->value[FORKFAIL_KEY_LIMIT];
			row->value[COUNT_IN_USE] = event_in_use(ev);
		}
		row = &sel->rows[j];
		row->count = page_add(row->count, page_add(1, ev->repeat));
	}
}

/*
 * When the page was written, which is what the age of a row refers to.  For a saved page
 * it follows from a row whose event is on it.  0 if it is not known.
 */
static time_t page_time(const struct selection *sel)
{
	const struct page *page = &sel->in.page;
	time_t written = 0, at;
	size_t i, j;

	if (!sel->opt->input && !*sel->opt->sysroot)
		return time(NULL);
	for (i = 0; i < page->nr_counts; i++)
		for (j = 0; page->counts[i].has_age && j < page->nr_events; j++) {
			if (!is_row_of(&page->counts[i], &page->events[j]))
				continue;
			at = page->events[j].last.tv_sec + (time_t)page->counts[i].age;
			written = at > written ? at : written;
		}
	return written;
}

/* A row that was counted from events, from @first on, has the age of its newest event. */
static void age_rows(struct selection *sel, size_t first, time_t now)
{
	struct count *row;
	size_t i;

	for (i = first; now && i < sel->nr_rows; i++) {
		row = &sel->rows[i];
		row->has_age = true;
		row->age = now > row->newest->last.tv_sec ?
			   (u64)(now - row->newest->last.tv_sec) : 0;
	}
}

/* Rows whose newest failure has no event any more, but whose age suffices for the filter. */
static void add_rows_without_events(struct selection *sel, time_t now)
{
	const struct options *opt = sel->opt;
	const struct page *page = &sel->in.page;
	const struct event *ev;
	size_t i, j, nr;

	if (!now || !opt->since || opt->until || opt->pid || opt->comm || opt->kinds ||
	    opt->has_uid)
		return;
	nr = sel->log.text ? sel->log.page.nr_events : page->nr_events;
	for (i = 0; i < page->nr_counts; i++) {
		struct count row = page->counts[i];

		if (!filter_count(opt, &row) || !row.has_age ||
		    now - (time_t)row.age < opt->since)
			continue;
		for (j = 0; j < nr; j++) {
			ev = sel->log.text ? &sel->log.page.events[j] : &page->events[j];
			if (is_row_of(&row, ev))
				break;
		}
		if (j == nr)
			add_row(sel, &row);
	}
}

static int newest_row_first(const void *a, const void *b)
{
	const struct count *l = a, *m = b;
	int order;

	if (l->newest && m->newest) {
		order = event_order(m->newest, l->newest);
		if (order)
			return order;
	}
	if (l->has_age != m->has_age)
		return l->has_age ? -1 : 1;
	if (l->has_age && l->age != m->age)
		return l->age < m->age ? -1 : 1;
	if (!l->newest != !m->newest)
		return l->newest ? -1 : 1;
	if (l->count != m->count)
		return l->count > m->count ? -1 : 1;
	return strcmp(l->value[COUNT_CAUSE], m->value[COUNT_CAUSE]);
}

static void choose_rows(struct selection *sel)
{
	const struct page *page = &sel->in.page;
	char number[24], age[16];
	struct count *row;
	time_t now;
	size_t i;

	if (!page->has_table) {
		count_events(sel, false);
	} else if (filter_on_events(sel->opt)) {
		now = page_time(sel);
		count_events(sel, false);
		age_rows(sel, 0, now);
		add_rows_without_events(sel, now);
	} else {
		for (i = 0; i < page->nr_counts; i++)
			if (filter_count(sel->opt, &page->counts[i]))
				date_row(sel, add_row(sel, &page->counts[i]));
		i = sel->nr_rows;
		if (filter_on_rows(sel->opt))
			count_events(sel, true);
		age_rows(sel, i, page_time(sel));
	}
	if (sel->nr_rows)
		qsort(sel->rows, sel->nr_rows, sizeof(*sel->rows), newest_row_first);
	for (i = 0; i < sel->nr_rows; i++) {
		row = &sel->rows[i];
		if (page_is_failure(row->value[COUNT_CAUSE]))
			sel->failures = page_add(sel->failures, row->count);
		snprintf(number, sizeof(number), "%llu", row->count);
		row->value[COUNT_COUNT] = xstrdup(number);
		if (row->has_age)
			row->value[COUNT_LAST] = xstrdup(row->value[COUNT_LAST] ?:
						times_age(age, sizeof(age), row->age));
	}
}

/* The page shows all objects to those who may see all events. */
static bool is_partial(const struct selection *sel)
{
	const struct page *page = &sel->in.page;
	size_t i;

	if (!sel->opt->input && !*sel->opt->sysroot)
		return input_is_partial(sel->opt);
	for (i = 0; i < page->nr_counts; i++)
		if (page->counts[i].has_age)
			return false;
	return page->nr_counts;
}

/* With filters, events that are only in the log count, too. */
static void open_log(struct selection *sel)
{
	const struct options *opt = sel->opt;
	char *path;
	int fd;

	if (opt->input || !(filter_on_events(opt) || filter_on_rows(opt)))
		return;
	path = input_path(opt, FORKFAIL_LOG);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	free(path);
	if (fd < 0)
		return;
	if (input_read_fd(&sel->log, fd) != INPUT_OK)
		sel->log = (struct input){ .text = NULL };
	close(fd);
}

/**
 * selection_open() - read the page and select; exits if there is none
 * @sel: the result; release it with selection_free()
 * @opt: options
 */
void selection_open(struct selection *sel, const struct options *opt)
{
	*sel = (struct selection){ .opt = opt };
	input_open(&sel->in, opt, FORKFAIL_PAGE);
	filter_check_causes(opt, &sel->in.page);
	sel->bad = input_complain(&sel->in);
	open_log(sel);
	choose_events(sel);
	choose_rows(sel);
	sel->partial = is_partial(sel);
	if (filter_on_events(opt) || filter_on_rows(opt) ||
	    !answer_follow(&sel->answer, &sel->in.page))
		answer_choose(&sel->answer, sel->events, sel->nr_events);
	sel->answer.live = !opt->input && !*opt->sysroot;
}

/**
 * selection_free() - release what selection_open() allocated
 * @sel: the selection
 */
void selection_free(struct selection *sel)
{
	size_t i;

	answer_free(&sel->answer);
	for (i = 0; i < sel->nr_rows; i++) {
		free((char *)sel->rows[i].value[COUNT_COUNT]);
		if (sel->rows[i].has_age)
			free((char *)sel->rows[i].value[COUNT_LAST]);
	}
	free(sel->rows);
	free(sel->events);
	input_free(&sel->in);
	if (sel->log.text)
		input_free(&sel->log);
}
