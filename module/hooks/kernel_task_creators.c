// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_task_creators.c - return probes on functions that create the kernel's own tasks
 *
 * When the kernel creates a task for itself, there is no system call whose return value
 * could be read.  These are all callers of kernel_clone() and copy_process() except the
 * system calls and fork_idle(), which runs when a CPU is brought up.  No fork from user
 * space calls them.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/seq_file.h>

#include "compat/compat.h"
#include "compat/symbols.h"
#include "evidence/observe.h"
#include "hooks/kernel_task_creators.h"
#include "hooks/points.h"

/* More than can be inside one of these functions at the same time. */
#define MAXACTIVE	64

/**
 * struct creator - one function that creates tasks
 * @name: its symbol
 * @kind: FORKFAIL_KIND_* of what it creates
 * @flags: clone flags that it passes to copy_process(); 0 if it calls kernel_clone()
 * @pointer: it returns a pointer, not a PID; an error as a pointer, or, as vhost_task_create()
 *	does as released in 6.4 and later, NULL
 * @probe: the return probe
 * @exists: this kernel may have the function; after ff_creators_init(), it has it
 * @on: the probe is registered
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
	{ "kernel_thread", FORKFAIL_KIND_KTHREAD, 0, false, PROBE, true },
	{ "user_mode_thread", FORKFAIL_KIND_KTHREAD, 0, false, PROBE, FF_USER_MODE_THREAD },
	{ "create_io_thread", FORKFAIL_KIND_IO_WORKER, FF_IO_THREAD_FLAGS, true, PROBE, true },
	{ "vhost_task_create", FORKFAIL_KIND_USER_WORKER, FF_VHOST_TASK_FLAGS, true, PROBE,
	  FF_VHOST_TASK },
};

/*
 * No program notices that io_uring has one worker less.  But io_uring_setup() creates its
 * SQPOLL thread itself, and fails without it, as VHOST_SET_OWNER does.
 */
static u8 kind_of(const struct creator *c)
{
	if (c->kind == FORKFAIL_KIND_IO_WORKER && !(current->flags & (PF_KTHREAD | PF_IO_WORKER)) &&
	    ff_common_nr(syscall_get_nr(current, current_pt_regs())) == __NR_io_uring_setup)
		return FORKFAIL_KIND_USER_WORKER;
	return c->kind;
}
NOKPROBE_SYMBOL(kind_of);

static int entered(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct kretprobe *rp = ff_kretprobe_of(ri);
	struct creator *c;

	if (!rp)
		return 1;
	c = container_of(rp, struct creator, probe);
	*(struct creator **)ri->data = c;
	return !ff_observe_creator(kind_of(c), c->flags);
}
NOKPROBE_SYMBOL(entered);

static int returned(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct creator *c = *(struct creator **)ri->data;
	long ret = regs_return_value(regs);

	if (c->pointer)
		ff_observe_created(IS_ERR_VALUE(ret) ? ret : 0, IS_ERR_OR_NULL((void *)ret));
	else
		/* a PID is an int: the callee leaves the upper half undefined */
		ff_observe_created(min_t(int, ret, 0), (int)ret < 0);
	return 0;
}
NOKPROBE_SYMBOL(returned);

/**
 * ff_creators_init - register the probes
 * @skip: points to leave out, separated by commas; NULL for none
 *
 * May sleep.  A function that this kernel does not have, or that cannot be probed, is no
 * error.
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
		if (creators[i].exists)
			symbols[i].name = creators[i].name;
	err = ff_symbols_find(symbols, ARRAY_SIZE(symbols));
	for (i = 0; !err && i < ARRAY_SIZE(creators); i++) {
		c = &creators[i];
		c->exists = symbols[i].start;
		if (!c->exists || ff_point_is_skipped(skip, c->name))
			continue;
		c->probe.kp.addr = (kprobe_opcode_t *)symbols[i].start;
		err = register_kretprobe(&c->probe);
		c->on = !err;
		/* the page says that it is not hooked */
		if (err != -ENOMEM)
			err = 0;
	}
	return err;
}

/**
 * ff_creators_exit - unregister the probes
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
 * ff_creators_missed - count the calls for which no instance was free
 *
 * Return: how many since load.
 */
unsigned long ff_creators_missed(void)
{
	unsigned long sum = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(creators); i++)
		/* the kernel increments it without a lock or WRITE_ONCE() */
		sum += data_race(creators[i].probe.nmissed);
	return sum;
}

/**
 * ff_creators_name - get the name of one of the functions
 * @i: index, less than FF_NR_CREATORS
 *
 * Return: the name.
 */
const char *ff_creators_name(unsigned int i)
{
	return creators[i].name;
}

/**
 * ff_creators_count - add these points to the sums
 * @wanted: how many points are wanted; increased
 * @armed: how many are hooked; increased
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
 * ff_creators_unarmed - find the next point that is not hooked
 * @i: position; start with 0, it is advanced
 * @name: receives the point's name
 * @blind: receives what cannot be seen without it
 *
 * Return: false if there is none left.
 */
bool ff_creators_unarmed(unsigned int *i, const char **name, const char **blind)
{
	for (; *i < ARRAY_SIZE(creators); (*i)++) {
		if (!creators[*i].exists || creators[*i].on)
			continue;
		*name = creators[*i].name;
		*blind = "failures to create the kernel's own tasks";
		(*i)++;
		return true;
	}
	return false;
}

/**
 * ff_creators_show - print the points for debugfs
 * @m: the file
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
