// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Locks the agent's memory, and takes away its ability to start processes.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "agent/sandbox.h"
#include "reader.h"

/*
 * One and a half times the measured maximum: the largest log with everything that is
 * derived from it, and the largest answer on every connection.
 */
#define HEAP_BYTES	(3u << 20)

/**
 * sandbox_memory() - lock all memory, and allocate what will be needed
 *
 * This includes the code of the libraries: the agent would block while a page of it is
 * read from a disk.  The heap never shrinks, so later allocations do not depend on what
 * memory the machine has left.
 */
void sandbox_memory(void)
{
	char *heap;

	mallopt(M_MMAP_MAX, 0);
	mallopt(M_TRIM_THRESHOLD, -1);
	mallopt(M_ARENA_MAX, 1);
	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
		warnf("memory is not locked: %s; raise LimitMEMLOCK= (ulimit -l)",
		      strerror(errno));
	heap = xrealloc(NULL, HEAP_BYTES, 1);
	explicit_bzero(heap, HEAP_BYTES);
	free(heap);
}

#if defined(__x86_64__)
#define SANDBOX_ARCH	AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define SANDBOX_ARCH	AUDIT_ARCH_AARCH64
#endif

#define REFUSE(nr)							\
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (nr), 0, 1),		\
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

/**
 * sandbox_process() - from now on, no process, thread or program can be started
 *
 * The unit's own filter must allow execve(), or systemd could not start the agent.
 * Exits if the kernel does not support seccomp filters.
 */
void sandbox_process(void)
{
#ifdef SANDBOX_ARCH
	static struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SANDBOX_ARCH, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		/* x32 has the same calls under other numbers */
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
#ifdef __NR_fork
		REFUSE(__NR_fork),
		REFUSE(__NR_vfork),
#endif
		REFUSE(__NR_clone),
		REFUSE(__NR_clone3),
		REFUSE(__NR_execve),
		REFUSE(__NR_execveat),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {
		.len = ARRAY_SIZE(filter),
		.filter = filter,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		dief(READER_NO_DATA, "no seccomp filter: %s", strerror(errno));
#endif
}
