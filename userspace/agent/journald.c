// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes to the journal by its native protocol (JOURNAL_NATIVE_PROTOCOL in systemd's
 * documentation): each entry is a datagram with lines FIELD=value.
 *
 * sd_journal_send() blocks when journald does not read; this does not.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/journald.h"

static struct sockaddr_un address = { .sun_family = AF_UNIX };
static int fd = -1;

/**
 * journal_open() - create a socket to send from
 * @path: the journal's socket
 *
 * Return: false if there is no journal.
 */
bool journal_open(const char *path)
{
	if (strlen(path) >= sizeof(address.sun_path) || access(path, F_OK))
		return false;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return fd >= 0;
}

/**
 * journal_field() - add a field to an entry
 * @b: the entry
 * @name: its name
 * @value: printable ASCII; a field without a value is left out
 */
void journal_field(struct buf *b, const char *name, const char *value)
{
	if (value && *value)
		buf_add(b, "%s=%s\n", name, value);
}

/**
 * journal_send() - send an entry, without blocking
 * @b: the entry
 *
 * Return: whether it was sent, and if not, whether to try again.
 */
enum sent journal_send(const struct buf *b)
{
	if (sendto(fd, b->s, b->len, MSG_DONTWAIT | MSG_NOSIGNAL,
		   (struct sockaddr *)&address, sizeof(address)) >= 0)
		return SENT;
	/* its queue is full, or it is being restarted */
	return errno == EMSGSIZE ? SENT_NEVER : SENT_LATER;
}
