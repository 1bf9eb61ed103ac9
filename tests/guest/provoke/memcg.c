// SPDX-License-Identifier: GPL-2.0-only
/*
 * memcg.c - memory limits of cgroups
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forkfault.h"

#ifndef CLONE_PIDFD
#define CLONE_PIDFD	0x00001000
#endif
#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP	0x02000000
#endif

#define MIB		(1ULL << 20)
#define PAGE		4096

/*
 * A process with page tables for a large sparse mapping, in a cgroup that has
 * room for much less than a copy of them.  The copy is refused in one go, and
 * what it took is given back: nobody ever runs in a full cgroup.  (There they
 * would not get any further: with nobody to kill, a page fault is tried again
 * for ever.)
 */
#define SPARSE		(1024 * MIB)
#define ROOM		MIB
#define SLACK		65536

static void protect_from_oom(void)
{
	if (!write_file("/proc/self/oom_score_adj", "-1000"))
		fail("oom_score_adj: %s", strerror(errno));
}

/* A kernel without swap has no such file. */
static void keep_in_memory(const char *cg)
{
	char path[2 * FF_PATH];

	snprintf(path, sizeof(path), "%s/memory.swap.max", cg);
	if (!access(path, F_OK))
		cg_set(cg, "memory.swap.max", "0");
}

/* Leave room for @room bytes more, fork, and lift the limit again. */
static void fork_in_memcg(const char *limited, uint64_t room, const char *step,
			  const char *alloc)
{
	struct ff_expect *e;
	uint64_t limit;
	char text[32];
	long ret;

	who_am_i();
	limit = cg_get(limited, "memory.current") + room;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)limit);
	keep_in_memory(limited);
	cg_set(limited, "memory.max", text);
	limit = cg_get(limited, "memory.max");
	ret = try_fork();
	cg_set(limited, "memory.max", "max");
	e = refused(ret, ENOMEM, "memcg-limit", step);
	exp_limit(e, "bytes", limit, 0);
	exp_range(e, "in_use", limit - SLACK, limit);
	/* a page table is a page; other things may be charged in one piece or page by page */
	if (!strcmp(alloc, "pagetable-nomem"))
		exp_number(e, "asked", PAGE);
	else
		exp_range(e, "asked", PAGE, 8 * MIB);
	exp_object(e, "cgroup", "%s", limited);
	exp_text(e, "alloc", alloc);
}

static void enter_memcg(const char *asker)
{
	protect_from_oom();
	cg_enter(asker);
}

static void memcg_limit(void)
{
	const char *cg = cg_new("", "memory");

	enter_memcg(cg);
	sparse_mapping(SPARSE);
	fork_in_memcg(cg, ROOM, "copy_mm", "pagetable-nomem");
}

static void memcg_limit_ancestor(void)
{
	enter_memcg(cg_new("middle/leaf", "memory"));
	sparse_mapping(SPARSE);
	fork_in_memcg(cg_new("", "memory"), ROOM, "copy_mm", "pagetable-nomem");
}

/* The cgroup of the caller does not have the controller itself. */
static void memcg_limit_uncontrolled(void)
{
	const char *top = cg_new("", "memory");

	enter_memcg(cg_new("plain/leaf", ""));
	sparse_mapping(SPARSE);
	fork_in_memcg(top, ROOM, "copy_mm", "pagetable-nomem");
}

#define MAPPINGS	8000

/* Neighbours that are protected differently are mappings of their own. */
static void memcg_limit_mappings(void)
{
	const char *cg = cg_new("", "memory");
	char *map;
	int i;

	enter_memcg(cg);
	map = mmap(NULL, MAPPINGS * PAGE, PROT_READ,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		fail("mmap: %s", strerror(errno));
	for (i = 1; i < MAPPINGS; i += 2)
		if (mprotect(map + i * PAGE, PAGE, PROT_NONE))
			fail("mprotect: %s", strerror(errno));
	fork_in_memcg(cg, ROOM / 2, "copy_mm", "vma-nomem");
}

#define HIGH_FD		500000

/* A descriptor table of four megabytes, for one high descriptor. */
static void memcg_limit_files(void)
{
	const char *cg = cg_new("", "memory");

	set_rlimit(RLIMIT_NOFILE, HIGH_FD + 1);
	enter_memcg(cg);
	if (dup2(0, HIGH_FD) < 0)
		fail("dup2: %s", strerror(errno));
	fork_in_memcg(cg, ROOM, "copy_files", "files-nomem");
}

/* ---- cgroup v1 ---------------------------------------------------------- */

/*
 * The limit in a file of a v1 cgroup, so that only @room bytes more fit in.
 */
static uint64_t limit_v1(const char *cg, const char *usage, const char *file,
			 uint64_t room)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu",
		 (unsigned long long)cg1_get(cg, usage) + room);
	cg1_set(cg, file, text);
	return cg1_get(cg, file);
}

