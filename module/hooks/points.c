// SPDX-License-Identifier: GPL-2.0-only
/*
 * points.c - the table of watch points, and what each one means
 *
 * attach.c hooks these functions; handlers.c has what runs when they are entered.
 */
#include <linux/log2.h>
#include <linux/string.h>

#include "compat/compat.h"
#include "compat/symbols.h"
#include "evidence/syscall.h"
#include "hooks/points.h"
#include "rules/observation.h"

const char * const ff_point_kinds[] = {
	"child", "clone", "signal", "step", "witness", "mmap", "mprotect", "syscall", "syscall",
	"syscall",
};

#define NPROC_IN_CREDS	(!(FF_KERNEL_FACTS & FF_FACT_NPROC_BEFORE_CREDS))

#define NAMESPACES	"which type of namespace could not be created"

#define TRACERS		"what tracers change about a call"

/*
 * A fork that succeeds runs kernel_clone() and a task that ends runs put_task_stack();
 * neither runs anything else in this table.  Steps are reached with some flags only.  An
 * ordinary fork that succeeds must not run a witness.
 */
struct ff_point ff_points[] = {
	{ "put_task_stack", FF_POINT_DEAD_CHILD, 0, true,
	  "how far copy_process() got when it failed" },
	{ "kernel_clone", FF_POINT_CLONE, FF_STEP_KERNEL_CLONE, true,
	  "arguments that are refused before there is a child" },
	{ "get_signal", FF_POINT_SIGNAL, 0, true,
	  "calls that restart again and again" },

	{ "create_new_namespaces", FF_POINT_STEP, FF_STEP_NEW_NAMESPACES, true,
	  "which failures come from new namespaces" },
	{ "copy_mnt_ns", FF_POINT_STEP, FF_STEP_COPY_MNT_NS, true, NAMESPACES },
	{ "copy_utsname", FF_POINT_STEP, FF_STEP_COPY_UTS_NS,
	  IS_ENABLED(CONFIG_UTS_NS), NAMESPACES },
	{ "copy_ipcs", FF_POINT_STEP, FF_STEP_COPY_IPC_NS, IS_ENABLED(CONFIG_IPC_NS), NAMESPACES },
	{ "copy_pid_ns", FF_POINT_STEP, FF_STEP_COPY_PID_NS,
	  IS_ENABLED(CONFIG_PID_NS), NAMESPACES },
	{ "copy_cgroup_ns", FF_POINT_STEP, FF_STEP_COPY_CGROUP_NS,
	  IS_ENABLED(CONFIG_CGROUPS), NAMESPACES },
	{ "copy_net_ns", FF_POINT_STEP, FF_STEP_COPY_NET_NS,
	  IS_ENABLED(CONFIG_NET_NS), NAMESPACES },
	{ "copy_time_ns", FF_POINT_STEP, FF_STEP_COPY_TIME_NS,
	  IS_ENABLED(CONFIG_TIME_NS), NAMESPACES },
	{ NULL /* of pidfd_functions */, FF_POINT_STEP, FF_STEP_PIDFD, true,
	  "whether the PID or the pidfd could not be allocated" },

