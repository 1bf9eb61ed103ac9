// SPDX-License-Identifier: GPL-2.0-only
/*
 * syswatch.c - the hooks on the way of calls that never reach copy_process()
 *
 * Apart from those of watch.c because they can be switched off and on: they are
 * on the way of every system call under a seccomp filter.  See syscall.c.
 */
#include <linux/ftrace.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>

#include "compat/compat.h"
#include "hooks/points.h"
#include "compat/symbols.h"
#include "evidence/syscall.h"
#include "hooks/syswatch.h"

#define NAMES	3	/* a compiler that changes a function's arguments says so */

/**
 * struct syscall_point - one function that is watched
 * @names: its symbol, under the names that it can have
 * @blind: what cannot be seen without it
 * @ops: its hook
 * @armed: it can be hooked here
 * @on: it is
 */
struct syscall_point {
	const char *names[NAMES];
	const char *blind;
	struct ftrace_ops ops;
	bool armed, on;
};

#define POINT(handler, what, ...) {					\
	.names = { __VA_ARGS__ },					\
	.blind = what,							\
	.ops = { .func = handler, .flags = FF_FTRACE_FLAGS },		\
}

enum { NOTIFY, STOPPING, STOP, EXEC, CLONE3, SECCOMP, NR_POINTS };

/* In the order in which they are registered; they go the other way round. */
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
		for (n = 0; n < NAMES && !points[i].armed; n++)
			points[i].armed = symbols[i * NAMES + n].start &&
				!ff_point_filter(&points[i].ops, symbols[i * NAMES + n].start);
	}
	/* who is told of one half of a stop only would wait for the other */
	points[STOP].armed &= points[STOPPING].armed;
	points[STOPPING].armed &= points[STOP].armed;
	return err;
}

static int unhook(void)
{
	unsigned int i;
	int err = 0;

	ff_syscall_unwatch();
	for (i = NR_POINTS; i--; ) {
		if (points[i].on)
			err = unregister_ftrace_function(&points[i].ops) ?: err;
		points[i].on = false;
	}
	return err;
}

static int hook(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < NR_POINTS; i++) {
		/* without clone3()'s own hook its refusals would be a filter's */
		if (!points[i].armed || points[i].on || (i == SECCOMP && !points[CLONE3].on))
			continue;
		err = register_ftrace_function(&points[i].ops);
		if (err) {
			unhook();
			return err;
		}
		points[i].on = true;
	}
	ff_syscall_watch(points[NOTIFY].on, points[STOP].on);
	return 0;
}

/**
 * ff_syswatch_init - hook what is wanted
 * @skip: points not to arm, separated by commas; NULL for none
 * @clone_hooked: kernel_clone() is; without it nothing here makes sense
 *
 * May sleep.  A permanent ftrace_ops is registered: see watch.c.
 *
 * Return: 0, or a negative errno with nothing hooked.
 */
int ff_syswatch_init(const char *skip, bool clone_hooked)
{
	int err;

	err = ff_syscall_init() ?: find_points(skip);
	if (err)
		return err;
	possible = clone_hooked;
	mutex_lock(&switch_lock);
	if (possible && wanted)
		err = hook();
	ready = !err;
	mutex_unlock(&switch_lock);
	return err;
}

/**
 * ff_syswatch_exit - unhook everything, and let go of the calls that are pending
 *
 * May sleep, but not for as long as a call takes.  When it returns nothing of
 * ours is called any more.
 */
void ff_syswatch_exit(void)
{
	unsigned int i;

	mutex_lock(&switch_lock);
	ready = false;
	unhook();
	mutex_unlock(&switch_lock);
	ff_syscall_exit();
	for (i = 0; i < NR_POINTS; i++) {
		ftrace_set_filter(&points[i].ops, NULL, 0, 1);
		points[i].armed = false;
	}
}

/**
 * ff_syswatch_switch - watch system calls, or leave them alone
 * @on: what is wanted; before the module is loaded it is only noted
 *
 * May sleep.  When it returns without an error the hooks are there, or gone.
 *
 * Return: 0, or a negative errno.
 */
int ff_syswatch_switch(bool on)
{
	int err = 0;

	mutex_lock(&switch_lock);
	if (ready && !on)
		err = unhook();
	else if (ready && possible)
		err = hook();
	WRITE_ONCE(wanted, on && !err);
	mutex_unlock(&switch_lock);
	return err;
}

/**
 * ff_syswatch_on - are system calls watched?
 *
 * Any context.
 *
 * Return: whether that is wanted.
 */
bool ff_syswatch_on(void)
{
	return READ_ONCE(wanted);
}

/**
 * ff_syswatch_name - name of one of the points
 * @i: which, from 0
 *
 * Any context.
 *
 * Return: the name, NULL if there are not so many.
 */
const char *ff_syswatch_name(unsigned int i)
{
	return i < NR_POINTS ? points[i].names[0] : NULL;
}

/**
 * ff_syswatch_count - add the points to those that are wanted and armed
 * @nr_wanted: receives how many there are
 * @nr_armed: receives how many are hooked
 *
 * Any context.
 */
void ff_syswatch_count(unsigned int *nr_wanted, unsigned int *nr_armed)
{
	unsigned int i;

	*nr_wanted = 0;
	*nr_armed = 0;
	for (i = 0; READ_ONCE(wanted) && i < NR_POINTS; i++) {
		++*nr_wanted;
		*nr_armed += READ_ONCE(points[i].on);
	}
}

/**
 * ff_syswatch_unarmed - the next point that is not hooked
 * @i: where to go on, 0 to begin
 * @name: receives its name
 * @blind: receives what cannot be seen without it
 *
 * Any context.
 *
 * Return: false if there is none.
 */
bool ff_syswatch_unarmed(unsigned int *i, const char **name, const char **blind)
{
	for (; READ_ONCE(wanted) && *i < NR_POINTS; (*i)++) {
		if (READ_ONCE(points[*i].on))
			continue;
		*name = points[*i].names[0];
		*blind = points[*i].blind;
		(*i)++;
		return true;
	}
	return false;
}

/**
 * ff_syswatch_show - the points, for debugfs
 * @m: where to
 *
 * May sleep.
 */
void ff_syswatch_show(struct seq_file *m)
{
	unsigned int i;

	for (i = 0; i < NR_POINTS; i++)
		seq_printf(m, "%-30s %-8s %s\n", points[i].names[0], "syscall",
			   points[i].on ? "ftrace" : ff_syswatch_on() ? "-" : "off");
}
