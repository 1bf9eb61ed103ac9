// SPDX-License-Identifier: GPL-2.0-only
/*
 * watch.c - hooks the functions of the table, and unhooks them
 *
 * Three kinds of hook, each the cheapest that does its job:
 *
 *   step	ftrace entry hook on a function that copy_process() calls on its
 *		way; stores where the task is, nothing else
 *   witness	ftrace entry hook on a function that runs only when something
 *		has gone wrong; may look at its arguments
 *   return	kretprobe on copy_process(): claims a trail, and reads the result
 *
 * and two that are not about copy_process(), mmap and mprotect: see stack.c.
 * They are on the way of every mapping, and can be switched off and on.
 *
 * Where ftrace cannot hook a function, a kprobe does.  A point that cannot be
 * hooked at all is not armed; the page says what cannot be seen without it.
 *
 * Every ftrace_ops is permanent: while one is registered the kernel refuses
 * kernel.ftrace_enabled=0, and refuses to register one while that is 0.  That
 * is not only for our own sight.  Registering or unregistering kprobes while
 * ftrace is off leaves stale records behind, and ftrace shuts itself down with
 * a warning, or worse, when it comes back.  So a permanent ops is the first
 * thing to be registered, before any kprobe is, and the last to go.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>

#include "compat/compat.h"
#include "hooks/hooks.h"
#include "evidence/later.h"
#include "evidence/observe.h"
#include "hooks/points.h"
#include "hooks/selftest.h"
#include "evidence/stack.h"
#include "compat/symbols.h"
#include "hooks/syswatch.h"
#include "evidence/trail.h"
#include "hooks/watch.h"
#include "evidence/where.h"

struct ff_watch_state ff_watch;

/*
 * In cache lines of its own: where the kernel keeps the list of free instances in
 * it (5.10), every fork writes there.
 */
static struct kretprobe fork_return ____cacheline_aligned = {
	.kp.symbol_name	= "copy_process",
	.entry_handler	= ff_fork_entered,
	.handler	= ff_fork_returned,
	.data_size	= sizeof(struct ff_trail *),
};

/* ---- the ftrace side ----------------------------------------------------- */

static struct ftrace_ops guard_ops = {
	.func	= ff_step_entered,
	.flags	= FF_FTRACE_FLAGS,
};

static struct ftrace_ops step_ops = {
	.func	= ff_step_entered,
	.flags	= FF_FTRACE_FLAGS,
};

static struct ftrace_ops look_ops = {
	.func	= ff_look_entered,
	.flags	= FF_FTRACE_FLAGS,
};

static struct ftrace_ops clone_ops = {
	.func	= ff_clone_entered,
	.flags	= FF_FTRACE_FLAGS | FF_FTRACE_ARGS_FLAGS,
};

static struct ftrace_ops witness_ops = {
	.func	= ff_witness_entered,
	.flags	= FF_FTRACE_FLAGS | FF_FTRACE_ARGS_FLAGS,
};

static struct ftrace_ops mmap_ops = {
	.func	= ff_stack_mmap_entered,
	.flags	= FF_FTRACE_FLAGS | FF_FTRACE_ARGS_FLAGS,
};

static struct ftrace_ops mprotect_ops = {
	.func	= ff_stack_mprotect_entered,
	.flags	= FF_FTRACE_FLAGS | FF_FTRACE_ARGS_FLAGS,
};

static bool guard_on, step_on, look_on, clone_on, witness_on, fork_return_on;

/* ---- arming -------------------------------------------------------------- */

static void arm_by_ftrace(struct ff_point *p)
{
	static struct ftrace_ops * const ops[] = {
		[FF_POINT_STEP] = &step_ops,
		[FF_POINT_LOOK] = &look_ops,
		[FF_POINT_CLONE] = &clone_ops,
		[FF_POINT_WITNESS] = &witness_ops,
		[FF_POINT_MMAP] = &mmap_ops,
		[FF_POINT_MPROTECT] = &mprotect_ops,
	};

	if (ff_point_filter(ops[p->kind], p->ip))
		return;
	p->how = "ftrace";
}

static void arm_by_kprobe(struct ff_point *p)
{
	memset(&p->kp, 0, sizeof(p->kp));
	p->kp.symbol_name = p->name;
	p->kp.pre_handler = p->kind == FF_POINT_WITNESS ? ff_witness_probed :
			    p->kind == FF_POINT_CLONE ? ff_clone_probed : ff_step_probed;
	if (!register_kprobe(&p->kp))
		p->how = "kprobe";
}

static int register_ops(struct ftrace_ops *ops, bool *on)
{
	int err = register_ftrace_function(ops);

	*on = !err;
	return err;
}

