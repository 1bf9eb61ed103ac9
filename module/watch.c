// SPDX-License-Identifier: GPL-2.0-only
/*
 * watch.c - the hooks, and whether they work
 *
 * Three kinds of hook, each the cheapest that does its job:
 *
 *   step	ftrace entry hook on a function that copy_process() calls on its
 *		way; stores where the task is, nothing else
 *   witness	ftrace entry hook on a function that runs only when something
 *		has gone wrong; may look at its arguments
 *   return	kretprobe on copy_process(): claims a trail, and reads the result
 *
 * and two that are not about copy_process(), mmap and mprotect: see stack.c.
 * They are on the way of every mapping, and can be switched off and on.
 *
 * Where ftrace cannot hook a function, a kprobe does.  A point that cannot be
 * hooked at all is not armed; the page says what cannot be seen without it.
 *
 * Every ftrace_ops is permanent: while one is registered the kernel refuses
 * kernel.ftrace_enabled=0, and refuses to register one while that is 0.  That
 * is not only for our own sight.  Registering or unregistering kprobes while
 * ftrace is off leaves stale records behind, and ftrace shuts itself down with
 * a warning, or worse, when it comes back.  So a permanent ops is the first
 * thing to be registered, before any kprobe is, and the last to go.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/ktime.h>

#include "compat.h"
#include "look.h"
#include "observe.h"
#include "restart.h"
#include "stack.h"
#include "symbols.h"
#include "syscall.h"
#include "trail.h"
#include "watch.h"
#include "where.h"

enum point_kind {
	STEP,		/* note it */
	LOOK,		/* note it, and look at what the kernel is about to look at */
	CLONE,		/* look at its argument */
	WITNESS,	/* note that it ran */
	MMAP,		/* thread stacks; by ftrace or not at all */
	MPROTECT,
};

static const char * const kind_names[] = { "step", "look", "clone", "witness", "mmap", "mprotect" };

/**
 * struct point - one function that is watched
 * @name: its symbol
 * @kind: what its entry means
 * @id: the step that it is, or the first witness that its entry may be
 * @exists: this kernel has it, and it is of use here
 * @blind: what cannot be seen without it
 * @how: how it is hooked, NULL if it is not
 * @ip: its address as kprobes know it; ftrace's own lies up to
 *	FF_FTRACE_IP_SLACK behind it
 * @kp: the hook, where ftrace cannot reach
 */
struct point {
	const char *name;
	enum point_kind kind;
	u8 id;
	bool exists;
	const char *blind;
	const char *how;
	unsigned long ip;
	struct kprobe kp;
};

#define LOOK_AT_MEMORY	(!(FF_KERNEL_FACTS & FF_FACT_OVERCOMMIT_WITNESS))
#define MM_INIT_KIND	(LOOK_AT_MEMORY ? LOOK : STEP)
#define NPROC_IN_CREDS	(!(FF_KERNEL_FACTS & FF_FACT_NPROC_BEFORE_CREDS))
#define OC_WITNESS	(!!(FF_KERNEL_FACTS & FF_FACT_OVERCOMMIT_WITNESS))

#define NAMESPACES	"which kind of namespace could not be made"

/*
 * No step may run once per mapping: a fork of 10,000 mappings would pay for
 * each.  No witness may run on the way of an ordinary fork that succeeds.
 */
static struct point points[] = {
	{ "copy_creds", STEP, FF_STEP_COPY_CREDS, true,
	  "user and machine-wide task limits look alike" },
	{ "sched_fork", STEP, FF_STEP_SCHED_FORK, true,
	  "task limits and SCHED_DEADLINE look alike" },
	{ "copy_semundo", STEP, FF_STEP_COPY_SEMUNDO, true,
	  "a security module's refusal and a concurrent execve look alike" },
	{ "mm_init", MM_INIT_KIND, FF_STEP_MM_INIT, true,
	  "overcommit cannot be told from other shortages" },
	{ "create_new_namespaces", STEP, FF_STEP_NEW_NAMESPACES, true,
	  "which failures come from new namespaces" },
	{ "copy_mnt_ns", STEP, FF_STEP_COPY_MNT_NS, true, NAMESPACES },
	{ "copy_utsname", STEP, FF_STEP_COPY_UTS_NS, IS_ENABLED(CONFIG_UTS_NS), NAMESPACES },
	{ "copy_ipcs", STEP, FF_STEP_COPY_IPC_NS, IS_ENABLED(CONFIG_IPC_NS), NAMESPACES },
	{ "copy_pid_ns", STEP, FF_STEP_COPY_PID_NS, IS_ENABLED(CONFIG_PID_NS), NAMESPACES },
	{ "copy_cgroup_ns", STEP, FF_STEP_COPY_CGROUP_NS, IS_ENABLED(CONFIG_CGROUPS), NAMESPACES },
	{ "copy_net_ns", STEP, FF_STEP_COPY_NET_NS, IS_ENABLED(CONFIG_NET_NS), NAMESPACES },
	{ "copy_time_ns", STEP, FF_STEP_COPY_TIME_NS, IS_ENABLED(CONFIG_TIME_NS), NAMESPACES },
	{ "__copy_io", STEP, FF_STEP_COPY_IO,
	  IS_ENABLED(CONFIG_BLOCK) && !(FF_KERNEL_FACTS & FF_FACT_COPY_IO_INLINE),
	  "failures of io contexts" },
	{ "alloc_pid", LOOK, FF_STEP_ALLOC_PID, true,
	  "PID exhaustion and dead PID namespaces" },
	{ FF_PIDFD_FUNCTION, STEP, FF_STEP_PIDFD, true,
	  "failures of numbers and of pidfds look alike" },
	{ "cgroup_can_fork", STEP, FF_STEP_CGROUP_CAN_FORK, true,
	  "the pids limits of cgroups" },
	{ "futex_hash_allocate_default", STEP, FF_STEP_FUTEX_HASH, FF_FUTEX_HASH,
	  "failures of a BPF scheduler and of the futex table look alike" },

