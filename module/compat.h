/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h - every difference between kernel versions
 *
 * Nothing else in the module tests a version.  Where a header can be asked
 * (Kbuild's ff-has), it is; a version number stands only for what no header
 * shows.  Everything here was read in the sources of 5.10.223, 6.1.192,
 * 6.12.95 and 7.2.12.
 */
#ifndef FORKFAIL_COMPAT_H
#define FORKFAIL_COMPAT_H

#include <linux/atomic.h>
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/ftrace.h>
#include <linux/hash.h>
#include <linux/kprobes.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/user.h>
#include <linux/thread_info.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>
#include <linux/version.h>
#include <asm/syscall.h>
#include <asm/unistd.h>
#ifdef CONFIG_X86_USER_SHADOW_STACK
#include <asm/prctl.h>
#endif
#ifdef CONFIG_ARM64_GCS
#include <uapi/linux/prctl.h>
#endif

#include "observation.h"
#include "symbols.h"

/* ---- ftrace entry handlers ---------------------------------------------- */

/*
 * 5.11 replaced pt_regs by ftrace_regs.  5.10 hands registers only to an ops
 * that asks to save them (32 to 35 instructions per hit), so there only the
 * witnesses ask.  From 6.1 on the arguments come with every ftrace_regs.
 */
#ifdef FF_HAS_FTRACE_REGS
typedef struct ftrace_regs ff_regs;
#define FF_FTRACE_ARGS_FLAGS	0
#else
typedef struct pt_regs ff_regs;
#define FF_FTRACE_ARGS_FLAGS	FTRACE_OPS_FL_SAVE_REGS
#endif

#if defined(FF_HAS_FTRACE_REGS_ARGUMENT) || \
	(defined(FF_HAS_FTRACE_REGS) && defined(ftrace_regs_get_argument))
#define ff_ftrace_argument(regs, n)	ftrace_regs_get_argument(regs, n)
#elif defined(FF_HAS_FTRACE_REGS)
static __always_inline unsigned long ff_ftrace_argument(ff_regs *fregs, unsigned int n)
{
	return regs_get_kernel_argument(&fregs->regs, n);
}
#else
#define ff_ftrace_argument(regs, n)	regs_get_kernel_argument(regs, n)
#endif

/* The caller of a function at whose first instruction a kprobe sits. */
static inline unsigned long ff_return_address(struct pt_regs *regs)
{
#ifdef CONFIG_X86
	return *(unsigned long *)kernel_stack_pointer(regs);
#else
	return procedure_link_pointer(regs);
#endif
}

/*
 * 5.10 guards a handler against recursion unless it says that it is safe (86
 * instructions instead of 38); from 5.11 on it is the other way round.
 */
#ifdef FF_HAS_FTRACE_RECURSION_SAFE
#define FF_FTRACE_FLAGS	(FTRACE_OPS_FL_PERMANENT | FTRACE_OPS_FL_RECURSION_SAFE)
#else
#define FF_FTRACE_FLAGS	FTRACE_OPS_FL_PERMANENT
#endif

/*
 * Does a hit run only the ftrace_ops that hooks the function?  On arm64 it does in
 * 6.12; in 6.1 it goes through the list of all there are, which is 700 instructions
 * for every mmap, and for every system call under a filter.
 */
#define FF_FTRACE_DIRECT \
	(IS_ENABLED(CONFIG_X86) || IS_ENABLED(CONFIG_DYNAMIC_FTRACE_WITH_CALL_OPS))

/*
 * How far behind a function's first byte ftrace's own address of it may lie:
 * ENDBR on x86 with IBT (4), BTI and patched NOPs on arm64 (4 or 8).
 */
#define FF_FTRACE_IP_SLACK	16

/* The objpool behind kretprobes: 6.12, not 6.1 (introduced in between). */
#define FF_KRETPROBE_POOL_PER_CPU (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0))

/* ---- what the kernel does, for classify.c -------------------------------- */

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

/* the caller asked for its children to be reaped: 7.1 */
static inline bool ff_autoreap(void)
{
#ifdef CLONE_AUTOREAP
	return current->signal->autoreap;
#else
	return false;
#endif
}

/* A shadow stack of user space's (x86), a guarded control stack (arm64). */
static inline bool ff_shadow_stack(void)
{
#if defined(CONFIG_X86_USER_SHADOW_STACK)
	return current->thread.features & ARCH_SHSTK_SHSTK;
#elif defined(CONFIG_ARM64_GCS)
	return current->thread.gcs_el0_mode & PR_SHADOW_STACK_ENABLE;
#else
	return false;
#endif
}

static inline bool ff_timens_mismatch(const struct nsproxy *ns)
{
#ifdef CONFIG_TIME_NS
	return ns->time_ns != ns->time_ns_for_children;
#else
	return false;
#endif
}

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

/* ---- RLIMIT_NPROC -------------------------------------------------------- */

/*
 * The count moved from user_struct.processes to ucounts in 5.14: first among the
 * counts of namespaces (read in 5.15), then to an array of its own.
 */
#ifdef FF_HAS_UCOUNTS_NPROC
#ifdef FF_HAS_USERNS_RLIMITS
#define ff_nproc_count(ucounts)	(&(ucounts)->rlimit[UCOUNT_RLIMIT_NPROC])
#define ff_nproc_max(userns)	((userns)->rlimit_max[UCOUNT_RLIMIT_NPROC])
#else
#define ff_nproc_count(ucounts)	(&(ucounts)->ucount[UCOUNT_RLIMIT_NPROC])
#define ff_nproc_max(userns)	((userns)->ucount_max[UCOUNT_RLIMIT_NPROC])
#endif

/**
 * struct ff_nproc_walk - one level of the RLIMIT_NPROC hierarchy
 * @iter: the count of a user in a user namespace; NULL behind the last
 * @max: the limit that applies at this level
 */
struct ff_nproc_walk {
	struct ucounts *iter;
	s64 max;
};

static inline void ff_nproc_start(struct ff_nproc_walk *w, const struct cred *cred)
{
	unsigned long rlim = rlimit(RLIMIT_NPROC);

	w->iter = cred->ucounts;
	w->max = rlim > LONG_MAX ? LONG_MAX : (s64)rlim;
}

static inline bool ff_nproc_valid(const struct ff_nproc_walk *w)
{
	return w->iter;
}

static inline void ff_nproc_next(struct ff_nproc_walk *w)
{
	w->max = READ_ONCE(ff_nproc_max(w->iter->ns));
	w->iter = w->iter->ns->ucounts;
}

static inline s64 ff_nproc_value(const struct ff_nproc_walk *w)
{
	return atomic_long_read(ff_nproc_count(w->iter));
}

static inline kuid_t ff_nproc_uid(const struct ff_nproc_walk *w)
{
	return w->iter->uid;
}

static inline struct user_namespace *ff_nproc_ns(const struct ff_nproc_walk *w)
{
	return w->iter->ns;
}
#else
struct ff_nproc_walk {
	struct user_struct *iter;
	s64 max;
};

static inline void ff_nproc_start(struct ff_nproc_walk *w, const struct cred *cred)
{
	unsigned long rlim = rlimit(RLIMIT_NPROC);

	w->iter = cred->user;
	w->max = rlim > LONG_MAX ? LONG_MAX : (s64)rlim;
}

static inline bool ff_nproc_valid(const struct ff_nproc_walk *w)
{
	return w->iter;
}

static inline void ff_nproc_next(struct ff_nproc_walk *w)
{
	w->iter = NULL;
}

static inline s64 ff_nproc_value(const struct ff_nproc_walk *w)
{
	return atomic_read(&w->iter->processes);
}

static inline kuid_t ff_nproc_uid(const struct ff_nproc_walk *w)
{
	return w->iter->uid;
}

static inline struct user_namespace *ff_nproc_ns(const struct ff_nproc_walk *w)
{
	return &init_user_ns;
}
#endif

/* ---- system calls -------------------------------------------------------- */

/* x32 calls have numbers of their own only where they differ. */
static __always_inline int ff_common_nr(int nr)
{
#ifdef CONFIG_X86_X32_ABI
	return nr & ~__X32_SYSCALL_BIT;
#else
	return nr;
#endif
}

/* What ptrace_notify() tells; an argument where 5.10 has only the field. */
static inline unsigned long ff_stop_message(ff_regs *regs)
{
#ifdef FF_HAS_PTRACE_NOTIFY_MESSAGE
	return regs ? ff_ftrace_argument(regs, 1) : 0;
#else
	return current->ptrace_message;
#endif
}

/* PTRACE_SYSEMU: no call of this task is meant for this kernel. */
static inline bool ff_syscall_emulated(void)
{
#ifdef SYSCALL_WORK_SYSCALL_EMU
	return test_syscall_work(SYSCALL_EMU);
#elif defined(TIF_SYSCALL_EMU)
	return test_thread_flag(TIF_SYSCALL_EMU);
#else
	return false;
#endif
}

/* ---- counts of namespaces ------------------------------------------------ */

/* The counts became longs in 5.14; the limit of a namespace is its own field. */
static inline s64 ff_ucount_value(struct ucounts *u, int type)
{
#ifdef FF_HAS_UCOUNTS_NPROC
	return atomic_long_read(&u->ucount[type]);
#else
	int value = 0;

	copy_from_kernel_nofault(&value, &u->ucount[type], sizeof(value));
	return value;
#endif
}

#define FF_NR_NAMESPACE_UCOUNTS	(UCOUNT_TIME_NAMESPACES + 1)

/*
 * The count of @uid in @ns.  From 5.14 on credentials point at that of the real
 * uid, which nearly always is the one.  5.10.223 has it only in a private hash
 * table: looked up there without its lock.  What is found proves itself by its
 * namespace and uid; one that is freed meanwhile shows an old number.
 */
static inline struct ucounts *ff_own_ucounts(struct user_namespace *ns, kuid_t uid)
{
#ifdef FF_HAS_UCOUNTS_NPROC
	struct ucounts *u = current_cred()->ucounts;

	return u && u->ns == ns && uid_eq(u->uid, uid) ? u : NULL;
#else
	const struct hlist_head *head = ff_data.ucounts_hashtable;
	struct hlist_node *node;
	struct ucounts found;
	int most = 32;

	if (!head)
		return NULL;
	head += hash_long((unsigned long)__kuid_val(uid) + (unsigned long)ns, 10);
	if (copy_from_kernel_nofault(&node, &head->first, sizeof(node)))
		return NULL;
	for (; node && most--; node = found.node.next) {
		struct ucounts *u = hlist_entry(node, struct ucounts, node);

		if (copy_from_kernel_nofault(&found, u, sizeof(found)))
			return NULL;
		if (found.ns == ns && uid_eq(found.uid, uid))
			return u;
	}
	return NULL;
#endif
}

/* ---- kernel_clone_args: who calls ---------------------------------------- */

static inline u8 ff_args_kind(const struct kernel_clone_args *args)
{
#ifdef FF_HAS_ARGS_IO_THREAD
	if (args->io_thread)
		return FORKFAIL_KIND_IO_WORKER;
#endif
#ifdef FF_HAS_ARGS_USER_WORKER
	if (args->user_worker)
		return FORKFAIL_KIND_USER_WORKER;
#endif
#ifdef FF_HAS_ARGS_KTHREAD
	if (args->kthread || args->fn)
		return FORKFAIL_KIND_KTHREAD;
#endif
	if (args->flags & CLONE_THREAD)
		return FORKFAIL_KIND_THREAD;
	if (args->flags & CLONE_VFORK)
		return FORKFAIL_KIND_VFORK;
	return FORKFAIL_KIND_PROCESS;
}

/* cgroup_on_dfl() of kernel/cgroup/cgroup.c: is it of cgroup v2? */
static inline bool ff_on_dfl(const struct cgroup *cgrp)
{
	return cgrp->root == &cgrp_dfl_root;
}

/* 6.15 put the parent under RCU. */
static inline struct kernfs_node *ff_kernfs_parent(const struct kernfs_node *kn)
{
#ifdef FF_HAS_KERNFS_RCU_PARENT
	return rcu_dereference_raw(kn->__parent);
#else
	return kn->parent;
#endif
}

/* ---- struct pids_cgroup (kernel/cgroup/pids.c, private) ------------------- */

/*
 * counter and limit follow css at once in 5.10.223, 6.1.192, 6.12.95 and
 * 7.2.12; what comes behind them differs.  pids_size bounds the whole object:
 * the largest of those, 7.2.12's, has two cgroup_files and four counters more.
 * Used only after ff_pids_mirror_prove() has found it right.
 */
struct ff_pids_cgroup {
	struct cgroup_subsys_state	css;
#ifdef FF_TEST_SHIFTED_MIRROR
	u64				shift;
#endif
	atomic64_t			counter;
	atomic64_t			limit;
	s64				watermark;
	struct cgroup_file		files[2];
	atomic64_t			events[4];
};

/* PIDS_MAX there: no limit */
#define FF_PIDS_MAX	(PID_MAX_LIMIT + 1ULL)

/*
 * The first cgroup_file_notify() of a refusal is for the cgroup that refused
 * where the kernel has pids.events.local (6.11) and pids.events is
 * hierarchical there; for the forking cgroup everywhere else.
 */
static inline bool ff_pids_event_names_limiter(struct cgroup *cgrp)
{
#ifdef FF_HAS_PIDS_EVENT_OF_LIMITER
	return ff_on_dfl(cgrp) && !(cgrp_dfl_root.flags & CGRP_ROOT_PIDS_LOCAL_EVENTS);
#else
	return false;
#endif
}

/* ---- memory cgroups ------------------------------------------------------ */

#ifdef CONFIG_MEMCG
/* v1 became an option of its own in 6.11. */
static inline bool ff_memcg_oom_disabled(struct mem_cgroup *memcg)
{
#if !defined(FF_HAS_MEMCG_V1_OPTION) || defined(CONFIG_MEMCG_V1)
	return READ_ONCE(memcg->oom_kill_disable);
#else
	return false;
#endif
}
#endif

/* Up to 5.15 cgroup v1 refuses kernel memory above a limit of its own. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 16, 0) && defined(CONFIG_MEMCG_KMEM)
#define FF_MEMCG_KMEM_COUNTER
#define FF_FACT_KMEM	FF_FACT_KMEM_LIMIT
#else
#define FF_FACT_KMEM	0
#endif

/* What depends on where a hierarchy is mounted, and may change while we run. */
static inline u32 ff_memcg_facts(void)
{
#ifdef CONFIG_MEMCG
	if (!cgroup_subsys_on_dfl(memory_cgrp_subsys))
		return FF_FACT_MEMCG_V1 | FF_FACT_KMEM;
#endif
	return 0;
}

/* ---- mappings ------------------------------------------------------------ */

/*
 * Which argument of mprotect_fixup() is the mapping; start and end are the
 * second and the third behind it.  6.1 put the mmu_gather before it, 6.12 (not
 * 6.1) an iterator as well.
 */
#if defined(FF_HAS_MPROTECT_ITERATOR)
#define FF_MPROTECT_VMA	2
#elif defined(FF_HAS_MPROTECT_GATHER)
#define FF_MPROTECT_VMA	1
#else
#define FF_MPROTECT_VMA	0
#endif

/* ---- overcommit ---------------------------------------------------------- */

/* The maple tree replaced the list of mappings in 6.1. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#define ff_for_each_vma(mm, vma)	for (vma = (mm)->mmap; vma; vma = vma->vm_next)
#else
#define ff_for_each_vma(mm, vma)				\
	VMA_ITERATOR(ff_vmi, mm, 0);				\
	for_each_vma(ff_vmi, vma)
#endif

/*
 * The pages that a fork of @mm has to be allowed to commit.  Bounded by @most
 * mappings; caller holds the mmap lock for reading.
 */
static inline bool ff_mm_accountable(struct mm_struct *mm, unsigned int most,
				     unsigned long *sum, unsigned long *largest)
{
	struct vm_area_struct *vma;

	*sum = 0;
	*largest = 0;
	ff_for_each_vma(mm, vma) {
		if (!most--)
			return false;
		if ((vma->vm_flags & VM_ACCOUNT) && !(vma->vm_flags & VM_DONTCOPY)) {
			*sum += vma_pages(vma);
			*largest = max(*largest, vma_pages(vma));
		}
	}
	return true;
}

#endif /* FORKFAIL_COMPAT_H */