static void fork_in_v1(const char *cg, const char *usage, const char *file,
		       const char *cause)
{
	struct ff_expect *e;
	uint64_t limit;
	long ret;

	sparse_mapping(SPARSE);
	who_am_i();
	limit = limit_v1(cg, usage, file, ROOM);
	ret = try_fork();
	cg1_set(cg, file, "-1");
	e = refused(ret, ENOMEM, cause, "copy_mm");
	exp_limit(e, "bytes", limit, 0);
	exp_range(e, "in_use", limit - SLACK, limit);
	exp_number(e, "asked", PAGE);
	exp_object(e, "cgroup", "%s", cg);
	exp_text(e, "cgroup", cg);
	exp_text(e, "alloc", "pagetable-nomem");
}

static void memcg_limit_v1(void)
{
	const char *cg = cg1_new("memory", "");

	protect_from_oom();
	cg1_set(cg, "cgroup.procs", "0");
	fork_in_v1(cg, "memory.usage_in_bytes", "memory.limit_in_bytes",
		   "memcg-limit");
}

static void memcg_v1_kmem(void)
{
	const char *cg = cg1_new("memory", "");

	/* must be set once before anything is counted */
	if (!cg1_takes(cg, "memory.kmem.limit_in_bytes", 1 << 30))
		absent("memory.kmem.limit_in_bytes takes no limit");
	cg1_set(cg, "cgroup.procs", "0");
	fork_in_v1(cg, "memory.kmem.usage_in_bytes",
		   "memory.kmem.limit_in_bytes", "memcg-v1-kmem-limit");
}

static void memcg_v1_oom_disabled(void)
{
	const char *cg = cg1_new("memory", "");

	cg1_set(cg, "memory.oom_control", "1");
	cg1_set(cg, "cgroup.procs", "0");
	fork_in_v1(cg, "memory.usage_in_bytes", "memory.limit_in_bytes",
		   "memcg-v1-oom-disabled");
}

/* ---- a full cgroup ------------------------------------------------------ */

/*
 * A cgroup that is full to the last page, and a caller in it that needs no
 * memory for itself.  A clone is refused at the first thing that it allocates.
 * Then one page is given back, and the next clone gets a little further, until
 * one gets through: so everything that is accounted is refused once.
 *
 * Pages of pipes fill the cgroup, because a write to a pipe says ENOMEM where a
 * page fault would not return.
 */
#define PIPES		16
#define PIPE_PAGES	64
#define MOST_REFUSALS	250
#define FEWEST_REFUSALS	4
#define SOME_FD		500

enum { DONE = 1 };
enum { WORD_TRIES };

/* In shared memory: neither copied nor write-protected by a fork. */
static struct {
	struct ff_clone3 args;
	struct ff_attempt call;
	long results[MOST_REFUSALS + 1];
	int refusals;
	int pidfd;
	int pipes[PIPES][2];
	char buffer[PAGE];
	char child_stack[PAGE];
	char stack[65536] __attribute__((aligned(64)));
} *sweep;

static void fill(void)
{
	int i;

	for (i = 0; i < PIPES; i++)
		while (write(sweep->pipes[i][1], sweep->buffer, PAGE) == PAGE)
			;
	if (errno != ENOMEM)
		fail("the cgroup did not fill: %s", strerror(errno));
}

static bool give_a_page_back(void)
{
	int i;

	for (i = PIPES - 1; i >= 0; i--)
		if (read(sweep->pipes[i][0], sweep->buffer, PAGE) == PAGE)
			return true;
	return false;
}

static void make_room(const char *cg)
{
	char text[32];
	int i;

	for (i = 0; i < PIPES; i++)
		if (pipe2(sweep->pipes[i], O_CLOEXEC | O_NONBLOCK) ||
		    fcntl(sweep->pipes[i][1], F_SETPIPE_SZ,
			  PIPE_PAGES * PAGE) < 0)
			fail("pipe: %s", strerror(errno));
	if (mlockall(MCL_CURRENT))
		fail("mlockall: %s", strerror(errno));
	snprintf(text, sizeof(text), "%llu", (unsigned long long)
		 cg_get(cg, "memory.current") + PIPES * PIPE_PAGES * PAGE / 2);
	keep_in_memory(cg);
	cg_set(cg, "memory.max", text);
}

