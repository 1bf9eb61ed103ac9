/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * observation.h - the vocabulary of an observation, and of a verdict on it
 *
 * Plain data: no kernel call, no pointer.  The unit tests and the fuzzer
 * compile this on the host.
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
 * Steps: how far a call got, in copy_process()'s order.  Once there is a child, its
 * fields tell (dead_child.c), often not one step but a few of which one has failed.
 * ENTRY is all that comes before: checks of the arguments, and memory for the task
 * itself.  COPY_NAMESPACES is the check of what the caller may, and NEW_NAMESPACES
 * to COPY_TIME_NS are told apart by the functions that make them.  LATE is what comes
 * behind cgroup_can_fork(), LAST_CHECKS what comes last: is the PID namespace still
 * alive, and nobody killing the caller?
 *
 * KERNEL_CLONE comes before them all: it refused, and copy_process() was never
 * called.  MMAP and MPROTECT come before that: no stack could be had for a thread,
 * and no clone was tried.  The last three are calls that came back before
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
 * Witnesses: functions that run only when something has gone wrong, or that tell
 * how far a call of an unusual kind got.
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
 * ff_rank_last - a witness ran: none ran later
 * @rank: in which order they ran last, 1 the first; 0 for those that never did
 * @w: which one ran
 *
 * A rank and not a count: reclaim alone may run many thousand times in one call.
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

/* What is particular to the kernel that the module was built for. */
enum ff_kernel_fact {
	/* RLIMIT_NPROC is checked before copy_creds() (up to 5.13) */
	FF_FACT_NPROC_BEFORE_CREDS	= 1 << 0,
	/* a first fork that fails closes its PID namespace (up to 7.0) */
	FF_FACT_PIDNS_POISON		= 1 << 1,
	/* every refusal by overcommit says so in the kernel log: it has a witness */
	FF_FACT_OVERCOMMIT_WITNESS	= 1 << 2,
	/* CLONE_THREAD and CLONE_VM are refused across time namespaces (up to 6.1) */
	FF_FACT_TIMENS_CHECK		= 1 << 3,
	/* CLONE_PIDFD cannot be had for a thread (up to 6.8) */
	FF_FACT_NO_THREAD_PIDFD		= 1 << 4,
	/* these flags exist (7.1 and later; CLONE_AUTOREAP in some older ones, too) */
	FF_FACT_AUTOREAP		= 1 << 5,
	FF_FACT_NNP			= 1 << 17,
	FF_FACT_AUTOKILL		= 1 << 18,
	FF_FACT_EMPTY_MNTNS		= 1 << 19,
	/* the first task of a PID namespace must get number 1 (7.1 and later) */
	FF_FACT_INIT_IS_ONE		= 1 << 6,
	/* alloc_pid() looks at set_tid before it hands out any number (7.1 and later) */
	FF_FACT_SET_TID_FIRST		= 1 << 7,
	/* sched_cgroup_fork() can fail: a BPF scheduler may refuse */
	FF_FACT_SCX			= 1 << 8,
	/* copy_io() has no function of its own (up to 5.15) */
	FF_FACT_COPY_IO_INLINE		= 1 << 9,
	/* thread state can fail to be allocated for a shadow stack or SME */
	FF_FACT_SHADOW_STACK		= 1 << 10,
	FF_FACT_GCS			= 1 << 11,
	/* a task's exec state is an object of its own (7.2 and later) */
	FF_FACT_EXEC_STATE		= 1 << 12,
	/* kernel_clone() checks the exit signal (7.1 and later) */
	FF_FACT_EXIT_SIGNAL		= 1 << 14,
	/* x86: CLONE_SETTLS is checked, and has an LDT */
	FF_FACT_X86			= 1 << 13,
	/* the memory controller is on cgroup v1 */
	FF_FACT_MEMCG_V1		= 1 << 15,
	/* where kernel memory has a limit of its own (up to 5.15) */
	FF_FACT_KMEM_LIMIT		= 1 << 16,
	/* those that go by the version were not read in this kernel's source */
	FF_FACT_GUESSED			= 1 << 20,
	/* the first thread of a process may have to allocate its futex table (6.16) */
	FF_FACT_FUTEX_HASH		= 1 << 21,
	/* vmalloc() goes on for a caller that is being killed (up to 5.15) */
	FF_FACT_VMALLOC_GOES_ON		= 1 << 22,
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

/* The task limits of one step in a hierarchy, looked at from the failure. */
#define FF_MAX_LEVELS	33	/* MAX_PID_NS_LEVEL + 1, also bounds user namespaces */

/*
 * One level of a hierarchy that refused, or may have.  @levels counts those
 * that were looked at, from the asking task's own (0) up to the root's.
 */
struct ff_hierarchy {
	u8	levels;
	u8	first;		/* the lowest that can have a limit */
	u8	limited;	/* how many of them have a limit at all */
	bool	known;		/* false: could not be looked at */
	s8	named;		/* the level that a witness named, or -1 */
	s8	full;		/* the only level that can have been full, or -1 */
	u8	full_before;	/* how many were full at the first look */
	u8	full_after;	/* how many are full at the failure */
	s64	limit;		/* of the level named, else of the level full */
	s64	in_use;
};

/**
 * enum ff_tls - what copy_thread() makes of a thread's TLS pointer (x86)
 * @FF_TLS_UNKNOWN: the pointer is not known
 * @FF_TLS_TAKEN: it takes it
 * @FF_TLS_REFUSED: EPERM
 * @FF_TLS_IA32: a 32-bit call's, which is read when it is used: EFAULT, EINVAL or ESRCH
 */
enum ff_tls {
	FF_TLS_UNKNOWN,
	FF_TLS_TAKEN,
	FF_TLS_REFUSED,
	FF_TLS_IA32,
};

/**
 * struct ff_observation - all that is known of one failed copy_process()
 * @err: what it returned, a negative errno
 * @facts: ff_kernel_fact bits of this kernel
 * @flags: clone flags
 * @kind: FORKFAIL_KIND_*
 * @steps: the steps (bits) of which one has failed
 * @step: the first of them
 * @blind_w: the witnesses (bits) whose watch point is not armed
 * @seen: the witnesses (bits) that ran
 * @at: the step at which each of them ran last, FF_NR_STEPS if that is not known
 * @rank: in which order they ran last: 1 is the first, 0 never ran
 * @have_args: the call's arguments could be read
 * @dying: a fatal signal is pending for the caller
 *
 * The rest is the state that the kernel's checks look at, as it was at the
 * failure; what is named _before was looked at before the check, too.
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
	bool	dying;

	/* what copy_process() checks before it does anything */
	s32	exit_signal;
	bool	unkillable;	/* the caller is the init of a PID namespace */
	bool	autoreap;
	bool	pidfd_is_parent_tid;	/* both go to the same address */
	bool	pidns_mismatch;	/* children go into another PID namespace */
	bool	timens_mismatch;
	bool	userns_sysctl_off;	/* kernel.unprivileged_userns_clone is 0 */
	bool	ns_admin;	/* CAP_SYS_ADMIN in its own user namespace */

