// SPDX-License-Identifier: GPL-2.0-only
/*
 * log.c - reads forkfail's page and log
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forkfault.h"
#include "internal.h"

/**
 * log_present() - is forkfail loaded
 *
 * Return: true if its log is there.
 */
bool log_present(void)
{
	return !access(LOG_PATH, R_OK);
}

/**
 * log_read() - read the page or the log
 * @path: which
 * @buf: where to, ended by a zero byte
 * @size: its size
 *
 * Return: false, with a message, if it cannot be read or does not fit.
 */
bool log_read(const char *path, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		diag("%s: %s", path, strerror(errno));
		return false;
	}
	while (len < size - 1) {
		n = read(fd, buf + len, size - 1 - len);
		if (n <= 0)
			break;
		len += n;
	}
	if (n < 0)
		diag("%s: %s", path, strerror(errno));
	else if (n > 0)
		diag("%s does not fit into %zu bytes", path, size);
	close(fd);
	buf[len] = 0;
	return n == 0;
}

/**
 * log_events() - how many events the log holds
 *
 * Return: their number.
 */
unsigned int log_events(void)
{
	static char text[1 << 20];
	unsigned int n = 0;
	const char *line;

	if (!log_read(LOG_PATH, text, sizeof(text)))
		return 0;
	for (line = text; line; line = log_next(line))
		n += log_is_event(line);
	return n;
}
