// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vm-poll poll|pri|epoll FILE - read FILE and wait for more, for ever
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct epoll_event ev = { .events = EPOLLPRI };
	struct pollfd p = { .events = POLLPRI };
	char buf[65536];
	int ep;

	p.fd = argc == 3 ? open(argv[2], O_RDONLY) : -1;
	if (p.fd < 0)
		return 2;
	while (read(p.fd, buf, sizeof(buf)) > 0)
		;
	if (!strcmp(argv[1], "epoll")) {
		ep = epoll_create1(0);
		epoll_ctl(ep, EPOLL_CTL_ADD, p.fd, &ev);
		while (epoll_wait(ep, &ev, 1, -1) >= 0)
			pause();
		return 0;
	}
	if (!strcmp(argv[1], "poll"))
		p.events |= POLLIN;
	poll(&p, 1, -1);
	pause();
	return 0;
}
