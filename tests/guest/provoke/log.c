// SPDX-License-Identifier: GPL-2.0-only
/*
 * log.c - the text of forkfail's page and log
 *
 * uapi/forkfail.h describes it.
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

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/*
 * next_word - copy the word at @p, without quotes and escapes, to @out
 *
 * Returns what follows it, NULL at the end of the line.
 */
static const char *next_word(const char *p, char *out, size_t size)
{
	bool quoted = false;
	size_t len = 0;
	char c;

	while (*p == ' ')
		p++;
	if (!*p || *p == '\n')
		return NULL;
	for (; (c = *p) && c != '\n' && (quoted || c != ' '); p++) {
		if (c == '"') {
			quoted = !quoted;
			continue;
		}
		if (c == '\\' && p[1] == 'x' && hex(p[2]) >= 0 &&
		    hex(p[3]) >= 0) {
			c = hex(p[2]) << 4 | hex(p[3]);
			p += 3;
		}
		if (len < size - 1)
			out[len++] = c;
	}
	out[len] = 0;
	return p;
}

/**
 * log_value() - what a key of an event line holds
 * @line: the line
 * @key: the key
 * @out: where to, without quotes and escapes
 * @size: its size
 *
 * Return: false if there is no such key.
 */
bool log_value(const char *line, const char *key, char *out, size_t size)
{
	char word[1024];
	size_t len = strlen(key);

	while ((line = next_word(line, word, sizeof(word)))) {
		if (strncmp(word, key, len) || word[len] != '=')
			continue;
		snprintf(out, size, "%s", word + len + 1);
		return true;
	}
	return false;
}

/**
 * log_number() - the number that a key of an event line holds
 * @line: the line
 * @key: the key
 * @otherwise: what to return if there is no such key
 *
 * Return: the number.
 */
uint64_t log_number(const char *line, const char *key, uint64_t otherwise)
{
	char text[64];

	if (!log_value(line, key, text, sizeof(text)))
		return otherwise;
	return strtoull(text, NULL, 0);
}

/**
 * log_is_event() - does a line of the log describe an event
 * @line: the line
 *
 * Return: false for the header.
 */
bool log_is_event(const char *line)
{
	return line[0] >= '0' && line[0] <= '9';
}

/**
 * log_next() - go to the next line
 * @line: the line before it
 *
 * Return: NULL behind the last one.
 */
const char *log_next(const char *line)
{
	line = strchr(line, '\n');
	return line && line[1] ? line + 1 : NULL;
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
