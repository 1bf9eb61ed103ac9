// SPDX-License-Identifier: GPL-2.0-only
/*
 * namespaces.c - namespaces that cannot be created
 *
 * Limits on their number are set in a separate user namespace for each case, so that nobody
 * else is affected.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "forkfault.h"

#define UID_COUNT	4280
#define UID_NESTED	4281
#define UID_UNMAPPED	4282
#define UID_NO_CAP	4283
#define UID_OWNER	4284
#define UID_DEEPEST	4285

#define USERNS_LEVELS	33
#define PIDNS_LEVELS	32

/* Privileges and flags are checked before any namespace is copied. */
#define NS_STEP	"copy_namespaces"

enum { UNSHARED = 1, MAPPED, READY };

static long clone_new(uint64_t flags)
{
	struct clone3_args args = { .flags = flags, .exit_signal = SIGCHLD };

	return try_clone3(&args, sizeof(args));
}

static void new_user_namespace(void)
{
	if (unshare(CLONE_NEWUSER))
		fail("unshare(CLONE_NEWUSER): %s", strerror(errno));
}

static void write_map(pid_t pid, const char *file, unsigned int inside,
		      unsigned int outside)
{
	char path[64], text[64];

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	else
		snprintf(path, sizeof(path), "/proc/self/%s", file);
	snprintf(text, sizeof(text), "%u %u 1\n", inside, outside);
	if (!write_file(path, text))
		fail("%s: %s", path, strerror(errno));
}

static void set_max(const char *type, unsigned int max)
{
	char path[64], text[16];

	snprintf(path, sizeof(path), "/proc/sys/user/max_%s_namespaces", type);
	snprintf(text, sizeof(text), "%u", max);
	if (!write_file(path, text))
		fail("%s: %s", path, strerror(errno));
}

static const struct ns_type {
	const char *name;
	uint64_t flag;
	const char *step;
} ns_types[] = {
	{ "mnt", CLONE_NEWNS, "copy_mnt_ns" },
	{ "uts", CLONE_NEWUTS, "copy_utsname" },
	{ "ipc", CLONE_NEWIPC, "copy_ipcs" },
	{ "pid", CLONE_NEWPID, "copy_pid_ns" },
	{ "cgroup", CLONE_NEWCGROUP, "copy_cgroup_ns" },
	{ "net", CLONE_NEWNET, "copy_net_ns" },
	{ "time", CLONE_NEWTIME, "copy_time_ns" },
};

/* One namespace of the type may exist, and one does exist. */
static void ns_count(void)
{
	const struct ns_type *t = ns_types;
	struct ff_expect *e;
	unsigned long ns;
	long ret;

	while (strcmp(t->name, ff_name + strlen("ns-count-")))
		t++;
	if (!clone3_knows(t->flag, SIGCHLD))
		absent("clone3 does not know flags %#llx", (unsigned long long)t->flag);
	become(UID_COUNT);
	new_user_namespace();
	ns = ns_inode(0, "user");
	set_max(t->name, 1);
	ret = clone_new(t->flag);
	if (ret < 0)
		fail("first %s namespace: %s", t->name, strerror(-ret));
	e = refused(clone_new(t->flag), ENOSPC, "ns-count", t->step);
	exp_limit(e, "count", 1, 1);
	exp_object(e, "userns", "uid %d of userns %lu", UID_COUNT, ns);
	exp_text(e, "alloc", t->name);
}

static void count_asker(void *arg)
{
	struct ff_expect *e;
	unsigned long ns;

	(void)arg;
	become(UID_COUNT);
	new_user_namespace();
	sync_post(UNSHARED);
	sync_wait(MAPPED);
	ns = ns_inode(0, "user");
	set_max("user", 2);
	if (clone_new(CLONE_NEWUSER) < 0 || clone_new(CLONE_NEWUSER) < 0)
		fail("the first two namespaces were refused");
	e = refused(clone_new(CLONE_NEWUSER), ENOSPC, "userns-count",
		    "copy_creds");
	exp_limit(e, "count", 2, 2);
	exp_object(e, "userns", "uid %d of userns %lu", UID_COUNT, ns);
	exp_text(e, "alloc", "user");
}

