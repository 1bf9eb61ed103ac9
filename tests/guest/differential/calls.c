// SPDX-License-Identifier: GPL-2.0-only
/*
 * calls.c - makes a call with random arguments
 *
 * The task that is created exits at once and touches no memory, so it may share everything
 * with its creator.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../lib/create_task.h"
#include "clonediff.h"

#define CGROUPS		"/sys/fs/cgroup"
#define BASE		CGROUPS "/clonediff"

static int cgroup_fd[CG_KINDS];
static char spare_stack[4096] __attribute__((aligned(64)));
static uint64_t scratch[8];
static int numbers[32];		/* for set_tid */

/* Memory for clone3's arguments: an unreadable page between readable ones. */
#define PAGE	4096
static char *pages;

static uint64_t next(uint64_t *state)
{
	/* splitmix64 */
	uint64_t z = (*state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static unsigned int below(uint64_t *state, unsigned int n)
{
	return next(state) % n;
}

static bool one_in(uint64_t *state, unsigned int n)
{
	return !below(state, n);
}

/* Expensive flags are rare: a network namespace takes longer than everything else. */
static uint64_t any_flag(uint64_t *state, bool legacy)
{
	static const uint64_t flags[] = {
		CLONE_VM, CLONE_FS, CLONE_FILES, CLONE_SIGHAND, CLONE_PIDFD, CLONE_PTRACE,
		CLONE_VFORK, CLONE_PARENT, CLONE_THREAD, CLONE_NEWNS, CLONE_SYSVSEM, CLONE_SETTLS,
		CLONE_PARENT_SETTID, CLONE_CHILD_CLEARTID, CLONE_UNTRACED, CLONE_CHILD_SETTID,
		CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID,
		CLONE_IO, CLONE_DETACHED,
		/* clone3 only from here on */
		CLONE_NEWTIME, CLONE_CLEAR_SIGHAND,
		CLONE_INTO_CGROUP, CLONE_INTO_CGROUP, CLONE_INTO_CGROUP,
		/* newer */
		CLONE_AUTOREAP, CLONE_NNP, CLONE_PIDFD_AUTOKILL, CLONE_EMPTY_MNTNS,
	};
	unsigned int n = legacy ? 23 : kernel_does.know ? 32 : 28;

	if (one_in(state, 60))
		return CLONE_NEWNET;
	return flags[below(state, n)];
}

static uint64_t some_flags(uint64_t *state, bool legacy)
{
	static const uint64_t bases[] = {
		0, 0, CLONE_VM | CLONE_VFORK,
		THREAD_FLAGS,
		THREAD_FLAGS | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
		CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC,
		CLONE_NEWPID, CLONE_NEWUSER, CLONE_PIDFD,
	};
	uint64_t flags;
	int i, n;

	if (one_in(state, 12))
		flags = next(state) & 0xffffffff & ~(uint64_t)CLONE_NEWNET & ~0xffULL;
	else
		flags = bases[below(state, sizeof(bases) / sizeof(bases[0]))];
	for (i = 0, n = below(state, 5); i < n; i++)
		flags ^= any_flag(state, legacy);
	if (!legacy && kernel_does.know && one_in(state, 20))
		flags |= CLONE_AUTOREAP | CLONE_PIDFD_AUTOKILL | CLONE_PIDFD;
	return flags;
}

static int some_number(uint64_t *state)
{
	switch (below(state, 8)) {
	case 0:
		return 0;
	case 1:
		return -5;
	case 2:
		return 1 << 23;
	case 3:
		return 1;
	case 4:
		return 2;	/* 2 is kthreadd, or a task of the container that this runs in */
	default:
		return 20000 + below(state, 9000);
	}
}

static uint64_t one_of(uint64_t *state, const uint64_t *values, unsigned int n)
{
	return values[below(state, n)];
}

#define ONE_OF(state, ...)						\
	one_of(state, (const uint64_t[]){ __VA_ARGS__ },		\
	       sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

/* What the kernel finds when it copies clone3()'s arguments. */
static void spoil_memory(uint64_t *state, struct arguments *a)
{
	switch (below(state, 4)) {
	case 0:
		a->size = ONE_OF(state, 0, 1, 63, 64, 72, 80, 89, 128, 4096, 4097, 8192,
				 1ULL << 32 | KNOWN_SIZE, ~0ULL);
		break;
	case 1:
		a->at = ONE_OF(state, AT_NULL, NOWHERE, IN_KERNEL);
		break;
	default:
		a->size = ONE_OF(state, 64, 80, KNOWN_SIZE, KNOWN_SIZE + 1 + below(state, 400));
		a->at = ONE_OF(state, IN_MEMORY, CUT_OFF, BEHEADED);
		a->cut = 8 * below(state, 64);
	}
	a->tail = 0;
	if (a->size > KNOWN_SIZE && a->size <= MOST_SIZE && !one_in(state, 3))
		a->tail = KNOWN_SIZE + below(state, a->size - KNOWN_SIZE);
}

/* Calls that are refused early, so that it would be pure chance if a free PID were wrong. */
static void spoil_numbers(uint64_t *state, struct arguments *a)
{
	switch (below(state, 4)) {
	case 0:
		a->nr_set_tids = ONE_OF(state, 33, 1 << 20, 1ULL << 32 | 1, ~0ULL);
		a->tids_at = ONE_OF(state, IN_MEMORY, AT_NULL);
		break;
	case 1:
		a->nr_set_tids = ONE_OF(state, 1, 3, 32);
		a->tids_at = AT_NULL;
		break;
	case 2:
		a->nr_set_tids = 0;
		a->tids_at = ONE_OF(state, IN_MEMORY, NOWHERE);
		break;
	default:
		a->nr_set_tids = ONE_OF(state, 1, 3, 32);
		a->tids_at = ONE_OF(state, NOWHERE, IN_KERNEL);
	}
}

static void spoil_stack(uint64_t *state, struct arguments *a)
{
	static const uint64_t some = sizeof(spare_stack);
	const uint64_t here = (uintptr_t)spare_stack;

	/* 6.4 to 6.9 look at nothing but the highest bit */
	a->stack = ONE_OF(state, 0, here, -some, 1ULL << 63);
	a->stack_size = ONE_OF(state, 0, some, 1ULL << 63, -some);
}

/* Arguments that clone3() itself nearly always refuses. */
static void spoil(uint64_t *state, struct arguments *a)
{
	switch (below(state, 8)) {
	case 0:
	case 1:
		spoil_memory(state, a);
		break;
	case 2:
		spoil_numbers(state, a);
		break;
	case 3:
		spoil_stack(state, a);
		break;
	case 4:
		a->exit_signal = ONE_OF(state, 65, 255, 256, 0x111, 1ULL << 32 | SIGCHLD, ~0ULL);
		break;
	case 5:
		a->flags |= 1ULL << (kernel_does.know ? 38 + below(state, 26) :
				     34 + below(state, 30));
		break;
	case 6:
		a->flags |= ONE_OF(state, CLONE_DETACHED, 1 + below(state, 127),
				   CLONE_VM | CLONE_SIGHAND | CLONE_CLEAR_SIGHAND,
				   CLONE_PARENT, CLONE_THREAD);
		break;
	case 7:
		a->flags |= CLONE_INTO_CGROUP;
		a->cgroup = CG_HUGE;
		break;
	}
}

/**
 * draw() - draw random arguments
 * @state: of the generator
 * @who: the caller
 * @a: receives them
 */
void draw(uint64_t *state, const struct caller *who, struct arguments *a)
{
	static const unsigned int signals[] = { SIGCHLD, SIGCHLD, SIGCHLD, 0, SIGUSR1, 33, 64 };
	bool tidy = !one_in(state, 8);
	unsigned int i;

	memset(a, 0, sizeof(*a));
	a->legacy = one_in(state, 4);
	a->flags = some_flags(state, a->legacy);
	a->exit_signal = signals[below(state, 7)];
	a->tls = one_in(state, 3) ? ~0ULL : one_in(state, 2) ? 1ULL << 60 : (uintptr_t)scratch;
	a->pidfd_ok = !one_in(state, 4);
	a->one_place = !tidy;
	a->cgroup = below(state, CG_KINDS);
	a->size = KNOWN_SIZE;
	a->tids_at = AT_NULL;
	if (a->flags & CLONE_VM) {
		a->stack = (uintptr_t)spare_stack;
		a->stack_size = sizeof(spare_stack);
	}
	if (!a->legacy && one_in(state, 5) && !who->dead) {
		a->nr_set_tids = 1 + below(state, MOST_SET_TIDS);
		a->tids_at = IN_MEMORY;
	}
	for (i = 0; i < a->nr_set_tids; i++) {
		a->set_tid[i] = some_number(state);
		/* only on the host is number 2 certainly in use, by kthreadd */
		if (a->set_tid[i] == 2)
			a->set_tid[i] = 1;
	}

	if (a->legacy) {
		a->flags &= 0xffffff00;
		if (tidy && (a->flags & CLONE_PIDFD))
			a->flags &= ~(uint64_t)CLONE_PARENT_SETTID;
		if (!tidy)
			a->exit_signal = ONE_OF(state, SIGCHLD, 65, 128, 255);
		return;
	}
	if (tidy) {
		a->flags &= ~CLONE_DETACHED;
		if (a->flags & CLONE_CLEAR_SIGHAND)
			a->flags &= ~(uint64_t)CLONE_SIGHAND;
		if ((a->flags & (CLONE_THREAD | CLONE_PARENT)) || ((a->flags & CLONE_AUTOREAP) &&
								   !one_in(state, 4)))
			a->exit_signal = 0;
	} else if (one_in(state, 4)) {
		a->flags |= CLONE_PIDFD | CLONE_PARENT_SETTID;
	}
	/* a second one: of two errors, the one that is checked first counts */
	if (one_in(state, 6))
		do
			spoil(state, a);
		while (one_in(state, 3));
}

/**
 * prepare_calls() - the cgroups, and memory
 *
 * Return: false, with a message, if they cannot be had.
 */
bool prepare_calls(void)
{
	mkdir(BASE, 0755);
	mkdir(BASE "/own", 0755);
	mkdir(BASE "/other", 0755);
	mkdir(BASE "/removed", 0755);
	cgroup_fd[CG_OWN] = open(BASE "/own", O_RDONLY | O_DIRECTORY);
	cgroup_fd[CG_OTHER] = open(BASE "/other", O_RDONLY | O_DIRECTORY);
	cgroup_fd[CG_REMOVED] = open(BASE "/removed", O_RDONLY | O_DIRECTORY);
	cgroup_fd[CG_NO_CGROUP] = open("/tmp", O_RDONLY | O_DIRECTORY);
	cgroup_fd[CG_NOT_OPEN] = 900;
	pages = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED || mprotect(pages + PAGE, PAGE, PROT_NONE)) {
		perror("mmap");
		return false;
	}
	rmdir(BASE "/removed");
	if (cgroup_fd[CG_REMOVED] >= 0 && cgroup_fd[CG_NO_CGROUP] >= 0)
		return true;
	perror(BASE);
	return false;
}

/**
 * become_caller() - the calling task is about to become somebody
 * @who: the caller
 *
 * Return: false, with a message, if that cannot be done.
 */
bool become_caller(const struct caller *who)
{
	uint64_t ignore[4] = { (uintptr_t)SIG_IGN };

	if (put(BASE "/own/cgroup.procs", "0"))
		perror(BASE);
	/* the kernel faults in pages that are not mapped yet; forkfail does not */
	memset(pages, 0, PAGE);
	memset(pages + 2 * PAGE, 0, 2 * PAGE);
	/* the signals that children end with */
	signal(SIGUSR1, SIG_IGN);
	syscall(SYS_rt_sigaction, 33, ignore, NULL, 8);
	syscall(SYS_rt_sigaction, 64, ignore, NULL, 8);
	if (!who->become || who->become())
		return true;
	perror(who->name);
	return false;
}

/**
 * clean_up_calls() - remove the cgroups again
 */
void clean_up_calls(void)
{
	int tries;

	for (tries = 0; tries < 50 && rmdir(BASE "/own"); tries++)
		usleep(10000);
	rmdir(BASE "/other");
	rmdir(BASE);
}

static char *address(enum place at, const struct arguments *a)
{
	switch (at) {
	case IN_MEMORY:
		return pages + 2 * PAGE;
	case AT_NULL:
		return NULL;
	case NOWHERE:
		return (char *)8;
	case IN_KERNEL:
		return (char *)-PAGE;
	case CUT_OFF:
		return pages + PAGE - a->cut;
	case BEHEADED:
		return pages + 2 * PAGE - a->cut;
	}
	return NULL;
}

/* Copy only as much as fits. */
static void write_args(const struct arguments *a, char *at, const uint64_t *args, char tail)
{
	unsigned int i;

	for (i = 0; i < KNOWN_SIZE; i += 8)
		if (can_read(a, i, i + 8))
			memcpy(at + i, &args[i / 8], 8);
	if (a->tail && can_read(a, a->tail, a->tail + 1))
		at[a->tail] = tail;
}

static long call_clone3(const struct arguments *a, uint64_t place)
{
	const uint64_t args[KNOWN_SIZE / 8] = {
		a->flags, place, (uintptr_t)&scratch[1],
		a->one_place ? place : (uintptr_t)&scratch[0],
		a->exit_signal, a->stack, a->stack_size, a->tls,
		a->tids_at == IN_MEMORY ? (uintptr_t)numbers : (uintptr_t)address(a->tids_at, a),
		a->nr_set_tids,
		a->cgroup == CG_HUGE ? 1ULL << 31 :
		a->flags & CLONE_INTO_CGROUP ? (uint64_t)cgroup_fd[a->cgroup] : 0,
	};
	static const uint64_t nothing[KNOWN_SIZE / 8];
	char *at = address(a->at, a);
	long ret;

	memcpy(numbers, a->set_tid, sizeof(a->set_tid));
	write_args(a, at, args, 1);
	ret = create_task(SYS_clone3, (long)at, a->size, 0, 0, 0, SYS_exit);
	write_args(a, at, nothing, 0);
	return ret;
}

/**
 * call() - make the call, and reap the created task
 * @a: its arguments
 *
 * Return: what the kernel returned.
 */
long call(const struct arguments *a)
{
	int pidfd = -1;
	uintptr_t place = a->pidfd_ok ? (uintptr_t)&pidfd : 8;
	long stack = a->flags & CLONE_VM ? (long)(spare_stack + sizeof(spare_stack)) : 0;
	long ret;

	if (a->legacy)
		ret = create_task(SYS_clone, a->flags | a->exit_signal, stack,
				  a->flags & CLONE_PIDFD ? (long)place : (long)&scratch[0],
				  (long)&scratch[1], a->tls, SYS_exit);
	else
		ret = call_clone3(a, place);
	if (ret <= 0)
		return ret;
	if (a->flags & CLONE_THREAD) {
		while (!syscall(SYS_tgkill, getpid(), ret, 0))
			sched_yield();
	} else if (!(a->flags & CLONE_PARENT)) {
		while (waitpid(ret, NULL, __WALL) < 0 && errno == EINTR)
			;
	}
	if (pidfd >= 0)
		close(pidfd);
	return ret;
}

/**
 * describe() - arguments, for people
 * @a: the arguments
 * @out: receives the text
 * @size: of @out
 */
void describe(const struct arguments *a, char *out, size_t size)
{
	snprintf(out, size,
		 "%s flags=%#llx exit_signal=%#llx tls=%#llx pidfd=%s%s cgroup=%d set_tid=%d:%llu:%d,%d,%d size=%llu at=%d:%u tail=%u stack=%#llx+%#llx",
		 a->legacy ? "clone" : "clone3", (unsigned long long)a->flags,
		 (unsigned long long)a->exit_signal, (unsigned long long)a->tls,
		 a->pidfd_ok ? "ok" : "bad", a->one_place ? " (one place)" : "", a->cgroup,
		 a->tids_at, (unsigned long long)a->nr_set_tids, a->set_tid[0], a->set_tid[1],
		 a->set_tid[2], (unsigned long long)a->size, a->at, a->cut, a->tail,
		 (unsigned long long)a->stack, (unsigned long long)a->stack_size);
}
