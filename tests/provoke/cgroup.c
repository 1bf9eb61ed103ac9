// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup.c - the pids controller, and cgroups that take no new task
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "forkfault.h"

enum { FILLED = 1 };

static struct ff_expect *pids_refused(long ret, const char *cause,
				      const char *limited, uint64_t limit,
				      uint64_t in_use)
{
	struct ff_expect *e = refused(ret, EAGAIN, cause, "cgroup_can_fork");

	exp_limit(e, "tasks", limit, in_use);
	exp_object(e, "cgroup", "%s", limited);
	return e;
}

static void pids_max(void)
{
	const char *cg = cg_new("", "pids");

	cg_enter(cg);
	cg_set(cg, "pids.max", "4");
	sleepers(3);
	pids_refused(try_fork(), "pids-max", cg, 4, 4);
}

/* The limit was set below what is in use already. */
static void pids_max_thread(void)
{
	const char *cg = cg_new("leaf", "pids");
	long ret;

	cg_enter(cg);
	ret = try_pthread();
	if (ret)
		fail("first thread: %s", strerror(-ret));
	sleepers(2);
	cg_set(cg, "pids.max", "2");
	pids_refused(try_pthread(), "pids-max", cg, 2, 4);
}

static void eat_in(void *arg)
{
	cg_enter(arg);
	sleepers(4);
	sync_post(FILLED);
	sleep_forever();
}

/* Three levels, the limit on the top one, and a sibling that eats it. */
static void pids_max_ancestor(void)
{
	const char *asker = cg_new("middle/leaf", "pids");
	const char *sibling = cg_new("sibling", "pids");
	const char *top = cg_new("", "pids");

	spawn(eat_in, (void *)sibling);
	sync_wait(FILLED);
	cg_set(top, "pids.max", "7");
	cg_set(asker, "pids.max", "100");
	cg_enter(asker);
	sleepers(1);
	pids_refused(try_fork(), "pids-max-ancestor", top, 7, 7);
}

static void pids_max_v1(void)
{
	const char *cg = cg1_new("pids", "");
	struct ff_expect *e;

	cg1_set(cg, "cgroup.procs", "0");
	cg1_set(cg, "pids.max", "3");
	sleepers(2);
	e = pids_refused(try_fork(), "pids-max", cg, 3, 3);
	exp_text(e, "cgroup", cg);
}

static void eat_in_v1(void *arg)
{
	cg1_set(arg, "cgroup.procs", "0");
	sleepers(2);
	sync_post(FILLED);
	sleep_forever();
}

static void pids_max_ancestor_v1(void)
{
	const char *top = cg1_new("pids", "");
	const char *middle = cg1_new("pids", "middle");
	const char *asker = cg1_new("pids", "middle/leaf");
	const char *sibling = cg1_new("pids", "sibling");
	struct ff_expect *e;

	spawn(eat_in_v1, (void *)sibling);
	sync_wait(FILLED);
	cg1_set(top, "pids.max", "4");
	cg1_set(middle, "pids.max", "50");
	cg1_set(asker, "cgroup.procs", "0");
	e = pids_refused(try_thread(), "pids-max-ancestor", top, 4, 4);
	exp_text(e, "cgroup", asker);
}

const struct ff_case cgroup_cases[] = {
	{ "pids-max", "pids-max", .run = pids_max,
	  .what = "own cgroup's limit, fork" },
	{ "pids-max-thread", "pids-max", .run = pids_max_thread,
	  .what = "own cgroup's limit, lowered later, pthread_create" },
	{ "pids-max-ancestor", "pids-max-ancestor", .run = pids_max_ancestor,
	  .what = "limit two cgroups above, eaten by a sibling" },
	{ "pids-max-v1", "pids-max", .run = pids_max_v1,
	  .what = "own cgroup's limit in cgroup v1" },
	{ "pids-max-ancestor-v1", "pids-max-ancestor",
	  .run = pids_max_ancestor_v1,
	  .what = "limit two cgroups above, eaten by a sibling, cgroup v1" },
	{ .name = NULL },
};
