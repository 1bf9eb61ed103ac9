// SPDX-License-Identifier: GPL-2.0-only
/*
 * handlers.c - what runs when a hooked function is entered
 *
 * ftrace and kprobes call these handlers in the context of the hooked function's caller:
 * they take no lock, do not sleep and do not print.  ftrace does not disable preemption for
 * them (ftrace_ops_get_func() in 5.10 to 7.3).
 *
 * There are few ftrace_ops and handlers because the kernel walks the list of all
 * ftrace_ops whenever another tracer hooks the same function, and waits for each by itself
 * when they are unregistered.  A handler first checks for the functions that every fork,
 * every exit of a task, every mapping and every signal runs.
 */
#include <linux/ftrace.h>
#include <linux/preempt.h>

#include "compat/compat.h"
#include "evidence/clone_entry.h"
#include "evidence/dead_child.h"
#include "evidence/observe.h"
#include "evidence/syscall.h"
#include "evidence/thread_stack.h"
#include "evidence/witness.h"
#include "hooks/handlers.h"
#include "hooks/points.h"
#include "hooks/selftest.h"

/*
 * Addresses of the functions that are checked first, as ftrace passes them: they may lie up
 * to FF_FTRACE_IP_SLACK behind the function's own, which is what is here until the first
 * hit.  0 if missing.  All that write one at the same time write the same.
 */
static unsigned long first_ip[FF_NR_POINT_KINDS];

static __always_inline bool is_at(unsigned long ip, enum ff_point_kind kind)
{
	/* accepted: it is learnt at this moment, and this hit takes the long way */
	return ip == data_race(first_ip[kind]);
}

/* A task that is TASK_DEAD without ever exiting is a child that copy_process() gave up. */
static __always_inline bool is_dead_child(const struct task_struct *p)
{
	return unlikely(!(p->flags & PF_EXITING)) && ff_task_state(p) == TASK_DEAD;
}

static noinline void other_entered(unsigned long ip, unsigned long parent_ip,
				   struct ftrace_ops *op, ff_regs *regs)
{
	const struct ff_point *p = ff_point_at(ip);

	if (!p) {
		ff_self_test_hit();
	} else if (p->kind == FF_POINT_STEP) {
		ff_observe_step(p->id);
	} else if (p->kind == FF_POINT_WITNESS) {
		/*
		 * An interrupt may run a witness, too, for example to notify a cgroup while the
		 * task is inside copy_process().  Only what the task itself does counts.
		 */
		unsigned long arg[3] = {
			ff_ftrace_argument(regs, 0),
			ff_ftrace_argument(regs, 1),
			ff_ftrace_argument(regs, 2),
		};

		if (in_task() && ff_point_counts(p, parent_ip))
			ff_observe_witness(p->id, arg);
	} else if (p->kind == FF_POINT_DEAD_CHILD && is_at(ip, p->kind)) {
		/* looked at once more: it may be another CPU that has just learnt the address */
		if (is_dead_child((const void *)ff_ftrace_argument(regs, 0)))
			ff_observe_dead_child((const void *)ff_ftrace_argument(regs, 0));
	} else if (p->kind == FF_POINT_CLONE && is_at(ip, p->kind)) {
		ff_observe_unusual_clone((const void *)ff_ftrace_argument(regs, 0));
	} else {
		WRITE_ONCE(first_ip[p->kind], ip);
		ff_point_entered(ip, parent_ip, op, regs);
	}
}

/*
 * A fork that succeeds comes here twice.  No function is called then, so the compiler makes no
 * stack frame; other_entered() does the rest.
 */
void notrace ff_point_entered(unsigned long ip, unsigned long parent_ip,
			      struct ftrace_ops *op, ff_regs *regs)
{
	if (FF_FTRACE_ARGS_MISSING(regs))
		return;
	if (is_at(ip, FF_POINT_DEAD_CHILD)) {
		if (!is_dead_child((const void *)ff_ftrace_argument(regs, 0)))
			return;
	} else if (is_at(ip, FF_POINT_CLONE)) {
		if (ff_note_usual_clone((const void *)ff_ftrace_argument(regs, 0)))
			return;
	}
	if (is_at(ip, FF_POINT_MMAP))
		ff_stack_mmap_entered(regs);
	else if (is_at(ip, FF_POINT_MPROTECT))
		ff_stack_mprotect_entered(regs);
	else if (is_at(ip, FF_POINT_SIGNAL))
		ff_observe_signal();
	else
		other_entered(ip, parent_ip, op, regs);
}

/*
 * Each system call under a filter comes here, and each thread that the C library creates
 * with clone3(), and must be through with it soon.
 */
void notrace ff_syscall_entered(unsigned long ip, unsigned long parent_ip,
				struct ftrace_ops *op, ff_regs *regs)
{
	const struct ff_point *p;

	if (likely(is_at(ip, FF_POINT_FILTER))) {
		ff_seccomp_entered(regs);
		return;
	}
	if (likely(is_at(ip, FF_POINT_CLONE3))) {
		ff_clone3_entered(regs);
		return;
	}
	p = ff_point_at(ip);
	if (p && p->kind == FF_POINT_SYSCALL) {
		p->entered(regs);
	} else if (p) {
		WRITE_ONCE(first_ip[p->kind], ip);
		ff_syscall_entered(ip, parent_ip, op, regs);
	}
}

/*
 * in_task() for a kprobe.  A kprobe's breakpoint may be counted as an NMI, although a
 * task was running.  (An optimized kprobe, or one on ftrace, is not.)
 */
static bool probed_in_task(void)
{
	unsigned long count = preempt_count() & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_OFFSET);

	return !count || count == NMI_OFFSET + HARDIRQ_OFFSET;
}
NOKPROBE_SYMBOL(probed_in_task);

int ff_point_probed(struct kprobe *kp, struct pt_regs *regs)
{
	const struct ff_point *p = container_of(kp, struct ff_point, kp);
	unsigned long arg[3] = {
		regs_get_kernel_argument(regs, 0),
		regs_get_kernel_argument(regs, 1),
		regs_get_kernel_argument(regs, 2),
	};

	switch (p->kind) {
	case FF_POINT_DEAD_CHILD:
		if (is_dead_child((const void *)arg[0]))
			ff_observe_dead_child((const void *)arg[0]);
		break;
	case FF_POINT_CLONE:
		if (!ff_note_usual_clone((const void *)arg[0]))
			ff_observe_unusual_clone((const void *)arg[0]);
		break;
	case FF_POINT_SIGNAL:
		ff_observe_signal();
		break;
	case FF_POINT_STEP:
		ff_observe_step(p->id);
		break;
	default:
		if (probed_in_task() && ff_point_counts(p, ff_return_address(regs)))
			ff_observe_witness(p->id, arg);
	}
	return 0;
}
NOKPROBE_SYMBOL(ff_point_probed);

/**
 * ff_handlers_init - look up the addresses that the handlers check first
 *
 * Call it after ff_points_find(), before any hook is registered.
 */
void ff_handlers_init(void)
{
	unsigned int i;

	for (i = 0; i < ff_nr_points; i++)
		first_ip[ff_points[i].kind] = ff_points[i].ip;
}
