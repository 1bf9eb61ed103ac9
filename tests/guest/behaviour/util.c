// SPDX-License-Identifier: GPL-2.0-only
/*
 * util.c - processes, the module, cgroups and the kernel log
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "guest.h"

/**
 * total_tasks() - count the tasks of the whole machine, by /proc/loadavg
 */
unsigned int total_tasks(void)
{
	char *s = slurp("/proc/loadavg", NULL);
	unsigned int n = 0;

	if (s)
		sscanf(s, "%*s %*s %*s %*u/%u", &n);
	free(s);
	return n;
}

/**
 * give_way - sleep, so that others can run
 * @ms: milliseconds; more on a slow machine, where all that is done between two of these
 *	takes longer
 */
void give_way(unsigned int ms)
{
	nap(ms * slowness);
}

/**
 * await - sleep until a flag is set, without being woken before
 * @flag: in memory that is shared with who sets it
 */
void await(int *flag)
{
	while (!__atomic_load_n(flag, __ATOMIC_ACQUIRE))
		syscall(SYS_futex, flag, FUTEX_WAIT, 0, NULL, NULL, 0);
}

/**
 * release - set a flag, and wake all that wait for it
 * @flag: the flag
 */
void release(int *flag)
{
	__atomic_store_n(flag, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, flag, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/**
 * hung_after - how long a task may wait before the kernel log complains
 * @seconds: on a fast machine
 */
void hung_after(unsigned int seconds)
{
	put("/proc/sys/kernel/hung_task_timeout_secs", "%u", seconds * slowness);
}

/**
 * name_self - set the calling thread's name
 * @comm: the name
 */
void name_self(const char *comm)
{
	prctl(PR_SET_NAME, comm);
}

/**
 * command - run a program, silently
 * @file: the program
 * ...: its arguments, then NULL
 *
 * Return: its status.
 */
int command(const char *file, ...)
{
	const char *argv[32] = { file };
	va_list ap;
	int n = 1, null;
	pid_t pid;

	va_start(ap, file);
	while (n < 31 && (argv[n] = va_arg(ap, const char *)))
		n++;
	va_end(ap);
	pid = fork();
	if (pid < 0)
		die("fork for %s: %s", file, strerror(errno));
	if (!pid) {
		null = open("/dev/null", O_RDWR);
		dup2(null, 1);
		dup2(null, 2);
		execvp(file, (char **)argv);
		_exit(127);
	}
	return wait_for(pid);
}

/* ---- the module ---------------------------------------------------------- */

/**
 * load - load the module
 * @params: parameters, separated by blanks; NULL for none
 *
 * Return: modprobe's status.
 */
int load(const char *params)
{
	char copy[4096], *p = copy, *word[8] = {};
	unsigned int n = 0;

	snprintf(copy, sizeof(copy), "%s", params ?: "");
	while (n < 7 && (word[n] = strsep(&p, " ")))
		if (*word[n])
			n++;
	word[n] = NULL;
	return command("modprobe", MODULE, word[0], word[1], word[2], word[3], word[4],
		       word[5], word[6], NULL);
}

/**
 * unload - unload the module
 *
 * Return: 0 or -errno.
 */
int unload(void)
{
	return syscall(SYS_delete_module, MODULE, O_NONBLOCK) ? -errno : 0;
}

/**
 * loaded - is the module loaded?
 *
 * Return: true if so.
 */
bool loaded(void)
{
	return !access("/sys/module/" MODULE "/refcnt", F_OK);
}

/**
 * fresh - load the module so that it counts from zero; ends the test if that fails
 * @params: as load()
 */
void fresh(const char *params)
{
	int err = 0;

	if (loaded())
		err = unload();
	if (err)
		die("cannot unload " MODULE ": %s", strerror(-err));
	err = load(params);
	if (err)
		die("modprobe " MODULE " %s failed: status %d", params ?: "", err);
}

/* ---- cgroups ------------------------------------------------------------- */

/**
 * cgroup_put - write to a file of a cgroup
 * @name: the cgroup, below the root
 * @file: the file
 * @fmt: as printf
 *
 * Return: 0 or -errno.
 */
int cgroup_put(const char *name, const char *file, const char *fmt, ...)
{
	char path[4096], buf[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	snprintf(path, sizeof(path), CGROUPS "/%s/%s", name, file);
	return put(path, "%s", buf);
}

/**
 * cgroup_make - create a cgroup, with pids and memory for those below it
 * @name: the cgroup
 *
 * Return: 0 or -errno.
 */
int cgroup_make(const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), CGROUPS "/%s", name);
	return mkdir(path, 0755) ? -errno : 0;
}

/**
 * cgroup_enter - move the calling process there
 * @name: the cgroup, "" for the root
 *
 * Return: 0 or -errno.
 */
int cgroup_enter(const char *name)
{
	return cgroup_put(name, "cgroup.procs", "0");
}

/**
 * cgroup_each - do something to every process in a cgroup
 * @name: the cgroup
 * @what: called with its number
 * @arg: handed to it
 *
 * Return: how many there were.
 */
unsigned int cgroup_each(const char *name, void (*what)(pid_t pid, long long arg), long long arg)
{
	char path[4096], *procs, *p;
	unsigned int n = 0;

	snprintf(path, sizeof(path), CGROUPS "/%s/cgroup.procs", name);
	procs = slurp(path, NULL);
	for (p = procs; p && *p; p = strchrnul(p, '\n'), p += !!*p, n++)
		if (atoi(p) > 1)
			what(atoi(p), arg);
	free(procs);
	return n;
}

static void end(pid_t pid, long long sig)
{
	kill(pid, sig);
}

/**
 * cgroup_kill - kill all processes in a cgroup
 * @name: the cgroup
 *
 * Return: how many there were.
 */
unsigned int cgroup_kill(const char *name)
{
	return cgroup_each(name, end, SIGKILL);
}

/**
 * cgroup_remove - remove a cgroup, and kill the processes in it
 * @name: the cgroup
 */
void cgroup_remove(const char *name)
{
	char path[4096];
	unsigned int i;

	snprintf(path, sizeof(path), CGROUPS "/%s", name);
	for (i = 0; i < 100 && rmdir(path) && errno == EBUSY; i++) {
		cgroup_kill(name);
		nap(20);
	}
}

/* ---- the kernel log ------------------------------------------------------ */

/**
 * klog_mark - remember the present end of the kernel log
 *
 * Return: the mark.
 */
int klog_mark(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		die("/dev/kmsg: %s", strerror(errno));
	lseek(fd, 0, SEEK_END);
	return fd;
}

/**
 * klog_since - what was logged since a mark, which is moved to the end
 * @mark: from klog_mark()
 * @ours: only the lines that begin with "forkfail: "
 *
 * Return: lines without their headers, to be freed.
 */
char *klog_since(int mark, bool ours)
{
	char rec[8192], *out = calloc(1, 1), *msg, *end;
	size_t len = 0;
	ssize_t n;

	for (;;) {
		n = read(mark, rec, sizeof(rec) - 1);
		if (n < 0 && errno == EPIPE)
			continue;
		if (n <= 0)
			break;
		rec[n] = 0;
		msg = strchr(rec, ';');
		if (!msg)
			continue;
		msg++;
		end = strchrnul(msg, '\n');
		if (ours && strncmp(msg, "forkfail: ", 10))
			continue;
		out = realloc(out, len + (end - msg) + 2);
		memcpy(out + len, msg, end - msg);
		len += end - msg;
		out[len++] = '\n';
		out[len] = 0;
	}
	return out;
}

/**
 * klog_until - wait for two of forkfail's lines since a mark
 * @mark: from klog_mark(); moves
 * @one: what the first has in it
 * @other: what the second has in it
 *
 * It does not wait for ever, so there may be fewer.
 *
 * Return: as klog_since().
 */
char *klog_until(int mark, const char *one, const char *other)
{
	uint64_t start = now_ms();
	char *log = calloc(1, 1), *more;

	do {
		nap(50);
		more = klog_since(mark, true);
		log = realloc(log, strlen(log) + strlen(more) + 1);
		strcat(log, more);
		free(more);
	} while (!(strstr(log, one) && strstr(log, other)) && now_ms() - start < 60000 * slowness);
	return log;
}
