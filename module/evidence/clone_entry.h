/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clone_entry.h - what is done when kernel_clone() is entered
 */
#ifndef FORKFAIL_CLONE_ENTRY_H
#define FORKFAIL_CLONE_ENTRY_H

#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/signal.h>
#include <linux/types.h>

#include "compat/compat.h"
#include "compat/symbols.h"
#include "evidence/clone_note.h"
#include "evidence/restart_loop.h"
#include "rules/observation.h"

struct ff_call;

/* Flags for which no kernel refuses a call, except for the combinations below. */
#define FF_CLONE_HARMLESS	(FF_CLONE_USUAL &						\
				 ~(CLONE_PIDFD | CLONE_PARENT | FF_CLONE_INTO_CGROUP))

#define FF_CLONE_SHARING	(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)

/* CLONE_THREAD needs CLONE_SIGHAND, and that needs CLONE_VM. */
static __always_inline bool ff_flags_may_be_refused(const struct kernel_clone_args *args)
{
	u64 flags = args->flags;

	return (flags & ~FF_CLONE_HARMLESS) || !valid_signal(args->exit_signal) ||
	       (unlikely(flags & FF_CLONE_SHARING & ~CLONE_VM) &&
		(flags & FF_CLONE_SHARING) != FF_CLONE_SHARING);
}

/**
 * ff_note_usual_clone - kernel_clone() is entered; enough for most calls
 * @args: its argument
 *
 * Runs on every fork, so it is short and calls nothing.  If the child is to be in the initial
 * PID namespace, so is its parent: a child is never in a namespace above its parent's.  The
 * initial PID namespace is never dead, because its first task never exits.
 *
 * Return: false if it did nothing, because the call needs ff_observe_unusual_clone().
 */
static __always_inline bool ff_note_usual_clone(const struct kernel_clone_args *args)
{
	const struct nsproxy *ns = current->nsproxy;
	struct ff_note *n;
	s64 committed;

	if (unlikely(!ns || ns->pid_ns_for_children->level ||
		     test_thread_flag(TIF_NOTIFY_RESUME) || ff_restart_watched() ||
		     ff_flags_may_be_refused(args) || ff_timens_mismatch(ns)))
		return false;
	committed = FF_OBSERVE_MEMORY ? ff_committed_pages() : 0;
	n = ff_note_place();
	ff_note_write(&n->way, 0);
	WRITE_ONCE(n->args, (unsigned long)args);
	if (FF_OBSERVE_MEMORY)
		ff_note_write(&n->committed, committed);
	return true;
}

void ff_observe_unusual_clone(const struct kernel_clone_args *args);
void ff_observe_step(u8 step);
void ff_find_arguments(struct ff_call *c, const struct kernel_clone_args *args);
bool ff_note_namespaces(struct ff_note *n, const struct pid_namespace *ns);

#endif /* FORKFAIL_CLONE_ENTRY_H */
