/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop.
 */
#ifndef AGENT_LOOP_H
#define AGENT_LOOP_H

#include "reader.h"

/**
 * struct handler - called when a file is ready
 * @ready: called with @data and the events of epoll
 * @data: passed on
 *
 * Owned by the caller of loop_watch(); must stay while the file is watched.
 */
struct handler {
	void (*ready)(void *data, unsigned int events);
	void *data;
};

/**
 * struct timer - called at a given time
 * @at: when, in ms of loop_now(); 0 while it is not set
 * @fire: called with @data, once; it may set the timer again
 * @data: passed on
 * @next: for the loop
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
