// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads /proc.  Every function copes with missing files: a process may have ended, a file
 * of a newer kernel may not exist, and a container may hide things.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "proc.h"
#include "text.h"

/* Of the flags in /proc/PID/stat: include/linux/sched.h. */
#define PF_KTHREAD	0x00200000

static const char *proc_root = "";

/**
 * proc_set_root() - read below this directory
 * @root: directory, "" for /; it must remain valid
 */
void proc_set_root(const char *root)
{
	proc_root = root;
}

static char *read_path(const char *path)
{
	size_t size = 4096, len = 0;
	char *text;
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	text = xrealloc(NULL, size, 1);
	while ((n = read(fd, text + len, size - len - 1)) > 0) {
		len += (size_t)n;
		if (len + 1 == size && size < (64u << 20)) {
			size *= 2;
			text = xrealloc(text, size, 1);
		}
	}
	close(fd);
	if (n < 0) {
		free(text);
		return NULL;
	}
	text[len] = '\0';
	return text;
}

/* A formatted path below the root; the caller frees it. */
static char *root_path(const char *fmt, va_list ap)
{
	char *path, *full;

	if (vasprintf(&path, fmt, ap) < 0)
		dief(READER_NO_DATA, "out of memory");
	full = xasprintf("%s%s", proc_root, path);
	free(path);
	return full;
}

/**
 * proc_path() - path of a file in /proc or /sys, with --sysroot
 * @fmt: format of its path
 *
 * Return: the path, which the caller frees.
 */
char *proc_path(const char *fmt, ...)
{
	va_list ap;
	char *path;

	va_start(ap, fmt);
	path = root_path(fmt, ap);
	va_end(ap);
	return path;
}

static char *read_file(const char *fmt, va_list ap)
{
	char *path = root_path(fmt, ap), *text = read_path(path);

	free(path);
	return text;
}

/**
 * proc_read() - read a file in /proc or /sys
 * @fmt: format of its path
 *
 * Return: its text, which the caller frees, or NULL.
 */
char *proc_read(const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = read_file(fmt, ap);
	va_end(ap);
	return text;
}

/* The number at the beginning of @text; "max" and -1 mean no limit. */
static bool first_number(const char *text, u64 *value, bool *unlimited)
{
	char digits[24];
	size_t len;

	*unlimited = !strncmp(text, "max", 3) || !strncmp(text, "-1", 2) ||
		     !strncmp(text, "unlimited", 9);
	*value = 0;
	if (*unlimited)
		return true;
	len = strspn(text, "0123456789");
	if (!len || len >= sizeof(digits))
		return false;
	memcpy(digits, text, len);
	digits[len] = '\0';
	return text_to_u64(digits, value);
}

/**
 * proc_limit() - read a file with a number or "max"
 * @value: the result
 * @unlimited: set if it is "max"
 * @fmt: format of its path
 *
 * Return: false if there is no such file or no number in it.
 */
bool proc_limit(u64 *value, bool *unlimited, const char *fmt, ...)
{
	va_list ap;
	char *text;
	bool ok;

	va_start(ap, fmt);
	text = read_file(fmt, ap);
	va_end(ap);
	ok = text && first_number(text, value, unlimited);
	free(text);
	return ok;
}

/**
 * proc_number() - read a file with a number
 * @value: the result
 * @fmt: format of its path
 *
 * Return: false if there is no such file or no number in it.
 */
bool proc_number(u64 *value, const char *fmt, ...)
{
	bool ok, unlimited;
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = read_file(fmt, ap);
	va_end(ap);
	ok = text && first_number(text, value, &unlimited) && !unlimited;
	free(text);
	return ok;
}

/* What follows "@name" at the beginning of a line, blanks skipped. */
static const char *find_field(const char *text, const char *name)
{
	size_t len = strlen(name);

	while (text) {
		if (!strncmp(text, name, len) &&
		    (text[len] == ':' || text[len] == ' ')) {
			text += len + 1;
			return text + strspn(text, " \t");
		}
		text = strchr(text, '\n');
		if (text)
			text++;
	}
	return NULL;
}

