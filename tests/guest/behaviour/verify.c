// SPDX-License-Identifier: GPL-2.0-only
/*
 * verify.c - with verify=Y each failure is seen a second time, by return probes
 *
 * Both must count what the callers counted, and agree about each failure.  Half of the
 * callers are under a seccomp filter that allows everything.
 */
#define _GNU_SOURCE
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "guest.h"

#define TOP	"verify"
#define FORKERS	24
#define CALLS	(brief ? 20U : 60U)
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

/* Forks once, so that there are arguments of an earlier call; then the kernel creates a thread. */
static void want_kernel_thread(void)
{
	struct io_uring_params params = { .flags = IORING_SETUP_SQPOLL };
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	wait_for(pid);
	no_pids();
	_exit(syscall(SYS_io_uring_setup, 4, &params) < 0 ? errno : 0);
}

/*
 * If nobody has seen the kernel ask for a thread of its own, its failure is not taken for one of
 * a fork, and nothing is read from the arguments of an earlier fork.
 */
static void no_kernel_thread(const char *params, const char *what)
{
	struct text page;
	pid_t pid;
	int err;

	fresh(params);
	pid = fork();
	if (!pid)
		want_kernel_thread();
	err = wait_for(pid);
	if (err != EAGAIN && err != ENOMEM) {
		skip("io_uring_setup() is not refused here: %s", strerror(err));
		return;
	}
	if (!read_page(&page))
		die("the page: %s", page.wrong);
	ok(!all_rows(&page) && !page.unexplained && !page.internal && page.missed == 1 &&
	   !field_of(STATS, "verify_disagreed"),
	   "%s: a thread for io_uring is refused (%s): %llu failures, %llu internal, %llu missed, %lld contradict",
	   what, strerror(err), (unsigned long long)all_rows(&page),
	   (unsigned long long)page.internal, (unsigned long long)page.missed,
	   field_of(STATS, "verify_disagreed"));
	text_free(&page);
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
	no_kernel_thread("verify=1 skip=create_io_thread", "with return probes");
	no_kernel_thread("skip=create_io_thread,put_task_stack", "with return probes alone");
	cgroup_remove(TOP);
}
