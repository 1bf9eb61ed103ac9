/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat-facts.h - what this kernel does, and by which functions
 *
 * Each observation carries these facts, because the rules are plain C and do not look at
 * the kernel.  The table of watch points uses them as well.
 */
#ifndef FORKFAIL_COMPAT_FACTS_H
#define FORKFAIL_COMPAT_FACTS_H

#include <linux/kconfig.h>
#include <linux/sched.h>
#include <linux/version.h>

#include "rules/observation.h"

#ifdef FF_HAS_UCOUNTS_NPROC
#define FF_FACT_NPROC	0
#else
#define FF_FACT_NPROC	FF_FACT_NPROC_BEFORE_CREDS
#endif

/*
 * From 6.2 and RHEL 9.2 on a task enters its new time namespace at execve(), and may share
 * memory until then.  Older kernels refuse CLONE_THREAD and CLONE_VM.
 */
#ifdef FF_HAS_TIMENS_AT_EXEC
#define FF_FACT_TIMENS	0
#else
#define FF_FACT_TIMENS	FF_FACT_TIMENS_CHECK
#endif

#ifdef FF_HAS_PIDFD_THREAD
#define FF_FACT_PIDFD	0
#else
#define FF_FACT_PIDFD	FF_FACT_NO_THREAD_PIDFD
#endif

#ifdef FF_HAS_COPY_IO
#define FF_FACT_IO	0
#else
#define FF_FACT_IO	FF_FACT_COPY_IO_INLINE
#endif

/*
 * What no header shows depends on the version.  tests/facts/table lists the kernels
 * whose sources were read for it; a version between two that agree is taken to agree
 * with them.  All other kernels get FF_FACT_GUESSED: newer ones; 5.16, between two that
 * differ in vmalloc(); those that are not kernel.org's, Debian's or RHEL's by their
 * release (Kbuild); and those whose headers have what their version should not have,
 * because somebody has backported newer code.
 */
#ifdef RHEL_RELEASE_CODE
#define FF_VERSION_READ	((RHEL_RELEASE_CODE >= RHEL_RELEASE_VERSION(9, 0) &&	\
			  RHEL_RELEASE_CODE <= RHEL_RELEASE_VERSION(9, 6)) ||	\
			 RHEL_RELEASE_CODE == RHEL_RELEASE_VERSION(10, 0))
#define FF_RHEL(major, minor) (RHEL_RELEASE_CODE >= RHEL_RELEASE_VERSION(major, minor))
#else
#define FF_VERSION_READ	(LINUX_VERSION_CODE >= KERNEL_VERSION(5, 10, 0) &&	\
			 LINUX_VERSION_CODE < KERNEL_VERSION(7, 4, 0) &&	\
			 (LINUX_VERSION_CODE < KERNEL_VERSION(5, 16, 0) ||	\
			  LINUX_VERSION_CODE >= KERNEL_VERSION(5, 17, 0)))
#define FF_RHEL(major, minor) 0
#endif

#if !defined(RHEL_RELEASE_CODE) &&							\
	((LINUX_VERSION_CODE < KERNEL_VERSION(5, 17, 0) && defined(FF_HAS_COPY_IO)) ||	\
	 (LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0) && defined(FF_HAS_MAPLE_VMAS)) ||	\
	 (LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0) && defined(FF_HAS_TIMENS_AT_EXEC)) || \
	 (LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0) && defined(FF_HAS_KRETPROBE_OBJPOOL)) || \
	 (LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0) && defined(FF_HAS_PIDFD_THREAD)) || \
	 (LINUX_VERSION_CODE < KERNEL_VERSION(7, 1, 0) && defined(CLONE_EMPTY_MNTNS)))
#define FF_READ	false
#elif defined(FF_RELEASE_READ)
#define FF_READ	FF_VERSION_READ
#else
#define FF_READ	false
#endif

#define FF_FACT_BY_VERSION	(FF_READ ? 0 : FF_FACT_GUESSED)

/* free_pid() disables a PID namespace whose first fork failed: 5.4 to 7.0 */
#define FF_FACT_POISON	(LINUX_VERSION_CODE < KERNEL_VERSION(7, 1, 0) ? FF_FACT_PIDNS_POISON : 0)

/*
 * __vm_enough_memory() logs each refusal, rate limited: 6.6, not 6.2; by backport also
 * 6.1.192 and RHEL 9.4.  On kernels that were not read the witness is still believed if
 * it runs, but nothing follows from its absence.
 */
#define FF_FACT_OVERCOMMIT \
	((LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0) || FF_RHEL(9, 4) ||	\
	  (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 192) &&			\
	   LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0))) && FF_READ ?		\
	 FF_FACT_OVERCOMMIT_WITNESS : 0)

/* alloc_pid() of 7.1; not 7.0 */
#define FF_FACT_7_1	(LINUX_VERSION_CODE >= KERNEL_VERSION(7, 1, 0) ?	\
			 FF_FACT_INIT_IS_ONE | FF_FACT_SET_TID_FIRST : 0)

/* kernel_clone() checks the exit signal: 7.1.  In 7.0 clone3() does, and clone() does not. */
#define FF_EXIT_SIGNAL_KNOWN	(FF_READ && FF_FACT_SIGNAL)
#define FF_FACT_SIGNAL	(LINUX_VERSION_CODE >= KERNEL_VERSION(7, 1, 0) ? FF_FACT_EXIT_SIGNAL : 0)

/*
 * vmalloc() checks whether its caller is being killed: 5.17, RHEL 9.1; not 5.15, RHEL 9.0
 */