	{ "kernel_clone", CLONE, FF_STEP_KERNEL_CLONE, true,
	  "arguments that are refused before copy_process() is called" },

	{ "capable", WITNESS, FF_W_CAPABLE_RESOURCE, NPROC_IN_CREDS,
	  "RLIMIT_NPROC and threads-max look alike" },
	{ "create_user_ns", WITNESS, FF_W_NEW_USERNS, IS_ENABLED(CONFIG_USER_NS),
	  "which failures come from a new user namespace" },
	{ "security_create_user_ns", WITNESS, FF_W_USERNS_LSM, FF_SECURITY_CREATE_USER_NS,
	  "a security module's refusal of a user namespace" },
	{ "inc_ucount", WITNESS, FF_W_UCOUNT, true,
	  "which limit on namespaces refused" },
	{ "__io_uring_fork", WITNESS, FF_W_IO_URING_FORK, FF_IO_URING_FORK,
	  "failures of io_uring restrictions" },
	{ "set_kthread_struct", WITNESS, FF_W_KTHREAD_STRUCT, FF_SET_KTHREAD_STRUCT,
	  "which failures are a kernel thread's own" },
	{ "__mpol_dup", WITNESS, FF_W_MEMPOLICY, IS_ENABLED(CONFIG_NUMA),
	  "failures of memory policies" },
	/* without perf there is none, and what it would tell is not known */
	{ "perf_event_free_task", WITNESS, FF_W_PERF_DONE, true,
	  "failures of perf, audit and security modules look alike" },
	{ "cgroup_file_notify", WITNESS, FF_W_PIDS_EVENT, true,
	  "which cgroup's pids limit refused" },
	{ "kernfs_get_inode", WITNESS, FF_W_CGROUP_FOUND, true,
	  "removed cgroups and those outside of the namespace look alike" },
	{ "security_task_setscheduler", WITNESS, FF_W_CPUSET_LSM, IS_ENABLED(CONFIG_SECURITY),
	  "a security module's refusal of a cpuset" },
	{ "cgroup_cancel_fork", WITNESS, FF_W_CANCEL_FORK, true,
	  "failures behind the cgroup checks" },
	{ "try_to_free_mem_cgroup_pages", WITNESS, FF_W_MEMCG_RECLAIM, IS_ENABLED(CONFIG_MEMCG),
	  "the memory limits of cgroups" },
	{ "out_of_memory", WITNESS, FF_W_MEMCG_OOM, true,
	  "whether the OOM killer was asked" },
	{ "warn_alloc", WITNESS, FF_W_PAGE_ALLOC_FAILED, true,
	  "shortage of memory on the whole machine" },
	{ "___ratelimit", WITNESS, FF_W_OVERCOMMIT, OC_WITNESS,
	  "refusals by vm.overcommit_memory" },
	/* everywhere else this function is hot, and says nothing */
	{ "page_counter_uncharge", WITNESS, FF_W_KMEM_LIMIT, false,
	  "limits on the kernel memory of cgroups" },

	{ "do_mmap", MMAP, FF_STEP_MMAP, true,
	  "threads whose stack cannot be mapped" },
	{ "mprotect_fixup", MPROTECT, FF_STEP_MPROTECT, true,
	  "threads whose stack cannot be opened" },
};

/*
 * Witnesses that are one only when these call them: copy_process(), with the
 * part of it that a compiler may have set aside, and who charges kernel memory.
 */