static void userns_count(void)
{
	pid_t pid = spawn(count_asker, NULL);

	sync_wait(UNSHARED);
	write_map(pid, "uid_map", 0, UID_COUNT);
	write_map(pid, "gid_map", 0, UID_COUNT);
	sync_post(MAPPED);
	join(pid);
}

/* @levels user namespaces, each in the last; @outside: the uid in the one outside. */
static void nest_user_namespaces(int levels, unsigned int outside)
{
	while (levels--) {
		new_user_namespace();
		write_file("/proc/self/setgroups", "deny");
		write_map(0, "uid_map", 0, outside);
		write_map(0, "gid_map", 0, outside);
		outside = 0;
	}
}

static void userns_depth(void)
{
	struct ff_expect *e;

	become(UID_NESTED);
	nest_user_namespaces(USERNS_LEVELS, UID_NESTED);
	e = refused(clone_new(CLONE_NEWUSER), ENOSPC, "userns-depth",
		    "copy_creds");
	exp_limit(e, "levels", USERNS_LEVELS, USERNS_LEVELS);
	exp_object(e, "userns", "userns %lu", ns_inode(0, "user"));
}

/* RLIMIT_NPROC of the machine's own namespace, seen from the deepest one. */
static void nproc_deepest(void)
{
	unsigned long outer = ns_inode(0, "user");
	struct ff_expect *e;

	if (strcmp(nproc_step(), "task_limits"))
		absent("this kernel does not count a user's tasks for each namespace");
	set_rlimit(RLIMIT_NPROC, 1000);
	become(UID_DEEPEST);
	sleepers(8);
	set_rlimit(RLIMIT_NPROC, 9);
	nest_user_namespaces(1, UID_DEEPEST);
	set_rlimit(RLIMIT_NPROC, 900);
	nest_user_namespaces(USERNS_LEVELS - 1, 0);
	e = refused(try_fork(), EAGAIN, "rlimit-nproc-ancestor-userns", "task_limits");
	exp_limit(e, "tasks", 9, 9);
	exp_object(e, "userns", "uid %d of userns %lu", UID_DEEPEST, outer);
	/* the own limit is nearly reached as well */
	set_rlimit(RLIMIT_NPROC, 2);
	e = refused(try_fork(), EAGAIN, "rlimit-nproc-ancestor-userns", "task_limits");
	exp_limit(e, "tasks", 9, 9);
	exp_object(e, "userns", "uid %d of userns %lu", UID_DEEPEST, outer);
	exp_text(e, "proof", "inferred");
	exp_text(e, "candidates", "rlimit-nproc,rlimit-nproc-ancestor-userns");
}

static void userns_chroot(void)
{
	who_am_i();
	if (chroot("/proc"))
		fail("chroot: %s", strerror(errno));
	refused(clone_new(CLONE_NEWUSER), EPERM, "userns-chroot", "copy_creds");
}

static void userns_unmapped_id(void)
{
	become(UID_UNMAPPED);
	new_user_namespace();
	refused(clone_new(CLONE_NEWUSER), EPERM, "userns-unmapped-id",
		"copy_creds");
}

static void ns_cap(void)
{
	const struct ns_type *t;
	bool time = clone3_knows(CLONE_NEWTIME, SIGCHLD);

	become(UID_NO_CAP);
	for (t = ns_types; t < ns_types + ARRAY_SIZE(ns_types); t++)
		if (t->flag != CLONE_NEWTIME || time)
			refused(clone_new(t->flag), EPERM, "ns-cap", NS_STEP);
	/* two errors */
	refused(clone_new(CLONE_NEWIPC | CLONE_SYSVSEM), EPERM, "ns-cap",
		NS_STEP);
}

static void newipc_sysvsem(void)
{
	refused(clone_new(CLONE_NEWIPC | CLONE_SYSVSEM), EINVAL,
		"newipc-sysvsem", NS_STEP);
	refused(try_clone(CLONE_NEWIPC | CLONE_SYSVSEM | SIGCHLD), EINVAL,
		"newipc-sysvsem", NS_STEP);
}

