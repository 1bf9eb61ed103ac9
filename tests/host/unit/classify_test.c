// SPDX-License-Identifier: GPL-2.0-only
/*
 * classify_test.c - an example for every rule, and its exact verdict
 *
 * A rule that no example here wins by is named, and fails the test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../../module/rules/match.h"
#include "invariants.h"

struct example {
	const char *what;
	struct ff_observation o;
	struct ff_verdict v;
	unsigned int line;
};

#define W(w)		BIT(FF_W_##w)
#define B(s)		BIT(FF_STEP_##s)
#define F(f)		FF_FACT_##f
#define NEWEST		(F(OVERCOMMIT_WITNESS) | F(AUTOREAP) | F(NNP) | F(AUTOKILL) | \
			 F(EMPTY_MNTNS) | F(INIT_IS_ONE) | F(SET_TID_FIRST) | F(SCX) | \
			 F(SHADOW_STACK) | F(EXEC_STATE) | F(X86) | F(FUTEX_HASH))
#define OLDEST		(F(NPROC_BEFORE_CREDS) | F(PIDNS_POISON) | F(TIMENS_CHECK) | \
			 F(NO_THREAD_PIDFD) | F(COPY_IO_INLINE) | F(X86) | \
			 F(VMALLOC_GOES_ON))
#define THREAD		(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | \
			 CLONE_SYSVSEM)
#define INTO_CGROUP	FF_CLONE_INTO_CGROUP
/* of two witnesses, which one ran later */
#define THEN(first, second) \
	.seen = W(first) | W(second), .rank = { [FF_W_##first] = 1, [FF_W_##second] = 2 }

#define ONE_LEVEL	{ .levels = 1, .known = true, .named = -1, .full = -1 }
#define LEVELS(n, f)	{ .levels = n, .known = true, .named = -1, .full = f, .full_after = 1, \
			  .full_before = 1, .limit = 20, .in_use = 21 }
#define ABOVE(from, n, f)							\
	{ .first = from, .levels = n, .known = true, .named = -1, .full = f, .full_after = 1,	\
	  .full_before = 1, .limit = 20, .in_use = 21 }
#define NAMED(n, l)	{ .levels = n, .known = true, .named = l, .full = -1, .limit = 30, \
			  .in_use = 30 }

/* A fork on the newest kernel of which nothing is wrong but the errno. */
#define O(e, s, ...) {							\
	.err = -(e), .step = FF_STEP_##s, .steps = B(s), .facts = NEWEST, .have_args = true, \
	.at = { [0 ... FF_NR_WITNESSES - 1] = FF_STEP_##s },		\
	.ids_mapped = true, .root_is_inits = true,			\
	.nproc = ONE_LEVEL, .pid = ONE_LEVEL, .pids = ONE_LEVEL,	\
	.ucount = { .named = -1, .full = -1 },				\
	.threads_known = true, .threads = 10, .threads_max = 100,	\
	.pidns_dead_level = -1,						\
	.overcommit_known = true, .overcommit_fits_before = true, .overcommit_fits = true, \
	__VA_ARGS__ }

#define V(c, p, ...) {							\
	.cause = FORKFAIL_##c, .proof = FORKFAIL_PROOF_##p, .level = -1, __VA_ARGS__ }
#define LIMIT(s, u, l, n) \
	.scope = FORKFAIL_SCOPE_##s, .unit = FORKFAIL_UNIT_##u, .has_limit = true, \
	.limit = l, .in_use = n
#define SCOPE(s, u)	.scope = FORKFAIL_SCOPE_##s, .unit = FORKFAIL_UNIT_##u
#define C(c)		FORKFAIL_##c
#define ALSO(n, ...)	.nr_candidates = n, .candidates = { __VA_ARGS__ }

#define EX(what, o, ...)	{ what, o, __VA_ARGS__, __LINE__ }

