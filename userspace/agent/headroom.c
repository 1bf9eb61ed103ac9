// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How much is left before something fails: the machine's own limits, and the fullest
 * cgroups and users.
 *
 * Cgroups and users are found by walking /proc and the cgroup file system, in slices
 * of a few milliseconds with long pauses between them, so that nothing has to wait for
 * a walk on a machine with tens of thousands of tasks.  Readers get the result of the
 * last complete walk.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/dents.h"
#include "agent/headroom.h"
#include "agent/loop.h"
#include "proc.h"
#include "text.h"

#define FIRST_MS	2000
#define INTERVAL_MS	30000
#define SLICE_US	4000
#define PAUSE_MS	40
#define DEPTH		24
#define USERS		1024

enum phase {
	PHASE_TASKS,
	PHASE_USERS,
	PHASE_CGROUPS,
	PHASE_DONE,
};

struct user {
	u64 tasks;
	uid_t uid;
	pid_t pid;		/* one of the user's processes */
};

static struct {
	enum phase phase;
	struct timer timer;
	long long from;
	struct headroom now, last;
	struct dents dir[DEPTH];
	size_t depth;
	size_t path_len[DEPTH];
	char path[4096];	/* of the cgroup, below the mount point */
	struct user user[USERS];
	size_t next_user;
	struct cgroup_tree tree;
} walk;

static u64 clock_us(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (u64)ts.tv_sec * 1000000 + (u64)ts.tv_nsec / 1000;
}

/* ---- the fullest --------------------------------------------------------- */

static bool is_fuller(u64 used, u64 max, const struct full *than)
{
	return (double)used / (double)max > (double)than->used / (double)than->max;
}

static void note_full(struct full *top, size_t *nr, const char *name, u64 used, u64 max)
{
	size_t i;

	if (!max || (double)used * 100 < (double)max * HEADROOM_PERCENT)
		return;
	for (i = 0; i < *nr && !is_fuller(used, max, &top[i]); i++)
		;
	if (i == HEADROOM_TOP)
		return;
	if (*nr < HEADROOM_TOP)
		(*nr)++;
	memmove(&top[i + 1], &top[i], (*nr - i - 1) * sizeof(*top));
	snprintf(top[i].name, sizeof(top[i].name), "%s", name);
	top[i].used = used;
	top[i].max = max;
}

/* ---- tasks and users ----------------------------------------------------- */

static void add_tasks(uid_t uid, pid_t pid, u64 tasks)
{
	size_t i = uid % USERS, n;

	for (n = 0; n < USERS; n++, i = (i + 1) % USERS)
		if (!walk.user[i].tasks || walk.user[i].uid == uid)
			break;
	if (n == USERS) {
		walk.now.skipped++;
		return;
	}
	walk.user[i].uid = uid;
	walk.user[i].pid = pid;
	walk.user[i].tasks += tasks;
}

/*
 * The directory /proc/PID/task belongs to the effective user, and its link count is
 * the number of threads plus two: one stat() is cheaper than reading a status file.
 */
static bool walk_tasks(void)
{
	char name[40];
	struct stat st;
	const char *entry;
	bool is_dir;
	u64 pid;

	entry = dents_next(&walk.dir[0], &is_dir);
	if (!entry)
		return false;
	if (!text_to_u64(entry, &pid) || pid > 0x7fffffff)
		return true;
	snprintf(name, sizeof(name), "%llu/task", pid);
	if (fstatat(walk.dir[0].fd, name, &st, 0) || st.st_nlink < 3)
		return true;
	walk.now.tasks += st.st_nlink - 2;
	if (st.st_uid)
		add_tasks(st.st_uid, (pid_t)pid, st.st_nlink - 2);
	return true;
}

static bool walk_users(void)
{
	const struct user *user = &walk.user[walk.next_user];
	bool unlimited;
	char name[16];
	u64 max;

	if (walk.next_user++ == USERS)
		return false;
	if (!user->tasks || !proc_rlimit(user->pid, "Max processes", &max, &unlimited) ||
	    unlimited)
		return true;
	snprintf(name, sizeof(name), "%u", (unsigned int)user->uid);
	note_full(walk.now.user, &walk.now.nr_user, name, user->tasks, max);
	return true;
}

/* ---- cgroups ------------------------------------------------------------- */

static bool read_number(int dir, const char *name, u64 *value)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	char buf[32];
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0)
		return false;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return text_to_u64(buf, value);
}

static void look_at_cgroup(int dir)
{
	u64 used, max;
	char *name;

	walk.now.cgroups++;
	if (!read_number(dir, "pids.max", &max) || !read_number(dir, "pids.current", &used))
		return;
	name = text_escape(*walk.path ? walk.path : "/");
	note_full(walk.now.cgroup, &walk.now.nr_cgroup, name, used, max);
	free(name);
}

static void enter_cgroup(const char *name)
{
	size_t len = strlen(walk.path), n = strlen(name);

	if (walk.depth == DEPTH || len + n + 2 > sizeof(walk.path)) {
		walk.now.skipped++;
		return;
	}
	if (!dents_open(&walk.dir[walk.depth], walk.dir[walk.depth - 1].fd, name))
		return;
	walk.path_len[walk.depth] = len;
	walk.path[len] = '/';
	memcpy(walk.path + len + 1, name, n + 1);
	look_at_cgroup(walk.dir[walk.depth++].fd);
}

