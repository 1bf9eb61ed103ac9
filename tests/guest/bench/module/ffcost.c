// SPDX-License-Identifier: GPL-2.0-only
/*
 * ffcost.c - what one of forkfail's hooks costs, and how often each is hit
 *
 * For a guest of the tests only.  It calls a hooked function a thousand times with interrupts
 * disabled and counts ticks of the time-stamp counter: executed instructions (tests/vm/run
 * --icount).  With forkfail less without it is the hook's cost, exact to the instruction.
 *
 * What a handler does depends on the function that is hooked, so target() is called in its
 * place, and the handler is passed the other function's address.
 *
 * /proc/ffcost takes one command per write, and shows the result of the last one:
 *
 *   loop task		call target() in a loop, with a task that exits
 *   loop clone FLAGS	the same with kernel_clone()'s argument
 *   ftrace ADDRESS NAME hook target() with the handler of the ftrace_ops there, which
 *			is told that it is the function NAME
 *   ftrace told	the same with a handler that does nothing
 *   ftrace nothing	hook it with that handler itself
 *   plain		unhook target()
 *   count NAME...	count the calls of these functions, by processes
 *   second NAME...	be a second user of ftrace on them, and on target(), that does
 *			nothing
 *   lines ADDRESS LENGTH...
 *			remember what is there, and which cache lines of it are
 *			different inside this process's next clone()
 *   changed		which were (i), and which are now (n)
 *   empty		a kretprobe on copy_process() that does nothing
 *   off		none of these any more
 */
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/timex.h>
#include <linux/tracepoint.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <linux/vmalloc.h>

#define TIMES	1000
#define POINTS	64

static DEFINE_MUTEX(lock);
static char result[4096];
static pid_t inside_of;		/* whose next clone() it is about */

/* ---- what is called ------------------------------------------------------ */

static struct kernel_clone_args args = { .exit_signal = 17 };
static struct task_struct *exiting;	/* only as large as a task */

static noinline void *target(void *a)
{
	barrier();
	return a;
}

static void loop(void *a)
{
	unsigned long flags, i;
	u64 from;

	local_irq_save(flags);
	for (i = 0; i < TIMES; i++)
		target(a);
	from = get_cycles();
	for (i = 0; i < TIMES; i++)
		target(a);
	from = get_cycles() - from;
	local_irq_restore(flags);
	snprintf(result, sizeof(result), "%llu\n", from / TIMES);
}

static int loop_with(char *what)
{
	char *flags = what;

	what = strsep(&flags, " ");
	if (!strcmp(what, "task")) {
		loop(exiting);
		return 0;
	}
	if (strcmp(what, "clone") || !flags || kstrtou64(flags, 16, &args.flags))
		return -EINVAL;
	loop(&args);
	return 0;
}

/* ---- which memory is written ---------------------------------------------- */

#define REGIONS		48
#define CHANGED		64
#define LINE		64UL

enum { INSIDE = 1, NOW = 2 };

static struct {
	const u8 *at;
	u8 *was;
	size_t len;
} regions[REGIONS];
static unsigned int nr_regions;

static struct {
	unsigned long line;
	u8 when;
} changed[CHANGED];
static unsigned int nr_changed;
static bool comparing;

static void note_line(unsigned long line, u8 when)
{
	unsigned int i;

	for (i = 0; i < nr_changed && changed[i].line != line; i++)
		;
	if (i == CHANGED)
		return;
	if (i == nr_changed) {
		changed[nr_changed].line = line;
		changed[nr_changed++].when = 0;
	}
	changed[i].when |= when;
}

static void compare(u8 when)
{
	unsigned int i;
	size_t n, part;

	for (i = 0; i < nr_regions; i++)
		for (n = 0; n < regions[i].len; n += part) {
			unsigned long at = (unsigned long)regions[i].at + n;

			part = min_t(size_t, regions[i].len - n, LINE - at % LINE);
			if (memcmp(regions[i].at + n, regions[i].was + n, part))
				note_line(at & ~(LINE - 1), when);
		}
}

static void forget_lines(void)
{
	comparing = false;
	while (nr_regions)
		vfree(regions[--nr_regions].was);
	nr_changed = 0;
}

static int remember_lines(char *rest)
{
	unsigned long at, len;
	unsigned int i;
	char *a, *l;

	forget_lines();
	while ((a = strsep(&rest, " ")) && (l = strsep(&rest, " "))) {
		if (nr_regions == REGIONS || kstrtoul(a, 16, &at) || kstrtoul(l, 16, &len))
			return -EINVAL;
		regions[nr_regions].was = vmalloc(len);
		if (!regions[nr_regions].was)
			return -ENOMEM;
		regions[nr_regions].at = (const u8 *)at;
		regions[nr_regions++].len = len;
	}
	for (i = 0; i < nr_regions; i++)
		memcpy(regions[i].was, regions[i].at, regions[i].len);
	inside_of = current->tgid;
	comparing = true;
	return 0;
}

