// SPDX-License-Identifier: GPL-2.0-only
/*
 * attach.c - installs and removes the hooks on the watch points
 *
 * These are entry hooks.  A fork that succeeds passes two of them: on kernel_clone() and,
 * when its task ends, on put_task_stack().  switches.c hooks those that can be switched off
 * and on.  The return probes of kernel_task_creators.c are on functions that no fork from user
 * space calls.
 *
 * If ftrace cannot hook a function, a kprobe does.  A point that cannot be hooked at all
 * is not armed; the page says what cannot be seen without it.
 *
 * Every ftrace_ops is permanent: while one is registered, the kernel refuses
 * kernel.ftrace_enabled=0, and while that is 0, it refuses to register one.  This does
 * not only keep our own hooks working.  Registering or unregistering kprobes while
 * ftrace is off leaves stale records, and when ftrace is switched on again, it shuts
 * itself down with a warning, or worse.  So a permanent ops is registered before the
 * first kprobe, and one is unregistered after the last.
 *
 * There are two ftrace_ops because unregistering one can take long: the kernel waits until
 * no task can be in its handler (ftrace_shutdown(): synchronize_rcu_tasks(), with
 * ftrace_lock held, so these waits do not overlap).  One for all would be dearer: 5.10
 * saves registers for an ops and not for a function, and only the hooks on system calls do
 * without.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "compat/compat.h"
#include "compat/symbols.h"
#include "evidence/blind.h"
#include "evidence/clone_note.h"
#include "evidence/failing_call.h"
#include "evidence/syscall.h"
#include "hooks/attach.h"
#include "hooks/kernel_task_creators.h"
#include "hooks/handlers.h"
#include "hooks/points.h"
#include "hooks/selftest.h"
#include "hooks/skip_param.h"
#include "hooks/switches.h"
#include "hooks/verify.h"

struct ff_hooks_state ff_watch;

/* ---- the ftrace side ----------------------------------------------------- */

static struct ftrace_ops point_ops = {
	.func	= ff_point_entered,
	.flags	= FF_FTRACE_FLAGS | FF_FTRACE_ARGS_FLAGS,
};

/* Also guards the kprobes: registered before the first of them. */
static struct ftrace_ops syscall_ops = {
	.func	= ff_syscall_entered,
	.flags	= FF_FTRACE_FLAGS,
};

/* Always in the second one's filter, because an empty filter stands for all functions. */
static noinline void never_called(void)
{
	barrier();
}

static bool points_on, syscalls_on;	/* the ftrace_ops are registered */

static int register_syscall_ops(void)
{
	int err = ff_point_filter(&syscall_ops, (unsigned long)never_called, true);

	if (!err)
		err = register_ftrace_function(&syscall_ops);
	syscalls_on = !err;
	if (err)
		ftrace_set_filter(&syscall_ops, NULL, 0, 1);
	return err;
}

/* 5.10 does not export ftrace_free_filter(); an empty filter does the same. */
static void unregister_ops(struct ftrace_ops *ops, bool *registered)
{
	if (*registered)
		*registered = unregister_ftrace_function(ops);
	ftrace_set_filter(ops, NULL, 0, 1);
}

/* ---- arming -------------------------------------------------------------- */

/* What cannot be hooked is no error: the page says so.  Without memory nothing is loaded. */
static int arm_by_ftrace(struct ff_point *p)
{
	int err = ff_point_filter(&point_ops, p->ip, true);

	if (err)
		return err == -ENOMEM ? err : 0;
	p->how = "ftrace";
	/* it can be hooked; switches.c does it */
	return p->kind >= FF_POINT_MMAP ? ff_point_filter(&point_ops, p->ip, false) : 0;
}

/* It is not hit before ff_hooks_enable(). */
static int arm_by_kprobe(struct ff_point *p)
{
	int err;

	memset(&p->kp, 0, sizeof(p->kp));
	p->kp.addr = (kprobe_opcode_t *)p->ip;
	p->kp.pre_handler = ff_point_probed;
	p->kp.flags = KPROBE_FLAG_DISABLED;
	err = register_kprobe(&p->kp);
	if (!err)
		p->how = "kprobe";
	return err == -ENOMEM ? err : 0;
}

static bool is_kprobe(const struct ff_point *p)
{
	return p->how && !strcmp(p->how, "kprobe");
}

static bool all_enabled;	/* the load is done: what is armed is also seen */

/*
 * Handlers read the blind masks at the same time, so these are computed first and then
 * written as a whole: a missing point must never look armed.
 */
