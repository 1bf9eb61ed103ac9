// SPDX-License-Identifier: GPL-2.0-only
/*
 * poll.c - a process that waits for a failure is woken, once
 *
 * poll() and epoll on the log, the tracepoint, the kernel log line, debugfs.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "guest.h"

#define TRACING	"/sys/kernel/tracing"
#define EVENT	TRACING "/events/forkfail/failure"

/* Fail after a while, and stay until killed, to be counted as a holder. */
static pid_t fail_and_stay(const char *comm, uid_t uid, unsigned int ms)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		nap(ms);
		fail(comm, uid);
		for (;;)
			pause();
	}
	return pid;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	wait_for(pid);
}

static void read_out(int fd)
{
	char buf[65536];

	lseek(fd, 0, SEEK_SET);
	while (read(fd, buf, sizeof(buf)) > 0)
		;
}

static void by_poll(const char *path)
{
	struct pollfd p = { .fd = open(path, O_RDONLY), .events = POLLIN };
	uint64_t start;
	pid_t pid;
	int n;

	pid = fail_and_stay("p-first", 5700, 0);
	until_counted("p-first");
	ok(poll(&p, 1, 0) == 1 && (p.revents & POLLIN),
	   "%s: before the first read, poll() reports it as readable", path);
	read_out(p.fd);
	n = poll(&p, 1, 400);
	ok(!n,
	   "%s: after the read, poll() reports nothing for 400 ms (%d, %#x)", path, n, p.revents);
	stop(pid);
	start = now_ms();
	pid = fail_and_stay("p-later", 5701, 200);
	n = poll(&p, 1, 20000);
	ok(n == 1 && (p.revents & POLLIN) && now_ms() - start >= 150,
	   "%s: a failure wakes poll() (%d, %#x) after %llu ms", path, n, p.revents,
	   (unsigned long long)(now_ms() - start));
	until_counted("p-later");
	read_out(p.fd);
	stop(pid);
	/* successful forks wake nobody */
	pid = fork();
	if (!pid)
		_exit(0);
	wait_for(pid);
	n = poll(&p, 1, 400);
	ok(!n, "%s: and nothing else does (%d, %#x)", path, n, p.revents);
	ok(!unload() && !loaded(),
	   "%s: while it is open and polled, the module can be unloaded", path);
	close(p.fd);
	ok(!load(NULL), "%s: and it can be loaded again", path);
}

