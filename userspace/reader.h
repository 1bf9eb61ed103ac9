/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every file of the reader shares: exit statuses, messages, memory.
 */
#ifndef READER_H
#define READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef unsigned long long u64;

#define __printf(a, b)	__attribute__((__format__(__printf__, a, b)))
#define __noreturn	__attribute__((__noreturn__))
#define __unused	__attribute__((__unused__))

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Exit statuses; forkfail(8) documents them. */
enum reader_exit {
	READER_OK	= 0,	/* read, and nothing to report */
	READER_FOUND	= 1,	/* something failed, or a limit is nearly reached */
	READER_USAGE	= 2,	/* wrong option or argument */
	READER_NO_DATA	= 3,	/* no module, no file, no permission, no memory */
	READER_PARTIAL	= 4,	/* parts of the input could not be read */
	READER_OUTPUT	= 5,	/* output could not be written */
};

/* util.c */
extern const char *program;
void warnf(const char *fmt, ...) __printf(1, 2);
void dief(int status, const char *fmt, ...)
	__printf(2, 3) __noreturn;
void *xrealloc(void *ptr, size_t count, size_t size);
char *xstrdup(const char *s);
char *xasprintf(const char *fmt, ...) __printf(1, 2);

#endif /* READER_H */
