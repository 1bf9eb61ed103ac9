// SPDX-License-Identifier: GPL-2.0-only
/*
 * sandbox.c - calls that a seccomp filter answers, so that they never reach the kernel's
 * own fork
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filter.h"
#include "forkfault.h"

#define SAY(err)	(SECCOMP_RET_ERRNO | (err))

/* A tracer that hooks the call's own function, like a graph tracer, might have answered. */
static bool call_is_hooked(void)
{
	static const char * const paths[] = {
		"/sys/kernel/tracing/enabled_functions",
		"/sys/kernel/debug/tracing/enabled_functions",
	};
	static int known = -1;
	char line[1024];
	FILE *f = NULL;
	size_t i;

	if (known >= 0)
		return known;
	known = 0;
	for (i = 0; !f && i < ARRAY_SIZE(paths); i++)
		f = fopen(paths[i], "re");
	while (f && !known && fgets(line, sizeof(line), f))
		known = strstr(line, "64_sys_clone ") == line + 3 ||
			strstr(line, "64_sys_clone ") == line + 5;
	if (f)
		fclose(f);
	return known;
}

static void exp_path(struct ff_expect *e, const char *cause)
{
	char both[64];

	if (!call_is_hooked()) {
		exp_text(e, "proof", "path");
		return;
	}
	snprintf(both, sizeof(both), "%s,unexplained", cause);
	exp_text(e, "proof", "inferred");
	exp_text(e, "candidates", both);
}

static struct ff_expect *expect_answer(struct ff_expect *e, const char *syscall)
{
	exp_path(e, "seccomp-errno");
	exp_text(e, "syscall", syscall);
	return e;
}

/* The last try_*() was answered by the filter. */
static void answered(long ret, int err, const char *syscall)
{
	expect_answer(refused(ret, err, "seccomp-errno", "seccomp"), syscall);
}

/* A call that none of try_*() makes; it must be refused. */
static struct ff_attempt last;

#ifdef SYS_fork
static void must_be(long ret, int err)
{
	if (ret != -err)
		fail("%s: %ld, expected %s", last.call, ret, strerror(err));
	note("%s -> %s", last.call, strerror(err));
}

static struct ff_expect *raw_answered(long ret, int err, const char *syscall)
{
	must_be(ret, err);
	return expect_answer(refused_to(&last, err, "seccomp-errno", "seccomp"),
			     syscall);
}

static long raw(long nr, const char *name, uint64_t flags)
{
	note_attempt(&last, name, flags);
	return syscall(nr) < 0 ? -errno : 0;
}
#endif

static void seccomp_errno(void)
{
	static const struct rule rules[] = {
#ifdef SYS_fork
		{ ARCH, SYS_fork, SAY(EPERM) },
		{ ARCH, SYS_vfork, SAY(EAGAIN) },
#endif
		{ ARCH, SYS_clone, SAY(ENOMEM) },
		{ ARCH, SYS_clone3, SAY(EACCES) },
	};
	struct clone3_args args = { .exit_signal = SIGCHLD };

	filter(rules, ARRAY_SIZE(rules));
#ifdef SYS_fork
	raw_answered(raw(SYS_fork, "fork", 0), EPERM, "fork");
	raw_answered(raw(SYS_vfork, "vfork", CLONE_VM | CLONE_VFORK), EAGAIN,
		     "vfork");
#endif
	answered(try_fork(), ENOMEM, "clone");
	answered(try_clone(CLONE_FILES | SIGCHLD), ENOMEM, "clone");
	answered(try_thread(), ENOMEM, "clone");
	answered(try_clone3(&args, sizeof(args)), EACCES, "clone3");
	/* a filter does not read the invalid arguments */
	answered(try_clone3(&args, 1), EACCES, "clone3");
}

/* Not every C library uses clone3 on every machine. */
static long thread_by_clone3(void)
{
	struct clone3_args args = {
		.flags = THREAD_FLAGS,
	};

	return try_clone3(&args, sizeof(args));
}