static struct ff_symbol callers[] = {
	{ .name = "copy_process" },
	{ .name = "copy_process.cold" },
	{ .name = "__memcg_kmem_charge" },
};

static const u8 called_for[ARRAY_SIZE(callers)] = {
	FF_W_PERF_DONE, FF_W_PERF_DONE, FF_W_KMEM_LIMIT,
};

struct ff_watch_state ff_watch;

static atomic_long_t no_room = ATOMIC_LONG_INIT(0);

/* ---- which point is it? -------------------------------------------------- */

/*
 * By address, in pieces of FF_FTRACE_IP_SLACK bytes: a handful are asked about
 * in each failure.  Filled before the first hook is registered.
 */
#define BY_IP	256

static const struct point *by_ip[BY_IP];

static void remember(const struct point *p, unsigned long ip)
{
	unsigned long i = ip / FF_FTRACE_IP_SLACK % BY_IP;

	while (by_ip[i] && by_ip[i] != p)
		i = (i + 1) % BY_IP;
	by_ip[i] = p;
}

static void remember_points(void)
{
	unsigned int i;

	BUILD_BUG_ON(2 * ARRAY_SIZE(points) >= BY_IP);
	memset(by_ip, 0, sizeof(by_ip));
	for (i = 0; i < ARRAY_SIZE(points); i++)
		if (points[i].ip) {
			/* where ftrace calls may lie in the next piece */
			remember(&points[i], points[i].ip);
			remember(&points[i], points[i].ip + FF_FTRACE_IP_SLACK - 1);
		}
}

static const struct point *point_at(unsigned long ip)
{
	unsigned long i = ip / FF_FTRACE_IP_SLACK % BY_IP;

	for (; by_ip[i]; i = (i + 1) % BY_IP)
		if (ip - by_ip[i]->ip < FF_FTRACE_IP_SLACK)
			return by_ip[i];
	return NULL;
}

/* ---- the handlers: no lock, no sleep, no print --------------------------- */

/**
 * ff_watch_step - which step an address is
 * @ip: as a hook saw it
 *
 * Any context.
 *
 * Return: the step; FF_STEP_ENTRY if it is none.
 */
enum ff_step ff_watch_step(unsigned long ip)
{
	const struct point *p = point_at(ip);

	return p && p->kind < CLONE ? p->id : FF_STEP_ENTRY;
}

static void notrace step_entered(unsigned long ip, unsigned long parent_ip,
				 struct ftrace_ops *op, ff_regs *regs)
{
	struct ff_trail *t = ff_trail_find();

	if (likely(t))
		t->ip = ip;
}

/* mm_init(), on kernels where the look there is at memory. */
static unsigned long memory_look_ip;

static __always_inline void look(struct ff_trail *t, unsigned long ip)
{
	t->ip = ip;
	if (LOOK_AT_MEMORY && ip - memory_look_ip < FF_FTRACE_IP_SLACK)
		t->committed = ff_committed_pages();
	else
		ff_look_before_alloc_pid(t);
}

static void notrace look_entered(unsigned long ip, unsigned long parent_ip,
				 struct ftrace_ops *op, ff_regs *regs)
{
	struct ff_trail *t = ff_trail_find();

	if (likely(t))
		look(t, ip);
}

static bool counts_for(const struct point *p, const struct ff_trail *t, unsigned long parent_ip)
{
	bool any_caller = true;
	unsigned int i;

	if (p->id != FF_W_PERF_DONE && p->id != FF_W_KMEM_LIMIT)
		return true;
	/* every failure behind perf comes past it, too, and says nothing by that */
	if (p->id == FF_W_PERF_DONE && ff_watch_step(t->ip) > FF_STEP_SCHED_FORK)
		return false;
	for (i = 0; i < ARRAY_SIZE(callers); i++) {
		if (called_for[i] != p->id)
			continue;
		if (callers[i].start && parent_ip - callers[i].start < callers[i].size)
			return true;
		any_caller = false;
	}
	return any_caller;
}

/*
 * Only what the task itself does counts: an interrupt that notifies a cgroup
 * while the task is inside copy_process() says nothing of the task.
 */
static void notrace witness_entered(unsigned long ip, unsigned long parent_ip,
				    struct ftrace_ops *op, ff_regs *regs)
{
	const struct point *p;
	struct ff_trail *t;

	if (!in_task())
		return;
	t = ff_trail_find();
	if (likely(!t))
		return;
	p = point_at(ip);
	if (!p) {
		t->ip = ip;	/* the self-test's dummy */
	} else if (p->kind == WITNESS && regs && counts_for(p, t, parent_ip)) {
		unsigned long arg[3] = {
			ff_ftrace_argument(regs, 0),
			ff_ftrace_argument(regs, 1),
			ff_ftrace_argument(regs, 2),
		};

		ff_observe_witness(t, p->id, arg);
	}
}