/* It has no dummy of ours, and an ops without a filter would hook everything. */
static int register_if_filtered(enum ff_point_kind kind, struct ftrace_ops *ops, bool *on)
{
	unsigned int i;

	for (i = 0; i < ff_nr_points; i++)
		if (ff_points[i].kind == kind && ff_points[i].how && !*on)
			return register_ops(ops, on);
	return 0;
}

static bool clone_is_hooked(void)
{
	unsigned int i;

	for (i = 0; i < ff_nr_points; i++)
		if (ff_points[i].kind == FF_POINT_CLONE)
			return ff_points[i].how;
	return false;
}

/* It fails when ftrace has shut itself down: then it goes on being called. */
static int unregister_ops(struct ftrace_ops *ops, bool *on)
{
	int err = *on ? unregister_ftrace_function(ops) : 0;

	*on = err;
	return err;
}

/* ---- thread stacks, which can be switched off ----------------------------- */

static bool stacks_wanted = FF_FTRACE_DIRECT;	/* whether the module is loaded yet or not */
static bool stacks_ready;		/* the points are filtered: it can be switched */
static bool mmap_on, mprotect_on;
static DEFINE_MUTEX(stacks_lock);

static bool is_switched_off(const struct ff_point *p)
{
	return p->kind >= FF_POINT_MMAP && !READ_ONCE(stacks_wanted);
}

static int switch_stacks(bool on)
{
	int err = 0;

	if (on) {
		err = register_if_filtered(FF_POINT_MMAP, &mmap_ops, &mmap_on) ?:
		      register_if_filtered(FF_POINT_MPROTECT, &mprotect_ops, &mprotect_on);
	}
	if (!on || err) {
		err = unregister_ops(&mmap_ops, &mmap_on) ?: err;
		err = unregister_ops(&mprotect_ops, &mprotect_on) ?: err;
	}
	return err;
}

/* Handlers read it meanwhile: what they are blind to may never look like nothing. */
static void count_points(void)
{
	struct ff_watch_state s = { .wanted = 1, .armed = fork_return_on };
	/* wanted if it is of use when the module is loaded; it may become so later */
	u32 steps = 0, witnesses = BIT(FF_W_KMEM_LIMIT);
	unsigned int i;

	for (i = 0; i < ff_nr_points; i++) {
		struct ff_point *p = &ff_points[i];

		if (!p->exists || is_switched_off(p))
			continue;
		s.wanted++;
		if (p->how) {
			s.armed++;
			if (p->id == FF_W_KMEM_LIMIT && p->kind == FF_POINT_WITNESS)
				witnesses &= ~BIT(p->id);
			continue;
		}
		if (p->kind < FF_POINT_CLONE)
			steps |= BIT(p->id);
		else if (p->kind == FF_POINT_CLONE || p->kind >= FF_POINT_MMAP)
			continue;	/* a refusal that it does not see is not seen at all */
		else if (p->id == FF_W_CAPABLE_RESOURCE)
			witnesses |= BIT(FF_W_CAPABLE_RESOURCE) | BIT(FF_W_CAPABLE_ADMIN);
		else if (p->id == FF_W_MEMCG_OOM)
			witnesses |= BIT(FF_W_MEMCG_OOM) | BIT(FF_W_SYSTEM_OOM);
		else
			witnesses |= BIT(p->id);
	}
	WRITE_ONCE(ff_blind_steps, steps);
	WRITE_ONCE(ff_blind_witnesses, witnesses);
	/* a page that is made at this moment may show one of them before the other */
	WRITE_ONCE(ff_watch.wanted, s.wanted);
	WRITE_ONCE(ff_watch.armed, s.armed);
}

/**
 * ff_watch_init - hook everything
 * @maxactive: tasks that can be inside copy_process() at once and be watched
 * @skip: points not to arm, separated by commas; NULL for none
 *
 * May sleep.  Says in the kernel log what is missing and what to do.  On error
 * nothing stays hooked.
 *
 * Return: 0, or a negative errno.
 */
