// SPDX-License-Identifier: GPL-2.0-only
/*
 * calls.c - arguments by chance, and the call
 *
 * What is created exits at once and touches no memory, so it may share all that
 * its creator has.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clonediff.h"

#ifndef SYS_clone3
#define SYS_clone3	435
#endif

#define CGROUPS		"/sys/fs/cgroup"
#define BASE		CGROUPS "/clonediff"

int kernel_version;

static int cgroup_fd[CG_KINDS];
static char spare_stack[4096] __attribute__((aligned(64)));
static uint64_t scratch[8];

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

/* Expensive ones are rare: a network namespace takes longer than all else. */
static uint64_t any_flag(uint64_t *state, bool legacy)
{
	static const uint64_t flags[] = {
		CLONE_VM, CLONE_FS, CLONE_FILES, CLONE_SIGHAND, F_PIDFD, CLONE_PTRACE,
		CLONE_VFORK, CLONE_PARENT, CLONE_THREAD, CLONE_NEWNS, CLONE_SYSVSEM, CLONE_SETTLS,
		CLONE_PARENT_SETTID, CLONE_CHILD_CLEARTID, CLONE_UNTRACED, CLONE_CHILD_SETTID,
		CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID,
		CLONE_IO, F_DETACHED,
		/* clone3 only from here on */
		F_NEWTIME, F_CLEAR_SIGHAND, F_INTO_CGROUP, F_INTO_CGROUP, F_INTO_CGROUP,
		/* 7.1 and later */
		F_AUTOREAP, F_NNP, F_AUTOKILL, F_EMPTY_MNTNS,
	};
	unsigned int n = legacy ? 23 : kernel_version < KV(7, 1) ? 28 : 32;

	if (one_in(state, 60))
		return CLONE_NEWNET;
	return flags[below(state, n)];
}

static uint64_t some_flags(uint64_t *state, bool legacy)
{
	static const uint64_t bases[] = {
		0, 0, CLONE_VM | CLONE_VFORK,
		CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
		CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
			CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
		CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC,
		CLONE_NEWPID, CLONE_NEWUSER, F_PIDFD,
	};
	uint64_t flags;
	int i, n;

	if (one_in(state, 12))
		flags = next(state) & 0xffffffff & ~(uint64_t)CLONE_NEWNET & ~0xffULL;
	else
		flags = bases[below(state, sizeof(bases) / sizeof(bases[0]))];
	for (i = 0, n = below(state, 5); i < n; i++)
		flags ^= any_flag(state, legacy);
	if (!legacy && kernel_version >= KV(7, 1) && one_in(state, 20))
		flags |= F_AUTOREAP | F_AUTOKILL | F_PIDFD;
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
		return 2;	/* kthreadd, or what is there where this runs */
	default:
		return 20000 + below(state, 9000);
	}
}

/**
 * draw() - arguments by chance
 * @state: of the generator
 * @w: who is going to use them
 * @a: receives them; nothing that is refused before copy_process()
 */
void draw(uint64_t *state, const struct world *w, struct arguments *a)
{
	static const unsigned int signals[] = { SIGCHLD, SIGCHLD, SIGCHLD, 0, SIGUSR1, 33, 64 };
	int i;

	memset(a, 0, sizeof(*a));
	a->legacy = one_in(state, 4);
	a->flags = some_flags(state, a->legacy);
	a->exit_signal = signals[below(state, 7)];
	a->tls = one_in(state, 3) ? ~0ULL : one_in(state, 2) ? 1ULL << 60 : (uintptr_t)scratch;
	a->pidfd_ok = !one_in(state, 4);
	a->cgroup = below(state, CG_KINDS);
	if (!a->legacy && one_in(state, 5) && !w->dead)
		a->nr_set_tids = 1 + below(state, MOST_SET_TIDS);
	for (i = 0; i < a->nr_set_tids; i++) {
		a->set_tid[i] = some_number(state);
		/* that number 2 is taken is certain only for the host's kthreadd */
		if (a->set_tid[i] == 2)
			a->set_tid[i] = 1;
	}

	if (a->legacy) {
		a->flags &= 0xffffff00;
		/* both would be written to one place: refused earlier */
		if ((a->flags & F_PIDFD) && (a->flags & CLONE_PARENT_SETTID))
			a->flags &= ~(uint64_t)CLONE_PARENT_SETTID;
		return;
	}
	a->flags &= ~F_DETACHED;
	if (a->flags & F_CLEAR_SIGHAND)
		a->flags &= ~(uint64_t)CLONE_SIGHAND;
	if ((a->flags & (CLONE_THREAD | CLONE_PARENT)) || ((a->flags & F_AUTOREAP) &&
							   !one_in(state, 4)))
		a->exit_signal = 0;
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		perror(path);
	close(fd);
}

