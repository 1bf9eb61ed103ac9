// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads a directory a few names at a time.  readdir(3) reads 32 KiB at once: in /proc
 * that is a thousand processes, and takes several milliseconds.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/dents.h"

/* struct linux_dirent64 of getdents64(2); no header declares it. */
struct entry {
	uint64_t ino;
	int64_t off;
	unsigned short reclen;
	unsigned char type;
	char name[];
};

/**
 * dents_open() - start reading a directory
 * @d: receives it
 * @dir: directory that @name is relative to, or AT_FDCWD
 * @name: its name
 *
 * Return: false if it cannot be opened.
 */
bool dents_open(struct dents *d, int dir, const char *name)
{
	d->fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	d->pos = 0;
	d->len = 0;
	return d->fd >= 0;
}

/**
 * dents_next() - get the next name
 * @d: the directory
 * @is_dir: set if it is a directory, or may be one
 *
 * Return: the name, valid until the next call; NULL at the end.
 */
const char *dents_next(struct dents *d, bool *is_dir)
{
	const struct entry *e;
	long n;

	if (d->pos >= d->len) {
		n = syscall(SYS_getdents64, d->fd, d->buf, sizeof(d->buf));
		if (n <= 0)
			return NULL;
		d->len = (size_t)n;
		d->pos = 0;
	}
	e = (const struct entry *)(d->buf + d->pos);
	d->pos += e->reclen;
	*is_dir = e->type == DT_DIR || e->type == DT_UNKNOWN;
	return e->name;
}

/**
 * dents_close() - close a directory
 * @d: the directory
 */
void dents_close(struct dents *d)
{
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
}
