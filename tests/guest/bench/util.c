// SPDX-License-Identifier: GPL-2.0-only
/*
 * util.c - what is measured against a bare kernel
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench.h"

#define MAX_LOADS	64

static uint64_t loads[MAX_LOADS];
static unsigned int nr_loads;

/**
 * load_module - load forkfail, with the kernel log line off
 */
void load_module(void)
{
	struct utsname uts;
	char path[256];
	uint64_t from;
	int fd;

	uname(&uts);
	snprintf(path, sizeof(path), "/lib/modules/%s/extra/" MODULE ".ko", uts.release);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	from = ticks();
	if (fd < 0 || syscall(SYS_finit_module, fd, "kmsg=0", 0))
		die("cannot load %s: %s", path, strerror(errno));
	if (nr_loads < MAX_LOADS)
		loads[nr_loads++] = ticks() - from;
	close(fd);
}

/**
 * usual_load - how long loads took
 * @of: receives how many they were
 *
 * Return: ticks, the median.
 */
uint64_t usual_load(unsigned int *of)
{
	*of = nr_loads;
	return median(loads, nr_loads);
}

/**
 * unload_module - unload it
 */
void unload_module(void)
{
	if (syscall(SYS_delete_module, MODULE, O_NONBLOCK))
		die("cannot unload " MODULE ": %s", strerror(errno));
}

/**
 * contender_can - switch on or off what is compared with a bare kernel, if it runs here
 * @name: forkfail, or what the script contenders knows
 * @on: which
 *
 * Return: whether that was done.
 */
bool contender_can(const char *name, bool on)
{
	bool done = true;
	pid_t pid;

	if (!strcmp(name, MODULE)) {
		if (on)
			load_module();
		else
			unload_module();
	} else {
		pid = fork();
		if (!pid) {
			execl("/host/contenders", "contenders", name, on ? "on" : "off", NULL);
			_exit(127);
		}
		done = pid > 0 && !wait_for(pid);
	}
	/* let deferred work end; in virtual time this costs nothing */
	nap(300);
	return done;
}

/**
 * contender - the same, for what has to run
 * @name: forkfail, or what the script contenders knows
 * @on: which
 */
void contender(const char *name, bool on)
{
	if (!contender_can(name, on))
		die("contenders %s %s failed", name, on ? "on" : "off");
}