static void count_points(void)
{
	struct ff_hooks_state s = {};
	/* this point is armed only if it is of use at load, and may become so later */
	u32 steps = 0, witnesses = BIT(FF_W_KMEM_LIMIT);
	unsigned int i;

	for (i = 0; i < ff_nr_points; i++) {
		struct ff_point *p = &ff_points[i];

		if (!p->exists || ff_is_switched_off(p))
			continue;
		s.wanted++;
		if (p->how) {
			s.armed++;
			if (p->id == FF_W_KMEM_LIMIT && p->kind == FF_POINT_WITNESS)
				witnesses &= ~BIT(p->id);
			continue;
		}
		if (p->kind == FF_POINT_STEP)
			steps |= BIT(p->id);
		else if (p->kind == FF_POINT_DEAD_CHILD)
			steps |= BIT(FF_STEP_ENTRY);
		else if (p->kind == FF_POINT_CLONE)
			steps |= BIT(FF_STEP_KERNEL_CLONE);	/* no call has a note */
		else if (p->kind != FF_POINT_WITNESS)
			continue;	/* what it does not see leaves no call to classify */
		else if (p->id == FF_W_CAPABLE_RESOURCE)
			witnesses |= BIT(FF_W_CAPABLE_RESOURCE) | BIT(FF_W_CAPABLE_ADMIN);
		else if (p->id == FF_W_MEMCG_OOM)
			witnesses |= BIT(FF_W_MEMCG_OOM) | BIT(FF_W_SYSTEM_OOM);
		else
			witnesses |= BIT(p->id);
	}
	ff_creators_count(&s.wanted, &s.armed);
	if (READ_ONCE(all_enabled)) {
		WRITE_ONCE(ff_blind_steps, steps);
		WRITE_ONCE(ff_blind_witnesses, witnesses);
	}
	/* accepted: a page rendered at this moment may show one old and one new number */
	WRITE_ONCE(ff_watch.wanted, s.wanted);
	WRITE_ONCE(ff_watch.armed, s.armed);
}

/**
 * ff_hooks_init - install all hooks
 * @skip: points to leave out, separated by commas; NULL for none
 * @verify: also observe each failure with return probes
 * @maxactive: how many instances each of these return probes has
 *
 * May sleep.  On error nothing stays hooked, and the kernel log says what is missing and what
 * to do, except with -ENOMEM.
 *
 * Return: 0, or a negative errno.
 */
int ff_hooks_init(const char *skip, bool verify, unsigned int maxactive)
{
	unsigned int i;
	int err;

	err = register_syscall_ops();
	if (err == -EBUSY)
		pr_err("not loaded: ftrace is switched off; run `sysctl kernel.ftrace_enabled=1` and load forkfail again\n");
	else if (err && err != -ENOMEM)
		pr_err("not loaded: ftrace does not work on this kernel (error %d); it needs CONFIG_DYNAMIC_FTRACE\n",
		       err);
	if (err)
		return err;

	/* the first use of kprobes: a permanent ops is registered now */
	err = ff_points_find() ?: ff_syscall_init();
	if (err)
		goto fail;
	/* only now, because one point gets its name when its function is found */
	err = ff_skip_check(skip);
	if (err)
		goto fail;
	ff_symbols_find_data();
	ff_handlers_init();

	err = ff_point_filter(&point_ops, (unsigned long)ff_self_test_dummy, true);
	if (err) {
		if (err != -ENOMEM)
			pr_err("not loaded: ftrace cannot hook forkfail's own functions (error %d)\n",
			       err);
		goto fail;
	}
	for (i = 0; !err && i < ff_nr_points; i++)
		if (ff_points[i].ip && !ff_point_is_skipped(skip, ff_points[i].name))
			err = arm_by_ftrace(&ff_points[i]);
	if (err)
		goto fail;
	err = register_ftrace_function(&point_ops);
	points_on = !err;
	if (err) {
		pr_err("not loaded: ftrace refused the hooks (error %d)\n", err);
		goto fail;
	}
	for (i = 0; !err && i < ff_nr_points; i++)
		if (ff_points[i].ip && !ff_points[i].how && ff_points[i].kind < FF_POINT_MMAP &&
		    !ff_point_is_skipped(skip, ff_points[i].name))
			err = arm_by_kprobe(&ff_points[i]);
	if (err)
		goto fail;

	err = ff_self_test_init();
	if (err) {
		if (err != -ENOMEM)
			pr_err("not loaded: kretprobes do not work on this kernel (error %d); it needs CONFIG_KRETPROBES\n",
			       err);
		goto fail;
	}
	if (!ff_self_test()) {
		pr_err("not loaded: hooks do not fire (%s); if kprobes are off, switch them on with `echo 1 >/sys/kernel/debug/kprobes/enabled`\n",
		       ff_self_test_reason());
		err = -ENXIO;
		goto fail;
	}

	err = ff_creators_init(skip);
	if (err)
		goto fail;
	ff_blind_children = !ff_point_is_hooked(FF_POINT_DEAD_CHILD, 0);
	if (verify || ff_blind_children) {
		err = ff_verify_init(maxactive);
		if (err) {
			if (err != -ENOMEM)
				pr_err("not loaded: cannot watch what copy_process returns (error %d)\n",
				       err);
			goto fail;
		}
	}
	ff_points_drop_useless();
	err = ff_switches_init(&point_ops, &syscall_ops, count_points);
	if (!err)
		return 0;
	if (err != -ENOMEM)
		pr_err("not loaded: ftrace refused the hooks of stacks= or syscalls= (error %d)\n",
		       err);
fail:
	ff_hooks_exit();
	return err;
}

