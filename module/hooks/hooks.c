// SPDX-License-Identifier: GPL-2.0-only
/*
 * hooks.c - what runs when a function that is watched is entered
 *
 * In the context of whoever calls that function, preemption off: no lock, no
 * sleep, no print.  The functions are the handlers that ftrace and kprobes ask
 * for; nobody else calls them.
 */
#include <linux/ftrace.h>
#include <linux/preempt.h>

#include "compat/compat.h"
#include "hooks/hooks.h"
#include "evidence/look.h"
#include "evidence/observe.h"
#include "hooks/points.h"
#include "evidence/restart.h"
#include "compat/symbols.h"
#include "evidence/trail.h"

static atomic_long_t no_room = ATOMIC_LONG_INIT(0);

void notrace ff_step_entered(unsigned long ip, unsigned long parent_ip,
			     struct ftrace_ops *op, ff_regs *regs)
{
	struct ff_trail *t = ff_trail_find();

	if (likely(t))
		t->ip = ip;
}

static __always_inline void look(struct ff_trail *t, unsigned long ip)
{
	t->ip = ip;
	if (ff_is_memory_look(ip))
		t->committed = ff_committed_pages();
	else
		ff_look_before_alloc_pid(t);
}

void notrace ff_look_entered(unsigned long ip, unsigned long parent_ip,
			     struct ftrace_ops *op, ff_regs *regs)
{
	struct ff_trail *t = ff_trail_find();

	if (likely(t))
		look(t, ip);
}

/*
 * Only what the task itself does counts: an interrupt that notifies a cgroup
 * while the task is inside copy_process() says nothing of the task.
 */
void notrace ff_witness_entered(unsigned long ip, unsigned long parent_ip,
				struct ftrace_ops *op, ff_regs *regs)
{
	const struct ff_point *p;
	struct ff_trail *t;

	if (!in_task())
		return;
	t = ff_trail_find();
	if (likely(!t))
		return;
	p = ff_point_at(ip);
	if (!p) {
		t->ip = ip;	/* the self-test's dummy */
	} else if (p->kind == FF_POINT_WITNESS && regs && ff_point_counts(p, t, parent_ip)) {
		unsigned long arg[3] = {
			ff_ftrace_argument(regs, 0),
			ff_ftrace_argument(regs, 1),
			ff_ftrace_argument(regs, 2),
		};

		ff_observe_witness(t, p->id, arg);
	}
}

void notrace ff_clone_entered(unsigned long ip, unsigned long parent_ip,
			      struct ftrace_ops *op, ff_regs *regs)
{
	if (likely(regs))
		ff_observe_clone((const void *)ff_ftrace_argument(regs, 0));
}

int ff_clone_probed(struct kprobe *kp, struct pt_regs *regs)
{
	ff_observe_clone((const void *)regs_get_kernel_argument(regs, 0));
	return 0;
}
NOKPROBE_SYMBOL(ff_clone_probed);

int ff_step_probed(struct kprobe *kp, struct pt_regs *regs)
{
	const struct ff_point *p = container_of(kp, struct ff_point, kp);
	struct ff_trail *t = ff_trail_find();

	if (t && p->kind == FF_POINT_LOOK)
		look(t, (unsigned long)kp->addr);
	else if (t)
		t->ip = (unsigned long)kp->addr;
	return 0;
}

/*
 * in_task() for a kprobe: its breakpoint may be taken like an NMI, which says
 * nothing of what was running then.  (Made a jump, or put on ftrace, it is not.)
 */
static bool probed_in_task(void)
{
	unsigned long count = preempt_count() & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_OFFSET);

	return !count || count == NMI_OFFSET + HARDIRQ_OFFSET;
}
NOKPROBE_SYMBOL(probed_in_task);

int ff_witness_probed(struct kprobe *kp, struct pt_regs *regs)
{
	const struct ff_point *p = container_of(kp, struct ff_point, kp);
	struct ff_trail *t = probed_in_task() ? ff_trail_find() : NULL;

	if (t && ff_point_counts(p, t, ff_return_address(regs))) {
		unsigned long arg[3] = {
			regs_get_kernel_argument(regs, 0),
			regs_get_kernel_argument(regs, 1),
			regs_get_kernel_argument(regs, 2),
		};

		ff_observe_witness(t, p->id, arg);
	}
	return 0;
}
NOKPROBE_SYMBOL(ff_step_probed);
NOKPROBE_SYMBOL(ff_witness_probed);

int ff_fork_entered(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct ff_trail *t = ff_trail_claim();

	if (unlikely(!t)) {
		atomic_long_inc(&no_room);
		return 1;
	}
	t->args = (const void *)regs_get_kernel_argument(regs, 3);
	*(struct ff_trail **)ri->data = t;
	return 0;
}
NOKPROBE_SYMBOL(ff_fork_entered);

int ff_fork_returned(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct ff_trail *t = *(struct ff_trail **)ri->data;
	long ret = regs_return_value(regs);

	if (IS_ERR_VALUE(ret))
		ff_observe_failure(t, ret);
	else
		ff_restart_over();
	if (unlikely(t->cold))
		ff_observe_end(t->cold);
	ff_trail_release(t);
	return 0;
}
NOKPROBE_SYMBOL(ff_fork_returned);

/**
 * ff_hooks_no_room - calls of copy_process() for which there was no trail
 *
 * Any context.
 *
 * Return: how many since load.
 */
long ff_hooks_no_room(void)
{
	return atomic_long_read(&no_room);
}
