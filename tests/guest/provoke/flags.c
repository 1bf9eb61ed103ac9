// SPDX-License-Identifier: GPL-2.0-only
/*
 * flags.c - arguments that are refused before anything is allocated, by
 * kernel_clone() or at the entry of copy_process()
 *
 * Each case makes several calls.  If two things are wrong at once, the one that the kernel
 * checks first is the cause.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forkfault.h"
#include "internal.h"

#define THREAD		(CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)
#define UID_FLAGS	4270

struct flags {
	uint64_t flags;
	int err;
	const char *cause;
};

static void refuse_at(const struct flags *f, size_t n, const char *step)
{
	for (; n--; f++)
		refused(try_clone(f->flags | SIGCHLD), f->err, f->cause, step);
}

static void refuse(const struct flags *f, size_t n)
{
	refuse_at(f, n, "entry");
}

/* The same for flags that only clone3 can carry. */
static void refuse3(const struct flags *f, size_t n, unsigned int exit_signal)
{
	struct clone3_args args = { .exit_signal = exit_signal };

	for (; n--; f++) {
		args.flags = f->flags;
		refused(try_clone3(&args, sizeof(args)), f->err, f->cause,
			"entry");
	}
}

#define WORD_ANSWER	(FF_FLAGS - 1)

static void ask_clone3(void *arg)
{
	long ret;

	/* this refusal does not belong to the case */
	prctl(PR_SET_NAME, "ff-ask");
	ret = quiet_clone3(arg);
	if (ret > 0)
		kill(ret, SIGKILL);
	shared_words()[WORD_ANSWER] = ret;
}

/**
 * clone3_knows() - does clone3 know these flags?
 * @flags: they must be right together: then a kernel that knows them creates a
 *	process, and one that does not refuses them
 * @exit_signal: of the process
 *
 * Return: true if it does; ends the case if it says anything else.
 */
bool clone3_knows(uint64_t flags, unsigned int exit_signal)
{
	int pidfd;
	struct clone3_args args = {
		.flags = flags,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = exit_signal,
	};
	long ret;

	join(spawn(ask_clone3, &args));
	ret = shared_words()[WORD_ANSWER];
	if (ret < 0 && ret != -EINVAL)
		fail("clone3 with flags %#llx: %s", (unsigned long long)flags,
		     strerror(-ret));
	return ret > 0;
}

static void needs_flags(uint64_t flags, unsigned int exit_signal)
{
	if (!clone3_knows(flags, exit_signal))
		absent("clone3 does not know flags %#llx", (unsigned long long)flags);
}

static void newns_with_fs(void)
{
	static const struct flags flags[] = {
		{ CLONE_NEWNS | CLONE_FS, EINVAL, "newns-with-fs" },
		{ CLONE_NEWNS | CLONE_FS | CLONE_NEWUSER, EINVAL,
		  "newns-with-fs" },
		{ CLONE_NEWNS | CLONE_FS | CLONE_THREAD, EINVAL,
		  "newns-with-fs" },
	};

	refuse(flags, ARRAY_SIZE(flags));
}

/* An empty mount namespace implies a new one, even without that flag. */
static void empty_mntns_with_fs(void)
{
	struct clone3_args args = {
		.flags = CLONE_EMPTY_MNTNS | CLONE_FS,
		.exit_signal = SIGCHLD,
	};
	struct ff_expect *e;

	needs_flags(CLONE_EMPTY_MNTNS, SIGCHLD);
	e = refused(try_clone3(&args, sizeof(args)), EINVAL, "newns-with-fs",
		    "entry");
	exp_number(e, "flags", CLONE_EMPTY_MNTNS | CLONE_NEWNS | CLONE_FS);
}

static void newuser_with_fs(void)
{
	static const struct flags flags[] = {
		{ CLONE_NEWUSER | CLONE_FS, EINVAL, "newuser-with-fs" },
		{ CLONE_NEWUSER | CLONE_FS | CLONE_SIGHAND, EINVAL,
		  "newuser-with-fs" },
	};

	refuse(flags, ARRAY_SIZE(flags));
}