/* Docker's profile up to 20.10.9: EPERM, after which no libc tries clone. */
static void docker_old(void)
{
	static const struct rule rules[] = {
		{ ARCH, SYS_clone3, SAY(EPERM) },
	};
	long ret;

	filter(rules, ARRAY_SIZE(rules));
	answered(thread_by_clone3(), EPERM, "clone3");
	ret = try_pthread();
	if (ret)
		answered(ret, EPERM, "clone3");
	else
		note("this C library creates threads by clone");
}

static unsigned long fallbacks(void)
{
	static const char key[] = " clone3-enosys ";
	char page[4096], *p;

	if (!read_file("/proc/forkfail", page, sizeof(page)))
		return 0;
	page[strcspn(page, "\n")] = 0;
	p = strstr(page, key);
	return p ? strtoul(p + strlen(key), NULL, 10) : 0;
}

/* Docker's profile since then: ENOSYS. libc tries clone, so that is not a failure. */
static void docker_new(void)
{
	static const struct rule rules[] = {
		{ ARCH, SYS_clone3, SAY(ENOSYS) },
	};
	unsigned long before = fallbacks();
	long ret;

	filter(rules, ARRAY_SIZE(rules));
	ret = thread_by_clone3();
	if (ret != -ENOSYS)
		fail("clone3: %ld, expected ENOSYS", ret);
	ret = try_pthread();
	if (ret)
		fail("pthread_create: %s, expected success", strerror(-ret));
	if (!access("/proc/forkfail", F_OK) && fallbacks() == before)
		fail("the page counts no clone3-enosys");
	note("ENOSYS from clone3, and a thread by clone");
}

/* systemd's SystemCallFilter=~@process with SystemCallErrorNumber=EPERM. */
static void systemd_filter(void)
{
	static const struct rule rules[] = {
		{ ARCH, SYS_clone3, SAY(ENOSYS) },
		{ ARCH, SYS_clone, SAY(EPERM) },
#ifdef SYS_fork
		{ ARCH, SYS_fork, SAY(EPERM) },
		{ ARCH, SYS_vfork, SAY(EPERM) },
#endif
	};

	filter(rules, ARRAY_SIZE(rules));
	answered(try_pthread(), EPERM, "clone");
	answered(try_fork(), EPERM, "clone");
}

#ifdef __x86_64__
static long int80(long nr, const char *name, uint64_t flags, long a1, long a2)
{
	long ret;

	note_attempt(&last, name, flags);
	__asm__ volatile("int $0x80" : "=a"(ret)
			 : "a"(nr), "b"(a1), "c"(a2), "d"(0), "S"(0), "D"(0)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)ret;
}

static void no_int80(int signal __attribute__((unused)))
{
	_exit(1);
}