/* Everything in a file, from its beginning; valid until the next call. */
static const char *read_all(int fd)
{
	static char text[1 << 20];
	size_t len = 0;
	ssize_t n;

	lseek(fd, 0, SEEK_SET);
	while (len < sizeof(text) - 1 && (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += n;
	text[len] = 0;
	return text;
}

/*
 * A failure while the log is read, at any moment: it is in what was read, or poll() reports
 * that there is more.
 */
static void while_it_is_read(void)
{
	struct pollfd p = { .fd = open(FORKFAIL_LOG, O_RDONLY), .events = POLLIN };
	unsigned int i, polled = 0, missed = 0;
	char comm[16], quoted[32];
	pid_t pid;

	read_out(p.fd);
	for (i = 0; i < 24 && !missed; i++) {
		snprintf(comm, sizeof(comm), "p-at-%u", i);
		snprintf(quoted, sizeof(quoted), "comm=\"%s\"", comm);
		pid = fork();
		if (!pid) {
			usleep(i * 250);
			_exit(fail(comm, 5720) != EAGAIN);
		}
		while (!strstr(read_all(p.fd), quoted) && !missed) {
			polled++;
			missed = poll(&p, 1, (int)(10000 * slowness)) != 1;
		}
		wait_for(pid);
	}
	ok(!missed, "%u failures while the log is read: each is in it, or poll() reports it (%u times)",
	   i, polled);
	close(p.fd);
}

static void by_epoll(void)
{
	int ep = epoll_create1(0), fd = open(FORKFAIL_LOG, O_RDONLY), n;
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	pid_t pid;

	read_out(fd);
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
	while (epoll_wait(ep, &ev, 1, 0) > 0)
		;
	pid = fail_and_stay("p-epoll", 5702, 100);
	n = epoll_wait(ep, &ev, 1, 20000);
	ok(n == 1 && (ev.events & EPOLLIN), "epoll reports it, too (%d)", n);
	stop(pid);
	/* epoll is in one of the module's queues, and leaves it later */
	ok(!unload() && !loaded(), "while epoll watches it, the module can be unloaded");
	/* the file is removed while epoll still watches it */
	close(fd);
	close(ep);
	ok(!load(NULL), "and it can be loaded again after that");
}

/*
 * Where a task has a line in the trace, behind its name.  That is "<...>" where the kernel
 * has not kept it: trace_save_cmdline() of 5.10 to 7.2 only tries its lock.
 */
static const char *traced(const char *trace, pid_t pid)
{
	char who[32];

	snprintf(who, sizeof(who), "-%-7d [", pid);
	return strstr(trace, who);
}

static void tracepoint(void)
{
	static const char * const comms[] = { "t-other", "t-culprit" };
	int cause = cause_by_name("rlimit-nproc", 12), status = 0;
	const char *line;
	char *trace;
	pid_t pids[2];
	unsigned int i;

	if (access(EVENT, F_OK)) {
		ok(false, EVENT " exists");
		return;
	}
	put(TRACING "/trace", "\n");
	/* comm in the filter is the name of the task in which the event fires */
	ok(!put(EVENT "/filter", "cause == %d && comm == \"t-culprit\"", cause) &&
	   !put(EVENT "/enable", "1"), "the tracepoint takes a filter and can be switched on");
	for (i = 0; i < ARRAY_SIZE(comms); i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(fail(comms[i], 5703) != EAGAIN);
		status |= wait_for(pids[i]);
	}
	put(EVENT "/enable", "0");
	put(EVENT "/filter", "0");
	trace = slurp(TRACING "/trace", NULL);
	line = traced(trace, pids[1]);
	ok(!status && !traced(trace, pids[0]) && line &&
	   strstr(line, " failure: cause=rlimit-nproc errno=-11 ") && strstr(line, "step="),
	   "the tracepoint fired in the failing task: %s", line ?: trace);
	free(trace);
}

static unsigned int lines_with(const char *log, const char *what)
{
	unsigned int n = 0;

	for (; (log = strstr(log, what)); log++)
		n++;
	return n;
}

/* Nothing is logged, long after a reader of the page could see it. */
static bool silent(int mark, const char *comm, uid_t uid)
{
	pid_t pid = fail_and_stay(comm, uid, 0);
	char *log;
	bool none;

	until_counted(comm);
	stop(pid);
	nap(200);
	log = klog_since(mark, true);
	none = !*log;
	if (!none)
		note("%s", log);
	free(log);
	return none;
}

static void kernel_log(void)
{
	static const char one[] = "object=\"uid 5704\"", other[] = "object=\"uid 5705\"";
	int mark = klog_mark(), i;
	char *log;

	for (i = 0; i < 3; i++) {
		fail_once("k-again", 5704);
		fail_once("k-other", 5705);
		nap(300);
	}
	log = klog_until(mark, one, other);
	ok(lines_with(log, one) == 1 && lines_with(log, other) == 1,
	   "three failures of each of two users, one line for each: %u and %u",
	   lines_with(log, one), lines_with(log, other));
	free(log);
	put("/sys/module/forkfail/parameters/kmsg", "0");
	ok(silent(mark, "k-quiet", 5706), "kmsg=0 written while it runs: no line");
	fresh("kmsg=0");
	free(klog_since(mark, true));
	ok(silent(mark, "k-quiet", 5707), "loaded with kmsg=0: no line");
	put("/sys/module/forkfail/parameters/kmsg", "1");
	fail_once("k-loud", 5708);
	log = klog_until(mark, "object=\"uid 5708\"", "");
	ok(lines_with(log, "object=\"uid 5708\"") == 1, "kmsg=1 written while it runs: a line");
	free(log);
	close(mark);
}

/* Has the kernel itself, not a module, a symbol of this name? */
static bool in_kernel(const char *symbols, const char *name)
{
	char line[80];

	snprintf(line, sizeof(line), " %s\n", name);
	return strstr(symbols, line);
}

/* What is said not to exist does not; the variables that are known are those that do. */
static void points_and_symbols(char *points)
{
	static const char * const data[] = {
		"nr_threads", "max_threads", "pid_max", "sysctl_overcommit_memory",
		"total_swap_pages",
	};
	char *symbols = slurp("/proc/kallsyms", NULL), *known, *line, *rest;
	char name[48], kind[16], hook[24], bad[256] = "";
	unsigned int there[ARRAY_SIZE(data)], lines = 0, i;
	bool same = true;

	known = points ? strstr(points, "known: ") : NULL;
	if (!symbols || !known ||
	    sscanf(known, "known: nr_threads %u max_threads %u pid_max %u overcommit %u swap %u",
		   &there[0], &there[1], &there[2], &there[3], &there[4]) != 5) {
		ok(false, "the points and the kernel's symbols can be compared");
		free(symbols);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(data); i++)
		same &= there[i] == in_kernel(symbols, data[i]);
	ok(same, "the variables that the kernel has are known: %.*s", (int)strcspn(known, "\n"),
	   known);
	ok(strstr(points, "pidfs_alloc_file ") || !in_kernel(symbols, "pidfs_alloc_file"),
	   "pidfs_alloc_file() is a point where it exists");
	for (line = strtok_r(points, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (sscanf(line, "%47s %15s %23[^\n]", name, kind, hook) != 3)
			continue;
		lines++;
		/* other points may exist, and prove nothing on this kernel */
		if ((strstr(hook, "no such function") ||
		     (!strcmp(kind, "return") && !strcmp(hook, "not on this kernel"))) &&
		    in_kernel(symbols, name))
			snprintf(bad + strlen(bad), sizeof(bad) - strlen(bad), " %s", name);
	}
	ok(lines > 30 && !*bad, "no function is missing that the kernel has (%u points):%s", lines,
	   bad);
	free(symbols);
}

static void debugfs(void)
{
	char *points = slurp(DEBUGFS "/points", NULL), *stats = slurp(DEBUGFS "/stats", NULL);

	ok(points && strstr(points, "put_task_stack ") && strstr(points, "self-test ok\n"),
	   "debugfs points can be read");
	ok(stats && strstr(stats, "events ") && strstr(stats, "\nbytes_total "),
	   "debugfs stats can be read");
	points_and_symbols(points);
	free(points);
	free(stats);
}

void test_poll(void)
{
	fresh(NULL);
	by_poll(FORKFAIL_LOG);
	while_it_is_read();
	by_epoll();
	tracepoint();
	debugfs();
	kernel_log();
	ok(!unload(), "and it can be unloaded");
}
