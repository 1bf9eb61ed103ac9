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
 * ff_call_returned - a call has returned
 * @c: the running task's call
 *
 * Runs in the task, when it returns to user space or exits; may sleep.  The registers
 * hold what the caller gets: a tracer can no longer change it.
 */
void ff_call_returned(struct ff_call *c)
{
	struct pt_regs *regs = current_pt_regs();
	long err = syscall_get_error(current, regs);

	if (c->kind == FF_CALL_STACK) {
		ff_stack_returned(c, err);
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
		ff_cross_check_returned(c, err);
	if (!ff_observe_returned(c, err))
		ff_syscall_returned(c, err);
}