static void nest_pidns(void *arg)
{
	int level = *(int *)arg + 1;
	struct ff_expect *e;

	if (level < PIDNS_LEVELS) {
		join(spawn_in(CLONE_NEWPID, nest_pidns, &level));
		return;
	}
	e = refused(clone_new(CLONE_NEWPID), ENOSPC, "pidns-depth",
		    "copy_pid_ns");
	exp_limit(e, "levels", PIDNS_LEVELS, PIDNS_LEVELS);
	exp_object(e, "pidns", "pidns %lu level %d", ns_inode(0, "pid"), level);
}

static void pidns_depth(void)
{
	int level = 0;

	join(spawn_in(CLONE_NEWPID, nest_pidns, &level));
}

static void pidns_not_active(void)
{
	if (unshare(CLONE_NEWPID))
		fail("unshare(CLONE_NEWPID): %s", strerror(errno));
	refused(clone_new(CLONE_NEWPID), EINVAL, "pidns-not-active",
		"copy_pid_ns");
}

static void own_container(void *arg)
{
	long ret;

	(void)arg;
	become(UID_OWNER);
	if (unshare(CLONE_NEWUSER | CLONE_NEWPID))
		fail("unshare: %s", strerror(errno));
	ret = try_fork();
	if (ret < 0)
		fail("fork of PID 1: %s", strerror(-ret));
	shared_words()[0] = ret;
	sync_post(READY);
	sleep_forever();
}

static void ask_inside(void *arg)
{
	(void)arg;
	refused(clone_new(CLONE_NEWPID), EINVAL, "pidns-userns",
		"copy_pid_ns");
}

/*
 * The machine's root enters only the PID namespace of a user's container, as nsenter -p does:
 * its user namespace is not below the one that owns it.
 */
static void pidns_userns(void)
{
	char path[64];
	int fd;

	spawn(own_container, NULL);
	sync_wait(READY);
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)shared_words()[0]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWPID))
		fail("setns: %s", strerror(errno));
	join(spawn(ask_inside, NULL));
}

const struct ff_case namespaces_cases[] = {
	{ "userns-depth", "userns-depth",
	  .run = userns_depth, .what = "user namespaces 33 levels deep" },
	{ "rlimit-nproc-deepest", "rlimit-nproc-ancestor-userns", .run = nproc_deepest,
	  .what = "RLIMIT_NPROC of the initial user namespace, 33 levels above" },
	{ "userns-count", "userns-count",
	  .run = userns_count, .what = "user.max_user_namespaces" },
	{ "userns-chroot", "userns-chroot",
	  .run = userns_chroot, .what = "from inside a chroot" },
	{ "userns-unmapped-id", "userns-unmapped-id",
	  .run = userns_unmapped_id,
	  .what = "by a uid that its own namespace does not know" },
	{ "ns-cap", "ns-cap", .run = ns_cap,
	  .what = "each type without privileges" },
	{ "newipc-sysvsem", "newipc-sysvsem",
	  .run = newipc_sysvsem, .what = "CLONE_NEWIPC with CLONE_SYSVSEM" },
	{ "ns-count-mnt", "ns-count", .run = ns_count,
	  .what = "user.max_mnt_namespaces" },
	{ "ns-count-uts", "ns-count", .run = ns_count,
	  .what = "user.max_uts_namespaces" },
	{ "ns-count-ipc", "ns-count", .run = ns_count,
	  .what = "user.max_ipc_namespaces" },
	{ "ns-count-pid", "ns-count", .run = ns_count,
	  .what = "user.max_pid_namespaces" },
	{ "ns-count-cgroup", "ns-count", .run = ns_count,
	  .what = "user.max_cgroup_namespaces" },
	{ "ns-count-net", "ns-count", .run = ns_count,
	  .what = "user.max_net_namespaces" },
	{ "ns-count-time", "ns-count", .run = ns_count,
	  .what = "user.max_time_namespaces" },
	{ "pidns-depth", "pidns-depth", .run = pidns_depth,
	  .what = "PID namespaces 32 levels deep" },
	{ "pidns-not-active", "pidns-not-active",
	  .run = pidns_not_active,
	  .what = "CLONE_NEWPID after unshare(CLONE_NEWPID)" },
	{ "pidns-userns", "pidns-userns",
	  .run = pidns_userns,
	  .what = "CLONE_NEWPID by root in a user's PID namespace" },
	{ .name = NULL },
};
