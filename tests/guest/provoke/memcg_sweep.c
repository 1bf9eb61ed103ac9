// SPDX-License-Identifier: GPL-2.0-only
/*
 * memcg_sweep.c - a full memory cgroup refuses each allocation of a clone once
 *
 * The cgroup is full to the last page, and the caller in it needs no memory for itself.  A
 * clone is refused at the first thing that it allocates.  Then one page is freed, and the
 * next clone gets a little further, until one succeeds: so everything that is charged is
 * refused once.
 *
 * The cgroup is filled with pages of pipes, because a write to a pipe returns ENOMEM where a
 * page fault would not return.
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
#include <sys/wait.h>
#include <unistd.h>

#include "forkfault.h"

#define MIB		(1ULL << 20)
#define PAGE		4096
#define SLACK		65536
#define PIPES		16
#define PIPE_PAGES	64
#define MOST_REFUSALS	250
#define FEWEST_REFUSALS	4
#define SOME_FD		500

enum { DONE = 1 };
enum { WORD_TRIES };

/* In shared memory: neither copied nor write-protected by a fork. */
static struct {
	struct clone3_args args;
	struct ff_attempt call;
	long results[MOST_REFUSALS + 1];
	int refusals;
	int pidfd;
	int pipes[PIPES][2];
	char buffer[PAGE];
	char child_stack[PAGE];
	char stack[FF_STACK] __attribute__((aligned(64)));
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
 * Run on a stack in shared memory, because after a successful fork the first write to any other
 * stack would need a page.
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

	/* so that the descriptor table has its own page */
	if (dup2(0, SOME_FD) < 0)
		fail("dup2: %s", strerror(errno));

	/* each CPU caches a few charged pages of the cgroup */
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	protect_from_oom();
	cg_enter(cg);
	pthread_attr_init(&attr);
	if (pthread_attr_setstack(&attr, sweep->stack, sizeof(sweep->stack)) ||
	    pthread_create(&thread, &attr, clone_until_through, arg))
		fail("no thread on a stack in shared memory");
	pthread_join(thread, NULL);
}

/* With the cgroup full, a page fault of the caller would hang. */
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
 * Which object belongs to which step. The kernel allocates four of them without a separate
 * function; the step tells which one it is.
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
			/* a network module returns its own errno instead */
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

const struct ff_case memcg_sweep_cases[] = {
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
