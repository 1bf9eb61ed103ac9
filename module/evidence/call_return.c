// SPDX-License-Identifier: GPL-2.0-only
/*
 * call_return.c - a call has come back: who is to look at its answer?
 */
#include <linux/sched.h>
#include <linux/sched/task_stack.h>

#include "compat/compat.h"
#include "evidence/call_return.h"
#include "evidence/cross_check.h"
#include "evidence/failing_call.h"
#include "evidence/observe.h"
#include "evidence/syscall.h"
#include "evidence/thread_stack.h"
#include "rules/match.h"

/**
 * ff_answered - look at a call's answer
 * @c: the running task's call
 *
 * In the task, on its way back to user space or out of the world; may sleep.  The
 * answer is the caller's: a tracer has had its say.
 */
void ff_answered(struct ff_call *c)
{
	struct pt_regs *regs = current_pt_regs();
	long err = syscall_get_error(current, regs);

	if (c->kind == FF_CALL_STACK) {
		ff_stack_answer(c, err);
		return;
	}
	if (ff_restarting_syscall(regs) >= 0)
		err = -FF_ERESTARTNOINTR;
	if (c->was_told && err != c->told) {
		/* what the kernel said is not what the caller hears */
		ff_observe_end(c);
		ff_syscall_rewritten(c, err);
		return;
	}
	if (err < 0 && err != -FF_ERESTARTNOINTR)
		ff_cross_check_answer(c, err);
	if (!ff_observe_answer(c, err))
		ff_syscall_answer(c, err);
}
