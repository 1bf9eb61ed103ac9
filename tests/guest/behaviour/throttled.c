// SPDX-License-Identifier: GPL-2.0-only
/*
 * throttled.c - loading and unloading while tasks get hardly any CPU time
 *
 * A hook can only be removed when no task can be inside of it any more: for each ftrace_ops,
 * the kernel waits in synchronize_rcu_tasks() until every running task was seen in user space
 * or has slept.  A cgroup with little CPU time makes that long, for bpftrace as well.
 * forkfail waits as few times as possible, and adds little of its own.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "guest.h"

#define TRACING		"/sys/kernel/tracing"
#define INSTANCE	TRACING "/instances/ff-throttled"
#define EVENT		"ff_throttled/waits"
#define MOST_WAITS	2	/* two ftrace_ops; the calls under way share the second's wait */
#define UID		6401	/* and those who follow */
#define TASKS		16
#define TOP		"throttled"
/* of CPU time in 100 ms; the kernel takes it in pieces of a tick of 4 ms */
#define QUOTA		"1000 100000"

/* ---- how often it waits ----------------------------------------------------- */

/* Since the tracepoint is enabled. */
static unsigned int count_waits(void)
{
	char *trace = slurp(TRACING "/trace", NULL), *line, *next = trace;
	unsigned int n = 0;

	while ((line = strsep(&next, "\n")))
		n += *line != '#' && strstr(line, ": waits: (");
	free(trace);
	return n;
}

static void how_often(void)
{
	unsigned int load, go;

	if (put(TRACING "/kprobe_events", "p:" EVENT " synchronize_rcu_tasks")) {
		note("this kernel does not preempt tasks, so there is no such wait");
		return;
	}
	/*
	 * The kernel's own kprobe optimizer waits meanwhile, too: in a kworker, or in a thread of
	 * its own.  The trace does not always know a thread's name, but the filter does.
	 */
	if (put(TRACING "/events/" EVENT "/filter", "%s",
		"!(comm ~ \"kworker*\") && !(comm ~ \"kprobe*\")"))
		die("the tracepoint takes no filter: %s", strerror(errno));
	put(TRACING "/events/" EVENT "/enable", "1");
	fresh(NULL);
	load = count_waits();
	unload();
	go = count_waits() - load;
	put(TRACING "/events/" EVENT "/enable", "0");
	put(TRACING "/kprobe_events", "-:" EVENT);
	ok(!load && go && go <= MOST_WAITS,
	   "loading waits %u times for all tasks, unloading %u times", load, go);
}

/* ---- how long ---------------------------------------------------------------- */

static void spin(void)
{
	for (;;)
		;
}

static void read_on(void)
{
	static char buf[4096];
	int fd;

	for (;;) {
		fd = open(FORKFAIL_LOG, O_RDONLY);
		while (read(fd, buf, sizeof(buf)) > 0)
			;
		close(fd);
	}
}

static void be_refused(void)
{
	for (;;)
		try_create(PROCESS);
}

static pid_t start(unsigned int i)
{
	static void (*const what[])(void) = { spin, read_on, be_refused, spin };
	char name[32];
	pid_t pid;

	snprintf(name, sizeof(name), TOP "-%u", i);
	cgroup_make(name);
	if (cgroup_put(name, "cpu.max", QUOTA))
		return -1;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (cgroup_enter(name))
			_exit(1);
		refuse_nproc(UID + i);
		what[i % ARRAY_SIZE(what)]();
	}
	return pid;
}

static void stop(unsigned int i, pid_t pid)
{
	char name[32];

	snprintf(name, sizeof(name), TOP "-%u", i);
	kill(pid, SIGKILL);
	/* it needs CPU time to end, too */
	cgroup_put(name, "cpu.max", "max 100000");
	wait_for(pid);
	cgroup_remove(name);
}

/* How long the function tracer takes to release one function. */
static uint64_t detach_other(void)
{
	uint64_t from;

	if (put(INSTANCE "/current_tracer", "function"))
		die("no function tracer: %s", strerror(errno));
	from = now_ms();
	put(INSTANCE "/current_tracer", "nop");
	return now_ms() - from;
}

static void how_long(void)
{
	uint64_t other = 0, most = 0, ours, loading, idle;
	pid_t pids[TASKS];
	unsigned int i;
	int err;

	unload();
	idle = now_ms();
	fresh(NULL);
	idle = now_ms() - idle;
	unload();
	/* the optimizer waits now, too */
	nap(1000);
	if (mkdir(INSTANCE, 0755) || put(INSTANCE "/set_ftrace_filter", "kernel_clone"))
		die("no instance of the function tracer: %s", strerror(errno));
	for (i = 0; i < TASKS; i++) {
		pids[i] = start(i);
		if (pids[i] < 0)
			die("no cgroup can be given less CPU time");
	}
	nap(1000);
	/* it must not meet the kernel's kprobe optimizer, which waits with locks held */
	loading = now_ms();
	fresh(NULL);
	loading = now_ms() - loading;
	for (i = 0; i < 3; i++) {
		other = detach_other();
		if (other > most)
			most = other;
	}
	ours = now_ms();
	err = unload();
	ours = now_ms() - ours;
	for (i = 0; i < TASKS; i++)
		stop(i, pids[i]);
	rmdir(INSTANCE);
	ok(loading <= 3 * idle,
	   "with %u tasks that have 1 %% of a CPU each, it loads in %llu ms, and without them in %llu",
	   TASKS, (unsigned long long)loading, (unsigned long long)idle);
	/*
	 * One wait more for tasks that are just ending a refused call, or for the optimizer;
	 * part of it is what it takes without throttled tasks.
	 */
	ok(!err && ours <= 2 * (MOST_WAITS + 1) * most + 5000 * slowness,
	   "with %u tasks that have 1 %% of a CPU each, it unloads in %llu ms; the function tracer releases one function in %llu ms",
	   TASKS, (unsigned long long)ours, (unsigned long long)most);
}

void test_throttled(void)
{
	hung_after(120);
	how_often();
	/* minutes */
	if (longer)
		how_long();
}
