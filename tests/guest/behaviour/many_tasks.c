// SPDX-License-Identifier: GPL-2.0-only
/*
 * many_tasks.c - who holds what ran out, among 5,000 tasks (30,000 in the long form, 1,000
 * on a slow kernel)
 *
 * One process leaks threads into its cgroup.  Then pids.max, threads-max and pid_max refuse,
 * one after the other.  The holders must name the process with its number of tasks and be
 * complete, even while no task at all can be created.
 *
 * This process does everything itself, because no other process can be created.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../../lib/clone_args.h"
#include "guest.h"

#define TASKS	(slowness > 1 ? 1000U : longer ? 30000U : 5000U)
#define STACK	4096
#define LEAKER	"leaky-daemon"
#define CGROUP	"many-tasks"

static volatile uint32_t *progress;

static int sleep_for_ever(void *unused __attribute__((unused)))
{
	for (;;)
		pause();
	return 0;
}

static char *stacks;

static int add_tasks(void *unused __attribute__((unused)))
{
	uint32_t i;

	/* two of them, for guests with two CPUs */
	while ((i = __sync_fetch_and_add(&progress[0], 1)) < TASKS) {
		if (clone(sleep_for_ever, stacks + (size_t)(i + 1) * STACK - 64, THREAD_FLAGS,
			  NULL) < 0)
			break;
		__sync_fetch_and_add(&progress[1], 1);
	}
	return sleep_for_ever(NULL);
}

