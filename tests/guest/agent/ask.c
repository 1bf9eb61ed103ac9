// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ask ADDRESS URL: ask the agent, print the body of its answer, and on stderr how many
 * ms it took.  ADDRESS is a path or a port of 127.0.0.1.
 *
 * ask ADDRESS SECONDS URL...: for that long, request these in turn, twice a second, and
 * print how many requests there were, how many good answers, how long the longest took, and
 * how late this program itself was woken at most, in ms, because the whole machine may have
 * stood still.
 *
 * It is static and small, for guests without another client.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_MS	500

static char buf[1 << 20];

static int reach(const char *address)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = 10 };
	int fd = socket(*address == '/' ? AF_UNIX : AF_INET, SOCK_STREAM, 0), err;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (*address == '/') {
		strncpy(un.sun_path, address, sizeof(un.sun_path) - 1);
		err = connect(fd, (struct sockaddr *)&un, sizeof(un));
	} else {
		in.sin_port = htons((unsigned short)atoi(address));
		in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		err = connect(fd, (struct sockaddr *)&in, sizeof(in));
	}
	if (!err)
		return fd;
	close(fd);
	return -1;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* The body of the answer, NULL if there is none, and how long it took. */
static const char *ask(const char *address, const char *url, double *took)
{
	double from = now();
	int fd = reach(address);
	size_t len = 0;
	ssize_t got;

	if (fd < 0)
		return NULL;
	dprintf(fd, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", url);
	while ((got = read(fd, buf + len, sizeof(buf) - 1 - len)) > 0)
		len += (size_t)got;
	close(fd);
	*took = now() - from;
	buf[len] = '\0';
	return got < 0 || strncmp(buf, "HTTP/1.1 200", 12) ? NULL : strstr(buf, "\r\n\r\n");
}

static int again_and_again(const char *address, double ms, char **urls)
{
	struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000 };
	double end = now() + ms, longest = 0, latest = 0, took, from;
	unsigned long asked, good = 0;
	const char *slow = "-";
	char **url = urls;

	for (asked = 0; now() < end; asked++) {
		took = 10000;
		good += !!ask(address, *url, &took);
		if (took > longest) {
			longest = took;
			slow = *url;
		}
		if (!*++url)
			url = urls;
		from = now();
		nanosleep(&pause, NULL);
		if (now() - from - PAUSE_MS > latest)
			latest = now() - from - PAUSE_MS;
	}
	printf("%lu %lu %.0f %s %.0f\n", asked, good, longest, slow, latest);
	return asked != good;
}

int main(int argc, char **argv)
{
	const char *body;
	double took = 0;

	if (argc > 3)
		return again_and_again(argv[1], atof(argv[2]) * 1e3, argv + 3);
	if (argc != 3)
		return 2;
	body = ask(argv[1], argv[2], &took);
	if (!body) {
		perror(argv[1]);
		return 1;
	}
	fputs(body + 4, stdout);
	fprintf(stderr, "%.1f\n", took);
	return 0;
}
