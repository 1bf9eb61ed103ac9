// SPDX-License-Identifier: GPL-2.0-only
/*
 * syscall_hooks.c - the hooks for calls that never reach copy_process()
 *
 * They are separate from those of attach.c because syscalls= switches them off and on:
 * every system call under a seccomp filter passes one of them.  syscall.c has what they
 * do.
 *
 * Their ftrace_ops is registered before everything else and as long as the module is
 * loaded, because it also guards the kprobes (attach.c says how).  Functions are added to
 * its filter and removed.
 */
#include <linux/ftrace.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>

#include "compat/compat.h"
#include "compat/symbols.h"
#include "evidence/syscall.h"
#include "hooks/points.h"
#include "hooks/syscall_hooks.h"

#define NAMES	3	/* a compiler that changes a function's arguments adds a suffix */

/**
 * struct syscall_point - one watch point
 * @names: symbols that the function can have
 * @blind: what cannot be seen without it
 * @entered: the handler
 * @ip: its address; 0 if it cannot be hooked on this kernel
 */
struct syscall_point {
	const char *names[NAMES];
	const char *blind;
	void (*entered)(ff_regs *regs);
	unsigned long ip;
};

#define POINT(handler, what, ...) {					\
	.names = { __VA_ARGS__ },					\
	.blind = what,							\
	.entered = handler,						\
}

/* enter_point() compares addresses in this order: the most frequent come first. */
enum { SECCOMP, CLONE3, NOTIFY, STOP, STOPPING, EXEC, NR_POINTS };

static struct syscall_point points[NR_POINTS] = {
	[NOTIFY] = POINT(ff_notify_entered, "a filter's answer and a supervisor's look alike",
			 "seccomp_do_user_notification",
			 "seccomp_do_user_notification.constprop.0",
			 "seccomp_do_user_notification.isra.0"),
	[STOPPING] = POINT(ff_stopping, "what tracers change about a call", "ptrace_do_notify"),
	[STOP] = POINT(ff_stop_entered, "what tracers change about a call", "ptrace_notify"),
	[EXEC] = POINT(ff_exec_entered, "execve() refused by RLIMIT_NPROC",
		       "do_execveat_common", "do_execveat_common.isra.0"),
	[CLONE3] = POINT(ff_clone3_entered, "arguments that clone3() refuses",
			 "copy_clone_args_from_user"),
	[SECCOMP] = POINT(ff_seccomp_entered, "calls that a seccomp filter answers, or kills the caller for",
			  "__seccomp_filter"),
};

static unsigned long seccomp_ip;	/* 0 if it is not hooked */

static noinline void notrace enter_point(unsigned long ip, ff_regs *regs)
{
	unsigned int i;

	for (i = 0; i < NR_POINTS; i++)
		if (points[i].ip && ip - points[i].ip < FF_FTRACE_IP_SLACK) {
			points[i].entered(regs);
			return;
		}
}

static void notrace syscall_entered(unsigned long ip, unsigned long parent_ip,
				    struct ftrace_ops *op, ff_regs *regs)
{
	/* every system call under a filter comes here, and must be through with it soon */
	if (likely(ip - seccomp_ip < FF_FTRACE_IP_SLACK))
		ff_seccomp_entered(regs);
	else
		enter_point(ip, regs);
}

/* One for all points: unregistering each ftrace_ops waits for a grace period. */
static struct ftrace_ops syscall_ops = {
	.func	= syscall_entered,
	.flags	= FF_FTRACE_FLAGS,
};

/* Always in the filter, because an empty filter stands for all functions. */
static noinline void never_called(void)
{
	barrier();
}

static bool registered;		/* syscall_ops is */
static bool on;			/* the points are hooked */
static bool wanted = FF_FTRACE_DIRECT;	/* the parameter; also set before load */
static bool ready;		/* loaded: the hooks can be switched */
static bool possible;		/* kernel_clone() is hooked, which tells refusals from forks */
static DEFINE_MUTEX(switch_lock);

static int find_points(const char *skip)
{
	struct ff_symbol symbols[NR_POINTS * NAMES] = {};
	unsigned int i, n;
	int err;

	for (i = 0; i < NR_POINTS; i++)
		for (n = 0; n < NAMES; n++)
			symbols[i * NAMES + n].name = points[i].names[n];
	err = ff_symbols_find(symbols, ARRAY_SIZE(symbols));
	for (i = 0; !err && i < NR_POINTS; i++) {
		if (ff_point_is_skipped(skip, points[i].names[0]))
			continue;
		for (n = 0; n < NAMES && !points[i].ip; n++)
			points[i].ip = symbols[i * NAMES + n].start;
	}
	/* each needs the other: a call that is parked by one is taken up by the other */
	if (!points[STOP].ip || !points[STOPPING].ip) {
		points[STOP].ip = 0;
		points[STOPPING].ip = 0;
	}
	/* without clone3()'s hook its own refusals would be taken for a filter's */
	if (!points[CLONE3].ip)
		points[SECCOMP].ip = 0;
	seccomp_ip = points[SECCOMP].ip;
	return err;
}

static bool is_point_hooked(unsigned int i)
{
	return READ_ONCE(on) && points[i].ip;
}

static int filter_points(bool hook)
{
	unsigned int i;
	int err;

	for (i = 0; i < NR_POINTS; i++) {
		if (!points[i].ip)
			continue;
		err = ff_point_filter(&syscall_ops, points[i].ip, hook);
		if (hook && err == -EINVAL)
			points[i].ip = 0;
		else if (err)
			return err;
	}
	return 0;
}