/* A kernel without 32-bit system calls has no such interrupt. */
static bool has_int80(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		signal(SIGSEGV, no_int80);
		_exit(int80(20, "getpid", 0, 0, 0) != getpid());
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

/* 32-bit numbers: 2, 190 and 120 are something else for a 64-bit program. */
static void compat_numbers(void)
{
	static const struct rule rules[] = {
		{ AUDIT_ARCH_I386, 2, SAY(EACCES) },
		{ AUDIT_ARCH_I386, 190, SAY(EBUSY) },
		{ AUDIT_ARCH_I386, 120, SAY(EMFILE) },
		{ AUDIT_ARCH_I386, 435, SAY(ENFILE) },
		{ ARCH, SYS_setxattr, SAY(EACCES) },
		{ ARCH, SYS_getresgid, SAY(EACCES) },
		{ ARCH, SYS_open, SAY(EACCES) },
	};
	struct ff_expect *e;

	if (!has_int80())
		skip("no 32-bit system calls here");
	filter(rules, ARRAY_SIZE(rules));
	raw_answered(int80(2, "fork (32 bits)", 0, 0, 0), EACCES, "fork");
	raw_answered(int80(190, "vfork (32 bits)", CLONE_VM | CLONE_VFORK, 0, 0),
		     EBUSY, "vfork");
	raw_answered(int80(120, "clone (32 bits)", CLONE_FILES,
			   CLONE_FILES | SIGCHLD, 0), EMFILE, "clone");
	/* the pointer is invalid, so the flags are not known */
	e = raw_answered(int80(435, "clone3 (32 bits)", 0, 8, 88), ENFILE,
			 "clone3");
	exp_absent(e, "flags");
	exp_absent(e, "kind");
	must_be(syscall(SYS_setxattr, "", "", "", 0, 0) ? -errno : 0, EACCES);
	must_be(syscall(SYS_getresgid, 0, 0, 0) ? -errno : 0, EACCES);
	must_be(syscall(SYS_open, "/", 0) < 0 ? -errno : 0, EACCES);
}
#endif

/* ---- filters that kill --------------------------------------------------- */

/* Noted before the call, because the caller will not exist afterwards. */
static void about_to_die(void)
{
	struct ff_expect *e;

	note_attempt(&last, "clone", CLONE_FILES);
	e = refused_to(&last, 0, "seccomp-kill", "seccomp");
	exp_text(e, "errno", "none");
	exp_text(e, "proof", "witness");
	exp_text(e, "syscall", "clone");
	exp_text(e, "signal", "SIGSYS");
	/* does not come back */
	syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
}

static void killed_process(void *arg)
{
	struct rule rule = { ARCH, SYS_clone, *(uint32_t *)arg };

	filter(&rule, 1);
	about_to_die();
	fail("clone came back");
}

static void *killed_thread(void *arg)
{
	struct rule rule = { ARCH, SYS_clone, SECCOMP_RET_KILL_THREAD };

	filter(&rule, 1);
	about_to_die();
	fail("clone came back");
	return arg;
}

static void with_killed_thread(void *arg)
{
	pthread_t thread;
	int err = pthread_create(&thread, NULL, killed_thread, NULL);

	if (err)
		fail("pthread_create: %s", strerror(err));
	/* the kernel clears its tid when it exits, which join waits for */
	pthread_join(thread, NULL);
	(void)arg;
}

static void seccomp_kill(void)
{
	static uint32_t actions[] = {
		SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD,
		SECCOMP_RET_TRAP,
	};
	int status;
	size_t i;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(actions); i++) {
		pid = spawn(killed_process, &actions[i]);
		if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status) ||
		    WTERMSIG(status) != SIGSYS)
			fail("the child ended with status 0x%x", status);
	}
	join(spawn(with_killed_thread, NULL));
	note("clone -> killed by SIGSYS");
}

/* If a program handles SIGSYS, that is not a failure. */
static void on_sigsys(int sig)
{
	(void)sig;
}

static void trap_handled(void)
{
	struct rule rule = { ARCH, SYS_clone, SECCOMP_RET_TRAP };
	struct sigaction sa = { .sa_handler = on_sigsys };

	sigaction(SIGSYS, &sa, NULL);
	filter(&rule, 1);
	syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	note("clone -> SIGSYS, handled: no event");
}

const struct ff_case sandbox_cases[] = {
	{ "seccomp-errno", "seccomp-errno", .run = seccomp_errno,
	  .what = "a filter answers fork, vfork, clone, clone3" },
	{ "seccomp-docker-old", "seccomp-errno", .run = docker_old,
	  .what = "a filter answers EPERM to the clone3 of pthread_create" },
	{ "seccomp-docker-new", "none", .run = docker_new,
	  .what = "it answers ENOSYS: libc tries clone, and no event" },
	{ "seccomp-systemd", "seccomp-errno", .run = systemd_filter,
	  .what = "it refuses all that creates tasks, as SystemCallFilter= does" },
	{ "seccomp-kill", "seccomp-kill", .run = seccomp_kill,
	  .what = "a filter kills process or thread for a clone" },
	{ "seccomp-trap", "none", .run = trap_handled,
	  .what = "the program handles the filter's SIGSYS: no event" },
#ifdef __x86_64__
	{ "seccomp-compat", "seccomp-errno", .run = compat_numbers,
	  .what = "a filter answers 32-bit calls, and 64-bit ones of the same number" },
#endif
	{ .name = NULL },
};
