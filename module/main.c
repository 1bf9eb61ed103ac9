// SPDX-License-Identifier: GPL-2.0-only
/*
 * forkfail - why this machine could not create a process or a thread
 *
 * main.c - load and unload, in order; nothing else
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/moduleparam.h>

#include "debugfs.h"
#include "footprint.h"
#include "holders.h"
#include "journal.h"
#include "klog.h"
#include "pids.h"
#include "proc.h"
#include "report.h"
#include "syscall.h"
#include "trail.h"
#include "watch.h"

#define MAXACTIVE_MIN	16
#define MAXACTIVE_MAX	16384

static unsigned int maxactive = 1024;
module_param(maxactive, uint, 0444);
MODULE_PARM_DESC(maxactive, "Tasks that can be inside fork at once and be watched (16 to 16384, default 1024)");

module_param_named(kmsg, ff_klog_on, bool, 0644);
MODULE_PARM_DESC(kmsg, "One kernel log line per cause and object in ten minutes (default Y)");

static char *skip;
module_param(skip, charp, 0444);
MODULE_PARM_DESC(skip, "Watch points not to arm, separated by commas; the page says what cannot be seen then");

static int set_stacks(const char *val, const struct kernel_param *kp)
{
	bool on;
	int err = val ? kstrtobool(val, &on) : -EINVAL;

	return err ?: ff_watch_stacks(on);
}

static int get_stacks(char *buf, const struct kernel_param *kp)
{
	return sprintf(buf, "%c\n", ff_watch_stacks_on() ? 'Y' : 'N');
}

static const struct kernel_param_ops stacks_ops = {
	.set	= set_stacks,
	.get	= get_stacks,
};

module_param_cb(stacks, &stacks_ops, NULL, 0644);
MODULE_PARM_DESC(stacks, "Watch mmap and mprotect for thread stacks that are refused (default Y; N on arm64 if its ftrace is slow)");

static int set_syscalls(const char *val, const struct kernel_param *kp)
{
	bool on;
	int err = val ? kstrtobool(val, &on) : -EINVAL;

	return err ?: ff_syscall_switch(on);
}

static int get_syscalls(char *buf, const struct kernel_param *kp)
{
	return sprintf(buf, "%c\n", ff_syscall_on() ? 'Y' : 'N');
}

static const struct kernel_param_ops syscalls_ops = {
	.set	= set_syscalls,
	.get	= get_syscalls,
};

module_param_cb(syscalls, &syscalls_ops, NULL, 0644);
MODULE_PARM_DESC(syscalls, "Watch calls that seccomp, a tracer, clone3 or execve refuse (default Y; N on arm64 if its ftrace is slow)");

static int __init forkfail_init(void)
{
	unsigned int wanted, armed;
	int err;

	if (maxactive < MAXACTIVE_MIN || maxactive > MAXACTIVE_MAX) {
		pr_err("not loaded: maxactive=%u is out of range, it can be %d to %d\n",
		       maxactive, MAXACTIVE_MIN, MAXACTIVE_MAX);
		return -EINVAL;
	}
	ff_report_init();
	err = ff_trail_init();
	if (err)
		goto no_trail;
	err = ff_holders_init();
	if (err)
		goto no_holders;
	err = ff_journal_init();
	if (err)
		goto no_journal;
	/* says itself what is missing */
	err = ff_watch_init(maxactive, skip);
	if (err)
		goto no_watch;
	ff_pids_prove();
	err = ff_proc_init();
	if (err)
		goto no_proc;
	ff_debugfs_init();
	ff_syscall_count(&wanted, &armed);
	pr_info("watching %u of %u points, %zu KiB and %zu KiB for each possible CPU; see /proc/forkfail\n",
		ff_watch.armed + armed, ff_watch.wanted + wanted,
		ff_footprint_bytes() >> 10, ff_footprint_cpu_bytes() >> 10);
	return 0;

no_proc:
	ff_watch_exit();
no_watch:
	ff_journal_exit();
no_journal:
	ff_holders_exit();
no_holders:
	ff_trail_exit();
no_trail:
	if (err == -ENOMEM)
		pr_err("not loaded: out of memory\n");
	return err;
}

static void __exit forkfail_exit(void)
{
	ff_debugfs_exit();
	ff_proc_exit();
	ff_watch_exit();
	ff_journal_exit();
	ff_holders_exit();
	ff_trail_exit();
}

module_init(forkfail_init);
module_exit(forkfail_exit);

MODULE_DESCRIPTION("Why this machine could not create a process or a thread");
MODULE_AUTHOR("The forkfail developers");
MODULE_VERSION("0.1.0");
MODULE_LICENSE("GPL");
