// SPDX-License-Identifier: GPL-2.0-only
/*
 * failload.c - every allocation of loading the module fails once, and of switching hooks off
 *
 * Each time the module is loaded completely, or it is not loaded and nothing of it is
 * left.  Hooks that could not be switched off see everything again when they are switched on.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "fail_nth.h"
#include "guest.h"

#define NEVER		1000000
#define LOADS		20	/* of each part, if it has to be quick */

static bool clean(const char *path)
{
	char *s = slurp(path, NULL);
	bool empty = s && !*s;

	if (!empty)
		note("%s: %s", path, s ?: strerror(errno));
	free(s);
	return empty;
}

static void load_at(unsigned int n, const char *params)
{
	struct utsname name;
	char path[300];
	int fd, ko;

	uname(&name);
	snprintf(path, sizeof(path), "/lib/modules/%s/extra/" MODULE ".ko", name.release);
	ko = open(path, O_RDONLY);
	fd = open("/proc/self/fail-nth", O_RDWR);
	if (ko < 0 || !fail_nth_arm(fd, n))
		_exit(1);
	tried->err = syscall(SYS_finit_module, ko, params, 0) ? errno : 0;
	fail_nth_exit(fd);
}

/* Count the allocations of a load: fail one that is far beyond the last, which never fails. */
static unsigned int count_loading(const char *params, bool works)
{
	pid_t pid;

	tried->ready = false;
	pid = fork();
	if (!pid)
		load_at(NEVER, params);
	wait_for(pid);
	if (!tried->ready || loaded() != works || (works && unload()))
		die("loading with \"%s\": %s", params, strerrorname_np(tried->err));
	return NEVER - tried->left;
}

static void loading(void)
{
	unsigned int n, all, before, failed = 0, tolerated = 0, bad = 0;
	struct text page;
	pid_t pid;

	if (loaded())
		unload();
	/* the module refuses this load as soon as it runs: all allocations are the kernel's */
	before = count_loading("maxactive=0", false);
	all = count_loading("", true);
	note("a load makes %u allocations, %u of them before the module runs", all, before);
	/* the number varies, but by less than a factor of two */
	for (n = 1; n < 2 * all;
	     n += !quick ? 1 : 1 + (n < before ? before : all - before) / LOADS) {
		tried->ready = false;
		pid = fork();
		if (!pid)
			load_at(n, "");
		wait_for(pid);
		if (!tried->ready) {
			ok(false, "attempt %u to load ended", n);
			return;
		}
		if (tried->err) {
			failed++;
			if (loaded() || tried->left) {
				bad++;
				note("load %u: %s, loaded %d, %d left", n,
				     strerrorname_np(tried->err), loaded(), tried->left);
			}
		} else {
			tolerated++;
			read_page(&page);
			if (*page.wrong || page.armed != page.wanted || page.nr_blind) {
				bad++;
				note("load %u: points %u/%u %s %s", n, page.armed, page.wanted,
				     page.nr_blind ? page.blind[0] : "", page.wrong);
			}
			text_free(&page);
		}
		if (loaded() && unload()) {
			ok(false, "load %u: can be unloaded", n);
			return;
		}
		if (!clean("/sys/kernel/debug/kprobes/list") ||
		    !clean("/sys/kernel/tracing/enabled_functions")) {
			bad++;
			note("load %u: something is left of it", n);
			break;
		}
		if (!tried->err && tried->left)
			break;
	}
	/* in the quick form most attempts fail an allocation of ftrace, which can do without */
	ok(failed >= LOADS / 4 && !bad && n < 2 * all && !tried->err,
	   "loading: %u allocations; %u loads failed for lack of one and left nothing, %u succeeded without it and were complete (%u bad)",
	   n, failed, tolerated, bad);
}

/* ---- switching ---------------------------------------------------------------- */

#define PARAMS		"/sys/module/" MODULE "/parameters/"
#define STACK		(64UL << 20)

static void refuse_clone3(void)
{
	if (!try_bad_clone3())
		_exit(1);
}

/* Two stacks: do_mmap() refuses one like glibc's, mprotect_fixup() one like musl's. */
static void refuse_stacks(void)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	struct rlimit most = { STACK / 4, STACK / 4 };
	char *p = mmap(NULL, STACK, PROT_NONE, flags, -1, 0);

	if (p == MAP_FAILED || setrlimit(RLIMIT_DATA, &most) ||
	    !mprotect(p + 4096, STACK - 4096, PROT_READ | PROT_WRITE) ||
	    mmap(NULL, STACK, PROT_READ | PROT_WRITE, flags | MAP_STACK, -1, 0) != MAP_FAILED)
		_exit(1);
}

static const struct {
	const char *param;
	void (*refuse)(void);
	int cause;
	unsigned int refused;
} switches[] = {
	{ "syscalls", refuse_clone3, FORKFAIL_CLONE3_FLAGS_UNKNOWN, 1 },
	{ "stacks", refuse_stacks, FORKFAIL_LIBC_STACK_DATA_LIMIT, 2 },
};

static void switch_off_at(unsigned int n, const char *path)
{
	int file = open(path, O_WRONLY), fd = open("/proc/self/fail-nth", O_RDWR);

	if (file < 0 || !fail_nth_arm(fd, n))
		_exit(1);
	tried->err = write(file, "N", 1) == 1 ? 0 : errno;
	fail_nth_exit(fd);
}

/* How many of the refused calls are seen? */
static uint64_t seen(unsigned int which)
{
	struct text page;
	uint64_t before, after;
	pid_t pid;

	read_page(&page);
	before = row_total(&page, switches[which].cause);
	text_free(&page);
	pid = fork();
	if (!pid) {
		switches[which].refuse();
		_exit(0);
	}
	if (wait_for(pid))
		die("%s: nothing was refused", switches[which].param);
	read_page(&page);
	after = row_total(&page, switches[which].cause);
	text_free(&page);
	return after - before;
}

static void switching(unsigned int which)
{
	unsigned int n, failed = 0, bad = 0;
	char path[64];
	uint64_t some;
	pid_t pid;

	snprintf(path, sizeof(path), PARAMS "%s", switches[which].param);
	fresh("kmsg=0");
	for (n = 1; n < 200; n++) {
		tried->ready = false;
		pid = fork();
		if (!pid)
			switch_off_at(n, path);
		wait_for(pid);
		if (!tried->ready) {
			ok(false, "attempt %u to switch %s off ended", n, switches[which].param);
			return;
		}
		failed += !!tried->err;
		if (put(path, "Y"))
			die("%s: %s", path, strerror(errno));
		some = seen(which);
		if (some != switches[which].refused) {
			bad++;
			note("%s=N, allocation %u fails (%s); with =Y %llu of %u refusals are seen",
			     switches[which].param, n,
			     tried->err ? strerrorname_np(tried->err) : "none",
			     (unsigned long long)some, switches[which].refused);
		}
		if (!tried->err && tried->left)
			break;
	}
	ok(failed && !bad && n < 200,
	   "switching %s off: %u of %u attempts failed for lack of an allocation; switched on again, the hooks see everything (%u bad)",
	   switches[which].param, failed, n, bad);
}

void test_failload(void)
{
	unsigned int i;

	if (access("/proc/self/fail-nth", F_OK)) {
		skip("this kernel has no fault injection");
		return;
	}
	tried = shared(sizeof(*tried));
	/* a line for each, so that the kernel's messages about it are recognized */
	fail_nth_set_up(1);
	for (i = 0; i < ARRAY_SIZE(switches); i++)
		switching(i);
	loading();
}
