// SPDX-License-Identifier: GPL-2.0-only
/*
 * pids_controller.c - pids.max, of the own cgroup and of those above it
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "forkfault.h"

enum { FILLED = 1 };

/* From Linux 6.11 on the kernel notifies the cgroup that has refused, which has this file. */
static bool kernel_names_limiter(const char *cg)
{
	char path[2 * FF_PATH];

	cg_dir(cg, "pids.events.local", path, sizeof(path));
	return !access(path, F_OK);
}

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

/* The limit is set below the present usage. */
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

/* Three levels, with the limit on the top one, and a sibling that uses it up. */
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

/* A limit above a cgroup that does not have the controller, and so no limit of its own. */
static void pids_max_uncontrolled(void)
{
	const char *top = cg_new("", "pids");
	const char *asker = cg_new("plain", "");

	cg_enter(asker);
	cg_set(top, "pids.max", "4");
	sleepers(3);
	pids_refused(try_fork(), "pids-max-ancestor", top, 4, 4);
	cg_enter(top);
	pids_refused(try_clone_into(cg_open(asker), 0), "pids-max-ancestor", top, 4, 4);
}

/* Two limits above it. */
static void pids_max_uncontrolled_deep(void)
{
	const char *top = cg_new("", "pids");
	const char *middle = cg_new("middle", "pids");
	const char *asker = cg_new("middle/plain/leaf", "");

	cg_enter(asker);
	cg_set(middle, "pids.max", "100");
	cg_set(top, "pids.max", "4");
	sleepers(3);
	pids_refused(try_fork(), "pids-max-ancestor", top, 4, 4);
	cg_set(top, "pids.max", "100");
	cg_set(middle, "pids.max", "4");
	pids_refused(try_fork(), "pids-max-ancestor", middle, 4, 4);
}

/* Many levels above it: @levels cgroups, with another limit that has room on the lowest. */
static void refused_far_above(unsigned int levels, bool told)
{
	const char *top = cg_new("", "pids"), *asker;
	char rel[FF_PATH] = "";
	struct ff_expect *e;
	unsigned int i;

	for (i = 1; i < levels; i++)
		strcat(rel, i == 1 ? "d" : "/d");
	asker = cg_new(rel, "pids");
	cg_set(top, "pids.max", "4");
	cg_set(asker, "pids.max", "100");
	cg_enter(asker);
	sleepers(3);
	if (told || kernel_names_limiter(top)) {
		pids_refused(try_fork(), "pids-max-ancestor", top, 4, 4);
		return;
	}
	e = refused(try_fork(), EAGAIN, "pids-max", "cgroup_can_fork");
	exp_text(e, "proof", "inferred");
	exp_text(e, "candidates", "pids-max,pids-max-ancestor");
}

static void pids_max_deep(void)
{
	refused_far_above(40, true);
}

static void pids_max_very_deep(void)
{
	refused_far_above(70, false);
}

/* The limit of the target counts, not that of the caller's cgroup. */
static void pids_max_into(void)
{
	const char *cg = cg_new("target", "pids");
	int fd = cg_open(cg);

	cg_set(cg, "pids.max", "1");
	if (try_clone_into(fd, 0) < 0)
		fail("the first one was refused");
	pids_refused(try_clone_into(fd, 0), "pids-max", cg, 1, 1);
}

const struct ff_case pids_controller_cases[] = {
	{ "pids-max", "pids-max", .run = pids_max,
	  .what = "own cgroup's limit, fork" },
	{ "pids-max-thread", "pids-max", .run = pids_max_thread,
	  .what = "own cgroup's limit, lowered later, pthread_create" },
	{ "pids-max-ancestor", "pids-max-ancestor", .run = pids_max_ancestor,
	  .what = "limit two cgroups above, eaten by a sibling" },
	{ "pids-max-uncontrolled", "pids-max-ancestor",
	  .run = pids_max_uncontrolled,
	  .what = "limit of the cgroup above one without the controller" },
	{ "pids-max-uncontrolled-deep", "pids-max-ancestor",
	  .run = pids_max_uncontrolled_deep,
	  .what = "limits two and three cgroups above one without the controller" },
	{ "pids-max-deep", "pids-max-ancestor", .run = pids_max_deep,
	  .what = "limit 39 cgroups above one with a limit that has room" },
	{ "pids-max-very-deep", "pids-max-ancestor", .run = pids_max_very_deep,
	  .what = "limit 69 cgroups above one with a limit that has room" },
	{ "pids-max-v1", "pids-max", .flags = FF_GENERIC, .run = pids_max_v1,
	  .what = "own cgroup's limit in cgroup v1" },
	{ "pids-max-ancestor-v1", "pids-max-ancestor", .flags = FF_GENERIC,
	  .run = pids_max_ancestor_v1,
	  .what = "limit two cgroups above, eaten by a sibling, cgroup v1" },
	{ "pids-max-into", "pids-max", .run = pids_max_into,
	  .what = "limit of the cgroup that CLONE_INTO_CGROUP names" },
	{ .name = NULL },
};
