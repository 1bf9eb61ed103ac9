// SPDX-License-Identifier: GPL-2.0-only
/*
 * verify.c - return probes that observe each failure a second time
 *
 * cross_check.c compares what copy_process(), alloc_pid() and cgroup_can_fork() returned
 * with what the dead child's fields say.  This is off by default (verify=Y), because a
 * return probe costs each fork several hundred instructions.  If put_task_stack() cannot
 * be hooked, it is on in any case: then nothing else shows failures of copy_process().
 *
 * A call that finds none of the maxactive instances free is not compared.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/seq_file.h>

#include "evidence/cross_check.h"
#include "hooks/verify.h"
#include "rules/observation.h"

static int copy_process_returned(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	long ret = regs_return_value(regs);

	if (IS_ERR_VALUE(ret))
		ff_cross_check(ret);
	return 0;
}
NOKPROBE_SYMBOL(copy_process_returned);

static int alloc_pid_returned(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	if (IS_ERR_VALUE(regs_return_value(regs)))
		ff_cross_check_inside(FF_STEP_ALLOC_PID);
	return 0;
}
NOKPROBE_SYMBOL(alloc_pid_returned);

static int can_fork_returned(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	/* an int: the callee leaves the upper half undefined */
	if ((int)regs_return_value(regs) < 0)
		ff_cross_check_inside(FF_STEP_CGROUP_CAN_FORK);
	return 0;
}
NOKPROBE_SYMBOL(can_fork_returned);

/*
 * Separate cache lines: 5.10 keeps the list of free instances in struct kretprobe, and
 * every fork writes there.
 */
static struct kretprobe probes[] ____cacheline_aligned = {
	{ .kp.symbol_name = "alloc_pid", .handler = alloc_pid_returned },
	{ .kp.symbol_name = "cgroup_can_fork", .handler = can_fork_returned },
	{ .kp.symbol_name = "copy_process", .handler = copy_process_returned },
};

static bool on[ARRAY_SIZE(probes)];

/**
 * ff_verify_init - register the probes
 * @maxactive: how many instances each probe has
 *
 * May sleep.
 *
 * Return: 0, or a negative errno with none registered.
 */
int ff_verify_init(unsigned int maxactive)
{
	unsigned int i;
	int err;

	/* inner functions first: what copy_process() returns is compared with theirs */
	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		probes[i].maxactive = maxactive;
		err = register_kretprobe(&probes[i]);
		if (err) {
			ff_verify_exit();
			return err;
		}
		on[i] = true;
	}
	return 0;
}

/**
 * ff_verify_exit - unregister the probes
 *
 * May sleep.
 */
void ff_verify_exit(void)
{
	struct kretprobe *armed[ARRAY_SIZE(probes)];
	unsigned int i;
	int n = 0;

	for (i = ARRAY_SIZE(probes); i--; ) {
		if (on[i])
			armed[n++] = &probes[i];
		on[i] = false;
	}
	unregister_kretprobes(armed, n);
}

/**
 * ff_verify_on - are the return probes of verify=Y registered?
 */
bool ff_verify_on(void)
{
	return READ_ONCE(on[ARRAY_SIZE(probes) - 1]);
}

/**
 * ff_verify_show - print the results of the comparison for debugfs
 * @m: the file
 *
 * May sleep.
 */
void ff_verify_show(struct seq_file *m)
{
	unsigned int i;
	long missed = 0;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		/* the kernel increments it without a lock or WRITE_ONCE() */
		missed += data_race(probes[i].nmissed);
	seq_printf(m, "verify %s missed %ld\n", ff_verify_on() ? "on" : "off", missed);
	ff_cross_check_show(m);
}
