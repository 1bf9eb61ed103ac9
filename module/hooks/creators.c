// SPDX-License-Identifier: GPL-2.0-only
/*
 * creators.c - return probes on those who create tasks for the kernel itself
 *
 * What the kernel creates for itself has no system call whose answer could be
 * looked at.  These are all who call kernel_clone() or copy_process() but the
 * system calls, and fork_idle(), which runs when a CPU is brought up.  No fork of
 * user space comes past them.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/sched.h>
#include <linux/seq_file.h>

#include "compat/compat.h"
#include "compat/symbols.h"
#include "evidence/observe.h"
#include "hooks/creators.h"
#include "hooks/points.h"

/* As many as can wait for a task of the kernel's at once, and some more. */
#define MAXACTIVE	64

/**
 * struct creator - one function that creates tasks
 * @name: its symbol
 * @kind: FORKFAIL_KIND_* of what it creates
 * @flags: the flags that it gives to copy_process(); 0: it calls kernel_clone()
 * @pointer: it returns a task, not its number
 * @probe: the return probe
 * @exists: this kernel has the function
 * @on: it is registered
 */
struct creator {
	const char *name;
	u8 kind;
	u64 flags;
	bool pointer;
	struct kretprobe probe;
	bool exists, on;
};

static int entered(struct kretprobe_instance *ri, struct pt_regs *regs);
static int returned(struct kretprobe_instance *ri, struct pt_regs *regs);

#define PROBE {						\
	.entry_handler = entered,			\
	.handler = returned,				\
	.data_size = sizeof(struct creator *),		\
	.maxactive = MAXACTIVE,				\
}

static struct creator creators[FF_NR_CREATORS] = {
	{ "kernel_thread", FORKFAIL_KIND_KTHREAD, 0, false, PROBE },
	{ "user_mode_thread", FORKFAIL_KIND_KTHREAD, 0, false, PROBE },
	{ "create_io_thread", FORKFAIL_KIND_IO_WORKER, FF_IO_THREAD_FLAGS, true, PROBE },
	{ "vhost_task_create", FORKFAIL_KIND_USER_WORKER, FF_VHOST_TASK_FLAGS, true, PROBE },
};

static int entered(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct kretprobe *rp = ff_kretprobe_of(ri);
	struct creator *c;

	if (!rp)
		return 1;
	c = container_of(rp, struct creator, probe);
	*(struct creator **)ri->data = c;
	return !ff_observe_creator(c->kind, c->flags);
}
NOKPROBE_SYMBOL(entered);

static int returned(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct creator *c = *(struct creator **)ri->data;
	long ret = regs_return_value(regs);

	/* a number is an int: the upper half is not the callee's business */
	ff_observe_created(c->pointer ? (IS_ERR_VALUE(ret) ? ret : 0) : min_t(int, ret, 0));
	return 0;
}
NOKPROBE_SYMBOL(returned);

/**
 * ff_creators_init - register the probes
 * @skip: points not to arm, separated by commas; NULL for none
 *
 * May sleep.  A function that this kernel does not have is no failure.
 *
 * Return: 0 or -ENOMEM.
 */
int ff_creators_init(const char *skip)
{
	struct ff_symbol symbols[ARRAY_SIZE(creators)] = {};
	struct creator *c;
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(creators); i++)
		symbols[i].name = creators[i].name;
	err = ff_symbols_find(symbols, ARRAY_SIZE(symbols));
	for (i = 0; !err && i < ARRAY_SIZE(creators); i++) {
		c = &creators[i];
		c->exists = symbols[i].start;
		if (!c->exists || ff_point_is_skipped(skip, c->name))
			continue;
		c->probe.kp.addr = (kprobe_opcode_t *)symbols[i].start;
		c->on = !register_kretprobe(&c->probe);
	}
	return err;
}

/**
 * ff_creators_exit - unregister them
 *
 * May sleep.
 */
void ff_creators_exit(void)
{
	struct kretprobe *on[ARRAY_SIZE(creators)];
	struct creator *c;
	int n = 0;

	for (c = creators; c < creators + ARRAY_SIZE(creators); c++) {
		if (c->on)
			on[n++] = &c->probe;
		c->on = false;
	}
	unregister_kretprobes(on, n);
}

/**
 * ff_creators_missed - calls that there was no instance for
 *
 * Any context.
 *
 * Return: how many since load.
 */
unsigned long ff_creators_missed(void)
{
	unsigned long sum = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(creators); i++)
		/* the kernel counts without a lock and without a mark */
		sum += data_race(creators[i].probe.nmissed);
	return sum;
}

/**
 * ff_creators_name - name of one of the functions
 * @i: which, less than FF_NR_CREATORS
 *
 * Any context.
 *
 * Return: the name.
 */
const char *ff_creators_name(unsigned int i)
{
	return creators[i].name;
}

/**
 * ff_creators_count - add them to the points that are wanted and armed
 * @wanted: is added to
 * @armed: is added to
 *
 * Any context.
 */
void ff_creators_count(unsigned int *wanted, unsigned int *armed)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(creators); i++) {
		*wanted += creators[i].exists;
		*armed += creators[i].on;
	}
}

/**
 * ff_creators_unarmed - the next one that is not hooked
 * @i: where to go on, 0 to begin
 * @name: receives its name
 * @blind: receives what cannot be seen without it
 *
 * Any context.
 *
 * Return: false if there is none.
 */
bool ff_creators_unarmed(unsigned int *i, const char **name, const char **blind)
{
	for (; *i < ARRAY_SIZE(creators); (*i)++) {
		if (!creators[*i].exists || creators[*i].on)
			continue;
		*name = creators[*i].name;
		*blind = "failures of the kernel's own tasks";
		(*i)++;
		return true;
	}
	return false;
}

/**
 * ff_creators_show - the points, for debugfs
 * @m: where to
 *
 * May sleep.
 */
void ff_creators_show(struct seq_file *m)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(creators); i++)
		seq_printf(m, "%-30s %-8s %s\n", creators[i].name, "return",
			   creators[i].on ? "kretprobe" :
			   creators[i].exists ? "-" : "not on this kernel");
}
