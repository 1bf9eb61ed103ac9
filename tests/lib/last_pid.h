/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * last_pid.h - begins measurements at the same PID
 *
 * The kernel has PIDs in a tree with 64 branches at each node (idr, 5.10 to 7.3), and frees a
 * node with its last PID.  From 4096 on there is often no process that keeps the nodes of the
 * next PID, and a fork takes some 400 instructions more to allocate them.  So a measurement
 * with forkfail has to use the same PIDs as one without.
 */
#ifndef LAST_PID_H
#define LAST_PID_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Whoever measures must not create more processes than there are up to 4096. */
#define FIRST_PID	2000

static inline void begin_at_first_pid(void)
{
	int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || dprintf(fd, "%d", FIRST_PID - 1) < 0) {
		perror("ns_last_pid");
		exit(1);
	}
	close(fd);
}

#endif /* LAST_PID_H */
