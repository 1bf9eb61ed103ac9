// SPDX-License-Identifier: GPL-2.0-only
/*
 * cross_check.c - compares the stage that a dead child's fields show with what else is
 * known about the failure
 *
 * On every kernel, if there are return probes (verify.c): the return values of three
 * functions.
 *
 * On a kernel whose source was not read: the errno.  Some errnos are returned at one stage
 * only.  The first such failure confirms that stage; until then, its causes are only
 * inferred.  Only failures of a task that has CAP_SYS_ADMIN in the initial user namespace,
 * and neither a tracer nor a seccomp filter, are used.
 *
 * Once two observations contradict each other, no stage is believed any more, and verdicts
 * that depend on a stage are only inferred.
 */
#include <linux/atomic.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/seccomp.h>
#include <linux/seq_file.h>

#include "compat/compat.h"
#include "evidence/blind.h"
#include "evidence/cross_check.h"
#include "evidence/dead_child.h"
#include "evidence/failing_call.h"
#include "evidence/fork_syscall.h"
#include "rules/classify.h"
#include "rules/match.h"

/*
 * The steps that dead_child.c tells from all others by one comparison.  Each stage has the
 * name of its first step.
 */
static const u32 stages[] = {
	AT(EXEC_STATE),
	AT(COPY_CREDS),
	AT(TASK_LIMITS),
	AT(TASK_SETUP),
	AT(SCHED_FORK),
	AT(PERF_AUDIT),
	AT(SECURITY) | AT(COPY_FILES),
	AT(COPY_FS),
	AT(COPY_SIGHAND),
	AT(COPY_SIGNAL),
	AT(COPY_MM),
	FF_NAMESPACE_STEPS,
	AT(ALLOC_PID) | AT(PIDFD),
	AT(CGROUP_CAN_FORK) | AT(LATE),
	AT(LAST_CHECKS),
};

/* The steps (bits) of stages that were confirmed. */
static atomic_t confirmed = ATOMIC_INIT(0);

static atomic64_t agreed = ATOMIC64_INIT(0);
static atomic64_t disagreed = ATOMIC64_INIT(0);
static atomic64_t unseen = ATOMIC64_INIT(0);
static atomic64_t restarts = ATOMIC64_INIT(0);

/*
 * Is a task created for the kernel itself, and its creator's return probe missed that?  A user
 * task does this, too, in the middle of another system call (io_uring, vhost): then that call's
 * return value is not about it, and the note is one of an earlier call, whose arguments are gone.
 */
static bool is_the_kernels_own(const struct ff_call *c)
{
	if (c && c->creator)
		return false;
	return (current->flags & (PF_KTHREAD | PF_IO_WORKER)) ||
	       !ff_fork_syscall(syscall_get_nr(current, current_pt_regs()));
}

static void doubt_stages(void)
{
	atomic64_inc(&disagreed);
	WRITE_ONCE(ff_stages_doubted, true);
}

/* The stage that all of @steps belong to; 0 if there is none. */
static u32 stage_around(u32 steps)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(stages); i++)
		if (!(steps & ~stages[i]))
			return stages[i];
	return 0;
}

/* The fields say @stage, and the call has failed at one of @steps. */
static void compare_stage(u32 stage, u32 steps)
{
	if (!(stage & steps))
		doubt_stages();
	else
		atomic_or(stage_around(steps), &confirmed);
}

/*
 * Nobody else answers for such a task, and none without privileges can be one.  ENOMEM says
 * nothing: nearly every step returns it.
 */
static bool may_confirm(const struct ff_observation *o, const struct ff_call *c)
{
	return o->has_sys_admin && !c->creator && !current->ptrace &&
	       current->seccomp.mode == SECCOMP_MODE_DISABLED && o->err != -ENOMEM;
}

/**
 * ff_cross_check_errno - compare a dead child's stage with the errno of its call
 * @o: what was observed, on a kernel whose source was not read
 * @c: the running task's call
 *
 * In the task.
 *
 * Return: true if the stage of this failure was confirmed, by it or by an earlier one.
 */
