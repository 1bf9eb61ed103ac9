/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * observation.h - what is observed of a failure, and the verdict
 *
 * Plain data without pointers or kernel calls: the unit tests and the fuzzer compile this
 * on the host.
 */
#ifndef FORKFAIL_OBSERVATION_H
#define FORKFAIL_OBSERVATION_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stdint.h>
typedef uint8_t u8;
typedef int8_t s8;
typedef uint32_t u32;
typedef int32_t s32;
typedef uint64_t u64;
typedef int64_t s64;
#endif

#include "../../uapi/forkfail.h"

/*
 * Steps: how far a call got, in the order of copy_process().  Once there is a child, its
 * fields tell (dead_child.c), though often only that one of a few steps has failed.  ENTRY
 * is everything before there is a child: the checks of the arguments, and memory for the
 * task itself.  COPY_NAMESPACES is the check of the caller's permissions; NEW_NAMESPACES to
 * COPY_TIME_NS are distinguished by the functions that create the namespaces.  LATE is what
 * comes after cgroup_can_fork().  LAST_CHECKS comes last: is the PID namespace still alive,
 * and is the caller not being killed?
 *
 * KERNEL_CLONE comes before all of these: kernel_clone() refused, and did not call
 * copy_process().  MMAP and MPROTECT come before that: there was no stack for a thread, and
 * clone() was not called.  The last three are system calls that returned before
 * kernel_clone(): see syscall_rules.c.
 */
#define FF_STEPS(X)						\
	X(ENTRY,		"entry")			\
	X(EXEC_STATE,		"task_exec_state_copy")		\
	X(COPY_CREDS,		"copy_creds")			\
	X(TASK_LIMITS,		"task_limits")			\
	X(TASK_SETUP,		"task_setup")			\
	X(SCHED_FORK,		"sched_fork")			\
	X(PERF_AUDIT,		"perf_audit")			\
	X(SECURITY,		"security_task_alloc")		\
	X(COPY_FILES,		"copy_files")			\
	X(COPY_FS,		"copy_fs")			\
	X(COPY_SIGHAND,		"copy_sighand")			\
	X(COPY_SIGNAL,		"copy_signal")			\
	X(COPY_MM,		"copy_mm")			\
	X(COPY_NAMESPACES,	"copy_namespaces")		\
	X(NEW_NAMESPACES,	"create_new_namespaces")	\
	X(COPY_MNT_NS,		"copy_mnt_ns")			\
	X(COPY_UTS_NS,		"copy_utsname")			\
	X(COPY_IPC_NS,		"copy_ipcs")			\
	X(COPY_PID_NS,		"copy_pid_ns")			\
	X(COPY_CGROUP_NS,	"copy_cgroup_ns")		\
	X(COPY_NET_NS,		"copy_net_ns")			\
	X(COPY_TIME_NS,		"copy_time_ns")			\
	X(ALLOC_PID,		"alloc_pid")			\
	X(PIDFD,		"pidfd_prepare")		\
	X(CGROUP_CAN_FORK,	"cgroup_can_fork")		\
	X(LATE,			"late")				\
	X(LAST_CHECKS,		"last_checks")			\
	X(KERNEL_CLONE,		"kernel_clone")			\
	X(MMAP,			"mmap")				\
	X(MPROTECT,		"mprotect")			\
	X(CLONE3,		"clone3")			\
	X(SECCOMP,		"seccomp")			\
	X(SYSCALL,		"syscall")

enum ff_step {
#define X(symbol, name) FF_STEP_##symbol,
	FF_STEPS(X)
#undef X
	FF_NR_STEPS
};

/*
 * Witnesses: functions that run only if something has gone wrong, or that show how far an
 * unusual call got.
 */
