// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether a limit was raised after the failure.  Nothing has to be done then, but the failure
 * goes on leading for a while.
 */
#include <string.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "causes.h"
#include "proc.h"
#include "raised.h"
#include "text.h"

/* A limit on PIDs is reported without the low ones, which are not assigned again. */
#define RESERVED_PIDS	300

/* The limit of a cgroup, unless another one has its path now. */
static bool read_pids_max(const struct event *ev, u64 *max, bool *unlimited)
{
	struct cgroup_tree tree;
	struct stat st;
	char path[4096], *dir;
	u64 id;
	bool ok;

	if (!text_to_u64(event_get(ev, FORKFAIL_KEY_OBJECT_ID), &id) ||
	    !cgroup_find(&tree, "pids"))
		return false;
	text_decode(path, sizeof(path), event_get(ev, FORKFAIL_KEY_OBJECT));
	dir = cgroup_dir(&tree, path);
	ok = dir && !stat(dir, &st) && st.st_ino == id &&
	     proc_limit(max, unlimited, "%s/pids.max", dir);
	free(dir);
	cgroup_free(&tree);
	return ok;
}

/* From Linux 6.14 on, that of the reader's own PID namespace. */
static bool read_pid_max(const struct event *ev, u64 *max)
{
	return !strcmp(event_get(ev, FORKFAIL_KEY_OBJECT), "pidns 4026531836 level 0") &&
	       ns_of(getpid(), "pid") == NS_INIT_PID &&
	       proc_number(max, "/proc/sys/kernel/pid_max");
}

/**
 * raised_since() - was the limit raised after the failure?
 * @ev: the event, of this machine
 * @cause: its cause
 *
 * Return: what it is now, which the caller frees; NULL if that is not certain.
 */
char *raised_since(const struct event *ev, const struct cause *cause)
{
	u64 was, now = 0, least = 1;
	bool known, unlimited = false;
	const char *name;

	switch (cause->number) {
	case FORKFAIL_PIDS_MAX:
	case FORKFAIL_PIDS_MAX_ANCESTOR:
		name = "pids.max";
		known = read_pids_max(ev, &now, &unlimited);
		break;
	case FORKFAIL_THREADS_MAX:
		name = "threads-max";
		known = proc_number(&now, "/proc/sys/kernel/threads-max");
		break;
	case FORKFAIL_PID_EXHAUSTED:
	case FORKFAIL_PID_EXHAUSTED_AFTER_WRAP:
		name = "pid_max";
		known = read_pid_max(ev, &now);
		least = RESERVED_PIDS + 1;
		break;
	default:
		return NULL;
	}
	if (!known || !text_to_u64(event_get(ev, FORKFAIL_KEY_LIMIT), &was))
		return NULL;
	if (unlimited)
		return xasprintf("%s is max now; this failure is older", name);
	if (now < was || now - was < least)
		return NULL;
	return xasprintf("%s is %llu now; this failure is older", name, now);
}