static void leak(void)
{
	stacks = mmap(NULL, (size_t)(TASKS + 16) * STACK, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (stacks == MAP_FAILED)
		_exit(90);
	name_self(LEAKER);
	if (cgroup_enter(CGROUP))
		_exit(91);
	progress[0] = 2;
	progress[1] = 1;
	if (clone(add_tasks, stacks + (size_t)(TASKS + 16) * STACK - 64, THREAD_FLAGS, NULL) > 0)
		__sync_fetch_and_add(&progress[1], 1);
	add_tasks(NULL);
}

/* The newest event of a cause that has holders. */
static bool find(struct text *log, const char *cause, const char *comm, struct event **found)
{
	unsigned int i;

	*found = NULL;
	if (!read_log(log))
		note("the log: %s", log->wrong);
	for (i = 0; i < log->nr_events; i++)
		if (!strncmp(value(&log->events[i], FORKFAIL_KEY_CAUSE), cause, strlen(cause)) &&
		    !strcmp(value(&log->events[i], FORKFAIL_KEY_COMM), comm) &&
		    log->events[i].val[FORKFAIL_KEY_HOLDERS])
			*found = &log->events[i];
	return *found;
}

/*
 * If something else has failed more often, the last failure of the reader's own cgroup is named
 * separately.
 */
static bool page_tells(const struct text *page, const char *who, const char *in)
{
	const char *path = strchr(in, '/');
	char object[80];

	/* IN ends with a blank */
	snprintf(object, sizeof(object), ", %.*s)", (int)strlen(path) - 1, path);
	return (page->holders && strstr(page->holders, who)) ||
	       (page->yours && strstr(page->yours, object));
}

static void check(const char *cause, const char *comm, const char *holder, pid_t pid,
		  unsigned int tasks, const char *cgroup, const char *when)
{
	uint64_t start = now_ms();
	unsigned int held = 0, counted;
	struct event *e = NULL;
	struct text log, page;
	char who[64], in[64];
	const char *p;

	name_self(comm);
	if (!ok(try_create(PROCESS) == EAGAIN && try_create(THREAD) == EAGAIN,
		"%s: nothing can be created", when))
		return;
	while (!find(&log, cause, comm, &e) && now_ms() - start < 40000 * slowness) {
		text_free(&log);
		nap(50);
	}
	if (!ok(e, "%s: %s and its holders are there after %llu ms", when, cause,
		(unsigned long long)(now_ms() - start))) {
		note("%s", log.raw ?: "");
		text_free(&log);
		return;
	}
	snprintf(who, sizeof(who), "%s[%d] ", holder, pid);
	snprintf(in, sizeof(in), ", cgroup /%s ", cgroup);
	p = value(e, FORKFAIL_KEY_HOLDERS);
	if (!strncmp(p, who, strlen(who)))
		held = atoi(p + strlen(who));
	counted = atoi(value(e, FORKFAIL_KEY_COUNTED));
	ok(held == tasks, "%s: holders name %sfirst, with all its %u tasks: %s", when, who,
	   tasks, p);
	ok(counted >= tasks && counted <= tasks + 300 &&
	   !strcmp(value(e, FORKFAIL_KEY_COMPLETE), "yes"),
	   "%s: counted=%u complete=%s", when, counted, value(e, FORKFAIL_KEY_COMPLETE));
	ok(strstr(p, ", uid 0 ") && strstr(p, in),
	   "%s: holders name user and cgroup", when);
	/* its answer is about the most frequent failure, whose holders may still be counted */
	for (read_page(&page); !page_tells(&page, who, in) &&
	     now_ms() - start < 40000 * slowness; read_page(&page)) {
		text_free(&page);
		nap(50);
	}
	ok(!*page.wrong && page_tells(&page, who, in),
	   "%s: the page says who holds it: %s; or that it is the reader's own: %s", when,
	   page.holders ?: page.wrong, page.yours ?: "");
	text_free(&page);
	text_free(&log);
}

static void with(const char *file, long long value_to, const char *cause, const char *comm,
		 pid_t pid, unsigned int tasks, const char *when)
{
	long long before = number_in(file);
	pid_t filler;

	if (put(file, "%lld", value_to))
		die("%s: %s", file, strerror(errno));
	/* one PID is left between 300 and 301 */
	filler = raw_fork();
	if (!filler)
		sleep_for_ever(NULL);
	check(cause, comm, LEAKER, pid, tasks, CGROUP, when);
	if (filler > 0) {
		kill(filler, SIGKILL);
		wait_for(filler);
	}
	if (put(file, "%lld", before) || number_in(file) != before)
		die("%s cannot be put back", file);
}

void test_many_tasks(void)
{
	unsigned int tasks = TASKS, spare;
	uint64_t start, slowest = 0, t;
	struct text page;
	pid_t pid;

	put("/proc/sys/kernel/threads-max", "100000");
	put("/proc/sys/kernel/pid_max", "100000");
	put("/proc/sys/vm/max_map_count", "200000");
	fresh(NULL);
	progress = shared(4096);
	cgroup_make(CGROUP);
	cgroup_make("reader");
	cgroup_put(CGROUP, "pids.max", "max");
	start = now_ms();
	pid = fork();
	if (!pid)
		leak();
	while (progress[1] < tasks && now_ms() - start < 90000 * slowness)
		nap(50);
	if (!ok(progress[1] == tasks, "%u of %u tasks are there after %.1f s", progress[1], tasks,
		(now_ms() - start) / 1000.0)) {
		kill(pid, SIGKILL);
		wait_for(pid);
		return;
	}

	/* the reader's own cgroup is the one that is full */
	if (cgroup_enter(CGROUP))
		die("cannot enter a cgroup");
	cgroup_put(CGROUP, "pids.max", "%u", tasks);
	check("pids-max", "c-pids", LEAKER, pid, tasks, CGROUP, "own cgroup full");
	cgroup_enter("reader");

	spare = total_tasks();
	with("/proc/sys/kernel/threads-max", spare / 2, "threads-max", "c-threads", pid, tasks,
	     "threads-max reached");
	with("/proc/sys/kernel/pid_max", 301, "pid-exhausted", "c-pidmax", pid, tasks,
	     "pid_max reached");
	cgroup_put("reader", "pids.max", "1");
	check("pids-max", "c-own", "c-own", getpid(), 1, "reader", "reader's own cgroup full");
	cgroup_put("reader", "pids.max", "max");

	/* reading the page stays fast while the worker counts */
	cgroup_enter(CGROUP);
	for (start = now_ms(); now_ms() - start < (brief ? 1000 : 2500); nap(10)) {
		try_create(PROCESS);
		t = now_ms();
		read_page(&page);
		text_free(&page);
		t = now_ms() - t;
		if (t > slowest)
			slowest = t;
	}
	cgroup_enter("");
	ok(slowest < 1000 * slowness, "the page was read within %llu ms while holders were counted",
	   (unsigned long long)slowest);
	kill(pid, SIGKILL);
	start = now_ms();
	wait_for(pid);
	note("the tasks were gone after %.1f s", (now_ms() - start) / 1000.0);
	cgroup_remove(CGROUP);
	cgroup_remove("reader");
}
