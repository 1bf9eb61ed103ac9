// SPDX-License-Identifier: GPL-2.0-only
/*
 * call.c - the calls that should fail
 *
 * If a call succeeds, the new task must not disturb its creator, and must be able to run in a
 * full memory cgroup: lib/create_task.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../lib/create_task.h"
#include "forkfault.h"
#include "internal.h"

/* The flags of glibc's pthread_create. */
#define PTHREAD_FLAGS	(THREAD_FLAGS | CLONE_SETTLS | CLONE_PARENT_SETTID | \
			 CLONE_CHILD_CLEARTID)

unsigned int ff_uid;
bool ff_who_frozen;
struct ff_attempt ff_last;

static char spare_stack[4096] __attribute__((aligned(64)));

/* ppoll with nothing to wait for sleeps until a signal comes. */
static long child_call(unsigned long flags)
{
	return flags & CLONE_VFORK ? SYS_exit : SYS_ppoll;
}

/**
 * sleep_forever() - sleep until killed
 */
void sleep_forever(void)
{
	for (;;)
		pause();
}

/* The path in the line of /proc/PID/cgroup that contains @mark. */
static bool cgroup_of(const char *text, const char *mark, char *path)
{
	const char *p = strstr(text, mark);

	if (!p)
		return false;
	p += strlen(mark);
	snprintf(path, FF_PATH, "%.*s", (int)strcspn(p, "\n"), p);
	return true;
}

/*
 * look_up - what the log must say about the calling task
 *
 * Its cgroup is that of the pids controller where that has a hierarchy of its
 * own, else that of cgroup v2.
 */
static void look_up(struct ff_who *me)
{
	char link[64], text[4096];
	struct stat st;
	ssize_t n;

	memset(me, 0, sizeof(*me));
	n = readlink("/proc/thread-self", link, sizeof(link) - 1);
	if (n < 0)
		fail("/proc/thread-self: %s", strerror(errno));
	link[n] = 0;
	if (sscanf(link, "%d/task/%d", &me->tgid, &me->pid) != 2)
		fail("/proc/thread-self is \"%s\"", link);
	/* a directory for each thread, besides its own two names */
	if (!stat("/proc/self/task", &st))
		me->threads = st.st_nlink - 2;
	me->uid = ff_uid;
	if (!stat("/proc/thread-self/ns/pid", &st))
		me->pidns = st.st_ino;
	if (!stat("/proc/thread-self/ns/user", &st))
		me->userns = st.st_ino;
	prctl(PR_GET_NAME, me->comm);
	if (read_file("/proc/thread-self/cgroup", text, sizeof(text)) &&
	    !cgroup_of(text, ":pids:", me->cgroup))
		cgroup_of(text, "0::", me->cgroup);
}

/**
 * who_am_i() - look the calling task up, for the calls that follow
 *
 * Usually each call looks up its caller again, because a case changes namespaces and cgroups.
 * After this it does not, until ff_who_frozen is reset: for callers that cannot open a file
 * any more, or that make many calls.
 */
void who_am_i(void)
{
	look_up(&ff_last.who);
	ff_who_frozen = true;
}

/**
 * note_attempt() - describe a call before it is made
 * @a: where to
 * @call: its name, for people
 * @flags: clone flags, as the log must print them
 */
void note_attempt(struct ff_attempt *a, const char *call, uint64_t flags)
{
	if (a != &ff_last || !ff_who_frozen)
		look_up(&a->who);
	a->call = call;
	a->flags = flags;
	if (flags & CLONE_THREAD)
		a->kind = "thread";
	else if (flags & CLONE_VFORK)
		a->kind = "vfork";
	else
		a->kind = "process";
}

/**
 * try_clone() - the old clone system call, with flags only
 * @flags: clone flags and exit signal
 *
 * Return: the new task's pid, or -errno.
 */
long try_clone(unsigned long flags)
{
	long stack = 0;

	note_attempt(&ff_last, "clone", flags & ~0xffUL & 0xffffffffUL);
	if (flags & CLONE_VM)
		stack = (long)(spare_stack + sizeof(spare_stack));
	return create_task(SYS_clone, flags, stack, 0, 0, 0, child_call(flags));
}

/**
 * try_fork() - fork a process that sleeps
 *
 * Return: its pid, or -errno.
 */
long try_fork(void)
{
	note_attempt(&ff_last, "fork", 0);
	return create_task(SYS_clone, SIGCHLD, 0, 0, 0, 0, SYS_ppoll);
}

/**
 * sleepers() - processes that only exist
 * @n: how many
 */
void sleepers(int n)
{
	long ret;

	while (n--) {
		ret = try_fork();
		if (ret < 0)
			fail("fork of a sleeper: %s", strerror(-ret));
	}
}

/**
 * try_thread() - create a thread that sleeps
 *
 * Return: its tid, or -errno.
 */
long try_thread(void)
{
	note_attempt(&ff_last, "clone of a thread", THREAD_FLAGS);
	return create_task(SYS_clone, THREAD_FLAGS, (long)(spare_stack + sizeof(spare_stack)),
			   0, 0, 0, SYS_ppoll);
}

static void *pthread_sleep(void *arg)
{
	sleep_forever();
	return arg;
}

/**
 * try_pthread() - create a thread the way programs do
 *
 * Return: 0, or -errno as pthread_create reported it.
 */
long try_pthread(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	note_attempt(&ff_last, "pthread_create", PTHREAD_FLAGS);
	err = pthread_create(&thread, &attr, pthread_sleep, NULL);
	pthread_attr_destroy(&attr);
	return -err;
}

/**
 * try_clone3() - clone3 with all its arguments
 * @args: its arguments
 * @size: how many bytes of them the kernel is to look at
 *
 * A stack is provided when none is given and memory is to be shared.
 *
 * Return: the new task's pid, or -errno.
 */
long try_clone3(const struct clone3_args *args, size_t size)
{
	struct clone3_args copy = *args;

	note_attempt(&ff_last, "clone3", args->flags);
	if ((copy.flags & CLONE_VM) && !copy.stack) {
		copy.stack = (uint64_t)(uintptr_t)spare_stack;
		copy.stack_size = sizeof(spare_stack);
	}
	return create_task(SYS_clone3, (long)&copy, size, 0, 0, 0, child_call(args->flags));
}

/**
 * try_clone_into() - clone3 with CLONE_INTO_CGROUP
 * @fd: descriptor of the cgroup
 * @flags: further flags
 */
long try_clone_into(int fd, uint64_t flags)
{
	struct clone3_args args = {
		.flags = CLONE_INTO_CGROUP | flags,
		.exit_signal = flags & CLONE_THREAD ? 0 : SIGCHLD,
		.cgroup = fd,
	};

	return try_clone3(&args, sizeof(args));
}

/**
 * quiet_clone3() - clone3 that notes nothing and writes to no memory
 * @args: its arguments, all of them
 *
 * Return: the new task's pid, or -errno.
 */
long quiet_clone3(const struct clone3_args *args)
{
	return create_task3(args, child_call(args->flags));
}
