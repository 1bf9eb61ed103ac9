// SPDX-License-Identifier: GPL-2.0-only
/*
 * misleading_results.c - return values that are not what they seem: a SIGSYS that is blocked,
 * ignored, sent by somebody else or suppressed, an errno of 0, and results that a tracer
 * changes
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forkfault.h"

static void block(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* Note the attempt before the clone() that (apparently) kills the caller, while it still can. */
static struct ff_expect *expect_kill(const char *proof)
{
	static struct ff_attempt last;
	struct ff_expect *e;

	note_attempt(&last, "clone", CLONE_FILES);
	e = refused_to(&last, 0, "seccomp-kill", "seccomp");
	exp_text(e, "errno", "none");
	exp_text(e, "proof", proof);
	exp_text(e, "syscall", "clone");
	exp_text(e, "signal", "SIGSYS");
	return e;
}

/* Not try_clone(): the return value is not that of a created task. */
static long plain_clone(unsigned long flags)
{
	return syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
}

/* ---- a program alone with its filter ---------------------------------------- */

enum before { BLOCKED, IGNORED, PENDING };

static void trapped(void *arg)
{
	enum before before = *(enum before *)arg;

	if (before == IGNORED)
		signal(SIGSYS, SIG_IGN);
	else
		block(SIGSYS);
	/* only one signal of each number can be pending, and this one stays pending */
	if (before == PENDING)
		raise(SIGSYS);
	filter_call(SYS_clone, SECCOMP_RET_TRAP);
	expect_kill("witness");
	plain_clone(CLONE_FILES);
	fail("clone came back");
}

/* The signal of SECCOMP_RET_TRAP cannot be blocked or ignored. */
static void trap_blocked(void)
{
	static enum before befores[] = { BLOCKED, IGNORED, PENDING };
	int status;
	size_t i;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(befores); i++) {
		pid = spawn(trapped, &befores[i]);
		if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status) ||
		    WTERMSIG(status) != SIGSYS)
			fail("the child ended with status 0x%x", status);
	}
	note("clone -> killed by SIGSYS that was blocked, ignored, blocked and pending");
}

/*
 * The filter returns success: no error reaches the caller, and the SIGSYS that is pending is
 * the caller's own.
 */
static void answer_zero(void)
{
	long ret;

	block(SIGSYS);
	raise(SIGSYS);
	filter_call(SYS_clone, SECCOMP_RET_ERRNO | 0);
	ret = plain_clone(CLONE_FILES);
	if (ret)
		fail("clone: %ld, expected 0", ret);
	note("clone -> 0 from a filter, no event");
}

/* ---- under a tracer --------------------------------------------------------- */

#ifdef __x86_64__
/**
 * struct way - what a tracer does
 * @run: in the traced task, which is stopped first
 * @nr: the call whose result is changed
 * @from: if it is this
 * @to: and what it becomes
 * @swallow: keep SIGSYS from the task
 * @killed: kill the task where its call has ended
 */
struct way {
	void (*run)(void);
	unsigned long long nr;
	long from, to;
	bool swallow, killed;
};

/* A tracer can suppress the signal of SECCOMP_RET_TRAP: the caller continues. */
static void spared(void)
{
	struct ff_expect *e;

	filter_call(SYS_clone, SECCOMP_RET_TRAP);
	e = expect_kill("inferred");
	exp_text(e, "candidates", "seccomp-kill,syscall-rewritten");
	/* the number of the call is in the register where its result will be */
	if (plain_clone(CLONE_FILES) != SYS_clone)
		fail("clone was answered");
}

/* The kernel's fork fails, but the caller sees no error: no failure. */
static void told_success(void)
{
	if (plain_clone(CLONE_SIGHAND) != 4242)
		fail("clone did not return what the tracer says");
}

/* What counts is the errno that the caller sees, not the kernel's. */
static void told_eperm(void)
{
	static struct ff_attempt last;
	struct ff_expect *e;

	note_attempt(&last, "clone", CLONE_SIGHAND);
	e = refused_to(&last, EPERM, "syscall-rewritten", "kernel_clone");
	exp_text(e, "syscall", "clone");
	if (plain_clone(CLONE_SIGHAND) != -1 || errno != EPERM)
		fail("clone did not return what the tracer says");
}

