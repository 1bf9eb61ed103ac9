// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forkfail selftest: makes calls that every kernel must refuse, and compares what the module
 * says about them.
 *
 * Nothing is created, and no limit but this process's own is touched.  The module knows
 * these calls by the name of the process, FORKFAIL_SELFTEST_COMM, and counts them separately
 * if root runs this.  If the module was built for a kernel whose source has not been read, they
 * confirm some of what it assumes about that kernel.
 *
 * Should a kernel accept one of them, its child exits at once.  None shares memory
 * or a file table with this process in a way that the child could disturb.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "input.h"

#ifndef SYS_clone3
#define SYS_clone3	435
#endif

/* Of linux/sched.h, whose names collide with those of sched.h. */
#define PIDFD		0x00001000ULL
#define INTO_CGROUP	0x200000000ULL
#define NO_FLAG		(1ULL << 63)

/* Of clone3's structure: more than a page is refused whatever is in it. */
#define TOO_BIG		(1UL << 20)
/* How long an event may take to appear in the log. */
#define WAIT_MS		1000

/* The third version of struct clone_args, which 5.10 knows. */
struct clone3_args {
	u64 flags;
	u64 pidfd;
	u64 child_tid;
	u64 parent_tid;
	u64 exit_signal;
	u64 stack;
	u64 stack_size;
	u64 tls;
	u64 set_tid;
	u64 set_tid_size;
	u64 cgroup;
};

enum state { STATE_OK, STATE_UNSURE, STATE_WRONG, STATE_UNSEEN, STATE_UNKNOWN };

/**
 * struct probe - a call that must be refused
 * @call: what it is, for people
 * @err: what every kernel answers
 * @cause: what the module is to call it
 * @ask: makes the call; an errno, or 0 if it was not refused or cannot be made
 */
struct probe {
	const char *call;
	int err;
	const char *cause;
	int (*ask)(void);
};

/**
 * struct result - how it went
 * @probe: the call
 * @got: what the kernel answered
 * @shown: the cause of its event, allocated; NULL if there is none
 * @proof: how that is known, allocated
 * @state: the result
 */
struct result {
	const struct probe *probe;
	int got;
	char *shown;
	char *proof;
	enum state state;
};

/* A call's return value; if it created a child, that has ended when this returns. */
static int answer(long ret)
{
	if (!ret)
		_exit(0);
	if (ret < 0)
		return errno;
	while (waitpid((pid_t)ret, NULL, __WALL) < 0 && errno == EINTR)
		;
	return 0;
}

static int ask_clone(unsigned long flags)
{
	return answer(syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0));
}

static int ask_clone3(struct clone3_args args)
{
	args.exit_signal = SIGCHLD;
	return answer(syscall(SYS_clone3, &args, sizeof(args)));
}

static int ask_size_small(void)
{
	struct clone3_args args = { .exit_signal = SIGCHLD };

	return answer(syscall(SYS_clone3, &args, 8));
}

static int ask_size_big(void)
{
	struct clone3_args args = { .exit_signal = SIGCHLD };

	return answer(syscall(SYS_clone3, &args, TOO_BIG));
}

static int ask_fault(void)
{
	return answer(syscall(SYS_clone3, NULL, sizeof(struct clone3_args)));
}

static int ask_unknown_flag(void)
{
	return ask_clone3((struct clone3_args){ .flags = NO_FLAG });
}

static int ask_pidfd_twice(void)
{
	return ask_clone(PIDFD | CLONE_PARENT_SETTID);
}

static int ask_newns_with_fs(void)
{
	return ask_clone(CLONE_NEWNS | CLONE_FS);
}

static int ask_newuser_with_fs(void)
{
	return ask_clone(CLONE_NEWUSER | CLONE_FS);
}

static int ask_thread_without_sighand(void)
{
	return ask_clone(CLONE_THREAD);
}

static int ask_sighand_without_vm(void)
{
	return ask_clone(CLONE_SIGHAND);
}

static int ask_bad_cgroup(void)
{
	struct clone3_args args = { .flags = INTO_CGROUP };
	int err, fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	args.cgroup = (u64)fd;
	err = ask_clone3(args);
	close(fd);
	return err;
}

/* PIDs for 32 PID namespaces, more than this task can be in. */
static int ask_too_many_pids(void)
{
	pid_t pids[32];
	struct clone3_args args = {
		.set_tid = (uintptr_t)pids,
		.set_tid_size = ARRAY_SIZE(pids),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pids); i++)
		pids[i] = 1;
	return ask_clone3(args);
}

static int ask_pid_zero(void)
{
	pid_t pid = 0;

	return ask_clone3((struct clone3_args){
		.set_tid = (uintptr_t)&pid, .set_tid_size = 1,
	});
}

