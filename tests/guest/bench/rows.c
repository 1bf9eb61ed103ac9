// SPDX-License-Identifier: GPL-2.0-only
/*
 * rows.c - the operations that are measured
 */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../lib/create_task.h"
#include "bench.h"

extern char **environ;

static void quit(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	_exit(1);
}

/* ---- what succeeds ------------------------------------------------------- */

static uint64_t do_fork(void)
{
	uint64_t from = ticks();
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	from = ticks() - from;
	if (pid < 0)
		quit("fork");
	wait_for(pid);
	return from;
}

static uint64_t do_vfork(void)
{
	pid_t pid = vfork();

	if (!pid)
		_exit(0);
	if (pid < 0 || wait_for(pid))
		quit("vfork");
	return 0;
}

/* This program, which exits at once if it is called with this argument. */
static char * const true_argv[] = { "true", NULL };

static uint64_t do_vfork_exec(void)
{
	pid_t pid = vfork();

	if (!pid) {
		execv("/proc/self/exe", true_argv);
		_exit(1);
	}
	if (pid < 0 || wait_for(pid))
		quit("vfork");
	return 0;
}

static uint64_t do_spawn(void)
{
	pid_t pid;

	errno = posix_spawn(&pid, "/proc/self/exe", NULL, NULL, true_argv, environ);
	if (errno || wait_for(pid))
		quit("posix_spawn");
	return 0;
}

static void *no_thread(void *arg)
{
	return arg;
}

static uint64_t do_thread(void)
{
	uint64_t from = ticks();
	pthread_t thread;

	errno = pthread_create(&thread, NULL, no_thread, NULL);
	from = ticks() - from;
	if (errno)
		quit("pthread_create");
	pthread_join(thread, NULL);
	return from;
}

#define GIB	(1UL << 30)
#define PIECES	10000

/* Every second piece is read-only, so that none is merged with the next. */
static void make_mappings(size_t size)
{
	size_t piece = size / PIECES / 4096 * 4096, i;
	char *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		quit("mmap");
	madvise(mem, size, MADV_NOHUGEPAGE);
	for (i = 0; i < size; i += 4096)
		mem[i] = 1;
	for (i = 0; i < PIECES; i += 2)
		if (mprotect(mem + i * piece, piece, PROT_READ))
			quit("mprotect");
}

static void make_large(void)
{
	make_mappings(GIB);
}

static void make_many(void)
{
	make_mappings(PIECES * 4096UL);
}

/* ---- what is refused ----------------------------------------------------- */

static uint64_t refused(int wanted)
{
	uint64_t from = ticks();
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	from = ticks() - from;
	if (pid > 0) {
		errno = 0;
		quit("a fork that should have been refused was not");
	}
	if (errno != wanted)
		quit("refused, but");
	return from;
}

static uint64_t refused_eagain(void)
{
	return refused(EAGAIN);
}

static uint64_t refused_enomem(void)
{
	return refused(ENOMEM);
}

/* The first check of copy_process(): a call that passes nothing behind it. */
static uint64_t refused_einval(void)
{
	uint64_t from = ticks();

	if (syscall(SYS_clone, CLONE_NEWNS | CLONE_FS | SIGCHLD, 0, 0, 0, 0) != -1 ||
	    errno != EINVAL)
		quit("clone with flags that exclude each other");
	return ticks() - from;
}

static void limit_nproc(void)
{
	struct rlimit one = { 1, 1 };

	if (setrlimit(RLIMIT_NPROC, &one) || setgroups(0, NULL) || setresgid(4242, 4242, 4242) ||
	    setresuid(4242, 4242, 4242))
		quit("setresuid");
}

#define CGROUP	"/sys/fs/cgroup/bench"

static void limit_pids(void)
{
	put("/sys/fs/cgroup/cgroup.subtree_control", "+pids");
	mkdir(CGROUP, 0755);
	if (put(CGROUP "/cgroup.procs", "0") || put(CGROUP "/pids.max", "1"))
		quit(CGROUP);
}

static long saved;

static void limit_threads(void)
{
	saved = number_in("/proc/sys/kernel/threads-max");
	put("/proc/sys/kernel/threads-max", "20");
}

static void restore_threads(void)
{
	put("/proc/sys/kernel/threads-max", "%ld", saved);
}

static pid_t held[400];
static unsigned int nr_held;

static void limit_numbers(void)
{
	saved = number_in("/proc/sys/kernel/pid_max");
	put("/proc/sys/kernel/pid_max", "301");
	for (nr_held = 0; nr_held < ARRAY_SIZE(held); nr_held++) {
		held[nr_held] = fork();
		if (!held[nr_held])
			for (;;)
				pause();
		if (held[nr_held] < 0)
			return;
	}
}

