// SPDX-License-Identifier: GPL-2.0-only
/*
 * callers.c - who makes the calls, and in which namespaces
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clonediff.h"

#define USER	1000

static bool be_child(void)
{
	pid_t pid = fork(), got;
	int status = 1, s;

	if (!pid)
		return true;
	/* children that are created with CLONE_PARENT are reparented here */
	do {
		got = waitpid(-1, &s, __WALL);
		if (got == pid)
			status = s;
	} while (got > 0);
	_exit(status ? 1 : 0);
}

static bool be_user(void)
{
	return !setresgid(USER, USER, USER) && !setresuid(USER, USER, USER);
}

static bool be_container(void)
{
	if (!be_user() || prctl(PR_SET_DUMPABLE, 1) || unshare(CLONE_NEWUSER | CLONE_NEWPID))
		return false;
	if (put("/proc/self/setgroups", "deny") ||
	    put("/proc/self/uid_map", "0 1000 1") ||
	    put("/proc/self/gid_map", "0 1000 1"))
		return false;
	/* PID 1, and its child */
	return be_child() && be_child();
}

static bool be_init(void)
{
	return !unshare(CLONE_NEWPID) && be_child();
}

static bool outlive_init(void)
{
	pid_t pid;

	if (unshare(CLONE_NEWPID))
		return false;
	pid = fork();
	if (!pid)
		_exit(0);
	return pid > 0 && !wait_for(pid);
}

static bool be_in_another_time(void)
{
	return !unshare(CLONE_NEWTIME);
}

const struct caller callers[] = {
	{ "root", 1, { true }, true, true },
	{ "user", 1, { false }, false, false, .become = be_user },
	{ "container", 2, { true, false }, true, false, .become = be_container },
	{ "init", 2, { true, true }, true, true, .is_init = true, .become = be_init },
	{ "dead", 2, { true, true }, true, true, .mismatch = true, .dead = true,
	  .become = outlive_init },
	{ "timens", 1, { true }, true, true, .timens = true, .become = be_in_another_time },
};

const size_t nr_callers = ARRAY_SIZE(callers);
