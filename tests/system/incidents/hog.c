// SPDX-License-Identifier: GPL-2.0-only
/*
 * hog.c - a program that creates tasks until it is refused, and then retries until it is not
 *
 *	hog process|zombie|thread|once N [STACK-KIB]
 *
 * Creates N tasks: children that stay, children that end and are not waited for, or threads.
 * At the first refusal it prints "refused 11: ..., after 92" and retries every fifth of a
 * second, or with "once" ends, as libgomp, Node and Erlang do.  When it has created all of
 * them it prints "made" and stays.  It prints to standard output and, if the directory
 * exists, to /run/hog/out, which a container may share with its host.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t stack_size = 64 * 1024;

static void say(const char *fmt, ...)
{
	int fd = open("/run/hog/out", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	char line[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	printf("%s\n", line);
	fflush(stdout);
	if (fd >= 0) {
		dprintf(fd, "%s\n", line);
		close(fd);
	}
}

static int make_process(int stays)
{
	pid_t pid = fork();

	if (pid < 0)
		return errno;
	if (!pid) {
		while (stays)
			pause();
		_exit(0);
	}
	return 0;
}

static void *wait_for_ever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static int make_thread(void)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, stack_size);
	return pthread_create(&thread, &attr, wait_for_ever, NULL);
}

int main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[2]) : 0, made = 0, told = 0, err;

	if (argc > 3)
		stack_size = strtoul(argv[3], NULL, 10) * 1024;
	while (made < n) {
		if (!strcmp(argv[1], "thread") || !strcmp(argv[1], "once"))
			err = make_thread();
		else
			err = make_process(!strcmp(argv[1], "process"));
		if (!err) {
			made++;
			continue;
		}
		if (!told++)
			say("refused %d: %s, after %d", err, strerror(err), made);
		if (!strcmp(argv[1], "once"))
			return 1;
		usleep(200000);
	}
	say("made %d", made);
	for (;;)
		pause();
}
