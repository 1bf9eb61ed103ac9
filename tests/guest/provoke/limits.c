// SPDX-License-Identifier: GPL-2.0-only
/*
 * limits.c - limits on the number of tasks that do not belong to a cgroup, and other
 * refusals with the same errno, EAGAIN
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "forkfault.h"

/* Users of the cases' own: nobody else's tasks are counted with them. */
#define UID_NPROC	4242
#define UID_NPROC_THR	4243
#define UID_FROZEN	4244
#define UID_CREATOR	4250
#define UID_ASKER	4251
#define UID_SIBLING	4252

/* Tasks are counted for each user in each user namespace that the user is in. */
static bool nproc_in_ucounts(void)
{
	return kernel_has("inc_rlimit_ucounts");
}

/**
 * nproc_step() - how far a clone has got when RLIMIT_NPROC is looked at
 *
 * Return: the step; where the check comes first, nothing that can be watched is
 * before it.
 */
const char *nproc_step(void)
{
	return nproc_in_ucounts() ? "task_limits" : "copy_creds";
}

static void needs_ucounts(void)
{
	if (!nproc_in_ucounts())
		absent("this kernel does not count a user's tasks for each namespace");
}

static void rlimit_nproc(void)
{
	struct ff_expect *e;

	become(UID_NPROC);
	set_rlimit(RLIMIT_NPROC, 4);
	sleepers(3);
	e = refused(try_fork(), EAGAIN, "rlimit-nproc", nproc_step());
	exp_limit(e, "tasks", 4, 4);
	exp_hard(e, RLIMIT_NPROC);
	exp_object(e, "user", "uid %d", UID_NPROC);
}

static void rlimit_nproc_thread(void)
{
	struct ff_expect *e;
	long ret;

	become(UID_NPROC_THR);
	set_rlimit(RLIMIT_NPROC, 3);
	sleepers(1);
	ret = try_thread();
	if (ret < 0)
		fail("first thread: %s", strerror(-ret));
	/* lowered below the usage: no task is killed, and none can be created */
	set_rlimit(RLIMIT_NPROC, 2);
	e = refused(try_pthread(), EAGAIN, "rlimit-nproc", nproc_step());
	exp_limit(e, "tasks", 2, 3);
	exp_hard(e, RLIMIT_NPROC);
	exp_object(e, "user", "uid %d", UID_NPROC_THR);
}

/* The limit that its creator had is stored in a user namespace. */
static void nproc_frozen(void)
{
	unsigned long outer = ns_inode(0, "user");
	struct ff_expect *e;

	needs_ucounts();
	set_rlimit(RLIMIT_NPROC, 1000);
	become(UID_FROZEN);
	set_rlimit(RLIMIT_NPROC, 1);
	if (unshare(CLONE_NEWUSER))
		fail("unshare(CLONE_NEWUSER): %s", strerror(errno));
	set_rlimit(RLIMIT_NPROC, 100);
	e = refused(try_fork(), EAGAIN, "rlimit-nproc-ancestor-userns",
		    "task_limits");
	exp_limit(e, "tasks", 1, 1);
	exp_object(e, "userns", "uid %d of userns %lu", UID_FROZEN, outer);
}

enum { CREATED = 1, MAPPED, READY };

static void creator_sibling(void *arg)
{
	(void)arg;
	become(2);
	ff_uid = UID_SIBLING;
	sleepers(2);
	sync_post(READY);
	sleep_forever();
}

static void creator_asker(void *arg)
{
	unsigned long outer = *(unsigned long *)arg;
	struct ff_expect *e;

	become(1);
	ff_uid = UID_ASKER;
	e = refused(try_fork(), EAGAIN, "rlimit-nproc-ancestor-userns",
		    "task_limits");
	exp_limit(e, "tasks", 5, 5);
	exp_object(e, "userns", "uid %d of userns %lu", UID_CREATOR, outer);
}

static void creator(void *arg)
{
	set_rlimit(RLIMIT_NPROC, 1000);
	become(UID_CREATOR);
	set_rlimit(RLIMIT_NPROC, 5);
	if (unshare(CLONE_NEWUSER))
		fail("unshare(CLONE_NEWUSER): %s", strerror(errno));
	sync_post(CREATED);
	sync_wait(MAPPED);
	set_rlimit(RLIMIT_NPROC, 900);
	spawn(creator_sibling, NULL);
	sync_wait(READY);
	join(spawn(creator_asker, arg));
}

/* A container with two users: one has used up what the other needs of the creator's limit. */
static void nproc_creator(void)
{
	static const char map[] = "0 4250 1\n1 4251 1\n2 4252 1\n";
	unsigned long outer = ns_inode(0, "user");
	char path[64];
	pid_t pid;

	needs_ucounts();
	pid = spawn(creator, &outer);
	sync_wait(CREATED);
	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	if (!write_file(path, map))
		fail("%s: %s", path, strerror(errno));
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	if (!write_file(path, map))
		fail("%s: %s", path, strerror(errno));
	sync_post(MAPPED);
	join(pid);
}

/* Exactly at the limit: as many tasks as exist now. */
static void threads_max(void)
{
	unsigned int before, after;
	struct ff_expect *e;
	char text[16];
	long ret;
	int i;

	sysctl_set("kernel/threads-max", count_tasks() + 100);
	for (i = 0; i < 200; i++) {
		before = count_tasks();
		snprintf(text, sizeof(text), "%u", before);
		write_file("/proc/sys/kernel/threads-max", text);
		ret = try_fork();
		after = count_tasks();
		if (ret < 0)
			break;
		/* a kernel thread ended in between */
		kill_wait(ret);
	}
	e = refused(ret, EAGAIN, "threads-max", "task_limits");
	exp_limit(e, "tasks", before, before);
	if (after != before)
		exp_range(e, "in_use", before, after > before ? after : before);
	exp_object(e, "host", "threads-max");
}

