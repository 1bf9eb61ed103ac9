// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ask ADDRESS URL [TIMES]: ask the agent, print the answer's body (the last one), and on
 * stderr the longest time in ms.  ADDRESS is a path or a port of 127.0.0.1.  Static and
 * small: it runs where there is no other client.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static char buf[1 << 20];

static int reach(const char *address)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd;

	if (*address == '/') {
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		strncpy(un.sun_path, address, sizeof(un.sun_path) - 1);
		return connect(fd, (struct sockaddr *)&un, sizeof(un)) ? -1 : fd;
	}
	fd = socket(AF_INET, SOCK_STREAM, 0);
	in.sin_port = htons((unsigned short)atoi(address));
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return connect(fd, (struct sockaddr *)&in, sizeof(in)) ? -1 : fd;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
	int n = argc > 3 ? atoi(argv[3]) : 1, fd;
	double longest = 0, from;
	size_t len = 0;
	ssize_t got;
	char *body;

	for (; n; n--) {
		from = now();
		fd = reach(argv[1]);
		if (fd < 0) {
			perror(argv[1]);
			return 1;
		}
		dprintf(fd, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
			argv[2]);
		len = 0;
		while ((got = read(fd, buf + len, sizeof(buf) - 1 - len)) > 0)
			len += (size_t)got;
		close(fd);
		if (now() - from > longest)
			longest = now() - from;
	}
	buf[len] = '\0';
	body = strstr(buf, "\r\n\r\n");
	if (!body)
		return 1;
	fputs(body + 4, stdout);
	fprintf(stderr, "%.1f\n", longest);
	return strncmp(buf, "HTTP/1.1 200", 12) != 0;
}