static void notrace clone_entered(unsigned long ip, unsigned long parent_ip,
				  struct ftrace_ops *op, ff_regs *regs)
{
	if (likely(regs))
		ff_observe_clone((const void *)ff_ftrace_argument(regs, 0));
}

static int clone_probed(struct kprobe *kp, struct pt_regs *regs)
{
	ff_observe_clone((const void *)regs_get_kernel_argument(regs, 0));
	return 0;
}
NOKPROBE_SYMBOL(clone_probed);

static int step_probed(struct kprobe *kp, struct pt_regs *regs)
{
	const struct point *p = container_of(kp, struct point, kp);
	struct ff_trail *t = ff_trail_find();

	if (t && p->kind == LOOK)
		look(t, (unsigned long)kp->addr);
	else if (t)
		t->ip = (unsigned long)kp->addr;
	return 0;
}

/*
 * in_task() for a kprobe: its breakpoint may be taken like an NMI, which says
 * nothing of what was running then.  (Made a jump, or put on ftrace, it is not.)
 */
static bool probed_in_task(void)
{
	unsigned long count = preempt_count() & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_OFFSET);

	return !count || count == NMI_OFFSET + HARDIRQ_OFFSET;
}
NOKPROBE_SYMBOL(probed_in_task);

static int witness_probed(struct kprobe *kp, struct pt_regs *regs)
{
	const struct point *p = container_of(kp, struct point, kp);
	struct ff_trail *t = probed_in_task() ? ff_trail_find() : NULL;

	if (t && counts_for(p, t, ff_return_address(regs))) {
		unsigned long arg[3] = {
			regs_get_kernel_argument(regs, 0),
			regs_get_kernel_argument(regs, 1),
			regs_get_kernel_argument(regs, 2),
		};

		ff_observe_witness(t, p->id, arg);
	}
	return 0;
}
NOKPROBE_SYMBOL(step_probed);
NOKPROBE_SYMBOL(witness_probed);

static int fork_entered(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct ff_trail *t = ff_trail_claim();

	if (unlikely(!t)) {
		atomic_long_inc(&no_room);
		return 1;
	}
	t->args = (const void *)regs_get_kernel_argument(regs, 3);
	*(struct ff_trail **)ri->data = t;
	return 0;
}
NOKPROBE_SYMBOL(fork_entered);

static int fork_returned(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct ff_trail *t = *(struct ff_trail **)ri->data;
	long ret = regs_return_value(regs);

	if (IS_ERR_VALUE(ret))
		ff_observe_failure(t, ret);
	else
		ff_restart_over();
	if (unlikely(t->cold))
		ff_observe_end(t->cold);
	ff_trail_release(t);
	return 0;
}
NOKPROBE_SYMBOL(fork_returned);

static struct kretprobe fork_return = {
	.kp.symbol_name	= "copy_process",
	.entry_handler	= fork_entered,
	.handler	= fork_returned,
	.data_size	= sizeof(struct ff_trail *),
};

/* ---- the self-test: one dummy function for each kind of hook -------------- */

static noinline void dummy_step(void)
{
	barrier();
}

static noinline void dummy_look(void)
{
	barrier();
}

static noinline void dummy_witness(void)
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

/* ---- the ftrace side ----------------------------------------------------- */

static struct ftrace_ops guard_ops = {
	.func	= step_entered,
	.flags	= FF_FTRACE_FLAGS,
};

static struct ftrace_ops step_ops = {
	.func	= step_entered,
	.flags	= FF_FTRACE_FLAGS,
};

static struct ftrace_ops look_ops = {
	.func	= look_entered,
	.flags	= FF_FTRACE_FLAGS,
};

static struct ftrace_ops clone_ops = {
	.func	= clone_entered,
	.flags	= FF_FTRACE_FLAGS | FF_FTRACE_ARGS_FLAGS,
};

static struct ftrace_ops witness_ops = {
	.func	= witness_entered,
	.flags	= FF_FTRACE_FLAGS | FF_FTRACE_ARGS_FLAGS,
};

static struct ftrace_ops mmap_ops = {
	.func	= ff_stack_mmap_entered,
	.flags	= FF_FTRACE_FLAGS | FF_FTRACE_ARGS_FLAGS,
};

static struct ftrace_ops mprotect_ops = {
	.func	= ff_stack_mprotect_entered,
	.flags	= FF_FTRACE_FLAGS | FF_FTRACE_ARGS_FLAGS,
};

