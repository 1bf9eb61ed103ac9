// SPDX-License-Identifier: GPL-2.0-only
/*
 * clone3.c - arguments that clone3 itself refuses, before kernel_clone(), and
 * an execve that is refused for a limit on tasks
 *
 * All of them once without a seccomp filter, and once under one that allows
 * everything: forkfail sees these two in different ways.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forkfault.h"

#define UID_EXEC	4280

static struct ff_attempt last;

/* The call that was noted in last got @got. */
static void refused_last(int got, int err, const char *cause, bool known)
{
	struct ff_expect *e;

	if (got != err)
		fail("clone3: %s, expected %s (%s)", strerror(got),
		     strerror(err), cause);
	note("clone3 -> %s", strerror(err));
	e = refused_to(&last, err, cause, "clone3");
	exp_text(e, "proof", "predicate");
	exp_text(e, "syscall", "clone3");
	if (!known) {
		exp_words(e, "flags", "- 0x0");
		exp_words(e, "kind", "- process");
	}
}

/* The arguments, in a separate mapping. */
static void refused3(const void *args, size_t size, int err, const char *cause)
{
	uint64_t flags = 0;
	bool known = size >= 64 && size <= 4096 && err != EFAULT;

	if (known)
		memcpy(&flags, args, sizeof(flags));
	note_attempt(&last, "clone3", flags);
	if (syscall(SYS_clone3, args, size) >= 0)
		fail("clone3 succeeded, expected %s (%s)", strerror(err), cause);
	refused_last(errno, err, cause, known);
}

static void refused_args(const struct clone3_args *a, int err, const char *cause)
{
	refused3(a, sizeof(*a), err, cause);
}

static void size_big(void)
{
	char page[8192] = { 0 };
	struct clone3_args *a = (struct clone3_args *)page;

	a->exit_signal = SIGCHLD;
	refused3(page, 8192, E2BIG, "clone3-size-big");
	refused3(page, 4097, E2BIG, "clone3-size-big");
	page[4095] = 1;
	refused3(page, 4096, E2BIG, "clone3-size-big");
	page[sizeof(*a)] = 1;
	refused3(page, sizeof(*a) + 1, E2BIG, "clone3-size-big");
}

static void size_small(void)
{
	struct clone3_args a = { .exit_signal = SIGCHLD };

	refused3(&a, 63, EINVAL, "clone3-size-small");
	refused3(&a, 0, EINVAL, "clone3-size-small");
	refused3(NULL, 1, EINVAL, "clone3-size-small");
}

static void args_fault(void)
{
	struct clone3_args a = {
		.exit_signal = SIGCHLD, .set_tid = 8, .set_tid_size = 1,
	};
	size_t page = sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || mprotect(p + page, page, PROT_NONE))
		fail("mmap: %s", strerror(errno));
	refused3((void *)8, 88, EFAULT, "clone3-args-fault");
	refused3(NULL, 64, EFAULT, "clone3-args-fault");
	/* half of it can be read */
	refused3(p + page - 32, 88, EFAULT, "clone3-args-fault");
	refused_args(&a, EFAULT, "clone3-args-fault");
}

static void args_invalid(void)
{
	static const struct clone3_args bad[] = {
		{ .exit_signal = SIGCHLD, .set_tid = 8 },
		{ .exit_signal = SIGCHLD, .set_tid_size = 1 },
		{ .exit_signal = SIGCHLD, .set_tid = 8, .set_tid_size = 33 },
		{ .exit_signal = 1ULL << 32 | SIGCHLD },
		{ .exit_signal = 0x100 },
		{ .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD,
		  .cgroup = 1ULL << 31 },
	};
	struct clone3_args into = { .flags = CLONE_INTO_CGROUP };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		refused_args(&bad[i], EINVAL, "clone3-args-invalid");
	refused3(&into, 80, EINVAL, "clone3-args-invalid");
}