	{ "capable", FF_POINT_WITNESS, FF_W_CAPABLE_RESOURCE, NPROC_IN_CREDS,
	  "whether RLIMIT_NPROC or threads-max refused the call" },
	{ "create_user_ns", FF_POINT_WITNESS, FF_W_NEW_USERNS, IS_ENABLED(CONFIG_USER_NS),
	  "which failures come from a new user namespace" },
	{ "security_create_user_ns", FF_POINT_WITNESS, FF_W_USERNS_LSM, FF_SECURITY_CREATE_USER_NS,
	  "a security module's refusal of a user namespace" },
	{ "inc_ucount", FF_POINT_WITNESS, FF_W_UCOUNT, true,
	  "which limit on namespaces was reached" },
	{ "__io_uring_fork", FF_POINT_WITNESS, FF_W_IO_URING_FORK, FF_IO_URING_FORK,
	  "failures to copy io_uring restrictions" },
	{ "set_kthread_struct", FF_POINT_WITNESS, FF_W_KTHREAD_STRUCT, FF_SET_KTHREAD_STRUCT,
	  "which failures are those of kernel threads" },
	{ "__mpol_dup", FF_POINT_WITNESS, FF_W_MEMPOLICY, IS_ENABLED(CONFIG_NUMA),
	  "failures to copy memory policies" },
	/* without perf there is no such function, and its evidence is missing */
	{ "perf_event_free_task", FF_POINT_WITNESS, FF_W_PERF_DONE, true,
	  "whether perf, audit or a security module failed" },
	{ "cgroup_file_notify", FF_POINT_WITNESS, FF_W_PIDS_EVENT, true,
	  "which cgroup's pids limit was reached" },
	{ "kernfs_get_inode", FF_POINT_WITNESS, FF_W_CGROUP_FOUND, true,
	  "whether a cgroup was removed or is outside the namespace" },
	{ "security_task_setscheduler", FF_POINT_WITNESS, FF_W_CPUSET_LSM,
	  IS_ENABLED(CONFIG_SECURITY),
	  "a security module's refusal of a cpuset" },
	{ "cgroup_cancel_fork", FF_POINT_WITNESS, FF_W_CANCEL_FORK, true,
	  "failures after the cgroup checks" },
	{ "try_to_free_mem_cgroup_pages", FF_POINT_WITNESS, FF_W_MEMCG_RECLAIM,
	  IS_ENABLED(CONFIG_MEMCG),
	  "the memory limits of cgroups" },
	{ "out_of_memory", FF_POINT_WITNESS, FF_W_MEMCG_OOM, true,
	  "whether the OOM killer was called" },
	{ "warn_alloc", FF_POINT_WITNESS, FF_W_PAGE_ALLOC_FAILED, true,
	  "memory shortage on the whole machine" },
	{ "___ratelimit", FF_POINT_WITNESS, FF_W_OVERCOMMIT, true,
	  "refusals by vm.overcommit_memory" },
	/* on all other kernels this function is hot, and proves nothing */
	{ "page_counter_uncharge", FF_POINT_WITNESS, FF_W_KMEM_LIMIT, false,
	  "limits on the kernel memory of cgroups" },

	{ "do_mmap", FF_POINT_MMAP, FF_STEP_MMAP, true,
	  "threads whose stack cannot be mapped" },
	{ "mprotect_fixup", FF_POINT_MPROTECT, FF_STEP_MPROTECT, true,
	  "threads whose stack cannot be made accessible" },

	{ "__seccomp_filter", FF_POINT_FILTER, FF_ON_FILTER, true,
	  "calls that a seccomp filter answers, or kills the caller for" },
	{ "copy_clone_args_from_user", FF_POINT_CLONE3, FF_ON_CLONE3, true,
	  "arguments that clone3() refuses" },
	{ "seccomp_do_user_notification", FF_POINT_SYSCALL, FF_ON_NOTIFY, true,
	  "whether the filter or its supervisor answered", ff_notify_entered },
	{ "ptrace_notify", FF_POINT_SYSCALL, FF_ON_STOP, true, TRACERS, ff_stop_entered },
	{ "ptrace_do_notify", FF_POINT_SYSCALL, FF_ON_STOPPING, true, TRACERS, ff_stopping },
	{ "do_execveat_common", FF_POINT_SYSCALL, FF_ON_EXEC, true,
	  "execve() refused by RLIMIT_NPROC", ff_exec_entered },
};

const unsigned int ff_nr_points = ARRAY_SIZE(ff_points);

/*
 * Some witnesses count only if they are called from one of these functions:
 * copy_process(), with the part that a compiler may have split off, and the functions
 * that charge kernel memory.
 */
static struct ff_symbol callers[] = {
	{ .name = "copy_process" },
	{ .name = "copy_process.cold" },
	{ .name = "__memcg_kmem_charge" },	/* 5.10 */
	{ .name = "obj_cgroup_charge_pages" },	/* 5.15 */
};

/*
 * A compiler that changes a function's arguments adds a suffix to its name.  On kernels that
 * are slow to tell that a name does not exist (compat/symbols.c), the first of these mostly
 * does; the others are asked for where there is no such function without a suffix.
 */
#define ASKED_FIRST	1
static struct ff_symbol suffixed[] = {
	{ .name = "seccomp_do_user_notification.constprop.0" },
	{ .name = "seccomp_do_user_notification.isra.0" },
	{ .name = "do_execveat_common.isra.0" },
};

