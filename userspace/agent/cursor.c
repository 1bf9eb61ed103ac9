// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A place in the history of failures: "BOOT:LOAD:SEQ".
 *
 * Sequence numbers start again with each load of the module, and a load belongs to one
 * boot of the machine: only all three together identify an event.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/cursor.h"
#include "text.h"

static size_t id_len(const char *s)
{
	size_t len;

	for (len = 0; isalnum((unsigned char)s[len]) || s[len] == '-'; len++)
		;
	return len;
}

/**
 * cursor_is_id() - can this name a boot or a load in a cursor?
 * @s: text
 * @size: of the room that there is for it
 *
 * Return: true if it is letters, digits and dashes only, and fits.
 */
bool cursor_is_id(const char *s, size_t size)
{
	size_t len = id_len(s);

	return len && len < size && !s[len];
}

/* An id up to a colon; *@s is advanced to the byte after it. */
static bool take_id(char *to, size_t size, const char **s)
{
	size_t len = id_len(*s);

	if (!len || len >= size || (*s)[len] != ':')
		return false;
	memcpy(to, *s, len);
	to[len] = '\0';
	*s += len + 1;
	return true;
}

/**
 * cursor_parse() - parse a cursor
 * @c: receives it
 * @s: text, which is not trusted
 *
 * Return: false if it is not a cursor.
 */
bool cursor_parse(struct cursor *c, const char *s)
{
	memset(c, 0, sizeof(*c));
	if (take_id(c->boot, sizeof(c->boot), &s) &&
	    take_id(c->load, sizeof(c->load), &s) && text_to_u64(s, &c->seq))
		return true;
	memset(c, 0, sizeof(*c));
	return false;
}

/**
 * cursor_text() - format a cursor
 * @buf: receives the text
 * @c: the cursor
 *
 * Return: @buf.
 */
const char *cursor_text(char buf[CURSOR_LEN], const struct cursor *c)
{
	snprintf(buf, CURSOR_LEN, "%s:%s:%llu", c->boot, c->load, c->seq);
	return buf;
}

/**
 * cursor_same_load() - can the numbers of two cursors be compared?
 * @a: one
 * @b: the other
 *
 * Return: true if they are of one load of the module in one boot.
 */
bool cursor_same_load(const struct cursor *a, const struct cursor *b)
{
	return !strcmp(a->boot, b->boot) && !strcmp(a->load, b->load);
}

/**
 * cursor_read() - read a cursor from a file
 * @c: receives it
 * @path: the file
 *
 * Return: false if the file contains none.
 */
bool cursor_read(struct cursor *c, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char buf[CURSOR_LEN + 1];
	ssize_t n = -1;

	memset(c, 0, sizeof(*c));
	if (fd >= 0) {
		n = read(fd, buf, sizeof(buf) - 1);
		close(fd);
	}
	if (n <= 0 || buf[n - 1] != '\n')
		return false;
	buf[n - 1] = '\0';
	return cursor_parse(c, buf);
}

/**
 * cursor_write() - replace the cursor in a file
 * @c: the cursor
 * @path: the file; best on a tmpfs (/run), where writing does not wait for a disk: a
 *	cursor is of no use after a reboot
 *
 * Return: false if it could not be written, with errno.
 */
bool cursor_write(const struct cursor *c, const char *path)
{
	char buf[CURSOR_LEN], *tmp = xasprintf("%s.new", path);
	bool ok = false;
	int fd, err;

	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0) {
		cursor_text(buf, c);
		ok = dprintf(fd, "%s\n", buf) > 0;
		ok = !close(fd) && ok && !rename(tmp, path);
	}
	err = errno;
	free(tmp);
	errno = err;
	return ok;
}
