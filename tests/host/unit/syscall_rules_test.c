// SPDX-License-Identifier: GPL-2.0-only
/*
 * syscall_rules_test.c - examples of system calls that never reached copy_process()
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../../module/rules/match.h"
#include "../../../module/rules/syscall_rules.h"
#include "invariants.h"

#define PAGE	4096
#define NEWER	(FF_FACT_AUTOREAP | FF_FACT_EMPTY_MNTNS | FF_FACT_EXIT_SIGNAL)

/* Arguments that are valid except for what an example changes. */
#define READ		.readable = true, .tail_zero = true, .tail_readable = true
#define ARGS(...)	{ .size = 88, READ, .set_tid_readable = true, .stack_ok = true,	\
			  .a = { __VA_ARGS__ } }
#define MEMORY(s, r, t)	MEMORY_TAIL(s, r, t, true)
#define MEMORY_TAIL(s, r, t, tr)						\
			{ .size = s, .readable = r, .tail_zero = t, .tail_readable = tr, \
			  .set_tid_readable = true, .stack_ok = true }

static const struct {
	const char *what;
	struct ff_clone3_args l;
	u32 facts;
	int cause;
} args[] = {
	{ "nothing wrong", ARGS(.exit_signal = 17), 0, 0 },
	{ "first version", MEMORY(64, true, true), 0, 0 },
	{ "more than a page", MEMORY(PAGE + 1, false, false), 0, FORKFAIL_CLONE3_SIZE_BIG },
	{ "something in the tail", MEMORY(PAGE, true, false), 0, FORKFAIL_CLONE3_SIZE_BIG },
	{ "too small", MEMORY(63, true, true), 0, FORKFAIL_CLONE3_SIZE_SMALL },
	{ "too small comes before unreadable", MEMORY(0, false, true), 0,
	  FORKFAIL_CLONE3_SIZE_SMALL },
	{ "the tail is checked first", MEMORY(PAGE, false, false), 0, FORKFAIL_CLONE3_SIZE_BIG },
	{ "a tail that ends early", MEMORY_TAIL(PAGE, true, true, false), 0,
	  FORKFAIL_CLONE3_ARGS_FAULT },
	{ "unreadable before a good tail", MEMORY(PAGE, false, true), 0,
	  FORKFAIL_CLONE3_ARGS_FAULT },
	{ "unreadable", MEMORY(88, false, true), 0, FORKFAIL_CLONE3_ARGS_FAULT },
	{ "numbers without a size", ARGS(.set_tid = 8), 0, FORKFAIL_CLONE3_ARGS_INVALID },
	{ "a size without numbers", ARGS(.set_tid_size = 1), 0, FORKFAIL_CLONE3_ARGS_INVALID },
	{ "too many numbers", ARGS(.set_tid = 8, .set_tid_size = 33), 0,
	  FORKFAIL_CLONE3_ARGS_INVALID },
	{ "as many as there can be", ARGS(.set_tid = 8, .set_tid_size = 32), 0, 0 },
	{ "numbers that cannot be read",
	  { .size = 88, READ, .stack_ok = true,
	    .a = { .set_tid = 8, .set_tid_size = 1, .flags = 1ULL << 60 } }, 0,
	  FORKFAIL_CLONE3_ARGS_FAULT },
	{ "high bits of a signal", ARGS(.exit_signal = 0x100), 0, FORKFAIL_CLONE3_ARGS_INVALID },
	{ "no such signal", ARGS(.exit_signal = 65), 0, FORKFAIL_EXIT_SIGNAL_INVALID },
	{ "checked later", ARGS(.exit_signal = 65), NEWER, 0 },
	{ "a cgroup that is no descriptor",
	  ARGS(.flags = FF_CLONE_INTO_CGROUP, .cgroup = 1ULL << 31), 0,
	  FORKFAIL_CLONE3_ARGS_INVALID },
	{ "a cgroup", ARGS(.flags = FF_CLONE_INTO_CGROUP, .cgroup = 3), 0, 0 },
	{ "a cgroup in a structure that has none",
	  { .size = 80, READ, .set_tid_readable = true, .stack_ok = true,
	    .a = { .flags = FF_CLONE_INTO_CGROUP } }, 0,
	  FORKFAIL_CLONE3_ARGS_INVALID },
	{ "unknown flag", ARGS(.flags = 1ULL << 60 | CLONE_DETACHED), 0,
	  FORKFAIL_CLONE3_FLAGS_UNKNOWN },
	{ "unknown to older kernels", ARGS(.flags = FF_CLONE_AUTOREAP), 0,
	  FORKFAIL_CLONE3_FLAGS_UNKNOWN },
	{ "known to newer ones", ARGS(.flags = FF_CLONE_AUTOREAP | 1ULL << 37), NEWER, 0 },
	{ "one of them is known", ARGS(.flags = FF_CLONE_AUTOREAP), FF_FACT_AUTOREAP, 0 },
	{ "and another is not", ARGS(.flags = FF_CLONE_AUTOREAP | FF_CLONE_NNP), FF_FACT_AUTOREAP,
	  FORKFAIL_CLONE3_FLAGS_UNKNOWN },
	{ "detached", ARGS(.flags = CLONE_DETACHED), 0, FORKFAIL_CLONE3_ARGS_COMBINATION },
	{ "a signal in the flags", ARGS(.flags = 17), 0, FORKFAIL_CLONE3_ARGS_COMBINATION },
	{ "CLONE_NEWTIME is a bit of those", ARGS(.flags = FF_CLONE_NEWTIME), 0, 0 },
	{ "handlers shared and cleared",
	  ARGS(.flags = CLONE_SIGHAND | CLONE_VM | FF_CLONE_CLEAR_SIGHAND), 0,
	  FORKFAIL_CLONE3_ARGS_COMBINATION },
	{ "a thread with a signal", ARGS(.flags = CLONE_THREAD, .exit_signal = 17), 0,
	  FORKFAIL_CLONE3_ARGS_COMBINATION },
	{ "a thread without", ARGS(.flags = CLONE_THREAD), 0, 0 },
	{ "a stack without a size", ARGS(.stack = 4096), 0, FORKFAIL_CLONE3_ARGS_COMBINATION },
	{ "a size without a stack", ARGS(.stack_size = 4096), 0,
	  FORKFAIL_CLONE3_ARGS_COMBINATION },
	{ "a stack", ARGS(.stack = 4096, .stack_size = 4096), 0, 0 },
	{ "a stack in the kernel",
	  { .size = 88, READ, .set_tid_readable = true,
	    .a = { .stack = -8192ULL, .stack_size = 4096 } }, 0,
	  FORKFAIL_CLONE3_ARGS_COMBINATION },
};

