// SPDX-License-Identifier: GPL-2.0-only
/*
 * accounting.c - every failure is counted once, under its own cause
 *
 * 64 processes and threads fail at the same time on three limits, for a seccomp filter,
 * and for clone3()'s arguments.  Each can fail for one reason only:
 *
 *	nproc	RLIMIT_NPROC of a user of their own
 *	pids	pids.max of a cgroup of their own
 *	dead	a PID namespace whose first process is gone, one for each
 *	filter	a filter that answers every call that creates a task
 *	clone3	a flag that no kernel knows; half of them run under a filter
 *
 * forkfail must have counted exactly what they counted themselves.
 */
#define _GNU_SOURCE
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "guest.h"

#define MS	(brief ? 500 : 3000)	/* at least: then until each has failed */
#define UID	5101
#define CGROUP	"acct"
#define WORKERS	64

enum { NPROC, PIDS, DEAD, FILTER, CLONE3, NR_GROUPS };

static const struct {
	const char *name, *cause;
	int err;
	unsigned int singles, teams;	/* processes of one task, and of TEAM */
} groups[NR_GROUPS] = {
	[NPROC] = { "acct-nproc", "rlimit-nproc", EAGAIN, 6, 3 },
	[PIDS] = { "acct-pids", "pids-max", EAGAIN, 6, 2 },
	[DEAD] = { "acct-dead", "pidns-dead", ENOMEM, 6, 2 },
	[FILTER] = { "acct-filter", "seccomp-errno", EPERM, 6, 1 },
	[CLONE3] = { "acct-clone3", "clone3-flags-unknown", EINVAL, 4, 1 },
};

#define TEAM	4

struct tally {
	int group;
	bool thread;
	uint64_t failed, other, created;
};

static struct {
	int next, ready, go, stop;
	struct tally of[WORKERS];
} *board;

static int try_in_group(int group, unsigned int i)
{
	/* a thread cannot be created in another PID namespace, which is another cause */
	return group == CLONE3 ? try_bad_clone3() :
	       try_create(group == DEAD ? i % 2 : i % NR_KINDS);
}

static void *work(void *arg)
{
	struct tally *t = &board->of[__sync_fetch_and_add(&board->next, 1)];
	int group = (intptr_t)arg, i, err;

	t->group = group;
	t->thread = gettid() != getpid();
	if (group == DEAD) {
		outlive_init();
		/* each of these calls takes ten times as long as one of another group */
		nice(-5);
	}
	if (group == FILTER)
		filter_forks(SECCOMP_RET_ERRNO | EPERM);
	else if (group == CLONE3 && gettid() % 2)
		filter_forks(SECCOMP_RET_ALLOW);
	__sync_fetch_and_add(&board->ready, 1);
	await(&board->go);
	for (i = 0; !__atomic_load_n(&board->stop, __ATOMIC_ACQUIRE); i++) {
		err = try_in_group(group, i);
		/* these are refused so early that they would use all of the CPU time */
		if (group >= FILTER && i % 16 == 0)
			give_way(10);
		if (!err)
			t->created++;
		else if (err == groups[group].err)
			t->failed++;
		else
			t->other++;
	}
	return NULL;
}

static void start(int group, unsigned int tasks)
{
	pthread_t threads[TEAM];
	struct rlimit one = { 1, 1 };
	unsigned int i;
	pid_t pid = fork();

	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (pid)
		return;
	name_self(groups[group].name);
	if (group == PIDS && cgroup_enter(CGROUP))
		_exit(92);
	if (group == NPROC && setresuid(UID, UID, UID))
		_exit(93);
	for (i = 1; i < tasks; i++)
		if (pthread_create(&threads[i], NULL, work, (void *)(intptr_t)group))
			_exit(94);
	if (group == NPROC && setrlimit(RLIMIT_NPROC, &one))
		_exit(95);
	work((void *)(intptr_t)group);
	for (i = 1; i < tasks; i++)
		pthread_join(threads[i], NULL);
	_exit(0);
}

