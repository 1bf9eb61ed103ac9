// SPDX-License-Identifier: GPL-2.0-only
/*
 * pid_namespace.c - PID namespaces without a free PID, and dead ones
 *
 * If there is one pid_max for the machine, the kernel accepts no value below 301.  So the
 * initial namespace is filled, and its low PIDs with set_tid, because after the first wrap the
 * kernel does not use PIDs below 300.  On newer kernels each namespace has
 * its own pid_max, which is written from inside.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forkfault.h"

#define PID_MAX_MIN	301
#define RESERVED_PIDS	300
#define PID_LIMIT	(1 << 22)
#define PID_MAX_PATH	"/proc/sys/kernel/pid_max"

enum { READY = 3, FILLED, FULL, ASKED, COUNTED, NUMBERED };

static uint8_t used[PID_LIMIT / 8];

static bool is_used(int nr)
{
	return used[nr / 8] & 1 << nr % 8;
}

static int use(int nr)
{
	if (nr <= 0 || nr >= PID_LIMIT || is_used(nr))
		return 0;
	used[nr / 8] |= 1 << nr % 8;
	return 1;
}

/*
 * count_numbers - numbers in use in the initial PID namespace
 *
 * A number is in use while any task has it as its own, as its process group's
 * or as its session's.
 */
static unsigned int count_numbers(void)
{
	DIR *proc = opendir("/proc"), *tasks;
	char path[64], text[512], *p;
	struct dirent *d, *t;
	unsigned int n = 0;
	int group, session;

	memset(used, 0, sizeof(used));
	if (!proc)
		fail("/proc: %s", strerror(errno));
	while ((d = readdir(proc))) {
		if (d->d_name[0] < '1' || d->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/stat", d->d_name);
		if (!read_file(path, text, sizeof(text)))
			continue;
		p = strrchr(text, ')');
		if (p && sscanf(p, ") %*c %*d %d %d", &group, &session) == 2)
			n += use(group) + use(session);
		snprintf(path, sizeof(path), "/proc/%.20s/task", d->d_name);
		tasks = opendir(path);
		while (tasks && (t = readdir(tasks)))
			n += use(atoi(t->d_name));
		if (tasks)
			closedir(tasks);
	}
	closedir(proc);
	return n;
}

static void end_now(void *arg)
{
	(void)arg;
}

/* Use up PIDs until the namespace's next one is above the reserved ones. */
static void pass_reserved(void)
{
	pid_t pid;

	do {
		pid = spawn(end_now, NULL);
		join(pid);
	} while (pid <= RESERVED_PIDS);
}

/* Create sleepers until one is refused; returns how many were created. */
static unsigned int fork_until_refused(long *ret)
{
	unsigned int n;

	who_am_i();
	for (n = 0; n < 500; n++) {
		*ret = try_fork();
		if (*ret < 0)
			break;
	}
	ff_who_frozen = false;
	return n;
}

/*
 * fill_all - a sleeper for every number of the initial namespace below 301
 *
 * It has another name, because failures here are not those of the case.
 */
static void fill_all(void *arg)
{
	pid_t nr;
	struct clone3_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uint64_t)(uintptr_t)&nr,
		.set_tid_size = 1,
	};
	long ret;

	(void)arg;
	prctl(PR_SET_NAME, "ff-filler");
	pass_reserved();
	who_am_i();
	count_numbers();
	for (nr = 1; nr < RESERVED_PIDS; nr++) {
		if (is_used(nr))
			continue;
		ret = try_clone3(&args, sizeof(args));
		if (ret < 0 && ret != -EEXIST)
			fail("clone3 with set_tid %d: %s", nr, strerror(-ret));
	}
	sysctl_set("kernel/pid_max", PID_MAX_MIN);
	fork_until_refused(&ret);
	sync_post(FILLED);
	sleep_forever();
}

static void fill_initial(void)
{
	spawn(fill_all, NULL);
	sync_wait(FILLED);
}

/* Trying would change the machine's pid_max if there is only one. */
static bool namespaces_have_pid_max(void)
{
	return kernel_has("register_pidns_sysctls");
}

static void in_use_between(struct ff_expect *e, uint64_t a, uint64_t b)
{
	exp_range(e, "in_use", a < b ? a : b, a < b ? b : a);
}

static void lower_own_pid_max(unsigned int to)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", to);
	if (!write_file(PID_MAX_PATH, text))
		fail("writing %s to the namespace's pid_max: %s", text,
		     strerror(errno));
}