static const struct example examples[] = {
	EX("an errno that nobody knows", O(300, ENTRY), V(UNEXPLAINED, NONE)),

	/* ---- arguments ---- */
	EX("pidfd and tid in one place",
	   O(EINVAL, KERNEL_CLONE, .flags = CLONE_PIDFD | CLONE_PARENT_SETTID,
	     .pidfd_is_parent_tid = true), V(PIDFD_PARENT_SETTID, PATH)),
	EX("pidfd and tid in two places",
	   O(EINVAL, KERNEL_CLONE, .flags = CLONE_PIDFD | CLONE_PARENT_SETTID),
	   V(UNEXPLAINED, NONE)),
	EX("pidfd alone", O(EINVAL, KERNEL_CLONE, .flags = CLONE_PIDFD), V(UNEXPLAINED, NONE)),
	EX("a signal above 64",
	   O(EINVAL, KERNEL_CLONE, .facts = NEWEST | F(EXIT_SIGNAL), .exit_signal = 65),
	   V(EXIT_SIGNAL_INVALID, PATH)),
	EX("the last signal that there is",
	   O(EINVAL, KERNEL_CLONE, .facts = NEWEST | F(EXIT_SIGNAL), .exit_signal = 64),
	   V(UNEXPLAINED, NONE)),
	EX("a signal above 64, on a kernel that was not read",
	   O(EINVAL, KERNEL_CLONE, .facts = NEWEST | F(EXIT_SIGNAL) | F(GUESSED),
	     .exit_signal = 65),
	   V(EXIT_SIGNAL_INVALID, INFERRED, ALSO(1, C(EXIT_SIGNAL_INVALID)))),
	EX("a signal above 64, and what is refused before",
	   O(EINVAL, KERNEL_CLONE, .flags = CLONE_PIDFD | CLONE_PARENT_SETTID,
	     .facts = NEWEST | F(EXIT_SIGNAL), .exit_signal = 65, .pidfd_is_parent_tid = true),
	   V(PIDFD_PARENT_SETTID, PATH)),
	EX("NEWNS and FS", O(EINVAL, ENTRY, .flags = CLONE_NEWNS | CLONE_FS),
	   V(NEWNS_WITH_FS, PATH)),
	EX("NEWUSER and FS", O(EINVAL, ENTRY, .flags = CLONE_NEWUSER | CLONE_FS),
	   V(NEWUSER_WITH_FS, PATH)),
	EX("user namespaces switched off",
	   O(EPERM, ENTRY, .flags = CLONE_NEWUSER, .userns_sysctl_off = true),
	   V(USERNS_UNPRIV_SYSCTL, PATH)),
	EX("switched off, but not for root",
	   O(EPERM, ENTRY, .flags = CLONE_NEWUSER, .userns_sysctl_off = true,
	     .has_sys_admin = true), V(UNEXPLAINED, NONE)),
	EX("THREAD without SIGHAND", O(EINVAL, ENTRY, .flags = CLONE_THREAD | CLONE_VM),
	   V(THREAD_WITHOUT_SIGHAND, PATH)),
	EX("SIGHAND without VM", O(EINVAL, ENTRY, .flags = CLONE_SIGHAND),
	   V(SIGHAND_WITHOUT_VM, PATH)),
	EX("a sibling of init", O(EINVAL, ENTRY, .flags = CLONE_PARENT, .unkillable = true),
	   V(CLONE_PARENT_OF_INIT, PATH)),
	EX("a thread after unshare", O(EINVAL, ENTRY, .flags = THREAD, .pidns_mismatch = true),
	   V(THREAD_PIDNS_MISMATCH, PATH)),
	EX("a thread with NEWPID", O(EINVAL, ENTRY, .flags = THREAD | CLONE_NEWPID),
	   V(THREAD_PIDNS_MISMATCH, PATH)),
	EX("vfork across time namespaces",
	   O(EINVAL, ENTRY, .facts = OLDEST, .flags = CLONE_VM | CLONE_VFORK,
	     .timens_mismatch = true), V(TIMENS_THREAD_OR_VM, PATH)),
	EX("which newer kernels do not mind",
	   O(EINVAL, ENTRY, .flags = CLONE_VM | CLONE_VFORK, .timens_mismatch = true),
	   V(UNEXPLAINED, NONE)),
	EX("PIDFD and DETACHED", O(EINVAL, ENTRY, .flags = CLONE_PIDFD | CLONE_DETACHED),
	   V(PIDFD_DETACHED, PATH)),
	EX("a thread's pidfd", O(EINVAL, ENTRY, .facts = OLDEST, .flags = CLONE_PIDFD | THREAD),
	   V(PIDFD_THREAD, PATH)),
	EX("AUTOREAP with a signal",
	   O(EINVAL, ENTRY, .flags = FF_CLONE_AUTOREAP, .exit_signal = 17),
	   V(AUTOREAP_COMBINATION, PATH)),
	EX("AUTOREAP for a sibling",
	   O(EINVAL, ENTRY, .flags = FF_CLONE_AUTOREAP | CLONE_PARENT),
	   V(AUTOREAP_COMBINATION, PATH)),
	EX("a sibling that nothing is wrong with", O(EINVAL, ENTRY, .flags = CLONE_PARENT),
	   V(UNEXPLAINED, NONE)),
	EX("PARENT of one with AUTOREAP",
	   O(EINVAL, ENTRY, .flags = CLONE_PARENT, .autoreap = true),
	   V(AUTOREAP_COMBINATION, PATH)),
	EX("NNP for a thread", O(EINVAL, ENTRY, .flags = FF_CLONE_NNP | THREAD),
	   V(NNP_THREAD, PATH)),
	EX("AUTOKILL alone", O(EINVAL, ENTRY, .flags = FF_CLONE_PIDFD_AUTOKILL),
	   V(AUTOKILL_COMBINATION, PATH)),
	EX("AUTOKILL by an ordinary user",
	   O(EPERM, ENTRY, .flags = FF_CLONE_PIDFD_AUTOKILL | CLONE_PIDFD | FF_CLONE_AUTOREAP),
	   V(AUTOKILL_CAP, PATH)),
	EX("AUTOKILL with NNP is nobody's affair",
	   O(EPERM, ENTRY, .flags = FF_CLONE_PIDFD_AUTOKILL | CLONE_PIDFD | FF_CLONE_AUTOREAP |
	     FF_CLONE_NNP), V(UNEXPLAINED, NONE)),
	EX("nor is it by an administrator",
	   O(EPERM, ENTRY, .flags = FF_CLONE_PIDFD_AUTOKILL | CLONE_PIDFD | FF_CLONE_AUTOREAP,
	     .ns_admin = true), V(UNEXPLAINED, NONE)),
	EX("of two wrong things the kernel's first",
	   O(EINVAL, ENTRY, .flags = CLONE_NEWNS | CLONE_FS | CLONE_THREAD),
	   V(NEWNS_WITH_FS, PATH)),
	EX("a check that gives another errno", O(EPERM, ENTRY, .flags = CLONE_SIGHAND),
	   V(UNEXPLAINED, NONE)),

	/* ---- limits on tasks ---- */
	EX("RLIMIT_NPROC before copy_creds()",
	   O(EAGAIN, COPY_CREDS, .facts = OLDEST, .nproc = LEVELS(1, 0)),
	   V(RLIMIT_NPROC, PATH, .level = 0, LIMIT(USER, TASKS, 20, 21))),
	EX("RLIMIT_NPROC, refused both capabilities",
	   O(EAGAIN, TASK_LIMITS, .seen = W(CAPABLE_RESOURCE) | W(CAPABLE_ADMIN),
	     .nproc = LEVELS(1, 0)),
	   V(RLIMIT_NPROC, WITNESS, .level = 0, LIMIT(USER, TASKS, 20, 21))),
	EX("the lowest of three levels",
	   O(EAGAIN, TASK_LIMITS, .seen = W(CAPABLE_RESOURCE) | W(CAPABLE_ADMIN),
	     .nproc = LEVELS(3, 0)),
	   V(RLIMIT_NPROC, PREDICATE, .level = 0, LIMIT(USER, TASKS, 20, 21))),
	EX("an ancestor's",
	   O(EAGAIN, TASK_LIMITS, .seen = W(CAPABLE_RESOURCE) | W(CAPABLE_ADMIN),
	     .nproc = LEVELS(3, 2)),
	   V(RLIMIT_NPROC_ANCESTOR_USERNS, PREDICATE, .level = 2, LIMIT(USERNS, TASKS, 20, 21))),
	EX("which of three is not known",
	   O(EAGAIN, TASK_LIMITS, .seen = W(CAPABLE_RESOURCE) | W(CAPABLE_ADMIN),
	     .nproc = LEVELS(3, -1)),
	   V(RLIMIT_NPROC, INFERRED, .unit = FORKFAIL_UNIT_TASKS,
	     ALSO(2, C(RLIMIT_NPROC), C(RLIMIT_NPROC_ANCESTOR_USERNS)))),
	EX("a security module refuses the capability",
	   O(EAGAIN, TASK_LIMITS, .seen = W(CAPABLE_RESOURCE) | W(CAPABLE_ADMIN),
	     .has_sys_admin = true, .nproc = LEVELS(1, 0)),
	   V(RLIMIT_NPROC, INFERRED, .level = 0, LIMIT(USER, TASKS, 20, 21),
	     ALSO(2, C(RLIMIT_NPROC), C(THREADS_MAX)))),
	EX("capable() is not watched",
	   O(EAGAIN, TASK_LIMITS, .blind_w = W(CAPABLE_RESOURCE) | W(CAPABLE_ADMIN),
	     .nproc = LEVELS(1, 0), .threads = 100),
	   V(RLIMIT_NPROC, INFERRED, .level = 0, LIMIT(USER, TASKS, 20, 21),
	     ALSO(2, C(RLIMIT_NPROC), C(THREADS_MAX)))),
	EX("nor can counts be read",
	   O(EAGAIN, TASK_LIMITS, .blind_w = W(CAPABLE_RESOURCE) | W(CAPABLE_ADMIN),
	     .nproc.known = false),
	   V(RLIMIT_NPROC, INFERRED, .level = 0, SCOPE(USER, TASKS),
	     ALSO(3, C(RLIMIT_NPROC), C(RLIMIT_NPROC_ANCESTOR_USERNS), C(THREADS_MAX)))),
	EX("or they are not used up now",
	   O(EAGAIN, TASK_LIMITS, .blind_w = W(CAPABLE_RESOURCE) | W(CAPABLE_ADMIN)),
	   V(RLIMIT_NPROC, INFERRED, .level = 0, LIMIT(USER, TASKS, 0, 0),
	     ALSO(2, C(RLIMIT_NPROC), C(THREADS_MAX)))),
	EX("threads-max", O(EAGAIN, TASK_LIMITS, .threads = 100),
	   V(THREADS_MAX, PATH, LIMIT(HOST, TASKS, 100, 100))),
	EX("threads-max, and no longer so", O(EAGAIN, TASK_LIMITS),
	   V(THREADS_MAX, PATH, LIMIT(HOST, TASKS, 100, 10))),
	EX("threads-max cannot be read", O(EAGAIN, TASK_LIMITS, .threads_known = false),
	   V(THREADS_MAX, PATH, SCOPE(HOST, TASKS))),
	EX("threads-max on the oldest", O(EAGAIN, TASK_LIMITS, .facts = OLDEST),
	   V(THREADS_MAX, PATH, LIMIT(HOST, TASKS, 100, 10))),
	EX("no memory for a user's counts",
	   O(EAGAIN, COPY_CREDS, .flags = CLONE_NEWUSER, .seen = W(PAGE_ALLOC_FAILED)),
	   V(UCOUNTS_ALLOC_NOMEM, PATH)),
	EX("which is not asked for without a user namespace", O(EAGAIN, COPY_CREDS),
	   V(UNEXPLAINED, NONE)),
	EX("no memory for a kernel thread",
	   O(EAGAIN, TASK_SETUP, .kind = FORKFAIL_KIND_KTHREAD, .seen = W(KTHREAD_STRUCT)),
	   V(KTHREAD_STRUCT_NOMEM, PATH)),
	EX("SCHED_DEADLINE", O(EAGAIN, SCHED_FORK, .deadline = true),
	   V(SCHED_DEADLINE, PATH, SCOPE(PROCESS, NONE))),
	EX("a thread while another one is in execve", O(EAGAIN, COPY_FS, .flags = THREAD),
	   V(FS_IN_EXEC, PATH, SCOPE(PROCESS, NONE))),
	EX("or a security module, where the child does not tell",
	   O(EAGAIN, SECURITY, .steps = B(SECURITY) | B(COPY_FILES) | B(COPY_FS), .flags = THREAD),
	   V(FS_IN_EXEC, INFERRED, SCOPE(PROCESS, NONE),
	     ALSO(2, C(FS_IN_EXEC), C(LSM_TASK_ALLOC)))),
	EX("a process has an fs of its own",
	   O(EAGAIN, SECURITY, .steps = B(SECURITY) | B(COPY_FILES) | B(COPY_FS)),
	   V(LSM_TASK_ALLOC, PATH)),
	EX("execve, by a call without arguments", O(EAGAIN, COPY_FS, .have_args = false),
	   V(FS_IN_EXEC, INFERRED, SCOPE(PROCESS, NONE),
	     ALSO(2, C(FS_IN_EXEC), C(UNEXPLAINED)))),
	EX("no number left",
	   O(EAGAIN, ALLOC_PID, .pid = LEVELS(1, 0), .pid_unwrapped = true),
	   V(PID_EXHAUSTED, PATH, .level = 0, LIMIT(PIDNS, PIDS, 20, 21))),
	EX("no number left in the middle of three",
	   O(EAGAIN, ALLOC_PID, .pid = LEVELS(3, 1), .pid_unwrapped = true),
	   V(PID_EXHAUSTED, PREDICATE, .level = 1, LIMIT(PIDNS, PIDS, 20, 21))),
	EX("no number left in one or the other of three",
	   O(EAGAIN, ALLOC_PID, .pid = LEVELS(3, -1), .pid_unwrapped = true),
	   V(PID_EXHAUSTED, PATH, .unit = FORKFAIL_UNIT_PIDS)),
	EX("none left above 300 in one, or none at all in the other",
	   O(EAGAIN, ALLOC_PID, .pid = LEVELS(3, -1), .pid_wrapped = true, .pid_unwrapped = true),
	   V(PID_EXHAUSTED, INFERRED, .unit = FORKFAIL_UNIT_PIDS,
	     ALSO(2, C(PID_EXHAUSTED), C(PID_EXHAUSTED_AFTER_WRAP)))),
	EX("none left above 300", O(EAGAIN, ALLOC_PID, .pid = LEVELS(1, 0), .pid_wrapped = true),
	   V(PID_EXHAUSTED_AFTER_WRAP, PATH, .level = 0, LIMIT(PIDNS, PIDS, 20, 21))),
	EX("pid_max cannot be read", O(EAGAIN, ALLOC_PID, .pid.known = false, .pid.full = 0),
	   V(PID_EXHAUSTED, INFERRED, .level = 0, SCOPE(PIDNS, PIDS),
	     ALSO(2, C(PID_EXHAUSTED), C(PID_EXHAUSTED_AFTER_WRAP)))),
	EX("the only cgroup",
	   O(EAGAIN, CGROUP_CAN_FORK, .seen = W(PIDS_EVENT), .pids = LEVELS(1, 0)),
	   V(PIDS_MAX, WITNESS, .level = 0, LIMIT(CGROUP, TASKS, 20, 21))),
	EX("the cgroup that is named", O(EAGAIN, CGROUP_CAN_FORK, .seen = W(PIDS_EVENT),
					 .pids = NAMED(3, 0)),
	   V(PIDS_MAX, WITNESS, .level = 0, LIMIT(CGROUP, TASKS, 30, 30))),
	EX("the ancestor that is named", O(EAGAIN, CGROUP_CAN_FORK, .seen = W(PIDS_EVENT),
					   .pids = NAMED(3, 2)),
	   V(PIDS_MAX_ANCESTOR, WITNESS, .level = 2, LIMIT(CGROUP, TASKS, 30, 30))),
	EX("the ancestor that is full", O(EAGAIN, CGROUP_CAN_FORK, .seen = W(PIDS_EVENT),
					  .pids = LEVELS(3, 1)),
	   V(PIDS_MAX_ANCESTOR, PREDICATE, .level = 1, LIMIT(CGROUP, TASKS, 20, 21))),
	EX("the only one with the controller, above the caller's",
	   O(EAGAIN, CGROUP_CAN_FORK, .seen = W(PIDS_EVENT), .pids = ABOVE(2, 3, 2)),
	   V(PIDS_MAX_ANCESTOR, WITNESS, .level = 2, LIMIT(CGROUP, TASKS, 20, 21))),
	EX("one of two with the controller, above the caller's",
	   O(EAGAIN, CGROUP_CAN_FORK, .seen = W(PIDS_EVENT), .pids = ABOVE(1, 3, -1)),
	   V(PIDS_MAX_ANCESTOR, WITNESS, .unit = FORKFAIL_UNIT_TASKS, .limit = 20, .in_use = 21)),
	EX("the only cgroup, whose limit and usage cannot be read",
	   O(EAGAIN, CGROUP_CAN_FORK, .seen = W(PIDS_EVENT), .pids.known = false),
	   V(PIDS_MAX, WITNESS, .level = 0, SCOPE(CGROUP, TASKS))),
	EX("the witness is not watched", O(EAGAIN, CGROUP_CAN_FORK, .blind_w = W(PIDS_EVENT),
					   .pids = LEVELS(1, 0)),
	   V(PIDS_MAX, INFERRED, .level = 0, LIMIT(CGROUP, TASKS, 20, 21), ALSO(1, C(PIDS_MAX)))),
	EX("EAGAIN of nobody's", O(EAGAIN, CGROUP_CAN_FORK), V(UNEXPLAINED, NONE)),

	/* ---- memory ---- */
	EX("a cgroup's OOM killer",
	   O(ENOMEM, ENTRY, .seen = W(MEMCG_RECLAIM) | W(MEMCG_OOM), .memcg_known = true,
	     .memcg_limit = 100, .memcg_in_use = 99),
	   V(MEMCG_LIMIT, WITNESS, LIMIT(CGROUP, BYTES, 100, 99))),
	EX("reclaim in a cgroup at its limit",
	   O(ENOMEM, COPY_FILES, .seen = W(MEMCG_RECLAIM), .memcg_known = true,
	     .memcg_limit = 100, .memcg_in_use = 97, .memcg_full = true),
	   V(MEMCG_LIMIT, PREDICATE, LIMIT(CGROUP, BYTES, 100, 97))),
	EX("reclaim in a cgroup that had room again",
	   O(ENOMEM, COPY_FILES, .seen = W(MEMCG_RECLAIM), .memcg_known = true,
	     .memcg_limit = 100, .memcg_in_use = 97),
	   V(MEMCG_LIMIT, INFERRED, LIMIT(CGROUP, BYTES, 100, 97), ALSO(1, C(MEMCG_LIMIT)))),
	EX("a full cgroup without an OOM killer",
	   O(ENOMEM, COPY_FILES, .seen = W(MEMCG_RECLAIM), .memcg_known = true,
	     .memcg_limit = 100, .memcg_in_use = 100, .memcg_full = true,
	     .memcg_oom_disabled = true, .facts = OLDEST | F(MEMCG_V1)),
	   V(MEMCG_V1_OOM_DISABLED, PREDICATE, LIMIT(CGROUP, BYTES, 100, 100))),
	EX("reclaim at one of two steps, which may have helped",
	   O(ENOMEM, ALLOC_PID, .steps = B(ALLOC_PID) | B(PIDFD), .flags = CLONE_PIDFD,
	     .seen = W(MEMCG_RECLAIM), .memcg_known = true, .memcg_full = true,
	     .memcg_limit = 100, .memcg_in_use = 100),
	   V(MEMCG_LIMIT, INFERRED, LIMIT(CGROUP, BYTES, 100, 100), ALSO(1, C(MEMCG_LIMIT)))),
	EX("reclaim, and nobody looked whether the OOM killer was asked",
	   O(ENOMEM, COPY_FILES, .seen = W(MEMCG_RECLAIM), .memcg_known = true,
	     .memcg_full = true, .memcg_limit = 100, .memcg_in_use = 100,
	     .blind_w = W(SYSTEM_OOM) | W(MEMCG_OOM)),
	   V(MEMCG_LIMIT, INFERRED, LIMIT(CGROUP, BYTES, 100, 100), ALSO(1, C(MEMCG_LIMIT)))),
	EX("a cgroup's limit on kernel memory",
	   O(ENOMEM, COPY_MM, .facts = OLDEST | F(KMEM_LIMIT), .seen = W(KMEM_LIMIT),
	     .memcg_known = true, .memcg_limit = 10, .memcg_in_use = 10),
	   V(MEMCG_V1_KMEM_LIMIT, PREDICATE, LIMIT(CGROUP, BYTES, 10, 10))),
	EX("a cgroup of version 1 that is not known",
	   O(ENOMEM, COPY_FILES, .seen = W(MEMCG_RECLAIM), .facts = OLDEST | F(MEMCG_V1)),
	   V(MEMCG_LIMIT, INFERRED, SCOPE(CGROUP, BYTES),
	     ALSO(2, C(MEMCG_LIMIT), C(MEMCG_V1_OOM_DISABLED)))),
	EX("the same with its OOM killer",
	   O(ENOMEM, COPY_FILES, .seen = W(MEMCG_RECLAIM) | W(MEMCG_OOM),
	     .facts = OLDEST | F(MEMCG_V1)),
	   V(MEMCG_LIMIT, WITNESS, SCOPE(CGROUP, BYTES))),
	EX("that limit, of a cgroup that is not known",
	   O(ENOMEM, COPY_MM, .facts = OLDEST | F(KMEM_LIMIT), .seen = W(KMEM_LIMIT)),
	   V(MEMCG_V1_KMEM_LIMIT, INFERRED, SCOPE(CGROUP, BYTES),
	     ALSO(1, C(MEMCG_V1_KMEM_LIMIT)))),
	EX("that limit, after reclaim that helped",
	   O(ENOMEM, COPY_MM, .facts = OLDEST | F(KMEM_LIMIT), THEN(MEMCG_RECLAIM, KMEM_LIMIT),
	     .memcg_known = true, .memcg_limit = 10, .memcg_in_use = 10),
	   V(MEMCG_V1_KMEM_LIMIT, PREDICATE, LIMIT(CGROUP, BYTES, 10, 10))),
	EX("that limit, which went another way, then reclaim",
	   O(ENOMEM, COPY_MM, .facts = OLDEST | F(KMEM_LIMIT), THEN(KMEM_LIMIT, MEMCG_RECLAIM),
	     .memcg_known = true, .memcg_full = true, .memcg_limit = 10, .memcg_in_use = 10),
	   V(MEMCG_LIMIT, PREDICATE, LIMIT(CGROUP, BYTES, 10, 10))),
	EX("a limit on kernel memory that nobody watches",
	   O(ENOMEM, ALLOC_PID, .facts = OLDEST | F(KMEM_LIMIT), .blind_w = W(KMEM_LIMIT)),
	   V(PID_NOMEM, INFERRED, ALSO(2, C(MEMCG_V1_KMEM_LIMIT), C(PID_NOMEM)))),
	EX("reclaim in a cgroup that is not known",
	   O(ENOMEM, COPY_FILES, .seen = W(MEMCG_RECLAIM)),
	   V(MEMCG_LIMIT, INFERRED, SCOPE(CGROUP, BYTES), ALSO(1, C(MEMCG_LIMIT)))),
	EX("the page allocator gives up", O(ENOMEM, COPY_MM, .seen = W(PAGE_ALLOC_FAILED)),
	   V(SYSTEM_MEMORY, WITNESS, SCOPE(HOST, NONE))),
	EX("the OOM killer was asked, and it helped", O(ENOMEM, ALLOC_PID, .seen = W(SYSTEM_OOM)),
	   V(PID_NOMEM, PATH)),
	EX("the OOM killer was asked, and nobody looked whether it helped",
	   O(ENOMEM, COPY_MM, .seen = W(SYSTEM_OOM), .blind_w = W(PAGE_ALLOC_FAILED)),
	   V(SYSTEM_MEMORY, INFERRED, SCOPE(HOST, NONE), ALSO(1, C(SYSTEM_MEMORY)))),
	EX("the OOM killer was asked, and did not help",
	   O(ENOMEM, COPY_MM, THEN(SYSTEM_OOM, PAGE_ALLOC_FAILED)),
	   V(SYSTEM_MEMORY, WITNESS, SCOPE(HOST, NONE))),
	EX("the page allocator gave up, which went another way, then a cgroup was full",
	   O(ENOMEM, COPY_MM, THEN(PAGE_ALLOC_FAILED, MEMCG_OOM)),
	   V(MEMCG_LIMIT, WITNESS, SCOPE(CGROUP, BYTES))),
	EX("a cgroup was full, which was helped, then the page allocator gave up",
	   O(ENOMEM, COPY_MM, THEN(MEMCG_OOM, PAGE_ALLOC_FAILED)),
	   V(SYSTEM_MEMORY, WITNESS, SCOPE(HOST, NONE))),
	EX("a cgroup was full, which was helped, then overcommit refused",
	   O(ENOMEM, COPY_MM, THEN(MEMCG_OOM, OVERCOMMIT), .overcommit_mode = 2),
	   V(OVERCOMMIT_STRICT, WITNESS, SCOPE(HOST, BYTES))),
	EX("a shortage that went another way, then overcommit refused",
	   O(ENOMEM, COPY_MM, THEN(PAGE_ALLOC_FAILED, OVERCOMMIT), .overcommit_mode = 2),
	   V(OVERCOMMIT_STRICT, WITNESS, SCOPE(HOST, BYTES))),
	EX("the cgroup's OOM killer killed somebody, and the namespace is dead",
	   O(ENOMEM, ALLOC_PID, THEN(MEMCG_RECLAIM, MEMCG_OOM), .oom_killed = true,
	     .memcg_known = true, .memcg_full = true, .pidns_dead = true,
	     .pidns_dead_before = true, .pidns_dead_level = 0),
	   V(PIDNS_DEAD, INFERRED, .level = 0, SCOPE(PIDNS, NONE),
	     ALSO(2, C(MEMCG_LIMIT), C(PIDNS_DEAD)))),
	EX("the cgroup's OOM killer killed somebody, or overcommit refused",
	   O(ENOMEM, COPY_MM, .facts = OLDEST, THEN(MEMCG_RECLAIM, MEMCG_OOM), .oom_killed = true,
	     .memcg_known = true, .memcg_full = true, .overcommit_mode = 2,
	     .overcommit_fits = false, .overcommit_fits_before = false,
	     .overcommit_limit = 50, .overcommit_in_use = 49),
	   V(OVERCOMMIT_STRICT, INFERRED, LIMIT(HOST, BYTES, 50, 49),
	     ALSO(2, C(MEMCG_LIMIT), C(OVERCOMMIT_STRICT)))),
	EX("reclaim and a dead namespace",
	   O(ENOMEM, ALLOC_PID, .seen = W(MEMCG_RECLAIM), .pidns_dead = true,
	     .pidns_dead_before = true, .pidns_dead_level = 0),
	   V(PIDNS_DEAD, INFERRED, .level = 0, SCOPE(PIDNS, NONE),
	     ALSO(2, C(MEMCG_LIMIT), C(PIDNS_DEAD)))),
	EX("strict overcommit", O(ENOMEM, COPY_MM, .overcommit_mode = 2, .seen = W(OVERCOMMIT),
				  .overcommit_limit = 50, .overcommit_in_use = 49),
	   V(OVERCOMMIT_STRICT, WITNESS, LIMIT(HOST, BYTES, 50, 49))),
	EX("a mapping larger than the machine", O(ENOMEM, COPY_MM, .seen = W(OVERCOMMIT),
						  .overcommit_limit = 50, .overcommit_in_use = 60),
	   V(OVERCOMMIT_HEURISTIC, WITNESS, LIMIT(HOST, BYTES, 50, 60))),
	EX("overcommit without a witness",
	   O(ENOMEM, COPY_MM, .facts = OLDEST, .overcommit_mode = 2, .overcommit_fits = false,
	     .overcommit_fits_before = false, .overcommit_limit = 50, .overcommit_in_use = 49),
	   V(OVERCOMMIT_STRICT, PREDICATE, LIMIT(HOST, BYTES, 50, 49))),
	EX("a witness where there may be none",
	   O(ENOMEM, COPY_MM, .facts = OLDEST, .overcommit_mode = 2, .seen = W(OVERCOMMIT),
	     .overcommit_limit = 50, .overcommit_in_use = 49),
	   V(OVERCOMMIT_STRICT, WITNESS, LIMIT(HOST, BYTES, 50, 49))),
	EX("overcommit, nobody counted the mappings",
	   O(ENOMEM, COPY_MM, .seen = W(OVERCOMMIT), .overcommit_limit = 50),
	   V(OVERCOMMIT_HEURISTIC, WITNESS, SCOPE(HOST, BYTES))),
	EX("overcommit, perhaps",
	   O(ENOMEM, COPY_MM, .facts = OLDEST, .overcommit_mode = 2, .overcommit_fits = false,
	     .overcommit_limit = 50, .overcommit_in_use = 49),
	   V(OVERCOMMIT_STRICT, INFERRED, LIMIT(HOST, BYTES, 50, 49),
	     ALSO(6, C(MM_STRUCT_NOMEM), C(OVERCOMMIT_STRICT), C(VMA_NOMEM), C(PAGETABLE_NOMEM),
		  C(LDT_NOMEM), C(BINFMT_MODULE_GONE)))),
	EX("overcommit that is always granted",
	   O(ENOMEM, COPY_MM, .facts = OLDEST, .overcommit_mode = 1, .seen = W(SYSTEM_OOM)),
	   V(MM_STRUCT_NOMEM, INFERRED,
	     ALSO(5, C(MM_STRUCT_NOMEM), C(VMA_NOMEM), C(PAGETABLE_NOMEM), C(LDT_NOMEM),
		  C(BINFMT_MODULE_GONE)))),
	EX("killed while the pages of its stack came", O(ENOMEM, ENTRY, .dying = true),
	   V(KILLED_IN_VMALLOC, PATH)),
	EX("the same, on a kernel that was not read",
	   O(ENOMEM, ENTRY, .facts = NEWEST | F(GUESSED), .dying = true),
	   V(KILLED_IN_VMALLOC, INFERRED, ALSO(4, C(KILLED_IN_VMALLOC), C(TASK_STRUCT_NOMEM),
					       C(KERNEL_STACK_NOMEM), C(KERNEL_STACK_MEMCG)))),
	EX("killed, where vmalloc() does not ask",
	   O(ENOMEM, ENTRY, .facts = OLDEST, .dying = true),
	   V(TASK_STRUCT_NOMEM, INFERRED, ALSO(3, C(TASK_STRUCT_NOMEM), C(KERNEL_STACK_NOMEM),
					       C(KERNEL_STACK_MEMCG)))),
	EX("killed while the cgroup was full",
	   O(ENOMEM, ENTRY, .dying = true, THEN(MEMCG_OOM, MEMCG_RECLAIM), .memcg_known = true,
	     .memcg_full = true),
	   V(KILLED_IN_VMALLOC, INFERRED, ALSO(2, C(MEMCG_LIMIT), C(KILLED_IN_VMALLOC)))),
	EX("killed, and its descriptors are not copied",
	   O(ENOMEM, SECURITY, .steps = B(SECURITY) | B(COPY_FILES), .dying = true,
	     .flags = THREAD & ~CLONE_SYSVSEM), V(LSM_TASK_ALLOC, PATH)),
	EX("killed while its descriptors were copied, perhaps",
	   O(ENOMEM, COPY_FILES, .dying = true),
	   V(KILLED_IN_VMALLOC, INFERRED, ALSO(2, C(KILLED_IN_VMALLOC), C(FILES_NOMEM)))),
	EX("killed while its memory was copied", O(ENOMEM, COPY_MM, .dying = true),
	   V(KILLED_IN_DUP_MMAP, PATH)),
	EX("killed, or more than is promised, which has no witness",
	   O(ENOMEM, COPY_MM, .facts = OLDEST, .dying = true, .overcommit_mode = 2,
	     .overcommit_fits = false, .overcommit_fits_before = false,
	     .overcommit_limit = 50, .overcommit_in_use = 49),
	   V(OVERCOMMIT_STRICT, INFERRED, LIMIT(HOST, BYTES, 50, 49),
	     ALSO(2, C(OVERCOMMIT_STRICT), C(KILLED_IN_DUP_MMAP)))),
	EX("killed, and what is promised may have been more meanwhile",
	   O(ENOMEM, COPY_MM, .facts = OLDEST, .dying = true, .overcommit_mode = 2),
	   V(KILLED_IN_DUP_MMAP, INFERRED, ALSO(2, C(OVERCOMMIT_STRICT), C(KILLED_IN_DUP_MMAP)))),

	/* ---- what could not be allocated, with no shortage seen ---- */
	EX("before anything",
	   O(ENOMEM, ENTRY),
	   V(TASK_STRUCT_NOMEM, INFERRED,
	     ALSO(3, C(TASK_STRUCT_NOMEM), C(KERNEL_STACK_NOMEM), C(KERNEL_STACK_MEMCG)))),
	EX("its exec state", O(ENOMEM, EXEC_STATE), V(EXEC_STATE_NOMEM, PATH)),
	EX("before anything, by a thread", O(ENOMEM, ENTRY, .flags = THREAD),
	   V(TASK_STRUCT_NOMEM, INFERRED,
	     ALSO(3, C(TASK_STRUCT_NOMEM), C(KERNEL_STACK_NOMEM), C(KERNEL_STACK_MEMCG)))),
	EX("credentials", O(ENOMEM, COPY_CREDS), V(CREDS_NOMEM, PATH)),
	EX("a user namespace", O(ENOMEM, COPY_CREDS, .flags = CLONE_NEWUSER, .seen = W(NEW_USERNS)),
	   V(USERNS_NOMEM, PATH)),
	EX("io_uring restrictions", O(ENOMEM, TASK_SETUP, .seen = W(IO_URING_FORK)),
	   V(IO_URING_RESTRICTION_NOMEM, PATH)),
	EX("a memory policy", O(ENOMEM, TASK_SETUP, .seen = W(MEMPOLICY)),
	   V(MEMPOLICY_NOMEM, PATH)),
	EX("a memory policy, perhaps",
	   O(ENOMEM, TASK_SETUP, .seen = W(IO_URING_FORK), .blind_w = W(MEMPOLICY)),
	   V(IO_URING_RESTRICTION_NOMEM, INFERRED,
	     ALSO(2, C(IO_URING_RESTRICTION_NOMEM), C(MEMPOLICY_NOMEM)))),
	EX("audit", O(ENOMEM, PERF_AUDIT, .seen = W(PERF_DONE)), V(AUDIT_NOMEM, PATH)),
	EX("perf's own", O(ENOMEM, PERF_AUDIT), V(PERF_INHERIT, PATH)),
	EX("perf's or audit's", O(ENOMEM, PERF_AUDIT, .blind_w = W(PERF_DONE)),
	   V(AUDIT_NOMEM, INFERRED, ALSO(2, C(AUDIT_NOMEM), C(PERF_INHERIT)))),
	EX("a security module's own", O(ENOMEM, SECURITY), V(LSM_TASK_ALLOC, PATH)),
	EX("audit's or a security module's, on a kernel without SYSVIPC",
	   O(ENOMEM, PERF_AUDIT, .steps = B(PERF_AUDIT) | B(SECURITY) | B(COPY_FILES),
	     .flags = CLONE_FILES, .seen = W(PERF_DONE)),
	   V(AUDIT_NOMEM, INFERRED, ALSO(2, C(AUDIT_NOMEM), C(LSM_TASK_ALLOC)))),
	EX("semaphores, or a security module's own",
	   O(ENOMEM, SECURITY, .steps = B(SECURITY) | B(COPY_FILES), .flags = THREAD),
	   V(SEMUNDO_NOMEM, INFERRED, ALSO(2, C(SEMUNDO_NOMEM), C(LSM_TASK_ALLOC)))),
	EX("files, or what comes before them",
	   O(ENOMEM, SECURITY, .steps = B(SECURITY) | B(COPY_FILES) | B(COPY_FS)),
	   V(FILES_NOMEM, INFERRED, ALSO(3, C(FILES_NOMEM), C(FS_NOMEM), C(LSM_TASK_ALLOC)))),
	EX("files", O(ENOMEM, COPY_FILES), V(FILES_NOMEM, PATH)),
	EX("files, of one who has semaphores to undo",
	   O(ENOMEM, COPY_FILES, .flags = CLONE_SYSVSEM), V(FILES_NOMEM, PATH)),
	EX("fs", O(ENOMEM, COPY_FS), V(FS_NOMEM, PATH)),
	EX("fs or a namespace",
	   O(ENOMEM, COPY_FS, .steps = B(COPY_FS) | B(COPY_NAMESPACES) | B(NEW_NAMESPACES),
	     .flags = CLONE_NEWNET | (THREAD & ~CLONE_FS)),
	   V(FS_NOMEM, INFERRED, ALSO(2, C(FS_NOMEM), C(NS_NOMEM)))),
	EX("signal handlers", O(ENOMEM, COPY_SIGHAND), V(SIGHAND_NOMEM, PATH)),
	EX("signals", O(ENOMEM, COPY_SIGNAL), V(SIGNAL_NOMEM, PATH)),
	EX("an address space", O(ENOMEM, COPY_MM),
	   V(MM_STRUCT_NOMEM, INFERRED,
	     ALSO(5, C(MM_STRUCT_NOMEM), C(VMA_NOMEM), C(PAGETABLE_NOMEM), C(LDT_NOMEM),
		  C(BINFMT_MODULE_GONE)))),
	EX("a namespace", O(ENOMEM, COPY_NET_NS, .flags = CLONE_NEWNET),
	   V(NS_NOMEM, INFERRED, ALSO(2, C(NS_NOMEM), C(NETNS_INIT)))),
	EX("a mount namespace", O(ENOMEM, COPY_MNT_NS, .flags = CLONE_NEWNS), V(NS_NOMEM, PATH)),
	EX("an io context or a number", O(ENOMEM, ALLOC_PID, .has_io_context = true),
	   V(IOCTX_NOMEM, INFERRED, ALSO(2, C(IOCTX_NOMEM), C(PID_NOMEM)))),
	EX("an io context that is shared",
	   O(ENOMEM, ALLOC_PID, .has_io_context = true, .flags = CLONE_IO), V(PID_NOMEM, PATH)),
	EX("matrix registers or a number",
	   O(ENOMEM, ALLOC_PID, .facts = NEWEST & ~(F(X86) | F(SHADOW_STACK))),
	   V(SME_STATE_NOMEM, INFERRED, ALSO(2, C(SME_STATE_NOMEM), C(PID_NOMEM)))),
	EX("a number", O(ENOMEM, ALLOC_PID), V(PID_NOMEM, PATH)),
	EX("a pidfd", O(ENOMEM, PIDFD, .flags = CLONE_PIDFD), V(PIDFD_NOMEM, PATH)),
	EX("a number or a pidfd", O(ENOMEM, ALLOC_PID, .flags = CLONE_PIDFD),
	   V(PID_NOMEM, INFERRED, ALSO(2, C(PID_NOMEM), C(PIDFD_NOMEM)))),
	EX("a set of cgroups", O(ENOMEM, CGROUP_CAN_FORK, .flags = INTO_CGROUP),
	   V(CGROUP_CSS_NOMEM, PATH)),
	EX("a futex table, or a scheduler's word", O(ENOMEM, LATE, .flags = THREAD),
	   V(FUTEX_HASH_NOMEM, INFERRED, ALSO(2, C(FUTEX_HASH_NOMEM), C(SCX_INIT_TASK)))),
	EX("a futex table", O(ENOMEM, LATE, .flags = THREAD, .facts = NEWEST & ~F(SCX)),
	   V(FUTEX_HASH_NOMEM, PATH)),

	/* ---- user namespaces ---- */
	EX("too deep", O(ENOSPC, COPY_CREDS, .flags = CLONE_NEWUSER, .seen = W(NEW_USERNS),
			 .userns_too_deep = true),
	   V(USERNS_DEPTH, PATH, .level = 0, LIMIT(USERNS, LEVELS, 33, 33))),
	EX("too many", O(ENOSPC, COPY_CREDS, .flags = CLONE_NEWUSER,
			 .seen = W(NEW_USERNS) | W(UCOUNT), .ucount = LEVELS(0, 1)),
	   V(USERNS_COUNT, PREDICATE, .level = 1, LIMIT(USERNS, COUNT, 20, 21))),
	EX("too many, but where", O(ENOSPC, COPY_CREDS, .flags = CLONE_NEWUSER,
				    .seen = W(NEW_USERNS) | W(UCOUNT)),
	   V(USERNS_COUNT, INFERRED, .unit = FORKFAIL_UNIT_COUNT,
	     ALSO(2, C(USERNS_COUNT), C(UCOUNTS_ALLOC_NOMEM)))),
	EX("in a chroot", O(EPERM, COPY_CREDS, .flags = CLONE_NEWUSER, .seen = W(NEW_USERNS),
			    .root_is_inside = true, .root_is_inits = false),
	   V(USERNS_CHROOT, PATH)),
	EX("without ids", O(EPERM, COPY_CREDS, .flags = CLONE_NEWUSER, .seen = W(NEW_USERNS),
			    .ids_mapped = false), V(USERNS_UNMAPPED_ID, PATH)),
	EX("in a chroot and without ids",
	   O(EPERM, COPY_CREDS, .flags = CLONE_NEWUSER, .seen = W(NEW_USERNS),
	     .root_is_inside = true, .root_is_inits = false, .ids_mapped = false),
	   V(USERNS_CHROOT, PATH)),
	EX("in a chroot or without ids",
	   O(EPERM, COPY_CREDS, .flags = CLONE_NEWUSER, .seen = W(NEW_USERNS),
	     .root_is_inits = false, .ids_mapped = false),
	   V(USERNS_UNMAPPED_ID, INFERRED, ALSO(2, C(USERNS_UNMAPPED_ID), C(USERNS_CHROOT)))),
	EX("without ids, but no user namespace was asked for",
	   O(EPERM, COPY_CREDS, .ids_mapped = false), V(UNEXPLAINED, NONE)),
	EX("a security module's word", O(EACCES, COPY_CREDS, .flags = CLONE_NEWUSER,
					 .seen = W(NEW_USERNS) | W(USERNS_LSM)),
	   V(USERNS_LSM, PATH)),

	/* ---- on the way ---- */
	EX("perf", O(EACCES, PERF_AUDIT), V(PERF_INHERIT, PATH)),
	EX("a security module that says EMFILE", O(EMFILE, SECURITY), V(LSM_TASK_ALLOC, PATH)),
	EX("a security module", O(EPERM, SECURITY, .seen = W(PERF_DONE)), V(LSM_TASK_ALLOC, PATH)),
	EX("a security module, on a kernel without SYSVIPC",
	   O(EPERM, PERF_AUDIT, .steps = B(PERF_AUDIT) | B(SECURITY) | B(COPY_FILES),
	     .seen = W(PERF_DONE)), V(LSM_TASK_ALLOC, PATH)),
	EX("a security module or perf",
	   O(EACCES, PERF_AUDIT, .steps = B(PERF_AUDIT) | B(SECURITY) | B(COPY_FILES),
	     .blind_w = W(PERF_DONE)),
	   V(PERF_INHERIT, INFERRED, ALSO(2, C(PERF_INHERIT), C(LSM_TASK_ALLOC)))),
	EX("descriptors of others", O(EMFILE, COPY_FILES, .flags = THREAD), V(UNEXPLAINED, NONE)),
	EX("descriptors above nr_open",
	   O(EMFILE, COPY_FILES, .nr_open_known = true, .nr_open = 1024, .highest_fd = 4000),
	   V(FILES_NR_OPEN, PATH, LIMIT(PROCESS, FDS, 1024, 4001))),
	EX("descriptors above nr_open, which no security module says",
	   O(EMFILE, SECURITY, .steps = B(SECURITY) | B(COPY_FILES),
	     .nr_open_known = true, .nr_open = 1024, .highest_fd = 4000),
	   V(FILES_NR_OPEN, PATH, LIMIT(PROCESS, FDS, 1024, 4001))),
	EX("so many may be open, but a security module never says so",
	   O(EMFILE, SECURITY, .steps = B(SECURITY) | B(COPY_FILES),
	     .nr_open_known = true, .nr_open = 1024, .highest_fd = 2),
	   V(FILES_NR_OPEN, INFERRED, LIMIT(PROCESS, FDS, 1024, 3),
	     ALSO(2, C(FILES_NR_OPEN), C(LSM_TASK_ALLOC)))),
	EX("nobody's descriptors are copied",
	   O(EMFILE, SECURITY, .steps = B(SECURITY) | B(COPY_FILES), .flags = CLONE_FILES),
	   V(LSM_TASK_ALLOC, PATH)),
	EX("or one does", O(EMFILE, SECURITY, .steps = B(SECURITY) | B(COPY_FILES)),
	   V(FILES_NR_OPEN, INFERRED, SCOPE(PROCESS, FDS),
	     ALSO(2, C(FILES_NR_OPEN), C(LSM_TASK_ALLOC)))),
	EX("a usermode helper", O(EINVAL, COPY_FS, .kind = FORKFAIL_KIND_KTHREAD),
	   V(UMH_FS_INVALID, PATH)),
	EX("namespaces without a capability", O(EPERM, COPY_NAMESPACES, .flags = CLONE_NEWNET),
	   V(NS_CAP, PATH)),
	EX("NEWIPC and SYSVSEM",
	   O(EINVAL, COPY_NAMESPACES, .flags = CLONE_NEWIPC | CLONE_SYSVSEM),
	   V(NEWIPC_SYSVSEM, PATH)),
	EX("too many namespaces", O(ENOSPC, COPY_NET_NS, .flags = CLONE_NEWNET, .seen = W(UCOUNT),
				    .ucount = LEVELS(0, 0)),
	   V(NS_COUNT, PREDICATE, .level = 0, LIMIT(USERNS, COUNT, 20, 21))),
	EX("a namespace that no count refused",
	   O(ENOSPC, COPY_NET_NS, .flags = CLONE_NEWNET, .seen = W(UCOUNT)),
	   V(NS_COUNT, INFERRED, .unit = FORKFAIL_UNIT_COUNT,
	     ALSO(3, C(NS_COUNT), C(NS_NOMEM), C(UCOUNTS_ALLOC_NOMEM)))),
	EX("PID namespaces too deep", O(ENOSPC, COPY_PID_NS, .flags = CLONE_NEWPID,
					.pidns_too_deep = true),
	   V(PIDNS_DEPTH, PATH, .level = 0, LIMIT(PIDNS, LEVELS, 32, 32))),
	EX("left its PID namespace", O(EINVAL, COPY_PID_NS, .flags = CLONE_NEWPID,
				       .pidns_mismatch = true), V(PIDNS_NOT_ACTIVE, PATH)),
	EX("somebody else's PID namespace", O(EINVAL, COPY_PID_NS, .flags = CLONE_NEWPID,
					      .pidns_foreign = true), V(PIDNS_USERNS, PATH)),
	EX("killed while it waited", O(EINTR, COPY_NET_NS, .flags = CLONE_NEWNET, .dying = true),
	   V(NETNS_KILLED, PATH)),
	EX("a network module", O(EEXIST, COPY_NET_NS, .flags = CLONE_NEWNET), V(NETNS_INIT, PATH)),
	EX("a bad thread pointer", O(EPERM, ALLOC_PID, .flags = CLONE_SETTLS),
	   V(TLS_INVALID, PATH)),
	EX("a bad thread pointer, seen", O(EPERM, ALLOC_PID, .flags = CLONE_SETTLS,
					   .tls = FF_TLS_REFUSED, .set_tid_size = 1),
	   V(TLS_INVALID, PATH)),
	EX("a good thread pointer, and a number that is not allowed",
	   O(EPERM, ALLOC_PID, .flags = CLONE_SETTLS, .tls = FF_TLS_TAKEN, .set_tid_size = 1),
	   V(SET_TID_PERM, PATH)),
	EX("a bad thread pointer does not give EINVAL",
	   O(EINVAL, ALLOC_PID, .flags = CLONE_SETTLS, .tls = FF_TLS_REFUSED, .set_tid_size = 1,
	     .set_tid_bad = FORKFAIL_SET_TID_RANGE, .facts = NEWEST & ~F(INIT_IS_ONE)),
	   V(SET_TID_RANGE, PATH)),
	EX("a number that is not allowed, of a 32-bit call",
	   O(EPERM, ALLOC_PID, .flags = CLONE_SETTLS, .tls = FF_TLS_IA32, .set_tid_size = 1),
	   V(SET_TID_PERM, PATH)),
	EX("a bad segment of a 32-bit call",
	   O(EINVAL, ALLOC_PID, .flags = CLONE_SETTLS, .tls = FF_TLS_IA32,
	     .facts = NEWEST & ~F(INIT_IS_ONE)),
	   V(TLS_INVALID, PATH)),
	EX("a bad segment of a 32-bit call, or a bad number",
	   O(EINVAL, ALLOC_PID, .flags = CLONE_SETTLS, .tls = FF_TLS_IA32, .set_tid_size = 1,
	     .set_tid_bad = FORKFAIL_SET_TID_RANGE, .facts = NEWEST & ~F(INIT_IS_ONE)),
	   V(TLS_INVALID, INFERRED, ALSO(2, C(TLS_INVALID), C(SET_TID_RANGE)))),
	EX("a bad thread pointer of 32 bits", O(EFAULT, ALLOC_PID, .flags = THREAD | CLONE_SETTLS),
	   V(TLS_INVALID, PATH)),
	EX("a bad thread pointer, or no place for a pidfd",
	   O(EFAULT, ALLOC_PID, .steps = B(ALLOC_PID) | B(PIDFD),
	     .flags = CLONE_SETTLS | CLONE_PIDFD),
	   V(TLS_INVALID, INFERRED, ALSO(2, C(TLS_INVALID), C(PIDFD_FAULT)))),
	EX("a bad segment",
	   O(EINVAL, ALLOC_PID, .flags = CLONE_SETTLS, .facts = NEWEST & ~F(INIT_IS_ONE)),
	   V(TLS_INVALID, PATH)),
	EX("a bad segment or a shadow stack",
	   O(EINVAL, ALLOC_PID, .flags = THREAD | CLONE_SETTLS, .shadow_stack = true,
	     .facts = NEWEST & ~F(INIT_IS_ONE)),
	   V(TLS_INVALID, INFERRED, ALSO(2, C(TLS_INVALID), C(SHADOW_STACK)))),
	EX("a shadow stack", O(EINTR, ALLOC_PID, .flags = THREAD, .shadow_stack = true),
	   V(SHADOW_STACK, PATH)),
	EX("a shadow stack, or the numbers have run out",
	   O(EAGAIN, ALLOC_PID, .flags = THREAD, .shadow_stack = true, .pid = LEVELS(1, 0),
	     .pid_unwrapped = true),
	   V(PID_EXHAUSTED, INFERRED, .level = 0, LIMIT(PIDNS, PIDS, 20, 21),
	     ALSO(2, C(PID_EXHAUSTED), C(SHADOW_STACK)))),
	EX("a guarded stack",
	   O(EINTR, ALLOC_PID, .flags = THREAD, .facts = F(GCS), .shadow_stack = true),
	   V(GCS_STACK, PATH)),

	/* ---- process numbers and pidfds ---- */
	EX("too many numbers asked for",
	   O(EINVAL, ALLOC_PID, .set_tid_size = 9, .set_tid_bad = FORKFAIL_SET_TID_TOO_MANY),
	   V(SET_TID_TOO_MANY, PATH)),
	EX("an impossible number asked for",
	   O(EINVAL, ALLOC_PID, .set_tid_size = 1, .set_tid_bad = FORKFAIL_SET_TID_RANGE),
	   V(SET_TID_RANGE, PATH)),
	EX("another number before PID 1",
	   O(EINVAL, ALLOC_PID, .set_tid_size = 1, .set_tid_bad = FORKFAIL_SET_TID_NO_INIT),
	   V(SET_TID_NO_INIT, PATH)),
	EX("a number out of range, on a kernel that was not read",
	   O(EINVAL, ALLOC_PID, .facts = NEWEST | F(GUESSED), .set_tid_size = 1,
	     .set_tid_bad = FORKFAIL_SET_TID_RANGE),
	   V(SET_TID_RANGE, INFERRED, ALSO(1, C(SET_TID_RANGE)))),
	EX("the second first task, on a kernel that was not read",
	   O(EINVAL, ALLOC_PID, .facts = OLDEST | F(GUESSED)),
	   V(PIDNS_INIT_NOT_ATTACHED, INFERRED, ALSO(1, C(PIDNS_INIT_NOT_ATTACHED)))),
	EX("the second first task", O(EINVAL, ALLOC_PID), V(PIDNS_INIT_NOT_ATTACHED, PATH)),
	EX("may not choose", O(EPERM, ALLOC_PID, .set_tid_size = 1), V(SET_TID_PERM, PATH)),
	EX("the number is taken", O(EEXIST, ALLOC_PID, .set_tid_size = 1), V(SET_TID_EXISTS, PATH)),
	EX("a dead namespace", O(ENOMEM, ALLOC_PID, .pidns_dead = true, .pidns_dead_before = true,
				 .pidns_dead_level = 2),
	   V(PIDNS_DEAD, PREDICATE, .level = 2, SCOPE(PIDNS, NONE))),
	EX("dying just now", O(ENOMEM, ALLOC_PID, .pidns_dead = true, .pidns_dead_level = 0),
	   V(PIDNS_DEAD, INFERRED, .level = 0, SCOPE(PIDNS, NONE), ALSO(1, C(PIDNS_DEAD)))),
	EX("dead before it lived",
	   O(ENOMEM, ALLOC_PID, .facts = OLDEST, .pidns_dead = true, .pidns_dead_before = true,
	     .pidns_dead_level = 0, .pidns_no_reaper = true),
	   V(PIDNS_POISONED_BY_FIRST_FORK, PREDICATE, .level = 0, SCOPE(PIDNS, NONE))),
	EX("the same, on a kernel that was not read",
	   O(ENOMEM, ALLOC_PID, .facts = OLDEST | F(GUESSED), .pidns_dead = true,
	     .pidns_dead_before = true, .pidns_dead_level = 0, .pidns_no_reaper = true),
	   V(PIDNS_DEAD, INFERRED, .level = 0, SCOPE(PIDNS, NONE),
	     ALSO(2, C(PIDNS_DEAD), C(PIDNS_POISONED_BY_FIRST_FORK)))),
	EX("dead for sure, on a kernel that was not read",
	   O(ENOMEM, ALLOC_PID, .facts = NEWEST | F(GUESSED), .pidns_dead = true,
	     .pidns_dead_before = true, .pidns_dead_level = 0),
	   V(PIDNS_DEAD, PREDICATE, .level = 0, SCOPE(PIDNS, NONE))),
	EX("one above is dead, on a kernel that was not read",
	   O(ENOMEM, ALLOC_PID, .facts = NEWEST | F(GUESSED), .pidns_dead = true,
	     .pidns_dead_before = true, .pidns_dead_level = 1),
	   V(PIDNS_DEAD, INFERRED, .level = 1, SCOPE(PIDNS, NONE),
	     ALSO(2, C(PIDNS_DEAD), C(PID_NOMEM)))),
	EX("the same, of a task with an I/O context, and not on x86",
	   O(ENOMEM, ALLOC_PID, .facts = (NEWEST & ~(F(X86) | F(SHADOW_STACK))) | F(GUESSED),
	     .pidns_dead = true, .pidns_dead_before = true, .pidns_dead_level = 1,
	     .pidns_no_reaper = true, .has_io_context = true),
	   V(PIDNS_DEAD, INFERRED, .level = 1, SCOPE(PIDNS, NONE),
	     ALSO(4, C(PIDNS_DEAD), C(IOCTX_NOMEM), C(SME_STATE_NOMEM), C(PID_NOMEM)))),
	EX("the same, of the task's own",
	   O(ENOMEM, ALLOC_PID, .facts = NEWEST | F(GUESSED), .pidns_dead = true,
	     .pidns_dead_level = 0),
	   V(PIDNS_DEAD, INFERRED, .level = 0, SCOPE(PIDNS, NONE), ALSO(1, C(PIDNS_DEAD)))),
	EX("no descriptor", O(EMFILE, PIDFD, .flags = CLONE_PIDFD, .nofile = 3, .highest_fd = 2),
	   V(PIDFD_NOFILE, PATH, LIMIT(PROCESS, FDS, 3, 3))),
	EX("no file", O(ENFILE, PIDFD, .flags = CLONE_PIDFD),
	   V(PIDFD_FILE_MAX, PATH, SCOPE(HOST, NONE))),
	EX("no place for it", O(EFAULT, PIDFD, .flags = CLONE_PIDFD), V(PIDFD_FAULT, PATH)),

	/* ---- cgroups ---- */
	EX("no cgroup", O(EBADF, CGROUP_CAN_FORK, .flags = INTO_CGROUP), V(CGROUP_FD_BAD, PATH)),
	EX("no cgroup, of a call whose arguments are lost",
	   O(EBADF, CGROUP_CAN_FORK, .have_args = false),
	   V(CGROUP_FD_BAD, INFERRED, ALSO(2, C(CGROUP_FD_BAD), C(UNEXPLAINED)))),
	EX("no place for a pidfd, of such a call", O(EFAULT, PIDFD, .have_args = false),
	   V(PIDFD_FAULT, INFERRED, ALSO(2, C(PIDFD_FAULT), C(UNEXPLAINED)))),
	EX("a number that is taken, of such a call", O(EEXIST, ALLOC_PID, .have_args = false),
	   V(SET_TID_EXISTS, INFERRED, ALSO(2, C(SET_TID_EXISTS), C(UNEXPLAINED)))),
	EX("no right to namespaces, of such a call", O(EPERM, COPY_NAMESPACES, .have_args = false),
	   V(NS_CAP, INFERRED, ALSO(2, C(NS_CAP), C(UNEXPLAINED)))),
	EX("a removed cgroup", O(ENOENT, CGROUP_CAN_FORK, .flags = INTO_CGROUP),
	   V(CGROUP_REMOVED, PATH)),
	EX("one that is being removed", O(ENODEV, CGROUP_CAN_FORK, .flags = INTO_CGROUP),
	   V(CGROUP_REMOVED, PATH)),
	EX("outside of its namespace",
	   O(ENOENT, CGROUP_CAN_FORK, .flags = INTO_CGROUP, .seen = W(CGROUP_FOUND)),
	   V(CGROUP_NSDELEGATE, PATH, SCOPE(CGROUP, NONE))),
	EX("not delegated",
	   O(EACCES, CGROUP_CAN_FORK, .flags = INTO_CGROUP, .seen = W(CGROUP_FOUND)),
	   V(CGROUP_PERM, PATH, SCOPE(CGROUP, NONE))),
	EX("not permitted",
	   O(EPERM, CGROUP_CAN_FORK, .flags = INTO_CGROUP, .seen = W(CGROUP_FOUND)),
	   V(CGROUP_PERM, PATH, SCOPE(CGROUP, NONE))),
	EX("an inner cgroup",
	   O(EBUSY, CGROUP_CAN_FORK, .flags = INTO_CGROUP, .seen = W(CGROUP_FOUND)),
	   V(CGROUP_INTERNAL, PATH, SCOPE(CGROUP, NONE))),
	EX("a threaded cgroup",
	   O(EOPNOTSUPP, CGROUP_CAN_FORK, .flags = INTO_CGROUP, .seen = W(CGROUP_FOUND)),
	   V(CGROUP_THREADED, PATH, SCOPE(CGROUP, NONE))),
	EX("no CPU",
	   O(ENOSPC, CGROUP_CAN_FORK, .flags = INTO_CGROUP, .seen = W(CGROUP_FOUND)),
	   V(CPUSET_EMPTY, PATH, SCOPE(CGROUP, NONE))),
	EX("a security module's word on the cpuset",
	   O(EACCES, CGROUP_CAN_FORK, .flags = INTO_CGROUP,
	     .seen = W(CGROUP_FOUND) | W(CPUSET_LSM)),
	   V(CPUSET_LSM, PATH, SCOPE(CGROUP, NONE))),
	EX("the cpuset agreed, the pids controller did not",
	   O(EAGAIN, CGROUP_CAN_FORK, .flags = INTO_CGROUP, .pids = LEVELS(1, 0),
	     .seen = W(CGROUP_FOUND) | W(CPUSET_LSM) | W(PIDS_EVENT)),
	   V(PIDS_MAX, WITNESS, .level = 0, LIMIT(CGROUP, TASKS, 20, 21))),

	/* ---- late ---- */
	EX("init ended meanwhile",
	   O(ENOMEM, LAST_CHECKS, .seen = W(CANCEL_FORK), .pidns_dead = true,
	     .pidns_dead_level = 0),
	   V(PIDNS_DEAD_LATE, PATH, .level = 0, SCOPE(PIDNS, NONE))),
	EX("killed late", O(EINTR, LAST_CHECKS, .seen = W(CANCEL_FORK)), V(KILLED_LATE, PATH)),
	EX("a BPF scheduler says EINTR", O(EINTR, LATE, .seen = W(CANCEL_FORK), .dying = true),
	   V(SCX_INIT_TASK, PATH)),
	EX("a BPF scheduler", O(EPROTO, LATE, .seen = W(CANCEL_FORK)), V(SCX_INIT_TASK, PATH)),
	EX("late, and nothing known", O(EPROTO, LATE, .seen = W(CANCEL_FORK), .facts = OLDEST),
	   V(UNEXPLAINED, NONE)),
};

