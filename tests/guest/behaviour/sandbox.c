// SPDX-License-Identifier: GPL-2.0-only
/*
 * sandbox.c - ordinary programs in the sandboxes of systemd and Docker
 *
 * The filters are made with libseccomp: those of systemd's SystemCallFilter= (a list of
 * denied calls, a list of allowed calls, an errno or a kill for the others), and the part of
 * Docker's default profile that concerns creating tasks, as it was when clone3() was new,
 * and as it is now.
 */
#define _GNU_SOURCE
#ifdef WITHOUT_SECCOMP
#include "../../lib/clone_args.h"
#include "guest.h"

void test_sandbox(void)
{
	skip("built without libseccomp");
}
#else
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/syscall.h>

#include "../../lib/clone_args.h"
#include "guest.h"

/* The calls of systemd's @process that create tasks. */
static const int creating[] = {
	SCMP_SYS(clone), SYS_clone3, SCMP_SYS(fork), SCMP_SYS(vfork),
};

/* Flags with which Docker's profile denies clone(): those for namespaces. */
#define NAMESPACES	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | \
			 CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

static scmp_filter_ctx begin(uint32_t otherwise)
{
	scmp_filter_ctx ctx = seccomp_init(otherwise);

	if (!ctx)
		_exit(91);
	return ctx;
}

static void rule(scmp_filter_ctx ctx, uint32_t action, int nr)
{
	if (seccomp_rule_add(ctx, action, nr, 0))
		_exit(92);
}

static void end(scmp_filter_ctx ctx)
{
	if (seccomp_load(ctx))
		_exit(93);
	seccomp_release(ctx);
}

/* All system calls except those that create tasks. */
static void allow_others(scmp_filter_ctx ctx)
{
	unsigned int i;
	char *name;
	int nr;

	/* hundreds of rules: a binary tree instead of a list */
	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (nr = 0; nr < SYS_clone3 + 64; nr++) {
		name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);
		for (i = 0; i < ARRAY_SIZE(creating) && nr != creating[i]; i++)
			;
		if (name && i == ARRAY_SIZE(creating))
			rule(ctx, SCMP_ACT_ALLOW, nr);
		free(name);
	}
}

/* SystemCallFilter=~@process */
static void deny_list(uint32_t action)
{
	scmp_filter_ctx ctx = begin(SCMP_ACT_ALLOW);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(creating); i++)
		rule(ctx, action, creating[i]);
	end(ctx);
}

/* SystemCallFilter= with groups that do not contain the calls */
static void allow_list(uint32_t action)
{
	scmp_filter_ctx ctx = begin(action);

	allow_others(ctx);
	end(ctx);
}

/* EPERM for calls that are not listed; @action for clone3(), if that is listed. */
static void docker(uint32_t action)
{
	scmp_filter_ctx ctx = begin(SCMP_ACT_ERRNO(EPERM));

	allow_others(ctx);
	rule(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fork));
	rule(ctx, SCMP_ACT_ALLOW, SCMP_SYS(vfork));
	if (seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
			     SCMP_A0(SCMP_CMP_MASKED_EQ, NAMESPACES, 0)))
		_exit(94);
	if (action)
		rule(ctx, action, SYS_clone3);
	end(ctx);
}

#define BASH(script)	"bash", { "/bin/bash", "-c", script }
#define ONE_THREAD(lib)	"one-" lib, { "/host/threads-" lib, "one-" lib, "once", "1" }
#define NEW_USER	"guest-tests", { NULL }	/* clone() into a user namespace */
#define KILLED		(128 + SIGSYS)
#define NO_EVENT	NULL, NULL, NULL, NULL

/**
 * struct trial - a program in a sandbox
 * @profile: makes the sandbox
 * @action: what that does with what it refuses
 * @comm: its name
 * @program: its path and arguments; this one if there is none
 * @status: what it ends with
 * @cause: what the one event of it says, or NULL if there is none
 * @fallbacks: how often clone3() was not there for it
 */
