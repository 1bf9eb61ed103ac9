// SPDX-License-Identifier: GPL-2.0-only
/*
 * failnth.c - every allocation in a fork fails once
 *
 * On a kernel with /proc/PID/fail-nth: the first allocation of a call fails, then
 * the second, and so on until the call no longer reaches the Nth.  Each call that
 * fails by it must be one event, with its errno, a step and a cause.  The kernel tells
 * what the cause has to be: it logs the stack of an allocation that it was told to
 * fail.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/ioprio.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../../lib/clone_args.h"
#include "../../lib/event_line.h"
#include "fail_nth.h"
#include "guest.h"

#define NAMESPACES	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET | \
			 CLONE_NEWCGROUP | CLONE_NEWTIME)
#define VFORK_FLAGS	(CLONE_VM | CLONE_VFORK)

#define FAILSLAB	"/sys/kernel/debug/failslab"
#define FAIL_PAGES	"/sys/kernel/debug/fail_page_alloc"
#define CGROUP		"failnth"
#define MOST		5000

/*
 * What was being allocated, by the innermost of these functions on the stack; several causes if
 * the function allocates several things.
 */
static const struct {
	const char *function, *causes;
} places[] = {
	{ "memcg_charge_kernel_stack", "kernel-stack-memcg" },
	{ "arch_dup_task_struct", "arch-dup-nomem" },
	{ "task_exec_state_copy", "exec-state-nomem" },
	{ "alloc_ucounts", "ucounts-alloc-nomem ns-nomem" },
	{ "create_user_ns", "userns-nomem" },
	{ "prepare_creds", "creds-nomem" },
	{ "copy_creds", "creds-nomem" },
	{ "__mpol_dup", "mempolicy-nomem" },
	{ "perf_event_init_task", "perf-inherit" },
	{ "audit_alloc", "audit-nomem" },
	{ "security_task_alloc", "lsm-task-alloc" },
	{ "copy_semundo", "semundo-nomem" },
	{ "dup_fd", "files-nomem" },
	{ "copy_fs_struct", "fs-nomem" },
	{ "ldt_dup_context", "ldt-nomem" },
	{ "mm_init", "mm-struct-nomem" },
	{ "copy_page_range", "pagetable-nomem" },
	{ "dup_mmap", "vma-nomem pagetable-nomem" },
	{ "dup_mm", "mm-struct-nomem vma-nomem pagetable-nomem" },
	{ "copy_net_ns", "ns-nomem netns-init" },
	{ "create_new_namespaces", "ns-nomem" },
	{ "copy_namespaces", "ns-nomem" },
	{ "__copy_io", "ioctx-nomem" },
	{ "alloc_pid", "pid-nomem" },
	{ "__pidfd_prepare", "pidfd-nomem" },
	{ "pidfd_prepare", "pidfd-nomem" },
	{ "cgroup_can_fork", "cgroup-css-nomem" },
	{ "futex_hash_allocate_default", "futex-hash-nomem" },
	/* from user memory's page, below copy_process() itself */
	{ "exc_page_fault", "pidfd-fault" },
	{ "copy_process", "sighand-nomem signal-nomem mm-struct-nomem kernel-stack-nomem" },
};

/*
 * Functions called by copy_process() itself: what is inlined there has no other trace. They
 * call each other, and the outermost counts; NULL: several things are allocated by it.
 */
static const struct {
	const char *function, *causes;
} allocators[] = {
	{ "__vmalloc_node_range", "kernel-stack-nomem" },
	{ "__vmalloc_node_range_noprof", "kernel-stack-nomem" },
	{ "__vmalloc_node_noprof", "kernel-stack-nomem" },
	{ "kmem_cache_alloc_node", "task-struct-nomem" },
	{ "kmem_cache_alloc_node_noprof", "task-struct-nomem" },
	/* without CONFIG_VMAP_STACK, which tests/guest/debug/small.config leaves out */
	{ "__alloc_pages", "kernel-stack-nomem" },
	{ "__alloc_pages_noprof", "kernel-stack-nomem" },
	{ "kmem_cache_alloc", NULL },
	{ "kmem_cache_alloc_noprof", NULL },
};