/**
 * prepare_calls() - the cgroups
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
	rmdir(BASE "/removed");
	if (cgroup_fd[CG_REMOVED] >= 0 && cgroup_fd[CG_NO_CGROUP] >= 0)
		return true;
	perror(BASE);
	return false;
}

/**
 * prepare_world() - the calling task is about to become somebody
 * @w: who
 *
 * Return: false, with a message, if that cannot be done.
 */
bool prepare_world(const struct world *w)
{
	uint64_t ignore[4] = { (uintptr_t)SIG_IGN };

	put(BASE "/own/cgroup.procs", "0");
	/* the signals that children end with */
	signal(SIGUSR1, SIG_IGN);
	syscall(SYS_rt_sigaction, 33, ignore, NULL, 8);
	syscall(SYS_rt_sigaction, 64, ignore, NULL, 8);
	if (!w->enter || w->enter())
		return true;
	perror(w->name);
	return false;
}

/**
 * clean_up_calls() - take the cgroups away again
 */
void clean_up_calls(void)
{
	int tries;

	for (tries = 0; tries < 50 && rmdir(BASE "/own"); tries++)
		usleep(10000);
	rmdir(BASE "/other");
	rmdir(BASE);
}

static long create(long nr, long a1, long a2, long a3, long a4, long a5)
{
	register long r10 __asm__("r10") = a4;
	register long r8 __asm__("r8") = a5;
	long ret;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n"
			 "2:\n\t"
			 "xor %%edi, %%edi\n\t"
			 "mov $60, %%eax\n\t"	/* exit: of the thread alone */
			 "syscall\n\t"
			 "jmp 2b\n"
			 "1:\n"
			 : "=a"(ret)
			 : "a"(nr), "D"(a1), "S"(a2), "d"(a3), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return ret;
}

/**
 * call() - make the call, and reap what it created
 * @a: its arguments
 *
 * Return: what the kernel returned.
 */
long call(const struct arguments *a)
{
	uint64_t args[11] = { a->flags };
	int set_tid[MOST_SET_TIDS], pidfd = -1;
	uintptr_t place = a->pidfd_ok ? (uintptr_t)&pidfd : 8;
	long ret;

	if (a->legacy) {
		ret = create(SYS_clone, a->flags | a->exit_signal,
			     a->flags & CLONE_VM ? (long)(spare_stack + sizeof(spare_stack)) : 0,
			     a->flags & F_PIDFD ? (long)place : (long)&scratch[0],
			     (long)&scratch[1], a->tls);
	} else {
		memcpy(set_tid, a->set_tid, sizeof(set_tid));
		args[1] = place;
		args[2] = (uintptr_t)&scratch[1];
		args[3] = (uintptr_t)&scratch[0];
		args[4] = a->exit_signal;
		if (a->flags & CLONE_VM) {
			args[5] = (uintptr_t)spare_stack;
			args[6] = sizeof(spare_stack);
		}
		args[7] = a->tls;
		if (a->nr_set_tids) {
			args[8] = (uintptr_t)set_tid;
			args[9] = a->nr_set_tids;
		}
		if (a->flags & F_INTO_CGROUP)
			args[10] = cgroup_fd[a->cgroup];
		ret = create(SYS_clone3, (long)args, sizeof(args), 0, 0, 0);
	}
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
		 "%s flags=%#llx exit_signal=%u tls=%#llx pidfd=%s cgroup=%d set_tid=%d:%d,%d,%d",
		 a->legacy ? "clone" : "clone3", (unsigned long long)a->flags, a->exit_signal,
		 (unsigned long long)a->tls, a->pidfd_ok ? "ok" : "bad", a->cgroup, a->nr_set_tids,
		 a->set_tid[0], a->set_tid[1], a->set_tid[2]);
}