	/* new user namespaces, and the counts of all kinds of namespaces */
	bool	userns_too_deep;
	bool	ids_mapped;	/* uid and gid mean something in its user namespace */
	bool	root_is_inside;	/* root is below its mount's root: surely a chroot */
	bool	root_is_inits;	/* root is that of the machine's init: surely none */
	bool	pidns_too_deep;
	bool	pidns_foreign;	/* the PID namespace belongs to no ancestor user namespace */
	struct ff_hierarchy ucount;

	bool	has_io_context;
	u8	tls;		/* FF_TLS_*, of CLONE_SETTLS on x86 */
	bool	shadow_stack;	/* the caller has one, and so would its threads */

	/* descriptors */
	s64	nofile, nr_open, highest_fd;
	bool	nr_open_known;

	/* the check of set_tid that refuses, as its cause; 0 none */
	u8	set_tid_size;
	u8	set_tid_bad;

	/* RLIMIT_NPROC and its ancestors */
	bool	has_sys_admin;	/* CAP_SYS_ADMIN in the initial user namespace */
	struct ff_hierarchy nproc;

	/* threads-max */
	bool	threads_known;
	s64	threads, threads_max;

	/* the PID namespaces that a new task gets a number in */
	struct ff_hierarchy pid;
	/* of the levels that can have been full: numbers below 300 are free but out of reach */
	bool	pid_wrapped;	/* of one */
	bool	pid_unwrapped;	/* of one that is not so */
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
	bool	memcg_full;		/* what was wanted did not fit in */
	bool	memcg_oom_disabled;	/* and it has the OOM killer switched off (v1) */
	bool	oom_killed;		/* somebody may have been, since that was asked */
	s64	memcg_limit, memcg_in_use, memcg_asked;

	/* SCHED_DEADLINE without reset-on-fork */
	bool	deadline;
};

#define FF_MAX_CANDIDATES	12

/**
 * struct ff_verdict - why it failed
 * @cause: FORKFAIL_* cause
 * @proof: FORKFAIL_PROOF_*
 * @scope: FORKFAIL_SCOPE_*, what kind of thing the limit belongs to
 * @unit: FORKFAIL_UNIT_* of @limit and @in_use
 * @step: the first step at which it can have failed so
 * @level: level of the hierarchy that refused, 0 the caller's own, -1 none
 * @restart: the call restarts; nobody sees a failure
 * @has_limit: @limit and @in_use are known
 * @asked: how much was asked for, where the limit need not be full; 0 else, or unknown
 * @nr_candidates: causes that remain possible, for FORKFAIL_PROOF_INFERRED
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
