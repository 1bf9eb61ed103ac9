// SPDX-License-Identifier: GPL-2.0-only
/*
 * two_levels.c - the pids limits of a cgroup and of the one above it
 *
 * The kernel counts a new task in the lower cgroup first, and takes that back if the upper one
 * refuses.  So where the upper one is full and the lower one has room for one more task, both
 * refuse if several tasks fork at once.  Which of them can have refused follows from numbers, not
 * from forkfail:
 *
 *	lower	full; the one above has room for all that there can be
 *	upper	full; the one below has room for all that there can be
 *	both	the upper one is full, the lower one has room for one more
 *
 * Where only one can have refused, each event must name that one with certainty.  Where both can,
 * an event that names one with certainty must be right: from 6.11 on, the kernel counts the
 * refusals of each (pids.events.local); before, nothing tells them apart.
 */
#define _GNU_SOURCE
#include <sys/wait.h>

#include "guest.h"

#define WORKERS	6
#define UPPER	"levels"
#define LOWER	UPPER "/lower"
#define ENOUGH	(2000 / slowness ?: 1)	/* refusals */

static const struct phase {
	const char *name;
	int room_below, room_above;
	bool below, above;	/* what can refuse */
} phases[] = {
	{ "lv-lower", 0, 500, true, false },
	{ "lv-upper", 500, 0, false, true },
	{ "lv-both", 1, 0, true, true },
};

static struct board {
	int ready, go, stop;
	unsigned int failed, other;
} *board;

static void work(const struct phase *p)
{
	pid_t pid;

	if (cgroup_enter(LOWER))
		_exit(90);
	name_self(p->name);
	__sync_fetch_and_add(&board->ready, 1);
	await(&board->go);
	while (!__atomic_load_n(&board->stop, __ATOMIC_ACQUIRE)) {
		pid = raw_fork();
		if (!pid)
			_exit(0);
		__sync_fetch_and_add(pid < 0 && errno == EAGAIN ? &board->failed : &board->other,
				     1);
	}
	/* a task that ends makes room for another, so all end together */
	__sync_fetch_and_sub(&board->ready, 1);
	while (__atomic_load_n(&board->ready, __ATOMIC_ACQUIRE))
		nap(5);
	_exit(0);
}

/* How many tasks a cgroup itself has refused; -1 if the kernel does not count that. */
static long long refused_by(const char *cgroup)
{
	char path[256];

	snprintf(path, sizeof(path), CGROUPS "/%s/pids.events.local", cgroup);
	return field_of(path, "max ");
}

static bool lists(const struct event *e, const char *cause)
{
	const char *list = value(e, FORKFAIL_KEY_CANDIDATES), *at = strstr(list, cause);
	size_t n = strlen(cause);

	for (; at; at = strstr(at + 1, cause))
		if ((at == list || at[-1] == ',') && (!at[n] || at[n] == ','))
			return true;
	return false;
}

static void run(const struct phase *p)
{
	unsigned int i, bad = 0, in_events = 0, vague = 0, incomplete = 0;
	long long below = refused_by(LOWER), above = refused_by(UPPER), by_lower = 0, by_upper = 0;
	/* where the levels can be told apart, the lower one refuses only now and then */
	unsigned int enough = brief && !(p->below && p->above) ? ENOUGH / 4 : ENOUGH;
	uint64_t seen, since;
	pid_t pids[WORKERS];
	struct text log;
	int status;

	read_log(&log);
	seen = log.nr_events ? log.events[log.nr_events - 1].seq : 0;
	text_free(&log);
	memset(board, 0, sizeof(*board));
	for (i = 0; i < WORKERS; i++) {
		pids[i] = fork();
		if (!pids[i])
			work(p);
	}
	while (board->ready < WORKERS)
		nap(5);
	if (cgroup_put(LOWER, "pids.max", "%d", WORKERS + p->room_below) ||
	    cgroup_put(UPPER, "pids.max", "%d", WORKERS + p->room_above))
		die("pids.max: %s", strerror(errno));
	release(&board->go);
	for (since = now_ms(); board->failed < enough && now_ms() < since + 60000 * slowness; )
		nap(5);
	__atomic_store_n(&board->stop, 1, __ATOMIC_RELEASE);
	for (i = 0; i < WORKERS; i++) {
		waitpid(pids[i], &status, 0);
		bad += !!status;
	}
	below = below < 0 ? -1 : refused_by(LOWER) - below;
	above = above < 0 ? -1 : refused_by(UPPER) - above;
	cgroup_put(LOWER, "pids.max", "max");
	cgroup_put(UPPER, "pids.max", "max");

	read_log(&log);
	for (i = 0; i < log.nr_events; i++) {
		const struct event *e = &log.events[i];

		if (e->seq <= seen || strcmp(value(e, FORKFAIL_KEY_COMM), p->name))
			continue;
		in_events += 1 + e->repeat;
		if (!strcmp(value(e, FORKFAIL_KEY_PROOF), "inferred")) {
			vague += 1 + e->repeat;
			incomplete += !lists(e, "pids-max") || !lists(e, "pids-max-ancestor");
		} else if (!strcmp(value(e, FORKFAIL_KEY_CAUSE), "pids-max")) {
			by_lower += 1 + e->repeat;
		} else if (!strcmp(value(e, FORKFAIL_KEY_CAUSE), "pids-max-ancestor")) {
			by_upper += 1 + e->repeat;
		}
	}
	ok(!bad && !board->other && board->failed >= enough && in_events == board->failed &&
	   !log.lost, "%s: %u refused, at least %u, all by events (%u), no fork got through or had another errno (%u)",
	   p->name, board->failed, enough, in_events, board->other);
	if (!p->below || !p->above)
		ok((p->below ? by_lower : by_upper) == board->failed,
		   "%s: certain each time: the lower one %lld times, the upper one %lld, unsure %u",
		   p->name, by_lower, by_upper, vague);
	else if (below >= 0)
		ok(by_lower == below && by_upper == above && !vague,
		   "%s: the lower one %lld times, the upper one %lld, as the kernel has counted (%lld, %lld)",
		   p->name, by_lower, by_upper, below, above);
	else
		ok(vague == board->failed && !incomplete,
		   "%s: never certain, and both are listed: the lower one %lld times, the upper one %lld, unsure %u",
		   p->name, by_lower, by_upper, vague);
	text_free(&log);
}

void test_two_levels(void)
{
	unsigned int i;

	fresh(NULL);
	board = shared(sizeof(*board));
	if (cgroup_make(UPPER) || cgroup_put(UPPER, "cgroup.subtree_control", "+pids") ||
	    cgroup_make(LOWER))
		die("cannot make the cgroups: %s", strerror(errno));
	for (i = 0; i < sizeof(phases) / sizeof(phases[0]); i++)
		run(&phases[i]);
	cgroup_remove(LOWER);
	cgroup_remove(UPPER);
}