int ff_watch_init(unsigned int maxactive, const char *skip)
{
	unsigned int i;
	int err;

	err = ff_point_filter(&guard_ops, (unsigned long)ff_dummy_step);
	if (!err)
		err = register_ops(&guard_ops, &guard_on);
	if (err == -EBUSY)
		pr_err("not loaded: ftrace is switched off; load again after `sysctl kernel.ftrace_enabled=1`\n");
	else if (err)
		pr_err("not loaded: ftrace does not work on this kernel (error %d); it needs CONFIG_DYNAMIC_FTRACE\n",
		       err);
	if (err) {
		ftrace_set_filter(&guard_ops, NULL, 0, 1);
		return err;
	}

	/* kprobes are used here for the first time, behind the guard */
	err = ff_points_find() ?: ff_where_init();
	if (err) {
		pr_err("not loaded: out of memory\n");
		goto fail;
	}
	ff_symbols_find_data();

	err = ff_point_filter(&step_ops, (unsigned long)ff_dummy_step) ?:
	      ff_point_filter(&look_ops, (unsigned long)ff_dummy_look) ?:
	      ff_point_filter(&witness_ops, (unsigned long)ff_dummy_witness);
	if (err) {
		pr_err("not loaded: ftrace cannot hook forkfail's own functions (error %d)\n", err);
		goto fail;
	}
	for (i = 0; i < ff_nr_points; i++)
		if (ff_points[i].ip && !ff_point_is_skipped(skip, ff_points[i].name))
			arm_by_ftrace(&ff_points[i]);
	err = register_ops(&step_ops, &step_on) ?: register_ops(&look_ops, &look_on) ?:
	      register_ops(&witness_ops, &witness_on) ?:
	      register_if_filtered(FF_POINT_CLONE, &clone_ops, &clone_on);
	if (err) {
		pr_err("not loaded: ftrace refused the hooks (error %d)\n", err);
		goto fail;
	}
	for (i = 0; i < ff_nr_points; i++)
		if (ff_points[i].ip && !ff_points[i].how && ff_points[i].kind < FF_POINT_MMAP &&
		    !ff_point_is_skipped(skip, ff_points[i].name))
			arm_by_kprobe(&ff_points[i]);

	err = ff_self_test_init();
	if (err) {
		pr_err("not loaded: kretprobes do not work on this kernel (error %d); it needs CONFIG_KRETPROBES\n",
		       err);
		goto fail;
	}
	if (!ff_self_test()) {
		pr_err("not loaded: hooks do not fire (%s do not); if kprobes are off, switch them on with `echo 1 >/sys/kernel/debug/kprobes/enabled`\n",
		       ff_self_test_reason());
		err = -ENXIO;
		goto fail;
	}

	/*
	 * Last: a return that is watched while the steps are not would look
	 * like a failure before the first step.
	 */
	fork_return.maxactive = maxactive;
	err = register_kretprobe(&fork_return);
	fork_return_on = !err;
	if (err) {
		pr_err("not loaded: cannot watch copy_process (error %d)%s\n", err,
		       err != -ENOENT ? "" :
		       "; this kernel does not have it as a function of its own");
		goto fail;
	}
	err = ff_syswatch_init(skip, clone_is_hooked());
	if (err) {
		pr_err("not loaded: ftrace refused the hooks of system calls (error %d)\n", err);
		goto fail;
	}
	mutex_lock(&stacks_lock);
	err = switch_stacks(stacks_wanted);
	stacks_ready = !err;
	count_points();
	mutex_unlock(&stacks_lock);
	if (err) {
		pr_err("not loaded: ftrace refused the hooks (error %d)\n", err);
		goto fail;
	}
	return 0;
fail:
	ff_watch_exit();
	return err;
}

/**
 * ff_watch_exit - unhook everything that is hooked
 *
 * May sleep.  When it returns no handler is running and none will.
 */
void ff_watch_exit(void)
{
	unsigned int i;

	ff_stay_if_hooked();
	ff_syswatch_exit();
	mutex_lock(&stacks_lock);
	stacks_ready = false;
	switch_stacks(false);
	mutex_unlock(&stacks_lock);
	if (fork_return_on)
		unregister_kretprobe(&fork_return);
	/* before other hooks go: that waits for what may still be on its way out */
	ff_later_wait();
	ff_self_test_exit();
	for (i = 0; i < ff_nr_points; i++)
		if (ff_points[i].how && !strcmp(ff_points[i].how, "kprobe"))
			unregister_kprobe(&ff_points[i].kp);
	unregister_ops(&clone_ops, &clone_on);
	unregister_ops(&witness_ops, &witness_on);
	unregister_ops(&look_ops, &look_on);
	unregister_ops(&step_ops, &step_on);
	unregister_ops(&guard_ops, &guard_on);
	/* calls that were inside copy_process() when their return hook went */
	ff_trail_forget(ff_observe_end);
	/* ftrace_free_filter() is not for modules in 5.10; an empty filter does it */
	ftrace_set_filter(&mprotect_ops, NULL, 0, 1);
	ftrace_set_filter(&mmap_ops, NULL, 0, 1);
	ftrace_set_filter(&clone_ops, NULL, 0, 1);
	ftrace_set_filter(&witness_ops, NULL, 0, 1);
	ftrace_set_filter(&look_ops, NULL, 0, 1);
	ftrace_set_filter(&step_ops, NULL, 0, 1);
	ftrace_set_filter(&guard_ops, NULL, 0, 1);
	fork_return_on = false;
	/* it may have happened meanwhile */
	ff_stay_if_hooked();
}

