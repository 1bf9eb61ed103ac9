// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forkfail log -f: print events as they come.
 *
 * The log is read again whenever poll() says so.  Events with a higher number than the
 * last one are printed, and a gap in the numbers is reported.  An event that has
 * continued (same number, larger repeat) is printed again, at most once a second.
 * When the module is unloaded, the file returns EIO: wait for a new one.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "filter.h"
#include "commands/follow.h"
#include "input.h"
#include "event_table.h"

/* Between two reads of the log: a storm must not keep the reader busy. */
#define PAUSE_MS	100
/* Between two updates of the same event. */
#define UPDATE_MS	1000
/* Read even without a wakeup: poll() need not report every repetition. */
#define IDLE_MS		5000
/* Between two attempts to open the log after the module was unloaded. */
#define RETRY_MS	500

struct seen {
	u64 seq;
	u64 repeat;
};

struct follow {
	const struct options *opt;
	char *path;
	int fd;
	bool started;		/* the log was read once */
	bool headings;		/* headings are printed */
	bool complained;
	u64 last_seq;
	char load[FORKFAIL_LOAD_LEN + 1];	/* the load it belongs to, "" if unknown */
	struct seen *seen;	/* what was printed, by number */
	size_t nr_seen;
	struct timespec updated;
};

static long ms_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - then->tv_sec) * 1000 +
	       (now.tv_nsec - then->tv_nsec) / 1000000;
}

static void pause_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

/* The repeat count that was printed for @seq; false if it was not printed. */
static bool find_seen(const struct follow *fw, u64 seq, u64 *repeat)
{
	size_t low = 0, high = fw->nr_seen, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (fw->seen[mid].seq < seq)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == fw->nr_seen || fw->seen[low].seq != seq)
		return false;
	*repeat = fw->seen[low].repeat;
	return true;
}

/* Who sees only some events sees gaps: their numbers count all events of the user. */
static void report_gap(const struct follow *fw, u64 from, u64 to)
{
	if (input_is_partial(fw->opt))
		return;
	if (from == to)
		warnf("event %llu was overwritten before it could be read", from);
	else
		warnf("%llu events were overwritten before they could be read (seq %llu to %llu)",
		      to - from + 1, from, to);
}

/*
 * Has the module been loaded again?  Then the identifier of its load is different, or, if
 * it has none, numbers are lower than before.
 */
static void check_restart(struct follow *fw, const struct page *page)
{
	const char *load = page_pair(page, "load");
	bool other = load && *fw->load && strcmp(fw->load, load);
	size_t i;
	u64 newest = 0;

	snprintf(fw->load, sizeof(fw->load), "%.*s", FORKFAIL_LOAD_LEN, load ? load : "");

	for (i = 0; i < page->nr_events; i++)
		if (page->events[i].seq > newest)
			newest = page->events[i].seq;
	if (fw->started && (other || newest < fw->last_seq)) {
		warnf("the module was reloaded; event numbers start again at 1");
		fw->last_seq = 0;
		fw->nr_seen = 0;
	}
}

/*
 * Which events of the page are to be printed?  Also brings @fw up to date.
 * Return: how many.
 */
static size_t choose(struct follow *fw, const struct page *page,
		     const struct event **events, bool updates)
{
	struct seen *seen = xrealloc(NULL, page->nr_events, sizeof(*seen));
	size_t i, nr = 0, nr_seen = 0;
	const struct event *ev;
	u64 repeat, before = fw->last_seq;

	for (i = 0; i < page->nr_events; i++) {
		ev = &page->events[i];
		repeat = ev->repeat;
		if (ev->seq > fw->last_seq) {
			if (fw->started && ev->seq > fw->last_seq + 1)
				report_gap(fw, fw->last_seq + 1, ev->seq - 1);
			/* Gaps in the first read are from before this program was started. */
			fw->last_seq = ev->seq;
			if (filter_event(fw->opt, ev))
				events[nr++] = ev;
		} else if (ev->seq <= before && find_seen(fw, ev->seq, &repeat)) {
			if (ev->repeat > repeat && updates) {
				repeat = ev->repeat;
				if (filter_event(fw->opt, ev))
					events[nr++] = ev;
			}
		}
		if (!nr_seen || seen[nr_seen - 1].seq < ev->seq)
			seen[nr_seen++] = (struct seen){ ev->seq, repeat };
	}
	free(fw->seen);
	fw->seen = seen;
	fw->nr_seen = nr_seen;
	return nr;
}