/**
 * proc_field() - a number of a "Name: number" or "name number" file
 * @text: the file
 * @name: the name
 * @value: the result
 *
 * Return: false if it is not there.
 */
bool proc_field(const char *text, const char *name, u64 *value)
{
	const char *s = find_field(text, name);
	bool unlimited;

	*value = 0;
	return s && first_number(s, value, &unlimited) && !unlimited;
}

static void copy_name(struct task *task, const char *status)
{
	const char *s = find_field(status, "Name");
	char raw[64], *escaped, *p;
	size_t len;

	if (!s)
		return;
	len = strcspn(s, "\n");
	if (len >= sizeof(raw))
		len = sizeof(raw) - 1;
	memcpy(raw, s, len);
	raw[len] = '\0';
	/* status escapes \n and \\ in its own way, which is good enough. */
	escaped = text_escape(raw);
	/* Never end in the middle of an escape. */
	if (strlen(escaped) >= sizeof(task->name)) {
		p = escaped + sizeof(task->name) - 5;
		while (p > escaped && p > escaped + sizeof(task->name) - 9 &&
		       *p != '\\')
			p--;
		*p = '\0';
	}
	snprintf(task->name, sizeof(task->name), "%s", escaped);
	free(escaped);
}

/* pgrp, session and flags, after a name that may contain anything. */
static void parse_stat(struct task *task, const char *stat)
{
	const char *p = strrchr(stat, ')');
	long pgrp, session;
	unsigned int flags;

	if (!p || sscanf(p + 1, " %*c %*d %ld %ld %*d %*d %u", &pgrp, &session, &flags) != 3)
		return;
	task->kernel = flags & PF_KTHREAD;
	task->pgrp = pgrp > 0 ? (u64)pgrp : 0;
	task->session = session > 0 ? (u64)session : 0;
}

static void parse_nspid(struct task *task, const char *status)
{
	const char *s = find_field(status, "NSpid");
	char *end;

	while (s && isdigit((unsigned char)*s) &&
	       task->levels < PROC_MAX_LEVELS) {
		task->nspid[task->levels++] = strtoull(s, &end, 10);
		s = end + strspn(end, " \t");
	}
}

/**
 * proc_task() - read a process
 * @task: the result
 * @pid: its pid, 0 for the reader itself
 *
 * Return: false if it is gone or hidden.
 */
bool proc_task(struct task *task, pid_t pid)
{
	char *text, name[24];
	const char *s;
	u64 v;

	snprintf(name, sizeof(name), "%d", (int)pid);
	*task = (struct task){ .pid = pid };
	text = proc_read("/proc/%s/status", pid ? name : "self");
	if (!text)
		return false;
	copy_name(task, text);
	s = find_field(text, "State");
	task->state = s ? *s : '?';
	if (proc_field(text, "Pid", &v))
		task->pid = (pid_t)v;
	if (proc_field(text, "PPid", &v))
		task->parent = (pid_t)v;
	proc_field(text, "Uid", &v);
	task->uid = (uid_t)v;
	proc_field(text, "Threads", &task->threads);
	proc_field(text, "VmSize", &task->vm_size);
	proc_field(text, "VmData", &task->vm_data);
	proc_field(text, "VmPTE", &task->vm_pte);
	s = find_field(text, "CapEff");
	task->cap_eff = s ? strtoull(s, NULL, 16) : 0;
	parse_nspid(task, text);
	free(text);
	text = proc_read("/proc/%d/stat", (int)task->pid);
	if (text)
		parse_stat(task, text);
	free(text);
	return true;
}

/**
 * proc_is_own() - does /proc show the PIDs of this program's own PID namespace?
 *
 * In a container the host's may be mounted, as below a chroot into the host.
 *
 * Return: true if so.
 */
bool proc_is_own(void)
{
	struct task self;

	return proc_task(&self, 0) && self.pid == getpid();
}

/**
 * proc_was_there() - is a process, or thread, still the one that it was at some time?
 * @pid: its number
 * @when: the time
 *
 * Return: false if it has ended, or if the number is another one's; true if /proc does not
 * tell.
 */