static bool guard_on, step_on, look_on, clone_on, witness_on, fork_return_on, dummy_return_on;
static DEFINE_MUTEX(self_test_lock);
static u64 last_good_ns;	/* when all hooks fired last */
static u64 blind_since_ns;	/* 0: not blind */
static const char *blind_reason;
static struct ff_gap last_gap;

/* A function of our own: ftrace's address of it is at its start or just behind. */
static int filter_own(struct ftrace_ops *ops, void *function)
{
	unsigned long ip = (unsigned long)function;
	unsigned int off;
	int err = -EINVAL;

	for (off = 0; err && off < FF_FTRACE_IP_SLACK; off += 4)
		err = ftrace_set_filter_ip(ops, ip + off, 0, 0);
	return err;
}

/**
 * ff_watch_filter - have an ftrace_ops hook a function of the kernel
 * @ops: not registered, or hooking others already
 * @ip: address of the function
 *
 * May sleep.
 *
 * Return: 0, or a negative errno if ftrace cannot hook it.
 */
int ff_watch_filter(struct ftrace_ops *ops, unsigned long ip)
{
	unsigned int off;
	int err = -EINVAL;

	for (off = 0; err && off < FF_FTRACE_IP_SLACK; off += 4)
		err = ftrace_set_filter_ip(ops, ip + off, 0, 0);
	return err;
}

/* ---- arming -------------------------------------------------------------- */

/**
 * ff_watch_is_skipped - is a point not to be armed?
 * @skip: those that are not, separated by commas; NULL for none
 * @name: its name
 *
 * Return: true if it is among them.
 */
bool ff_watch_is_skipped(const char *skip, const char *name)
{
	size_t len = strlen(name);

	while (skip && *skip) {
		size_t n = strcspn(skip, " ,\n");

		if (n == len && !strncmp(skip, name, n))
			return true;
		skip += n;
		skip += strspn(skip, " ,\n");
	}
	return false;
}

static int find_addresses(void)
{
	struct ff_symbol symbols[ARRAY_SIZE(points)] = {};
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(points); i++) {
		if (points[i].kind == WITNESS && points[i].id == FF_W_KMEM_LIMIT)
			points[i].exists = ff_memcg_facts() & FF_FACT_KMEM_LIMIT;
		if (points[i].exists)
			symbols[i].name = points[i].name;
	}
	err = ff_symbols_find(symbols, ARRAY_SIZE(symbols)) ?:
	      ff_symbols_find(callers, ARRAY_SIZE(callers));
	for (i = 0; i < ARRAY_SIZE(points); i++)
		points[i].ip = symbols[i].start;
	for (i = 0; i < ARRAY_SIZE(points); i++)
		if (points[i].id == FF_STEP_MM_INIT && points[i].kind == LOOK)
			memory_look_ip = points[i].ip;
	remember_points();
	return err;
}

static void arm_by_ftrace(struct point *p)
{
	static struct ftrace_ops * const ops[] = {
		[STEP] = &step_ops, [LOOK] = &look_ops, [CLONE] = &clone_ops,
		[WITNESS] = &witness_ops, [MMAP] = &mmap_ops, [MPROTECT] = &mprotect_ops,
	};

	if (ff_watch_filter(ops[p->kind], p->ip))
		return;
	p->how = "ftrace";
}

static void arm_by_kprobe(struct point *p)
{
	memset(&p->kp, 0, sizeof(p->kp));
	p->kp.symbol_name = p->name;
	p->kp.pre_handler = p->kind == WITNESS ? witness_probed :
			    p->kind == CLONE ? clone_probed : step_probed;
	if (!register_kprobe(&p->kp))
		p->how = "kprobe";
}

static int register_ops(struct ftrace_ops *ops, bool *on)
{
	int err = register_ftrace_function(ops);

	*on = !err;
	return err;
}

/* It has no dummy of ours, and an ops without a filter would hook everything. */
static int register_if_filtered(enum point_kind kind, struct ftrace_ops *ops, bool *on)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(points); i++)
		if (points[i].kind == kind && points[i].how && !*on)
			return register_ops(ops, on);
	return 0;
}

static bool clone_is_hooked(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(points); i++)
		if (points[i].kind == CLONE)
			return points[i].how;
	return false;
}

static void unregister_ops(struct ftrace_ops *ops, bool *on)
{
	if (*on)
		unregister_ftrace_function(ops);
	*on = false;
}

/* ---- thread stacks, which can be switched off ----------------------------- */

static bool stacks_wanted = true;	/* whether the module is loaded yet or not */
static bool stacks_ready;		/* the points are filtered: it can be switched */
static bool mmap_on, mprotect_on;
static DEFINE_MUTEX(stacks_lock);

static bool is_switched_off(const struct point *p)
{
	return p->kind >= MMAP && !READ_ONCE(stacks_wanted);
}

