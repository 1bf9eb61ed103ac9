// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fill_socket SOCKET: once there is something to read on standard input, keep the queue of a
 * datagram socket full, as if many programs wrote to it and nobody read.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	static const char entry[] = "MESSAGE=filler\nPRIORITY=7\n";
	struct timespec pause = { .tv_nsec = 10000000 };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char go;

	if (argc != 2 || fd < 0 || read(STDIN_FILENO, &go, 1) != 1)
		return 1;
	strncpy(to.sun_path, argv[1], sizeof(to.sun_path) - 1);
	for (;;) {
		if (sendto(fd, entry, sizeof(entry) - 1, MSG_DONTWAIT, (struct sockaddr *)&to,
			   sizeof(to)) < 0)
			nanosleep(&pause, NULL);
	}
}