bool proc_was_there(pid_t pid, const struct timespec *when)
{
	char *text = proc_read("/proc/%d/stat", (int)pid);
	const char *p = text ? strrchr(text, ')') : NULL;
	long ticks = sysconf(_SC_CLK_TCK);
	struct timespec now, boot;
	unsigned long long start;
	long long born;
	char state;
	bool there = true;

	if (!text)
		return proc_is_hidden() || !proc_is_own();
	if (p && proc_is_own() && ticks > 0 &&
	    sscanf(p + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		   &state, &start) == 2 &&
	    !clock_gettime(CLOCK_REALTIME, &now) && !clock_gettime(CLOCK_BOOTTIME, &boot)) {
		born = now.tv_sec - boot.tv_sec + (long long)(start / (unsigned long long)ticks);
		/* all of these are rounded */
		there = state != 'Z' && state != 'X' && born <= when->tv_sec + 2;
	}
	free(text);
	return there;
}

/**
 * proc_rlimit() - a soft limit of /proc/PID/limits
 * @pid: the process
 * @name: as in that file
 * @soft: the result
 * @unlimited: set if there is none
 *
 * Return: false if it cannot be read.
 */
bool proc_rlimit(pid_t pid, const char *name, u64 *soft, bool *unlimited)
{
	char *text = proc_read("/proc/%d/limits", (int)pid);
	const char *s = text ? find_field(text, name) : NULL;
	bool ok = s && first_number(s, soft, unlimited);

	free(text);
	return ok;
}

/**
 * proc_kernel_at_least() - is the running kernel this one or newer?
 * @major: first number
 * @minor: second number
 *
 * Return: true if it is, or if its version is not known.
 */
bool proc_kernel_at_least(unsigned int major, unsigned int minor)
{
	char *text = proc_read("/proc/sys/kernel/osrelease");
	unsigned int a, b;
	bool ok = true;

	if (text && sscanf(text, "%u.%u", &a, &b) == 2)
		ok = a > major || (a == major && b >= minor);
	free(text);
	return ok;
}

/**
 * proc_is_hidden() - does /proc hide other users' processes from this program?
 *
 * Return: true for a mount with hidepid, unless root reads.
 */
bool proc_is_hidden(void)
{
	char *text = proc_read("/proc/self/mountinfo"), *line, *save = NULL;
	bool hidden = false;

	for (line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save))
		if (strstr(line, " - proc ") && strstr(line, "hidepid=") &&
		    !strstr(line, "hidepid=0") && !strstr(line, "hidepid=off"))
			hidden = true;
	free(text);
	return hidden && geteuid();
}

/**
 * proc_each() - for every process
 * @fn: called for each; returns false to stop
 * @data: passed to @fn
 */
void proc_each(bool (*fn)(const struct task *task, void *data), void *data)
{
	char *path = proc_path("/proc");
	DIR *dir = opendir(path);
	struct dirent *entry;
	struct task task;
	u64 pid;

	if (!dir)
		dief(READER_NO_DATA, "%s: %s", path, strerror(errno));
	while ((entry = readdir(dir)))
		if (text_to_u64(entry->d_name, &pid) && pid < 0x7fffffff &&
		    proc_task(&task, (pid_t)pid) && !fn(&task, data))
			break;
	closedir(dir);
	free(path);
}

/**
 * proc_each_thread() - for every thread of a process
 * @pid: the process
 * @fn: called with the id of each
 * @data: passed to @fn
 */
void proc_each_thread(pid_t pid, void (*fn)(u64 tid, void *data), void *data)
{
	char *path = proc_path("/proc/%d/task", (int)pid);
	DIR *dir = opendir(path);
	struct dirent *entry;
	u64 tid;

	free(path);
	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (text_to_u64(entry->d_name, &tid))
			fn(tid, data);
	closedir(dir);
}

/**
 * proc_may_see_all() - may this program see the failures of others?
 *
 * Return: true with CAP_SYSLOG in the initial user namespace.
 */
bool proc_may_see_all(void)
{
	struct task self;

	return ns_of(0, "user") == NS_INIT_USER && proc_task(&self, 0) &&
	       self.cap_eff & CAP_SYSLOG_BIT;
}
