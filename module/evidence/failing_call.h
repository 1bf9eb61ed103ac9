/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * failing_call.h - the table of calls that are failing, or may be refused
 */
#ifndef FORKFAIL_FAILING_CALL_H
#define FORKFAIL_FAILING_CALL_H

#include <linux/cgroup-defs.h>
#include <linux/llist.h>
#include <linux/rcupdate_wait.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "evidence/failure.h"
#include "evidence/payer.h"
#include "rules/observation.h"
#include "rules/syscall_rules.h"
#include "rules/thread_stack_rules.h"

struct mem_cgroup;

/**
 * struct ff_arguments - those of kernel_clone()'s arguments that rules need
 * @known: they were read
 * @pidfd_is_parent_tid: pidfd and parent_tid are the same address
 * @kind: FORKFAIL_KIND_*
 * @tls: FF_TLS_*
 * @set_tid_size: how many PIDs are requested
 * @set_tid_bad: the check of set_tid that refuses, as its cause; 0 if none
 * @set_tid_level: at how many levels above the child's PID namespace @set_tid is taken, -1
 *	if that is not known
 * @set_tid_known: @set_tid is known
 * @set_tid: the requested PID that refuses
 * @exit_signal: the signal to the parent
 * @flags: clone flags
 */
struct ff_arguments {
	bool	known, pidfd_is_parent_tid, set_tid_known;
	u8	kind, tls, set_tid_size, set_tid_bad;
	s8	set_tid_level;
	pid_t	set_tid;
	s32	exit_signal;
	u64	flags;
};

/**
 * struct ff_nproc - what RLIMIT_NPROC allows a task, at all levels of its hierarchy
 * @levels: how many there are
 * @full: the lowest that is over its limit, -1 if none is
 * @may: those (bits) that are, or may have been a moment ago
 * @limit: the limit of level @full, or of level 0
 * @in_use: the usage of the same level
 */
struct ff_nproc {
	u8	levels;
	s8	full;
	u64	may;
	s64	limit, in_use;
};

/**
 * struct ff_pids - what the pids controller allows a cgroup, at all levels of its hierarchy
 * @full: the lowest level that refuses one more task, -1 if none does
 * @may: those (bits, from the lowest level that has the controller) that do, or may have a
 *	moment ago
 * @limited: those that have a limit at all
 * @limited_above: one has a limit that is too far up to have a bit
 * @limit: the limit of the level that was asked for, otherwise of level @full, otherwise of
 *	the highest of @limited, which matters if it is the only one
 * @in_use: the usage of the same level
 */
struct ff_pids {
	s8	full;
	bool	limited_above;
	u64	may, limited;
	s64	limit, in_use;
};

/**
 * struct ff_seen - what witnesses saw
 * @at: the step at which each of them last ran, FF_NR_STEPS if that is not known
 * @rank: the order in which they last ran: see ff_rank_last()
 * @memcg_last: memory was last short in a memory cgroup, not on the machine
 * @nproc: RLIMIT_NPROC when the kernel checked it; the new task was counted
 * @pids_named: level of the pids hierarchy that the kernel notified first, -1 if none
 * @pids_first: the lowest level that has the controller
 * @pids_css: the cgroup that was to be charged, with a reference
 * @pids: its limits when the kernel refused
 * @ucount_known: the kernel was about to count a namespace, and the counts were read
 * @ucount_full: the lowest level of the count of namespaces that was full, -1 if none
 * @ucount_may: levels (bits) that may have been full when the kernel checked them
 * @ucount_limit: its limit
 * @ucount_in_use: its usage
 * @ucount_uid: the user who is counted
 * @ucount_inum: inode number of the user namespace
 * @ucount_ns: its id
 * @target: the cgroup that the new task was to go into, with a reference
 * @judged: the last cgroup whose permissions were checked: @target or one above it
 * @memcg: the memory cgroup that reclaim or the OOM killer last ran for; one of
 *	@memcg_held keeps it alive
 * @memcg_held: the task's own memory cgroup and another one, with references
 * @memcg_limit: its limit then, in pages
 * @memcg_in_use: its usage then, in pages
 * @memcg_asked: how many pages were requested
 * @memcg_full: the request did not fit under the limit
 * @memcg_oom_disabled: its OOM killer is switched off (cgroup v1)
 * @oom_kills: ff_oom_kills() when the OOM killer was last called
 * @alloc: what was last being allocated when memory was short, as a cause; 0 if unknown
 * @alloc_step: the step of that allocation
 */