bool ff_cross_check_errno(const struct ff_observation *o, const struct ff_call *c)
{
	u32 steps = may_confirm(o, c) ? ff_steps_by_errno(o) : 0, fields = 0, i;
	struct ff_verdict v;

	if (steps && (c->stage & steps) && stage_around(steps))
		compare_stage(c->stage, steps);
	/*
	 * At some steps any errno is possible.  The rules know them, except that a security
	 * module may refuse the file of a pidfd.
	 */
	if (steps && !(c->stage & (steps | AT(PIDFD)))) {
		ff_classify(o, &v);
		if (v.cause == FORKFAIL_UNEXPLAINED)
			doubt_stages();
	}
	for (i = 0; i < ARRAY_SIZE(stages); i++)
		if (c->stage & stages[i])
			fields |= stages[i];
	return !(fields & ~(u32)atomic_read(&confirmed));
}

/**
 * ff_cross_check_unconfirmed - the stages that no failure has confirmed
 *
 * Return: the first step (bit) of each.
 */
u32 ff_cross_check_unconfirmed(void)
{
	u32 open = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(stages); i++)
		if (stages[i] & ~(u32)atomic_read(&confirmed))
			open |= stages[i] & -stages[i];
	return open;
}

/**
 * ff_cross_check_inside - a function called by copy_process() has failed
 * @step: which step it is
 *
 * From a return probe, in the task that forks.
 */
void ff_cross_check_inside(u8 step)
{
	struct ff_call *c = ff_call_find();

	if (is_the_kernels_own(c))
		return;
	c = c ?: ff_call_claim(FF_CALL_WITNESS);
	if (!c)
		return;
	c->failed_inside = step;
	ff_call_watch_return(c);
}

/* No hook has seen this failure: an allocation failed silently, or the hooks are missing. */
static void see_it_here(struct ff_call *c, long err)
{
	atomic64_inc(&unseen);
	/* or its child was seen while the table was full; then it is counted twice */
	c = c ?: ff_call_claim(ff_blind_children ? FF_CALL_DEAD_CHILD : FF_CALL_WITNESS);
	if (!c)
		return;
	if (ff_blind_children)
		ff_observe_unseen_child(c, c->failed_inside ? BIT(c->failed_inside) :
					GENMASK(FF_STEP_LAST_CHECKS, FF_STEP_ENTRY));
	else
		c->unusual = true;
	c->returned = err;
	ff_call_watch_return(c);
}

/**
 * ff_cross_check - copy_process() has returned an error
 * @err: the error, negative
 *
 * From a return probe, in the task that forks.
 */
void ff_cross_check(long err)
{
	struct ff_call *c = ff_call_find();

	if (is_the_kernels_own(c)) {
		/* otherwise the hook on dead children has counted it */
		if (ff_blind_children && err != -FF_ERESTARTNOINTR)
			ff_observe_nameless();
		return;
	}
	if (err == -FF_ERESTARTNOINTR) {
		atomic64_inc(&restarts);
		return;
	}
	/* where dead children are not seen, a witness alone does not tell that a call has failed */
	if (!c || !(c->dead_child || c->refused || c->unusual ||
		    (c->seen && !ff_blind_children))) {
		see_it_here(c, err);
		return;
	}
	c->returned = err;
	if (c->dead_child && c->failed_inside)
		compare_stage(c->stage, BIT(c->failed_inside));
}

/**
 * ff_cross_check_returned - compare copy_process()'s error with that of the system call
 * @c: the running task's call
 * @err: what the system call returns, a negative errno
 *
 * In the task.
 */
void ff_cross_check_returned(const struct ff_call *c, long err)
{
	if (!c->returned)
		return;
	if (c->returned == err)
		atomic64_inc(&agreed);
	else
		doubt_stages();
}

/**
 * ff_cross_check_disagreed - count the failures where the two observations disagreed
 *
 * Return: how many since load.
 */
u64 ff_cross_check_disagreed(void)
{
	return atomic64_read(&disagreed);
}

/**
 * ff_cross_check_show - print the results of the comparison for debugfs
 * @m: the file
 *
 * May sleep.
 */
void ff_cross_check_show(struct seq_file *m)
{
	seq_printf(m, "verify_agreed %llu\n", (u64)atomic64_read(&agreed));
	seq_printf(m, "verify_disagreed %llu\n", (u64)atomic64_read(&disagreed));
	seq_printf(m, "verify_unseen %llu\n", (u64)atomic64_read(&unseen));
	seq_printf(m, "verify_restarts %llu\n", (u64)atomic64_read(&restarts));
}
