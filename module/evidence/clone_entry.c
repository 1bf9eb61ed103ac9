// SPDX-License-Identifier: GPL-2.0-only
/*
 * clone_entry.c - kernel_clone() is entered
 *
 * On the way of every fork: what may be asked for later goes into the call's note,
 * and nothing is kept.  Only a call whose arguments the kernel will refuse gets a
 * place in the table of failing calls here, since no child of it will be seen.
 *
 * Inside a hook: nothing sleeps, locks, prints or allocates.
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
#include "evidence/restart_loop.h"
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
	a->set_tid_size = args->set_tid_size;
	a->set_tid_bad = args->set_tid_size ? ff_bad_set_tid(args) : 0;
}

/**
 * ff_find_arguments - what a call has asked for
 * @c: the running task's call; its arguments are filled in
 * @args: what kernel_clone() was given, as long as it is there; NULL if that is not
 *	known
 *
 * From those, or what the caller's registers tell.
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

/* Flags of calls that cannot be refused for their flags alone. */
#define HARMLESS	(CSIGNAL | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID |		\
			 CLONE_CHILD_CLEARTID | CLONE_SETTLS | CLONE_SYSVSEM |		\
			 CLONE_FS | CLONE_FILES | CLONE_VFORK | CLONE_VM |		\
			 CLONE_SIGHAND | CLONE_THREAD | CLONE_UNTRACED |		\
			 CLONE_PTRACE | CLONE_IO | FF_CLONE_CLEAR_SIGHAND)

#define SHARING	(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)

/* A thread shares signal handlers, and who does that shares memory. */
static __always_inline bool flags_may_be_refused(const struct kernel_clone_args *args)
{
	u64 flags = args->flags, sharing = flags & SHARING;

	return (flags & ~HARMLESS) || !valid_signal(args->exit_signal) ||
	       (sharing && sharing != CLONE_VM && sharing != SHARING);
}

static bool clone_may_be_refused(const struct kernel_clone_args *args, const struct nsproxy *ns)
{
	if (flags_may_be_refused(args))
		return true;
	return (args->flags & CLONE_VM) &&
	       (ns->pid_ns_for_children != task_active_pid_ns(current) ||
		ff_timens_mismatch(ns));
}

/*
 * The arguments alone decide, and nobody can change them any more: what the checks
 * ask is certain before the answer is.  Whether the kernel has the check that
 * would refuse is what the answer tells.
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

	if (!ff_running_fork_syscall())
		return;
	/* kernel_clone() adds it before anybody looks */
	if (o.flags & FF_CLONE_EMPTY_MNTNS)
		o.flags |= CLONE_NEWNS;
	rcu_read_lock();
	ff_observe_arguments(&o, args);
	rcu_read_unlock();
	cause = ff_will_refuse(&o);
	/* a kernel that was read has no check that is not known */
	if (!cause && !(o.facts & FF_FACT_GUESSED))
		return;
	c = ff_call_claim(cause ? FF_CALL_REFUSED : FF_CALL_ASKED);
	if (!c)
		return;
	c->refused = cause;
	c->unusual = !cause;
	fill_arguments(&c->args, args);
	c->args.flags = o.flags;
	if (c->state == FF_CALL_IDLE)
		ff_call_answer_later(c);
}

/**
 * ff_note_namespaces - what a call's note has beyond its arguments
 * @n: the running task's note
 * @ns: the PID namespace that the child is to be in
 *
 * In the task that forks.
 *
 * Return: whether a PID namespace is dead.
 */
bool ff_note_namespaces(struct ff_note *n, const struct pid_namespace *ns)
{
	if (FF_OBSERVE_MEMORY)
		ff_note_write(&n->committed, ff_committed_pages());
	/* with one level only there is no question which one is full */
	return ns->level ? ff_note_nested_namespaces(n, ns) :
		!(ff_pidns_allocated(ns) & PIDNS_ADDING);
}

/* Of a call that is watched, may be refused at once, restarts, or is in a container. */
static noinline void observe_unusual_clone(const struct kernel_clone_args *args)
{
	const struct nsproxy *ns = current->nsproxy;
	struct ff_note *n = ff_note_place();

	ff_syscall_cloned();
	/* of a task that is going nobody asks */
	if (!ns)
		return;
	ff_note_write(&n->way, 0);
	WRITE_ONCE(n->args, (unsigned long)args |
		   ff_note_namespaces(n, ns->pid_ns_for_children));
	ff_restart_watch();
	if (!clone_may_be_refused(args, ns))
		return;
	expect_refusal(args);
	if (!FF_EXIT_SIGNAL_KNOWN && !valid_signal(args->exit_signal))
		ff_syscall_may_refuse(FORKFAIL_EXIT_SIGNAL_INVALID);
}

/**
 * ff_observe_clone - kernel_clone() is entered
 * @args: its argument
 *
 * On the way of every fork: short, and nothing to be kept over a call.  A child that
 * is to be in the initial PID namespace is in its parent's: a task's children never
 * go up.  (That it is dead it never is: its first task never ends.)
 */
void ff_observe_clone(const struct kernel_clone_args *args)
{
	const struct nsproxy *ns = current->nsproxy;
	struct ff_note *n;

	if (unlikely(!ns || ns->pid_ns_for_children->level ||
		     test_thread_flag(TIF_NOTIFY_RESUME) || ff_restart_watched() ||
		     flags_may_be_refused(args) || ff_timens_mismatch(ns))) {
		observe_unusual_clone(args);
		return;
	}
	n = ff_note_place();
	ff_note_write(&n->way, 0);
	WRITE_ONCE(n->args, (unsigned long)args);
	if (FF_OBSERVE_MEMORY)
		ff_note_write(&n->committed, ff_committed_pages());
}

/**
 * ff_observe_step - a function is entered that only some calls come to
 * @step: the step that it is
 *
 * Not only from within kernel_clone(): in other calls the note says nothing.
 */
void ff_observe_step(u8 step)
{
	struct ff_note *n = ff_note_running();
	u64 way;

	if (n && ff_note_read(&n->way, &way))
		ff_note_write(&n->way, (way & ~0xffULL) | step);
}