static void test_clone3_arguments(void **unused)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(args); i++) {
		u8 cause = ff_clone3_refuses(&args[i].l, args[i].facts, PAGE);

		if (cause != args[i].cause)
			fail_msg("%s: cause %d, expected %d", args[i].what, cause, args[i].cause);
		if (cause && !errno_fits(cause, -ff_clone3_errno(cause)))
			fail_msg("%s: causes.def has no such errno", args[i].what);
	}
}

#define R(...)		{ .syscall = FORKFAIL_SYSCALL_CLONE, __VA_ARGS__ }
#define R3(...)		{ .syscall = FORKFAIL_SYSCALL_CLONE3, __VA_ARGS__ }
#define RX(...)		{ .syscall = FORKFAIL_SYSCALL_EXECVE, __VA_ARGS__ }
#define BOTH		{ FORKFAIL_SECCOMP_ERRNO, FORKFAIL_SYSCALL_REWRITTEN }
#define TOLD_ELSEWHERE	.none = true

static const struct {
	const char *what;
	struct ff_refusal r;
	bool none;
	u8 cause, proof, candidates[2];
	enum ff_step step;
} answers[] = {
	{ "it went well", R(.asked = true, .cloned = true), TOLD_ELSEWHERE,
	  .step = FF_STEP_KERNEL_CLONE },
	{ "a filter", R(.err = -EPERM, .asked = true), false, FORKFAIL_SECCOMP_ERRNO, PATH, {},
	  FF_STEP_SECCOMP },
	{ "a filter, and nobody watches supervisors",
	  R(.err = -EPERM, .asked = true, .blind = true), false, FORKFAIL_SECCOMP_ERRNO, MAYBE,
	  BOTH, FF_STEP_SECCOMP },
	{ "a filter, under strace", R(.err = -EPERM, .asked = true, .stopped = true), false,
	  FORKFAIL_SECCOMP_ERRNO, MAYBE, BOTH, FF_STEP_SECCOMP },
	{ "a filter, or who hooks the call",
	  R(.err = -EPERM, .asked = true, .hooked = true), false, FORKFAIL_SECCOMP_ERRNO, MAYBE,
	  { FORKFAIL_SECCOMP_ERRNO, FORKFAIL_UNEXPLAINED },
	  FF_STEP_SECCOMP },
	{ "a tracer, or who hooks the call",
	  R(.err = -EPERM, .stopped = true, .hooked = true), false, FORKFAIL_SYSCALL_REWRITTEN,
	  MAYBE,
	  { FORKFAIL_SYSCALL_REWRITTEN, FORKFAIL_UNEXPLAINED }, FF_STEP_SYSCALL },
	{ "a supervisor", R(.err = -EPERM, .asked = true, .notified = true), false,
	  FORKFAIL_SYSCALL_REWRITTEN, WITNESS, {}, FF_STEP_SECCOMP },
	{ "no supervisor", R(.err = -ENOSYS, .asked = true, .notified = true), false,
	  FORKFAIL_SECCOMP_ERRNO, MAYBE, BOTH, FF_STEP_SECCOMP },
	{ "a supervisor that thinks", R(.err = -512, .asked = true, .notified = true),
	  TOLD_ELSEWHERE, .step = FF_STEP_SECCOMP },
	{ "restarts", R(.err = -513, .asked = true, .cloned = true), TOLD_ELSEWHERE,
	  .step = FF_STEP_KERNEL_CLONE },
	{ "without a handler", R(.err = -514, .asked = true), TOLD_ELSEWHERE,
	  .step = FF_STEP_SECCOMP },
	{ "by another call", R(.err = -516, .asked = true), TOLD_ELSEWHERE,
	  .step = FF_STEP_SECCOMP },
	{ "a tracer", R(.err = -EPERM, .stopped = true, .renumbered = true), false,
	  FORKFAIL_SYSCALL_REWRITTEN, PATH, {}, FF_STEP_SYSCALL },
	{ "a tracer that puts the number back", R(.err = -EPERM, .stopped = true), false,
	  FORKFAIL_SYSCALL_REWRITTEN, PATH, {}, FF_STEP_SYSCALL },
	{ "a tracer for a filter",
	  R(.err = -EPERM, .asked = true, .stopped = true, .renumbered = true), false,
	  FORKFAIL_SYSCALL_REWRITTEN, PATH, {}, FF_STEP_SECCOMP },
	{ "a tracer after the call", R(.err = -EPERM, .cloned = true, .stopped_late = true), false,
	  FORKFAIL_SYSCALL_REWRITTEN, MAYBE, { FORKFAIL_SYSCALL_REWRITTEN, FORKFAIL_UNEXPLAINED },
	  FF_STEP_KERNEL_CLONE },
	{ "a tracer that was told another answer",
	  R(.err = -EPERM, .cloned = true, .stopped_late = true, .rewritten = true), false,
	  FORKFAIL_SYSCALL_REWRITTEN, WITNESS, {}, FF_STEP_KERNEL_CLONE },
	{ "a filter's answer, changed",
	  R(.err = -EPERM, .asked = true, .rewritten = true), false,
	  FORKFAIL_SYSCALL_REWRITTEN, WITNESS, {}, FF_STEP_SECCOMP },
	{ "one that was not", R(.err = -EAGAIN, .cloned = true), TOLD_ELSEWHERE,
	  .step = FF_STEP_KERNEL_CLONE },
	{ "a filter kills", R(.asked = true, .killed = true), false, FORKFAIL_SECCOMP_KILL,
	  WITNESS, {}, FF_STEP_SECCOMP },
	{ "a filter kills, if the tracer lets it",
	  R(.asked = true, .killed = true, .may_live = true), false, FORKFAIL_SECCOMP_KILL, MAYBE,
	  { FORKFAIL_SECCOMP_KILL, FORKFAIL_SYSCALL_REWRITTEN }, FF_STEP_SECCOMP },
	{ "nobody known", R(.err = -EPERM), false, FORKFAIL_UNEXPLAINED, NO, {}, FF_STEP_SYSCALL },

	{ "libc tries clone next", R3(.err = -ENOSYS, .asked = true), TOLD_ELSEWHERE,
	  .step = FF_STEP_SECCOMP },
	{ "libc does not", R3(.err = -EPERM, .asked = true), false, FORKFAIL_SECCOMP_ERRNO, PATH,
	  {}, FF_STEP_SECCOMP },
	{ "clone() has no substitute", R(.err = -ENOSYS, .asked = true), false,
	  FORKFAIL_SECCOMP_ERRNO, PATH, {}, FF_STEP_SECCOMP },
	{ "a failure behind it", R3(.err = -ENOSYS, .asked = true, .cloned = true), TOLD_ELSEWHERE,
	  .step = FF_STEP_KERNEL_CLONE },

	{ "bad flags", R3(.err = -EINVAL, .clone3 = true,
			  .bad_before = FORKFAIL_CLONE3_FLAGS_UNKNOWN,
			  .bad_after = FORKFAIL_CLONE3_FLAGS_UNKNOWN), false,
	  FORKFAIL_CLONE3_FLAGS_UNKNOWN, HOLDS, {}, FF_STEP_CLONE3 },
	{ "bad size, under a filter", R3(.err = -E2BIG, .clone3 = true, .asked = true,
					 .bad_before = FORKFAIL_CLONE3_SIZE_BIG,
					 .bad_after = FORKFAIL_CLONE3_SIZE_BIG), false,
	  FORKFAIL_CLONE3_SIZE_BIG, HOLDS, {}, FF_STEP_CLONE3 },
	{ "written to meanwhile", R3(.err = -EINVAL, .clone3 = true,
				     .bad_before = FORKFAIL_CLONE3_FLAGS_UNKNOWN,
				     .bad_after = FORKFAIL_CLONE3_SIZE_SMALL), false,
	  FORKFAIL_CLONE3_FLAGS_UNKNOWN, MAYBE,
	  { FORKFAIL_CLONE3_FLAGS_UNKNOWN, FORKFAIL_CLONE3_SIZE_SMALL }, FF_STEP_CLONE3 },
	{ "put right meanwhile", R3(.err = -EFAULT, .clone3 = true,
				    .bad_before = FORKFAIL_CLONE3_ARGS_FAULT), false,
	  FORKFAIL_CLONE3_ARGS_FAULT, MAYBE,
	  { FORKFAIL_CLONE3_ARGS_FAULT, FORKFAIL_UNEXPLAINED }, FF_STEP_CLONE3 },
	{ "spoiled meanwhile", R3(.err = -EINVAL, .clone3 = true,
				  .bad_after = FORKFAIL_CLONE3_ARGS_INVALID), false,
	  FORKFAIL_CLONE3_ARGS_INVALID, MAYBE,
	  { FORKFAIL_CLONE3_ARGS_INVALID, FORKFAIL_UNEXPLAINED }, FF_STEP_CLONE3 },
	{ "no such signal", R3(.err = -EINVAL, .clone3 = true,
			       .bad_before = FORKFAIL_EXIT_SIGNAL_INVALID,
			       .bad_after = FORKFAIL_EXIT_SIGNAL_INVALID), false,
	  FORKFAIL_EXIT_SIGNAL_INVALID, HOLDS, {}, FF_STEP_CLONE3 },
	{ "the same, on a kernel whose source was not read",
	  R3(.err = -EINVAL, .clone3 = true, .guessed = true,
	     .bad_before = FORKFAIL_EXIT_SIGNAL_INVALID,
	     .bad_after = FORKFAIL_EXIT_SIGNAL_INVALID), false,
	  FORKFAIL_EXIT_SIGNAL_INVALID, MAYBE,
	  { FORKFAIL_EXIT_SIGNAL_INVALID, FORKFAIL_UNEXPLAINED }, FF_STEP_CLONE3 },
	{ "a size is a size on any kernel",
	  R3(.err = -E2BIG, .clone3 = true, .guessed = true,
	     .bad_before = FORKFAIL_CLONE3_SIZE_BIG, .bad_after = FORKFAIL_CLONE3_SIZE_BIG), false,
	  FORKFAIL_CLONE3_SIZE_BIG, HOLDS, {}, FF_STEP_CLONE3 },
	{ "another errno", R3(.err = -EPERM, .clone3 = true,
			      .bad_before = FORKFAIL_CLONE3_ARGS_INVALID,
			      .bad_after = FORKFAIL_CLONE3_ARGS_INVALID), false,
	  FORKFAIL_UNEXPLAINED, NO, {}, FF_STEP_CLONE3 },
	{ "refused as by another kernel",
	  R3(.err = -EINVAL, .clone3 = true, .elsewhere = FORKFAIL_CLONE3_ARGS_COMBINATION), false,
	  FORKFAIL_CLONE3_ARGS_COMBINATION, MAYBE,
	  { FORKFAIL_CLONE3_ARGS_COMBINATION, FORKFAIL_UNEXPLAINED }, FF_STEP_CLONE3 },
	{ "another errno than such a kernel's",
	  R3(.err = -EPERM, .clone3 = true, .elsewhere = FORKFAIL_CLONE3_ARGS_COMBINATION), false,
	  FORKFAIL_UNEXPLAINED, NO, {}, FF_STEP_CLONE3 },
	{ "a signal that kernel_clone() does not like, here or elsewhere",
	  R(.err = -EINVAL, .cloned = true, .elsewhere = FORKFAIL_EXIT_SIGNAL_INVALID), false,
	  FORKFAIL_EXIT_SIGNAL_INVALID, MAYBE,
	  { FORKFAIL_EXIT_SIGNAL_INVALID, FORKFAIL_UNEXPLAINED }, FF_STEP_KERNEL_CLONE },
	{ "what another kernel's clone3() refuses, and this one's let pass",
	  R3(.err = -EINVAL, .clone3 = true, .cloned = true,
	     .elsewhere = FORKFAIL_CLONE3_ARGS_COMBINATION), TOLD_ELSEWHERE,
	  .step = FF_STEP_KERNEL_CLONE },
	{ "such a signal, and nothing is wrong",
	  R(.cloned = true, .elsewhere = FORKFAIL_EXIT_SIGNAL_INVALID), TOLD_ELSEWHERE,
	  .step = FF_STEP_KERNEL_CLONE },
	{ "ENOSYS behind its entry", R3(.err = -ENOSYS, .clone3 = true), false,
	  FORKFAIL_UNEXPLAINED, NO, {}, FF_STEP_CLONE3 },

	{ "execve over the limit", RX(.err = -EAGAIN, .nproc_before = true, .nproc_after = true),
	  false, FORKFAIL_EXEC_NPROC, HOLDS, {}, FF_STEP_SYSCALL },
	{ "somebody else has ended", RX(.err = -EAGAIN, .nproc_before = true), false,
	  FORKFAIL_EXEC_NPROC, MAYBE, { FORKFAIL_EXEC_NPROC, FORKFAIL_UNEXPLAINED },
	  FF_STEP_SYSCALL },
	{ "no such program", RX(.err = -ENOENT, .nproc_before = true, .nproc_after = true),
	  TOLD_ELSEWHERE, .step = FF_STEP_SYSCALL },
	{ "no memory for it", RX(.err = -EAGAIN, .nproc_after = true), TOLD_ELSEWHERE,
	  .step = FF_STEP_SYSCALL },
};

