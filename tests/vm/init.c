// SPDX-License-Identifier: GPL-2.0-only
/*
 * PID 1 of the guest: mount what a system has mounted, run the command, report its
 * status, end the guest.
 *
 * It is written in C, because everything after the command's end must work without a fork:
 * the tests exhaust PIDs, threads and memory, and may leave the guest like that.
 *
 * Serial ports: 0 kernel log, 1 the command's output, 2 its status.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define OUTPUT	"/dev/ttyS1"
#define STATUS	"/dev/ttyS2"
#define ARGV	"/etc/testbed/argv"

static char cmdline[4096];

/* Write it to the kernel log, which is on the host even if we die here. */
static void complain(const char *what, const char *which)
{
	FILE *f = fopen("/dev/kmsg", "w");

	if (!f)
		return;
	fprintf(f, "<4>testbed: %s %s: %s\n", what, which, strerror(errno));
	fclose(f);
}

static size_t slurp(const char *path, char *buf, size_t size)
{
	size_t used = 0;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		complain("cannot open", path);
		buf[0] = 0;
		return 0;
	}
	while (used < size - 1 && (n = read(fd, buf + used, size - 1 - used)) > 0)
		used += n;
	close(fd);
	buf[used] = 0;
	return used;
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		complain("cannot write", path);
	if (fd >= 0)
		close(fd);
}

static int mnt(const char *type, const char *dir, const char *data)
{
	mkdir(dir, 0755);
	if (!mount(type, dir, type, 0, data))
		return 0;
	complain("cannot mount", dir);
	return -1;
}

/* Enable every controller of the unified hierarchy for its children. */
static void enable_controllers(const char *dir)
{
	char path[256], list[1024], one[256], *name, *rest = list;

	snprintf(path, sizeof(path), "%s/cgroup.controllers", dir);
	slurp(path, list, sizeof(list));
	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", dir);
	while ((name = strsep(&rest, " \n"))) {
		if (!*name)
			continue;
		snprintf(one, sizeof(one), "+%s", name);
		put(path, one);
	}
}

/*
 * testbed.cgroup=v2 (default), v1 (pids and memory each a hierarchy of its own, what
 * is left unified) or none (nothing mounted; a controller can go either way).
 */
static void mount_cgroups(void)
{
	const char *dir = "/sys/fs/cgroup";

	if (strstr(cmdline, "testbed.cgroup=none"))
		return;
	if (!strstr(cmdline, "testbed.cgroup=v1")) {
		if (!mnt("cgroup2", dir, NULL))
			enable_controllers(dir);
		return;
	}
	mnt("tmpfs", dir, "mode=755");
	mnt("cgroup", "/sys/fs/cgroup/pids", "pids");
	mnt("cgroup", "/sys/fs/cgroup/memory", "memory");
	if (!mnt("cgroup2", "/sys/fs/cgroup/unified", NULL))
		enable_controllers("/sys/fs/cgroup/unified");
}

static void set_up(void)
{
	mnt("devtmpfs", "/dev", "mode=755");
	mnt("proc", "/proc", NULL);
	mnt("sysfs", "/sys", NULL);
	mnt("debugfs", "/sys/kernel/debug", NULL);
	mnt("tracefs", "/sys/kernel/tracing", NULL);
	mnt("devpts", "/dev/pts", "ptmxmode=666,mode=620,gid=5");
	mnt("tmpfs", "/dev/shm", "mode=1777");
	mnt("tmpfs", "/tmp", "mode=1777");
	mnt("tmpfs", "/run", "mode=755");
	symlink("/proc/self/fd", "/dev/fd");
	symlink("/proc/self/fd/0", "/dev/stdin");
	symlink("/proc/self/fd/1", "/dev/stdout");
	symlink("/proc/self/fd/2", "/dev/stderr");
	slurp("/proc/cmdline", cmdline, sizeof(cmdline));
	sethostname("testbed", 7);
	/* A stuck task must be reported before the run's time limit. */
	put("/proc/sys/kernel/hung_task_timeout_secs", "20");
	mount_cgroups();
}

static int open_raw(const char *path)
{
	struct termios t;
	int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0) {
		complain("cannot open", path);
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	}
	if (!tcgetattr(fd, &t)) {
		cfmakeraw(&t);
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

static _Noreturn void run_command(int out)
{
	static char buf[1 << 20], *argv[4096];
	size_t len = slurp(ARGV, buf, sizeof(buf)), pos = 0;
	int argc = 0, in = open("/dev/null", O_RDONLY);

	while (pos < len && argc < 4095) {
		argv[argc++] = buf + pos;
		pos += strlen(buf + pos) + 1;
	}
	setsid();
	dup2(in, 0);
	dup2(out, 1);
	dup2(out, 2);
	if (in > 2)
		close(in);
	chdir("/root");
	if (argc)
		execvp(argv[0], argv);
	dprintf(2, "testbed: cannot run %s: %s\n", argc ? argv[0] : "nothing", strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

int main(void)
{
	int out, report, status, code = 255;
	pid_t child, pid;

	umask(022);
	setenv("PATH", "/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin", 1);
	setenv("HOME", "/root", 1);
	setenv("TERM", "dumb", 1);
	setenv("LC_ALL", "C", 1);
	set_up();
	out = open_raw(OUTPUT);
	report = open_raw(STATUS);

	child = fork();
	if (!child)
		run_command(out);
	if (child < 0)
		complain("cannot fork for", "the command");
	while (child > 0 && ((pid = wait(&status)) > 0 || errno == EINTR)) {
		if (pid != child)
			continue;
		code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		break;
	}
	tcdrain(out);
	dprintf(report, "exit %d\n", code);
	tcdrain(report);
	/* QEMU ends instead (-no-reboot). Not every kernel can power off: it would halt. */
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}