static void userns_unpriv_sysctl(void)
{
	static const struct flags flags[] = {
		{ CLONE_NEWUSER, EPERM, "userns-unpriv-sysctl" },
		{ CLONE_NEWUSER | CLONE_THREAD, EPERM, "userns-unpriv-sysctl" },
		{ CLONE_NEWUSER | CLONE_FS, EINVAL, "newuser-with-fs" },
	};

	if (access("/proc/sys/kernel/unprivileged_userns_clone", F_OK))
		skip("only kernels of Debian and Ubuntu have this sysctl");
	sysctl_set("kernel/unprivileged_userns_clone", 0);
	become(UID_FLAGS);
	refuse(flags, ARRAY_SIZE(flags));
}

static void thread_without_sighand(void)
{
	static const struct flags flags[] = {
		{ CLONE_THREAD, EINVAL, "thread-without-sighand" },
		{ CLONE_THREAD | CLONE_VM, EINVAL, "thread-without-sighand" },
		{ CLONE_THREAD | CLONE_VM | CLONE_NEWPID, EINVAL,
		  "thread-without-sighand" },
	};

	refuse(flags, ARRAY_SIZE(flags));
}

static void sighand_without_vm(void)
{
	static const struct flags flags[] = {
		{ CLONE_SIGHAND, EINVAL, "sighand-without-vm" },
		{ CLONE_SIGHAND | CLONE_THREAD, EINVAL, "sighand-without-vm" },
		{ CLONE_SIGHAND | CLONE_THREAD | CLONE_NEWUSER, EINVAL,
		  "sighand-without-vm" },
	};

	refuse(flags, ARRAY_SIZE(flags));
}

static void as_init(void *arg)
{
	static const struct flags flags[] = {
		{ CLONE_PARENT, EINVAL, "clone-parent-of-init" },
		{ CLONE_PARENT | THREAD | CLONE_NEWPID, EINVAL,
		  "clone-parent-of-init" },
		{ CLONE_PARENT | CLONE_SIGHAND, EINVAL, "sighand-without-vm" },
	};

	(void)arg;
	refuse(flags, ARRAY_SIZE(flags));
}

static void clone_parent_of_init(void)
{
	join(spawn_in(CLONE_NEWPID, as_init, NULL));
}

static void thread_pidns_mismatch(void)
{
	static const struct flags flags[] = {
		{ THREAD | CLONE_NEWPID, EINVAL, "thread-pidns-mismatch" },
		{ THREAD | CLONE_NEWUSER, EINVAL, "thread-pidns-mismatch" },
	};

	refuse(flags, ARRAY_SIZE(flags));
	if (unshare(CLONE_NEWPID))
		fail("unshare(CLONE_NEWPID): %s", strerror(errno));
	refused(try_thread(), EINVAL, "thread-pidns-mismatch", "entry");
	refused(try_pthread(), EINVAL, "thread-pidns-mismatch", "entry");
}

static void timens_thread_or_vm(void)
{
	long ret;

	if (unshare(CLONE_NEWTIME))
		skip("unshare(CLONE_NEWTIME): %s", strerror(errno));
	ret = try_clone(CLONE_VM | CLONE_VFORK | SIGCHLD);
	if (ret >= 0)
		absent("vfork after unshare(CLONE_NEWTIME) succeeds");
	refused(ret, EINVAL, "timens-thread-or-vm", "entry");
	refused(try_thread(), EINVAL, "timens-thread-or-vm", "entry");
}

static void pidfd_detached(void)
{
	static const struct flags flags[] = {
		{ CLONE_PIDFD | CLONE_DETACHED, EINVAL, "pidfd-detached" },
	};

	refuse(flags, ARRAY_SIZE(flags));
}

