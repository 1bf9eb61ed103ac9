// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vm-advice-call fill-pidns SHELL... - a shell in a PID namespace without a number left
 * vm-advice-call CASE - get into a state in which something is refused, and try it
 * once for every line of stdin: "made" or "refused ERRNO", with this process's number.
 *
 * Limits are set from outside, or inherited: what raises them is what is tested.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB	(1ul << 20)

static size_t stack_size = 8 * MIB;

static int try_fork(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	if (pid < 0)
		return errno;
	waitpid(pid, NULL, 0);
	return 0;
}

static void *nothing(void *unused)
{
	return unused;
}

static int try_thread(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, stack_size);
	err = pthread_create(&thread, &attr, nothing, NULL);
	if (!err)
		pthread_join(thread, NULL);
	return err;
}

/* As the C library would, but with flags. */
static int try_clone(unsigned long flags)
{
	long pid = syscall(SYS_clone, flags | 17, NULL, NULL, NULL, NULL);

	if (!pid)
		_exit(0);
	if (pid < 0)
		return errno;
	waitpid((pid_t)pid, NULL, 0);
	return 0;
}

static int try_user(void)
{
	return try_clone(CLONE_NEWUSER);
}

static int try_net(void)
{
	return try_clone(CLONE_NEWNET);
}

static int try_pidfd(void)
{
	int pidfd = -1;
	long pid = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, NULL, &pidfd, NULL, NULL);

	if (!pid)
		_exit(0);
	if (pid < 0)
		return errno;
	waitpid((pid_t)pid, NULL, 0);
	close(pidfd);
	return 0;
}

/* Comes back only if it is refused. */
static int try_exec(void)
{
	execl("/proc/self/exe", "vm-advice-call", "made", NULL);
	return errno;
}

static void set_limit(int what, rlim_t soft)
{
	struct rlimit limit = { soft, RLIM_INFINITY };

	if (setrlimit(what, &limit))
		exit(3);
}

static unsigned long vm_kib(const char *field)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	unsigned long v = 0;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, field, strlen(field)))
			v = strtoul(line + strlen(field) + 1, NULL, 10);
	if (f)
		fclose(f);
	return v;
}

static void *map(size_t size, int flags)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (p == MAP_FAILED)
		exit(3);
	return p;
}

static void address_space(void)
{
	set_limit(RLIMIT_AS, vm_kib("VmSize:") * 1024 + MIB);
}

static void data_limit(void)
{
	set_limit(RLIMIT_DATA, vm_kib("VmData:") * 1024 + MIB);
}

static void memlock(void)
{
	struct rlimit limit = { MIB, RLIM_INFINITY };

	if (mlockall(MCL_FUTURE) || setrlimit(RLIMIT_MEMLOCK, &limit) || setuid(65534))
		exit(3);
}

static void maps(void)
{
	long max = 2000, i;

	/* Every other page: none of them is merged with its neighbour. */
	for (i = 0; i < max - 40; i++)
		mprotect((char *)map(3 * 4096, 0) + 4096, 4096, PROT_NONE);
}

static void large(void)
{
	map(strtoul(getenv("SIZE"), NULL, 10), 0);
}

static void stack_overcommit(void)
{
	stack_size = strtoul(getenv("SIZE"), NULL, 10);
}

static void page_tables(void)
{
	size_t i;
	char *p = map(512 * MIB, MAP_NORESERVE);

	madvise(p, 512 * MIB, MADV_NOHUGEPAGE);
	for (i = 0; i < 512; i += 2)
		p[i * MIB] = 1;
}

static void high_descriptor(void)
{
	/* The hard limit may not be above fs.nr_open. */
	struct rlimit limit = { 5000, 5000 };

	if (setrlimit(RLIMIT_NOFILE, &limit) || dup2(0, 4000) < 0)
		exit(3);
}

static void nothing_special(void)
{
}