/* If kernel_clone() checks the signal, clone3() does not: see flags.c. */
static void signal_of_clone3(void)
{
	struct clone3_args a = { .exit_signal = 65 };

	if (try_clone(65) < 0)
		absent("kernel_clone() refuses it, of old clone as well");
	refused_args(&a, EINVAL, "exit-signal-invalid");
	a.exit_signal = 255;
	refused_args(&a, EINVAL, "exit-signal-invalid");
}

static void flags_unknown(void)
{
	static const uint64_t flags[] = { 1ULL << 60, 1ULL << 40, 1ULL << 63 };
	struct clone3_args a = { .exit_signal = SIGCHLD };
	size_t i;
	long ret;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		/* checks that come later do not matter */
		a.flags = flags[i] | CLONE_DETACHED;
		refused_args(&a, EINVAL, "clone3-flags-unknown");
	}
	/* a flag that newer kernels know, which then create a process that sleeps */
	a = (struct clone3_args){ .flags = 1ULL << 34 };
	note_attempt(&last, "clone3", a.flags);
	ret = quiet_clone3(&a);
	if (ret < 0)
		refused_last(-ret, EINVAL, "clone3-flags-unknown", true);
}

static void args_combination(void)
{
	static const struct clone3_args bad[] = {
		{ .flags = CLONE_DETACHED },
		{ .flags = SIGCHLD },
		{ .flags = CLONE_SIGHAND | CLONE_VM | CLONE_CLEAR_SIGHAND },
		{ .flags = CLONE_PARENT, .exit_signal = SIGCHLD },
		{ .flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM,
		  .exit_signal = SIGCHLD },
		{ .stack = 4096 },
		{ .stack_size = 4096 },
		{ .stack = -4096ULL, .stack_size = 4096 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		refused_args(&bad[i], EINVAL, "clone3-args-combination");
}

#define UNDER_FILTER(name)			\
static void name##_filtered(void)		\
{						\
	filter_nothing();			\
	name();					\
}

UNDER_FILTER(size_big)
UNDER_FILTER(size_small)
UNDER_FILTER(args_fault)
UNDER_FILTER(args_invalid)
UNDER_FILTER(signal_of_clone3)
UNDER_FILTER(flags_unknown)
UNDER_FILTER(args_combination)

/* Valid arguments of all sizes, on pages that are not mapped yet: no event. */
static void fine(void)
{
	static struct clone3_args page[1024] __attribute__((aligned(4096)));
	static const size_t sizes[] = { 64, 80, 88, 89, 4096 };
	size_t i;
	long ret;

	for (i = 0; i < ARRAY_SIZE(sizes) * 2; i++) {
		struct clone3_args *a = (void *)((char *)page + i * 8192 - i * 40);

		/* the second half of the pages is read before it is written */
		if (i < ARRAY_SIZE(sizes))
			a->exit_signal = SIGCHLD;
		ret = syscall(SYS_clone3, a, sizes[i % ARRAY_SIZE(sizes)]);
		if (!ret)
			_exit(0);
		if (ret < 0)
			fail("clone3: %s, expected success", strerror(errno));
		join(ret);
	}
	note("clone3 -> %zu processes", i);
}

static void exec_as(void *arg)
{
	char name[] = "true", *argv[] = { name, NULL };
	const bool *renumbered = arg;
	struct ff_expect *e;

	set_rlimit(RLIMIT_NPROC, 2);
	ff_uid = UID_EXEC;
	if (setresuid(UID_EXEC, UID_EXEC, UID_EXEC))
		fail("setresuid: %s", strerror(errno));
	if (*renumbered && ptrace(PTRACE_TRACEME, 0, 0, 0))
		fail("PTRACE_TRACEME: %s", strerror(errno));
	if (*renumbered)
		raise(SIGSTOP);
	note_attempt(&last, "execve", 0);
	/* the tracer turns the call into an execve */
	syscall(*renumbered ? SYS_clone : SYS_execve, "/bin/true", argv, argv + 1);
	if (errno != EAGAIN)
		fail("execve: %s, expected EAGAIN", strerror(errno));
	e = refused_to(&last, EAGAIN, "exec-nproc", "syscall");
	exp_absent(e, "kind");
	exp_absent(e, "flags");
	exp_text(e, "proof", "predicate");
	exp_text(e, "syscall", "execve");
	exp_limit(e, "tasks", 2, 4);
	exp_object(e, "user", "uid %u", UID_EXEC);
}

static void as_user(void *arg)
{
	(void)arg;
	if (setresuid(UID_EXEC, UID_EXEC, UID_EXEC))
		fail("setresuid: %s", strerror(errno));
	sync_post(2);
	sleep_forever();
}

#ifdef __x86_64__
static void make_execve_of_clone(pid_t pid)
{
	struct user_regs_struct regs = {};
	int status, sig = 0;

	trace_begin(pid, 0);
	do {
		if (!trace_next(pid, sig, &status))
			fail("the traced task ended with status 0x%x", status);
		sig = WSTOPSIG(status) == (SIGTRAP | 0x80) ? 0 : WSTOPSIG(status);
		if (!sig && ptrace(PTRACE_GETREGS, pid, 0, &regs))
			fail("PTRACE_GETREGS: %s", strerror(errno));
	} while (sig || regs.orig_rax != SYS_clone);
	regs.orig_rax = SYS_execve;
	if (ptrace(PTRACE_SETREGS, pid, 0, &regs) || ptrace(PTRACE_DETACH, pid, 0, 0))
		fail("PTRACE_SETREGS: %s", strerror(errno));
}
#endif

static void exec_over_limit(bool renumbered)
{
	pid_t pid[3], caller;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pid); i++) {
		pid[i] = spawn(as_user, NULL);
		sync_wait(2);
	}
	caller = spawn(exec_as, &renumbered);
#ifdef __x86_64__
	if (renumbered)
		make_execve_of_clone(caller);
#endif
	join(caller);
	note("execve -> EAGAIN, the new user is over RLIMIT_NPROC");
	for (i = 0; i < ARRAY_SIZE(pid); i++)
		kill_wait(pid[i]);
}