/* ---- who forks ------------------------------------------------------------- */

static void plain(void)
{
}

/* A process that has one of everything that a fork copies. */
static void rich(void)
{
	static const struct sembuf undo = { .sem_op = 1, .sem_flg = SEM_UNDO };
	struct perf_event_attr perf = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(perf), .inherit = 1,
		.config = PERF_COUNT_SW_TASK_CLOCK,
	};
#ifdef SYS_modify_ldt
	struct {
		unsigned int entry, base, limit, flags;
	} ldt = { .limit = 0xfffff, .flags = 0x51 };
#endif
	unsigned long nodes = 1;

	dup2(0, 700);
	semop(semget(IPC_PRIVATE, 1, 0600), (struct sembuf *)&undo, 1);
	syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 5));
	syscall(SYS_set_mempolicy, 2 /* MPOL_BIND */, &nodes, 64);
	syscall(SYS_perf_event_open, &perf, 0, -1, -1, 0);
#ifdef SYS_modify_ldt
	syscall(SYS_modify_ldt, 1, &ldt, sizeof(ldt));
#endif
}

/* A user for whom nothing is counted yet. */
static void new_user(void)
{
	if (setresuid(5950, 5950, 5950))
		_exit(1);
}

static const struct variant {
	const char *name;
	uint64_t flags;
	void (*prepare)(void);
} variants[] = {
	{ "fork", 0, plain },
	{ "vfork", VFORK_FLAGS, plain },
	{ "thread", THREAD_FLAGS, plain },
	{ "rich", 0, rich },
	{ "sysvsem", CLONE_SYSVSEM, plain },
	{ "io", CLONE_IO, rich },
	{ "pidfd", CLONE_PIDFD, plain },
	{ "cgroup", CLONE_INTO_CGROUP, plain },
	{ "user", CLONE_NEWUSER, plain },
	{ "user2", CLONE_NEWUSER, new_user },
	{ "pidns", CLONE_NEWPID | CLONE_PIDFD, plain },
	{ "mnt", CLONE_NEWNS, plain },
	{ "uts-ipc", CLONE_NEWUTS | CLONE_NEWIPC, plain },
	{ "cgroupns", CLONE_NEWCGROUP, plain },
	{ "time", CLONE_NEWTIME, plain },
	{ "net", CLONE_NEWNET, plain },
	{ "all-user", NAMESPACES | CLONE_NEWUSER | CLONE_PIDFD | CLONE_INTO_CGROUP, rich },
};

/* ---- one call --------------------------------------------------------------- */

struct fail_nth *tried;

static int end_at_once(void *unused __attribute__((unused)))
{
	syscall(SYS_exit, 0);
	return 0;
}

static int call(const struct variant *v, int cgroup)
{
	static char stack[16384] __attribute__((aligned(64)));
	struct clone3_args args = { .flags = v->flags, .exit_signal = SIGCHLD, .cgroup = cgroup };
	static int pidfd;
	long ret;

	args.pidfd = (uintptr_t)&pidfd;
	if (v->flags & CLONE_VM) {
		ret = clone(end_at_once, stack + sizeof(stack),
			    v->flags | (v->flags & CLONE_THREAD ? 0 : SIGCHLD), NULL);
	} else {
		ret = syscall(SYS_clone3, &args, sizeof(args));
		if (!ret)
			syscall(SYS_exit_group, 0);
	}
	return ret < 0 ? errno : 0;
}