/* Locked by who may not lock more than its limit, which is set from outside. */
static void locked(void)
{
	if (mlockall(MCL_FUTURE))
		exit(3);
}

/* No descriptor is left below the limit. */
static void descriptors(void)
{
	/* The hard limit may not be above fs.nr_open. */
	struct rlimit limit = { 3, 1024 };

	if (setrlimit(RLIMIT_NOFILE, &limit))
		exit(3);
}

/* Too many tasks of a user that this process changes to, which execve() says. */
static void other_user(void)
{
	int i;

	for (i = 0; i < 2; i++)
		if (!fork()) {
			if (setuid(65533))
				_exit(3);
			pause();
		}
	sleep(1);
	set_limit(RLIMIT_NPROC, 1);
	if (setuid(65533))
		exit(3);
}

static void unprivileged(void)
{
	if (setuid(65534))
		exit(3);
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		exit(3);
	close(fd);
}

/* A namespace that is counted. */
static void hold(unsigned long flag)
{
	long pid = syscall(SYS_clone, flag | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid < 0)
		exit(3);
	if (pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pause();
	_exit(0);
}

static void hold_user(void)
{
	hold(CLONE_NEWUSER);
}

static void hold_net(void)
{
	hold(CLONE_NEWNET);
}

static void inner_userns(void)
{
	if (unshare(CLONE_NEWUSER))
		exit(3);
	put("/proc/self/uid_map", "0 0 1");
	put("/proc/self/setgroups", "deny");
	put("/proc/self/gid_map", "0 0 1");
	hold(CLONE_NEWUSER);
	put("/proc/sys/user/max_user_namespaces", "1");
}

/* All numbers of a PID namespace of its own, of which @shell then is the first task. */
static int fill_pidns(char **shell)
{
	pid_t pid;

	if (unshare(CLONE_NEWPID))
		exit(3);
	pid = fork();
	if (pid) {
		waitpid(pid, NULL, 0);
		return 0;
	}
	put("/proc/sys/kernel/pid_max", "301");
	do {
		pid = fork();
		if (!pid)
			pause();
	} while (pid > 0);
	execvp(shell[0], shell);
	return 3;
}

static const struct {
	const char *name;
	void (*prepare)(void);
	int (*try)(void);
} cases[] = {
	{ "fork", nothing_special, try_fork },
	{ "thread", nothing_special, try_thread },
	{ "user", hold_user, try_user },
	{ "net", hold_net, try_net },
	{ "address-space", address_space, try_thread },
	{ "data-limit", data_limit, try_thread },
	{ "memlock", memlock, try_thread },
	{ "maps", maps, try_thread },
	{ "large", large, try_fork },
	{ "stack-overcommit", stack_overcommit, try_thread },
	{ "page-tables", page_tables, try_fork },
	{ "high-descriptor", high_descriptor, try_fork },
	{ "locked-thread", locked, try_thread },
	{ "pidfd", descriptors, try_pidfd },
	{ "pidfd-user", unprivileged, try_pidfd },
	{ "exec", other_user, try_exec },
	{ "inner-user", inner_userns, try_user },
};

int main(int argc, char **argv)
{
	char line[64];
	size_t i;
	int err;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (argc == 2 && !strcmp(argv[1], cases[i].name))
			break;
	if (argc > 2 && !strcmp(argv[1], "fill-pidns"))
		return fill_pidns(argv + 2);
	if (argc == 2 && !strcmp(argv[1], "made")) {
		puts("made");
		fflush(stdout);
		return read(0, line, sizeof(line)) < 0;
	}
	if (i == sizeof(cases) / sizeof(cases[0]))
		return 2;
	cases[i].prepare();
	setvbuf(stdout, NULL, _IONBF, 0);
	printf("ready %d\n", (int)getpid());
	while (read(0, line, sizeof(line)) > 0) {
		err = cases[i].try();
		if (err)
			printf("refused %d\n", err);
		else
			printf("made\n");
	}
	return 0;
}
