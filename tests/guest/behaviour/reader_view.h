/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reader_view.h - what a reader sees on the page and in the log
 */
#ifndef READER_VIEW_H
#define READER_VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* In shared memory: the reader is a child. */
struct view {
	bool page_good, log_good;
	uint64_t rows;
	unsigned int nr_rows, events, alice, bob, root, inner;
	unsigned int objects, others_named, first_seq;
	unsigned int uid, pid;
	bool partial;		/* it says that there is more */
	bool limit_shown;	/* by the last event, on the page or in the log */
	char last[1024], yours[1024], also[1024], object[300], cgroup[300], wrong[1024];
};

extern struct view *view;

void view_look_at(int page_fd, int log_fd);
void view_look(void);
bool become(uid_t uid);
void view_as(void (*prepare)(void));
bool view_fine(void);

#endif /* READER_VIEW_H */