static bool same(const struct ff_verdict *a, const struct ff_verdict *b)
{
	unsigned int i;

	if (a->cause != b->cause || a->proof != b->proof || a->scope != b->scope ||
	    a->unit != b->unit || a->level != b->level || a->restart != b->restart ||
	    a->has_limit != b->has_limit || a->nr_candidates != b->nr_candidates)
		return false;
	if (a->has_limit && (a->limit != b->limit || a->in_use != b->in_use))
		return false;
	for (i = 0; i < a->nr_candidates; i++)
		if (a->candidates[i] != b->candidates[i])
			return false;
	return true;
}

static void test_examples(void **unused)
{
	unsigned int i, wrong = 0;

	for (i = 0; i < ARRAY_SIZE(examples); i++) {
		const struct example *e = &examples[i];
		struct ff_verdict v;
		const char *why = classify_checked(&e->o, &v);

		if (!why && same(&e->v, &v))
			continue;
		wrong++;
		fprintf(stderr, "classify_test.c:%u: %s%s%s:\n", e->line, e->what, why ? ": " : "",
			why ?: "");
		print_observation(&e->o);
		print_verdict("wanted", &e->v);
		print_verdict("got", &v);
	}
	assert_int_equal(wrong, 0);
}

/* What is refused for its arguments is known before the kernel has looked at them. */
static void test_refusals_are_foreseen(void **unused)
{
	unsigned int i, foreseen = 0;

	for (i = 0; i < ARRAY_SIZE(examples); i++) {
		const struct example *e = &examples[i];
		u8 cause = ff_will_refuse(&e->o);

		if (e->o.err != -EINVAL && e->o.err != -EPERM)
			continue;
		if (!(e->o.steps & (B(KERNEL_CLONE) | B(ENTRY)))) {
			assert_int_equal(cause, 0);
		} else if (e->v.cause != FORKFAIL_UNEXPLAINED) {
			assert_int_equal(cause, e->v.cause);
			assert_int_equal(ff_refused_errno(cause), e->o.err);
			foreseen++;
		} else if (cause) {
			assert_int_not_equal(ff_refused_errno(cause), e->o.err);
		}
	}
	assert_true(foreseen > 16);
	assert_int_equal(ff_refused_errno(FORKFAIL_THREADS_MAX), 0);
}