void test_accounting(void)
{
	unsigned int g, i, n, bad = 0;
	uint64_t counted[NR_GROUPS] = {}, start_ms;
	uint64_t other = 0, created = 0, all = 0;
	unsigned int idle = 0, threads = 0;
	struct text page, log;
	bool pushed_out;
	int status;

	fresh(NULL);
	board = shared(sizeof(*board));
	if (cgroup_make(CGROUP))
		die("cannot make a cgroup");
	for (g = 0; g < NR_GROUPS; g++) {
		for (n = 0; n < groups[g].singles; n++)
			start(g, 1);
		for (n = 0; n < groups[g].teams; n++)
			start(g, TEAM);
	}
	start_ms = now_ms();
	while (board->ready < WORKERS && now_ms() < start_ms + 40000 * slowness)
		nap(10);
	if (!ok(board->ready == WORKERS, "%d workers are ready, of %d", board->ready, WORKERS))
		_exit(1);
	/* a cgroup of many tasks, so it needs more CPU weight than each task outside */
	cgroup_put(CGROUP, "cpu.weight", "1000");
	cgroup_put(CGROUP, "pids.max", "1");
	release(&board->go);
	nap(MS);
	start_ms = now_ms();
	for (i = 0; i < WORKERS && now_ms() < start_ms + 40000 * slowness; nap(1))
		for (i = 0; i < WORKERS &&
		     __atomic_load_n(&board->of[i].failed, __ATOMIC_RELAXED); i++)
			;
	__atomic_store_n(&board->stop, 1, __ATOMIC_RELEASE);
	while (wait(&status) > 0)
		bad += !!status;
	ok(!bad, "all worker processes ended well (%u did not)", bad);

	for (i = 0; i < WORKERS; i++) {
		struct tally *t = &board->of[i];

		counted[t->group] += t->failed;
		other += t->other;
		created += t->created;
		idle += !t->failed;
		threads += t->thread;
	}
	ok(!other && !created, "no call got another errno (%llu) or was not refused (%llu)",
	   (unsigned long long)other, (unsigned long long)created);
	ok(!idle && threads > 20, "all of them failed, threads too (%u idle, %u threads)", idle,
	   threads);

	ok(read_page(&page), "the page is well-formed: %s", page.wrong);
	ok(read_log(&log), "the log is well-formed: %s", log.wrong);
	/* failures that continue for more than ten seconds make more than one event */
	pushed_out = log.nr_events && log.events[log.nr_events - 1].seq > log.nr_events;
	if (pushed_out)
		note("too slow: some events had to make room for newer ones");
	for (g = 0; g < NR_GROUPS; g++) {
		int cause = cause_by_name(groups[g].cause, strlen(groups[g].cause));

		all += counted[g];
		ok(row_total(&page, cause) == counted[g],
		   "%s: the callers counted %llu, the page %llu", groups[g].cause,
		   (unsigned long long)counted[g], (unsigned long long)row_total(&page, cause));
		ok(event_total(&log, cause) <= counted[g] &&
		   (pushed_out || event_total(&log, cause) + log.lost >= counted[g]),
		   "%s: the log's events stand for %llu", groups[g].cause,
		   (unsigned long long)event_total(&log, cause));
		/* each can fail for one reason only, so the name tells the cause */
		for (i = 0, n = 0; i < log.nr_events; i++)
			n += (log.events[i].cause == cause) !=
			     !strcmp(value(&log.events[i], FORKFAIL_KEY_COMM), groups[g].name);
		ok(!n, "%s: all its events belong to %s, and no other event does (%u wrong)",
		   groups[g].cause, groups[g].name, n);
	}
	ok(all_rows(&page) == all, "there is no other failure on the page");
	ok(pushed_out || all_events(&log) + log.lost == all + log.internal,
	   "events %llu + lost %llu = all %llu + the kernel's own %llu",
	   (unsigned long long)all_events(&log), (unsigned long long)log.lost,
	   (unsigned long long)all, (unsigned long long)log.internal);
	ok(!page.missed && !page.noroom && !page.unexplained && !page.blind_since,
	   "missed %llu, unexplained %llu", (unsigned long long)page.missed,
	   (unsigned long long)page.unexplained);
	/*
	 * A call's note is overwritten if another task, whose hash selects the same place in the
	 * table of notes (clone_note.h), makes a call at the same time. That is rare; then the
	 * cause is right, but not proved.
	 */
	for (i = 0, n = 0; i < log.nr_events; i++) {
		if (strcmp(value(&log.events[i], FORKFAIL_KEY_PROOF), "inferred"))
			continue;
		n += log.events[i].repeat + 1;
		note_event(&log.events[i]);
	}
	ok(n <= all / 100,
	   "hardly any of %llu failures is inferred (%u are)", (unsigned long long)all,
	   n);
	text_free(&page);
	text_free(&log);
	cgroup_remove(CGROUP);
}
