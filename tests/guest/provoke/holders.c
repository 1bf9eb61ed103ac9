// SPDX-License-Identifier: GPL-2.0-only
/*
 * holders.c - who has used up what ran out
 *
 * At most once a second, forkfail counts the tasks within the limit and names the largest
 * process or command, the parent of most zombies, and the largest user and cgroup.  No
 * process can be created here meanwhile, because the limit is reached.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forkfault.h"

#define UID_HOG		4310
#define UID_OTHER	4311
#define UID_LIMITED	4312

/* It may have counted a moment before; then it waits for a second. */
#define PATIENCE_S	8

#define PATTERN	"ff-hog[%d] %d, uid %d %d, cgroup %s %d"

enum { GROWN = 1, ASKED, COUNTED };

struct hog {
	const char *cgroup;
	unsigned int uid;
	int threads;
	bool dead;
};

/* A process of many threads. */
static void be_hog(void *arg)
{
	const struct hog *hog = arg;
	int i;
	long ret;

	cg_enter(hog->cgroup);
	prctl(PR_SET_NAME, "ff-hog");
	become(hog->uid);
	who_am_i();
	for (i = 1; i < hog->threads; i++) {
		ret = try_thread();
		if (ret < 0)
			fail("thread %d of the hog: %s", i, strerror(-ret));
	}
	sync_post(GROWN);
	sleep_forever();
}

/* Stay root and outside of the limits, to see when the count is available. */
static void watch_log(void *arg)
{
	int i;

	(void)arg;
	sync_wait(ASKED);
	for (i = 0; i < PATIENCE_S * 10 && !log_shows("holders"); i++)
		usleep(100000);
	sync_post(COUNTED);
}

static pid_t start_hog(const char *cgroup, unsigned int uid, int threads)
{
	struct hog hog = { cgroup, uid, threads, false };
	pid_t pid = spawn(be_hog, &hog);

	spawn(watch_log, NULL);
	sync_wait(GROWN);
	return pid;
}

static void exp_holders(struct ff_expect *e, const char *holders,
			uint64_t least, uint64_t most)
{
	exp_text(e, "holders", holders);
	exp_range(e, "counted", least, most);
	exp_text(e, "complete", "yes");
	sync_post(ASKED);
	sync_wait(COUNTED);
}

/* The same in separate keys. */
static void exp_process(struct ff_expect *e, pid_t tgid, int tasks, int uid, int uid_tasks,
			const char *cgroup)
{
	exp_text(e, "holder_process", "ff-hog");
	exp_number(e, "holder_tgid", tgid);
	exp_number(e, "holder_tasks", tasks);
	exp_number(e, "holder_uid", uid);
	exp_number(e, "holder_uid_tasks", uid_tasks);
	exp_text(e, "holder_cgroup", cgroup);
	exp_number(e, "holder_cgroup_tasks", tasks);
	exp_absent(e, "holder_program");
	exp_absent(e, "zombies");
}

/*
 * Be refused in @cgroup by the limit of the one above it and of those that hold its tasks: @max,
 * which the fourth task here reaches.
 */
static struct ff_expect *refused_below_top(const char *cgroup, unsigned int max)
{
	const char *top = cg_new("", "pids");
	struct ff_expect *e;
	char text[16];

	cg_enter(cgroup);
	snprintf(text, sizeof(text), "%u", max);
	cg_set(top, "pids.max", text);
	become(UID_OTHER);
	sleepers(3);
	e = refused(try_fork(), EAGAIN, "pids-max-ancestor", "cgroup_can_fork");
	exp_limit(e, "tasks", max, max);
	exp_object(e, "cgroup", "%s", top);
	return e;
}

/* The failing process is not the one that holds the tasks. */
static void holders_cgroup(void)
{
	const char *leaky = cg_new("leaky", "pids"), *other = cg_new("other", "pids");
	struct ff_expect *e;
	char text[FF_TEXT];
	pid_t hog;

	hog = start_hog(leaky, UID_HOG, 6);
	e = refused_below_top(other, 10);
	exp_process(e, hog, 6, UID_HOG, 6, leaky);
	snprintf(text, sizeof(text), PATTERN, hog, 6, UID_HOG, 6, leaky, 6);
	exp_holders(e, text, 10, 10);
}

