// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tick SECONDS COMMAND: start a shell with COMMAND every so many seconds, as a timer does,
 * whether that fails or not; print the time of each success.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
	char *shell[4] = { NULL };
	int status;
	pid_t pid;

	if (argc != 3)
		return 2;
	shell[0] = "sh";
	shell[1] = "-c";
	shell[2] = argv[2];
	for (;; sleep((unsigned int)atoi(argv[1]))) {
		if (posix_spawnp(&pid, "sh", NULL, NULL, shell, environ) ||
		    waitpid(pid, &status, 0) != pid || status)
			continue;
		printf("%lld\n", (long long)time(NULL));
		fflush(stdout);
	}
}
