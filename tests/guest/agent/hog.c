// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hog SECONDS [RATE [USERS]]: create processes until one is refused, then try RATE times a
 * second (default 10), and end all of them at the end.  With USERS, fork as so many users
 * in turn, whose RLIMIT_NPROC is 0.  Print "full" at the first refusal, and the number of
 * refusals at the end.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FIRST_USER	4000

static pid_t children[100000];

/* Without the privilege to exceed the limit; root is kept to become the next user. */
static pid_t fork_as(uid_t uid)
{
	pid_t pid;

	if (setresuid(uid, uid, 0))
		return -1;
	pid = fork();
	if (pid && setresuid(0, 0, 0))
		exit(1);
	return pid;
}

int main(int argc, char **argv)
{
	struct timespec pause = { 0, 1000000 }, now;
	unsigned long refused = 0, rate = argc > 2 ? strtoul(argv[2], NULL, 10) : 10;
	unsigned long users = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
	struct rlimit none = { 0, 0 };
	double from, t;
	size_t nr = 0;
	pid_t pid;

	if (users && setrlimit(RLIMIT_NPROC, &none))
		return 1;
	prctl(PR_SET_NAME, "hog");
	clock_gettime(CLOCK_MONOTONIC, &now);
	from = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
	do {
		if (users)
			pid = fork_as(FIRST_USER + (uid_t)(refused % users));
		else
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