#define FF_WITNESSES(X)							\
	X(CAPABLE_RESOURCE,	"capable:resource")			\
	X(CAPABLE_ADMIN,	"capable:admin")			\
	X(NEW_USERNS,		"create_user_ns")			\
	X(USERNS_LSM,		"security_create_user_ns")		\
	X(UCOUNT,		"inc_ucount")				\
	X(IO_URING_FORK,	"__io_uring_fork")			\
	X(KTHREAD_STRUCT,	"set_kthread_struct")			\
	X(MEMPOLICY,		"__mpol_dup")				\
	X(PERF_DONE,		"perf_event_free_task")			\
	X(PIDS_EVENT,		"cgroup_file_notify:pids")		\
	X(CGROUP_FOUND,		"kernfs_get_inode")			\
	X(CPUSET_LSM,		"security_task_setscheduler")		\
	X(CANCEL_FORK,		"cgroup_cancel_fork")			\
	X(MEMCG_RECLAIM,	"try_to_free_mem_cgroup_pages")		\
	X(MEMCG_OOM,		"out_of_memory:memcg")			\
	X(SYSTEM_OOM,		"out_of_memory")			\
	X(PAGE_ALLOC_FAILED,	"warn_alloc")				\
	X(OVERCOMMIT,		"__vm_enough_memory:refused")		\
	X(KMEM_LIMIT,		"page_counter_uncharge:kmem")

enum ff_witness {
#define X(symbol, name) FF_W_##symbol,
	FF_WITNESSES(X)
#undef X
	FF_NR_WITNESSES
};

/**
 * ff_rank_last - note that a witness ran, after all others
 * @rank: the order in which they last ran, from 1; 0 for those that never ran
 * @w: the witness that ran
 *
 * Ranks do not overflow as counts would: reclaim may run thousands of times in one call.
 */
static inline void ff_rank_last(u8 rank[FF_NR_WITNESSES], enum ff_witness w)
{
	u8 was = rank[w], last = 0;
	unsigned int i;

	for (i = 0; i < FF_NR_WITNESSES; i++) {
		if (was && rank[i] > was)
			rank[i]--;
		if (i != w && rank[i] > last)
			last = rank[i];
	}
	rank[w] = last + 1;
}

/* How the kernel that the module was built for differs from others. */
enum ff_kernel_fact {
	/* RLIMIT_NPROC is checked before copy_creds() (up to 5.13) */
	FF_FACT_NPROC_BEFORE_CREDS	= 1 << 0,
	/* if the first fork into a PID namespace fails, the namespace is disabled (up to 7.0) */
	FF_FACT_PIDNS_POISON		= 1 << 1,
	/* overcommit writes each refusal to the kernel log, which is its witness */
	FF_FACT_OVERCOMMIT_WITNESS	= 1 << 2,
	/* CLONE_THREAD and CLONE_VM are refused across time namespaces (up to 6.1) */
	FF_FACT_TIMENS_CHECK		= 1 << 3,
	/* CLONE_PIDFD is refused for threads (up to 6.8) */
	FF_FACT_NO_THREAD_PIDFD		= 1 << 4,
	/* these flags exist (7.1 and later; CLONE_AUTOREAP in some older ones, too) */
	FF_FACT_AUTOREAP		= 1 << 5,
	FF_FACT_NNP			= 1 << 17,
	FF_FACT_AUTOKILL		= 1 << 18,
	FF_FACT_EMPTY_MNTNS		= 1 << 19,
	/* the first task of a PID namespace must get PID 1 (7.1 and later) */
	FF_FACT_INIT_IS_ONE		= 1 << 6,
	/* alloc_pid() checks all of set_tid before it allocates a PID (7.1 and later) */
	FF_FACT_SET_TID_FIRST		= 1 << 7,
	/* sched_cgroup_fork() can fail: a BPF scheduler may refuse */
	FF_FACT_SCX			= 1 << 8,
	/* copy_io() is always inlined (up to 5.15) */
	FF_FACT_COPY_IO_INLINE		= 1 << 9,
	/* copy_thread() may have to allocate a shadow stack, or a guarded control stack */
	FF_FACT_SHADOW_STACK		= 1 << 10,
	FF_FACT_GCS			= 1 << 11,
	/* a task's exec state is a separate object (7.2 and later) */
	FF_FACT_EXEC_STATE		= 1 << 12,
	/* kernel_clone() checks the exit signal (7.1 and later) */
	FF_FACT_EXIT_SIGNAL		= 1 << 14,
	/* x86: CLONE_SETTLS is checked, and there are LDTs */
	FF_FACT_X86			= 1 << 13,
	/* the memory controller is on cgroup v1 */
	FF_FACT_MEMCG_V1		= 1 << 15,
	/* and has a separate limit on kernel memory (up to 5.15) */
	FF_FACT_KMEM_LIMIT		= 1 << 16,
	/* facts that depend on the version were not read in this kernel's source */
	FF_FACT_GUESSED			= 1 << 20,
	/* the first thread of a process may have to allocate its futex table (6.16) */
	FF_FACT_FUTEX_HASH		= 1 << 21,
	/* vmalloc() goes on for a caller that is being killed (up to 5.15) */
	FF_FACT_VMALLOC_GOES_ON		= 1 << 22,
	/* a task's stack is one piece of memory (no CONFIG_VMAP_STACK) */
	FF_FACT_NO_VMAP_STACK		= 1 << 23,
};