static int unhook_points(void)
{
	int err;

	if (!on)
		return 0;
	ff_syscall_unwatch();
	err = filter_points(false);
	if (err)
		return err;
	WRITE_ONCE(on, false);
	/* a task may be in a handler, or on its way there: 5.10 to 7.2 wait so, too */
	synchronize_rcu_tasks();
	ff_syscall_unwatched();
	return 0;
}

static int hook_points(void)
{
	int err;

	if (on && READ_ONCE(wanted))
		return 0;
	/* an attempt that failed may have left some: 5.10 would hook them twice */
	err = on ? unhook_points() : filter_points(false);
	if (!err)
		err = filter_points(true);
	if (err) {
		filter_points(false);
		return err;
	}
	WRITE_ONCE(on, true);
	ff_syscall_watch(is_point_hooked(NOTIFY), is_point_hooked(STOP));
	return 0;
}

/**
 * ff_syscall_hooks_register - register the ftrace_ops of these hooks
 *
 * May sleep.  No point is hooked yet.
 *
 * Return: 0, or a negative errno.
 */
int ff_syscall_hooks_register(void)
{
	int err = ff_point_filter(&syscall_ops, (unsigned long)never_called, true);

	if (!err)
		err = register_ftrace_function(&syscall_ops);
	registered = !err;
	if (err)
		ftrace_set_filter(&syscall_ops, NULL, 0, 1);
	return err;
}

/**
 * ff_syscall_hooks_init - install the hooks, if they are switched on
 * @skip: points to leave out, separated by commas; NULL for none
 * @clone_hooked: whether kernel_clone() is hooked; without it nothing is installed
 *
 * May sleep.  After ff_syscall_hooks_register().
 *
 * Return: 0, or a negative errno with nothing hooked.
 */
int ff_syscall_hooks_init(const char *skip, bool clone_hooked)
{
	int err;

	err = find_points(skip);
	if (err)
		return err;
	possible = clone_hooked;
	mutex_lock(&switch_lock);
	if (possible && wanted)
		err = hook_points();
	ready = !err;
	mutex_unlock(&switch_lock);
	return err;
}

/**
 * ff_syscall_hooks_exit - remove the hooks, and unregister their ftrace_ops
 *
 * May sleep.  When it returns, none of these handlers is running and none will, unless
 * ftrace has shut itself down.
 */
void ff_syscall_hooks_exit(void)
{
	unsigned int i;

	mutex_lock(&switch_lock);
	ready = false;
	if (on)
		ff_syscall_unwatch();
	/* this waits until no task is in a handler */
	if (registered && !unregister_ftrace_function(&syscall_ops)) {
		registered = false;
		if (on)
			ff_syscall_unwatched();
		WRITE_ONCE(on, false);
	}
	mutex_unlock(&switch_lock);
	/* 5.10 does not export ftrace_free_filter(); an empty filter does the same */
	ftrace_set_filter(&syscall_ops, NULL, 0, 1);
	for (i = 0; i < NR_POINTS; i++)
		points[i].ip = 0;
}

/**
 * ff_syscall_hooks_switch - switch the hooks on or off
 * @want: whether to watch system calls; before load this is only remembered
 *
 * May sleep.  On success the hooks are installed, or removed, when it returns.
 *
 * Return: 0, or a negative errno.
 */
int ff_syscall_hooks_switch(bool want)
{
	int err = 0;

	mutex_lock(&switch_lock);
	if (ready && !want)
		err = unhook_points();
	else if (ready && possible)
		err = hook_points();
	WRITE_ONCE(wanted, want && !err);
	mutex_unlock(&switch_lock);
	return err;
}

/**
 * ff_syscall_hooks_on - are these hooks switched on?
 *
 * Return: true if so.
 */
bool ff_syscall_hooks_on(void)
{
	return READ_ONCE(wanted);
}

/**
 * ff_syscall_hooks_name - get the name of one of the points
 * @i: index, from 0
 *
 * Return: the name, or NULL after the last.
 */
const char *ff_syscall_hooks_name(unsigned int i)
{
	return i < NR_POINTS ? points[i].names[0] : NULL;
}

/**
 * ff_syscall_hooks_count - count these points
 * @nr_wanted: receives how many are wanted; 0 if switched off
 * @nr_armed: receives how many are hooked
 */
void ff_syscall_hooks_count(unsigned int *nr_wanted, unsigned int *nr_armed)
{
	unsigned int i;

	*nr_wanted = 0;
	*nr_armed = 0;
	for (i = 0; READ_ONCE(wanted) && i < NR_POINTS; i++) {
		++*nr_wanted;
		*nr_armed += is_point_hooked(i);
	}
}

/**
 * ff_syscall_hooks_unarmed - find the next point that is not hooked
 * @i: position; start with 0, it is advanced
 * @name: receives the point's name
 * @blind: receives what cannot be seen without it
 *
 * Return: false if there is none left.
 */
bool ff_syscall_hooks_unarmed(unsigned int *i, const char **name, const char **blind)
{
	for (; READ_ONCE(wanted) && *i < NR_POINTS; (*i)++) {
		if (is_point_hooked(*i))
			continue;
		*name = points[*i].names[0];
		*blind = points[*i].blind;
		(*i)++;
		return true;
	}
	return false;
}

/**
 * ff_syscall_hooks_show - print the points for debugfs
 * @m: the file
 *
 * May sleep.
 */
void ff_syscall_hooks_show(struct seq_file *m)
{
	unsigned int i;

	for (i = 0; i < NR_POINTS; i++)
		seq_printf(m, "%-30s %-8s %s\n", points[i].names[0], "syscall",
			   is_point_hooked(i) ? "ftrace" : ff_syscall_hooks_on() ? "-" : "off");
}
