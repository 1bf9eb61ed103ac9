// SPDX-License-Identifier: GPL-2.0-only
/*
 * selftest.c - do the hooks still fire?
 *
 * kprobes can be switched off, and ftrace by what it thinks is a bug.  So there
 * is one dummy function of our own for each kind of hook; they are hooked like
 * the kernel's.
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
#include "evidence/trail.h"

static DEFINE_MUTEX(self_test_lock);
static DEFINE_SPINLOCK(result_lock);	/* what it found; never held by who is stopped */
static u64 last_good_ns;	/* when all hooks fired last */
static u64 blind_since_ns;	/* 0: not blind */
static const char *blind_reason;
static struct ff_gap last_gap;
static bool dummy_return_on;

noinline void ff_dummy_step(void)
{
	barrier();
}

noinline void ff_dummy_look(void)
{
	barrier();
}

noinline void ff_dummy_witness(void)
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
 * ff_self_test_init - hook the dummy's return
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
 * ff_self_test_exit - unhook it
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
 * ftrace_kill(): what the kernel does when it finds a bug of ftrace's.  From then
 * on nothing can be hooked or unhooked, but what is hooked is called as before
 * (5.10 to 7.2; kprobes that use ftrace are not, from 6.11 on).  So the module
 * has to stay.  Its use count says so, as soon as that is noticed.
 */
static bool kept;

static bool ftrace_is_dead(void)
{
	static struct ftrace_ops asks;

	/* it is not registered, so this changes nothing */
	return ftrace_set_filter(&asks, NULL, 0, 1) == -ENODEV;
}

static void keep_if_ftrace_is_dead(void)
{
	if (kept || !ftrace_is_dead())
		return;
	kept = true;
	__module_get(THIS_MODULE);
	pr_err("ftrace has shut itself down, the kernel log says why; it cannot unhook forkfail any more, which stays loaded until the next boot\n");
}

/**
 * ff_stay_if_hooked - the module is about to go; can it?
 *
 * May sleep.  For one who unloads it before it was noticed that ftrace has shut
 * itself down it is too late to say no, and what is hooked would run into memory
 * that is freed: does not return then.
 */
void ff_stay_if_hooked(void)
{
	if (!ftrace_is_dead())
		return;
	pr_err("ftrace has shut itself down, the kernel log says why; it cannot unhook forkfail any more, so unloading it waits for the next boot\n");
	for (;;) {
		set_current_state(TASK_IDLE);
		schedule();
	}
}

/**
 * ff_self_test - does each kind of hook still fire?
 *
 * May sleep.  Called from the page and once a minute; remembers since when
 * something does not.  When that began nobody knows, so it counts from the last
 * time that all did; and it ends when all do again.
 *
 * Return: true if all do.
 */
bool ff_self_test(void)
{
	struct ff_trail *t;
	const char *reason = NULL;
	long before;
	u64 now;

	/* nobody waits for a reader that was stopped in here: it knows as much */
	if (!mutex_trylock(&self_test_lock))
		return !READ_ONCE(blind_since_ns);
	before = atomic_long_read(&dummy_returns);
	dummy_return();
	if (atomic_long_read(&dummy_returns) == before)
		reason = "return probes";

	t = ff_trail_claim();
	if (t) {
		t->ip = 0;
		ff_dummy_step();
		if (!t->ip)
			reason = "step hooks";
		t->ip = 0;
		ff_dummy_look();
		if (!t->ip)
			reason = "look hooks";
		t->ip = 0;
		ff_dummy_witness();
		if (!t->ip)
			reason = "witness hooks";
		ff_trail_release(t);
	}
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
 * ff_self_test_blind_since - since when the self-test has failed
 *
 * Any context.
 *
 * Return: real time in nanoseconds, 0 if it has not.
 */
u64 ff_self_test_blind_since(void)
{
	return READ_ONCE(blind_since_ns);
}

/**
 * ff_self_test_reason - what the self-test found last
 *
 * Any context.
 *
 * Return: a few words, NULL if it has never failed.
 */
const char *ff_self_test_reason(void)
{
	return READ_ONCE(blind_reason);
}

/**
 * ff_self_test_gap - the newest time of blindness that is over
 * @gap: receives it; @gap->nr is 0 if there was none
 *
 * Any context but a hook.
 */
void ff_self_test_gap(struct ff_gap *gap)
{
	spin_lock(&result_lock);
	*gap = last_gap;
	spin_unlock(&result_lock);
}
