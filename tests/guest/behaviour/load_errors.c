// SPDX-License-Identifier: GPL-2.0-only
/*
 * load_errors.c - loading fails with one clear line, and what cannot be seen is reported
 *
 * Parameters out of range, ftrace and kprobes switched off before and after loading, and
 * each watch point left out in turn: then some causes cannot be distinguished, and none may
 * be named wrongly.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "guest.h"

#define FTRACE		"/proc/sys/kernel/ftrace_enabled"
#define KPROBES		"/sys/kernel/debug/kprobes/enabled"
#define THREADS_MAX	"/proc/sys/kernel/threads-max"
#define PID_MAX		"/proc/sys/kernel/pid_max"
#define CGROUP		"errors"

/* ---- five causes that are provoked in a fraction of a second -------------- */

static void at_pids_max(void)
{
	if (cgroup_enter(CGROUP))
		_exit(1);
	try_create(PROCESS);
}

static void at_nproc(void)
{
	refuse_nproc(5501);
	try_create(PROCESS);
}

static void at_threads_max(void)
{
	long long before = number_in(THREADS_MAX);

	put(THREADS_MAX, "1");
	try_create(PROCESS);
	put(THREADS_MAX, "%lld", before);
}

static void at_pid_max(void)
{
	long long before = number_in(PID_MAX);
	pid_t pid;

	/* after a wrap, PIDs start at 300, and the child gets it */
	put("/proc/sys/kernel/ns_last_pid", "1000");
	put(PID_MAX, "301");
	pid = raw_fork();
	if (!pid)
		for (;;)
			pause();
	try_create(PROCESS);
	put(PID_MAX, "%lld", before);
	if (pid > 0) {
		kill(pid, SIGKILL);
		wait_for(pid);
	}
}

static void at_dead_pidns(void)
{
	outlive_init();
	try_create(PROCESS);
}

static const struct {
	const char *comm, *cause, *also;
	void (*provoke)(void);
} causes[] = {
	{ "e-pids", "pids-max", "", at_pids_max },
	{ "e-nproc", "rlimit-nproc", "", at_nproc },
	{ "e-threads", "threads-max", "", at_threads_max },
	{ "e-pid", "pid-exhausted-after-wrap", "pid-exhausted", at_pid_max },
	{ "e-dead", "pidns-dead", "", at_dead_pidns },
};

static void provoke(void)
{
	unsigned int i;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(causes); i++) {
		pid = fork();
		if (!pid) {
			name_self(causes[i].comm);
			causes[i].provoke();
			_exit(0);
		}
		wait_for(pid);
	}
}

/* The module lists at most a dozen; if it lists a dozen there may be more. */
static bool cut(const char *list)
{
	unsigned int n = 1;

	for (; *list; list++)
		n += *list == ',';
	return n >= 12;
}

static bool listed(const char *list, const char *cause)
{
	size_t n = strlen(cause);
	const char *p;

	for (p = strstr(list, cause); n && p; p = strstr(p + 1, cause))
		if ((p == list || p[-1] == ',') && (!p[n] || p[n] == ','))
			return true;
	return false;
}

struct seen {
	unsigned int right, vague, unexplained, wrong, missing;
};

static struct seen look(const char *when)
{
	struct seen s = {};
	struct text log;
	unsigned int i, j;

	read_log(&log);
	if (*log.wrong)
		ok(false, "%s: the log is well-formed: %s", when, log.wrong);
	for (i = 0; i < ARRAY_SIZE(causes); i++) {
		const char *cause, *list;
		struct event *e = NULL;

		for (j = 0; j < log.nr_events; j++)
			if (!strcmp(value(&log.events[j], FORKFAIL_KEY_COMM), causes[i].comm))
				e = &log.events[j];
		if (!e) {
			s.missing++;
			continue;
		}
		cause = value(e, FORKFAIL_KEY_CAUSE);
		list = value(e, FORKFAIL_KEY_CANDIDATES);
		if (!strcmp(cause, "unexplained")) {
			s.unexplained++;
		} else if (*list && (listed(list, causes[i].cause) ||
				   listed(list, causes[i].also) || cut(list))) {
			s.vague++;
		} else if (!*list && (!strcmp(cause, causes[i].cause) ||
				    !strcmp(cause, causes[i].also))) {
			s.right++;
		} else {
			s.wrong++;
			note("%s: %s was called %s by %s (%s)", when, causes[i].cause, cause,
			     value(e, FORKFAIL_KEY_PROOF), list);
		}
	}
	text_free(&log);
	return s;
}

static void all_normal(const char *when)
{
	struct text page;
	struct seen s;

	provoke();
	s = look(when);
	read_page(&page);
	ok(s.right == ARRAY_SIZE(causes) && !*page.wrong && !page.blind_since && !page.nr_blind &&
	   page.armed == page.wanted,
	   "%s: everything is seen: %u right, %u inferred, %u unexplained, %u wrong, %u not seen; points %u/%u%s%s",
	   when, s.right, s.vague, s.unexplained, s.wrong, s.missing, page.armed, page.wanted,
	   page.blind_since ? ", blind since " : "", page.blind_since ?: "");
	text_free(&page);
}

