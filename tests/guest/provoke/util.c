// SPDX-License-Identifier: GPL-2.0-only
/*
 * util.c - processes, namespaces, files and sysctls for the cases
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "forkfault.h"
#include "internal.h"

/**
 * spawn_in() - run a function in a child process
 * @ns_flags: namespaces to give it, CLONE_NEW*
 * @fn: the function; the child ends when it returns
 * @arg: its argument
 *
 * Return: the child's pid; ends the case when there is none.
 */
pid_t spawn_in(unsigned long ns_flags, void (*fn)(void *), void *arg)
{
	pid_t pid;

	if (ns_flags)
		pid = syscall(SYS_clone, ns_flags | SIGCHLD, 0, 0, 0, 0);
	else
		pid = fork();
	if (pid < 0)
		fail("fork of a helper: %s", strerror(errno));
	if (!pid) {
		fn(arg);
		_exit(0);
	}
	return pid;
}

/**
 * spawn() - run a function in a child process
 * @fn: the function; the child ends when it returns
 * @arg: its argument
 *
 * Return: the child's pid; ends the case when there is none.
 */
pid_t spawn(void (*fn)(void *), void *arg)
{
	return spawn_in(0, fn, arg);
}

/**
 * trace_begin() - trace a child that lets itself be traced and then stops
 * @pid: the child, which is killed if its tracer ends
 * @options: PTRACE_O_*, besides those for stops at system calls
 */
void trace_begin(pid_t pid, unsigned long options)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		fail("no stop of the traced task");
	ptrace(PTRACE_SETOPTIONS, pid, 0,
	       PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | options);
}

/**
 * trace_next() - let a traced child run to its next system call, or the end of one
 * @pid: the child
 * @sig: the signal that it gets, 0 for none
 * @status: receives what waitpid() says of it
 *
 * Return: false if it has ended instead.
 */
bool trace_next(pid_t pid, int sig, int *status)
{
	if (ptrace(PTRACE_SYSCALL, pid, 0, sig))
		fail("PTRACE_SYSCALL: %s", strerror(errno));
	if (waitpid(pid, status, 0) != pid)
		fail("waitpid: %s", strerror(errno));
	return WIFSTOPPED(*status);
}

/**
 * join() - wait for a child to end; ends the case when it did not end well
 * @pid: the child
 */
void join(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, __WALL) < 0)
		if (errno != EINTR)
			fail("waitpid(%d): %s", pid, strerror(errno));
	if (WIFSIGNALED(status))
		fail("child %d was killed by signal %d", pid, WTERMSIG(status));
	if (WEXITSTATUS(status))
		fail("child %d ended with status %d", pid, WEXITSTATUS(status));
}

/**
 * kill_wait() - kill a child and wait until it is gone
 * @pid: the child
 */
void kill_wait(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
}

/**
 * become() - give up root and become a user of the case
 * @uid: its uid, and gid
 */
void become(unsigned int uid)
{
	if (setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		fail("setresuid(%u): %s", uid, strerror(errno));
	prctl(PR_SET_DUMPABLE, 1);
	ff_uid = uid;
}

/**
 * set_rlimit() - set a soft limit of the calling process
 * @which: RLIMIT_*
 * @soft: the limit; the hard limit stays, or is raised if it is lower
 */
void set_rlimit(int which, unsigned long soft)
{
	struct rlimit r;

	if (getrlimit(which, &r))
		fail("getrlimit: %s", strerror(errno));
	r.rlim_cur = soft;
	if (r.rlim_max < soft)
		r.rlim_max = soft;
	if (setrlimit(which, &r))
		fail("setrlimit(%d, %lu): %s", which, soft, strerror(errno));
}

/**
 * ns_inode() - inode number of a namespace of a process
 * @pid: the process, 0 for the calling task
 * @name: name in /proc/PID/ns
 *
 * Return: the number; ends the case when it cannot be had.
 */
unsigned long ns_inode(pid_t pid, const char *name)
{
	char path[64];
	struct stat st;

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, name);
	else
		snprintf(path, sizeof(path), "/proc/thread-self/ns/%s", name);
	if (stat(path, &st))
		fail("%s: %s", path, strerror(errno));
	return st.st_ino;
}

/**
 * sync_post() - post a flag for another process of the case
 * @which: number of the flag
 */
void sync_post(int which)
{
	__atomic_store_n(&ff_shared->flag[which], 1, __ATOMIC_SEQ_CST);
}

/**
 * sync_posted() - check whether a flag is posted, and clear it
 * @which: number of the flag
 *
 * Return: true if it was.
 */
bool sync_posted(int which)
{
	return __atomic_exchange_n(&ff_shared->flag[which], 0,
				   __ATOMIC_SEQ_CST);
}

/**
 * sync_wait() - wait until a flag is posted, and clear it
 * @which: number of the flag
 */
void sync_wait(int which)
{
	struct timespec ts = { 0, 500000 };

	while (!sync_posted(which))
		nanosleep(&ts, NULL);
}

/**
 * shared_words() - numbers that all processes of the case see
 *
 * Return: an array of FF_FLAGS numbers, all 0 at first.
 */
