// SPDX-License-Identifier: GPL-2.0-only
/*
 * args.c - arguments and file descriptors that are refused late, and other properties of
 * the forking task
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forkfault.h"

#define UID_SET_TID	4290
#define UID_FILES	4291
#define UID_PERF	4292

/* 5.10 creates the pidfd in the middle of copy_process(). */
#define PIDFD_STEP	"alloc_pid pidfd_prepare"

static long clone_tid(const pid_t *tids, unsigned int n)
{
	struct clone3_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uint64_t)(uintptr_t)tids,
		.set_tid_size = n,
	};

	return try_clone3(&args, sizeof(args));
}

static void set_tid_too_many(void)
{
	static const pid_t tids[2] = { 0, 1 };

	refused(clone_tid(tids, 2), EINVAL, "set-tid-too-many", "alloc_pid");
}

static void set_tid_range(void)
{
	struct ff_expect *e;
	pid_t tid = 0;

	e = refused(clone_tid(&tid, 1), EINVAL, "set-tid-range", "alloc_pid");
	exp_number(e, "set_tid", tid);
	exp_maybe(e, "limit", sysctl_get("kernel/pid_max"),
		  sysctl_get("kernel/pid_max"));
	exp_words(e, "unit", "- none pids");
	tid = sysctl_get("kernel/pid_max");
	e = refused(clone_tid(&tid, 1), EINVAL, "set-tid-range", "alloc_pid");
	exp_number(e, "set_tid", tid);
	exp_maybe(e, "limit", tid, tid);
	exp_words(e, "unit", "- none pids");
}

static void set_tid_no_init(void)
{
	static const pid_t tid = 5;
	struct ff_expect *e;

	if (unshare(CLONE_NEWPID))
		fail("unshare(CLONE_NEWPID): %s", strerror(errno));
	e = refused(clone_tid(&tid, 1), EINVAL, "set-tid-no-init", "alloc_pid");
	exp_number(e, "set_tid", tid);
}

/* Two errors: the PID is also in use. */
static void set_tid_perm(void)
{
	static const pid_t tid = 1;
	struct ff_expect *e;

	become(UID_SET_TID);
	e = refused(clone_tid(&tid, 1), EPERM, "set-tid-perm", "alloc_pid");
	exp_number(e, "set_tid", tid);
}

/*
 * The kernel checks the capability before it checks whether the number is in use. Two calls,
 * one of them for a number that is in use outside: the events must not show which.
 */
static void ask_for_outer(void *arg)
{
	/*
	 * the second number is of the namespace above, where PID 1 is in use and the last one is
	 * not
	 */
	const pid_t tids[][2] = { { 50, 1 }, { 51, *(const pid_t *)arg } };
	size_t i;

	become(UID_SET_TID);
	for (i = 0; i < ARRAY_SIZE(tids); i++)
		refused(clone_tid(tids[i], 2), EPERM, "set-tid-perm", "alloc_pid");
}

static void set_tid_perm_outside(void)
{
	pid_t last = sysctl_get("kernel/pid_max") - 1;

	join(spawn_in(CLONE_NEWPID, ask_for_outer, &last));
}

static void exp_taken(struct ff_expect *e, pid_t tid, const char *how, const char *comm,
		      pid_t tgid)
{
	exp_number(e, "set_tid", tid);
	exp_text(e, "taken", how);
	exp_text(e, "taken_comm", comm);
	exp_number(e, "taken_tgid", tgid);
}

static void set_tid_exists(void)
{
	char comm[FF_COMM_LEN] = "";
	struct ff_expect *e;
	pid_t tid = 1;

	if (!read_file("/proc/1/comm", comm, sizeof(comm)))
		fail("/proc/1/comm: %s", strerror(errno));
	comm[strcspn(comm, "\n")] = 0;
	e = refused(clone_tid(&tid, 1), EEXIST, "set-tid-exists", "alloc_pid");
	exp_taken(e, tid, "task", comm, 1);
	tid = getpid();
	prctl(PR_GET_NAME, comm);
	e = refused(clone_tid(&tid, 1), EEXIST, "set-tid-exists", "alloc_pid");
	exp_taken(e, tid, "task", comm, tid);
}

