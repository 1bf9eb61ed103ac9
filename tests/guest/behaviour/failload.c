// SPDX-License-Identifier: GPL-2.0-only
/*
 * failload.c - every allocation of loading the module fails once
 *
 * Each time the module is loaded completely, or it is not loaded and nothing of it is
 * left.
 */
#define _GNU_SOURCE
#include <fcntl.h>
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

void test_failload(void)
{
	if (access("/proc/self/fail-nth", F_OK)) {
		skip("this kernel has no fault injection");
		return;
	}
	tried = shared(sizeof(*tried));
	/* a line for each, so that the kernel's messages about it are recognized */
	fail_nth_set_up(1);
	loading();
}