static void pidfd_thread(void)
{
	int pidfd;
	struct clone3_args args = {
		.flags = CLONE_PIDFD | THREAD,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
	};
	long ret = try_clone3(&args, sizeof(args));

	if (ret >= 0)
		absent("a thread may have a pidfd");
	refused(ret, EINVAL, "pidfd-thread", "entry");
}

static void from_autoreaped(void)
{
	static const struct flags parent[] = {
		{ CLONE_PARENT, EINVAL, "autoreap-combination" },
	};
	struct clone3_args args = { .flags = CLONE_AUTOREAP };
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid < 0)
		fail("clone3(CLONE_AUTOREAP): %s", strerror(errno));
	if (pid) {
		sync_wait(1);
		return;
	}
	refuse3(parent, ARRAY_SIZE(parent), 0);
	sync_post(1);
	_exit(0);
}

static void autoreap_combination(void)
{
	static const struct flags flags[] = {
		{ CLONE_AUTOREAP | THREAD, EINVAL, "autoreap-combination" },
		{ CLONE_AUTOREAP | CLONE_PARENT, EINVAL, "autoreap-combination" },
		{ CLONE_AUTOREAP | THREAD | CLONE_NNP, EINVAL, "autoreap-combination" },
	};
	static const struct flags with_signal[] = {
		{ CLONE_AUTOREAP, EINVAL, "autoreap-combination" },
	};

	needs_flags(CLONE_AUTOREAP, 0);
	refuse3(flags, ARRAY_SIZE(flags), 0);
	refuse3(with_signal, ARRAY_SIZE(with_signal), SIGCHLD);
	from_autoreaped();
}

static void nnp_thread(void)
{
	static const struct flags flags[] = {
		{ CLONE_NNP | THREAD, EINVAL, "nnp-thread" },
		{ CLONE_NNP | THREAD | CLONE_PIDFD_AUTOKILL, EINVAL, "nnp-thread" },
	};

	needs_flags(CLONE_NNP, SIGCHLD);
	refuse3(flags, ARRAY_SIZE(flags), 0);
}

static void autokill_combination(void)
{
	static const struct flags flags[] = {
		{ CLONE_PIDFD_AUTOKILL, EINVAL, "autokill-combination" },
		{ CLONE_PIDFD_AUTOKILL | CLONE_AUTOREAP, EINVAL, "autokill-combination" },
		{ CLONE_PIDFD_AUTOKILL | CLONE_PIDFD, EINVAL, "autokill-combination" },
		{ CLONE_PIDFD_AUTOKILL | CLONE_PIDFD | THREAD, EINVAL,
		  "autokill-combination" },
	};

	needs_flags(CLONE_PIDFD_AUTOKILL | CLONE_AUTOREAP | CLONE_PIDFD, 0);
	refuse3(flags, ARRAY_SIZE(flags), 0);
}

static void autokill_cap(void)
{
	static const struct flags flags[] = {
		{ CLONE_PIDFD_AUTOKILL | CLONE_AUTOREAP | CLONE_PIDFD, EPERM, "autokill-cap" },
	};

	needs_flags(CLONE_PIDFD_AUTOKILL | CLONE_AUTOREAP | CLONE_PIDFD, 0);
	become(UID_FLAGS);
	refuse3(flags, ARRAY_SIZE(flags), 0);
}

/* Old clone stores both at the same address; clone3 can be told to. */
static void pidfd_parent_settid(void)
{
	static const struct flags flags[] = {
		{ CLONE_PIDFD | CLONE_PARENT_SETTID, EINVAL,
		  "pidfd-parent-settid" },
		{ CLONE_PIDFD | CLONE_PARENT_SETTID | CLONE_SIGHAND, EINVAL,
		  "pidfd-parent-settid" },
	};
	int place;
	struct clone3_args args = {
		.flags = CLONE_PIDFD | CLONE_PARENT_SETTID,
		.pidfd = (uint64_t)(uintptr_t)&place,
		.parent_tid = (uint64_t)(uintptr_t)&place,
		.exit_signal = SIGCHLD,
	};

	refuse_at(flags, ARRAY_SIZE(flags), "kernel_clone");
	refused(try_clone3(&args, sizeof(args)), EINVAL, "pidfd-parent-settid",
		"kernel_clone");
}