/* PID 1 of a namespace with 300 PIDs uses up all of them. */
static void exhaust_own(void *arg)
{
	unsigned long ns = ns_inode(0, "pid");
	struct ff_expect *e;
	unsigned int n;
	long ret;

	(void)arg;
	lower_own_pid_max(PID_MAX_MIN);
	n = fork_until_refused(&ret);
	e = refused(ret, EAGAIN, "pid-exhausted", "alloc_pid");
	if (n != PID_MAX_MIN - 2)
		fail("refused after %u forks, expected %d", n, PID_MAX_MIN - 2);
	exp_limit(e, "pids", PID_MAX_MIN - 1, n + 1);
	exp_object(e, "pidns", "pidns %lu level 1", ns);
}

static void pid_exhausted(void)
{
	uint64_t outer = sysctl_get("kernel/pid_max");
	struct ff_expect *e;
	unsigned int before;
	long ret;

	if (namespaces_have_pid_max()) {
		join(spawn_in(CLONE_NEWPID, exhaust_own, NULL));
		if (sysctl_get("kernel/pid_max") != outer)
			fail("pid_max of the initial namespace has changed");
		return;
	}
	fill_initial();
	before = count_numbers();
	ret = try_fork();
	e = refused(ret, EAGAIN, "pid-exhausted", "alloc_pid");
	exp_limit(e, "pids", PID_MAX_MIN - 1, before);
	in_use_between(e, before, count_numbers());
	exp_object(e, "pidns", "pidns %lu level 0", ns_inode(0, "pid"));
}

#define WRAP_PIDS	10

static void exhaust_after_wrap(void *arg)
{
	unsigned long ns = ns_inode(0, "pid");
	bool own = !!arg;
	struct ff_expect *e;
	unsigned int n;
	long ret;

	pass_reserved();
	if (own)
		lower_own_pid_max(RESERVED_PIDS + WRAP_PIDS);
	else
		sysctl_set("kernel/pid_max", RESERVED_PIDS + WRAP_PIDS);
	n = fork_until_refused(&ret);
	e = refused(ret, EAGAIN, "pid-exhausted-after-wrap", "alloc_pid");
	if (n > WRAP_PIDS)
		fail("refused after %u forks, expected at most %d", n,
		     WRAP_PIDS);
	exp_limit(e, "pids", WRAP_PIDS, WRAP_PIDS);
	exp_object(e, "pidns", "pidns %lu level %d", ns, own);
}

static void pid_after_wrap(void)
{
	if (namespaces_have_pid_max())
		join(spawn_in(CLONE_NEWPID, exhaust_after_wrap, "own"));
	else
		exhaust_after_wrap(NULL);
}

/*
 * Three nested namespaces; the middle one or the initial one is full. Each level notes its
 * inode number and creates the next; PID 1 of the innermost makes the call.
 */
struct nest {
	int level;
	int full;
};

#define WORD_BEFORE	10
#define WORD_AFTER	11

static void ask_nested(const struct nest *nest)
{
	uint64_t *word = shared_words();
	struct ff_expect *e;
	long ret;

	sync_post(READY);
	sync_wait(FULL);
	ret = try_fork();
	sync_post(ASKED);
	sync_wait(COUNTED);
	e = refused(ret, EAGAIN, "pid-exhausted", "alloc_pid");
	exp_limit(e, "pids", PID_MAX_MIN - 1, 0);
	in_use_between(e, word[WORD_BEFORE], word[WORD_AFTER]);
	exp_object(e, "pidns", "pidns %llu level %d",
		   (unsigned long long)word[nest->full], nest->full);
}

static void nested(void *arg)
{
	struct nest *nest = arg;
	long ret;
	pid_t pid;

	nest->level++;
	shared_words()[nest->level] = ns_inode(0, "pid");
	if (nest->level == 3) {
		ask_nested(nest);
		return;
	}
	pid = spawn_in(CLONE_NEWPID, nested, nest);
	if (nest->level == nest->full) {
		sync_wait(READY);
		prctl(PR_SET_NAME, "ff-filler");
		lower_own_pid_max(PID_MAX_MIN);
		/* it has its own PID 1 and that of the innermost already */
		if (fork_until_refused(&ret) != PID_MAX_MIN - 3)
			fail("namespace %d did not fill", nest->level);
		shared_words()[WORD_BEFORE] = PID_MAX_MIN - 1;
		shared_words()[WORD_AFTER] = PID_MAX_MIN - 1;
		sync_post(FULL);
		sync_post(COUNTED);
	}
	join(pid);
}

static void pid_middle(void)
{
	struct nest nest = { .full = 2 };

	if (!namespaces_have_pid_max())
		absent("a PID namespace has no pid_max of its own");
	join(spawn_in(CLONE_NEWPID, nested, &nest));
}

