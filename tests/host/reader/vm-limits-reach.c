// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vm-limits-reach CASE READER - is the first limit that the reader names the one
 * that stops a process?
 *
 * A subject brings itself close to a limit and waits.  Its parent, which is not
 * under that limit, has the reader look at it; then the subject creates
 * processes or threads until one is refused.  Prints one line:
 *
 *   limit=NAME cause=CAUSE room=N made=N errno=E
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST	20000

static char *saved_path[4], saved_text[4][64];
static int nr_saved;

static void die(const char *what)
{
	printf("error=%s: %s\n", what, strerror(errno));
	fflush(stdout);
	_exit(1);
}

static void put(const char *path, const char *fmt, long v)
{
	FILE *f = fopen(path, "w");

	if (!f || fprintf(f, fmt, v) < 0 || fclose(f))
		die(path);
}

static long get(const char *path)
{
	FILE *f = fopen(path, "r");
	long v = -1;

	if (!f || fscanf(f, "%ld", &v) != 1)
		die(path);
	fclose(f);
	return v;
}

/* A limit of the whole machine: what it was comes back. */
static void put_global(const char *path, long v)
{
	snprintf(saved_text[nr_saved], sizeof(saved_text[0]), "%ld", get(path));
	saved_path[nr_saved++] = strdup(path);
	put(path, "%ld", v);
}

static void restore(void)
{
	while (nr_saved--) {
		FILE *f = fopen(saved_path[nr_saved], "w");

		if (f) {
			fputs(saved_text[nr_saved], f);
			fclose(f);
		}
	}
}

static void enter(const char *cgroup)
{
	char path[128];

	mkdir(cgroup, 0755);
	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	put(path, "%ld", getpid());
}

static void set_limit(int which, rlim_t v)
{
	struct rlimit r = { v, RLIM_INFINITY };

	if (setrlimit(which, &r))
		die("setrlimit");
}

static void become(uid_t uid)
{
	if (setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		die("setresuid");
	/* /proc/PID must stay readable for itself. */
	prctl(PR_SET_DUMPABLE, 1);
}

static long tasks(void)
{
	char text[128] = "";
	FILE *f = fopen("/proc/loadavg", "r");
	long v = 0;

	if (f && fgets(text, sizeof(text), f))
		sscanf(text, "%*s %*s %*s %*d/%ld", &v);
	if (f)
		fclose(f);
	return v;
}

static long map_count(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	long n = 0;
	int c;

	while (f && (c = fgetc(f)) != EOF)
		n += c == '\n';
	if (f)
		fclose(f);
	return n;
}

static void map(size_t size)
{
	if (mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		 -1, 0) == MAP_FAILED)
		die("mmap");
}

static void be_deadline(void)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} attr = {
		.size = 48, .policy = 6, .runtime = 10000000,
		.deadline = 100000000, .period = 100000000,
	};

	if (syscall(SYS_sched_setattr, 0, &attr, 0))
		die("sched_setattr");
}

static void host_nproc(void) { set_limit(RLIMIT_NPROC, 7); become(4242); }

static void own_cgroup(void)
{
	enter("/sys/fs/cgroup/reach");
	put("/sys/fs/cgroup/reach/pids.max", "%ld", 6);
}

static void upper_cgroup(void)
{
	mkdir("/sys/fs/cgroup/reach", 0755);
	put("/sys/fs/cgroup/reach/cgroup.subtree_control", "+pids", 0);
	enter("/sys/fs/cgroup/reach/a");
	put("/sys/fs/cgroup/reach/a/pids.max", "%ld", 50);
	put("/sys/fs/cgroup/reach/pids.max", "%ld", 4);
}

static void strict(void)
{
	map(256 << 20);
	put_global("/proc/sys/vm/overcommit_kbytes", 400 << 10);
	put_global("/proc/sys/vm/overcommit_memory", 2);
}

static void heuristic(void)
{
	struct sysinfo si;

	sysinfo(&si);
	put_global("/proc/sys/vm/overcommit_memory", 1);
	map(2 * (size_t)(si.totalram + si.totalswap) * si.mem_unit);
	put("/proc/sys/vm/overcommit_memory", "%ld", 0);
}