/* As in checkpoint and restore: the process to be restored has ended, but was not reaped. */
static void set_tid_zombie(void)
{
	char comm[FF_COMM_LEN] = "";
	struct ff_expect *e;
	pid_t tid = fork();

	if (tid < 0)
		fail("fork: %s", strerror(errno));
	if (!tid) {
		prctl(PR_SET_NAME, "ff a \"zombie\"");
		_exit(0);
	}
	waitid(P_PID, tid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	e = refused(clone_tid(&tid, 1), EEXIST, "set-tid-exists", "alloc_pid");
	exp_taken(e, tid, "zombie", "ff a \"zombie\"", tid);
	exp_number(e, "taken_parent", getpid());

	/* A number of a thread; its process has another one. */
	tid = try_thread();
	if (tid < 0)
		fail("a thread: %s", strerror(-tid));
	prctl(PR_GET_NAME, comm);
	e = refused(clone_tid(&tid, 1), EEXIST, "set-tid-exists", "alloc_pid");
	exp_taken(e, tid, "task", comm, getpid());
}

/* A process group outlives the process that has its number. */
static void set_tid_group(void)
{
	struct ff_expect *e;
	pid_t tid = fork();

	if (tid < 0)
		fail("fork: %s", strerror(errno));
	if (!tid) {
		if (setpgid(0, 0) || fork() < 0)
			_exit(1);
		if (getpid() == getpgid(0))
			_exit(0);
		sleep_forever();
	}
	if (waitpid(tid, NULL, 0) != tid)
		fail("waitpid: %s", strerror(errno));
	e = refused(clone_tid(&tid, 1), EEXIST, "set-tid-exists", "alloc_pid");
	exp_number(e, "set_tid", tid);
	exp_text(e, "taken", "group");
}

static long clone_pidfd(void *where)
{
	struct clone3_args args = {
		.flags = CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)where,
		.exit_signal = SIGCHLD,
	};

	return try_clone3(&args, sizeof(args));
}

/* The limit is the number of open file descriptors: the next one is refused. */
static void pidfd_nofile(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct ff_expect *e;
	int pidfd;

	if (fd < 0)
		fail("/dev/null: %s", strerror(errno));
	who_am_i();
	set_rlimit(RLIMIT_NOFILE, fd + 1);
	e = refused(clone_pidfd(&pidfd), EMFILE, "pidfd-nofile", PIDFD_STEP);
	exp_limit(e, "fds", fd + 1, fd + 1);
	exp_hard(e, RLIMIT_NOFILE);
	exp_object(e, "process", "the calling process");
}

#define OPEN_FILES	300
#define FILE_MAX	100

/*
 * More files are open than the machine may have, enough that the kernel's approximate count,
 * which has a part on each CPU, shows it.
 */
static void pidfd_file_max(void)
{
	struct ff_expect *e;
	uint64_t before;
	int i, pidfd;

	set_rlimit(RLIMIT_NOFILE, OPEN_FILES + 100);
	for (i = 0; i < OPEN_FILES; i++)
		if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0)
			fail("/dev/null: %s", strerror(errno));
	before = sysctl_get("fs/file-nr");
	ff_uid = UID_FILES;
	who_am_i();
	sysctl_set("fs/file-max", FILE_MAX);
	become(UID_FILES);
	e = refused(clone_pidfd(&pidfd), ENFILE, "pidfd-file-max", PIDFD_STEP);
	exp_maybe(e, "limit", FILE_MAX, FILE_MAX);
	exp_maybe(e, "in_use", OPEN_FILES, before + 1000);
	exp_words(e, "unit", "- none fds");
	exp_object(e, "host", "file-max");
}

static void pidfd_fault(void)
{
	refused(clone_pidfd((void *)8), EFAULT, "pidfd-fault", PIDFD_STEP);
}

#define HIGH_FD	4000