static void exec_nproc(void)
{
	exec_over_limit(false);
}

#ifdef __x86_64__
static void exec_nproc_renumbered(void)
{
	exec_over_limit(true);
}
#endif

#define ROW(id, fn, what_)						\
	{ id, id, .run = fn, .what = what_ },				\
	{ id "-filtered", id, .run = fn##_filtered,			\
	  .what = "the same under a seccomp filter that allows it" }

const struct ff_case clone3_cases[] = {
	ROW("clone3-size-big", size_big, "more than a page, and more than is known"),
	ROW("clone3-size-small", size_small, "less than the first version"),
	ROW("clone3-args-fault", args_fault, "arguments that cannot be read"),
	ROW("clone3-args-invalid", args_invalid,
	    "set_tid, exit signal, cgroup that cannot be"),
	{ "clone3-exit-signal", "exit-signal-invalid",
	  .run = signal_of_clone3, .what = "clone3 with signals above 64" },
	{ "clone3-exit-signal-filtered", "exit-signal-invalid",
	  .run = signal_of_clone3_filtered,
	  .what = "the same under a seccomp filter that allows it" },
	ROW("clone3-flags-unknown", flags_unknown, "flags that nobody knows yet"),
	ROW("clone3-args-combination", args_combination,
	    "flags, exit signal and stack that exclude each other"),
	{ "clone3-fine", "none", .run = fine,
	  .what = "arguments that are right, of every size: no event" },
	{ "exec-nproc", "exec-nproc", .run = exec_nproc,
	  .what = "execve as a user who is over RLIMIT_NPROC" },
#ifdef __x86_64__
	{ "exec-nproc-renumbered", "exec-nproc", .run = exec_nproc_renumbered,
	  .what = "the same where a tracer made an execve of a clone" },
#endif
	{ .name = NULL },
};
