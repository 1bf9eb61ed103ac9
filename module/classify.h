/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * classify.h - the vocabulary of an observation, and what is made of it
 *
 * Plain data and one pure function: no kernel call, no pointer.  The unit
 * tests and the fuzzer compile this on the host.
 */
#ifndef FORKFAIL_CLASSIFY_H
#define FORKFAIL_CLASSIFY_H

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

#include "../uapi/forkfail.h"

/*
 * Steps: functions that copy_process() calls on its way, in its order.  The
 * last one that a task entered tells how far it got.  Those after CGROUP_CAN_FORK
 * are no calls of their own: a cleanup function that only runs behind them
 * proves that they were reached.
 */
#define FF_STEPS(X)							\
	X(ENTRY,		"entry")				\
	X(COPY_CREDS,		"copy_creds")				\
	X(SCHED_FORK,		"sched_fork")				\
	X(SECURITY_TASK_ALLOC,	"security_task_alloc")			\
	X(COPY_SEMUNDO,		"copy_semundo")				\
	X(DUP_FD,		"dup_fd")				\
	X(COPY_FS_STRUCT,	"copy_fs_struct")			\
	X(MM_INIT,		"mm_init")				\
	X(COPY_THREAD,		"copy_thread")				\
	X(ALLOC_PID,		"alloc_pid")				\
	X(CGROUP_CAN_FORK,	"cgroup_can_fork")			\
	X(LATE,			"late")

enum ff_step {
#define X(symbol, name) FF_STEP_##symbol,
	FF_STEPS(X)
#undef X
	FF_NR_STEPS
};

/*
 * Witnesses: functions that run only when something has gone wrong.  The
 * trail notes that one ran, and at which step.
 */
#define FF_WITNESSES(X)							\
	X(CAPABLE_RESOURCE,	"capable:resource")			\
	X(CAPABLE_ADMIN,	"capable:admin")			\
	X(PIDS_EVENT,		"cgroup_file_notify:pids")		\
	X(MEMCG_RECLAIM,	"try_to_free_mem_cgroup_pages")		\
	X(MEMCG_OOM,		"out_of_memory:memcg")			\
	X(SYSTEM_OOM,		"out_of_memory")			\
	X(PAGE_ALLOC_FAILED,	"warn_alloc")				\
	X(OVERCOMMIT,		"__vm_enough_memory:refused")		\
	X(PERF_FREE,		"perf_event_free_task")			\
	X(NEW_NAMESPACES,	"create_new_namespaces")		\
	X(NEW_USERNS,		"create_user_ns")			\
	X(CANCEL_FORK,		"cgroup_cancel_fork")

enum ff_witness {
#define X(symbol, name) FF_W_##symbol,
	FF_WITNESSES(X)
#undef X
	FF_NR_WITNESSES
};

/* What is particular to the kernel that the module was built for. */
enum ff_kernel_fact {
	/* RLIMIT_NPROC is checked before copy_creds() (up to 5.13) */
	FF_FACT_NPROC_BEFORE_CREDS	= 1 << 0,
	/* a first fork that fails closes its PID namespace (up to 7.0) */
	FF_FACT_PIDNS_POISON		= 1 << 1,
	/* a refusal by overcommit says so in the kernel log: it has a witness */
	FF_FACT_OVERCOMMIT_WITNESS	= 1 << 2,
};

/* The task limits of one step in a hierarchy, looked at from the failure. */
#define FF_MAX_LEVELS	33	/* MAX_PID_NS_LEVEL + 1, also bounds user namespaces */

/*
 * One level of a hierarchy that refused, or may have.  @levels counts those
 * that were looked at, from the asking task's own (0) up to the root's.
 */
struct ff_hierarchy {
	u8	levels;
	u8	limited;	/* how many of them have a limit at all */
	bool	known;		/* false: could not be looked at */
	s8	named;		/* the level that a witness named, or -1 */
	s8	full;		/* the only level that is full at both looks, or -1 */
	u8	full_before;	/* how many were full at the first look */
	u8	full_after;	/* how many are full at the failure */
	s64	limit;		/* of the level named, else of the level full */
	s64	in_use;
};

/**
 * struct ff_observation - all that is known of one failed copy_process()
 * @err: what it returned, a negative errno
 * @facts: ff_kernel_fact bits of this kernel
 * @flags: clone flags
 * @kind: FORKFAIL_KIND_*
 * @step: last step that was reached
 * @blind: the steps (bits) whose watch point is not armed
 * @blind_w: the witnesses (bits) whose watch point is not armed
 * @seen: the witnesses (bits) that ran
 * @at: the step at which each of them ran last
 * @have_args: the call's arguments could be read
 * @dying: a fatal signal is pending for the caller
 */
struct ff_observation {
	s32	err;
	u32	facts;
	u64	flags;
	u8	kind;
	u8	step;
	u32	blind;
	u32	blind_w;
	u32	seen;
	u8	at[FF_NR_WITNESSES];
	bool	have_args;
	bool	dying;

	/* RLIMIT_NPROC and its ancestors */
	bool	has_sys_admin;	/* CAP_SYS_ADMIN in the initial user namespace */
	struct ff_hierarchy nproc;

	/* threads-max */
	bool	threads_known;
	s64	threads, threads_max;

	/* the PID namespaces that a new task gets a number in */
	struct ff_hierarchy pid;
	bool	pid_wrapped;	/* numbers below 300 are free but out of reach */
	bool	pidns_dead_before, pidns_dead;
	s8	pidns_dead_level;
	bool	pidns_no_reaper;

	/* the pids controller */
	struct ff_hierarchy pids;

	/* overcommit, in pages */
	bool	overcommit_known;
	u8	overcommit_mode;	/* vm.overcommit_memory */
	bool	overcommit_fits_before, overcommit_fits;
	s64	overcommit_limit, overcommit_in_use;

	/* the memory cgroup that was over its limit, in pages */
	bool	memcg_known;
	s64	memcg_limit, memcg_in_use;

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
 * @level: level of the hierarchy that refused, 0 the caller's own, -1 none
 * @restart: the call restarts; nobody sees a failure
 * @has_limit: @limit and @in_use are known
 * @nr_candidates: causes that remain possible, for FORKFAIL_PROOF_INFERRED
 */
struct ff_verdict {
	u8	cause;
	u8	proof;
	u8	scope;
	u8	unit;
	s8	level;
	bool	restart;
	bool	has_limit;
	s64	limit, in_use;
	u8	nr_candidates;
	u8	candidates[FF_MAX_CANDIDATES];
};

void ff_classify(const struct ff_observation *o, struct ff_verdict *v);

extern const char * const ff_step_names[FF_NR_STEPS];
extern const char * const ff_witness_names[FF_NR_WITNESSES];

#endif /* FORKFAIL_CLASSIFY_H */
