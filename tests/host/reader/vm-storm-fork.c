// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vm-storm-fork CGROUP N - enter CGROUP, fill it, let N forks be refused, and
 * print how many were.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const long n = argc > 2 ? atol(argv[2]) : 0;
	volatile long refused = 0;
	pid_t child, filler;
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/cgroup.procs", argc > 1 ? argv[1] : "");
	f = fopen(path, "w");
	if (!f || fprintf(f, "%d", getpid()) < 0 || fclose(f)) {
		printf("%s: %s\n", path, strerror(errno));
		return 1;
	}
	filler = fork();
	if (!filler)
		for (;;)
			pause();
	while (refused < n) {
		/* No copy of the memory: it is the refusals that count. */
		child = vfork();
		if (!child)
			_exit(0);
		if (child > 0) {
			printf("a fork was not refused\n");
			kill(filler, SIGKILL);
			return 1;
		}
		if (errno != EAGAIN) {
			printf("%s\n", strerror(errno));
			kill(filler, SIGKILL);
			return 1;
		}
		refused++;
	}
	kill(filler, SIGKILL);
	waitpid(filler, NULL, 0);
	printf("%ld\n", refused);
	return 0;
}
