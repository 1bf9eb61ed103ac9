/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * failing_call.h - the one table of calls that are failing, or may be refused
 */
#ifndef FORKFAIL_FAILING_CALL_H
#define FORKFAIL_FAILING_CALL_H

#include <linux/cgroup-defs.h>
#include <linux/rcupdate_wait.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "evidence/failure.h"
#include "evidence/payer.h"
#include "rules/observation.h"
#include "rules/syscall_rules.h"
#include "rules/thread_stack_rules.h"

struct mem_cgroup;

/**
 * struct ff_arguments - kernel_clone()'s arguments, as far as rules ask for them
 * @known: they were seen
 * @pidfd_is_parent_tid: both go to the same address
 * @kind: FORKFAIL_KIND_*
 * @tls: FF_TLS_*
 * @set_tid_size: how many numbers are asked for
 * @set_tid_bad: the check of these that refuses, as its cause; 0 none
 * @exit_signal: for the parent
 * @flags: clone flags
 */
struct ff_arguments {
	bool	known, pidfd_is_parent_tid;
	u8	kind, tls, set_tid_size, set_tid_bad;
	s32	exit_signal;
	u64	flags;
};

/**
 * struct ff_seen - what witnesses saw
 * @at: the step at which each of them ran last, FF_NR_STEPS if that is not known
 * @rank: in which order they ran last: see ff_rank_last()
 * @nproc_full: the only level of the RLIMIT_NPROC hierarchy over its limit when
 *	the kernel said so, -1 if none
 * @nproc_nr_full: how many were
 * @nproc_limit: limit of that level
 * @nproc_in_use: its usage, without the task that was to be created
 * @pids_named: level of the pids hierarchy that the kernel notified first, -1 none
 * @pids_full: as nproc_full, for the pids controller
 * @pids_nr_full: how many were
 * @pids_limited: how many levels had a limit at all
 * @pids_css: the cgroup that was to be charged, with a reference
 * @pids_limit: limit of the level that is named, else full
 * @pids_in_use: its usage
 * @ucount_known: the kernel was about to count a namespace, and it was looked at
 * @ucount_full: level of the count of namespaces that was full, -1 if none
 * @ucount_limit: its limit
 * @ucount_in_use: its usage
 * @ucount_uid: whose count it is
 * @ucount_inum: in which user namespace
 * @ucount_ns: its id
 * @target: the cgroup that the new task was to go into, with a reference
 * @judged: the last cgroup whose permissions were looked at, with a reference
 * @memcg: the memory cgroup that reclaim or the OOM killer ran for, last, with
 *	a reference
 * @memcg_limit: its limit then, in pages
 * @memcg_in_use: its usage then
 * @memcg_asked: what was wanted, in pages
 * @memcg_full: what was wanted did not fit in
 * @memcg_oom_disabled: its OOM killer is switched off (cgroup v1)
 * @oom_kills: how many had been killed when the OOM killer was asked, last
 * @alloc: what was being allocated when memory was short, last; a cause or 0
 * @alloc_step: and at which step
 */
struct ff_seen {
	u8		at[FF_NR_WITNESSES];
	u8		rank[FF_NR_WITNESSES];
	s8		nproc_full, nproc_nr_full;
	s64		nproc_limit, nproc_in_use;
	s8		pids_named, pids_full, pids_nr_full, pids_limited;
	u8		pids_first;
	struct cgroup_subsys_state *pids_css;
	s64		pids_limit, pids_in_use;
	bool		ucount_known;
	s8		ucount_full;
	s64		ucount_limit, ucount_in_use;
	kuid_t		ucount_uid;
	u32		ucount_inum;
	u64		ucount_ns;
	struct cgroup	*target, *judged;
	struct mem_cgroup *memcg;
	s64		memcg_limit, memcg_in_use;
	bool		memcg_full, memcg_oom_disabled;
	u8		alloc, alloc_step;
	u32		memcg_asked;
	unsigned long	oom_kills;
};

/*
 * Kinds of calls; also for what is counted where there was no room.  Each of the first
 * two is a failure, and no failure is both.
 */
