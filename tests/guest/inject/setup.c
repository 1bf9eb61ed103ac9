// SPDX-License-Identifier: GPL-2.0-only
/*
 * setup.c - prepares a task so that copy_process() reaches a function
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "injectfail.h"

#define CGROUPS	"/sys/fs/cgroup"
#define TARGET	CGROUPS "/injectfail"

static char why[200];

static const char *cannot(const char *what)
{
	snprintf(why, sizeof(why), "%s: %s", what, strerror(errno));
	return why;
}

const char *set_mempolicy_first(void)
{
	unsigned long nodes = 1;

	if (syscall(SYS_set_mempolicy, 2 /* MPOL_BIND */, &nodes, 64))
		return cannot("set_mempolicy");
	return NULL;
}

const char *inherit_perf_event(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_TASK_CLOCK,
		.inherit = 1,
	};

	if (syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0) < 0)
		return cannot("perf_event_open");
	return NULL;
}

const char *many_descriptors(void)
{
	if (dup2(0, 700) < 0)
		return cannot("dup2");
	return NULL;
}

const char *use_ldt(void)
{
#ifdef SYS_modify_ldt
	struct {
		unsigned int entry, base, limit, flags;
	} ldt = { .limit = 0xfffff, .flags = 0x51 };

	if (syscall(SYS_modify_ldt, 1, &ldt, sizeof(ldt)))
		return cannot("modify_ldt");
	return NULL;
#else
	return "no LDT on this machine";
#endif
}

const char *undo_semaphores(void)
{
	struct sembuf up = { .sem_op = 1, .sem_flg = SEM_UNDO };
	int id = semget(IPC_PRIVATE, 1, 0600);

	if (id < 0)
		return cannot("semget");
	if (semop(id, &up, 1))
		return cannot("semop");
	/* the semaphores are gone, the list stays */
	if (semctl(id, 0, IPC_RMID))
		return cannot("semctl");
	return NULL;
}

const char *use_io_context(void)
{
	if (syscall(SYS_ioprio_set, 1 /* a process */, 0, 2 << 13 | 5))
		return cannot("ioprio_set");
	return NULL;
}

/* struct io_uring_task_restriction with one io_uring_restriction */
const char *restrict_io_uring(void)
{
	struct {
		uint16_t flags, nr;
		uint32_t reserved[3];
		uint16_t opcode;
		uint8_t op, reserved1;
		uint32_t reserved2[3];
	} r = { .nr = 1 };

	if (syscall(427 /* io_uring_register */, -1, 11, &r, 1))
		return cannot("io_uring_register");
	return NULL;
}

/* A user for whom the kernel does not count anything yet. */
const char *become_new_user(void)
{
	if (setresgid(54321, 54321, 54321) || setresuid(54321, 54321, 54321))
		return cannot("setresuid");
	return NULL;
}

/* The first memory cgroup enables accounting of kernel memory. */
const char *count_kernel_memory(void)
{
	if (put(CGROUPS "/cgroup.subtree_control", "+memory"))
		return cannot("+memory");
	if (mkdir(CGROUPS "/injectfail-memory", 0755) && errno != EEXIST)
		return cannot("mkdir");
	return NULL;
}

#define PAGE		4096
#define NEIGHBOURS	1200

/*
 * One mapping that is larger than the machine's memory, above many small ones, which are copied
 * first. (Neighbours with different protection are not merged.)
 */
const char *map_too_much(void)
{
	const unsigned long size = 1UL << 40;
	char *big, *small;
	int i;

	if (put("/proc/sys/vm/overcommit_memory", "1"))
		return cannot("overcommit_memory");
	big = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	small = mmap(NULL, NEIGHBOURS * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (put("/proc/sys/vm/overcommit_memory", "0"))
		return cannot("overcommit_memory");
	if (big == MAP_FAILED || small == MAP_FAILED)
		return cannot("mmap");
	for (i = 1; i < NEIGHBOURS; i += 2)
		if (mprotect(small + i * PAGE, PAGE, PROT_NONE))
			return cannot("mprotect");
	return small < big ? NULL : "the large mapping is below the small ones";
}

/**
 * first_may_be_held() - may a task be held with the first number of a PID namespace?
 *
 * On some kernels a second task would get a number nevertheless.  It would be in a namespace
 * without an init, and what happens then is not tried.  Those are the kernels on which a
 * failing first fork closes the namespace, which is tried here to find out.
 *
 * Return: true if it may.
 */
bool first_may_be_held(void)
{
	pid_t pid = fork();

	if (!pid) {
		/* refused after it got its PID, because of the pidfd's address */
		if (unshare(CLONE_NEWPID) ||
		    syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, 8, 0, 0) >= 0)
			_exit(1);
		pid = fork();
		if (!pid)
			pause();
		if (pid > 0)
			kill(pid, SIGKILL);
		_exit(pid < 0);
	}
	return !wait_for(pid);
}

/**
 * open_other_cgroup() - make a cgroup that is in another cpuset than the caller
 *
 * Return: its descriptor, negative if it cannot be had.
 */
int open_other_cgroup(void)
{
	put(CGROUPS "/cgroup.subtree_control", "+cpuset");
	if (mkdir(TARGET, 0755) && errno != EEXIST)
		return -1;
	return open(TARGET, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/**
 * remove_cgroups() - remove the cgroups again
 */
void remove_cgroups(void)
{
	rmdir(TARGET);
	rmdir(CGROUPS "/injectfail-memory");
}

static const char *filter_clone3(unsigned int action)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 435 /* clone3 */, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = sizeof(code) / sizeof(*code), .filter = code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		return cannot("seccomp");
	return NULL;
}

/* A filter that allows everything. */
const char *filter_nothing(void)
{
	return filter_clone3(SECCOMP_RET_ALLOW);
}

static int this_thread;		/* cleared by the kernel when it ends */

/* Ends the process after it. No libc calls in here: this is not a thread that libc knows. */
static int outlive(void *unused)
{
	struct timespec t = { .tv_nsec = 100 * 1000 * 1000 };

	(void)unused;
	do
		syscall(SYS_nanosleep, &t, NULL);
	while (__atomic_load_n(&this_thread, __ATOMIC_ACQUIRE));
	syscall(SYS_nanosleep, &t, NULL);
	syscall(SYS_exit_group, 0);
	return 0;
}

/* A filter kills the thread that calls, and not the other one. */
const char *kill_this_thread(void)
{
	static char stack[65536] __attribute__((aligned(64)));

	this_thread = syscall(SYS_set_tid_address, &this_thread);
	if (clone(outlive, stack + sizeof(stack), THREAD_FLAGS, NULL) < 0)
		return cannot("clone");
	return filter_clone3(SECCOMP_RET_KILL_THREAD);
}