/* ---- refused ------------------------------------------------------------- */

/* @status: of the load, before which the kernel log was at @mark */
static void said(int status, int mark, const char *params, const char *why)
{
	char *log, *line;

	log = klog_since(mark, true);
	close(mark);
	line = strstr(log, "forkfail: not loaded: ");
	/* the kernel's own lines about a tainting module precede it */
	if (line && !strcmp(strchrnul(line, '\n'), "\n"))
		*strchr(line, '\n') = 0;
	ok(status && !loaded() && line && !strchr(line, '\n') && strstr(line, why),
	   "%s: refused with one line: %s", *params ? params : why, line ?: log);
	free(log);
}

static void refused(const char *params, const char *why)
{
	int mark = klog_mark();

	if (loaded())
		unload();
	said(load(params), mark, params, why);
}

static void parameters(void)
{
	static const char * const bad[] = {
		"maxactive=0", "maxactive=15", "maxactive=16385", "maxactive=99999999",
		"maxactive=4294967295",
	};
	unsigned int i;
	struct text page;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		refused(bad[i], "out of range");
	ok(load("maxactive=-1") && !loaded() && load("maxactive=many") && !loaded() &&
	   load("kmsg=perhaps") && !loaded(), "what is no number or no answer is refused");
	ok(!load("maxactive=16") && loaded() && !unload() && !load("maxactive=16384") &&
	   loaded(), "the smallest and the largest maxactive= work");
	unload();
	/* the last one of the list, too: it fits into the line */
	refused("skip=alloc_pidd", "(alloc_pidd); known: put_task_stack,");
	refused("skip=copy_pid_ns,,copy_pid_n", ",__seccomp_filter");
	refused("skip=create_io_threads", ",kernel_thread,");
	/* the page says which of them this kernel has */
	fresh("skip=kernel_thread,user_mode_thread,create_io_thread,vhost_task_create");
	read_page(&page);
	ok(!*page.wrong && page.nr_blind && page.armed + page.nr_blind == page.wanted &&
	   strstr(page.blind[0], "kernel_thread is not hooked; "),
	   "skip= accepts the points for the kernel's own tasks: points %u/%u, %s", page.armed,
	   page.wanted, page.nr_blind ? page.blind[0] : "");
	text_free(&page);
	unload();
	ok(!load("skip=,copy_pid_ns,,__seccomp_filter,") && loaded(), "skip= with existing points loads");
	read_page(&page);
	ok(!*page.wrong && page.armed + 2 == page.wanted && page.nr_blind == 2,
	   "... and leaves them out: points %u/%u", page.armed, page.wanted);
	text_free(&page);
	unload();
}

/* Its two threads have to be created at load: at the limit on tasks, that cannot be done. */
static void no_tasks(void)
{
	long long before = number_in(THREADS_MAX);
	int mark = klog_mark();
	pid_t pid = fork();
	int status;

	if (!pid) {
		put(THREADS_MAX, "1");
		execlp("modprobe", "modprobe", MODULE, NULL);
		_exit(127);
	}
	status = wait_for(pid);
	put(THREADS_MAX, "%lld", before);
	said(status, mark, "", "cannot create a thread");
	fresh(NULL);
	all_normal("after it could not be loaded because tasks had run out");
}

/* ---- switched off --------------------------------------------------------- */

static void ftrace_off(void)
{
	int err;

	if (put(FTRACE, "0")) {
		skip(FTRACE " cannot be written");
		return;
	}
	refused("", "ftrace");
	ok(!put(FTRACE, "1") && number_in(FTRACE) == 1, "ftrace is on again");
	fresh(NULL);
	all_normal("after ftrace was off");

	err = put(FTRACE, "0");
	ok(err == -EBUSY && number_in(FTRACE) == 1,
	   "ftrace cannot be switched off while forkfail is loaded: %s", strerror(-err));
	fresh(NULL);
	put(FTRACE, "0");
	all_normal("after the attempt to switch ftrace off");
	unload();
	ok(!put(FTRACE, "0") && !put(FTRACE, "1"), "unloaded, it can be switched off and on");
}

static unsigned int events(void)
{
	struct text page;
	unsigned int n;

	read_page(&page);
	n = all_rows(&page);
	text_free(&page);
	return n;
}

