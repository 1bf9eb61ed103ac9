// SPDX-License-Identifier: GPL-2.0-only
/*
 * two_limits.c - two limits close to each other at the same time
 *
 * threads-max and pid_max are limits of the whole machine: a task that reaches them may
 * reach RLIMIT_NPROC as well.  Which causes are possible in each phase follows from numbers,
 * not from forkfail:
 *
 *	only	RLIMIT_NPROC has room for what all workers together can create
 *		and have in flight, so that it never refuses (processes only: a
 *		thread is counted for a while after its creator saw it end)
 *	first	the user is over RLIMIT_NPROC all the time, and the kernel looks
 *		at that first
 *	both	either may refuse a user's worker, only the other limit root's
 *
 * No event may name a cause that was not possible, unless it says that it is
 * inferred and lists one that was.  Every failure is counted, whatever it is.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "guest.h"

#define USERS	8	/* tasks of the user, each creating one task at a time */
#define ROOTS	2
#define MS	(brief ? 200 : 700)	/* at least: then until it is enough() */

enum limit { THREADS_MAX, PID_MAX };

struct phase {
	const char *name;
	enum limit limit;
	unsigned int nproc;
	bool by_nproc, by_other;	/* what may refuse a user's worker */
};

static const struct phase phases[] = {
	{ "th-only", THREADS_MAX, 2 * USERS, false, true },
	{ "th-first", THREADS_MAX, USERS / 2, true, false },
	{ "th-both", THREADS_MAX, USERS + 3, true, true },
	{ "pid-only", PID_MAX, 2 * USERS, false, true },
	{ "pid-first", PID_MAX, USERS / 2, true, false },
	{ "pid-both", PID_MAX, USERS + 3, true, true },
};

static struct board {
	int ready, go, stop;
	unsigned int kinds;
	struct {
		uint64_t failed, other, created;
	} user, root, filler;
} *board;

static void work(uint64_t *failed, uint64_t *other, uint64_t *created)
{
	unsigned int i;
	int err;

	__sync_fetch_and_add(&board->ready, 1);
	await(&board->go);
	for (i = 0; !__atomic_load_n(&board->stop, __ATOMIC_ACQUIRE); i++) {
		err = try_create(i % board->kinds);
		__atomic_fetch_add(!err ? created : err == EAGAIN ? failed : other, 1,
				   __ATOMIC_RELAXED);
	}
	/* all our PIDs are in use while one of us tries */
	__sync_fetch_and_sub(&board->ready, 1);
	while (__atomic_load_n(&board->ready, __ATOMIC_ACQUIRE))
		nap(5);
}

static void *work_as_user(void *unused)
{
	work(&board->user.failed, &board->user.other, &board->user.created);
	return unused;
}

