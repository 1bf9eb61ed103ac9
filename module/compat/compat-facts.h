/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat-facts.h - what this kernel does, and by which functions
 *
 * For classify.c, which is plain C and is told so with each observation, and for
 * the table of watch points.
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

/* free_pid() closed a namespace whose first fork failed: 5.10 to 7.0 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 1, 0)
#define FF_FACT_POISON	FF_FACT_PIDNS_POISON
#else
#define FF_FACT_POISON	0
#endif

/* __vm_enough_memory() logs its refusal, rate limited: 6.1 and later */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0)
#define FF_FACT_OVERCOMMIT	FF_FACT_OVERCOMMIT_WITNESS
#else
#define FF_FACT_OVERCOMMIT	0
#endif

/* gone with 6.3, which moves a task to its new time namespace at execve() */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define FF_FACT_TIMENS	FF_FACT_TIMENS_CHECK
#else
#define FF_FACT_TIMENS	0
#endif

/* PIDFD_THREAD: 6.9 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
#define FF_FACT_PIDFD	FF_FACT_NO_THREAD_PIDFD
#else
#define FF_FACT_PIDFD	0
#endif

/* alloc_pid() as read in 7.2.12; not in 6.12 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 1, 0)
#define FF_FACT_7_1	(FF_FACT_INIT_IS_ONE | FF_FACT_SET_TID_FIRST)
#else
#define FF_FACT_7_1	0
#endif

/* Each by itself: Ubuntu's 5.15.0-204 has the first, and none of the others. */
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

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#define FF_FACT_IO	FF_FACT_COPY_IO_INLINE
#else
#define FF_FACT_IO	0
#endif

#define FF_FACT_STACKS	((IS_ENABLED(CONFIG_X86_USER_SHADOW_STACK) ? FF_FACT_SHADOW_STACK : 0) | \
			 (IS_ENABLED(CONFIG_ARM64_GCS) ? FF_FACT_GCS : 0))

#ifdef FF_HAS_EXEC_STATE
#define FF_FACT_EXEC	FF_FACT_EXEC_STATE
#else
#define FF_FACT_EXEC	0
#endif

/* clone() and clone3() check it themselves in 6.12; in between was not read */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 2, 0)
#define FF_FACT_SIGNAL	FF_FACT_EXIT_SIGNAL
#else
#define FF_FACT_SIGNAL	0
#endif

#define FF_KERNEL_FACTS	(FF_FACT_SIGNAL | FF_FACT_NPROC | FF_FACT_POISON |		\
			 FF_FACT_OVERCOMMIT | FF_FACT_TIMENS |				\
			 FF_FACT_PIDFD | FF_FACT_7_1 | FF_FACT_FLAG_34 |		\
			 FF_FACT_FLAG_35 | FF_FACT_FLAG_36 | FF_FACT_FLAG_37 |		\
			 FF_FACT_SCHED_EXT | FF_FACT_IO |				\
			 FF_FACT_STACKS | FF_FACT_EXEC |				\
			 (IS_ENABLED(CONFIG_X86) ? FF_FACT_X86 : 0))

/*
 * What makes a pidfd: open coded in 5.10, where only the second half has a
 * function of its own; inlined but for that half in 6.12.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#define FF_PIDFD_FUNCTION	"anon_inode_getfile"
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
#define FF_PIDFD_FUNCTION	"__pidfd_prepare"
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define FF_PIDFD_FUNCTION	"pidfs_alloc_file"
#else
#define FF_PIDFD_FUNCTION	"pidfd_prepare"
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

#ifdef FF_HAS_FUTEX_HASH
#define FF_FUTEX_HASH	IS_ENABLED(CONFIG_FUTEX_PRIVATE_HASH)
#else
#define FF_FUTEX_HASH	false
#endif

/* alloc_pid() checks every level for a dead namespace: 7.2, not 6.12 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 1, 0)
#define FF_PIDNS_DEAD_ANY_LEVEL	true
#else
#define FF_PIDNS_DEAD_ANY_LEVEL	false
#endif

/* A PID namespace has a pid_max of its own: 6.14. */
#ifdef FF_HAS_PIDNS_PID_MAX
#define FF_PIDNS_OWN_PID_MAX	true
#else
#define FF_PIDNS_OWN_PID_MAX	false
#endif

#endif /* FORKFAIL_COMPAT_FACTS_H */