static void attempt(const struct variant *v, unsigned int n)
{
	int cgroup = open(CGROUPS "/" CGROUP, O_RDONLY | O_DIRECTORY), fd;
	char comm[16], text[16];

	fd = open("/proc/self/fail-nth", O_RDWR);
	v->prepare();
	snprintf(comm, sizeof(comm), "%s-%u", v->name, n);
	name_self(comm);
	tried->pid = getpid();
	/* once without a failure, so that pages that are mapped on demand are mapped */
	tried->err = call(v, cgroup);
	pread(fd, text, sizeof(text), 0);
	if (tried->err)
		_exit(2);
	if (!fail_nth_arm(fd, n))
		_exit(3);
	tried->err = call(v, cgroup);
	fail_nth_exit(fd);
}

/* ---- what is said of it ------------------------------------------------------ */

/* The causes that a stack in the kernel log allows; @place receives the function. */
static const char *by_stack(char *log, const char **place)
{
	char *line, *rest = strstr(log, "FAULT_INJECTION: forcing"), *plus;
	const char *allocated = NULL;
	unsigned int i;

	*place = rest ? "an unknown place" : "no stack";
	while ((line = strsep(&rest, "\n"))) {
		line += strspn(line, " ");
		plus = strstr(line, "+0x");
		if (*line == '?' || !plus)
			continue;
		*plus = 0;
		/* the part that the compiler has split off */
		line[strcspn(line, ".")] = 0;
		for (i = 0; i < ARRAY_SIZE(allocators); i++)
			if (!strcmp(line, allocators[i].function))
				allocated = allocators[i].causes;
		for (i = 0; i < ARRAY_SIZE(places); i++)
			if (!strcmp(line, places[i].function)) {
				*place = places[i].function;
				if (allocated && !strcmp(line, "copy_process"))
					return allocated;
				return places[i].causes;
			}
	}
	return NULL;
}

/* Allocations that fail silently before there is a child: there is no evidence. */
static bool is_unseen(const char *causes)
{
	return causes &&
	       has_word("task-struct-nomem kernel-stack-nomem kernel-stack-memcg", causes);
}

struct sums {
	unsigned int failed, tolerated, vague, unseen, wrong;
};

static void check_call(const struct variant *v, unsigned int n, char *klog, struct sums *s)
{
	unsigned int i, events = 0;
	const char *causes, *place;
	const struct event *e = NULL;
	struct text log;
	char comm[16];

	snprintf(comm, sizeof(comm), "%s-%u", v->name, n);
	causes = by_stack(klog, &place);
	read_log(&log);
	for (i = 0; i < log.nr_events; i++)
		if (!strcmp(value(&log.events[i], FORKFAIL_KEY_COMM), comm)) {
			e = &log.events[i];
			events += 1 + e->repeat;
		}
	if (!tried->err) {
		s->tolerated++;
		if (events) {
			s->wrong++;
			note("%s: it succeeded, but is in the log %u times", comm, events);
		}
	} else if (!events && !*log.wrong && is_unseen(causes)) {
		s->failed++;
		s->unseen++;
	} else if (events != 1 || *log.wrong) {
		s->failed++;
		s->wrong++;
		note("%s: %s in %s is in the log %u times %s", comm, strerrorname_np(tried->err),
		     place, events, log.wrong);
	} else {
		const char *cause = value(e, FORKFAIL_KEY_CAUSE);
		const char *list = value(e, FORKFAIL_KEY_CANDIDATES);
		bool right = causes && (*list ? false : has_word(causes, cause));

		for (i = 0; causes && *list && !right && i < 256; i++)
			right = cause_name(i) && has_word(list, cause_name(i)) &&
				has_word(causes, cause_name(i));
		s->failed++;
		s->vague += !!*list;
		if (!right || strcmp(value(e, FORKFAIL_KEY_ERRNO), strerrorname_np(tried->err)) ||
		    !*value(e, FORKFAIL_KEY_STEP)) {
			s->wrong++;
			note("%s: %s in %s (%s) was called %s %s (%s) at step %s", comm,
			     strerrorname_np(tried->err), place, causes ?: "?", cause,
			     value(e, FORKFAIL_KEY_ERRNO), list, value(e, FORKFAIL_KEY_STEP));
		}
	}
	text_free(&log);
}