#define FF_FACT_VMALLOC	(LINUX_VERSION_CODE < KERNEL_VERSION(5, 16, 0) && FF_READ &&	\
			 !FF_RHEL(9, 1) ? FF_FACT_VMALLOC_GOES_ON : 0)

#ifdef CONFIG_VMAP_STACK
#define FF_FACT_STACK	0
#else
#define FF_FACT_STACK	FF_FACT_NO_VMAP_STACK
#endif

/* One test for each flag: Ubuntu's 5.15.0-204 has the first, and none of the others. */
#ifdef CLONE_AUTOREAP
#define FF_FACT_FLAG_34	FF_FACT_AUTOREAP
#else
#define FF_FACT_FLAG_34	0
#endif
#ifdef CLONE_NNP
#define FF_FACT_FLAG_35	FF_FACT_NNP
#else
#define FF_FACT_FLAG_35	0
#endif
#ifdef CLONE_PIDFD_AUTOKILL
#define FF_FACT_FLAG_36	FF_FACT_AUTOKILL
#else
#define FF_FACT_FLAG_36	0
#endif
#ifdef CLONE_EMPTY_MNTNS
#define FF_FACT_FLAG_37	FF_FACT_EMPTY_MNTNS
#else
#define FF_FACT_FLAG_37	0
#endif

#if defined(FF_HAS_SCHED_CGROUP_FORK_INT) && IS_ENABLED(CONFIG_SCHED_CLASS_EXT)
#define FF_FACT_SCHED_EXT	FF_FACT_SCX
#else
#define FF_FACT_SCHED_EXT	0
#endif

#define FF_FACT_STACKS	((IS_ENABLED(CONFIG_X86_USER_SHADOW_STACK) ? FF_FACT_SHADOW_STACK : 0) | \
			 (IS_ENABLED(CONFIG_ARM64_GCS) ? FF_FACT_GCS : 0))

#ifdef FF_HAS_EXEC_STATE
#define FF_FACT_EXEC	FF_FACT_EXEC_STATE
#else
#define FF_FACT_EXEC	0
#endif

#if defined(FF_HAS_FUTEX_HASH) && defined(CONFIG_FUTEX_PRIVATE_HASH)
#define FF_FACT_FUTEX	FF_FACT_FUTEX_HASH
#else
#define FF_FACT_FUTEX	0
#endif

#define FF_KERNEL_FACTS	(FF_FACT_BY_VERSION | FF_FACT_SIGNAL |				\
			 FF_FACT_NPROC | FF_FACT_POISON |				\
			 FF_FACT_OVERCOMMIT | FF_FACT_TIMENS |				\
			 FF_FACT_PIDFD | FF_FACT_VMALLOC | FF_FACT_STACK |		\
			 FF_FACT_7_1 | FF_FACT_FLAG_34 |				\
			 FF_FACT_FLAG_35 | FF_FACT_FLAG_36 | FF_FACT_FLAG_37 |		\
			 FF_FACT_SCHED_EXT | FF_FACT_IO |				\
			 FF_FACT_STACKS | FF_FACT_EXEC | FF_FACT_FUTEX |		\
			 (IS_ENABLED(CONFIG_X86) ? FF_FACT_X86 : 0))

/* Note how much memory was committed before the call?  Only if overcommit has no witness. */
#define FF_OBSERVE_MEMORY	(!(FF_KERNEL_FACTS & FF_FACT_OVERCOMMIT_WITNESS))

/*
 * The function that creates a pidfd's file: the first of these that the kernel has.
 * Their callers in fork.c may be inlined; these are in other source files.
 */
#ifdef FF_DECLARES_PIDFS_ALLOC_FILE
#define FF_PIDFD_FUNCTIONS	{ .name = "pidfs_alloc_file" }, { .name = "anon_inode_getfile" }
#else
#define FF_PIDFD_FUNCTIONS	{ .name = "anon_inode_getfile" }
#endif

/* Came with the flag: 5.19, and RHEL 9.2 */
#ifdef FF_HAS_ARGS_KTHREAD
#define FF_USER_MODE_THREAD	true
#else
#define FF_USER_MODE_THREAD	false
#endif

#ifdef FF_DECLARES_VHOST_TASK
#define FF_VHOST_TASK	true
#else
#define FF_VHOST_TASK	false
#endif

#ifdef FF_HAS_SET_KTHREAD_STRUCT
#define FF_SET_KTHREAD_STRUCT	true
#else
#define FF_SET_KTHREAD_STRUCT	false
#endif

#ifdef FF_HAS_SECURITY_CREATE_USER_NS
#define FF_SECURITY_CREATE_USER_NS	IS_ENABLED(CONFIG_SECURITY)
#else
#define FF_SECURITY_CREATE_USER_NS	false
#endif

#ifdef FF_HAS_IO_URING_FORK
#define FF_IO_URING_FORK	IS_ENABLED(CONFIG_IO_URING)
#else
#define FF_IO_URING_FORK	false
#endif

/*
 * alloc_pid() checks every level for a dead namespace: 7.2, not 7.1.  On kernels that
 * were not read all levels are checked, and a level above the task's own may be the cause.
 */
#define FF_PIDNS_DEAD_ANY_LEVEL	(LINUX_VERSION_CODE >= KERNEL_VERSION(7, 2, 0) || !FF_READ)

/* Each PID namespace has its own pid_max: 6.14 and later. */
#ifdef FF_HAS_PIDNS_PID_MAX
#define FF_PIDNS_OWN_PID_MAX	true
#else
#define FF_PIDNS_OWN_PID_MAX	false
#endif

#endif /* FORKFAIL_COMPAT_FACTS_H */