struct ff_seen {
	u8		at[FF_NR_WITNESSES];
	u8		rank[FF_NR_WITNESSES];
	bool		memcg_last;
	struct ff_nproc	nproc;
	s8		pids_named;
	u8		pids_first;
	struct cgroup_subsys_state *pids_css;
	struct ff_pids	pids;
	bool		ucount_known;
	s8		ucount_full;
	u64		ucount_may;
	s64		ucount_limit, ucount_in_use;
	kuid_t		ucount_uid;
	u32		ucount_inum;
	u64		ucount_ns;
	struct cgroup	*target, *judged;
	struct mem_cgroup *memcg;
	struct cgroup_subsys_state *memcg_held[2];
	s64		memcg_limit, memcg_in_use;
	bool		memcg_full, memcg_oom_disabled;
	u8		alloc, alloc_step;
	u32		memcg_asked;
	unsigned long	oom_kills;
};

/*
 * Kinds of calls; those that find the table full are counted by kind.  Each call of the
 * first two kinds is a failure, and no failure is of both.
 */
enum ff_call_kind {
	FF_CALL_DEAD_CHILD,	/* copy_process() gave up a child */
	FF_CALL_REFUSED,	/* its arguments will be refused */
	FF_CALL_WITNESS,	/* a witness ran; if it fails, there will be a dead child */
	FF_CALL_SHORT,		/* memory was short; if it fails, maybe without a dead child */
	FF_CALL_CREATOR,	/* the kernel's own; if it fails, there will be a dead child */
	FF_CALL_WATCHED,	/* a filter or a tracer decides; it may succeed */
	FF_CALL_STACK,		/* a thread's stack, which will most likely be refused */
	FF_NR_CALL_KINDS
};

/* Where a call's task_work is. */
enum ff_call_state {
	FF_CALL_IDLE,		/* on no list */
	FF_CALL_PENDING,	/* on its task's list */
	FF_CALL_PARKED,		/* it ran while a tracer was told, and will be queued again */
};

/**
 * struct ff_call - one call that is failing, or may be refused
 * @rs: its task_work; the completion is used only after unload
 * @switches: ff_switches() when @rs was put on its task's list
 * @over: on the list of ff_call_end_later(), when @rs is on no list
 * @resume_before: TIF_NOTIFY_RESUME was set when @rs was put on its task's list
 * @place: its index in the table
 * @state: enum ff_call_state; only its own task and ff_call_may_park() change it
 * @epoch: how often the hooks on system calls had been installed when it was claimed
 * @nr: the system call's number
 * @payer: who is charged for the place; nobody if most places were free
 * @kind: enum ff_call_kind
 * @needed: its return value is needed, even if it is not refused by a filter
 * @walked: somebody may be looking at @rs, which was taken back
 * @in_stop: a tracer is being told
 * @at_exit: it is told of the end of the call, not of its beginning
 * @was_told: the return value was known when a tracer was told
 * @told: that return value, a negative errno or 0
 * @creator: the kernel makes this call for itself; its creator's return probe ends it
 * @dead_child: copy_process() has given up a child
 * @failed_inside: the step whose function returned an error to copy_process(), 0 if none
 * @returned: what copy_process() returned, 0 if it was not observed
 * @stage: the steps (bits) in which it can have failed, by the child's fields
 * @dying: when it did, a fatal signal was pending for the caller
 * @unusual: this kernel may refuse its flags, or only a return probe saw it fail
 * @refused: the check of the arguments that will refuse, as its cause; 0 if none
 * @noted: the call's note was there, so @seen, @pid_full and @committed are complete
 * @pidns_dead: the PID namespace was dead when the call began
 * @pid_full: levels (bits) of PID namespaces that had no free number then
 * @committed: pages that were committed then
 * @threads_known: @threads is known
 * @threads: tasks on the machine when the child was given up
 * @missed_witness: a witness may have run and not been recorded
 * @restarting: it has restarted before, and its return value tells whether it does again
 * @args: its arguments
 * @seen: witnesses (bits) that ran
 * @s_valid: @s is valid: see ff_call_seen()
 * @r: what is known about a call that may never reach kernel_clone()
 * @s: what they saw
 * @rcu: to release the place after a grace period, when it holds no references
 * @stack: FF_CALL_STACK: what the kernel checks before it maps a thread's stack
 * @verdict: FF_CALL_STACK: why it will refuse it
 * @failure: FF_CALL_STACK: what else is known about it
 *
 * It belongs to the task whose call it is: no other task looks into it.
 */