static struct ff_symbol pidfd_functions[] = { FF_PIDFD_FUNCTIONS };

static const u8 called_for[ARRAY_SIZE(callers)] = {
	FF_W_PERF_DONE, FF_W_PERF_DONE, FF_W_KMEM_LIMIT, FF_W_KMEM_LIMIT,
};

/*
 * A hash table of the points by address, in units of 16 bytes.  Each failure looks up a
 * few.  It is filled before the first hook is registered.
 */
#define BY_IP	256
#define IP_UNIT	16

static const struct ff_point *by_ip[BY_IP];

static void remember_point(const struct ff_point *p, unsigned long ip)
{
	unsigned long i = ip / IP_UNIT % BY_IP;

	while (by_ip[i] && by_ip[i] != p)
		i = (i + 1) % BY_IP;
	by_ip[i] = p;
}

static void remember_points(void)
{
	unsigned int i;

	BUILD_BUG_ON(2 * ARRAY_SIZE(ff_points) >= BY_IP || FF_FTRACE_IP_SLACK > IP_UNIT);
	memset(by_ip, 0, sizeof(by_ip));
	for (i = 0; i < ARRAY_SIZE(ff_points); i++)
		if (ff_points[i].ip) {
			/* ftrace's address may be in the next unit */
			remember_point(&ff_points[i], ff_points[i].ip);
			remember_point(&ff_points[i], ff_points[i].ip + FF_FTRACE_IP_SLACK - 1);
		}
}

/**
 * ff_point_at - find the watch point at an address
 * @ip: address in the beginning of a function, as a hook gets it
 *
 * Return: the point, or NULL.
 */
const struct ff_point *ff_point_at(unsigned long ip)
{
	unsigned long i = ip / IP_UNIT % BY_IP;

	for (; by_ip[i]; i = (i + 1) % BY_IP)
		if (ip - by_ip[i]->ip < FF_FTRACE_IP_SLACK)
			return by_ip[i];
	return NULL;
}

/**
 * ff_point_caller_counts - does a witness's function count if it is called from here?
 * @p: the point
 * @parent_ip: address in the caller
 *
 * ff_point_counts() is cheaper.
 *
 * Return: true unless only other callers of this function count.
 */
bool ff_point_caller_counts(const struct ff_point *p, unsigned long parent_ip)
{
	bool any_caller = true;
	unsigned int i;

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
 * page_counter_uncharge() has many callers: if the function that charges was not found
 * (a compiler may have inlined it), it is no witness.
 */
static bool kmem_caller_found(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(callers); i++)
		if (called_for[i] == FF_W_KMEM_LIMIT && callers[i].start)
			return true;
	return false;
}

static void name_pidfd_point(struct ff_point *p)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pidfd_functions) - 1; i++)
		if (pidfd_functions[i].start)
			break;
	p->name = pidfd_functions[i].name;
}

/* The point that a name with a suffix stands for. */
static struct ff_point *point_of(const char *suffixed_name)
{
	size_t len = strcspn(suffixed_name, ".");
	struct ff_point *p = ff_points;

	while (strncmp(p->name, suffixed_name, len) || p->name[len])
		p++;
	return p;
}

/* For points that have no address yet. */
static int find_suffixed(unsigned int first, unsigned int end)
{
	struct ff_point *p;
	unsigned int i;
	int err = 0;

	for (i = first; !err && i < end; i++) {
		p = point_of(suffixed[i].name);
		if (!p->exists || p->ip)
			continue;
		err = ff_symbols_find(&suffixed[i], 1);
		p->ip = suffixed[i].start;
	}
	return err;
}

/**
 * ff_point_is_skipped - is a point named in skip=?
 * @skip: names of points, separated by commas; NULL for none
 * @name: the point's name
 *
 * Return: true if so.
 */
bool ff_point_is_skipped(const char *skip, const char *name)
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

/**
 * ff_point_filter - add a function to an ftrace_ops's filter, or remove it
 * @ops: the ftrace_ops; if it is registered, the function is hooked or unhooked at once
 * @ip: address of the function; ftrace's address may lie up to FF_FTRACE_IP_SLACK behind
 * @hook: add it; it must not be in the filter yet
 *
 * May sleep.  A task may still be in the handler of a function that was removed.
 *
 * Return: 0, also if there was nothing to remove; -EINVAL if ftrace cannot hook the
 * function; another negative errno.
 */