static pid_t start(const struct phase *p, uid_t uid)
{
	struct rlimit nproc = { p->nproc, p->nproc };
	pthread_t thread;
	pid_t pid = fork();

	if (pid)
		return pid;
	name_self(p->name);
	if (!uid) {
		work(&board->root.failed, &board->root.other, &board->root.created);
		_exit(0);
	}
	/* two tasks each */
	if (setresuid(uid, uid, uid) || pthread_create(&thread, NULL, work_as_user, NULL))
		_exit(90);
	if (setrlimit(RLIMIT_NPROC, &nproc))
		_exit(91);
	work_as_user(NULL);
	pthread_join(thread, NULL);
	_exit(0);
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Use up all PIDs except a few, with children that sleep until they are killed. */
static unsigned int fill(pid_t *pids, unsigned int most)
{
	unsigned int n;

	for (n = 0; n < most; n++) {
		pids[n] = raw_fork();
		if (!pids[n])
			for (;;)
				pause();
		if (pids[n] < 0)
			break;
	}
	if (n == most || errno != EAGAIN)
		return 0;
	board->filler.failed++;
	/* three numbers are free again */
	qsort(pids, n, sizeof(*pids), compare);
	for (most = n; n > most - 3; n--) {
		kill(pids[n - 1], SIGKILL);
		waitpid(pids[n - 1], NULL, 0);
	}
	return n;
}

static bool holds(const char *list, const char *cause)
{
	const char *p = strstr(list, cause);
	size_t n = strlen(cause);

	for (; p; p = strstr(p + 1, cause))
		if ((p == list || p[-1] == ',') && (!p[n] || p[n] == ','))
			return true;
	return false;
}

/* Is the event's cause, or one of its candidates, among what was possible? */
static bool possible(const struct event *e, bool by_nproc, bool by_other, enum limit limit)
{
	const char *cause = value(e, FORKFAIL_KEY_CAUSE);
	bool inferred = !strcmp(value(e, FORKFAIL_KEY_PROOF), "inferred");
	const char *list = inferred ? value(e, FORKFAIL_KEY_CANDIDATES) : cause;

	if (by_nproc && holds(list, "rlimit-nproc"))
		return true;
	if (by_other && limit == THREADS_MAX)
		return holds(list, "threads-max");
	return by_other && (holds(list, "pid-exhausted") || holds(list, "pid-exhausted-after-wrap"));
}

/* Which causes must be seen in a phase. */
static bool enough(const struct phase *p)
{
	return board->user.failed > 20 &&
	       (!p->by_other || board->root.failed) &&
	       (p->by_nproc || board->user.created);
}

static void run(const struct phase *p, unsigned int number)
{
	const char *file = p->limit == THREADS_MAX ? "/proc/sys/kernel/threads-max" :
			   "/proc/sys/kernel/pid_max";
	long long before = number_in(file);
	unsigned int i, n = 0, filled = 0, bad = 0, wrong = 0, inferred = 0, users = 0, roots = 0;
	uint64_t counted, in_rows, in_events = 0, lost, seen, internal, since;
	long long overwritten;
	pid_t pids[16], fillers[512];
	struct text page, log;
	char text[16];
	int fd, err = 0, status;

	/*
	 * earlier events do not count, and no later failure can be merged into them: see the name
	 */
	name_self(p->name);
	read_log(&log);
	seen = log.nr_events ? log.events[log.nr_events - 1].seq : 0;
	lost = log.lost;
	internal = log.internal;
	text_free(&log);
	read_page(&page);
	in_rows = all_rows(&page);
	text_free(&page);
	overwritten = field_of(DEBUGFS "/stats", "overwritten ");
	memset(board, 0, sizeof(*board));
	board->kinds = p->by_nproc ? NR_KINDS : THREAD;
	for (i = 0; i < USERS / 2; i++)
		pids[n++] = start(p, 5400 + number);
	for (i = 0; i < ROOTS; i++)
		pids[n++] = start(p, 0);
	while (board->ready < USERS + ROOTS)
		nap(5);
	fd = open(file, O_WRONLY);
	if (p->limit == THREADS_MAX)
		snprintf(text, sizeof(text), "%u", total_tasks() + 2);
	else
		snprintf(text, sizeof(text), "420");
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err = errno;
	if (p->limit == PID_MAX) {
		filled = fill(fillers, ARRAY_SIZE(fillers));
		if (!filled)
			err = EBUSY;
	}
	release(&board->go);
	nap(MS);
	for (since = now_ms(); !enough(p) && now_ms() < since + 40000 * slowness; )
		nap(5);
	__atomic_store_n(&board->stop, 1, __ATOMIC_RELEASE);
	for (i = 0; i < n; i++) {
		waitpid(pids[i], &status, 0);
		bad += !!status;
	}
	/* read before anything can be created again */
	read_page(&page);
	read_log(&log);
	for (i = 0; i < filled; i++)
		kill(fillers[i], SIGKILL);
	for (i = 0; i < filled; i++)
		waitpid(fillers[i], NULL, 0);
	snprintf(text, sizeof(text), "%lld", before);
	if (pwrite(fd, text, strlen(text), 0) < 0 || number_in(file) != before)
		die("%s cannot be put back: %s", file, strerror(errno));
	close(fd);

	if (err)
		die("%s: cannot set it: %s", p->name, strerror(err));
	ok(!bad && !*page.wrong && !*log.wrong && !board->user.other && !board->root.other,
	   "%s: all went well (%u ended badly, %llu times another errno): %s%s", p->name, bad,
	   (unsigned long long)(board->user.other + board->root.other), page.wrong, log.wrong);
	counted = board->user.failed + board->root.failed + board->filler.failed;
	for (i = 0; i < log.nr_events; i++) {
		const struct event *e = &log.events[i];
		bool root = !strcmp(value(e, FORKFAIL_KEY_UID), "0");

		if (e->seq <= seen)
			continue;
		in_events += 1 + e->repeat;
		/* the kernel's own threads and other programs fail as well */
		if (strcmp(value(e, FORKFAIL_KEY_COMM), p->name)) {
			note("%s: %s failed too: %s, %llu times", p->name,
			     value(e, FORKFAIL_KEY_COMM), value(e, FORKFAIL_KEY_CAUSE),
			     (unsigned long long)e->repeat + 1);
		}
		*(root ? &roots : &users) += 1;
		inferred += !strcmp(value(e, FORKFAIL_KEY_PROOF), "inferred");
		if (possible(e, p->by_nproc && !root, p->by_other || root, p->limit))
			continue;
		wrong++;
		note("%s: seq %llu uid %s comm %s: %s by %s (%s)", p->name,
		     (unsigned long long)e->seq, value(e, FORKFAIL_KEY_UID),
		     value(e, FORKFAIL_KEY_COMM), value(e, FORKFAIL_KEY_CAUSE),
		     value(e, FORKFAIL_KEY_PROOF), value(e, FORKFAIL_KEY_CANDIDATES));
	}
	ok(!wrong && users, "%s: no event names a cause that was not possible (%u of %u do; %u inferred)",
	   p->name, wrong, users + roots, inferred);
	ok(enough(p),
	   "%s: the user failed %llu times and created %llu, root %llu and %llu", p->name,
	   (unsigned long long)board->user.failed, (unsigned long long)board->user.created,
	   (unsigned long long)board->root.failed, (unsigned long long)board->root.created);
	in_rows = all_rows(&page) - in_rows;
	lost = log.lost - lost;
	internal = log.internal - internal;
	overwritten = field_of(DEBUGFS "/stats", "overwritten ") - overwritten;
	/* an event that was overwritten is missing from the sum, whichever phase it is of */
	ok(in_rows == counted && in_events + lost <= counted + internal &&
	   (overwritten || in_events + lost == counted + internal),
	   "%s: callers counted %llu (the kernel's own: %llu), the page %llu, the log %llu + lost %llu, if %lld events were not overwritten",
	   p->name, (unsigned long long)counted, (unsigned long long)internal,
	   (unsigned long long)in_rows, (unsigned long long)in_events, (unsigned long long)lost,
	   overwritten);
	ok(!page.missed && !page.noroom && !page.unexplained,
	   "%s: missed %llu, unexplained %llu", p->name,
	   (unsigned long long)page.missed, (unsigned long long)page.unexplained);
	text_free(&page);
	text_free(&log);
}

void test_two_limits(void)
{
	unsigned int i;

	fresh(NULL);
	board = shared(sizeof(*board));
	for (i = 0; i < ARRAY_SIZE(phases); i++)
		run(&phases[i], i);
}
