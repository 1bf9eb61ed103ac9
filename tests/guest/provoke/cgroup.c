// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup.c - the pids controller, and cgroups that accept no new task
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "forkfault.h"

#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP	0x200000000ULL
#endif
#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP		0x02000000
#endif

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

/* ---- CLONE_INTO_CGROUP -------------------------------------------------- */

#define UID_INTO	4300

static long clone_into(int fd, uint64_t flags)
{
	struct ff_clone3 args = {
		.flags = CLONE_INTO_CGROUP | flags,
		.exit_signal = flags & CLONE_THREAD ? 0 : SIGCHLD,
		.cgroup = fd,
	};

	return try_clone3(&args, sizeof(args));
}

static struct ff_expect *not_into(int fd, uint64_t flags, int err,
				  const char *cause)
{
	return refused(clone_into(fd, flags), err, cause, "cgroup_can_fork");
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
	pids_refused(clone_into(cg_open(asker), 0), "pids-max-ancestor", top, 4, 4);
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

static void cgroup_fd_bad(void)
{
	int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	not_into(999, 0, EBADF, "cgroup-fd-bad");
	not_into(fd, 0, EBADF, "cgroup-fd-bad");
}

static void cgroup_removed(void)
{
	const char *cg = cg_new("", "");
	int fd = cg_open(cg);
	char path[2 * FF_PATH];

	cg_dir(cg, NULL, path, sizeof(path));
	if (rmdir(path))
		fail("rmdir %s: %s", path, strerror(errno));
	not_into(fd, 0, ENOENT, "cgroup-removed");
}

static void cgroup_perm(void)
{
	const char *cg = cg_new("", "");
	struct ff_expect *e;
	int fd = cg_open(cg);

	become(UID_INTO);
	e = not_into(fd, 0, EACCES, "cgroup-perm");
	exp_object(e, "cgroup", "%s", cg);
}

/*
 * The caller may write to the target's cgroup.procs, but not to that of the
 * common ancestor, which the kernel checks as well.
 */
static void cgroup_perm_common(void)
{
	const char *asker = cg_new("asker", ""), *target = cg_new("target", "");
	char path[2 * FF_PATH];
	struct ff_expect *e;
	int fd = cg_open(target);

	cg_dir(target, "cgroup.procs", path, sizeof(path));
	if (chown(path, UID_INTO, UID_INTO))
		fail("chown %s: %s", path, strerror(errno));
	cg_enter(asker);
	become(UID_INTO);
	e = not_into(fd, 0, EACCES, "cgroup-perm");
	exp_object(e, "cgroup", "%s", cg_new("", ""));
}

static void cgroup_nsdelegate(void)
{
	const char *inside = cg_new("inside", "");
	int fd = cg_open(cg_new("outside", ""));
	struct ff_expect *e;

	cg_nsdelegate();
	cg_enter(inside);
	who_am_i();
	if (unshare(CLONE_NEWCGROUP))
		fail("unshare(CLONE_NEWCGROUP): %s", strerror(errno));
	e = not_into(fd, 0, ENOENT, "cgroup-nsdelegate");
	exp_object(e, "cgroup", "/forkfault/%s/outside", ff_name);
}

/* The target enables a controller for its children, so it may not contain processes. */
static void cgroup_internal(void)
{
	const char *cg;
	struct ff_expect *e;

	cg_new("child", "memory");
	cg = cg_new("", "");
	e = not_into(cg_open(cg), 0, EBUSY, "cgroup-internal");
	exp_object(e, "cgroup", "%s", cg);
}

static void cgroup_threaded(void)
{
	const char *top = cg_new("", ""), *invalid = cg_new("invalid", "");
	const char *threaded = cg_new("threaded", "");
	const char *other = cg_new("other", "");
	struct ff_expect *e;

	/* a thread into the domain of another process */
	e = not_into(cg_open(other), CLONE_VM | CLONE_SIGHAND | CLONE_THREAD,
		     EOPNOTSUPP, "cgroup-threaded");
	exp_object(e, "cgroup", "%s", other);
	/* a threaded sibling makes this one invalid until it is threaded too */
	cg_set(threaded, "cgroup.type", "threaded");
	e = not_into(cg_open(invalid), 0, EOPNOTSUPP, "cgroup-threaded");
	exp_object(e, "cgroup", "%s", invalid);
	(void)top;
}

/* The limit of the target counts, not that of the caller's cgroup. */
static void pids_max_into(void)
{
	const char *cg = cg_new("target", "pids");
	int fd = cg_open(cg);

	cg_set(cg, "pids.max", "1");
	if (clone_into(fd, 0) < 0)
		fail("the first one was refused");
	pids_refused(clone_into(fd, 0), "pids-max", cg, 1, 1);
}

/*
 * A partition that has given all its CPUs to a partition below it has none for its other
 * children.
 */
static void cpuset_empty(void)
{
	const char *taker = cg_new("taker", "cpuset");
	const char *target = cg_new("target", "cpuset");
	const char *top = cg_new("", "cpuset");
	char cpus[64], state[64], path[2 * FF_PATH];
	struct ff_expect *e;

	if (!kernel_has("cpuset_can_fork"))
		absent("this kernel does not ask the target's cpuset");
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		skip("needs two CPUs");
	cg_base_partition("1");
	cg_set(top, "cpuset.cpus", "1");
	cg_set(top, "cpuset.cpus.partition", "root");
	cg_set(taker, "cpuset.cpus", "1");
	cg_set(taker, "cpuset.cpus.partition", "root");
	cg_dir(target, "cpuset.cpus.effective", path, sizeof(path));
	if (!read_file(path, cpus, sizeof(cpus)))
		fail("%s: %s", path, strerror(errno));
	cg_dir(taker, "cpuset.cpus.partition", path, sizeof(path));
	read_file(path, state, sizeof(state));
	if (cpus[0] != '\n' && cpus[0])
		skip("partition is \"%.*s\", the target's CPUs are %.*s",
		     (int)strcspn(state, "\n"), state,
		     (int)strcspn(cpus, "\n"), cpus);
	e = not_into(cg_open(target), 0, ENOSPC, "cpuset-empty");
	exp_object(e, "cgroup", "%s", target);
}

const struct ff_case cgroup_cases[] = {
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
	{ "pids-max-v1", "pids-max", .run = pids_max_v1,
	  .what = "own cgroup's limit in cgroup v1" },
	{ "pids-max-ancestor-v1", "pids-max-ancestor",
	  .run = pids_max_ancestor_v1,
	  .what = "limit two cgroups above, eaten by a sibling, cgroup v1" },
	{ "pids-max-into", "pids-max", .run = pids_max_into,
	  .what = "limit of the cgroup that CLONE_INTO_CGROUP names" },
	{ "cgroup-fd-bad", "cgroup-fd-bad",
	  .run = cgroup_fd_bad,
	  .what = "no descriptor, and one of something else" },
	{ "cgroup-removed", "cgroup-removed",
	  .run = cgroup_removed, .what = "a cgroup removed while it was open" },
	{ "cgroup-perm", "cgroup-perm",
	  .run = cgroup_perm, .what = "a cgroup of root's, without privileges" },
	{ "cgroup-perm-common", "cgroup-perm",
	  .run = cgroup_perm_common,
	  .what = "own cgroup, but no right to the common ancestor" },
	{ "cgroup-nsdelegate", "cgroup-nsdelegate",
	  .flags = FF_HOST, .run = cgroup_nsdelegate,
	  .what = "a cgroup outside the cgroup namespace" },
	{ "cgroup-internal", "cgroup-internal",
	  .run = cgroup_internal,
	  .what = "a cgroup that hands memory on to its children" },
	{ "cgroup-threaded", "cgroup-threaded",
	  .run = cgroup_threaded,
	  .what = "a thread into another domain, an invalid domain" },
	{ "cpuset-empty", "cpuset-empty",
	  .flags = FF_HOST, .run = cpuset_empty,
	  .what = "a cpuset whose parent has given all CPUs away" },
	{ .name = NULL },
};
