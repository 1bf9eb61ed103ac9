/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one event loop.
 */
#ifndef AGENT_LOOP_H
#define AGENT_LOOP_H

#include "reader.h"

/**
 * struct handler - what is called when a file is ready
 * @ready: called with @data and the events of epoll
 * @data: passed on
 *
 * Belongs to whoever watches the file, and must stay while it is watched.
 */
struct handler {
	void (*ready)(void *data, unsigned int events);
	void *data;
};

/**
 * struct timer - what is called at a time
 * @at: when, in ms of loop_now(); 0 while it is not set
 * @fire: called with @data once; it may set the timer anew
 * @data: passed on
 * @next: the loop's
 */
struct timer {
	long long at;
	void (*fire)(void *data);
	void *data;
	struct timer *next;
};

void loop_init(void);
bool loop_watch(int fd, unsigned int events, struct handler *handler);
void loop_forget(int fd);
void loop_timer(struct timer *timer);
void timer_in(struct timer *timer, long long ms);
long long loop_now(void);
void loop_run(void);
void loop_stop(void);

#endif /* AGENT_LOOP_H */