/* A descriptor above a limit that was lowered later. */
static void files_nr_open(void)
{
	uint64_t limit = 1024;
	struct ff_expect *e;

	set_rlimit(RLIMIT_NOFILE, 8192);
	if (dup2(0, HIGH_FD) < 0)
		fail("dup2: %s", strerror(errno));
	who_am_i();
	sysctl_set("fs/nr_open", limit);
	e = refused(try_fork(), EMFILE, "files-nr-open", "copy_files");
	exp_limit(e, "fds", limit, HIGH_FD + 1);
	exp_object(e, "process", "the calling process");
}

static void tls_invalid(void)
{
#ifdef __x86_64__
	struct clone3_args args = {
		.flags = CLONE_SETTLS,
		.exit_signal = SIGCHLD,
		.tls = ~0UL,
	};

	refused(try_clone3(&args, sizeof(args)), EPERM, "tls-invalid", "alloc_pid");
	args.flags |= THREAD_FLAGS;
	args.exit_signal = 0;
	refused(try_clone3(&args, sizeof(args)), EPERM, "tls-invalid", "alloc_pid");
#else
	skip("only x86 looks at the TLS pointer");
#endif
}

/*
 * A counter that needs privileges was opened by root, to be inherited.  The
 * caller has given them up: the copy for the child is refused.
 */
static void perf_inherit(void)
{
	struct perf_event_attr attr = {
		.size = PERF_ATTR_SIZE_VER5,
		.inherit = 1,
		.disabled = 1,
		.kprobe_func = (uint64_t)(uintptr_t)"vfs_fsync_range",
	};
	char text[32];

	if (!read_file("/sys/bus/event_source/devices/kprobe/type", text,
		       sizeof(text)))
		skip("no kprobe counters here: %s", strerror(errno));
	attr.type = strtoul(text, NULL, 10);
	if (syscall(SYS_perf_event_open, &attr, 0, -1, -1,
		    PERF_FLAG_FD_CLOEXEC) < 0)
		skip("perf_event_open: %s", strerror(errno));
	become(UID_PERF);
	refused(try_fork(), EACCES, "perf-inherit",
		"perf_audit");
}

const struct ff_case args_cases[] = {
	{ "set-tid-too-many", "set-tid-too-many",
	  .run = set_tid_too_many,
	  .what = "two numbers in the only PID namespace" },
	{ "set-tid-range", "set-tid-range",
	  .run = set_tid_range, .what = "number 0, and pid_max" },
	{ "set-tid-no-init", "set-tid-no-init",
	  .run = set_tid_no_init,
	  .what = "number 5 in a PID namespace without PID 1" },
	{ "set-tid-perm", "set-tid-perm",
	  .run = set_tid_perm, .what = "a number asked for without privileges" },
	{ "set-tid-perm-outside", "set-tid-perm", .run = set_tid_perm_outside,
	  .what = "the same in a PID namespace, for numbers of the one above" },
	{ "set-tid-exists", "set-tid-exists",
	  .run = set_tid_exists, .what = "number 1, and the caller's own" },
	{ "set-tid-zombie", "set-tid-exists",
	  .run = set_tid_zombie, .what = "the number of a zombie, and of a thread" },
	{ "set-tid-group", "set-tid-exists",
	  .run = set_tid_group, .what = "the number of a process group without its leader" },
	{ "pidfd-nofile", "pidfd-nofile",
	  .run = pidfd_nofile, .what = "no descriptor left for the pidfd" },
	{ "pidfd-file-max", "pidfd-file-max", .flags = FF_HOST,
	  .run = pidfd_file_max, .what = "more files open than fs.file-max, without privileges" },
	{ "pidfd-fault", "pidfd-fault",
	  .run = pidfd_fault, .what = "the pidfd's place cannot be written" },
	{ "files-nr-open", "files-nr-open", .flags = FF_HOST,
	  .run = files_nr_open,
	  .what = "fs.nr_open lowered below an open descriptor" },
	{ "tls-invalid", "tls-invalid",
	  .run = tls_invalid, .what = "a TLS pointer outside of user space" },
	{ "perf-inherit", "perf-inherit",
	  .run = perf_inherit,
	  .what = "an inherited perf counter that the caller may not open" },
	{ .name = NULL },
};
