/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fail_nth.h - what the tests with /proc/PID/fail-nth share
 */
#ifndef FAIL_NTH_H
#define FAIL_NTH_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct fail_nth - one attempt, shared with the child that makes it
 * @pid: the child
 * @err: errno of the call, 0 if it succeeded
 * @left: what fail-nth still had to count; 0 if the allocation was made to fail
 * @ready: the attempt came to its end
 */
struct fail_nth {
	pid_t pid;
	int err, left;
	bool ready;
};

extern struct fail_nth *tried;

void fail_nth_set_up(unsigned int verbose);
bool fail_nth_arm(int fd, unsigned int n);
void fail_nth_exit(int fd) __attribute__((noreturn));

#endif /* FAIL_NTH_H */