static bool walk_cgroups(void)
{
	const char *name;
	bool is_dir;

	if (!walk.depth)
		return false;
	name = dents_next(&walk.dir[walk.depth - 1], &is_dir);
	if (!name) {
		dents_close(&walk.dir[--walk.depth]);
		walk.path[walk.path_len[walk.depth]] = '\0';
	} else if (is_dir && *name != '.') {
		enter_cgroup(name);
	}
	return true;
}

/* ---- slices -------------------------------------------------------------- */

static void begin_cgroups(void)
{
	walk.depth = 0;
	walk.path[0] = '\0';
	walk.path_len[0] = 0;
	if (!walk.tree.dir && !cgroup_find(&walk.tree, "pids"))
		return;
	if (dents_open(&walk.dir[0], AT_FDCWD, walk.tree.dir))
		walk.depth = 1;
}

/* One step of the walk, shorter than a millisecond; false at the end. */
static bool step(void)
{
	switch (walk.phase) {
	case PHASE_TASKS:
		if (walk.dir[0].fd >= 0 && walk_tasks())
			return true;
		dents_close(&walk.dir[0]);
		walk.next_user = 0;
		break;
	case PHASE_USERS:
		if (walk_users())
			return true;
		begin_cgroups();
		break;
	case PHASE_CGROUPS:
		if (walk_cgroups())
			return true;
		break;
	case PHASE_DONE:
		return false;
	}
	walk.phase++;
	return true;
}

static void begin(void)
{
	memset(&walk.now, 0, sizeof(walk.now));
	memset(walk.user, 0, sizeof(walk.user));
	walk.from = loop_now();
	walk.phase = PHASE_TASKS;
	dents_open(&walk.dir[0], AT_FDCWD, "/proc");
}

/*
 * A slice ends after a fixed time, even if another task had the CPU meanwhile.  What is reported
 * is the CPU time that the agent itself used.
 */
static void slice(void *data __unused)
{
	u64 from = clock_us(CLOCK_MONOTONIC), cpu = clock_us(CLOCK_THREAD_CPUTIME_ID);
	bool more;

	if (walk.phase == PHASE_DONE)
		begin();
	do
		more = step();
	while (more && clock_us(CLOCK_MONOTONIC) - from < SLICE_US);
	cpu = clock_us(CLOCK_THREAD_CPUTIME_ID) - cpu;
	if (cpu > walk.now.longest)
		walk.now.longest = cpu;
	if (more) {
		timer_in(&walk.timer, PAUSE_MS);
		return;
	}
	walk.now.at = loop_now();
	walk.now.took = walk.now.at - walk.from;
	walk.last = walk.now;
	timer_in(&walk.timer, INTERVAL_MS);
}

/**
 * headroom_init() - schedule the first walk
 */
void headroom_init(void)
{
	walk.phase = PHASE_DONE;
	walk.timer = (struct timer){ .fire = slice };
	loop_timer(&walk.timer);
	timer_in(&walk.timer, FIRST_MS);
}

/**
 * headroom_get() - get the result of the last walk
 *
 * Return: the result; its @at is 0 if no walk is complete yet.
 */
const struct headroom *headroom_get(void)
{
	return &walk.last;
}

/* ---- the machine --------------------------------------------------------- */

static bool count_tasks(u64 *used)
{
	char *text = proc_read("/proc/loadavg");
	unsigned long long n;
	bool ok = text && sscanf(text, "%*s %*s %*s %*u/%llu", &n) == 1;

	free(text);
	if (ok)
		*used = n;
	return ok;
}

static bool committed(u64 *used, u64 *max)
{
	char *text = proc_read("/proc/meminfo");
	u64 mode = 0;
	bool ok = text && proc_field(text, "Committed_AS", used) &&
		  proc_field(text, "CommitLimit", max);

	free(text);
	*used *= 1024;
	*max *= 1024;
	/* only then is it a limit */
	if (!proc_number(&mode, "/proc/sys/vm/overcommit_memory") || mode != 2)
		*max = 0;
	return ok;
}

/**
 * headroom_machine() - how full one of the machine's own limits is
 * @resource: which
 * @used: receives what is in use
 * @max: receives the limit, 0 if there is none
 *
 * For pid_max, tasks are counted: the IDs of process groups and sessions without
 * tasks, which are in use as well, are few.
 *
 * Return: false if it cannot be seen.
 */
bool headroom_machine(enum headroom_resource resource, u64 *used, u64 *max)
{
	switch (resource) {
	case HEADROOM_TASKS:
		return count_tasks(used) && proc_number(max, "/proc/sys/kernel/threads-max");
	case HEADROOM_PIDS:
		return count_tasks(used) && proc_number(max, "/proc/sys/kernel/pid_max");
	case HEADROOM_COMMITTED:
		return committed(used, max);
	case HEADROOM_NR:
		break;
	}
	return false;
}

/**
 * headroom_resource_name() - the name of a limit of the machine
 * @resource: which
 *
 * Return: the name.
 */
const char *headroom_resource_name(enum headroom_resource resource)
{
	static const char * const names[HEADROOM_NR] = {
		[HEADROOM_TASKS] = "tasks",
		[HEADROOM_PIDS] = "pids",
		[HEADROOM_COMMITTED] = "committed_bytes",
	};

	return names[resource];
}
