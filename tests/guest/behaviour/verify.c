// SPDX-License-Identifier: GPL-2.0-only
/*
 * verify.c - with verify=Y each failure is seen a second time, by return probes
 *
 * Both must count what the callers counted, and agree about each failure.  Half of the
 * callers are under a seccomp filter that allows everything.
 */
#define _GNU_SOURCE
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/wait.h>

#include "guest.h"

#define TOP	"verify"
#define FORKERS	24
#define CALLS	60
#define STATS	DEBUGFS "/stats"
#define UID	6601

static struct {
	unsigned int refused, odd;
} *board;

static void no_process(void)
{
	refuse_nproc(UID);
}

static void no_pids(void)
{
	if (cgroup_enter(TOP))
		_exit(97);
}

static const struct {
	void (*limit)(void);
	int err;
} limits[] = {
	{ no_process, EAGAIN },
	{ no_pids, EAGAIN },
	{ outlive_init, ENOMEM },
};

static void be_refused(unsigned int which)
{
	unsigned int limit = which % ARRAY_SIZE(limits), i;
	enum kind kind = which / ARRAY_SIZE(limits) % NR_KINDS;

	if (which % 2)
		filter_forks(SECCOMP_RET_ALLOW);
	limits[limit].limit();
	/* a thread cannot be in another PID namespace, and that is checked before */
	if (limits[limit].limit == outlive_init)
		kind = PROCESS;
	for (i = 0; i < CALLS; i++) {
		if (try_create(kind) != limits[limit].err)
			__sync_fetch_and_add(&board->odd, 1);
		__sync_fetch_and_add(&board->refused, 1);
	}
}

/**
 * test_verify - the callers' count, the page's, and the return probes'
 */
void test_verify(void)
{
	struct text page;
	unsigned int i;
	int status;

	board = shared(sizeof(*board));
	fresh("verify=1");
	cgroup_make(TOP);
	cgroup_put(TOP, "pids.max", "0");
	for (i = 0; i < FORKERS; i++)
		if (!fork()) {
			be_refused(i);
			_exit(0);
		}
	for (i = 0; wait(&status) > 0; i++)
		board->odd += !!status;
	if (!read_page(&page))
		die("the page: %s", page.wrong);
	ok(!board->odd && i == FORKERS && board->refused == FORKERS * CALLS &&
	   all_rows(&page) == board->refused && !page.unexplained && !page.noroom,
	   "%u calls were refused, and the page counts %llu", board->refused,
	   (unsigned long long)all_rows(&page));
	ok(field_of(STATS, "verify_agreed") == board->refused &&
	   !field_of(STATS, "verify_disagreed") && !field_of(STATS, "verify_unseen"),
	   "both saw %lld of them, differently %lld, and one alone %lld",
	   field_of(STATS, "verify_agreed"), field_of(STATS, "verify_disagreed"),
	   field_of(STATS, "verify_unseen"));
	text_free(&page);
	cgroup_remove(TOP);
}