static void kprobes_off(void)
{
	struct text page, again;
	unsigned int before;
	char *since;

	if (put(KPROBES, "0")) {
		skip(KPROBES " cannot be written");
		return;
	}
	refused("", "kprobes");
	put(KPROBES, "1");
	fresh(NULL);
	all_normal("after kprobes were off");

	before = events();
	put(KPROBES, "0");
	provoke();
	read_page(&page);
	ok(!*page.wrong && page.blind_since && page.nr_blind,
	   "kprobes switched off: line 1 says blind since %s, and why: %s",
	   page.blind_since ?: "?", page.nr_blind ? page.blind[0] : page.wrong);
	nap(20);
	read_page(&again);
	ok(again.blind_since && page.blind_since && !strcmp(again.blind_since, page.blind_since),
	   "... and the time stays the same");
	since = strdup(page.blind_since ?: "?");
	text_free(&page);
	text_free(&again);
	put(KPROBES, "1");
	read_page(&page);
	ok(!*page.wrong && !page.blind_since && page.nr_blind == 1 &&
	   strstr(page.blind[0], " did not fire between ") && strstr(page.blind[0], since),
	   "kprobes switched on: line 1 does not say blind any more, but the page says when it was: %s",
	   page.nr_blind ? page.blind[0] : page.wrong);
	free(since);
	text_free(&page);
	note("%u failures were seen before, %u with kprobes off", before, events() - before);
	before = events();
	provoke();
	ok(events() - before == ARRAY_SIZE(causes), "... and %u of %zu failures are seen",
	   events() - before, ARRAY_SIZE(causes));
	put(KPROBES, "0");
	ok(!unload() && !put(KPROBES, "1"), "it can be unloaded while kprobes are off");
	fresh(NULL);
	all_normal("after it was unloaded while kprobes were off");
	unload();
}

/* ---- one point left out --------------------------------------------------- */

static bool without(const char *list, const char *name, unsigned int less, unsigned int wanted)
{
	char params[1024], line[128];
	struct text page;
	unsigned int i;
	bool said = false;
	struct seen s;

	snprintf(params, sizeof(params), "skip=%s", list);
	fresh(params);
	read_page(&page);
	snprintf(line, sizeof(line), "%s is not hooked; ", name);
	for (i = 0; i < page.nr_blind; i++)
		said |= less > 1 || !strncmp(page.blind[i], line, strlen(line));
	if (*page.wrong || !said || page.nr_blind != less || page.armed != wanted - less ||
	    page.wanted != wanted)
		note("without %s: points %u/%u, %u lines about blindness: %s %s", name, page.armed,
		     page.wanted, page.nr_blind, page.nr_blind ? page.blind[0] : "", page.wrong);
	said = said && !*page.wrong && page.nr_blind == less && page.armed == wanted - less &&
	       page.wanted == wanted;
	text_free(&page);
	provoke();
	s = look(name);
	return ok(said && !s.wrong && !s.missing,
		  "without %s: it loads, says so, and names no wrong cause (%u right, %u inferred, %u unexplained, %u wrong, %u not seen)",
		  name, s.right, s.vague, s.unexplained, s.wrong, s.missing);
}

static void add(char *list, size_t size, const char *name)
{
	size_t n = strlen(list);

	snprintf(list + n, size - n, "%s%s", n ? "," : "", name);
}

/* The points that distinguish the five causes, on at least one kernel. */
static bool decides(const char *name)
{
	static const char * const points[] = {
		"put_task_stack", "kernel_clone", "cgroup_cancel_fork", "capable",
		"cgroup_file_notify",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(points); i++)
		if (!strcmp(points[i], name))
			return true;
	return false;
}

static void one_less(void)
{
	char all[1024] = "", others[1024] = "", *points, *line, *rest, name[64], kind[16], hook[32];
	unsigned int n = 0, nr_others = 0, nr_returns = 0, nr_syscall = 0, wanted;
	struct text page;

	fresh(NULL);
	all_normal("with all points");
	read_page(&page);
	wanted = page.wanted;
	text_free(&page);
	points = slurp(DEBUGFS "/points", NULL);
	for (line = points; line && (line = strstr(line, " syscall ")); line++)
		nr_syscall++;
	rest = points ?: strdup("");
	while ((line = strsep(&rest, "\n")) && *line) {
		if (sscanf(line, "%63s %15s %31s", name, kind, hook) != 3)
			continue;
		/* the points for the kernel's own tasks cannot be left out */
		nr_returns += !strcmp(hook, "kretprobe");
		if (strcmp(hook, "ftrace") && strcmp(hook, "kprobe"))
			continue;
		add(all, sizeof(all), name);
		n++;
		if (each || decides(name)) {
			/* without it, the hooks on system calls cannot tell refusals from forks */
			without(name, name, strcmp(name, "kernel_clone") ? 1 : 1 + nr_syscall,
				wanted);
			continue;
		}
		add(others, sizeof(others), name);
		nr_others++;
	}
	ok(n + nr_returns == wanted, "each of the %u points was left out once (%u)",
	   wanted - nr_returns, n);
	if (nr_others)
		without(others, "all others", nr_others, wanted);
	without(all, "any point", n, wanted);
	free(points);
}

void test_load_errors(void)
{
	cgroup_make(CGROUP);
	cgroup_put(CGROUP, "pids.max", "1");
	parameters();
	no_tasks();
	ftrace_off();
	kprobes_off();
	one_less();
	cgroup_remove(CGROUP);
}