/* Flags that the headers of older kernels do not have. */
#define FF_CLONE_CLEAR_SIGHAND		0x100000000ULL
#define FF_CLONE_INTO_CGROUP		0x200000000ULL
#define FF_CLONE_AUTOREAP		(1ULL << 34)
#define FF_CLONE_NNP			(1ULL << 35)
#define FF_CLONE_PIDFD_AUTOKILL		(1ULL << 36)
#define FF_CLONE_EMPTY_MNTNS		(1ULL << 37)
#define FF_CLONE_NEWTIME		0x80ULL
#define FF_CLONE_NEW_ANY	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | \
				 CLONE_NEWNET | CLONE_NEWCGROUP | FF_CLONE_NEWTIME)

/*
 * What programs ask for all day: for threads, processes, sessions and pidfds.  Calls with
 * other flags are watched to their end: a check that nobody knows may refuse them.
 */
#define FF_CLONE_USUAL	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_PIDFD |	\
			 CLONE_PTRACE | CLONE_VFORK | CLONE_PARENT | CLONE_THREAD |	\
			 CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID |		\
			 CLONE_CHILD_CLEARTID | CLONE_UNTRACED | CLONE_CHILD_SETTID |	\
			 CLONE_IO | FF_CLONE_CLEAR_SIGHAND | FF_CLONE_INTO_CGROUP)

#define FF_MAX_LEVELS		33	/* of PID namespaces: MAX_PID_NS_LEVEL + 1 */
#define FF_MAX_USERNS_LEVELS	34	/* create_user_ns() refuses below a level above 32 */
#define FF_MAX_PIDS_LEVELS	64	/* of cgroups, which may be deeper: bits of a mask */

/*
 * The levels of a hierarchy, from that of the failing task (0) up to the root.  @may is not used
 * for PIDs, whose @full is the only level that may have been full.
 */
struct ff_hierarchy {
	u8	levels;		/* how many were looked at */
	u8	first;		/* the lowest that can have a limit */
	bool	known;		/* limits and counts could be read */
	s8	named;		/* the level that a witness named, or -1 */
	s8	full;		/* the lowest that was full, or the only one of @may; -1 if none */
	u64	may;		/* levels (bits, from @first on) that may have been full */
	s64	limit;		/* of level @named, otherwise of level @full */
	s64	in_use;
};

/**
 * enum ff_tls - what copy_thread() does with a thread's TLS pointer (x86)
 * @FF_TLS_UNKNOWN: the pointer is not known
 * @FF_TLS_TAKEN: it is accepted
 * @FF_TLS_REFUSED: it is refused with EPERM
 * @FF_TLS_IA32: a 32-bit call, where it points to a descriptor that may be refused with
 *	EFAULT, EINVAL or ESRCH
 */
enum ff_tls {
	FF_TLS_UNKNOWN,
	FF_TLS_TAKEN,
	FF_TLS_REFUSED,
	FF_TLS_IA32,
};

/**
 * struct ff_observation - everything that is known about one failed copy_process()
 * @err: what it returned, a negative errno
 * @facts: ff_kernel_fact bits of this kernel
 * @flags: clone flags
 * @kind: FORKFAIL_KIND_*
 * @steps: the steps (bits) one of which has failed
 * @step: the first of them
 * @blind_w: the witnesses (bits) that would not have been seen
 * @seen: the witnesses (bits) that ran
 * @at: the step at which each of them last ran, FF_NR_STEPS if that is not known
 * @rank: the order in which they last ran: 1 is the first, 0 never ran
 * @have_args: the call's arguments are known
 * @stage_guessed: @steps is what a child's fields say on a kernel whose source was not
 *	read, and no failure of a known step has confirmed it
 * @dying: the caller is being killed, or exits
 *
 * The rest is the state that the kernel's checks depend on, as it was after the failure.
 * Fields with _before in their names were read before the check.
 */