static void every_allocation_of(const struct variant *v)
{
	unsigned int n, killed = 0;
	struct sums s = {};
	int mark = klog_mark(), status;
	char *klog;
	pid_t pid;

	for (n = 1; n < MOST; n++) {
		tried->ready = false;
		tried->err = 0;
		pid = fork();
		if (!pid)
			attempt(v, n);
		status = wait_for(pid);
		if (!tried->ready && status == 128 + SIGSEGV && n > 1 && killed++ < 10) {
			/* on return, the kernel could not write to one of its pages */
			free(klog_since(mark, false));
			continue;
		}
		if (!tried->ready) {
			if (n == 1)
				skip("%s: does not work here: %s", v->name,
				     strerrorname_np(tried->err));
			else
				ok(false, "%s: attempt %u ended: %d", v->name, n, status);
			close(mark);
			return;
		}
		klog = klog_since(mark, false);
		if (tried->left) {
			free(klog);
			break;
		}
		check_call(v, n, klog, &s);
		free(klog);
	}
	close(mark);
	ok(s.failed > 1 && !s.wrong && n < MOST && !tried->err,
	   "%s: %u allocations; %u calls failed for lack of one, %u succeeded without it; each failure is one event, except for %u of the task itself, and none is wrong (%u are), %u have candidates",
	   v->name, n - 1, s.failed, s.tolerated, s.unseen, s.wrong, s.vague);
}

/* ---- all of it ------------------------------------------------------------------ */

/**
 * fail_nth_set_up - let every kind of allocation fail, also those that may sleep
 * @verbose: what the kernel logs for each: 1 a line, 2 the stack as well
 */
void fail_nth_set_up(unsigned int verbose)
{
	static const char * const dirs[] = { FAILSLAB, FAIL_PAGES };
	char path[128];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		/* without this, allocations that may sleep would not fail */
		snprintf(path, sizeof(path), "%s/ignore-gfp-wait", dirs[i]);
		put(path, "N");
		snprintf(path, sizeof(path), "%s/ignore-gfp-highmem", dirs[i]);
		put(path, "N");
		snprintf(path, sizeof(path), "%s/verbose", dirs[i]);
		put(path, "%u", verbose);
		snprintf(path, sizeof(path), "%s/verbose_ratelimit_burst", dirs[i]);
		put(path, "1000000");
	}
	put(FAIL_PAGES "/min-order", "0");
}

/**
 * fail_nth_arm - let an allocation of this task fail
 * @fd: its fail-nth
 * @n: which one of the following, counted from 1
 *
 * Return: false if the kernel does not accept it.
 */
bool fail_nth_arm(int fd, unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	return pwrite(fd, text, len, 0) == len;
}

/**
 * fail_nth_exit - end the child that has made the attempt, and report what is left
 * @fd: its fail-nth
 */
void fail_nth_exit(int fd)
{
	char text[16];
	int len = pread(fd, text, sizeof(text) - 1, 0);

	pwrite(fd, "0", 1, 0);
	text[len < 0 ? 0 : len] = 0;
	tried->left = atoi(text);
	tried->ready = true;
	_exit(0);
}

void test_failnth(void)
{
	unsigned int i;

	if (access("/proc/self/fail-nth", F_OK)) {
		skip("this kernel has no fault injection");
		return;
	}
	fresh("kmsg=0");
	tried = shared(sizeof(*tried));
	cgroup_make(CGROUP);
	fail_nth_set_up(2);
	for (i = 0; i < ARRAY_SIZE(variants); i++)
		every_allocation_of(&variants[i]);
	cgroup_remove(CGROUP);
}