/*
 * Old clone has eight bits for the signal. On older kernels only clone3 checks whether the
 * signal exists, before kernel_clone(): see clone3.c.
 */
static void exit_signal_invalid(void)
{
	struct clone3_args args = { .exit_signal = 65 };
	long ret = try_clone(65);

	if (ret >= 0)
		absent("old clone takes any exit signal");
	refused(ret, EINVAL, "exit-signal-invalid", "kernel_clone");
	refused(try_clone(255 | CLONE_SIGHAND), EINVAL, "exit-signal-invalid",
		"kernel_clone");
	refused(try_clone3(&args, sizeof(args)), EINVAL, "exit-signal-invalid",
		"kernel_clone");
}

const struct ff_case flags_cases[] = {
	{ "pidfd-parent-settid", "pidfd-parent-settid",
	  .run = pidfd_parent_settid,
	  .what = "pidfd and parent's tid in one place, clone and clone3" },
	{ "exit-signal-invalid", "exit-signal-invalid",
	  .run = exit_signal_invalid,
	  .what = "signals above 64" },
	{ "newns-with-fs", "newns-with-fs", .run = newns_with_fs,
	  .what = "CLONE_NEWNS with CLONE_FS, and with more that is wrong" },
	{ "empty-mntns-with-fs", "newns-with-fs",
	  .run = empty_mntns_with_fs,
	  .what = "CLONE_EMPTY_MNTNS with CLONE_FS" },
	{ "newuser-with-fs", "newuser-with-fs", .run = newuser_with_fs,
	  .what = "CLONE_NEWUSER with CLONE_FS, and with more that is wrong" },
	{ "userns-unpriv-sysctl", "userns-unpriv-sysctl",
	  .flags = FF_HOST,
	  .run = userns_unpriv_sysctl,
	  .what = "user namespaces switched off for ordinary users" },
	{ "thread-without-sighand", "thread-without-sighand",
	  .run = thread_without_sighand,
	  .what = "CLONE_THREAD alone, and with more that is wrong" },
	{ "sighand-without-vm", "sighand-without-vm",
	  .run = sighand_without_vm,
	  .what = "CLONE_SIGHAND alone, and with more that is wrong" },
	{ "clone-parent-of-init", "clone-parent-of-init",
	  .run = clone_parent_of_init,
	  .what = "CLONE_PARENT by PID 1 of a namespace" },
	{ "thread-pidns-mismatch", "thread-pidns-mismatch",
	  .run = thread_pidns_mismatch,
	  .what = "threads with new namespaces, and after unshare of the PID one" },
	{ "timens-thread-or-vm", "timens-thread-or-vm",
	  .run = timens_thread_or_vm,
	  .what = "vfork and thread after unshare of the time namespace" },
	{ "pidfd-detached", "pidfd-detached", .run = pidfd_detached,
	  .what = "CLONE_PIDFD with CLONE_DETACHED" },
	{ "pidfd-thread", "pidfd-thread",
	  .run = pidfd_thread, .what = "CLONE_PIDFD for a thread" },
	{ "autoreap-combination", "autoreap-combination",
	  .run = autoreap_combination,
	  .what = "CLONE_AUTOREAP with a thread, parent or exit signal" },
	{ "nnp-thread", "nnp-thread",
	  .run = nnp_thread,
	  .what = "CLONE_NNP for a thread" },
	{ "autokill-combination", "autokill-combination",
	  .run = autokill_combination,
	  .what = "CLONE_PIDFD_AUTOKILL without what it needs" },
	{ "autokill-cap", "autokill-cap",
	  .run = autokill_cap,
	  .what = "CLONE_PIDFD_AUTOKILL without privileges" },
	{ .name = NULL },
};
