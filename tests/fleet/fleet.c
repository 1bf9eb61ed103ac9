// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fleet PORT TARGETS EXPOSITION: serve the metrics of TARGETS hosts, each on its own loopback
 * address (127.1.0.1 and up), made from the metrics of a real agent.
 *
 * One host in a hundred has failures now and then, and at any time one in a thousand is
 * restarting, with counters that start again at 0.  Lines on standard input:
 *
 *	fail FROM TO CAUSE CLASS	these hosts fail once a second from now on
 *	quiet				no longer
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST		16384
#define FIRST		0x7f010001u	/* 127.1.0.1 */
#define CLASS_NAME	"forkfail_class_failures_total{class=\""

static char *text;
static size_t text_len, nr_targets;
static time_t started;

/* The cause of failures, for all hosts that have some. */
static struct {
	size_t from, to;
	time_t since;
	char cause[64], class[16];
} fail;

/* Requests arrive in one piece, with rare exceptions. */
static unsigned char pending[65536];

static unsigned long failures_of(size_t host, time_t now)
{
	time_t since = started;

	if (fail.since && host >= fail.from && host < fail.to)
		return (unsigned long)(now - fail.since) + 1;
	if (host % 100)
		return 0;
	/* restarted a while ago */
	if (host % 1000 == 0)
		since = now - (now - started) % 300;
	return (unsigned long)(now - since) / 60;
}

static size_t answer(char *to, size_t size, size_t host)
{
	unsigned long n = failures_of(host, time(NULL));
	const char *cause = "rlimit-nproc", *class = "limit";
	const char *p = text, *end;
	size_t len = 0;

	if (fail.since && host >= fail.from && host < fail.to) {
		cause = fail.cause;
		class = fail.class;
	}
	for (; *p; p = end) {
		end = strchr(p, '\n') + 1;
		if (!strncmp(p, CLASS_NAME, strlen(CLASS_NAME)) &&
		    !strncmp(p + strlen(CLASS_NAME), class, strlen(class))) {
			len += (size_t)snprintf(to + len, size - len, CLASS_NAME "%s\"} %lu\n",
						class, n);
			continue;
		}
		memcpy(to + len, p, (size_t)(end - p));
		len += (size_t)(end - p);
	}
	if (n)
		len += (size_t)snprintf(to + len, size - len,
			"# TYPE forkfail_failures_total counter\n"
			"forkfail_failures_total{class=\"%s\",cause=\"%s\"} %lu\n"
			"# TYPE forkfail_last_failure_timestamp_seconds gauge\n"
			"forkfail_last_failure_timestamp_seconds{cause=\"%s\",class=\"%s\",unit=\"web.service\",uid=\"33\"} %lld\n",
			class, cause, n, cause, class, (long long)time(NULL));
	return len;
}

static void serve(int fd)
{
	static char in[8192], body[65536], head[256];
	struct sockaddr_in me;
	socklen_t size = sizeof(me);
	ssize_t n = read(fd, in, sizeof(in) - 1);
	size_t len;
	int h;

	if (n <= 0) {
		if (n == 0 || errno != EAGAIN)
			close(fd);
		return;
	}
	in[n] = '\0';
	if (!strstr(in, "\r\n\r\n") && !pending[fd]) {
		pending[fd] = 1;
		return;
	}
	pending[fd] = 0;
	getsockname(fd, (struct sockaddr *)&me, &size);
	len = answer(body, sizeof(body), ntohl(me.sin_addr.s_addr) - FIRST);
	h = snprintf(head, sizeof(head),
		     "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: %zu\r\n\r\n",
		     len);
	if (send(fd, head, (size_t)h, MSG_MORE | MSG_NOSIGNAL) < 0 ||
	    send(fd, body, len, MSG_NOSIGNAL) < 0)
		close(fd);
}

static void command(void)
{
	char line[256];
	ssize_t n = read(STDIN_FILENO, line, sizeof(line) - 1);

	if (n <= 0)
		exit(0);
	line[n] = '\0';
	if (sscanf(line, "fail %zu %zu %63s %15s", &fail.from, &fail.to, fail.cause,
		   fail.class) == 4)
		fail.since = time(NULL);
	else
		fail.since = 0;
}

static void load(const char *path)
{
	FILE *f = fopen(path, "r");

	text = calloc(1, 65536);
	text_len = f ? fread(text, 1, 32768, f) : 0;
	if (!text_len || text[text_len - 1] != '\n') {
		fprintf(stderr, "%s: no exposition\n", path);
		exit(1);
	}
	fclose(f);
}

int main(int argc, char **argv)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	struct rlimit files = { 65536, 65536 };
	struct epoll_event ev = { .events = EPOLLIN };
	int listener, ep, fd, one = 1;

	if (argc != 4)
		return 2;
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	nr_targets = strtoul(argv[2], NULL, 10);
	load(argv[3]);
	started = time(NULL);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	any.sin_port = htons((unsigned short)atoi(argv[1]));
	any.sin_addr.s_addr = htonl(INADDR_ANY);
	if (nr_targets > MOST || bind(listener, (struct sockaddr *)&any, sizeof(any)) ||
	    listen(listener, 4096)) {
		perror("fleet");
		return 1;
	}
	ep = epoll_create1(0);
	ev.data.fd = listener;
	epoll_ctl(ep, EPOLL_CTL_ADD, listener, &ev);
	ev.data.fd = STDIN_FILENO;
	epoll_ctl(ep, EPOLL_CTL_ADD, STDIN_FILENO, &ev);
	for (;;) {
		if (epoll_wait(ep, &ev, 1, -1) < 1)
			continue;
		if (ev.data.fd == STDIN_FILENO) {
			command();
		} else if (ev.data.fd != listener) {
			serve(ev.data.fd);
		} else {
			fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
			ev.events = EPOLLIN;
			ev.data.fd = fd;
			if (fd >= 65536)
				close(fd);
			else if (fd >= 0)
				epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
		}
	}
}