/* The rule that an example's verdict comes from: not only the same cause. */
static bool wins(s32 err, const struct ff_rule *r, const struct example *e)
{
	u8 said;

	if (r->cause != e->v.cause || (err && err != -e->o.err))
		return false;
	if (!(r->steps & e->o.steps))
		return false;
	said = r->match(&e->o);
	return said != NO && said != UNSEEN;
}

/* Symptoms that stand next to others of the same step: candidates at the best. */
static bool never_wins(s32 err, const struct ff_rule *r)
{
	if (err == ENOSPC && (r->cause == FORKFAIL_NS_NOMEM ||
			      r->cause == FORKFAIL_UCOUNTS_ALLOC_NOMEM))
		return true;
	switch (r->cause) {
	case FORKFAIL_KERNEL_STACK_NOMEM:
	case FORKFAIL_KERNEL_STACK_MEMCG:
	case FORKFAIL_VMA_NOMEM:
	case FORKFAIL_PAGETABLE_NOMEM:
	case FORKFAIL_LDT_NOMEM:
	case FORKFAIL_BINFMT_MODULE_GONE:
		return true;
	default:
		return false;
	}
}

static void test_every_rule_has_an_example(void **unused)
{
	unsigned int j, missing = 0;
	const struct ff_rules *of;
	const struct ff_rule *r;

	ff_for_each_rule(of, r) {
		bool found = false;

		for (j = 0; j < ARRAY_SIZE(examples) && !found; j++)
			found = wins(of->err, r, &examples[j]) ||
				(never_wins(of->err, r) && of->err == -examples[j].o.err &&
				 is_candidate(&examples[j].v, r->cause));
		if (found)
			continue;
		missing++;
		fprintf(stderr, "rules.c: no example in classify_test.c for errno %d, %s, steps:",
			of->err, cause_table[r->cause].id);
		for (j = 0; j <= FF_STEP_KERNEL_CLONE; j++)
			if (r->steps & BIT(j))
				fprintf(stderr, " %s", ff_step_names[j]);
		fprintf(stderr, "\n");
	}
	assert_int_equal(missing, 0);
}

