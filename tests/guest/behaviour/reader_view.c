// SPDX-License-Identifier: GPL-2.0-only
/*
 * reader_view.c - what a reader sees on the page and in the log
 */
#define _GNU_SOURCE
#include <fcntl.h>

#include "guest.h"
#include "reader_view.h"

struct view *view;

static void find(const struct text *t)
{
	unsigned int i;

	for (i = 0; i < t->nr_events; i++) {
		const struct event *e = &t->events[i];
		const char *comm = value(e, FORKFAIL_KEY_COMM);

		view->alice += !strcmp(comm, "v-alice");
		view->bob += !strcmp(comm, "v-bob");
		view->root += !strcmp(comm, "v-root");
		view->inner += !strcmp(comm, "v-inner");
		view->uid = atoi(value(e, FORKFAIL_KEY_UID));
		view->pid = atoi(value(e, FORKFAIL_KEY_PID));
		snprintf(view->object, sizeof(view->object), "%s", value(e, FORKFAIL_KEY_OBJECT));
		snprintf(view->cgroup, sizeof(view->cgroup), "%s", value(e, FORKFAIL_KEY_CGROUP));
		view->limit_shown = *value(e, FORKFAIL_KEY_LIMIT) ||
				    *value(e, FORKFAIL_KEY_IN_USE) ||
				    *value(e, FORKFAIL_KEY_LAST_IN_USE) ||
				    strstr(view->last, "pids.max allows (") ||
				    strstr(view->yours, "pids.max allows (");
		if (!i)
			view->first_seq = e->seq;
	}
	view->events = t->nr_events;
}

/**
 * view_look_at - read page and log from open files
 * @page_fd: the page
 * @log_fd: the log
 */
void view_look_at(int page_fd, int log_fd)
{
	struct text page, log;
	size_t len = 0;
	char *raw, *copy;
	unsigned int i;

	memset(view, 0, sizeof(*view));
	raw = slurp_fd(page_fd, &len);
	copy = raw ? strdup(raw) : NULL;
	view->page_good = parse_page(&page, raw, len);
	view->rows = all_rows(&page);
	view->nr_rows = page.nr_rows;
	for (i = 0; i < page.nr_rows; i++)
		view->objects += !!strcmp(page.rows[i].object, "-");
	snprintf(view->last, sizeof(view->last), "%s", page.last ?: "");
	view->partial = page.partial;
	snprintf(view->yours, sizeof(view->yours), "%s", page.yours ?: "");
	for (i = 0; i < page.nr_also; i++)
		snprintf(view->also + strlen(view->also), sizeof(view->also) - strlen(view->also),
			 "%s%s", i ? "; " : "", page.also[i]);
	if (!view->page_good)
		snprintf(view->wrong, sizeof(view->wrong), "%s", page.wrong);
	/* names of others, anywhere on the page */
	view->others_named = copy ? !!strstr(copy, "v-bob") + !!strstr(copy, "5802") +
				    !!strstr(copy, "v-root") : 0;
	free(copy);
	raw = slurp_fd(log_fd, &len);
	view->log_good = parse_log(&log, raw, len);
	if (!view->log_good)
		snprintf(view->wrong, sizeof(view->wrong), "%s", log.wrong);
	find(&log);
	if (view->page_good && page.nr_events != log.nr_events)
		snprintf(view->wrong, sizeof(view->wrong), "%u events on the page, %u in the log",
			 page.nr_events, log.nr_events);
	text_free(&page);
	text_free(&log);
}

/**
 * view_look - open page and log, and read them
 */
void view_look(void)
{
	int page = open(FORKFAIL_PAGE, O_RDONLY), log = open(FORKFAIL_LOG, O_RDONLY);

	view_look_at(page, log);
	close(page);
	close(log);
}

/**
 * become - change to a user
 * @uid: the user
 *
 * Return: false if that is not allowed.
 */
bool become(uid_t uid)
{
	return !setresgid(uid, uid, uid) && !setresuid(uid, uid, uid);
}

/**
 * view_as - read page and log in a child
 * @prepare: what the child does before
 */
void view_as(void (*prepare)(void))
{
	pid_t pid = fork();

	if (!pid) {
		prepare();
		view_look();
		_exit(0);
	}
	if (wait_for(pid))
		snprintf(view->wrong, sizeof(view->wrong), "the reader could not get ready");
}

/**
 * view_fine - could page and log be read, and parsed?
 *
 * Return: true if so; otherwise says what is wrong.
 */
bool view_fine(void)
{
	if (*view->wrong)
		note("%s", view->wrong);
	return view->page_good && view->log_good && !*view->wrong;
}
