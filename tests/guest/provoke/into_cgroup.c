// SPDX-License-Identifier: GPL-2.0-only
/*
 * into_cgroup.c - CLONE_INTO_CGROUP into cgroups that accept no new task
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

#define UID_INTO	4300

static struct ff_expect *not_into(int fd, uint64_t flags, int err,
				  const char *cause)
{
	return refused(try_clone_into(fd, flags), err, cause, "cgroup_can_fork");
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

/* A guest may have been started with a second CPU that is offline, which costs its host less. */
static bool has_second_cpu(void)
{
	static const char online[] = "/sys/devices/system/cpu/cpu1/online";

	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		return true;
	if (access(online, W_OK))
		return false;
	undo_later(UNDO_WRITE_LAST, online, "0");
	return write_file(online, "1");
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
	if (!has_second_cpu())
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

const struct ff_case into_cgroup_cases[] = {
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
