// SPDX-License-Identifier: GPL-2.0-only
/*
 * util.c - files, the module, and a little statistics
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

/**
 * die - end with a message
 * @fmt: as printf
 */
void die(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fprintf(stderr, "bench: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	exit(1);
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
 * slurp - read a file
 * @path: the file
 *
 * Return: the text, to be freed; NULL with errno.
 */
char *slurp(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t size = 1 << 16, n = 0;
	char *buf;
	ssize_t got;

	if (fd < 0)
		return NULL;
	buf = malloc(size);
	while ((got = read(fd, buf + n, size - n - 1)) > 0) {
		n += got;
		if (n + 1 == size)
			buf = realloc(buf, size *= 2);
	}
	close(fd);
	buf[n] = '\0';
	return buf;
}

/**
 * number_in - the number that a file begins with
 * @path: the file
 *
 * Return: the number, or -1.
 */
long number_in(const char *path)
{
	char *s = slurp(path);
	long n = s ? atol(s) : -1;

	free(s);
	return n;
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
 * shared - memory that children share
 * @size: bytes
 *
 * Return: zeroed memory.
 */
void *shared(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	return p;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
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
	qsort(values, n, sizeof(*values), by_value);
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

/**
 * reap - wait for a child
 * @pid: the child
 *
 * Return: its exit status.
 */
int reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/**
 * load_module - load forkfail, with the kernel log line off
 */
void load_module(void)
{
	struct utsname uts;
	char path[256];
	int fd;

	uname(&uts);
	snprintf(path, sizeof(path), "/lib/modules/%s/extra/" MODULE ".ko", uts.release);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || syscall(SYS_finit_module, fd, "kmsg=0", 0))
		die("cannot load %s: %s", path, strerror(errno));
	close(fd);
}

/**
 * unload_module - unload it
 */
void unload_module(void)
{
	if (syscall(SYS_delete_module, MODULE, O_NONBLOCK))
		die("cannot unload " MODULE ": %s", strerror(errno));
}

/**
 * contender - switch on or off what is compared with a bare kernel
 * @name: forkfail, or what the script contenders knows
 * @on: which
 */
void contender(const char *name, bool on)
{
	pid_t pid;

	if (!strcmp(name, MODULE)) {
		if (on)
			load_module();
		else
			unload_module();
	} else {
		pid = fork();
		if (!pid) {
			execl("/host/contenders", "contenders", name, on ? "on" : "off", NULL);
			_exit(127);
		}
		if (pid < 0 || reap(pid))
			die("contenders %s %s failed", name, on ? "on" : "off");
	}
	/* let what that left behind come to rest; virtual time, it costs nothing */
	nap(300);
}