/*
 * Runs on a stack in shared memory, for after a fork that succeeded the first
 * write to any other would need a page.
 */
static void *clone_until_through(void *arg)
{
	long ret;

	note_attempt(&sweep->call, "clone3", sweep->args.flags);
	make_room(arg);
	fill();
	do {
		ret = quiet_clone3(&sweep->args);
		sweep->results[sweep->refusals] = ret;
		if (ret >= 0)
			break;
		sweep->refusals++;
		shared_words()[WORD_TRIES]++;
	} while (sweep->refusals < MOST_REFUSALS && give_a_page_back());
	if (ret >= 0 && !(sweep->args.flags & CLONE_THREAD))
		kill(ret, SIGKILL);
	sync_post(DONE);
	sleep_forever();
	return arg;
}

static void sweep_asker(void *arg)
{
	const char *cg = arg;
	pthread_attr_t attr;
	pthread_t thread;
	cpu_set_t one;

	/* so that the descriptor table has a page of its own */
	if (dup2(0, SOME_FD) < 0)
		fail("dup2: %s", strerror(errno));

	/* each CPU keeps a few pages of the cgroup's in store */
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	protect_from_oom();
	cg_enter(cg);
	pthread_attr_init(&attr);
	pthread_attr_setstack(&attr, sweep->stack, sizeof(sweep->stack));
	if (pthread_create(&thread, &attr, clone_until_through, arg))
		fail("pthread_create failed");
	pthread_join(thread, NULL);
}

/* With the cgroup full, a page fault of the asker's would hang it. */
static void watch_asker(const char *cg)
{
	uint64_t *tries = &shared_words()[WORD_TRIES], last = 0;
	int idle = 0;

	while (!sync_posted(DONE)) {
		usleep(10000);
		idle = *tries == last ? idle + 1 : 0;
		last = *tries;
		if (idle < 1500)
			continue;
		cg_set(cg, "memory.max", "max");
		fail("nothing happened for 15 s after %d refusals",
		     sweep->refusals);
	}
}

/*
 * Which object belongs to which step.  The kernel allocates four of them without a
 * function of their own: what they are the step tells.
 */
#define TASK	"entry/task-struct-nomem entry/kernel-stack-memcg "		\
		"copy_creds/creds-nomem security_task_alloc/lsm-task-alloc "	\
		"alloc_pid/pid-nomem "
#define FORK	TASK "task_exec_state_copy/exec-state-nomem "			\
		"copy_files/files-nomem copy_fs/fs-nomem copy_fs/- "		\
		"copy_sighand/- copy_signal/- copy_mm/- "			\
		"copy_mm/mm-struct-nomem copy_mm/vma-nomem "			\
		"copy_mm/pagetable-nomem "
#define NAMESPACES	FORK "create_new_namespaces/ns-nomem "			\
			"copy_mnt_ns/ns-nomem copy_utsname/ns-nomem "		\
			"copy_ipcs/ns-nomem copy_pid_ns/ns-nomem "		\
			"copy_cgroup_ns/ns-nomem "

static void sweep_memcg(uint64_t flags, const char *pairs)
{
	const char *cg = cg_new("", "memory");
	struct ff_expect *e;
	uint64_t limit;
	int i;

	sweep = mmap(NULL, sizeof(*sweep), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sweep == MAP_FAILED)
		fail("mmap: %s", strerror(errno));
	sweep->args.flags = flags;
	sweep->args.pidfd = (uintptr_t)&sweep->pidfd;
	if (flags & CLONE_THREAD) {
		sweep->args.stack = (uintptr_t)sweep->child_stack;
		sweep->args.stack_size = sizeof(sweep->child_stack);
	} else {
		sweep->args.exit_signal = SIGCHLD;
	}
	spawn(sweep_asker, (void *)cg);
	watch_asker(cg);
	limit = cg_get(cg, "memory.max");
	cg_set(cg, "memory.max", "max");

	note("clone3 refused %d times, then done", sweep->refusals);
	if (sweep->refusals < FEWEST_REFUSALS)
		fail("expected at least %d refusals", FEWEST_REFUSALS);
	if (sweep->results[sweep->refusals] < 0)
		fail("no clone3 got through in the end: %s",
		     strerror(-sweep->results[sweep->refusals]));
	for (i = 0; i < sweep->refusals; i++) {
		if (sweep->results[i] != -ENOMEM && (flags & CLONE_NEWNET)) {
			/* a network module makes an errno of its own of it */
			refused_to(&sweep->call, -sweep->results[i],
				   "netns-init", "copy_net_ns");
			continue;
		}
		if (sweep->results[i] != -ENOMEM)
			fail("refusal %d: %s, expected ENOMEM", i + 1,
			     strerror(-sweep->results[i]));
		e = refused_to(&sweep->call, ENOMEM, "memcg-limit", "-");
		exp_limit(e, "bytes", limit, 0);
		exp_range(e, "in_use", limit - SLACK, limit);
		exp_range(e, "asked", PAGE, MIB);
		exp_object(e, "cgroup", "%s", cg);
		exp_allocs(e, pairs);
	}
}

