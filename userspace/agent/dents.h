/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a directory a few names at a time.
 */
#ifndef AGENT_DENTS_H
#define AGENT_DENTS_H

#include "reader.h"

/**
 * struct dents - a directory that is being read
 * @fd: its file descriptor, -1 if it is not open
 * @pos: position of the next entry in @buf
 * @len: bytes in @buf
 * @buf: entries from the kernel; small, because the kernel fills it in one go
 */
struct dents {
	int fd;
	size_t pos, len;
	char buf[2048] __attribute__((__aligned__(8)));
};

bool dents_open(struct dents *d, int dir, const char *name);
const char *dents_next(struct dents *d, bool *is_dir);
void dents_close(struct dents *d);

#endif /* AGENT_DENTS_H */
