// SPDX-License-Identifier: GPL-2.0-only
/*
 * clone_entry.c - what is done when kernel_clone() is entered
 *
 * Every fork runs this, most of them only the part in clone_entry.h.  It writes a note of what
 * may be needed later, and nothing that would have to be freed.  Only a call whose arguments
 * the kernel will refuse gets a place in the table of failing calls, because there will be no
 * dead child to see.
 *
 * All of this runs inside a hook: it does not sleep, lock, print or allocate.
 */
#include <linux/pid_namespace.h>
#include <linux/sched/task_stack.h>
#include <linux/signal.h>

#include "compat/compat.h"
#include "evidence/clone_entry.h"
#include "evidence/clone_note.h"
#include "evidence/failing_call.h"
#include "evidence/fork_syscall.h"
#include "evidence/namespaces.h"
#include "evidence/pid_namespace.h"
#include "evidence/restart_loop.h"
#include "evidence/set_tid.h"
#include "evidence/syscall.h"
#include "rules/match.h"

static void fill_arguments(struct ff_arguments *a, const struct kernel_clone_args *args)
{
	a->known = true;
	a->kind = ff_args_kind(args);
	a->flags = args->flags;
	a->exit_signal = args->exit_signal;
	a->pidfd_is_parent_tid = args->pidfd == args->parent_tid;
	a->tls = ff_tls(args->tls);
	ff_read_set_tid(a, args);
}

/**
 * ff_find_arguments - fill in what a call has asked for
 * @c: the running task's call
 * @args: kernel_clone()'s arguments while they are valid; NULL to take what the
 *	registers of the system call tell
 */
void ff_find_arguments(struct ff_call *c, const struct kernel_clone_args *args)
{
	struct ff_arguments *a = &c->args;
	u8 syscall;

	if (args) {
		fill_arguments(a, args);
		return;
	}
	if (c->creator)
		return;
	syscall = ff_running_fork_syscall();
	a->known = syscall && syscall != FORKFAIL_SYSCALL_CLONE3 &&
		   ff_fork_syscall_flags(syscall, &a->flags);
	a->kind = ff_fork_kind(a->flags);
}

static bool clone_may_be_refused(const struct kernel_clone_args *args, const struct nsproxy *ns)
{
	if (ff_flags_may_be_refused(args))
		return true;
	return (args->flags & CLONE_VM) &&
	       (ns->pid_ns_for_children != task_active_pid_ns(current) ||
		ff_timens_mismatch(ns));
}

/*
 * The checks look only at the arguments, which nobody can change any more.  So it is
 * known now whether a check would refuse the call; its return value then shows whether
 * this kernel has that check.
 */
static noinline void expect_refusal(const struct kernel_clone_args *args)
{
	struct ff_observation o = {
		.facts = FF_KERNEL_FACTS,
		.flags = args->flags,
		.have_args = true,
		.pidns_dead_level = -1,
	};
	struct ff_call *c;
	u8 cause;

	if ((current->flags & (PF_KTHREAD | PF_IO_WORKER)) ||
	    !ff_fork_syscall(syscall_get_nr(current, current_pt_regs())))
		return;
	/* kernel_clone() adds it before the checks */
	if (o.flags & FF_CLONE_EMPTY_MNTNS)
		o.flags |= CLONE_NEWNS;
	rcu_read_lock();
	ff_observe_arguments(&o, args);
	rcu_read_unlock();
	cause = ff_will_refuse(&o);
	/*
	 * A check that is not known may refuse: a vendor or a stable release may have added
	 * it.  On a kernel that was read, calls with usual flags are not watched for that.
	 */
	if (!cause && !(o.facts & FF_FACT_GUESSED) && !(args->flags & ~FF_CLONE_USUAL))
		return;
	c = ff_call_claim(cause ? FF_CALL_REFUSED : FF_CALL_WATCHED);
	if (!c)
		return;
	c->refused = cause;
	c->unusual = !cause;
	fill_arguments(&c->args, args);
	c->args.flags = o.flags;
	ff_call_watch_return(c);
}

/**
 * ff_note_namespaces - note the state of PID namespaces and committed memory
 * @n: the running task's note
 * @ns: the PID namespace that the child is to be in
 *
 * In the task that forks.
 *
 * Return: whether a PID namespace is dead, so that the call will fail.
 */
bool ff_note_namespaces(struct ff_note *n, const struct pid_namespace *ns)
{
	if (FF_OBSERVE_MEMORY)
		ff_note_write(&n->committed, ff_committed_pages());
	/* with only one level it is clear which one is full */
	return ns->level ? ff_note_nested_namespaces(n, ns) :
		!(ff_pidns_allocated(ns) & PIDNS_ADDING);
}

/**
 * ff_observe_unusual_clone - kernel_clone() is entered, and ff_note_usual_clone() was not enough
 * @args: its argument
 *
 * For calls that are watched, may be refused at once, restart, or are in a container.
 */
void ff_observe_unusual_clone(const struct kernel_clone_args *args)
{
	const struct nsproxy *ns = current->nsproxy;
	struct ff_note *n = ff_note_place();
	struct ff_call *c = ff_call_find();

	if (c)
		c->r.cloned = true;
	/* a task that is exiting does not fork */
	if (!ns)
		return;
	ff_note_write(&n->way, 0);
	WRITE_ONCE(n->args, (unsigned long)args |
		   ff_note_namespaces(n, ns->pid_ns_for_children));
	ff_restart_watch();
	if (clone_may_be_refused(args, ns)) {
		expect_refusal(args);
		if (!FF_EXIT_SIGNAL_KNOWN && !valid_signal(args->exit_signal))
			ff_syscall_may_refuse(FORKFAIL_EXIT_SIGNAL_INVALID);
	}
	/* what fails from here on is seen where it fails */
	if (c)
		ff_call_let_through(c);
}

/**
 * ff_observe_step - note that a function was entered that only some calls reach
 * @step: which step it is
 *
 * Other system calls than those of the fork family enter it, too; nobody reads their note.
 */
void ff_observe_step(u8 step)
{
	struct ff_note *n = ff_note_place();
	u64 way;

	if (ff_note_read(&n->way, &way))
		ff_note_write(&n->way, (way & ~0xffULL) | step);
}
