// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages and memory.  If memory runs out, the reader says so and exits: callers need
 * not check.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"

/* Prefix of messages. */
const char *program = "forkfail";

static void vmessage(const char *fmt, va_list ap)
{
	fflush(stdout);
	fprintf(stderr, "%s: ", program);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

/**
 * warnf() - print a message to stderr
 * @fmt: format, without a newline
 */
void warnf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vmessage(fmt, ap);
	va_end(ap);
}

/**
 * dief() - print a message to stderr and exit
 * @status: one of enum reader_exit
 * @fmt: format, without a newline
 */
void dief(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vmessage(fmt, ap);
	va_end(ap);
	exit(status);
}

/**
 * xrealloc() - realloc() for @count members of @size that never returns NULL
 * @ptr: the memory to grow, or NULL
 * @count: number of members
 * @size: size of one
 *
 * Return: the memory.
 */
void *xrealloc(void *ptr, size_t count, size_t size)
{
	void *p = reallocarray(ptr, count ? count : 1, size);

	if (!p)
		dief(READER_NO_DATA, "out of memory");
	return p;
}

/**
 * xstrdup() - strdup() that never returns NULL
 * @s: the string
 *
 * Return: a copy that the caller frees.
 */
char *xstrdup(const char *s)
{
	size_t len = strlen(s) + 1;

	return memcpy(xrealloc(NULL, len, 1), s, len);
}

/**
 * xasprintf() - a formatted string of any length
 * @fmt: format
 *
 * Return: the string; the caller frees it.
 */
char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	va_end(ap);
	if (!s)
		dief(READER_NO_DATA, "out of memory");
	return s;
}
