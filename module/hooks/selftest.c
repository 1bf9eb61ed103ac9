// SPDX-License-Identifier: GPL-2.0-only
/*
 * selftest.c - checks that the hooks still fire
 *
 * kprobes can be switched off, and ftrace shuts itself down when it detects a bug.  So
 * each kind of hook is also installed on a dummy function of this module, which the
 * self-test calls.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "hooks/selftest.h"

static DEFINE_MUTEX(self_test_lock);
static DEFINE_SPINLOCK(result_lock);	/* protects the results; never held across a sleep */
static u64 last_good_ns;	/* when all hooks last fired */
static u64 blind_since_ns;	/* 0: all hooks fire */
static const char *blind_reason;
static struct ff_gap last_gap;
static bool dummy_return_on;

static atomic_long_t dummy_hits = ATOMIC_LONG_INIT(0);

noinline void ff_self_test_dummy(void)
{
	barrier();
}

static noinline long dummy_return(void)
{
	barrier();
	return -EAGAIN;
}

static atomic_long_t dummy_returns = ATOMIC_LONG_INIT(0);

static int dummy_returned(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	if (regs_return_value(regs) == (unsigned long)-EAGAIN)
		atomic_long_inc(&dummy_returns);
	return 0;
}
NOKPROBE_SYMBOL(dummy_returned);

static struct kretprobe dummy_return_probe = {
	.handler	= dummy_returned,
	.maxactive	= 16,
};

/**
 * ff_self_test_init - register the return probe on its dummy function
 *
 * May sleep.
 *
 * Return: 0, or a negative errno.
 */
int ff_self_test_init(void)
{
	int err;

	dummy_return_probe.kp.addr = (kprobe_opcode_t *)dummy_return;
	err = register_kretprobe(&dummy_return_probe);
	dummy_return_on = !err;
	return err;
}

/**
 * ff_self_test_exit - unregister the return probe
 *
 * May sleep.
 */
void ff_self_test_exit(void)
{
	if (dummy_return_on)
		unregister_kretprobe(&dummy_return_probe);
	dummy_return_on = false;
}

/* ---- when ftrace has shut itself down ------------------------------------- */

/*
 * When the kernel detects a bug in ftrace, it calls ftrace_kill().  From then on nothing
 * can be hooked or unhooked, but existing hooks are still called (5.10 to 7.2; from 6.11
 * on not kprobes that use ftrace).  So the module cannot be unloaded any more: as soon as
 * this is noticed, its use count is raised.
 */
static bool kept;

static bool ftrace_is_dead(void)
{
	static struct ftrace_ops asks;

	/*
	 * No function has this address, so nothing changes, and the call returns before it
	 * takes ftrace_lock, which others hold while they wait for tasks that do not run.
	 */
	return ftrace_set_filter_ip(&asks, 1, 0, 0) == -ENODEV;
}

static void keep_if_ftrace_is_dead(void)
{
	if (kept || !ftrace_is_dead())
		return;
	kept = true;
	__module_get(THIS_MODULE);
	pr_err("ftrace has shut itself down (the kernel log says why) and cannot remove hooks any more: forkfail stays loaded until the next boot\n");
}

/**
 * ff_stay_if_hooked - keep the module in memory if its hooks cannot be removed
 *
 * May sleep.  If ftrace has shut itself down and nobody noticed before rmmod, it is too
 * late to refuse unloading, and the hooks would call into freed memory.  Then this
 * function never returns.
 */
void ff_stay_if_hooked(void)
{
	if (!ftrace_is_dead())
		return;
	pr_err("ftrace has shut itself down (the kernel log says why) and cannot remove hooks any more: unloading forkfail waits until the next boot\n");
	for (;;) {
		set_current_state(TASK_IDLE);
		schedule();
	}
}

/**
 * ff_self_test_hit - count that a hook has fired on the dummy function
 *
 * Called from a hook.
 */
void notrace ff_self_test_hit(void)
{
	atomic_long_inc(&dummy_hits);
}

/**
 * ff_self_test - check that each kind of hook still fires
 *
 * May sleep.  Called when the page is read, and once a minute.  It remembers since when
 * a hook has not fired.  Nobody knows the exact moment, so blindness counts from the last
 * time that all hooks fired until they all fire again.
 *
 * Return: true if all hooks fire.
 */
bool ff_self_test(void)
{
	const char *reason = NULL;
	long before;
	u64 now;

	/* do not wait for a reader that was stopped in here: use the last result */
	if (!mutex_trylock(&self_test_lock))
		return !READ_ONCE(blind_since_ns);
	before = atomic_long_read(&dummy_returns);
	dummy_return();
	if (atomic_long_read(&dummy_returns) == before)
		reason = "return probes";

	before = atomic_long_read(&dummy_hits);
	ff_self_test_dummy();
	if (atomic_long_read(&dummy_hits) == before)
		reason = "entry hooks";
	keep_if_ftrace_is_dead();
	now = ktime_get_real_ns();
	spin_lock(&result_lock);
	if (reason) {
		WRITE_ONCE(blind_reason, reason);
		if (!blind_since_ns)
			WRITE_ONCE(blind_since_ns, last_good_ns ?: now);
	} else {
		if (blind_since_ns) {
			last_gap.from = blind_since_ns;
			last_gap.to = now;
			last_gap.reason = blind_reason;
			last_gap.nr++;
		}
		WRITE_ONCE(blind_since_ns, 0);
		last_good_ns = now;
	}
	spin_unlock(&result_lock);
	mutex_unlock(&self_test_lock);
	return !reason;
}

/**
 * ff_self_test_blind_since - since when hooks have not fired
 *
 * Return: real time in nanoseconds; 0 if all hooks fire.
 */
u64 ff_self_test_blind_since(void)
{
	return READ_ONCE(blind_since_ns);
}

/**
 * ff_self_test_reason - which kind of hook did not fire last
 *
 * Return: the kind in words, NULL if the self-test has never failed.
 */
const char *ff_self_test_reason(void)
{
	return READ_ONCE(blind_reason);
}

/**
 * ff_self_test_gap - get the last period of blindness that has ended
 * @gap: receives it; @gap->nr is 0 if there was none
 *
 * Not from a hook: takes a lock.
 */
void ff_self_test_gap(struct ff_gap *gap)
{
	spin_lock(&result_lock);
	*gap = last_gap;
	spin_unlock(&result_lock);
}