enum ff_call_kind {
	FF_CALL_DEAD_CHILD,	/* copy_process() gave up a child */
	FF_CALL_REFUSED,	/* arguments that are refused */
	FF_CALL_WITNESS,	/* something is wrong; if it fails, a child is given up */
	FF_CALL_SHORT,		/* memory was short; if it fails, perhaps without a child */
	FF_CALL_CREATOR,	/* the kernel's own; if it fails, a child is given up */
	FF_CALL_ASKED,		/* a filter or a tracer is asked; it may go well */
	FF_CALL_STACK,		/* a thread's stack that will most likely be refused */
	FF_NR_CALL_KINDS
};

/* Where a call's task_work is. */
enum ff_call_state {
	FF_CALL_IDLE,		/* on no list */
	FF_CALL_PENDING,	/* on its task's list */
	FF_CALL_PARKED,		/* it ran while a tracer was told, and has to run again */
};

/**
 * struct ff_call - one call that is failing, or may be refused
 * @rs: its task_work, and what is left of it when the module goes
 * @state: enum ff_call_state; only its task changes it, but where ff_call_may_park() says
 * @epoch: when it was claimed, in changes of the switch of system calls
 * @nr: the system call's number
 * @payer: on whose account it is
 * @kind: enum ff_call_kind
 * @in_stop: a tracer is being told
 * @at_exit: of the end of the call
 * @was_told: the answer was there when a tracer was told
 * @told: which it was, a negative errno or 0
 * @creator: a creator of the kernel's own, whose return probe takes it up
 * @dead_child: copy_process() has given up a child
 * @failed_inside: a step whose function returned an error to copy_process(), 0 none
 * @returned: what copy_process() returned, 0 if nobody looked
 * @stage: the steps (bits) that it can have failed in, by the child's fields
 * @unusual: flags of which nobody knows whether this kernel refuses them
 * @refused: the check of the arguments that will refuse, as its cause; 0 none
 * @noted: @seen and what begins with pid are those of this call
 * @pidns_dead: the PID namespace was dead when the call began
 * @pid_full: levels (bits) of PID namespaces without a free number then
 * @committed: pages that were promised then
 * @threads_known: @threads is known
 * @threads: tasks on the machine when the child was given up
 * @unheard: there was no room when a witness ran
 * @restarting: it has restarted often, and nobody knows yet whether it does again
 * @args: what was asked for
 * @seen: witnesses (bits) that ran
 * @s: what they saw
 * @r: what is known of a call that may never get to kernel_clone()
 * @stack: what the kernel looks at before it maps a thread's stack, of
 *	FF_CALL_STACK
 * @verdict: why it will refuse it
 * @failure: what else is known of it
 *
 * Owned by the task that it belongs to: nobody else looks into it.
 */
struct ff_call {
	struct rcu_synchronize rs;
	u8		state;
	u8		kind;
	bool		in_stop, at_exit, was_told, creator;
	s32		told;
	unsigned int	epoch;
	int		nr;
	struct ff_payer	payer;

	bool		dead_child, unusual, noted, restarting, pidns_dead, threads_known,
		unheard;
	u8		refused, failed_inside;
	s32		returned;
	u32		stage;
	u64		pid_full;
	s64		committed, threads;
	struct ff_arguments args;
	u32		seen;
	union {
		struct {
			struct ff_seen	s;
			struct ff_refusal r;
		};
		struct {
			struct ff_stack stack;
			struct ff_verdict verdict;
			struct ff_failure failure;
		};
	};
};

extern atomic_t ff_creators_running;

int ff_call_init(void (*answered)(struct ff_call *c), void (*end)(struct ff_call *c));
void ff_call_exit(void);
size_t ff_call_bytes(void);
struct ff_call *ff_call_search(void);
struct ff_call *ff_call_parked(void);
struct ff_call *ff_call_claim(enum ff_call_kind kind);
void ff_call_release(struct ff_call *c);
bool ff_call_answer_later(struct ff_call *c);
void ff_call_may_park(bool may);
u64 ff_call_no_room(enum ff_call_kind kind);
u64 ff_call_failures_without_room(void);

/**
 * ff_call_find - the running task's call
 *
 * Any context in which current is the task that calls.  A call that is PENDING has a
 * flag set, and others are of creators; what is PARKED is not found.
 *
 * Return: the call, or NULL if it has none.
 */
static inline struct ff_call *ff_call_find(void)
{
	if (likely(!test_thread_flag(TIF_NOTIFY_RESUME) && !atomic_read(&ff_creators_running)))
		return NULL;
	return ff_call_search();
}

#endif /* FORKFAIL_FAILING_CALL_H */