static void pid_outermost(void)
{
	struct nest nest = { .full = 0 };
	uint64_t *word = shared_words();
	pid_t pid;

	word[0] = ns_inode(0, "pid");
	pid = spawn_in(CLONE_NEWPID, nested, &nest);
	sync_wait(READY);
	fill_initial();
	word[WORD_BEFORE] = count_numbers();
	sync_post(FULL);
	sync_wait(ASKED);
	word[WORD_AFTER] = count_numbers();
	sync_post(COUNTED);
	join(pid);
}

static void note_own_pidns(void *arg)
{
	(void)arg;
	shared_words()[0] = ns_inode(0, "pid");
}

/* A container whose PID 1 has ended. */
static void pidns_dead(void)
{
	struct ff_expect *e;

	if (unshare(CLONE_NEWPID))
		fail("unshare(CLONE_NEWPID): %s", strerror(errno));
	join(spawn(note_own_pidns, NULL));
	e = refused(try_fork(), ENOMEM, "pidns-dead", "alloc_pid");
	exp_object(e, "pidns", "pidns %llu level 1",
		   (unsigned long long)shared_words()[0]);
	e = refused(try_clone(CLONE_VM | CLONE_VFORK | SIGCHLD), ENOMEM,
		    "pidns-dead", "alloc_pid");
	exp_object(e, "pidns", "pidns %llu level 1",
		   (unsigned long long)shared_words()[0]);
}

static void take_inode_number(void *arg)
{
	int flag = *(int *)arg;

	sync_wait(flag);
	if (unshare(CLONE_NEWUTS))
		fail("unshare(CLONE_NEWUTS): %s", strerror(errno));
	shared_words()[flag] = ns_inode(0, "uts");
	sync_post(NUMBERED);
	sleep_forever();
}

/*
 * The first fork into a new PID namespace is refused by the pids controller, which closes the
 * namespace. Nothing in /proc shows the number of a namespace that never had a PID 1, but the
 * lowest free number is used: it lies between those of two UTS namespaces created right before
 * and after it.
 */
static void pidns_poisoned(void)
{
	uint64_t *word = shared_words();
	int low = 1, high = 2;
	const char *cg = cg_new("", "pids");
	struct ff_expect *first, *e;
	long ret;

	spawn(take_inode_number, &low);
	spawn(take_inode_number, &high);
	cg_enter(cg);
	cg_set(cg, "pids.max", "1");

	sync_post(low);
	sync_wait(NUMBERED);
	if (unshare(CLONE_NEWPID))
		fail("unshare(CLONE_NEWPID): %s", strerror(errno));
	sync_post(high);
	sync_wait(NUMBERED);

	first = refused(try_fork(), EAGAIN, "pids-max", "cgroup_can_fork");
	exp_limit(first, "tasks", 1, 1);
	exp_object(first, "cgroup", "%s", cg);
	cg_set(cg, "pids.max", "max");
	ret = try_fork();
	if (ret >= 0)
		absent("a first fork that was refused leaves the namespace open");
	e = refused(ret, ENOMEM, "pidns-poisoned-by-first-fork", "alloc_pid");
	exp_object_between(e, "pidns", "pidns # level 1", word[low] + 1,
			   word[high] - 1);
	exp_first(e, first, "pids-max");
}

const struct ff_case pid_namespace_cases[] = {
	{ "pid-exhausted", "pid-exhausted", .flags = FF_HOST,
	  .run = pid_exhausted,
	  .what = "all 300 numbers of a PID namespace are taken" },
	{ "pid-exhausted-after-wrap", "pid-exhausted-after-wrap",
	  .flags = FF_HOST, .run = pid_after_wrap,
	  .what = "numbers above 300 are taken, free ones below do not count" },
	{ "pid-exhausted-middle", "pid-exhausted", .flags = FF_GENERIC,
	  .run = pid_middle,
	  .what = "three nested PID namespaces, the middle one is full" },
	{ "pid-exhausted-outermost", "pid-exhausted", .flags = FF_HOST | FF_GENERIC,
	  .run = pid_outermost,
	  .what = "three nested PID namespaces, the machine's own is full" },
	{ "pidns-dead", "pidns-dead", .run = pidns_dead,
	  .what = "PID 1 of the namespace has ended, fork and vfork" },
	{ "pidns-poisoned", "pidns-poisoned-by-first-fork",
	  .run = pidns_poisoned,
	  .what = "the first fork into a namespace was refused, then another" },
	{ .name = NULL },
};