struct ff_observation {
	s32	err;
	u32	facts;
	u64	flags;
	u8	kind;
	u8	step;
	u32	steps;
	u32	blind_w;
	u32	seen;
	u8	at[FF_NR_WITNESSES];
	u8	rank[FF_NR_WITNESSES];
	bool	have_args;
	bool	stage_guessed;
	bool	dying;

	/* the checks of the arguments */
	s32	exit_signal;
	bool	unkillable;	/* the caller is the init of a PID namespace */
	bool	autoreap;	/* the caller was created with CLONE_AUTOREAP */
	bool	pidfd_is_parent_tid;	/* both are the same address */
	bool	pidns_initial;	/* children go into the initial PID namespace, which has an init */
	bool	pidns_mismatch;	/* children go into another PID namespace */
	bool	timens_mismatch;
	bool	userns_sysctl_off;	/* kernel.unprivileged_userns_clone is 0 */
	bool	ns_admin;	/* CAP_SYS_ADMIN in its own user namespace */

	/* new user namespaces, and the counts of all kinds of namespaces */
	bool	userns_too_deep;
	bool	ids_mapped;	/* uid and gid are mapped in its user namespace */
	bool	root_is_inside;	/* root is below its mount's root: certainly a chroot */
	bool	root_is_inits;	/* root is that of the machine's init: certainly no chroot */
	bool	pidns_too_deep;
	bool	pidns_foreign;	/* the PID namespace belongs to no ancestor user namespace */
	struct ff_hierarchy ucount;

	bool	has_io_context;
	u8	tls;		/* FF_TLS_*, of CLONE_SETTLS on x86 */
	bool	shadow_stack;	/* the caller has one, and so would its threads */

	/* descriptors */
	s64	nofile, nr_open, highest_fd;
	bool	nr_open_known;

	u8	set_tid_size;
	u8	set_tid_bad;	/* the check of set_tid that refuses, as its cause; 0 if none */

	/* RLIMIT_NPROC and its ancestors */
	bool	has_sys_admin;	/* CAP_SYS_ADMIN in the initial user namespace */
	struct ff_hierarchy nproc;

	/* threads-max */
	bool	threads_known;
	s64	threads, threads_max;

	/* the PID namespaces that a new task gets a PID in */
	struct ff_hierarchy pid;
	/* of the levels that can have been full: is a PID below 300 free, but out of reach? */
	bool	pid_wrapped;	/* at one level it is */
	bool	pid_unwrapped;	/* at one level it is not */
	bool	pidns_dead_before, pidns_dead;
	s8	pidns_dead_level;
	bool	pidns_no_reaper;

	/* the pids controller */
	struct ff_hierarchy pids;

	/* overcommit, in pages */
	bool	overcommit_known;
	u8	overcommit_mode;	/* vm.overcommit_memory */
	bool	overcommit_fits_before, overcommit_fits;
	s64	overcommit_limit, overcommit_in_use, overcommit_asked;

	/* the memory cgroup that was over its limit, in pages */
	bool	memcg_known;
	bool	memcg_full;		/* the request did not fit under the limit */
	bool	memcg_oom_disabled;	/* its OOM killer is switched off (v1) */
	bool	oom_killed;		/* the OOM killer may have killed since it was called */
	s64	memcg_limit, memcg_in_use, memcg_asked;
};

#define FF_MAX_CANDIDATES	12

/**
 * struct ff_verdict - why the call failed
 * @cause: FORKFAIL_* cause
 * @proof: FORKFAIL_PROOF_*
 * @scope: FORKFAIL_SCOPE_*, what the limit belongs to
 * @unit: FORKFAIL_UNIT_* of @limit and @in_use
 * @step: the first step at which this cause is possible
 * @level: level of the hierarchy that refused, 0 for the caller's own, -1 if none
 * @restart: the call restarts, so the caller sees no failure
 * @has_limit: @limit and @in_use are known
 * @asked: how much was requested, if the limit can refuse before it is full; otherwise, or
 *	if unknown, 0
 * @nr_candidates: how many causes are possible, for FORKFAIL_PROOF_INFERRED
 */
struct ff_verdict {
	u8	cause;
	u8	proof;
	u8	scope;
	u8	unit;
	u8	step;
	s8	level;
	bool	restart;
	bool	has_limit;
	s64	limit, in_use, asked;
	u8	nr_candidates;
	u8	candidates[FF_MAX_CANDIDATES];
};

#endif /* FORKFAIL_OBSERVATION_H */