static void show_changed(void)
{
	size_t len = 0;
	unsigned int i;

	compare(NOW);
	result[0] = '\0';
	for (i = 0; i < nr_changed; i++)
		len += scnprintf(result + len, sizeof(result) - len, "%lx %s%s\n", changed[i].line,
				 changed[i].when & INSIDE ? "i" : "",
				 changed[i].when & NOW ? "n" : "");
}

/* ---- inside copy_process() ----------------------------------------------- */

static struct tracepoint *newtask;

static void on_newtask(void *data, struct task_struct *task, unsigned long flags)
{
	if (current->tgid != inside_of)
		return;
	if (comparing)
		compare(INSIDE);
	comparing = false;
}

static void find_newtask(struct tracepoint *tp, void *data)
{
	if (!strcmp(tp->name, "task_newtask"))
		newtask = tp;
}

/* ---- copies of forkfail's hooks on target() ------------------------------ */

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
#define KIND_OF_OPS	(FTRACE_OPS_FL_SAVE_REGS | FTRACE_OPS_FL_RECURSION_SAFE)
#else
#define KIND_OF_OPS	(FTRACE_OPS_FL_SAVE_REGS | FTRACE_OPS_FL_RECURSION)
#endif

typedef void (*handler)(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
			void *regs);

static struct ftrace_ops copy;
static bool copied;
static handler told;
static unsigned long told_ip, kind_of_ops = KIND_OF_OPS;

/* Somebody's handler, in place of the function that it is meant for. */
static void notrace as_if(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
			  void *regs)
{
	told(told_ip, parent_ip, op, regs);
}

static void notrace nothing(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
			    void *regs)
{
}

/* The kernel may look through all its symbols to find one: what was found is kept. */
static unsigned long address_of(const char *name)
{
	static struct {
		char name[48];
		unsigned long at;
	} known[POINTS];
	static unsigned int nr_known;
	struct kprobe kp = { .symbol_name = name, .flags = KPROBE_FLAG_DISABLED };
	unsigned int i;

	for (i = 0; i < nr_known; i++)
		if (!strcmp(known[i].name, name))
			return known[i].at;
	if (!register_kprobe(&kp))
		unregister_kprobe(&kp);
	if (nr_known == POINTS)
		return (unsigned long)kp.addr;
	strscpy(known[nr_known].name, name, sizeof(known[0].name));
	return known[nr_known++].at = (unsigned long)kp.addr;
}

/* The place of the call of ftrace is a little behind the start of the function. */
static int filter(struct ftrace_ops *ops, unsigned long function)
{
	unsigned int off;
	int err = -EINVAL;

	for (off = 0; function && err && off < 16; off += 4)
		err = ftrace_set_filter_ip(ops, function + off, 0, 0);
	return err;
}

static void unhook(void)
{
	if (copied)
		unregister_ftrace_function(&copy);
	copied = false;
	/* as long as it has a filter it counts as in use */
	ftrace_set_filter(&copy, NULL, 0, 1);
	memset(&copy, 0, sizeof(copy));
}

/* As it is hooked by the ops at an address, of which the flags count. */
static int hook_target(char *what)
{
	const struct ftrace_ops *model;
	unsigned long address;
	char *name = what;
	int err;

	unhook();
	what = strsep(&name, " ");
	copy.func = (void *)as_if;
	if (!strcmp(what, "nothing")) {
		copy.func = (void *)nothing;
	} else if (!strcmp(what, "told")) {
		told = nothing;
	} else {
		if (!name || kstrtoul(what, 16, &address))
			return -EINVAL;
		told_ip = address_of(name);
		if (!told_ip)
			return -ENOENT;
		model = (const void *)address;
		told = (handler)model->func;
		kind_of_ops = model->flags & KIND_OF_OPS;
	}
	copy.flags = kind_of_ops;
	err = filter(&copy, (unsigned long)target) ?: register_ftrace_function(&copy);
	copied = !err;
	return err;
}

/* ---- other users of the functions ---------------------------------------- */

static struct {
	char name[48];
	unsigned long ip;
	unsigned long hits;
	bool by_others;		/* the next task to run releases the stack of one that has ended */
} points[POINTS];
static unsigned int nr_points;