/* A caller that is killed first never sees the changed return value. */
static void killed_at_end(void)
{
	static struct ff_attempt last;

	note_attempt(&last, "clone", CLONE_SIGHAND);
	refused_to(&last, EINVAL, "sighand-without-vm", "entry");
	plain_clone(CLONE_SIGHAND);
	fail("clone came back");
}

/* A tracer changes the filter's return value before the caller sees it. */
static void other_errno(void)
{
	struct clone3_args args = { .exit_signal = SIGCHLD };
	struct ff_expect *e;

	filter_call(SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
	e = refused(try_clone3(&args, sizeof(args)), EPERM, "syscall-rewritten", "seccomp");
	exp_text(e, "syscall", "clone3");
}

static void hidden(void)
{
	struct clone3_args args = { .exit_signal = SIGCHLD };
	long ret;

	filter_call(SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
	ret = syscall(SYS_clone3, &args, sizeof(args));
	if (ret != 4242)
		fail("clone3: %ld, not what the tracer says", ret);
}

static void be_traced(void *arg)
{
	if (ptrace(PTRACE_TRACEME, 0, 0, 0))
		fail("PTRACE_TRACEME: %s", strerror(errno));
	kill(getpid(), SIGSTOP);
	((struct way *)arg)->run();
}

/* True if the task was killed. */
static bool change_result(pid_t pid, const struct way *w)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, 0, &regs))
		fail("PTRACE_GETREGS: %s", strerror(errno));
	if (regs.orig_rax != w->nr || (long)regs.rax != w->from)
		return false;
	if (w->killed)
		return !kill(pid, SIGKILL);
	regs.rax = w->to;
	if (ptrace(PTRACE_SETREGS, pid, 0, &regs))
		fail("PTRACE_SETREGS: %s", strerror(errno));
	return false;
}

static void trace(const struct way *w)
{
	bool entry = false, dead = false;
	int status, sig = 0;
	pid_t pid = spawn(be_traced, (void *)w);

	trace_begin(pid, 0);
	while (!dead) {
		if (!trace_next(pid, sig, &status))
			break;
		sig = WSTOPSIG(status);
		if (sig == (SIGTRAP | 0x80)) {
			sig = 0;
			entry = !entry;
			dead = !entry && change_result(pid, w);
		} else if (sig == SIGSYS && w->swallow) {
			sig = 0;
		}
	}
	if (dead && waitpid(pid, &status, 0) != pid)
		fail("waitpid: %s", strerror(errno));
	if (w->killed ? !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL :
	    !WIFEXITED(status) || WEXITSTATUS(status))
		fail("the traced task ended with status 0x%x", status);
}

static void traced_signal(void)
{
	static const struct way way = { .run = spared, .swallow = true };

	trace(&way);
}

static void traced_results(void)
{
	static const struct way ways[] = {
		{ told_success, SYS_clone, -EINVAL, 4242, false, false },
		{ told_eperm, SYS_clone, -EINVAL, -EPERM, false, false },
		{ killed_at_end, SYS_clone, -EINVAL, 0, false, true },
		{ other_errno, SYS_clone3, -ENOSYS, -EPERM, false, false },
		{ hidden, SYS_clone3, -ENOSYS, 4242, false, false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++)
		trace(&ways[i]);
}
#endif

const struct ff_case misleading_results_cases[] = {
	{ "seccomp-trap-blocked", "seccomp-kill", .run = trap_blocked,
	  .what = "a filter's SIGSYS that is blocked, ignored, pending already" },
	{ "seccomp-zero", "none", .run = answer_zero,
	  .what = "a filter answers 0 while a SIGSYS is blocked: no event" },
#ifdef __x86_64__
	{ "seccomp-trap-traced", "seccomp-kill", .run = traced_signal,
	  .what = "a tracer takes away a filter's SIGSYS" },
	{ "traced-results", "sighand-without-vm", .run = traced_results,
	  .what = "a tracer changes results as the call ends, or kills" },
#endif
	{ .name = NULL },
};
