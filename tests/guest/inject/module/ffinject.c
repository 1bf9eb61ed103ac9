// SPDX-License-Identifier: GPL-2.0-only
/*
 * ffinject - makes one function fail, once, for one task that forks
 *
 * For tests of forkfail in virtual machines; not a part of it.
 *
 * /proc/ffinject takes one line:
 *
 *   FUNCTION [WORD]...  arm: the next time that the writing task is inside
 *                       kernel_clone() and enters FUNCTION, and all conditions
 *                       hold, do what the words say, once
 *   off                 disarm
 *   go                  end a hold
 *   kthread             create a kernel thread that ends at once; the write
 *                       fails with the error of that
 *
 *   ret=N               let FUNCTION return N at once, do not run its body
 *   kill                send SIGKILL to the task
 *   hold                wait until somebody else writes "go", for at most 10 s;
 *                       nothing else runs on that CPU
 *   pid=N               wait for this task instead of the writing one
 *   arg0=ADDRESS        only if the first argument is this
 *   arg0=*ADDRESS       only if the first argument is what is stored there
 *   from=LO-HI          only if the caller is between these addresses
 *   skip=N              only after so many calls that meet the conditions
 *   silent              only if the first argument is the flags of an allocation that may
 *                       fail silently, after which another way is tried
 *   always              not once, but every time
 *   outside             not only inside kernel_clone()
 *   undead              put the mode of a task that seccomp kills back to that of a
 *                       filter: older kernels have no mode for the dead
 *
 * Reading gives "hits N", how often that was done since it was armed.
 *
 * An early return is safe only if the function leaves nothing behind when it fails, and
 * takes over nothing from its caller: whoever arms it has to make sure of that.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/seccomp.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

static DEFINE_MUTEX(arm_lock);
static char symbol[KSYM_NAME_LEN];
static struct kprobe point;
static bool point_on;

/* What to wait for and what to do; changed only while the probe is off. */
static struct {
	pid_t pid;
	bool has_ret, kill, hold, has_arg0, has_from, silent, always, outside, undead;
	long ret;
	unsigned int skip;
	unsigned long arg0, from_lo, from_hi;
} plan;

static bool inside;		/* the task is in kernel_clone() */
static unsigned int hits;
static bool may_go;

/* Less than the time after which the kernel reports a hung CPU. */
#define MOST_HOLD_MS	10000

static void hold(void)
{
	unsigned int ms;

	for (ms = 0; ms < MOST_HOLD_MS && !READ_ONCE(may_go); ms++)
		mdelay(1);
}
NOKPROBE_SYMBOL(hold);

/* The task returns from this instead of the function's body: it saves no registers. */
static noinline notrace void just_return(void)
{
	barrier();
}

static unsigned long caller(struct pt_regs *regs)
{
#ifdef CONFIG_X86
	unsigned long address = 0;

	copy_from_kernel_nofault(&address, (void *)regs->sp, sizeof(address));
	return address;
#else
	return procedure_link_pointer(regs);
#endif
}

static int entered(struct kprobe *kp, struct pt_regs *regs)
{
	const gfp_t silent = __GFP_NOWARN | __GFP_NORETRY;
	unsigned long from;

	if (current->pid != plan.pid || !(inside || plan.outside) || (hits && !plan.always))
		return 0;
	if (plan.silent && ((__force gfp_t)regs_get_kernel_argument(regs, 0) & silent) != silent)
		return 0;
	if (plan.has_arg0 && regs_get_kernel_argument(regs, 0) != plan.arg0)
		return 0;
	from = caller(regs);
	if (plan.has_from && (from < plan.from_lo || from >= plan.from_hi))
		return 0;
	if (plan.skip) {
		plan.skip--;
		return 0;
	}
	WRITE_ONCE(hits, hits + 1);
	if (plan.hold)
		hold();
	if (plan.kill)
		send_sig(SIGKILL, current, 1);
#ifdef CONFIG_SECCOMP_FILTER
	if (plan.undead && current->seccomp.mode > SECCOMP_MODE_FILTER)
		current->seccomp.mode = SECCOMP_MODE_FILTER;
#endif
	if (!plan.has_ret)
		return 0;
	regs_set_return_value(regs, plan.ret);
	instruction_pointer_set(regs, (unsigned long)just_return);
	return 1;
}
NOKPROBE_SYMBOL(entered);

/*
 * A probe with a post_handler is neither optimised into a jump nor based on ftrace, which would
 * need permission to change the instruction pointer.
 */
static void passed(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
}
NOKPROBE_SYMBOL(passed);

static int clone_entered(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	if (current->pid != plan.pid)
		return 1;
	inside = true;
	return 0;
}
NOKPROBE_SYMBOL(clone_entered);

