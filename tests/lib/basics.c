// SPDX-License-Identifier: GPL-2.0-only
/*
 * basics.c - files, memory, time, children and medians of the programs that run in a guest
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "basics.h"

/**
 * slurp_fd - read what is left of a file
 * @fd: the file
 * @len: receives the length, may be NULL
 *
 * Return: the text with a NUL behind it, to be freed; NULL with errno.
 */
char *slurp_fd(int fd, size_t *len)
{
	size_t size = 65536, n = 0;
	char *buf = malloc(size);
	ssize_t got;

	while ((got = read(fd, buf + n, size - n - 1)) > 0) {
		n += got;
		if (n + 1 == size)
			buf = realloc(buf, size *= 2);
	}
	if (got < 0) {
		free(buf);
		return NULL;
	}
	buf[n] = 0;
	if (len)
		*len = n;
	return buf;
}

/**
 * slurp - read a file
 * @path: the file
 * @len: receives the length, may be NULL
 *
 * Return: as slurp_fd().
 */
char *slurp(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *s;

	if (fd < 0)
		return NULL;
	s = slurp_fd(fd, len);
	close(fd);
	return s;
}

/**
 * put - write a line to a file
 * @path: the file
 * @fmt: as printf
 *
 * Return: 0 or -errno.
 */
int put(const char *path, const char *fmt, ...)
{
	char buf[4096];
	va_list ap;
	int fd, n, err = 0;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, buf, n) < 0)
		err = -errno;
	close(fd);
	return err;
}

/**
 * number_in - the first number in a file
 * @path: the file
 *
 * Return: the number, -1 if there is none.
 */
long long number_in(const char *path)
{
	char *s = slurp(path, NULL);
	long long n = -1;

	if (s && sscanf(s, "%lld", &n) != 1)
		n = -1;
	free(s);
	return n;
}

/**
 * field_of - the number behind a word in a file
 * @path: the file
 * @key: the word, with what is between it and the number
 *
 * Return: the number, -1 if it is not there.
 */
long long field_of(const char *path, const char *key)
{
	char *s = slurp(path, NULL), *p = s ? strstr(s, key) : NULL;
	long long n = p ? atoll(p + strlen(key)) : -1;

	free(s);
	return n;
}

/**
 * shared - allocate memory that is shared with children
 * @size: bytes
 *
 * Return: zeroed memory, all of it there.
 */
void *shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	return p;
}

/**
 * nap - sleep
 * @ms: milliseconds
 */
void nap(unsigned int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/**
 * now_us - time of a monotonic clock
 *
 * Return: microseconds.
 */
uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ULL + ts.tv_nsec / 1000;
}

/**
 * now_ms - the same
 *
 * Return: milliseconds.
 */
uint64_t now_ms(void)
{
	return now_us() / 1000;
}

/**
 * wait_for - wait for a child
 * @pid: the child
 *
 * Return: its exit status, 128 + N if signal N ended it.
 */
int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/**
 * sort_up - sort, the least first
 * @values: by this
 * @n: how many
 */
void sort_up(uint64_t *values, unsigned int n)
{
	qsort(values, n, sizeof(*values), by_value);
}

/**
 * quartile - one of the quartiles
 * @values: sorted by this
 * @n: how many
 * @q: 1 to 3
 *
 * Return: it, 0 if there is no value.
 */
uint64_t quartile(uint64_t *values, unsigned int n, unsigned int q)
{
	sort_up(values, n);
	return n ? values[n * q / 4] : 0;
}

/**
 * median - the one in the middle
 * @values: sorted by this
 * @n: how many
 *
 * Return: it, 0 if there is none.
 */
uint64_t median(uint64_t *values, unsigned int n)
{
	return quartile(values, n, 2);
}