static bool print_new(struct follow *fw, const struct page *page)
{
	bool updates = ms_since(&fw->updated) >= UPDATE_MS, ok = true;
	struct options with = *fw->opt;
	/* JSON Lines: each event is a document of its own. */
	struct json json = { .line = true };
	const struct event **events;
	size_t nr, first = 0;

	with.format.json = &json;
	check_restart(fw, page);
	events = xrealloc(NULL, page->nr_events, sizeof(*events));
	nr = choose(fw, page, events, updates);
	if (updates)
		clock_gettime(CLOCK_MONOTONIC, &fw->updated);
	if (!fw->started && fw->opt->lines >= 0 && nr > (size_t)fw->opt->lines)
		first = nr - (size_t)fw->opt->lines;
	fw->started = true;
	if (nr > first) {
		ok = event_table_print(&with, events + first, nr - first,
				       !fw->headings, true);
		fw->headings = true;
	}
	free(events);
	return ok;
}

/*
 * Wait for @fd (-1: only for the time), or until our output is no longer read: no
 * events are requested for it, but poll() reports a closed pipe.
 *
 * Return: false if nobody reads it.
 */
static bool wait_ms(int fd, int ms)
{
	struct pollfd fds[2] = {
		{ .fd = STDOUT_FILENO },
		/* POLLIN too: an unloaded module's file reports nothing else. */
		{ .fd = fd, .events = POLLIN | POLLPRI },
	};

	return poll(fds, 2, ms) <= 0 ||
	       !(fds[0].revents & (POLLERR | POLLHUP | POLLNVAL));
}

/* Wait until the module is loaded again. */
static int reopen(struct follow *fw)
{
	close(fw->fd);
	warnf("the module was unloaded; waiting until it is loaded again");
	while ((fw->fd = open(fw->path, O_RDONLY | O_CLOEXEC)) < 0) {
		if (errno != ENOENT)
			dief(READER_NO_DATA, "%s: %s", fw->path, strerror(errno));
		if (!wait_ms(-1, RETRY_MS))
			return READER_OUTPUT;
	}
	warnf("the module was loaded again; event numbers start again at 1");
	fw->last_seq = 0;
	fw->nr_seen = 0;
	fw->load[0] = '\0';
	return READER_OK;
}

/* Read the log once. */
static int read_log(struct follow *fw)
{
	struct input in;
	bool ok;

	switch (lseek(fw->fd, 0, SEEK_SET) < 0 ? INPUT_GONE :
		input_read_fd(&in, fw->fd)) {
	case INPUT_OK:
		break;
	case INPUT_GONE:
		return reopen(fw);
	case INPUT_ERROR:
		dief(READER_NO_DATA, "%s: %s", fw->path, strerror(errno));
	case INPUT_GARBAGE:
		if (!fw->started)
			dief(READER_NO_DATA, "%s contains no log of forkfail",
			     fw->path);
		pause_ms(RETRY_MS);
		return READER_OK;
	}
	if (!fw->started)
		filter_check_causes(fw->opt, &in.page);
	if (!fw->complained)
		fw->complained = input_complain(&in);
	ok = print_new(fw, &in.page);
	input_free(&in);
	return ok ? READER_OK : READER_OUTPUT;
}

/**
 * log_follow() - print events until interrupted
 * @opt: options
 *
 * Return: exit status, if the output could not be written.
 */
int log_follow(const struct options *opt)
{
	struct follow fw = { .opt = opt };
	int status;

	if (opt->input)
		dief(READER_USAGE, "mutually exclusive arguments: --follow --input");
	fw.path = input_path(opt, FORKFAIL_LOG);
	fw.fd = open(fw.path, O_RDONLY | O_CLOEXEC);
	if (fw.fd < 0)
		input_no_module(opt, fw.path, errno);
	if (input_is_partial(opt))
		input_warn_partial(opt);
	for (;;) {
		status = read_log(&fw);
		if (status)
			break;
		pause_ms(PAUSE_MS);
		if (!wait_ms(fw.fd, IDLE_MS)) {
			status = READER_OUTPUT;
			break;
		}
	}
	close(fw.fd);
	free(fw.seen);
	free(fw.path);
	return status;
}