/* The table is one of causes.def's causes, errnos and units. */
static void test_rules_are_sane(void **unused)
{
	const struct ff_rules *of, *other;
	const struct ff_rule *r, *s;

	for (of = ff_rules; of < ff_rules + ff_nr_errnos; of++)
		for (other = ff_rules; other < of; other++)
			assert_int_not_equal(of->err, other->err);
	ff_for_each_rule(of, r) {
		assert_true(r->cause && r->cause < nr_causes);
		assert_true(r->steps && !(r->steps >> (FF_STEP_KERNEL_CLONE + 1)));
		assert_true(r->scope < FORKFAIL_NR_SCOPES && r->unit < FORKFAIL_NR_UNITS);
		assert_non_null(r->match);
		if (of->err ? !errno_fits(r->cause, of->err) :
		    strcmp(cause_table[r->cause].errnos, "any"))
			fail_msg("errno %d: causes.def does not have it for %s", of->err,
				 cause_table[r->cause].id);
		for (s = of->rule; s < r; s++)
			if (s->cause == r->cause)
				fail_msg("errno %d: %s twice", of->err,
					 cause_table[r->cause].id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_refusals_are_foreseen),
		cmocka_unit_test(test_every_rule_has_an_example),
		cmocka_unit_test(test_rules_are_sane),
	};

	return cmocka_run_group_tests_name("classify.c", tests, NULL, NULL);
}