static int clone_returned(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	inside = false;
	return 0;
}
NOKPROBE_SYMBOL(clone_returned);

static struct kretprobe clone_probe = {
	.kp.symbol_name	= "kernel_clone",
	.entry_handler	= clone_entered,
	.handler	= clone_returned,
	.maxactive	= 16,
};

static void disarm(void)
{
	if (point_on)
		unregister_kprobe(&point);
	point_on = false;
	memset(&plan, 0, sizeof(plan));
}

static int parse(char *word)
{
	char *value = strchr(word, '='), *hi;

	if (value)
		*value++ = 0;
	if (!strcmp(word, "kill")) {
		plan.kill = true;
		return 0;
	}
	if (!strcmp(word, "silent")) {
		plan.silent = true;
		return 0;
	}
	if (!strcmp(word, "always")) {
		plan.always = true;
		return 0;
	}
	if (!strcmp(word, "hold")) {
		plan.hold = true;
		return 0;
	}
	if (!strcmp(word, "outside")) {
		plan.outside = true;
		return 0;
	}
	if (!strcmp(word, "undead")) {
		plan.undead = true;
		return 0;
	}
	if (!value)
		return -EINVAL;
	if (!strcmp(word, "ret")) {
		plan.has_ret = true;
		return kstrtol(value, 0, &plan.ret);
	}
	if (!strcmp(word, "skip"))
		return kstrtouint(value, 0, &plan.skip);
	if (!strcmp(word, "pid"))
		return kstrtoint(value, 0, &plan.pid);
	if (!strcmp(word, "arg0")) {
		bool stored = *value == '*';
		int err = kstrtoul(value + stored, 0, &plan.arg0);

		if (!err && stored)
			err = copy_from_kernel_nofault(&plan.arg0, (void *)plan.arg0,
						       sizeof(plan.arg0));
		plan.has_arg0 = true;
		return err;
	}
	if (!strcmp(word, "from")) {
		hi = strchr(value, '-');
		if (!hi)
			return -EINVAL;
		*hi++ = 0;
		plan.has_from = true;
		return kstrtoul(value, 0, &plan.from_lo) ?: kstrtoul(hi, 0, &plan.from_hi);
	}
	return -EINVAL;
}

static int arm(char *line)
{
	char *word = strsep(&line, " ");
	int err = 0;

	disarm();
	hits = 0;
	may_go = false;
	inside = false;
	if (!strcmp(word, "off"))
		return 0;
	strscpy(symbol, word, sizeof(symbol));
	plan.pid = current->pid;
	while (!err && (word = strsep(&line, " ")))
		if (*word)
			err = parse(word);
	if (err)
		goto out;
	memset(&point, 0, sizeof(point));
	point.symbol_name = symbol;
	point.pre_handler = entered;
	point.post_handler = passed;
	err = register_kprobe(&point);
	point_on = !err;
out:
	if (err)
		memset(&plan, 0, sizeof(plan));
	return err;
}

static int end_at_once(void *unused)
{
	return 0;
}

static ssize_t inject_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	struct task_struct *t;
	char *line;
	int err;

	line = memdup_user_nul(buf, min_t(size_t, size, 400));
	if (IS_ERR(line))
		return PTR_ERR(line);
	strim(line);
	if (!strcmp(line, "kthread")) {
		t = kthread_run(end_at_once, NULL, "ffinject");
		err = PTR_ERR_OR_ZERO(t);
	} else if (!strcmp(line, "go")) {
		WRITE_ONCE(may_go, true);
		err = 0;
	} else {
		mutex_lock(&arm_lock);
		err = arm(line);
		mutex_unlock(&arm_lock);
	}
	kfree(line);
	return err ?: size;
}

static int inject_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "hits %u\n", READ_ONCE(hits));
	return 0;
}

static int inject_open(struct inode *inode, struct file *file)
{
	return single_open(file, inject_show, NULL);
}

static const struct proc_ops inject_ops = {
	.proc_open	= inject_open,
	.proc_read	= seq_read,
	.proc_lseek	= seq_lseek,
	.proc_release	= single_release,
	.proc_write	= inject_write,
};

static int __init ffinject_init(void)
{
	int err = register_kretprobe(&clone_probe);

	if (err)
		return err;
	if (!proc_create("ffinject", 0600, NULL, &inject_ops)) {
		unregister_kretprobe(&clone_probe);
		return -ENOMEM;
	}
	return 0;
}

static void __exit ffinject_exit(void)
{
	remove_proc_entry("ffinject", NULL);
	disarm();
	unregister_kretprobe(&clone_probe);
}

module_init(ffinject_init);
module_exit(ffinject_exit);

MODULE_DESCRIPTION("Test only: makes a function fail for one task that forks");
MODULE_LICENSE("GPL");
