// SPDX-License-Identifier: GPL-2.0-only
/*
 * settid.c - create a process with a given PID, as CRIU does
 *
 *	settid PID		with that PID, which should be free
 *	settid taken		with the PID of a zombie
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	pid_t tid = argc > 1 ? atoi(argv[1]) : 0, pid;
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&tid,
		.set_tid_size = 1,
	};
	siginfo_t info;

	if (!tid) {
		tid = fork();
		if (!tid)
			_exit(0);
		waitid(P_PID, tid, &info, WEXITED | WNOWAIT);
	}
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (!pid)
		_exit(0);
	if (pid < 0)
		printf("cannot restore %d: %s\n", tid, strerror(errno));
	else
		printf("restored %d\n", pid);
	fflush(stdout);
	while (wait(NULL) > 0)
		;
	return pid < 0;
}