/* A limit, with its numbers: the descriptors of this process, for a moment. */
static int ask_pidfd_nofile(void)
{
	struct clone3_args args = { .flags = PIDFD };
	struct rlimit old, none;
	int err, pidfd = -1;

	if (getrlimit(RLIMIT_NOFILE, &old))
		return 0;
	none = old;
	none.rlim_cur = 0;
	if (setrlimit(RLIMIT_NOFILE, &none))
		return 0;
	args.pidfd = (uintptr_t)&pidfd;
	err = ask_clone3(args);
	setrlimit(RLIMIT_NOFILE, &old);
	if (pidfd >= 0)
		close(pidfd);
	return err;
}

/* Root asks for a user namespace in a chroot: for a moment, this process is in one. */
static int ask_userns_in_chroot(void)
{
	int err, root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return 0;
	if (chroot("/proc")) {
		close(root);
		return 0;
	}
	err = ask_clone(CLONE_NEWUSER);
	if (fchdir(root) || chroot(".")) {
		fprintf(stderr, "forkfail: cannot leave /proc again: %s\n", strerror(errno));
		exit(READER_NO_DATA);
	}
	close(root);
	return err;
}

static int ask_newipc_with_sysvsem(void)
{
	return ask_clone(CLONE_NEWIPC | CLONE_SYSVSEM);
}

/* This must be the last one: the filter stays, and refuses clone3 until this process ends. */
static int ask_filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = ARRAY_SIZE(code), .filter = code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		return 0;
	return ask_clone3((struct clone3_args){ .flags = 0 });
}

static const struct probe probes[] = {
	{ "clone3: 8 bytes", EINVAL, "clone3-size-small", ask_size_small },
	{ "clone3: 1 MiB", E2BIG, "clone3-size-big", ask_size_big },
	{ "clone3: bad address", EFAULT, "clone3-args-fault", ask_fault },
	{ "clone3: unknown flag", EINVAL, "clone3-flags-unknown", ask_unknown_flag },
	{ "clone: PIDFD, PARENT_SETTID", EINVAL, "pidfd-parent-settid",
	  ask_pidfd_twice },
	{ "clone: NEWNS, FS", EINVAL, "newns-with-fs", ask_newns_with_fs },
	{ "clone: NEWUSER, FS", EINVAL, "newuser-with-fs",
	  ask_newuser_with_fs },
	{ "clone: THREAD", EINVAL, "thread-without-sighand",
	  ask_thread_without_sighand },
	{ "clone: SIGHAND", EINVAL, "sighand-without-vm", ask_sighand_without_vm },
	{ "clone3: no cgroup", EBADF, "cgroup-fd-bad", ask_bad_cgroup },
	{ "clone3: 32 PIDs", EINVAL, "set-tid-too-many", ask_too_many_pids },
	{ "clone3: PID 0", EINVAL, "set-tid-range", ask_pid_zero },
	{ "clone3: no room for a pidfd", EMFILE, "pidfd-nofile", ask_pidfd_nofile },
	{ "clone: NEWIPC, SYSVSEM", EINVAL, "newipc-sysvsem", ask_newipc_with_sysvsem },
	{ "clone: NEWUSER in a chroot", EPERM, "userns-chroot", ask_userns_in_chroot },
	{ "clone3: a filter", EPERM, "seccomp-errno", ask_filter },
};

/*
 * The event of a call that was made at @since or later: a new one, or one that the call was
 * merged into.
 */
static const struct event *find_event(const struct input *in, const struct timespec *since)
{
	size_t i;

	for (i = 0; i < in->page.nr_events; i++) {
		const struct event *ev = &in->page.events[i];

		if ((ev->last.tv_sec > since->tv_sec ||
		     (ev->last.tv_sec == since->tv_sec && ev->last.tv_nsec >= since->tv_nsec)) &&
		    !strcmp(event_get(ev, FORKFAIL_KEY_COMM), FORKFAIL_SELFTEST_COMM))
			return ev;
	}
	return NULL;
}

/* Is it one of the words of a list with commas between? */
static bool is_candidate(const char *list, const char *cause)
{
	size_t len = strlen(cause);

	for (; *list; list += *list == ',') {
		if (!strncmp(list, cause, len) && (!list[len] || list[len] == ','))
			return true;
		list += strcspn(list, ",");
	}
	return false;
}

static enum state judge(const struct probe *probe, const struct event *ev)
{
	if (!ev)
		return STATE_UNSEEN;
	if (!strcmp(event_get(ev, FORKFAIL_KEY_CAUSE), probe->cause) &&
	    strcmp(event_get(ev, FORKFAIL_KEY_PROOF), "inferred"))
		return STATE_OK;
	return is_candidate(event_get(ev, FORKFAIL_KEY_CANDIDATES), probe->cause) ?
	       STATE_UNSURE : STATE_WRONG;
}