/**
 * ff_watch_stacks - watch thread stacks, or leave mmap and mprotect alone
 * @on: what is wanted; before the module is loaded it is only noted
 *
 * May sleep.  When it returns without an error the hooks are there, or gone.
 *
 * Return: 0, or a negative errno.
 */
int ff_watch_stacks(bool on)
{
	int err = 0;

	mutex_lock(&stacks_lock);
	if (stacks_ready)
		err = switch_stacks(on);
	WRITE_ONCE(stacks_wanted, mmap_on || (on && !err));
	if (stacks_ready)
		count_points();
	mutex_unlock(&stacks_lock);
	return err;
}

/**
 * ff_watch_stacks_on - are thread stacks watched?
 *
 * Any context.
 *
 * Return: whether that is wanted.
 */
bool ff_watch_stacks_on(void)
{
	return READ_ONCE(stacks_wanted);
}

/* ---- what others want to know -------------------------------------------- */

/**
 * ff_watch_missed - calls of copy_process() whose return nobody saw
 *
 * Any context.
 *
 * Return: how many since load.
 */
unsigned long ff_watch_missed(void)
{
	/* the kernel counts without a lock and without a mark */
	return data_race(fork_return.nmissed) + ff_hooks_no_room();
}

/**
 * ff_watch_bytes - memory that the hooks take, as far as it is ours to choose
 *
 * Return: bytes.
 */
size_t ff_watch_bytes(void)
{
	return (size_t)fork_return.maxactive *
		(sizeof(struct kretprobe_instance) + fork_return.data_size);
}

/**
 * ff_watch_cpu_bytes - memory that the kernel's pool of return instances takes
 * on each possible CPU: one pointer an instance, from 6.12 on
 *
 * Return: bytes.
 */
size_t ff_watch_cpu_bytes(void)
{
	return FF_KRETPROBE_POOL_PER_CPU ?
	       roundup_pow_of_two(fork_return.maxactive) * sizeof(void *) : 0;
}

/**
 * ff_watch_unarmed - the next point that is not hooked
 * @i: where to go on, 0 to begin
 * @name: receives its name
 * @blind: receives what cannot be seen without it
 *
 * Any context.
 *
 * Return: false if there is none.
 */
bool ff_watch_unarmed(unsigned int *i, const char **name, const char **blind)
{
	unsigned int n;
	bool found;

	for (; *i < ff_nr_points; (*i)++) {
		struct ff_point *p = &ff_points[*i];

		if (p->exists && !p->how && !is_switched_off(p)) {
			*name = p->name;
			*blind = p->blind;
			(*i)++;
			return true;
		}
	}
	n = *i - ff_nr_points;
	found = ff_syswatch_unarmed(&n, name, blind);
	*i = n + ff_nr_points;
	return found;
}

/**
 * ff_watch_show - the table of watch points, for debugfs
 * @m: where to
 *
 * May sleep.
 */
void ff_watch_show(struct seq_file *m)
{
	/* as in ff_watch_missed() */
	int no_instance = data_race(fork_return.nmissed);
	bool ok = ff_self_test();
	unsigned int i;

	seq_printf(m, "%-30s %-8s %s\n", "point", "kind", "hook");
	seq_printf(m, "%-30s %-8s %s\n", "copy_process", "return",
		   fork_return_on ? "kretprobe" : "-");
	for (i = 0; i < ff_nr_points; i++) {
		const struct ff_point *p = &ff_points[i];

		seq_printf(m, "%-30s %-8s %s\n", p->name, ff_point_kinds[p->kind],
			   !p->exists ? "not on this kernel" : is_switched_off(p) ? "off" :
			   p->how ?: p->ip ? "-" : "- (no such function)");
	}
	ff_syswatch_show(m);
	seq_printf(m, "\nmissed %lu (no instance %d, no room in the table %ld)\n",
		   ff_watch_missed(), no_instance, ff_hooks_no_room());
	seq_printf(m, "self-test %s%s\n", ok ? "ok" : ff_self_test_reason(),
		   ok ? "" : " do not fire");
	seq_printf(m, "known: nr_threads %d max_threads %d pid_max %d overcommit %d swap %d\n",
		   !!ff_data.nr_threads, !!ff_data.max_threads, !!ff_data.pid_max,
		   !!ff_data.overcommit_memory, !!ff_data.swap_pages);
}