static void test_answers(void **unused)
{
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		struct ff_verdict v;
		bool told = ff_match_refusal(&answers[i].r, &v);

		if (told == answers[i].none)
			fail_msg("%s: told %d", answers[i].what, told);
		if (ff_refusal_step(&answers[i].r) != answers[i].step)
			fail_msg("%s: step %d", answers[i].what, ff_refusal_step(&answers[i].r));
		if (!told)
			continue;
		if (v.cause != answers[i].cause || v.proof != answers[i].proof)
			fail_msg("%s: cause %d proof %d", answers[i].what, v.cause, v.proof);
		if (v.nr_candidates != (v.proof == MAYBE ? 2 : 0))
			fail_msg("%s: %d candidates", answers[i].what, v.nr_candidates);
		for (n = 0; n < v.nr_candidates; n++)
			if (v.candidates[n] != answers[i].candidates[n])
				fail_msg("%s: candidate %d", answers[i].what, v.candidates[n]);
	}
}

/* What only other kernels refuse, used if no known check of this one refuses. */
static void test_other_kernels(void **unused)
{
	static const struct {
		struct ff_clone3_args l;
		int cause;
	} others[] = {
		{ ARGS(.exit_signal = 17), 0 },
		{ ARGS(.exit_signal = 64), 0 },
		{ ARGS(.exit_signal = 65), FORKFAIL_EXIT_SIGNAL_INVALID },
		{ ARGS(.flags = FF_CLONE_NEWTIME), FORKFAIL_CLONE3_ARGS_COMBINATION },
		{ ARGS(.flags = CLONE_NEWUTS), 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		assert_int_equal(ff_clone3_refuses_elsewhere(&others[i].l), others[i].cause);
}

/* Whatever was observed, no certain cause contradicts the errno. */
static void test_any_answer(void **unused)
{
	static const s32 errs[] = { 0, -EPERM, -EAGAIN, -ENOSYS, -EINVAL, -E2BIG, -512, -513 };
	unsigned int bits, e, syscall;

	for (bits = 0; bits < 1 << 14; bits++)
		for (e = 0; e < ARRAY_SIZE(errs); e++)
			for (syscall = 1; syscall < FORKFAIL_NR_SYSCALLS; syscall++) {
				struct ff_refusal r = {
					.err = errs[e], .syscall = syscall,
					.blind = bits & 1, .asked = bits & 2,
					.notified = bits & 4, .stopped = bits & 8,
					.stopped_late = bits & 16, .renumbered = bits & 32,
					.clone3 = bits & 64, .cloned = bits & 128,
					.killed = bits & 512,
					.hooked = bits & 4096, .may_live = bits & 8192,
					.nproc_before = bits & 1024, .nproc_after = bits & 2048,
					.elsewhere = bits & 32 ? FORKFAIL_EXIT_SIGNAL_INVALID : 0,
					.bad_before = bits & 1024 ? FORKFAIL_CLONE3_SIZE_BIG : 0,
					.bad_after = bits & 2048 ? FORKFAIL_CLONE3_SIZE_BIG : 0,
				};
				struct ff_verdict v;

				if (!ff_match_refusal(&r, &v))
					continue;
				assert_true(r.err || r.killed);
				assert_true(r.killed || r.err > -512);
				assert_int_equal(v.nr_candidates != 0, v.proof == MAYBE);
				if (!r.killed && v.proof != MAYBE)
					assert_true(errno_fits(v.cause, -r.err));
				assert_int_equal(v.cause == FORKFAIL_UNEXPLAINED, v.proof == NO);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clone3_arguments),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_other_kernels),
		cmocka_unit_test(test_any_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