/* Make the call, and find the event that the module shows for it. */
static void run(struct result *result, const struct options *opt)
{
	static const struct timespec moment = { .tv_nsec = 10 * 1000000 };
	const struct event *ev;
	struct timespec since;
	struct input in;
	int tries;

	clock_gettime(CLOCK_REALTIME, &since);
	/* times in the log have microseconds */
	since.tv_nsec -= since.tv_nsec % 1000;
	result->got = result->probe->ask();
	if (result->got != result->probe->err) {
		/* a sandbox around us, or a kernel that we do not know */
		result->state = STATE_UNKNOWN;
		return;
	}
	for (tries = WAIT_MS / 10; ; tries--) {
		input_open(&in, opt, FORKFAIL_LOG);
		ev = find_event(&in, &since);
		if (ev || !tries)
			break;
		input_free(&in);
		nanosleep(&moment, NULL);
	}
	result->state = judge(result->probe, ev);
	if (ev) {
		result->shown = xstrdup(event_get(ev, FORKFAIL_KEY_CAUSE));
		result->proof = xstrdup(event_get(ev, FORKFAIL_KEY_PROOF));
	}
	input_free(&in);
}

enum column_nr { COL_CALL, COL_ERRNO, COL_EXPECTED, COL_SHOWN, COL_PROOF, COL_STATE };

static const struct column selftest_columns[] = {
	[COL_CALL] = { "CALL", 0, COLUMN_DEFAULT, "the system call and what is wrong with it" },
	[COL_ERRNO] = { "ERRNO", 0, COLUMN_PROGRAM, "what the kernel answered" },
	[COL_EXPECTED] = { "EXPECTED", 0, COLUMN_DEFAULT, "the cause that it must have" },
	[COL_SHOWN] = { "SHOWN", 0, COLUMN_DEFAULT, "the cause that the module shows" },
	[COL_PROOF] = { "PROOF", 0, COLUMN_PROGRAM, "how the module knows it" },
	[COL_STATE] = { "STATE", 0, COLUMN_DEFAULT,
			"ok; unsure: the right cause is possible; "
			"unknown: the kernel answered something else; WRONG; UNSEEN: no event" },
};

/* Not strerrorname_np(): the C library of Debian 11 does not have it. */
static const char *errno_name(int err, char *buf, size_t size)
{
	static const struct {
		int err;
		const char *name;
	} names[] = {
#define FORKFAIL_ERRNO(e) { e, #e },
#include "../uapi/errnos.def"
#undef FORKFAIL_ERRNO
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].err == err)
			return names[i].name;
	snprintf(buf, size, "%d", err);
	return buf;
}

static const char *selftest_cell(const void *object, size_t column,
				 const struct table_format *format __unused, char *buf,
				 size_t size)
{
	static const char * const states[] = { "ok", "unsure", "WRONG", "UNSEEN", "unknown" };
	const struct result *result = object;

	switch ((enum column_nr)column) {
	case COL_CALL:
		return result->probe->call;
	case COL_ERRNO:
		return result->got ? errno_name(result->got, buf, size) : NULL;
	case COL_EXPECTED:
		return result->probe->cause;
	case COL_SHOWN:
		return result->shown;
	case COL_PROOF:
		return result->proof;
	case COL_STATE:
		return states[result->state];
	}
	return NULL;
}

static const char *selftest_color(const void *object, size_t column)
{
	const struct result *result = object;

	if (column != COL_STATE)
		return NULL;
	return result->state == STATE_OK ? "green" :
	       result->state == STATE_WRONG || result->state == STATE_UNSEEN ? "red" : "yellow";
}

const struct table_def selftest_table = {
	.array = "selftest",
	.columns = selftest_columns,
	.nr = ARRAY_SIZE(selftest_columns),
	.cell = selftest_cell,
	.color = selftest_color,
};

/**
 * cmd_selftest() - forkfail selftest
 * @opt: options
 * @argc: unused
 * @argv: unused
 *
 * Return: exit status: whether the module did not see a refusal, or named it wrong.
 */
int cmd_selftest(const struct options *opt, int argc __unused, char **argv __unused)
{
	struct result results[ARRAY_SIZE(probes)] = { 0 };
	int status = READER_OK;
	struct table *table;
	size_t i;

	prctl(PR_SET_NAME, FORKFAIL_SELFTEST_COMM);
	if (geteuid())
		fputs("forkfail: not root: some calls are refused for another reason, all are counted as failures, and none confirms anything\n",
		      stderr);
	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		results[i].probe = &probes[i];
		run(&results[i], opt);
		if (results[i].state == STATE_WRONG || results[i].state == STATE_UNSEEN)
			status = READER_FOUND;
	}
	table = table_new(&selftest_table, &opt->format);
	for (i = 0; i < ARRAY_SIZE(probes); i++)
		table_add(table, &results[i]);
	if (!table_print(table))
		status = READER_OUTPUT;
	table_free(table);
	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		free(results[i].shown);
		free(results[i].proof);
	}
	return status;
}