uint64_t *shared_words(void)
{
	return ff_shared->word;
}

/**
 * read_file() - read the beginning of a small file
 * @path: the file
 * @buf: where to, ended by a zero byte
 * @size: its size
 *
 * Return: false, with errno, if it cannot be read.
 */
bool read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n = 0;

	buf[0] = 0;
	if (fd < 0)
		return false;
	while (len < size - 1 && (n = read(fd, buf + len, size - 1 - len)) > 0)
		len += n;
	buf[len] = 0;
	close(fd);
	return n >= 0;
}

/**
 * write_file() - write a text to a file that exists
 * @path: the file
 * @text: the text, written at once
 *
 * Return: false, with errno, if that failed.
 */
bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;
	int err;

	if (fd < 0)
		return false;
	n = write(fd, text, strlen(text));
	err = errno;
	close(fd);
	errno = err;
	return n == (ssize_t)strlen(text);
}

/**
 * read_number() - the number that a file holds
 * @path: the file
 *
 * Return: the number, UINT64_MAX for "max"; ends the case on an error.
 */
uint64_t read_number(const char *path)
{
	char text[64];

	if (!read_file(path, text, sizeof(text)))
		fail("%s: %s", path, strerror(errno));
	if (!strncmp(text, "max", 3))
		return UINT64_MAX;
	return strtoull(text, NULL, 10);
}

/**
 * meminfo() - a line of /proc/meminfo
 * @key: its name
 *
 * Return: its value in bytes; ends the case if there is none.
 */
uint64_t meminfo(const char *key)
{
	char text[8192], *p;
	size_t len = strlen(key);

	if (!read_file("/proc/meminfo", text, sizeof(text)))
		fail("/proc/meminfo: %s", strerror(errno));
	for (p = text; p; p = strchr(p, '\n')) {
		if (*p == '\n')
			p++;
		if (!strncmp(p, key, len) && p[len] == ':')
			return strtoull(p + len + 1, NULL, 10) << 10;
	}
	fail("no %s in /proc/meminfo", key);
}

/**
 * sysctl_get() - a number from /proc/sys
 * @name: its path below /proc/sys
 *
 * Return: its value; ends the case if there is none.
 */
uint64_t sysctl_get(const char *name)
{
	char path[FF_PATH];

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	return read_number(path);
}

/**
 * sysctl_keep() - put a number in /proc/sys back when the case is over
 * @name: its path below /proc/sys
 *
 * For those that change with another one; sysctl_set() does it for its own.
 */
void sysctl_keep(const char *name)
{
	char path[FF_PATH], old[32];

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	if (!read_file(path, old, sizeof(old)))
		fail("%s: %s", path, strerror(errno));
	undo_later(UNDO_WRITE, path, old);
}

/**
 * sysctl_set() - set a number in /proc/sys until the case is over
 * @name: its path below /proc/sys
 * @value: its value
 */
void sysctl_set(const char *name, uint64_t value)
{
	char path[FF_PATH], text[32];

	sysctl_keep(name);
	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	if (!write_file(path, text))
		fail("%s: writing %s: %s", path, text, strerror(errno));
}

/**
 * count_tasks() - all tasks of the machine, as the kernel counts them
 *
 * Return: the kernel's nr_threads.
 */
unsigned int count_tasks(void)
{
	char text[128], *p;

	if (!read_file("/proc/loadavg", text, sizeof(text)))
		fail("/proc/loadavg: %s", strerror(errno));
	p = strchr(text, '/');
	return p ? strtoul(p + 1, NULL, 10) : 0;
}

/**
 * kernel_has() - does the running kernel have a function
 * @function: its name
 *
 * Return: true if its symbol is there, with or without a suffix of the compiler's;
 * ends the case if there is no symbol table.
 */
bool kernel_has(const char *function)
{
	FILE *symbols = fopen("/proc/kallsyms", "re");
	size_t len = strlen(function);
	bool found = false;
	char line[600], *name;

	if (!symbols)
		fail("/proc/kallsyms: %s", strerror(errno));
	while (!found && fgets(line, sizeof(line), symbols)) {
		/* ADDRESS TYPE NAME, and MODULE behind a tab */
		name = strchr(line, ' ');
		found = name && strlen(name) > 3 && !strncmp(name + 3, function, len) &&
			strchr(".\n\t", name[3 + len]);
	}
	fclose(symbols);
	return found;
}

/**
 * sparse_mapping() - a sparse mapping, which has many page tables
 * @size: of it; read once in every 2 MiB, so that nothing but a zero page is there
 *
 * Return: its address; ends the case when it cannot be had.
 */
uint64_t sparse_mapping(uint64_t size)
{
	volatile char *map = mmap(NULL, size, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint64_t i;

	if (map == MAP_FAILED)
		fail("mmap: %s", strerror(errno));
	madvise((void *)map, size, MADV_NOHUGEPAGE);
	map[0] = 1;
	for (i = 0; i < size; i += 2ULL << 20)
		(void)map[i];
	return (uintptr_t)map;
}