/**
 * ff_hooks_enable - let the kprobes be hit; from now on what is armed counts as seen
 *
 * May sleep.  The last step of a load: the kernel turns each kprobe that ftrace cannot hook
 * into a jump, and five ticks later a worker waits for that, in synchronize_rcu_tasks() and
 * with kprobe_mutex and text_mutex held (kprobe_optimizer(), 5.10 to 7.2).  Whoever registers
 * a kprobe or changes what ftrace hooks meanwhile waits for it, and so does the kernel's own
 * last step of a load (kprobes_module_callback()).
 *
 * Return: 0, even if a kprobe cannot be enabled, or -ENOMEM.
 */
int ff_hooks_enable(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ff_nr_points; i++) {
		if (!is_kprobe(&ff_points[i]))
			continue;
		err = enable_kprobe(&ff_points[i].kp);
		if (err == -ENOMEM)
			return err;
		if (err) {
			/* only one that uses ftrace, which has refused the function before */
			unregister_kprobe(&ff_points[i].kp);
			ff_points[i].how = NULL;
		}
	}
	/* witnesses of calls that are running now may not have been seen */
	ff_notes_forget();
	WRITE_ONCE(all_enabled, true);
	ff_switches_count();
	return 0;
}

/**
 * ff_hooks_exit - remove all hooks
 *
 * May sleep.  When it returns, no handler is running and none will.
 */
void ff_hooks_exit(void)
{
	unsigned int i;

	ff_stay_if_hooked();
	ff_switches_exit();
	/* what is removed first no longer sees calls that others still see */
	WRITE_ONCE(ff_blind_steps, ~0U);
	WRITE_ONCE(ff_blind_witnesses, ~0U);
	/* this waits until no task is in a handler */
	unregister_ops(&syscall_ops, &syscalls_on);
	if (!syscalls_on)
		ff_syscall_unwatched();
	ff_verify_exit();
	ff_creators_exit();
	ff_self_test_exit();
	for (i = 0; i < ff_nr_points; i++)
		if (is_kprobe(&ff_points[i]))
			unregister_kprobe(&ff_points[i].kp);
	/* both wait until each task was seen in user space or has slept: once for both */
	ff_call_close();
	unregister_ops(&point_ops, &points_on);
	/* ftrace may have shut itself down meanwhile */
	ff_stay_if_hooked();
}

/* ---- for the page and debugfs --------------------------------------------- */

/**
 * ff_hooks_unarmed - find the next point that is not hooked
 * @i: position; start with 0, it is advanced
 * @name: receives the point's name
 * @blind: receives what cannot be seen without it
 *
 * Return: false if there is none left.
 */
bool ff_hooks_unarmed(unsigned int *i, const char **name, const char **blind)
{
	unsigned int n;
	bool found;

	for (; *i < ff_nr_points; (*i)++) {
		struct ff_point *p = &ff_points[*i];

		if (p->exists && !p->how && !ff_is_switched_off(p)) {
			*name = p->name;
			*blind = p->blind;
			(*i)++;
			return true;
		}
	}
	/* those of kernel_task_creators.c come after them */
	n = *i - ff_nr_points;
	found = ff_creators_unarmed(&n, name, blind);
	*i = n + ff_nr_points;
	return found;
}

/**
 * ff_hooks_show - print the table of watch points for debugfs
 * @m: the file
 *
 * May sleep.
 */
void ff_hooks_show(struct seq_file *m)
{
	bool ok = ff_self_test();
	unsigned int i;

	seq_printf(m, "%-30s %-8s %s\n", "point", "kind", "hook");
	for (i = 0; i < ff_nr_points; i++) {
		const struct ff_point *p = &ff_points[i];

		seq_printf(m, "%-30s %-8s %s\n", p->name, ff_point_kinds[p->kind],
			   !p->exists ? "not on this kernel" : ff_is_switched_off(p) ? "off" :
			   p->how ?: p->ip ? "-" : "- (no such function)");
	}
	ff_creators_show(m);
	seq_puts(m, "\n");
	seq_printf(m, "self-test %s%s\n", ok ? "ok" : ff_self_test_reason(),
		   ok ? "" : " do not fire");
	seq_printf(m, "known: nr_threads %d max_threads %d pid_max %d overcommit %d swap %d\n",
		   !!ff_data.nr_threads, !!ff_data.max_threads, !!ff_data.pid_max,
		   !!ff_data.overcommit_memory, !!ff_data.swap_pages);
}