int ff_point_filter(struct ftrace_ops *ops, unsigned long ip, bool hook)
{
	unsigned int off;
	int err = -EINVAL;

	for (off = 0; err == -EINVAL && off < FF_FTRACE_IP_SLACK; off += 4)
		err = ftrace_set_filter_ip(ops, ip + off, !hook, 0);
	return !hook && err == -ENOENT ? 0 : err;
}

/* The point must be in the table. */
static struct ff_point *find_point(enum ff_point_kind kind, u8 id)
{
	struct ff_point *p = ff_points;

	while (p->kind != kind || p->id != id)
		p++;
	return p;
}

/**
 * ff_points_find - find this kernel's addresses of the functions in the table
 *
 * May sleep; registers kprobes.
 *
 * Return: 0, or a negative errno.
 */
int ff_points_find(void)
{
	struct ff_symbol symbols[ARRAY_SIZE(ff_points)] = {};
	bool kmem = ff_memcg_facts() & FF_FACT_KMEM_LIMIT;
	struct ff_point *p;
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(callers); i++)
		if (called_for[i] == FF_W_KMEM_LIMIT && !kmem)
			callers[i].name = NULL;
	err = ff_symbols_find(callers, ARRAY_SIZE(callers)) ?:
	      ff_symbols_find(pidfd_functions, ARRAY_SIZE(pidfd_functions) - 1);
	if (err)
		return err;
	name_pidfd_point(find_point(FF_POINT_STEP, FF_STEP_PIDFD));
	find_point(FF_POINT_WITNESS, FF_W_KMEM_LIMIT)->exists = kmem;
	err = find_suffixed(0, ASKED_FIRST);
	if (err)
		return err;
	for (p = ff_points, i = 0; i < ARRAY_SIZE(ff_points); p++, i++)
		if (p->exists && !p->ip)
			symbols[i].name = p->name;
	if (!kmem_caller_found())
		symbols[find_point(FF_POINT_WITNESS, FF_W_KMEM_LIMIT) - ff_points].name = NULL;
	err = ff_symbols_find(symbols, ARRAY_SIZE(symbols));
	for (p = ff_points, i = 0; i < ARRAY_SIZE(ff_points); p++, i++)
		p->ip = p->ip ?: symbols[i].start;
	err = err ?: find_suffixed(ASKED_FIRST, ARRAY_SIZE(suffixed));
	remember_points();
	return err;
}

/**
 * ff_point_is_hooked - is a point hooked, or will it be when it is switched on?
 * @kind: its kind
 * @id: its identifier; there is such a point
 *
 * Return: true if so.
 */
bool ff_point_is_hooked(enum ff_point_kind kind, u8 id)
{
	return find_point(kind, id)->how;
}

/* Points that mislead without another one. */
static const struct {
	enum ff_point_kind kind;
	u8 id;
	enum ff_point_kind needs;
	u8 needs_id;
} pairs[] = {
	/* clone3()'s own refusals would be taken for a filter's */
	{ FF_POINT_FILTER, FF_ON_FILTER, FF_POINT_CLONE3, FF_ON_CLONE3 },
	/* a call that one of them parks is taken up by the other */
	{ FF_POINT_SYSCALL, FF_ON_STOP, FF_POINT_SYSCALL, FF_ON_STOPPING },
	{ FF_POINT_SYSCALL, FF_ON_STOPPING, FF_POINT_SYSCALL, FF_ON_STOP },
};

/**
 * ff_points_drop_useless - give up points that need another one, which cannot be hooked
 *
 * Call it before the points that can be switched off are hooked.
 */
void ff_points_drop_useless(void)
{
	/* kernel_clone() tells a refused call from a fork */
	bool forks = ff_point_is_hooked(FF_POINT_CLONE, FF_STEP_KERNEL_CLONE);
	unsigned int i;

	for (i = 0; !forks && i < ARRAY_SIZE(ff_points); i++)
		if (ff_points[i].kind >= FF_POINT_FILTER)
			ff_points[i].how = NULL;
	for (i = 0; i < ARRAY_SIZE(pairs); i++)
		if (!ff_point_is_hooked(pairs[i].needs, pairs[i].needs_id))
			find_point(pairs[i].kind, pairs[i].id)->how = NULL;
}
