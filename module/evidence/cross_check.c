// SPDX-License-Identifier: GPL-2.0-only
/*
 * cross_check.c - compares what copy_process() returned with the dead child's fields
 *
 * These are two independent observations of one failure: the child's fields and the
 * caller's registers, and the return values of three functions.  They must agree.  Once
 * they do not, no stage is believed any more, and verdicts that depend on a stage are
 * only inferred.
 */
#include <linux/sched.h>
#include <linux/seq_file.h>

#include "evidence/blind.h"
#include "evidence/cross_check.h"
#include "evidence/dead_child.h"
#include "evidence/failing_call.h"
#include "rules/match.h"

static atomic64_t agreed = ATOMIC64_INIT(0);
static atomic64_t disagreed = ATOMIC64_INIT(0);
static atomic64_t unseen = ATOMIC64_INIT(0);
static atomic64_t restarts = ATOMIC64_INIT(0);

static bool is_the_kernels_own(const struct ff_call *c)
{
	return (current->flags & (PF_KTHREAD | PF_IO_WORKER)) && !(c && c->creator);
}

static void doubt_stages(void)
{
	atomic64_inc(&disagreed);
	WRITE_ONCE(ff_stages_doubted, true);
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
	ff_call_answer_later(c);
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
	ff_call_answer_later(c);
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

	if (is_the_kernels_own(c))
		return;
	if (err == -FF_ERESTARTNOINTR) {
		atomic64_inc(&restarts);
		return;
	}
	if (!c || !(c->dead_child || c->refused || c->unusual || c->seen)) {
		see_it_here(c, err);
		return;
	}
	c->returned = err;
	if (c->dead_child && c->failed_inside && !(c->stage & BIT(c->failed_inside)))
		doubt_stages();
}

/**
 * ff_cross_check_answer - compare copy_process()'s error with that of the system call
 * @c: the running task's call
 * @err: what the system call returns, a negative errno
 *
 * In the task.
 */
void ff_cross_check_answer(const struct ff_call *c, long err)
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
