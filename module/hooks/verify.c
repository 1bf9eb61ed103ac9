// SPDX-License-Identifier: GPL-2.0-only
/*
 * verify.c - return probes that see each failure a second time
 *
 * What copy_process(), alloc_pid() and cgroup_can_fork() returned is held against
 * what the dead child told (cross_check.c).  On demand, since a return probe costs
 * each fork several hundred instructions; and without being asked where
 * put_task_stack() cannot be hooked: then it is all there is.
 *
 * A call that there is no instance for, of maxactive, is not compared.
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
	/* an int: the upper half is not the callee's business */
	if ((int)regs_return_value(regs) < 0)
		ff_cross_check_inside(FF_STEP_CGROUP_CAN_FORK);
	return 0;
}
NOKPROBE_SYMBOL(can_fork_returned);

/*
 * In cache lines of their own: where the kernel keeps the list of free instances in
 * it (5.10), every fork writes there.
 */
static struct kretprobe probes[] ____cacheline_aligned = {
	{ .kp.symbol_name = "alloc_pid", .handler = alloc_pid_returned },
	{ .kp.symbol_name = "cgroup_can_fork", .handler = can_fork_returned },
	{ .kp.symbol_name = "copy_process", .handler = copy_process_returned },
};

static bool on[ARRAY_SIZE(probes)];

/**
 * ff_verify_init - register the probes
 * @maxactive: calls of each that can be inside at once and be seen
 *
 * May sleep.
 *
 * Return: 0, or a negative errno with none registered.
 */
int ff_verify_init(unsigned int maxactive)
{
	unsigned int i;
	int err;

	/* the inner ones first: what copy_process() returned is compared with theirs */
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
 * ff_verify_exit - unregister them
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
 * ff_verify_on - is each failure seen twice?
 *
 * Any context.
 */
bool ff_verify_on(void)
{
	return READ_ONCE(on[ARRAY_SIZE(probes) - 1]);
}

/**
 * ff_verify_show - what was compared, for debugfs
 * @m: where to
 *
 * May sleep.
 */
void ff_verify_show(struct seq_file *m)
{
	unsigned int i;
	long missed = 0;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		/* the kernel counts without a lock and without a mark */
		missed += data_race(probes[i].nmissed);
	seq_printf(m, "verify %s missed %ld\n", ff_verify_on() ? "on" : "off", missed);
	ff_cross_check_show(m);
}
