// SPDX-License-Identifier: GPL-2.0-only
/*
 * call_return.c - passes a call's return value to the code that it concerns
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
 * ff_answered - a call has returned
 * @c: the running task's call
 *
 * Runs in the task, when it returns to user space or exits; may sleep.  The registers
 * hold what the caller gets: a tracer can no longer change it.
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
		/* a tracer has replaced the kernel's return value */
		ff_observe_end(c);
		ff_syscall_rewritten(c, err);
		return;
	}
	if (err < 0 && err != -FF_ERESTARTNOINTR)
		ff_cross_check_answer(c, err);
	if (!ff_observe_answer(c, err))
		ff_syscall_answer(c, err);
}
