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
#include "text.h"
#include "view.h"

/* Rows counted from events: a hostile log must not make this quadratic. */
#define MOST_ROWS	1000

static int newest_event_first(const void *a, const void *b)
{
	return -event_order(*(const struct event * const *)a,
			    *(const struct event * const *)b);
}

static void choose_events(struct view *view)
{
	const struct page *page = view->log.text ? &view->log.page : &view->in.page;
	size_t i;

	view->all_events = page->nr_events;
	view->events = xrealloc(NULL, page->nr_events, sizeof(*view->events));
	for (i = 0; i < page->nr_events; i++)
		if (filter_event(view->opt, &page->events[i]))
			view->events[view->nr_events++] = &page->events[i];
	qsort(view->events, view->nr_events, sizeof(*view->events), newest_event_first);
}

static bool is_row_of(const struct count *row, const struct event *ev)
{
	const char *object = row->value[COUNT_OBJECT];

	return !strcmp(row->value[COUNT_CAUSE], event_get(ev, FORKFAIL_KEY_CAUSE)) &&
	       !strcmp(object ? object : "", event_get(ev, FORKFAIL_KEY_OBJECT));
}

static struct count *add_row(struct view *view, const struct count *row)
{
	view->rows = xrealloc(view->rows, view->nr_rows + 1, sizeof(*view->rows));
	view->rows[view->nr_rows] = *row;
	return &view->rows[view->nr_rows++];
}

/* The newest event of a row; events are newest first. */
static void date_row(const struct view *view, struct count *row)
{
	size_t i;

	for (i = 0; i < view->nr_events && !row->newest; i++)
		if (is_row_of(row, view->events[i]))
			row->newest = view->events[i];
}

/*
 * With a filter that needs events, or for a log, which has no table: count the selected
 * events.
 */
static void count_events(struct view *view)
{
	const struct event *ev;
	struct count *row;
	size_t i, j;

	for (i = 0; i < view->nr_events; i++) {
		ev = view->events[i];
		for (j = 0; j < view->nr_rows; j++)
			if (is_row_of(&view->rows[j], ev))
				break;
		if (j == MOST_ROWS)
			break;
		if (j == view->nr_rows) {
			row = add_row(view, &(struct count){ .newest = ev });
			row->value[COUNT_CAUSE] = event_get(ev, FORKFAIL_KEY_CAUSE);
			row->value[COUNT_OBJECT] = ev->value[FORKFAIL_KEY_OBJECT];
			row->value[COUNT_ERRNO] = ev->value[FORKFAIL_KEY_ERRNO];
			row->value[COUNT_LIMIT] = ev->value[FORKFAIL_KEY_LIMIT];
			row->value[COUNT_IN_USE] = event_in_use(ev);
		}
		row = &view->rows[j];
		row->count = page_add(row->count, page_add(1, ev->repeat));
	}
}

/*
 * When the page was written, which is what the age of a row refers to.  For a saved page
 * it follows from a row whose event is on it.  0 if it is not known.
 */
static time_t page_time(const struct view *view)
{
	const struct page *page = &view->in.page;
	time_t written = 0, at;
	size_t i, j;

	if (!view->opt->input && !*view->opt->sysroot)
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

/* Rows whose newest failure has no event any more, but whose age is enough. */
static void add_rows_without_events(struct view *view, time_t now)
{
	const struct options *opt = view->opt;
	const struct page *page = &view->in.page;
	const struct event *ev;
	size_t i, j, nr;

	if (!now || !opt->since || opt->until || opt->pid || opt->comm || opt->kinds ||
	    opt->has_uid)
		return;
	nr = view->log.text ? view->log.page.nr_events : page->nr_events;
	for (i = 0; i < page->nr_counts; i++) {
		struct count row = page->counts[i];

		if (!filter_count(opt, &row) || !row.has_age ||
		    now - (time_t)row.age < opt->since)
			continue;
		for (j = 0; j < nr; j++) {
			ev = view->log.text ? &view->log.page.events[j] : &page->events[j];
			if (is_row_of(&row, ev))
				break;
		}
		if (j == nr)
			add_row(view, &row);
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

static void choose_rows(struct view *view)
{
	const struct page *page = &view->in.page;
	char number[24];
	struct count *row;
	size_t i;

	if (!page->has_table) {
		count_events(view);
	} else if (filter_on_events(view->opt)) {
		count_events(view);
		add_rows_without_events(view, page_time(view));
	} else {
		for (i = 0; i < page->nr_counts; i++)
			if (filter_count(view->opt, &page->counts[i]))
				date_row(view, add_row(view, &page->counts[i]));
	}
	if (view->nr_rows)
		qsort(view->rows, view->nr_rows, sizeof(*view->rows), newest_row_first);
	for (i = 0; i < view->nr_rows; i++) {
		row = &view->rows[i];
		if (page_is_failure(row->value[COUNT_CAUSE]))
			view->failures = page_add(view->failures, row->count);
		snprintf(number, sizeof(number), "%llu", row->count);
		row->value[COUNT_COUNT] = xstrdup(number);
	}
}

/* The page shows all objects to those who may see all events. */
static bool is_partial(const struct view *view)
{
	const struct page *page = &view->in.page;
	size_t i;

	if (!view->opt->input && !*view->opt->sysroot)
		return input_is_partial(view->opt);
	for (i = 0; i < page->nr_counts; i++)
		if (page->counts[i].has_age)
			return false;
	return page->nr_counts;
}

/* With filters, events that are only in the log count, too. */
static void open_log(struct view *view)
{
	const struct options *opt = view->opt;
	char *path;
	int fd;

	if (opt->input || !(filter_on_events(opt) || filter_on_rows(opt)))
		return;
	path = input_path(opt, FORKFAIL_LOG);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	free(path);
	if (fd < 0)
		return;
	if (input_read_fd(&view->log, fd) != INPUT_OK)
		view->log = (struct input){ .text = NULL };
	close(fd);
}

/**
 * view_open() - read the page and select; exits if there is none
 * @view: the result; release it with view_free()
 * @opt: options
 */
void view_open(struct view *view, const struct options *opt)
{
	*view = (struct view){ .opt = opt };
	filter_check_causes(opt);
	input_open(&view->in, opt, FORKFAIL_PAGE);
	view->bad = input_complain(&view->in);
	open_log(view);
	choose_events(view);
	choose_rows(view);
	view->partial = is_partial(view);
	if (filter_on_events(opt) || filter_on_rows(opt) ||
	    !answer_follow(&view->answer, &view->in.page))
		answer_choose(&view->answer, view->events, view->nr_events);
	view->answer.live = !opt->input && !*opt->sysroot;
}

/**
 * view_free() - release what view_open() allocated
 * @view: the view
 */
void view_free(struct view *view)
{
	size_t i;

	answer_free(&view->answer);
	for (i = 0; i < view->nr_rows; i++)
		free((char *)view->rows[i].value[COUNT_COUNT]);
	free(view->rows);
	free(view->events);
	input_free(&view->in);
	if (view->log.text)
		input_free(&view->log);
}
