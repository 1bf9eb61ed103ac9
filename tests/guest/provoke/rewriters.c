// SPDX-License-Identifier: GPL-2.0-only
/*
 * rewriters.c - calls that a seccomp supervisor or a tracer answers in the kernel's place
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filter.h"
#include "forkfault.h"

#ifdef __x86_64__
#define ANSWER(regs)	((regs)->rax)
#define NUMBER(regs)	((regs)->orig_rax)
#endif

/* ---- supervisors --------------------------------------------------------- */

static int listener = -1;
static int answers[2] = { -EAGAIN, 0 };	/* 0: go on */

/* This thread is not under the filter, which is only for the one that installs it. */
static void *supervise(void *arg)
{
	struct seccomp_notif_resp resp;
	struct seccomp_notif req;
	size_t i;

	sync_wait(1);
	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		memset(&req, 0, sizeof(req));
		memset(&resp, 0, sizeof(resp));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &req))
			fail("NOTIF_RECV: %s", strerror(errno));
		resp.id = req.id;
		resp.error = answers[i];
		if (!resp.error)
			resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp))
			fail("NOTIF_SEND: %s", strerror(errno));
	}
	return arg;
}

static void supervised(void)
{
	static const struct rule rules[] = {
		{ ARCH, SYS_clone, SECCOMP_RET_USER_NOTIF },
	};
	struct ff_expect *e;
	pthread_t thread;
	int err = pthread_create(&thread, NULL, supervise, NULL);
	long ret;

	if (err)
		fail("pthread_create: %s", strerror(err));
	listener = filter_flags(rules, ARRAY_SIZE(rules),
				SECCOMP_FILTER_FLAG_NEW_LISTENER);
	sync_post(1);
	e = refused(try_fork(), EAGAIN, "syscall-rewritten", "seccomp");
	exp_text(e, "proof", "witness");
	exp_text(e, "syscall", "clone");
	ret = try_fork();
	if (ret < 0)
		fail("fork: %s, expected success", strerror(-ret));
	kill_wait(ret);
	pthread_join(thread, NULL);
	close(listener);
	/* without a supervisor it is ENOSYS, and it is not known who returned that */
	e = refused(try_fork(), ENOSYS, "seccomp-errno", "seccomp");
	exp_text(e, "proof", "inferred");
	exp_text(e, "candidates", "seccomp-errno,syscall-rewritten");
	exp_text(e, "syscall", "clone");
}

/* ---- tracers ------------------------------------------------------------- */

#ifdef __x86_64__
struct traced {
	bool filtered;	/* a filter asks the tracer (SECCOMP_RET_TRACE) */
	bool late;	/* the call is carried out, and then its return value is changed */
};

static void be_traced(void *arg)
{
	static const struct rule rules[] = {
		{ ARCH, SYS_clone, SECCOMP_RET_TRACE },
	};
	struct traced *t = arg;
	struct ff_expect *e;

	if (t->filtered)
		filter(rules, ARRAY_SIZE(rules));
	if (ptrace(PTRACE_TRACEME, 0, 0, 0))
		fail("PTRACE_TRACEME: %s", strerror(errno));
	kill(getpid(), SIGSTOP);
	e = refused(try_clone(CLONE_FILES | SIGCHLD), EAGAIN,
		    "syscall-rewritten", t->late ? "kernel_clone" :
		    t->filtered ? "seccomp" : "syscall");
	exp_text(e, "syscall", "clone");
}

static void rewrite(pid_t pid, bool entry, const struct traced *t)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, 0, &regs))
		fail("PTRACE_GETREGS: %s", strerror(errno));
	if (NUMBER(&regs) != (entry ? SYS_clone : t->late ? SYS_clone : -1ULL))
		return;
	if (entry && !t->late)
		NUMBER(&regs) = -1;
	if (!entry || t->filtered)
		ANSWER(&regs) = -EAGAIN;
	if (ptrace(PTRACE_SETREGS, pid, 0, &regs))
		fail("PTRACE_SETREGS: %s", strerror(errno));
}

static void trace(const struct traced *t)
{
	pid_t pid = spawn(be_traced, (void *)t);
	bool entry = false;
	int status, sig;

	trace_begin(pid, PTRACE_O_TRACESECCOMP);
	for (sig = 0;;) {
		if (ptrace(t->filtered ? PTRACE_CONT : PTRACE_SYSCALL, pid, 0,
			   sig))
			fail("PTRACE_SYSCALL: %s", strerror(errno));
		if (waitpid(pid, &status, 0) != pid)
			fail("waitpid: %s", strerror(errno));
		if (!WIFSTOPPED(status))
			break;
		sig = 0;
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) {
			rewrite(pid, true, t);
		} else if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			entry = !entry;
			rewrite(pid, entry, t);
		} else {
			sig = WSTOPSIG(status);
		}
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fail("the traced task ended with status 0x%x", status);
}

static void traced(void)
{
	static const struct traced ways[] = {
		{ .filtered = false }, { .filtered = true }, { .late = true },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++)
		trace(&ways[i]);
}
#endif

const struct ff_case rewriters_cases[] = {
	{ "seccomp-supervisor", "syscall-rewritten", .run = supervised,
	  .what = "a supervisor refuses, lets go on, is not there any more" },
#ifdef __x86_64__
	{ "traced", "syscall-rewritten", .run = traced,
	  .what = "a tracer answers: at entry, for a filter, after the clone" },
#endif
	{ .name = NULL },
};