static int switch_stacks(bool on)
{
	int err = 0;

	if (on) {
		err = register_if_filtered(MMAP, &mmap_ops, &mmap_on) ?:
		      register_if_filtered(MPROTECT, &mprotect_ops, &mprotect_on);
	}
	if (!on || err) {
		unregister_ops(&mmap_ops, &mmap_on);
		unregister_ops(&mprotect_ops, &mprotect_on);
	}
	return err;
}

static void count_points(void)
{
	unsigned int i;

	ff_watch.wanted = 1;
	ff_watch.armed = fork_return_on;
	ff_watch.blind = 0;
	/* wanted if it is of use when the module is loaded; it may become so later */
	ff_watch.blind_w = BIT(FF_W_KMEM_LIMIT);
	for (i = 0; i < ARRAY_SIZE(points); i++) {
		struct point *p = &points[i];

		if (!p->exists || is_switched_off(p))
			continue;
		ff_watch.wanted++;
		if (p->how) {
			ff_watch.armed++;
			if (p->id == FF_W_KMEM_LIMIT && p->kind == WITNESS)
				ff_watch.blind_w &= ~BIT(p->id);
			continue;
		}
		if (p->kind < CLONE)
			ff_watch.blind |= BIT(p->id);
		else if (p->kind == CLONE || p->kind >= MMAP)
			continue;	/* a refusal that it does not see is not seen at all */
		else if (p->id == FF_W_CAPABLE_RESOURCE)
			ff_watch.blind_w |= BIT(FF_W_CAPABLE_RESOURCE) | BIT(FF_W_CAPABLE_ADMIN);
		else if (p->id == FF_W_MEMCG_OOM)
			ff_watch.blind_w |= BIT(FF_W_MEMCG_OOM) | BIT(FF_W_SYSTEM_OOM);
		else
			ff_watch.blind_w |= BIT(p->id);
	}
}

/**
 * ff_watch_init - hook everything
 * @maxactive: tasks that can be inside copy_process() at once and be watched
 * @skip: points not to arm, separated by commas; NULL for none
 *
 * May sleep.  Says in the kernel log what is missing and what to do.  On error
 * nothing stays hooked.
 *
 * Return: 0, or a negative errno.
 */
int ff_watch_init(unsigned int maxactive, const char *skip)
{
	unsigned int i;
	int err;

	err = filter_own(&guard_ops, dummy_step);
	if (!err)
		err = register_ops(&guard_ops, &guard_on);
	if (err == -EBUSY) {
		pr_err("not loaded: ftrace is switched off; load again after `sysctl kernel.ftrace_enabled=1`\n");
		return err;
	}
	if (err) {
		pr_err("not loaded: ftrace does not work on this kernel (error %d); it needs CONFIG_DYNAMIC_FTRACE\n",
		       err);
		return err;
	}

	/* kprobes are used here for the first time, behind the guard */
	err = find_addresses() ?: ff_where_init();
	if (err) {
		pr_err("not loaded: out of memory\n");
		goto fail;
	}
	ff_symbols_find_data();

	err = filter_own(&step_ops, dummy_step) ?: filter_own(&look_ops, dummy_look) ?:
	      filter_own(&witness_ops, dummy_witness);
	if (err) {
		pr_err("not loaded: ftrace cannot hook forkfail's own functions (error %d)\n", err);
		goto fail;
	}
	for (i = 0; i < ARRAY_SIZE(points); i++)
		if (points[i].ip && !ff_watch_is_skipped(skip, points[i].name))
			arm_by_ftrace(&points[i]);
	err = register_ops(&step_ops, &step_on) ?: register_ops(&look_ops, &look_on) ?:
	      register_ops(&witness_ops, &witness_on) ?:
	      register_if_filtered(CLONE, &clone_ops, &clone_on);
	if (err) {
		pr_err("not loaded: ftrace refused the hooks (error %d)\n", err);
		goto fail;
	}
	for (i = 0; i < ARRAY_SIZE(points); i++)
		if (points[i].ip && !points[i].how && points[i].kind < MMAP &&
		    !ff_watch_is_skipped(skip, points[i].name))
			arm_by_kprobe(&points[i]);

	dummy_return_probe.kp.addr = (kprobe_opcode_t *)dummy_return;
	err = register_kretprobe(&dummy_return_probe);
	dummy_return_on = !err;
	if (err) {
		pr_err("not loaded: kretprobes do not work on this kernel (error %d); it needs CONFIG_KRETPROBES\n",
		       err);
		goto fail;
	}
	if (!ff_watch_self_test()) {
		pr_err("not loaded: hooks do not fire (%s do not); if kprobes are off, switch them on with `echo 1 >/sys/kernel/debug/kprobes/enabled`\n",
		       blind_reason);
		err = -ENXIO;
		goto fail;
	}

	/*
	 * Last: a return that is watched while the steps are not would look
	 * like a failure before the first step.
	 */
	fork_return.maxactive = maxactive;
	err = register_kretprobe(&fork_return);
	fork_return_on = !err;
	if (err) {
		pr_err("not loaded: cannot watch copy_process (error %d)%s\n", err,
		       err != -ENOENT ? "" :
		       "; this kernel does not have it as a function of its own");
		goto fail;
	}
	err = ff_syscall_init(skip, clone_is_hooked());
	if (err) {
		pr_err("not loaded: ftrace refused the hooks of system calls (error %d)\n", err);
		goto fail;
	}
	mutex_lock(&stacks_lock);
	err = switch_stacks(stacks_wanted);
	stacks_ready = !err;
	count_points();
	mutex_unlock(&stacks_lock);
	if (err) {
		pr_err("not loaded: ftrace refused the hooks (error %d)\n", err);
		goto fail;
	}
	return 0;
fail:
	ff_watch_exit();
	return err;
}

