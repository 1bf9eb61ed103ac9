// SPDX-License-Identifier: GPL-2.0-only
/*
 * forkfail - why this machine could not create a process or a thread
 *
 * main.c - load and unload, in order; nothing else
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/moduleparam.h>

#include "evidence/call_return.h"
#include "evidence/failing_call.h"
#include "evidence/observe.h"
#include "evidence/payer.h"
#include "evidence/pids_controller.h"
#include "hooks/attach.h"
#include "hooks/switches.h"
#include "journal/counts_by_cause.h"
#include "journal/holders.h"
#include "journal/inbox.h"
#include "journal/journal.h"
#include "journal/pollers.h"
#include "journal/sums_by_object.h"
#include "page/debugfs.h"
#include "page/klog.h"
#include "page/memory_usage.h"
#include "page/proc.h"
#include "page/render.h"
#include "worker.h"

#define MAXACTIVE_MIN	16
#define MAXACTIVE_MAX	16384

static unsigned int maxactive = 1024;
module_param(maxactive, uint, 0444);
MODULE_PARM_DESC(maxactive, "With verify=Y: forks that can be checked at the same time (16 to 16384, default 1024)");

static bool verify;
module_param(verify, bool, 0444);
MODULE_PARM_DESC(verify, "Observe each failure a second time, with return probes, and compare; slower (default N)");

module_param_named(kmsg, ff_klog_on, bool, 0644);
MODULE_PARM_DESC(kmsg, "One kernel log line per cause and object in ten minutes (default Y)");

static char *skip;
module_param(skip, charp, 0444);
MODULE_PARM_DESC(skip, "Watch points to leave out, separated by commas; the page says what cannot be seen without them");

/* module_param_cb() passes it on as kp->arg */
static const enum ff_switch stacks = FF_SWITCH_STACKS, syscalls = FF_SWITCH_SYSCALLS;

static int set_switch(const char *val, const struct kernel_param *kp)
{
	bool on;
	int err = val ? kstrtobool(val, &on) : -EINVAL;

	return err ?: ff_switch(*(const enum ff_switch *)kp->arg, on);
}

static int get_switch(char *buf, const struct kernel_param *kp)
{
	return sprintf(buf, "%c\n", ff_switch_is_on(*(const enum ff_switch *)kp->arg) ? 'Y' : 'N');
}

static const struct kernel_param_ops switch_ops = {
	.set	= set_switch,
	.get	= get_switch,
};

module_param_cb(stacks, &switch_ops, (void *)&stacks, 0644);
MODULE_PARM_DESC(stacks, "Watch mmap and mprotect for thread stacks that are refused (default Y; N on arm64 if its ftrace is slow)");

module_param_cb(syscalls, &switch_ops, (void *)&syscalls, 0644);
MODULE_PARM_DESC(syscalls, "Watch calls that seccomp, a tracer, clone3 or execve refuse (default Y; N on arm64 if its ftrace is slow)");

static int watch_init(void)
{
	/* prints its own error message, unless memory has run out */
	return ff_hooks_init(skip, verify, maxactive);
}

static int calls_init(void)
{
	return ff_call_init(ff_call_returned, ff_observe_end);
}

static int prove_layouts(void)
{
	ff_pids_prove();
	return 0;
}

/* Initialised in this order, torn down in reverse. */
static const struct part {
	int (*init)(void);
	void (*exit)(void);
} parts[] = {
	{ ff_payer_init, NULL },
	{ ff_counts_init, ff_counts_exit },
	{ ff_inbox_init, ff_inbox_exit },
	{ ff_pollers_init, ff_pollers_exit },
	{ ff_sums_init, ff_sums_exit },
	{ ff_journal_init, ff_journal_exit },
	{ ff_holders_init, ff_holders_exit },
	{ ff_worker_init, ff_worker_exit },
	/* a call that returns late needs all of the above */
	{ calls_init, ff_call_exit },
	{ watch_init, ff_hooks_exit },
	{ prove_layouts, NULL },
	{ ff_proc_init, ff_proc_exit },
	{ ff_debugfs_init, ff_debugfs_exit },
	/* last: what follows would wait for it */
	{ ff_hooks_enable, NULL },
};

/* Tear down the first @n parts. */
static void exit_parts(unsigned int n)
{
	while (n--)
		if (parts[n].exit)
			parts[n].exit();
}

static int __init forkfail_init(void)
{
	unsigned int n;
	int err;

	if (maxactive < MAXACTIVE_MIN || maxactive > MAXACTIVE_MAX) {
		pr_err("not loaded: maxactive=%u is out of range (%d to %d)\n",
		       maxactive, MAXACTIVE_MIN, MAXACTIVE_MAX);
		return -EINVAL;
	}
	ff_render_init();
	for (n = 0; n < ARRAY_SIZE(parts); n++) {
		err = parts[n].init();
		if (err) {
			exit_parts(n);
			if (err == -ENOMEM)
				pr_err("not loaded: out of memory\n");
			return err;
		}
	}
	pr_info("watching %u of %u points, %zu KiB and %zu KiB for each possible CPU; see /proc/forkfail\n",
		ff_watch.armed, ff_watch.wanted,
		ff_memory_bytes() >> 10, ff_memory_cpu_bytes() >> 10);
	return 0;
}

static void __exit forkfail_exit(void)
{
	exit_parts(ARRAY_SIZE(parts));
}

module_init(forkfail_init);
module_exit(forkfail_exit);

MODULE_DESCRIPTION("Why this machine could not create a process or a thread");
MODULE_AUTHOR("The forkfail developers");
MODULE_VERSION(FORKFAIL_VERSION);
MODULE_LICENSE("GPL");