static void restore_numbers(void)
{
	while (nr_held--) {
		kill(held[nr_held], SIGKILL);
		wait_for(held[nr_held]);
	}
	put("/proc/sys/kernel/pid_max", "%ld", saved);
}

static void kill_namespace(void)
{
	pid_t pid;

	if (unshare(CLONE_NEWPID))
		quit("unshare");
	pid = fork();
	if (!pid)
		_exit(0);
	wait_for(pid);
}

/* ---- what has nothing to do with it -------------------------------------- */

static char *area;

static void map_area(void)
{
	area = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static uint64_t do_mmap(void)
{
	void *p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(p, 65536);
	return 0;
}

static uint64_t do_mprotect(void)
{
	mprotect(area, 4096, PROT_READ);
	mprotect(area, 4096, PROT_READ | PROT_WRITE);
	return 0;
}

static void filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_reboot, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_SIZE(code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		quit("seccomp");
}

static uint64_t do_syscall(void)
{
	uint64_t from = ticks();

	syscall(SYS_getppid);
	return ticks() - from;
}

/* Without what the C library does around it, which is made of system calls as well. */
static uint64_t do_process_alone(void)
{
	uint64_t from = ticks();
	pid_t pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		_exit(0);
	from = ticks() - from;
	if (pid < 0)
		quit("clone");
	wait_for(pid);
	return from;
}

static int end_at_once(void *unused)
{
	(void)unused;
	syscall(SYS_exit, 0);
	return 0;
}

static uint64_t do_thread_alone(void)
{
	static char stack[4096] __attribute__((aligned(64)));
	static volatile int tid;
	uint64_t from;
	int ret;

	tid = 1;
	from = ticks();
	ret = clone(end_at_once, stack + sizeof(stack),
		    THREAD_FLAGS | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID, NULL, NULL, NULL,
		    &tid);
	from = ticks() - from;
	if (ret < 0)
		quit("clone of a thread");
	while (tid)
		sched_yield();
	return from;
}

/* As the C library creates a thread, but for what it does around it. */
static uint64_t do_clone3_alone(void)
{
	static char stack[4096] __attribute__((aligned(64)));
	static volatile int tid;
	struct clone3_args args = {
		.flags = THREAD_FLAGS | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID,
		.child_tid = (uintptr_t)&tid,
		.stack = (uintptr_t)stack,
		.stack_size = sizeof(stack),
	};
	uint64_t from;
	long ret;

	tid = 1;
	from = ticks();
	ret = create_task3(&args, SYS_exit);
	from = ticks() - from;
	if (ret < 0) {
		errno = -ret;
		quit("clone3 of a thread");
	}
	while (tid)
		sched_yield();
	return from;
}

const struct row rows[] = {
	{ "fork", CREATED, 200, .once = do_fork },
	{ "vfork", CREATED, 200, .once = do_vfork },
	{ "vfork+exec", CREATED, 60, .once = do_vfork_exec },
	{ "posix_spawn", CREATED, 60, .once = do_spawn },
	{ "thread", CREATED, 200, .once = do_thread },
	{ "fork-1GiB", CREATED, 3, .prepare = make_large, .once = do_fork },
	{ "fork-10000", CREATED, 5, .prepare = make_many, .once = do_fork },
	{ "rlimit-nproc", REFUSED, 300, .prepare = limit_nproc, .once = refused_eagain },
	{ "pids-max", REFUSED, 200, .prepare = limit_pids, .once = refused_eagain },
	{ "threads-max", REFUSED, 300, .enter = limit_threads, .leave = restore_threads,
	  .once = refused_eagain },
	{ "pid-exhausted", REFUSED, 200, .enter = limit_numbers, .leave = restore_numbers,
	  .once = refused_eagain },
	{ "pidns-dead", REFUSED, 200, .prepare = kill_namespace, .once = refused_enomem },
	{ "einval", REFUSED, 300, .once = refused_einval },
	{ "mmap+munmap", BESIDE, 300, .once = do_mmap },
	{ "mprotect", BESIDE, 300, .prepare = map_area, .once = do_mprotect },
	{ "seccomp-call", BESIDE, 300, .prepare = filter, .once = do_syscall },
	{ "seccomp-process", CREATED, 200, .prepare = filter, .once = do_process_alone },
	{ "seccomp-thread", CREATED, 200, .prepare = filter, .once = do_thread_alone },
	{ "seccomp-clone3", CREATED, 200, .prepare = filter, .once = do_clone3_alone },
};

const unsigned int nr_rows = ARRAY_SIZE(rows);

/**
 * row_of - one of them
 * @name: its name
 *
 * Return: it.
 */
const struct row *row_of(const char *name)
{
	unsigned int i;

	for (i = 0; i < nr_rows; i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	die("no row %s", name);
}