static void threads_max_thread(void)
{
	unsigned int before, after;
	struct ff_expect *e;
	long ret;

	sysctl_set("kernel/threads-max", 1);
	before = count_tasks();
	ret = try_pthread();
	after = count_tasks();
	e = refused(ret, EAGAIN, "threads-max", "task_limits");
	exp_limit(e, "tasks", 1, before);
	if (after != before)
		exp_range(e, "in_use", before < after ? before : after,
			  before < after ? after : before);
	exp_object(e, "host", "threads-max");
}

/* The first version of struct sched_attr, which libc does not have. */
struct deadline_attr {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime;
	uint64_t deadline;
	uint64_t period;
};

#define POLICY_DEADLINE	6

static void sched_deadline(void)
{
	struct deadline_attr attr = {
		.size = sizeof(attr),
		.policy = POLICY_DEADLINE,
		.runtime = 10000000,
		.deadline = 100000000,
		.period = 100000000,
	};
	struct ff_expect *e;

	if (syscall(SYS_sched_setattr, 0, &attr, 0))
		skip("sched_setattr(SCHED_DEADLINE): %s", strerror(errno));
	e = refused(try_fork(), EAGAIN, "sched-deadline", "sched_fork");
	exp_object(e, "process", "the calling process");
	e = refused(try_thread(), EAGAIN, "sched-deadline", "sched_fork");
	exp_object(e, "process", "the calling process");
}

static char script[FF_PATH], interpreter[FF_PATH];

static void *exec_script(void *arg)
{
	char *argv[2] = { script, NULL };

	execv(script, argv);
	return arg;
}

static void make_file(char *path, const char *dir, const char *name,
		      const char *text)
{
	int fd;

	snprintf(path, FF_PATH, "%s/forkfault-%s.%d", dir, name, getpid());
	undo_later(UNDO_UNLINK, path, NULL);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fail("%s: %s", path, strerror(errno));
	close(fd);
}

/*
 * One thread is inside execve, held by a permission event on the script's interpreter;
 * meanwhile the others cannot create anything that shares the process's root and working
 * directory.
 */
static void fs_in_exec(void)
{
	const char *dir = access("/tmp", W_OK) ? "/" : "/tmp";
	struct fanotify_event_metadata event;
	struct fanotify_response answer;
	char text[FF_PATH + 8];
	struct ff_expect *e;
	pthread_t thread;
	int fan;

	make_file(interpreter, dir, "interpreter", "#!/bin/false\n");
	snprintf(text, sizeof(text), "#!%s\n", interpreter);
	make_file(script, dir, "script", text);

	fan = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY);
	if (fan < 0)
		skip("fanotify_init: %s", strerror(errno));
	if (fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN_EXEC_PERM, AT_FDCWD,
			  interpreter))
		skip("fanotify_mark: %s", strerror(errno));
	errno = pthread_create(&thread, NULL, exec_script, NULL);
	if (errno)
		fail("pthread_create: %s", strerror(errno));
	if (read(fan, &event, sizeof(event)) < (ssize_t)sizeof(event))
		fail("read of the fanotify event: %s", strerror(errno));

	e = refused(try_thread(), EAGAIN, "fs-in-exec", "copy_files copy_fs");
	exp_object(e, "process", "the calling process");
	e = refused(try_pthread(), EAGAIN, "fs-in-exec", "copy_files copy_fs");
	exp_object(e, "process", "the calling process");
	/* without semaphores to share, a security module's refusal looks the same */
	e = refused(try_clone(CLONE_FS | SIGCHLD), EAGAIN, "fs-in-exec",
		    "copy_fs security_task_alloc");
	exp_object(e, "process", "the calling process");
	exp_words(e, "proof", "path inferred");
	exp_words(e, "candidates", "- fs-in-exec,lsm-task-alloc");

	answer = (struct fanotify_response){ event.fd, FAN_DENY };
	if (write(fan, &answer, sizeof(answer)) < 0)
		fail("answer to fanotify: %s", strerror(errno));
	pthread_join(thread, NULL);
}

const struct ff_case limits_cases[] = {
	{ "rlimit-nproc", "rlimit-nproc", .run = rlimit_nproc,
	  .what = "a user's fourth process of four, then a fifth" },
	{ "rlimit-nproc-thread", "rlimit-nproc", .run = rlimit_nproc_thread,
	  .what = "pthread_create with more tasks than a limit set later" },
	{ "rlimit-nproc-ancestor-userns", "rlimit-nproc-ancestor-userns",
	  .run = nproc_frozen,
	  .what = "own limit raised after unshare -U, the frozen one counts" },
	{ "rlimit-nproc-creator", "rlimit-nproc-ancestor-userns",
	  .run = nproc_creator,
	  .what = "one uid of a container uses up what its creator had" },
	{ "threads-max", "threads-max", .flags = FF_HOST, .run = threads_max,
	  .what = "as many tasks as there are, fork" },
	{ "threads-max-thread", "threads-max", .flags = FF_HOST,
	  .run = threads_max_thread, .what = "limit 1, pthread_create" },
	{ "sched-deadline", "sched-deadline", .run = sched_deadline,
	  .what = "a SCHED_DEADLINE task forks, and creates a thread" },
	{ "fs-in-exec", "fs-in-exec", .run = fs_in_exec,
	  .what = "threads created while another thread stands in execve" },
	{ .name = NULL },
};