/**
 * ff_watch_exit - unhook everything that is hooked
 *
 * May sleep.  When it returns no handler is running and none will.
 */
void ff_watch_exit(void)
{
	unsigned int i;

	ff_syscall_exit();
	mutex_lock(&stacks_lock);
	stacks_ready = false;
	switch_stacks(false);
	mutex_unlock(&stacks_lock);
	/* before other hooks go: that waits for what may still be on its way out */
	ff_stack_wait();
	if (fork_return_on)
		unregister_kretprobe(&fork_return);
	if (dummy_return_on)
		unregister_kretprobe(&dummy_return_probe);
	for (i = 0; i < ARRAY_SIZE(points); i++)
		if (points[i].how && !strcmp(points[i].how, "kprobe"))
			unregister_kprobe(&points[i].kp);
	unregister_ops(&clone_ops, &clone_on);
	unregister_ops(&witness_ops, &witness_on);
	unregister_ops(&look_ops, &look_on);
	unregister_ops(&step_ops, &step_on);
	unregister_ops(&guard_ops, &guard_on);
	/* calls that were inside copy_process() when their return hook went */
	ff_trail_forget(ff_observe_end);
	/* ftrace_free_filter() is not for modules in 5.10; an empty filter does it */
	ftrace_set_filter(&mprotect_ops, NULL, 0, 1);
	ftrace_set_filter(&mmap_ops, NULL, 0, 1);
	ftrace_set_filter(&clone_ops, NULL, 0, 1);
	ftrace_set_filter(&witness_ops, NULL, 0, 1);
	ftrace_set_filter(&look_ops, NULL, 0, 1);
	ftrace_set_filter(&step_ops, NULL, 0, 1);
	ftrace_set_filter(&guard_ops, NULL, 0, 1);
	fork_return_on = false;
	dummy_return_on = false;
}

/**
 * ff_watch_stacks - watch thread stacks, or leave mmap and mprotect alone
 * @on: what is wanted; before the module is loaded it is only noted
 *
 * May sleep.  When it returns without an error the hooks are there, or gone.
 *
 * Return: 0, or a negative errno.
 */
int ff_watch_stacks(bool on)
{
	int err = 0;

	mutex_lock(&stacks_lock);
	if (stacks_ready)
		err = switch_stacks(on);
	WRITE_ONCE(stacks_wanted, on && !err);
	if (stacks_ready)
		count_points();
	mutex_unlock(&stacks_lock);
	return err;
}

/**
 * ff_watch_stacks_on - are thread stacks watched?
 *
 * Any context.
 *
 * Return: whether that is wanted.
 */
bool ff_watch_stacks_on(void)
{
	return READ_ONCE(stacks_wanted);
}

/* ---- what others want to know -------------------------------------------- */

/**
 * ff_watch_missed - calls of copy_process() whose return nobody saw
 *
 * Any context.
 *
 * Return: how many since load.
 */
unsigned long ff_watch_missed(void)
{
	return READ_ONCE(fork_return.nmissed) + atomic_long_read(&no_room);
}

/**
 * ff_watch_bytes - memory that the hooks take, as far as it is ours to choose
 *
 * Return: bytes.
 */
size_t ff_watch_bytes(void)
{
	return (size_t)fork_return.maxactive *
		(sizeof(struct kretprobe_instance) + fork_return.data_size);
}

/**
 * ff_watch_cpu_bytes - memory that the kernel's pool of return instances takes
 * on each possible CPU: one pointer an instance, from 6.12 on
 *
 * Return: bytes.
 */
size_t ff_watch_cpu_bytes(void)
{
	return FF_KRETPROBE_POOL_PER_CPU ?
	       roundup_pow_of_two(fork_return.maxactive) * sizeof(void *) : 0;
}