static const struct trial {
	const char *what;
	void (*profile)(uint32_t action);
	uint32_t action;
	const char *comm, *program[4];
	int status;
	const char *cause, *err, *syscall, *kind;
	unsigned int fallbacks;
} trials[] = {
	{ "bash, $(...), denied", deny_list, SCMP_ACT_ERRNO(EPERM),
	  BASH("x=$(echo hi)"), 254, "seccomp-errno", "EPERM", "clone", "process", 0 },
	{ "bash, a pipeline, denied", deny_list, SCMP_ACT_ERRNO(EACCES),
	  BASH("echo hi | read x"), 254, "seccomp-errno", "EACCES", "clone", "process", 0 },
	{ "bash, $(...), not allowed", allow_list, SCMP_ACT_ERRNO(EPERM),
	  BASH("x=$(echo hi)"), 254, "seccomp-errno", "EPERM", "clone", "process", 0 },
	{ "bash, $(...), a deny list that kills", deny_list, SCMP_ACT_KILL_PROCESS,
	  BASH("x=$(echo hi)"), KILLED, "seccomp-kill", "none", "clone", "process", 0 },
	{ "bash, $(...), an allow list that kills", allow_list, SCMP_ACT_KILL_PROCESS,
	  BASH("x=$(echo hi)"), KILLED, "seccomp-kill", "none", "clone", "process", 0 },
	{ "bash, builtins alone", allow_list, SCMP_ACT_KILL_PROCESS,
	  BASH("read -r x </proc/forkfail; [[ $x = forkfail* ]]"), 0, NO_EVENT, 0 },
	{ "glibc, a deny list that says ENOSYS", deny_list, SCMP_ACT_ERRNO(ENOSYS),
	  ONE_THREAD("glibc"), ENOSYS, "seccomp-errno", "ENOSYS", "clone", "thread", 1 },
	{ "glibc, old Docker", docker, 0,
	  ONE_THREAD("glibc"), EPERM, "seccomp-errno", "EPERM", "clone3", "thread", 0 },
	{ "glibc, static, old Docker", docker, 0,
	  ONE_THREAD("static"), EPERM, "seccomp-errno", "EPERM", "clone3", "thread", 0 },
	{ "musl knows no clone3(), old Docker", docker, 0,
	  ONE_THREAD("musl"), 0, NO_EVENT, 0 },
	{ "glibc, new Docker", docker, SCMP_ACT_ERRNO(ENOSYS),
	  ONE_THREAD("glibc"), 0, NO_EVENT, 1 },
	{ "glibc, static, new Docker", docker, SCMP_ACT_ERRNO(ENOSYS),
	  ONE_THREAD("static"), 0, NO_EVENT, 1 },
	{ "musl, new Docker", docker, SCMP_ACT_ERRNO(ENOSYS),
	  ONE_THREAD("musl"), 0, NO_EVENT, 0 },
	{ "bash, new Docker", docker, SCMP_ACT_ERRNO(ENOSYS),
	  BASH("[ \"$(echo hi | cat)\" = hi ]"), 0, NO_EVENT, 0 },
	{ "a user namespace, new Docker", docker, SCMP_ACT_ERRNO(ENOSYS),
	  NEW_USER, EPERM, "seccomp-errno", "EPERM", "clone", "process", 0 },
};

static pid_t start(const struct trial *t)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (pid)
		return pid;
	/* bash's error message */
	if (!freopen("/dev/null", "w", stderr))
		_exit(95);
	t->profile(t->action);
	if (t->program[0])
		execl(t->program[0], t->program[0], t->program[1], t->program[2],
		      t->program[3], NULL);
	else
		_exit(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0) < 0 ? errno : 0);
	_exit(96);
}

/* There is one event, with the cause; the page says whose it was. */
static void check_event(const struct trial *t, const struct text *page, const struct text *log,
			pid_t pid)
{
	const struct event *found = NULL;
	unsigned int i, n = 0;
	char whose[64], also[64];
	bool named;

	for (i = 0; i < log->nr_events; i++)
		if (atoi(value(&log->events[i], FORKFAIL_KEY_TGID)) == pid) {
			found = &log->events[i];
			n += 1 + found->repeat;
		}
	if (!t->cause) {
		ok(!n, "%s: no event", t->what);
		return;
	}
	snprintf(whose, sizeof(whose), " ago %s[%d] ", t->comm, pid);
	ok(n == 1 && !strcmp(cause_name(found->cause), t->cause) &&
	   !strcmp(value(found, FORKFAIL_KEY_ERRNO), t->err) &&
	   !strcmp(value(found, FORKFAIL_KEY_SYSCALL), t->syscall) &&
	   !strcmp(value(found, FORKFAIL_KEY_KIND), t->kind) &&
	   !strcmp(value(found, FORKFAIL_KEY_COMM), t->comm) &&
	   !strcmp(value(found, FORKFAIL_KEY_STEP), "seccomp"),
	   "%s: %u events; %s errno=%s syscall=%s kind=%s comm=%s", t->what, n,
	   found ? cause_name(found->cause) : "-", found ? value(found, FORKFAIL_KEY_ERRNO) : "",
	   found ? value(found, FORKFAIL_KEY_SYSCALL) : "",
	   found ? value(found, FORKFAIL_KEY_KIND) : "",
	   found ? value(found, FORKFAIL_KEY_COMM) : "");
	/* the failure with the higher count comes first on the page */
	snprintf(also, sizeof(also), " %s (", t->cause);
	named = strstr(page->last, whose);
	for (i = 0; i < page->nr_also; i++)
		named |= !!strstr(page->also[i], also);
	ok(named,
	   "%s: the page's first lines are about it, or name it: %s", t->what, page->last);
}

static void try_one(const struct trial *t)
{
	static struct text before, page, log;
	pid_t pid;
	int status;

	if (!read_page(&before))
		die("the page: %s", before.wrong);
	pid = start(t);
	status = wait_for(pid);
	ok(status == t->status, "%s: status %d", t->what, status);
	if (!read_page(&page) || !read_log(&log))
		die("page or log: %s%s", page.wrong, log.wrong);
	check_event(t, &page, &log, pid);
	ok(all_rows(&page) - all_rows(&before) == !!t->cause &&
	   page.fallbacks - before.fallbacks == t->fallbacks,
	   "%s: %llu failures counted, %llu times no clone3()", t->what,
	   (unsigned long long)(all_rows(&page) - all_rows(&before)),
	   (unsigned long long)(page.fallbacks - before.fallbacks));
	text_free(&before);
	text_free(&page);
	text_free(&log);
}

void test_sandbox(void)
{
	unsigned int i;

	fresh(NULL);
	for (i = 0; i < ARRAY_SIZE(trials); i++)
		try_one(&trials[i]);
}
#endif /* WITHOUT_SECCOMP */