static void notrace count(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *op,
			  void *regs)
{
	unsigned int i;

	for (i = 0; i < nr_points; i++)
		if (ip - points[i].ip < 16 &&
		    (points[i].by_others || !(current->flags & PF_KTHREAD)))
			points[i].hits++;
}

static struct ftrace_ops other;
static struct kretprobe empty_return;
static bool other_on, empty_on;

static int nothing_returned(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	return 0;
}

static int empty(void)
{
	int err;

	if (empty_on)
		return -EBUSY;
	memset(&empty_return, 0, sizeof(empty_return));
	empty_return.kp.symbol_name = "copy_process";
	empty_return.handler = nothing_returned;
	empty_return.maxactive = 1024;
	err = register_kretprobe(&empty_return);
	empty_on = !err;
	return err;
}

static void other_off(void)
{
	if (empty_on)
		unregister_kretprobe(&empty_return);
	empty_on = false;
	if (other_on)
		unregister_ftrace_function(&other);
	other_on = false;
	nr_points = 0;
	ftrace_set_filter(&other, NULL, 0, 1);
	memset(&other, 0, sizeof(other));
}

static int other_users(void *func, char *names)
{
	char *name;
	int err = 0;

	other_off();
	other.func = func;
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
	other.flags = FTRACE_OPS_FL_RECURSION_SAFE;
#endif
	while ((name = strsep(&names, " \n")) && nr_points < POINTS) {
		points[nr_points].ip = *name ? address_of(name) : 0;
		if (filter(&other, points[nr_points].ip))
			continue;
		strscpy(points[nr_points].name, name, sizeof(points[0].name));
		points[nr_points].hits = 0;
		points[nr_points++].by_others = !strcmp(name, "put_task_stack");
	}
	if (func == nothing)
		err = filter(&other, (unsigned long)target);
	if (nr_points && !err)
		err = register_ftrace_function(&other);
	other_on = nr_points && !err;
	return err;
}

static void show_counts(void)
{
	size_t len = 0;
	unsigned int i;

	for (i = 0; i < nr_points; i++)
		len += scnprintf(result + len, sizeof(result) - len, "%s %lu\n", points[i].name,
				 points[i].hits);
}

/* ---- the file ------------------------------------------------------------ */

static int command(char *word, char *rest)
{
	if (!strcmp(word, "plain")) {
		unhook();
		return 0;
	}
	if (!strcmp(word, "off")) {
		show_counts();
		other_off();
		return 0;
	}
	if (!strcmp(word, "empty"))
		return empty();
	if (!strcmp(word, "changed")) {
		show_changed();
		return 0;
	}
	if (!rest)
		return -EINVAL;
	if (!strcmp(word, "lines"))
		return remember_lines(rest);
	if (!strcmp(word, "count"))
		return other_users(count, rest);
	if (!strcmp(word, "second"))
		return other_users(nothing, rest);
	rest = strim(rest);
	if (!strcmp(word, "ftrace"))
		return hook_target(rest);
	return strcmp(word, "loop") ? -EINVAL : loop_with(rest);
}

static ssize_t write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	char *line = memdup_user_nul(buf, len), *rest;
	int err;

	if (IS_ERR(line))
		return PTR_ERR(line);
	rest = strim(line);
	mutex_lock(&lock);
	line[strcspn(line, "\n")] = '\0';
	strsep(&rest, " ");
	err = command(line, rest);
	mutex_unlock(&lock);
	kfree(line);
	return err ?: len;
}

static ssize_t read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	return simple_read_from_buffer(buf, len, pos, result, strlen(result));
}

static const struct proc_ops ops = {
	.proc_write	= write,
	.proc_read	= read,
	.proc_lseek	= default_llseek,
};

static int __init ffcost_init(void)
{
	int err;

	/* larger than any task structure */
	exiting = kzalloc(SZ_32K, GFP_KERNEL);
	if (!exiting)
		return -ENOMEM;
	exiting->flags = PF_EXITING;
	for_each_kernel_tracepoint(find_newtask, NULL);
	err = newtask ? tracepoint_probe_register(newtask, on_newtask, NULL) : -ENOENT;
	if (err) {
		kfree(exiting);
		return err;
	}
	proc_create("ffcost", 0600, NULL, &ops);
	return 0;
}

static void __exit ffcost_exit(void)
{
	remove_proc_entry("ffcost", NULL);
	tracepoint_probe_unregister(newtask, on_newtask, NULL);
	tracepoint_synchronize_unregister();
	other_off();
	unhook();
	forget_lines();
	kfree(exiting);
}

module_init(ffcost_init);
module_exit(ffcost_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Counts what hooks cost, in a guest of forkfail's test bed");
