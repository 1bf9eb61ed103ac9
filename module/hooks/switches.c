// SPDX-License-Identifier: GPL-2.0-only
/*
 * switches.c - stacks= and syscalls=: hooks that can be switched off and on
 *
 * Every mapping passes those of stacks=, and every system call under a seccomp filter one of
 * those of syscalls=.  Functions are added to the filter of a registered ftrace_ops, and
 * removed; attach.c has found out which ones ftrace can hook.
 */
#include <linux/ftrace.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>

#include "compat/compat.h"
#include "evidence/syscall.h"
#include "hooks/points.h"
#include "hooks/switches.h"

/**
 * struct hook_switch - one of these parameters
 * @hooked: called when its points are hooked
 * @leaving: called when they are about to be removed
 * @left: called when they are removed, and no task is in their handlers
 * @ops: whose filter they are added to
 * @wanted: the parameter; may be set before load
 * @on: its points were all hooked, and were not all removed since
 */
struct hook_switch {
	void (*hooked)(void);
	void (*leaving)(void);
	void (*left)(void);
	struct ftrace_ops *ops;
	bool wanted, on;
};

static void syscalls_hooked(void)
{
	ff_syscall_watch(ff_point_is_hooked(FF_POINT_SYSCALL, FF_ON_NOTIFY),
			 ff_point_is_hooked(FF_POINT_SYSCALL, FF_ON_STOP));
}

static struct hook_switch switches[FF_NR_SWITCHES] = {
	[FF_SWITCH_STACKS] = {
		.wanted		= FF_FTRACE_DIRECT,
	},
	[FF_SWITCH_SYSCALLS] = {
		.hooked		= syscalls_hooked,
		.leaving	= ff_syscall_unwatch,
		.left		= ff_syscall_unwatched,
		.wanted		= FF_FTRACE_DIRECT,
	},
};

static bool ready;		/* loaded: hooks can be switched */
static void (*count_hooks)(void);
static DEFINE_MUTEX(switch_lock);

static struct hook_switch *switch_of(const struct ff_point *p)
{
	switch (p->kind) {
	case FF_POINT_MMAP:
	case FF_POINT_MPROTECT:
		return &switches[FF_SWITCH_STACKS];
	case FF_POINT_FILTER:
	case FF_POINT_CLONE3:
	case FF_POINT_SYSCALL:
		return &switches[FF_SWITCH_SYSCALLS];
	default:
		return NULL;
	}
}

static int filter(const struct hook_switch *s, bool hook)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < ff_nr_points; i++)
		if (switch_of(&ff_points[i]) == s && ff_points[i].how)
			err = ff_point_filter(s->ops, ff_points[i].ip, hook);
	return err;
}

static int switch_off(struct hook_switch *s)
{
	bool was_on = s->on;
	int err;

	if (was_on && s->leaving)
		s->leaving();
	/* an attempt that failed may have left some: 5.10 would hook them twice */
	err = filter(s, false);
	if (err)
		return err;
	s->on = false;
	if (was_on && s->left) {
		/* a task may be in a handler, or on its way there: 5.10 to 7.2 wait so, too */
		synchronize_rcu_tasks();
		s->left();
	}
	return 0;
}

static int switch_on(struct hook_switch *s)
{
	int err;

	if (s->on && s->wanted)
		return 0;
	err = switch_off(s) ?: filter(s, true);
	if (err) {
		filter(s, false);
		return err;
	}
	s->on = true;
	if (s->hooked)
		s->hooked();
	return 0;
}

/**
 * ff_switches_init - hook the points that are switched on
 * @point_ops: ftrace_ops that saves a function's arguments
 * @syscall_ops: the one for system calls; both are registered
 * @count: called now and whenever something was switched; one at a time
 *
 * May sleep.
 *
 * Return: 0, or a negative errno.
 */
int ff_switches_init(struct ftrace_ops *point_ops, struct ftrace_ops *syscall_ops,
		     void (*count)(void))
{
	unsigned int i;
	int err = 0;

	switches[FF_SWITCH_STACKS].ops = point_ops;
	switches[FF_SWITCH_SYSCALLS].ops = syscall_ops;
	count_hooks = count;
	mutex_lock(&switch_lock);
	for (i = 0; !err && i < FF_NR_SWITCHES; i++)
		if (switches[i].wanted)
			err = switch_on(&switches[i]);
	ready = !err;
	count_hooks();
	mutex_unlock(&switch_lock);
	return err;
}

/**
 * ff_switches_count - count the points again, while nothing is being switched
 *
 * May sleep.  After ff_switches_init().
 */
void ff_switches_count(void)
{
	mutex_lock(&switch_lock);
	count_hooks();
	mutex_unlock(&switch_lock);
}

/**
 * ff_switches_exit - switch nothing any more
 *
 * May sleep.  The points are still hooked when it returns: unregistering their ftrace_ops
 * removes them, with one wait for all.
 */
void ff_switches_exit(void)
{
	unsigned int i;

	mutex_lock(&switch_lock);
	ready = false;
	for (i = 0; i < FF_NR_SWITCHES; i++)
		if (switches[i].on && switches[i].leaving)
			switches[i].leaving();
	mutex_unlock(&switch_lock);
}

/**
 * ff_switch - switch hooks on or off
 * @which: which
 * @on: whether to watch; before load this is only remembered
 *
 * May sleep.  On success the hooks are installed, or removed, when it returns.
 *
 * Return: 0, or a negative errno.
 */
int ff_switch(enum ff_switch which, bool on)
{
	struct hook_switch *s = &switches[which];
	int err = 0;

	mutex_lock(&switch_lock);
	if (ready)
		err = on ? switch_on(s) : switch_off(s);
	WRITE_ONCE(s->wanted, on && !err);
	if (ready)
		count_hooks();
	mutex_unlock(&switch_lock);
	return err;
}

/**
 * ff_switch_is_on - are these hooks switched on?
 * @which: which
 *
 * Return: true if so.
 */
bool ff_switch_is_on(enum ff_switch which)
{
	return READ_ONCE(switches[which].wanted);
}

/**
 * ff_is_switched_off - is this point switched off?
 * @p: the point
 *
 * Return: true if it could be hooked, and is not wanted.
 */
bool ff_is_switched_off(const struct ff_point *p)
{
	const struct hook_switch *s = switch_of(p);

	return s && !READ_ONCE(s->wanted);
}
