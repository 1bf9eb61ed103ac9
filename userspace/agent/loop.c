// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The event loop: files by epoll, timers by its timeout.
 *
 * Nothing that is called from here may block: everything else would have to wait.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "agent/loop.h"

static int epoll_fd = -1;
static struct timer *timers;
static bool stopped;

/**
 * loop_init() - create the loop; exits if that fails
 */
void loop_init(void)
{
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0)
		dief(READER_NO_DATA, "epoll_create1: %s", strerror(errno));
}

/**
 * loop_now() - the current time
 *
 * Return: milliseconds of the monotonic clock; never 0.
 */
long long loop_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 + 1;
}

/**
 * loop_watch() - call a handler when a file is ready
 * @fd: the file; it may be watched already
 * @events: events of epoll; 0 for errors only
 * @handler: the handler
 *
 * Return: false if the file cannot be watched, as an ordinary file.
 */
bool loop_watch(int fd, unsigned int events, struct handler *handler)
{
	struct epoll_event ev = { .events = events, .data.ptr = handler };

	return !epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev) ||
	       (errno == EEXIST && !epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &ev));
}

/**
 * loop_forget() - stop watching a file
 * @fd: the file, which is still open
 */
void loop_forget(int fd)
{
	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

/**
 * loop_timer() - add a timer to the loop; it is not set
 * @timer: the timer, which must stay
 */
void loop_timer(struct timer *timer)
{
	timer->next = timers;
	timers = timer;
}

/**
 * timer_in() - set a timer
 * @timer: a timer that was added to the loop
 * @ms: milliseconds from now
 */
void timer_in(struct timer *timer, long long ms)
{
	timer->at = loop_now() + ms;
}

/* How long to wait for files, in ms; -1 for ever. */
static int time_left(void)
{
	long long now = loop_now(), first = 0;
	struct timer *t;

	for (t = timers; t; t = t->next)
		if (t->at && (!first || t->at < first))
			first = t->at;
	if (!first)
		return -1;
	if (first <= now)
		return 0;
	return first - now > 3600000 ? 3600000 : (int)(first - now);
}

static void fire_timers(void)
{
	long long now = loop_now();
	struct timer *t;

	for (t = timers; t; t = t->next) {
		if (!t->at || t->at > now)
			continue;
		t->at = 0;
		t->fire(t->data);
	}
}

/**
 * loop_run() - call handlers and timers until loop_stop()
 *
 * One file at a time: a handler may close other files.
 */
void loop_run(void)
{
	struct handler *handler;
	struct epoll_event ev;
	int n;

	while (!stopped) {
		n = epoll_wait(epoll_fd, &ev, 1, time_left());
		if (n < 0 && errno != EINTR)
			dief(READER_NO_DATA, "epoll_wait: %s", strerror(errno));
		if (n > 0) {
			handler = ev.data.ptr;
			handler->ready(handler->data, ev.events);
		}
		fire_timers();
	}
}

/**
 * loop_stop() - return from loop_run() after this round
 */
void loop_stop(void)
{
	stopped = true;
}
