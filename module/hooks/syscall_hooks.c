// SPDX-License-Identifier: GPL-2.0-only
/*
 * syscall_hooks.c - the hooks on the way of calls that never reach copy_process()
 *
 * Apart from those of attach.c because they can be switched off and on: they are
 * on the way of every system call under a seccomp filter.  See syscall.c.
 */
#include <linux/ftrace.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>

#include "compat/compat.h"
#include "compat/symbols.h"
#include "evidence/syscall.h"
#include "hooks/points.h"
#include "hooks/syscall_hooks.h"

#define NAMES	3	/* a compiler that changes a function's arguments says so */

/**
 * struct syscall_point - one function that is watched
 * @names: its symbol, under the names that it can have
 * @blind: what cannot be seen without it
 * @entered: what runs when it is entered
 * @ip: where it is, 0: it cannot be hooked here
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

enum { SECCOMP, CLONE3, NOTIFY, STOP, STOPPING, EXEC, NR_POINTS };

/* Those that are entered most often come first. */
static struct syscall_point points[NR_POINTS] = {
	[NOTIFY] = POINT(ff_notify_entered, "a filter's answer and a supervisor's look alike",
			 "seccomp_do_user_notification",
			 "seccomp_do_user_notification.constprop.0",
			 "seccomp_do_user_notification.isra.0"),
	[STOPPING] = POINT(ff_stopping, "what tracers make of a call", "ptrace_do_notify"),
	[STOP] = POINT(ff_stop_entered, "what tracers make of a call", "ptrace_notify"),
	[EXEC] = POINT(ff_exec_entered, "execve() refused by RLIMIT_NPROC",
		       "do_execveat_common", "do_execveat_common.isra.0"),
	[CLONE3] = POINT(ff_clone3_entered, "arguments that clone3() refuses",
			 "copy_clone_args_from_user"),
	[SECCOMP] = POINT(ff_seccomp_entered, "calls that a seccomp filter answers or kills for",
			  "__seccomp_filter"),
};

static void notrace syscall_entered(unsigned long ip, unsigned long parent_ip,
				    struct ftrace_ops *op, ff_regs *regs)
{
	unsigned int i;

	for (i = 0; i < NR_POINTS; i++)
		if (points[i].ip && ip - points[i].ip < FF_FTRACE_IP_SLACK) {
			points[i].entered(regs);
			return;
		}
}

/* One for all: unhooking waits for each ftrace_ops by itself. */
static struct ftrace_ops syscall_ops = {
	.func	= syscall_entered,
	.flags	= FF_FTRACE_FLAGS,
};

static bool on;			/* it is registered */
static bool wanted = FF_FTRACE_DIRECT;	/* whether the module is loaded yet or not */
static bool ready;		/* the points can be registered */
static bool possible;		/* kernel_clone() is hooked: refusals can be told from forks */
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
	/* who is told of one half of a stop only would wait for the other */
	if (!points[STOP].ip || !points[STOPPING].ip) {
		points[STOP].ip = 0;
		points[STOPPING].ip = 0;
	}
	/* without clone3()'s own hook its refusals would be a filter's */
	if (!points[CLONE3].ip)
		points[SECCOMP].ip = 0;
	for (i = 0; !err && i < NR_POINTS; i++)
		if (points[i].ip && ff_point_filter(&syscall_ops, points[i].ip))
			points[i].ip = 0;
	return err;
}

static bool is_point_hooked(unsigned int i)
{
	return READ_ONCE(on) && points[i].ip;
}

static int unhook_points(void)
{
	int err;

	if (!on)
		return 0;
	ff_syscall_unwatch();
	err = unregister_ftrace_function(&syscall_ops);
	WRITE_ONCE(on, err);
	if (!err)
		ff_syscall_unwatched();
	return err;
}

static int hook_points(void)
{
	unsigned int i;
	int err;

	/* an ops without a filter would hook everything */
	for (i = 0; i < NR_POINTS && !points[i].ip; i++)
		;
	if (on || i == NR_POINTS)
		return 0;
	err = register_ftrace_function(&syscall_ops);
	WRITE_ONCE(on, !err);
	if (!err)
		ff_syscall_watch(is_point_hooked(NOTIFY), is_point_hooked(STOP));
	return err;
}

/**
 * ff_syscall_hooks_init - hook what is wanted
 * @skip: points not to arm, separated by commas; NULL for none
 * @clone_hooked: kernel_clone() is; without it nothing here makes sense
 *
 * May sleep.  A permanent ftrace_ops is registered: see attach.c.
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
 * ff_syscall_hooks_exit - unhook everything
 *
 * May sleep.  When it returns no handler of ours is running and none will.
 */
void ff_syscall_hooks_exit(void)
{
	unsigned int i;

	mutex_lock(&switch_lock);
	ready = false;
	unhook_points();
	mutex_unlock(&switch_lock);
	ftrace_set_filter(&syscall_ops, NULL, 0, 1);
	for (i = 0; i < NR_POINTS; i++)
		points[i].ip = 0;
}

/**
 * ff_syscall_hooks_switch - watch system calls, or leave them alone
 * @want: what is wanted; before the module is loaded it is only noted
 *
 * May sleep.  When it returns without an error the hooks are there, or gone.
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
 * ff_syscall_hooks_on - are system calls watched?
 *
 * Any context.
 *
 * Return: whether that is wanted.
 */
bool ff_syscall_hooks_on(void)
{
	return READ_ONCE(wanted);
}

/**
 * ff_syscall_hooks_name - name of one of the points
 * @i: which, from 0
 *
 * Any context.
 *
 * Return: the name, NULL if there are not so many.
 */
const char *ff_syscall_hooks_name(unsigned int i)
{
	return i < NR_POINTS ? points[i].names[0] : NULL;
}

/**
 * ff_syscall_hooks_count - add the points to those that are wanted and armed
 * @nr_wanted: receives how many there are
 * @nr_armed: receives how many are hooked
 *
 * Any context.
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
 * ff_syscall_hooks_unarmed - the next point that is not hooked
 * @i: where to go on, 0 to begin
 * @name: receives its name
 * @blind: receives what cannot be seen without it
 *
 * Any context.
 *
 * Return: false if there is none.
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
 * ff_syscall_hooks_show - the points, for debugfs
 * @m: where to
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