/**
 * ff_watch_self_test - does each kind of hook still fire?
 *
 * May sleep.  Called from the page and once a minute; remembers since when
 * something does not.  When that began nobody knows, so it counts from the last
 * time that all did; and it ends when all do again.
 *
 * Return: true if all do.
 */
bool ff_watch_self_test(void)
{
	struct ff_trail *t;
	const char *reason = NULL;
	long before;
	u64 now;

	mutex_lock(&self_test_lock);
	before = atomic_long_read(&dummy_returns);
	dummy_return();
	if (atomic_long_read(&dummy_returns) == before)
		reason = "return probes";

	t = ff_trail_claim();
	if (t) {
		t->ip = 0;
		dummy_step();
		if (!t->ip)
			reason = "step hooks";
		t->ip = 0;
		dummy_look();
		if (!t->ip)
			reason = "look hooks";
		t->ip = 0;
		dummy_witness();
		if (!t->ip)
			reason = "witness hooks";
		ff_trail_release(t);
	}
	now = ktime_get_real_ns();
	if (reason) {
		blind_reason = reason;
		if (!blind_since_ns)
			blind_since_ns = last_good_ns ?: now;
	} else {
		if (blind_since_ns) {
			last_gap.from = blind_since_ns;
			last_gap.to = now;
			last_gap.reason = blind_reason;
			last_gap.nr++;
		}
		blind_since_ns = 0;
		last_good_ns = now;
	}
	mutex_unlock(&self_test_lock);
	return !reason;
}

/**
 * ff_watch_blind_since - since when the self-test has failed
 *
 * Any context.
 *
 * Return: real time in nanoseconds, 0 if it has not.
 */
u64 ff_watch_blind_since(void)
{
	return READ_ONCE(blind_since_ns);
}

/**
 * ff_watch_blind_reason - what the self-test found last
 *
 * Any context.
 *
 * Return: a few words, NULL if it has never failed.
 */
const char *ff_watch_blind_reason(void)
{
	return READ_ONCE(blind_reason);
}

/**
 * ff_watch_gap - the newest time of blindness that is over
 * @gap: receives it; @gap->nr is 0 if there was none
 *
 * May sleep.
 */
void ff_watch_gap(struct ff_gap *gap)
{
	mutex_lock(&self_test_lock);
	*gap = last_gap;
	mutex_unlock(&self_test_lock);
}

/**
 * ff_watch_unarmed - the next point that is not hooked
 * @i: where to go on, 0 to begin
 * @name: receives its name
 * @blind: receives what cannot be seen without it
 *
 * Any context.
 *
 * Return: false if there is none.
 */
bool ff_watch_unarmed(unsigned int *i, const char **name, const char **blind)
{
	unsigned int n;
	bool found;

	for (; *i < ARRAY_SIZE(points); (*i)++) {
		struct point *p = &points[*i];

		if (p->exists && !p->how && !is_switched_off(p)) {
			*name = p->name;
			*blind = p->blind;
			(*i)++;
			return true;
		}
	}
	n = *i - ARRAY_SIZE(points);
	found = ff_syscall_unarmed(&n, name, blind);
	*i = n + ARRAY_SIZE(points);
	return found;
}

/**
 * ff_watch_show - the table of watch points, for debugfs
 * @m: where to
 *
 * May sleep.
 */
void ff_watch_show(struct seq_file *m)
{
	bool ok = ff_watch_self_test();
	unsigned int i;

	seq_printf(m, "%-30s %-8s %s\n", "point", "kind", "hook");
	seq_printf(m, "%-30s %-8s %s\n", "copy_process", "return",
		   fork_return_on ? "kretprobe" : "-");
	for (i = 0; i < ARRAY_SIZE(points); i++)
		seq_printf(m, "%-30s %-8s %s\n", points[i].name, kind_names[points[i].kind],
			   !points[i].exists ? "not on this kernel" :
			   is_switched_off(&points[i]) ? "off" :
			   points[i].how ?: points[i].ip ? "-" : "- (no such function)");
	ff_syscall_show(m);
	seq_printf(m, "\nmissed %lu (no instance %d, no room in the table %ld)\n",
		   ff_watch_missed(), READ_ONCE(fork_return.nmissed), atomic_long_read(&no_room));
	seq_printf(m, "self-test %s%s\n", ok ? "ok" : blind_reason, ok ? "" : " do not fire");
	seq_printf(m, "known: nr_threads %d max_threads %d pid_max %d overcommit %d swap %d\n",
		   !!ff_data.nr_threads, !!ff_data.max_threads, !!ff_data.pid_max,
		   !!ff_data.overcommit_memory, !!ff_data.swap_pages);
}
