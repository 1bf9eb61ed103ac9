// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hog SECONDS [RATE]: take what there is of processes until one is refused, try RATE
 * times a second after that (default 10), and give all of it back at the end.
 * Prints "full" when it is refused first, and how many refusals there were at the end.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t children[100000];

int main(int argc, char **argv)
{
	struct timespec pause = { 0, 1000000 }, now;
	unsigned long refused = 0, rate = argc > 2 ? strtoul(argv[2], NULL, 10) : 10;
	double from, t;
	size_t nr = 0;
	pid_t pid;

	prctl(PR_SET_NAME, "hog");
	clock_gettime(CLOCK_MONOTONIC, &now);
	from = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	do {
		pid = nr < sizeof(children) / sizeof(*children) ? fork() : -1;
		if (!pid) {
			pause.tv_sec = 3600;
			nanosleep(&pause, NULL);
			_exit(0);
		}
		clock_gettime(CLOCK_MONOTONIC, &now);
		t = (double)now.tv_sec + (double)now.tv_nsec / 1e9 - from;
		if (pid > 0) {
			children[nr++] = pid;
			continue;
		}
		if (!refused++) {
			puts("full");
			fflush(stdout);
		}
		while ((double)refused > t * (double)rate && t < atof(argv[1])) {
			nanosleep(&pause, NULL);
			clock_gettime(CLOCK_MONOTONIC, &now);
			t = (double)now.tv_sec + (double)now.tv_nsec / 1e9 - from;
		}
	} while (t < atof(argv[1]));
	while (nr)
		kill(children[--nr], SIGKILL);
	while (wait(NULL) > 0)
		;
	printf("%lu\n", refused);
	return 0;
}