static void holders_user(void)
{
	const char *cg = cg_new("", "pids");
	struct ff_expect *e;
	char text[FF_TEXT];
	pid_t hog;

	hog = start_hog(cg, UID_LIMITED, 5);
	become(UID_LIMITED);
	set_rlimit(RLIMIT_NPROC, 8);
	sleepers(2);
	e = refused(try_fork(), EAGAIN, "rlimit-nproc", nproc_step());
	exp_limit(e, "tasks", 8, 8);
	exp_hard(e, RLIMIT_NPROC);
	exp_object(e, "user", "uid %d", UID_LIMITED);
	exp_process(e, hog, 5, UID_LIMITED, 8, cg);
	snprintf(text, sizeof(text), PATTERN, hog, 5, UID_LIMITED, 8, cg, 5);
	exp_holders(e, text, 8, 8);
}

/* A name of which holders= shows only plain characters, and its own key everything. */
#define PROGRAM		"ff \"leaky\" \xe9"
#define PROGRAM_PLAIN	"ff??leaky???"

/* Like a shell script that starts one program after the other, or does not wait for them. */
static void be_program(void *arg)
{
	const struct hog *hog = arg;
	pid_t pid;
	int i;

	cg_enter(hog->cgroup);
	prctl(PR_SET_NAME, PROGRAM);
	become(hog->uid);
	who_am_i();
	for (i = 1; i < hog->threads; i++) {
		pid = fork();
		if (pid < 0)
			fail("process %d of the program: %s", i, strerror(errno));
		if (!pid && hog->dead)
			_exit(0);
		if (!pid)
			sleep_forever();
		if (hog->dead)
			waitid(P_PID, pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	}
	sync_post(GROWN);
	sleep_forever();
}

/* No process has more than one task. */
static void holders_of_program(bool dead_ones)
{
	const char *leaky = cg_new("leaky", "pids"), *other = cg_new("other", "pids");
	struct hog program = { leaky, UID_HOG, 6, dead_ones };
	char text[FF_TEXT], dead[64] = "";
	struct ff_expect *e;
	pid_t pid;

	pid = spawn(be_program, &program);
	spawn(watch_log, NULL);
	sync_wait(GROWN);
	e = refused_below_top(other, 10);
	if (program.dead)
		snprintf(dead, sizeof(dead), "5 zombies of " PROGRAM_PLAIN "[%d], ", pid);
	snprintf(text, sizeof(text), "6 x " PROGRAM_PLAIN ", %suid %d 6, cgroup %s 6", dead,
		 UID_HOG, leaky);
	exp_text(e, "holder_program", PROGRAM);
	exp_number(e, "holder_program_tasks", 6);
	exp_absent(e, "holder_process");
	if (program.dead) {
		exp_number(e, "zombies", 5);
		exp_text(e, "zombies_parent", PROGRAM);
		exp_number(e, "zombies_parent_tgid", pid);
	} else {
		exp_absent(e, "zombies");
	}
	exp_number(e, "holder_uid", UID_HOG);
	exp_number(e, "holder_uid_tasks", 6);
	exp_text(e, "holder_cgroup", leaky);
	exp_number(e, "holder_cgroup_tasks", 6);
	exp_holders(e, text, 10, 10);
}

static void holders_processes(void)
{
	holders_of_program(false);
}

static void holders_zombies(void)
{
	holders_of_program(true);
}

/* More programs and users than forkfail can tally at a time. */
#define OTHERS		80

static void be_others(void *arg)
{
	char name[16], byte;
	int ready[2], i;
	pid_t pid;

	cg_enter(arg);
	if (pipe(ready))
		fail("pipe: %s", strerror(errno));
	for (i = 0; i < OTHERS; i++) {
		pid = fork();
		if (pid < 0)
			fail("process %d of the others: %s", i, strerror(errno));
		if (!pid) {
			snprintf(name, sizeof(name), "ff-other-%d", i);
			prctl(PR_SET_NAME, name);
			become(UID_OTHER + 1000 + i);
			if (write(ready[1], "", 1) != 1)
				fail("write: %s", strerror(errno));
			sleep_forever();
		}
	}
	for (i = 0; i < OTHERS; i++)
		if (read(ready[0], &byte, 1) != 1)
			fail("read: %s", strerror(errno));
	sync_post(GROWN);
	sleep_forever();
}

static void holders_among_others(void)
{
	const char *leaky = cg_new("leaky", "pids"), *others = cg_new("others", "pids");
	const char *own = cg_new("own", "pids");
	struct hog program = { leaky, UID_HOG, 12, false };
	const int tasks = OTHERS + 1 + 12 + 4;
	struct ff_expect *e;
	char text[FF_TEXT];

	spawn(be_others, (void *)others);
	sync_wait(GROWN);
	spawn(be_program, &program);
	spawn(watch_log, NULL);
	sync_wait(GROWN);
	e = refused_below_top(own, tasks);
	snprintf(text, sizeof(text), "12 x " PROGRAM_PLAIN ", uid %d 12, cgroup %s %d",
		 UID_HOG, others, OTHERS + 1);
	exp_text(e, "holder_program", PROGRAM);
	exp_number(e, "holder_program_tasks", 12);
	exp_number(e, "holder_uid", UID_HOG);
	exp_number(e, "holder_uid_tasks", 12);
	exp_text(e, "holder_cgroup", others);
	exp_number(e, "holder_cgroup_tasks", OTHERS + 1);
	exp_holders(e, text, tasks, tasks);
}

#define MANY	150

static void holders_host(void)
{
	const char *cg = cg_new("", "pids");
	unsigned int before, after;
	struct ff_expect *e;
	char text[FF_TEXT];
	pid_t hog;
	long ret;

	hog = start_hog(cg, UID_HOG, MANY);
	before = count_tasks();
	if (before > 2 * MANY)
		skip("too many tasks here to be the biggest");
	sysctl_set("kernel/threads-max", 1);
	ret = try_fork();
	after = count_tasks();
	e = refused(ret, EAGAIN, "threads-max", "task_limits");
	exp_limit(e, "tasks", 1, before);
	exp_range(e, "in_use", before < after ? before : after,
		  before < after ? after : before);
	exp_object(e, "host", "threads-max");
	exp_process(e, hog, MANY, UID_HOG, MANY, cg);
	snprintf(text, sizeof(text), PATTERN, hog, MANY, UID_HOG, MANY, cg,
		 MANY);
	exp_holders(e, text, after - 5, after + 5);
}

const struct ff_case holders_cases[] = {
	{ "holders-cgroup", "pids-max-ancestor", .flags = FF_GENERIC, .run = holders_cgroup,
	  .what = "who has the tasks of a cgroup: a process of six threads" },
	{ "holders-user", "rlimit-nproc", .flags = FF_GENERIC, .run = holders_user,
	  .what = "who has the tasks of a user: a process of five threads" },
	{ "holders-host", "threads-max", .flags = FF_HOST | FF_GENERIC,
	  .run = holders_host,
	  .what = "who has the tasks of the machine: a process of 150 threads" },
	{ "holders-processes", "pids-max-ancestor", .flags = FF_GENERIC, .run = holders_processes,
	  .what = "who has the tasks of a cgroup: six processes of one program" },
	{ "holders-among-others", "pids-max-ancestor", .flags = FF_GENERIC,
	  .run = holders_among_others,
	  .what = "who has the tasks of a cgroup: one program of more than can be tallied" },
	{ "holders-zombies", "pids-max-ancestor", .flags = FF_GENERIC, .run = holders_zombies,
	  .what = "who has the tasks of a cgroup: one that does not wait for its children" },
	{ .name = NULL },
};