struct ff_call {
	struct rcu_synchronize rs;
	union {
		unsigned long	switches;
		struct llist_node over;
	};
	u16		place;
	u8		state;
	bool		resume_before;
	u8		kind;
	bool		needed, walked;
	bool		in_stop, at_exit, was_told, creator;
	s32		told;
	unsigned int	epoch;
	int		nr;
	struct ff_payer	payer;

	/* bits, and in this order: there are 512 of these */
	bool		dead_child : 1, dying : 1, unusual : 1, noted : 1, restarting : 1,
		pidns_dead : 1, threads_known : 1, missed_witness : 1, s_valid : 1;
	u8		refused, failed_inside;
	s32		returned;
	u32		stage, seen;
	u64		pid_full;
	s64		committed, threads;
	struct ff_arguments args;
	union {
		struct {
			struct ff_refusal r;
			struct ff_seen	s;	/* not cleared when a place is claimed */
		};
		struct {
			struct ff_stack stack;
			struct ff_verdict verdict;
			struct ff_failure failure;
		};
		struct rcu_head rcu;
	};
};

extern atomic_t ff_creators_running;

int ff_call_init(void (*returned)(struct ff_call *c), void (*end)(struct ff_call *c));
void ff_call_close(void);
void ff_call_exit(void);
size_t ff_call_bytes(void);
struct ff_call *ff_call_search(void);
struct ff_call *ff_call_parked(void);
struct ff_call *ff_call_claim(enum ff_call_kind kind);
void ff_call_release(struct ff_call *c);
void ff_call_end_later(struct ff_call *c);
void ff_call_queue(struct ff_call *c);
void ff_call_let_through(struct ff_call *c);
void ff_call_may_park(bool may);
u64 ff_call_no_room(enum ff_call_kind kind);

/**
 * ff_call_failures_without_room - failures that are counted and not named
 *
 * Return: how many since load.
 */
static inline u64 ff_call_failures_without_room(void)
{
	return ff_call_no_room(FF_CALL_DEAD_CHILD) + ff_call_no_room(FF_CALL_REFUSED);
}

/**
 * ff_call_find - find the running task's call
 *
 * Not from an interrupt.  Cheap if there is none: a task with a PENDING call has
 * TIF_NOTIFY_RESUME set, and other calls belong to the kernel's own creators.  A PARKED
 * call is not found.
 *
 * Return: the call, or NULL if the task has none.
 */
static inline struct ff_call *ff_call_find(void)
{
	if (likely(!test_thread_flag(TIF_NOTIFY_RESUME) && !atomic_read(&ff_creators_running)))
		return NULL;
	return ff_call_search();
}

/**
 * ff_call_seen - get what witnesses saw of a call
 * @c: the running task's call, not a thread's stack
 *
 * Call it before using @c->s.  This is cleared the first time, and not when the place is
 * claimed: most calls under a filter have a place and never need it.
 *
 * Return: it, which is zero until a witness runs.
 */
static inline struct ff_seen *ff_call_seen(struct ff_call *c)
{
	if (!c->s_valid) {
		memset(&c->s, 0, sizeof(c->s));
		c->s_valid = true;
	}
	return &c->s;
}

/**
 * ff_call_watch_return - look at the return value when the task returns to user space
 * @c: the running task's call; if the task is exiting, its place is released
 *
 * As ff_call_queue(), but ff_call_let_through() does not take it back.
 */
static inline void ff_call_watch_return(struct ff_call *c)
{
	c->needed = true;
	ff_call_queue(c);
}

#endif /* FORKFAIL_FAILING_CALL_H */