static void threads_max(void)
{
	put_global("/proc/sys/kernel/threads-max", tasks() + 6);
}

static void pid_max(void) { put_global("/proc/sys/kernel/pid_max", 340); }

static void maps(void)
{
	put_global("/proc/sys/vm/max_map_count", map_count() + 20);
}

static void address_space(void)
{
	set_limit(RLIMIT_STACK, 8 << 20);
	set_limit(RLIMIT_AS, 100 << 20);
}

static const struct {
	const char *name;
	void (*prepare)(void);
	bool threads;
} cases[] = {
	{ "rlimit-nproc", host_nproc, false },
	{ "rlimit-nproc-threads", host_nproc, true },
	{ "pids-max", own_cgroup, false },
	{ "pids-max-threads", own_cgroup, true },
	{ "pids-max-ancestor", upper_cgroup, false },
	{ "threads-max", threads_max, false },
	{ "pid-exhausted", pid_max, false },	/* the numbers end before they wrap */
	{ "overcommit-strict", strict, false },
	{ "overcommit-heuristic", heuristic, false },
	{ "sched-deadline", be_deadline, false },
	{ "max-map-count", maps, true },
	{ "address-space", address_space, true },
};

static void *idle(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

/* Create processes or threads until one is refused. */
static int fill(bool threads, long *made)
{
	pthread_t thread;
	pid_t pid;
	int err;

	for (*made = 0; *made < MOST; ++*made) {
		if (threads) {
			err = pthread_create(&thread, NULL, idle, NULL);
			if (err)
				return err;
			continue;
		}
		pid = fork();
		if (pid < 0)
			return errno;
		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			idle(NULL);
		}
	}
	return 0;
}

static void subject(int i, int ready, int go)
{
	long made;
	char c = 0;
	int err;

	setpgid(0, 0);
	cases[i].prepare();
	if (write(ready, &c, 1) != 1 || read(go, &c, 1) != 1)
		_exit(1);
	err = fill(cases[i].threads, &made);
	printf(" made=%ld errno=%d\n", made, err);
	fflush(stdout);
	restore();
	kill(0, SIGKILL);
}

/* vfork, because memory may be what is short. */
static void look(const char *reader, pid_t pid, bool threads)
{
	char number[16], limit[64] = "", cause[64] = "", room[32] = "";
	int fds[2], status;
	char line[256];
	pid_t child;
	FILE *f;

	snprintf(number, sizeof(number), "%d", pid);
	if (pipe(fds))
		die("pipe");
	child = vfork();
	if (!child) {
		dup2(fds[1], 1);
		close(fds[0]);
		execl(reader, reader, "limits", "-n", "-r", "-o",
		      "LIMIT,CAUSE,ROOM", "-p", number, "--for",
		      threads ? "thread" : "process", (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	f = fdopen(fds[0], "r");
	if (child < 0 || !f || !fgets(line, sizeof(line), f) ||
	    sscanf(line, "%63s %63s %31s", limit, cause, room) != 3)
		snprintf(limit, sizeof(limit), "none");
	while (f && fgets(line, sizeof(line), f))
		;
	waitpid(child, &status, 0);
	printf("limit=%s cause=%s room=%s", limit, cause, room);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int ready[2], go[2], i, n = sizeof(cases) / sizeof(cases[0]);
	char c = 0;
	pid_t pid;

	for (i = 0; argc == 3 && i < n && strcmp(cases[i].name, argv[1]); i++)
		;
	if (argc != 3 || i == n) {
		for (i = 0; i < n; i++)
			puts(cases[i].name);
		return 2;
	}
	if (pipe(ready) || pipe(go))
		die("pipe");
	pid = fork();
	if (!pid)
		subject(i, ready[1], go[0]);
	close(ready[1]);
	if (read(ready[0], &c, 1) == 1) {
		look(argv[2], pid, cases[i].threads);
		if (write(go[1], &c, 1) != 1)
			die("write");
	}
	waitpid(pid, NULL, 0);
	return 0;
}