static void memcg_sweep_fork(void)
{
	sweep_memcg(0, FORK);
}

static void memcg_sweep_thread(void)
{
	sweep_memcg(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
		    CLONE_THREAD | CLONE_SYSVSEM,
		    TASK "cgroup_can_fork/futex-hash-nomem late/futex-hash-nomem");
}

static void memcg_sweep_namespaces(void)
{
	sweep_memcg(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID |
		    CLONE_NEWCGROUP,
		    NAMESPACES);
}

static void memcg_sweep_pidfd(void)
{
	sweep_memcg(CLONE_PIDFD | CLONE_VM | CLONE_VFORK,
		    FORK "alloc_pid/pidfd-nomem pidfd_prepare/pidfd-nomem");
}

static void memcg_sweep_netns(void)
{
	sweep_memcg(CLONE_NEWNET, NAMESPACES "copy_net_ns/ns-nomem");
}

static void memcg_sweep_userns(void)
{
	sweep_memcg(CLONE_NEWUSER | CLONE_VM | CLONE_VFORK,
		    FORK "copy_creds/userns-nomem copy_creds/ucounts-alloc-nomem");
}

const struct ff_case memcg_cases[] = {
	{ "memcg-limit", "memcg-limit", .run = memcg_limit,
	  .what = "own cgroup has no room for a copy of the page tables" },
	{ "memcg-limit-ancestor", "memcg-limit", .run = memcg_limit_ancestor,
	  .what = "a cgroup two levels above has no room" },
	{ "memcg-limit-uncontrolled", "memcg-limit",
	  .run = memcg_limit_uncontrolled,
	  .what = "a cgroup above one without the controller has no room" },
	{ "memcg-limit-mappings", "memcg-limit", .seconds = 60,
	  .run = memcg_limit_mappings,
	  .what = "no room for a copy of 8000 mappings" },
	{ "memcg-limit-files", "memcg-limit", .flags = FF_LOUD,
	  .run = memcg_limit_files,
	  .what = "no room for a copy of the descriptor table" },
	{ "memcg-limit-v1", "memcg-limit", .run = memcg_limit_v1,
	  .what = "own cgroup has no room, cgroup v1" },
	{ "memcg-v1-kmem-limit", "memcg-v1-kmem-limit",
	  .run = memcg_v1_kmem,
	  .what = "the limit of kernel memory in cgroup v1" },
	{ "memcg-v1-oom-disabled", "memcg-v1-oom-disabled",
	  .run = memcg_v1_oom_disabled,
	  .what = "cgroup v1 with the OOM killer switched off" },
	{ "memcg-sweep-fork", "memcg-limit", .seconds = 60,
	  .run = memcg_sweep_fork,
	  .what = "refused at one allocation of fork after the other" },
	{ "memcg-sweep-thread", "memcg-limit", .seconds = 60,
	  .run = memcg_sweep_thread,
	  .what = "the same for a thread" },
	{ "memcg-sweep-namespaces", "memcg-limit", .seconds = 60,
	  .run = memcg_sweep_namespaces,
	  .what = "the same with new namespaces" },
	{ "memcg-sweep-pidfd", "memcg-limit", .seconds = 60,
	  .run = memcg_sweep_pidfd,
	  .what = "the same with a pidfd" },
	{ "memcg-sweep-netns", "memcg-limit", .seconds = 60,
	  .flags = FF_LOUD, .run = memcg_sweep_netns,
	  .what = "the same with a network namespace, which takes long" },
	{ "memcg-sweep-userns", "memcg-limit", .seconds = 60,
	  .run = memcg_sweep_userns,
	  .what = "the same with a new user namespace" },
	{ .name = NULL },
};
