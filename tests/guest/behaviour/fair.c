// SPDX-License-Identifier: GPL-2.0-only
/*
 * fair.c - one user cannot use up forkfail's room for another
 *
 * An ordinary user can make each of these attacks.  The victim has another uid, and must keep
 * its event, its row, its line in the kernel log, its open file, and its holders.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "fair.h"
#include "guest.h"

#define NAMES		160
#define NAMESPACES	130
/* Of one user's whose cgroups are below the same one: module/evidence/place_share.c. */
#define MOST_FILES	216
#define TOP		"fair"

/**
 * become_user() - become a user, and give up root
 * @uid: who
 */
void become_user(uid_t uid)
{
	if (setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		_exit(98);
}

/**
 * each_user() - let each of many users do something in turn
 * @does: what; returns whether it worked
 *
 * All in this process, which is root again afterwards, because root stays the saved uid.
 *
 * Return: how many it worked for.
 */
unsigned int each_user(bool (*does)(void))
{
	unsigned int i, did = 0;

	for (i = 0; i < MANY; i++) {
		uid_t uid = MALLORY + 500 + i;

		if (setresuid(uid, uid, 0))
			die("setresuid: %s", strerror(errno));
		did += does();
		if (seteuid(0) || setresuid(0, 0, 0))
			die("setresuid: %s", strerror(errno));
	}
	return did;
}

/**
 * event_of - find the first event of a command
 * @t: a page or a log
 * @comm: the name of the command
 *
 * Return: the event, or NULL.
 */
const struct event *event_of(const struct text *t, const char *comm)
{
	unsigned int i;

	for (i = 0; i < t->nr_events; i++)
		if (!strcmp(value(&t->events[i], FORKFAIL_KEY_COMM), comm))
			return &t->events[i];
	return NULL;
}

static const struct row *row_of(const struct text *t, const char *object)
{
	unsigned int i;

	for (i = 0; i < t->nr_rows; i++)
		if (!strcmp(t->rows[i].object, object))
			return &t->rows[i];
	return NULL;
}

/**
 * run_mallory() - run an attack in a child
 * @what: the attack; becomes the user itself
 *
 * Return: the child's pid.
 */
pid_t run_mallory(void (*what)(void))
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		what();
		_exit(0);
	}
	return pid;
}

/**
 * stop_child() - kill a child and wait for it
 * @pid: the child
 */
void stop_child(pid_t pid)
{
	kill(pid, SIGKILL);
	wait_for(pid);
}

/* ---- events -------------------------------------------------------------- */

static void many_names(void)
{
	char comm[16];
	unsigned int i;

	refuse_nproc(MALLORY);
	for (i = 0; i < NAMES; i++) {
		snprintf(comm, sizeof(comm), "m-%u", i);
		name_self(comm);
		try_create(PROCESS);
	}
}

static void without_end(void)
{
	for (;;)
		many_names();
}

static void events(void)
{
	unsigned int i, there = 0, shown = 0;
	struct text log, page;
	char comm[16];
	pid_t pid;

	fail_once("f-before", ALICE);
	wait_for(run_mallory(many_names));
	pid = run_mallory(without_end);
	for (i = 0; i < 5; i++) {
		snprintf(comm, sizeof(comm), "f-%u", i);
		fail_once(comm, ALICE + i);
		nap(100);
	}
	stop_child(pid);
	read_log(&log);
	read_page(&page);
	for (i = 0; i < 5; i++) {
		snprintf(comm, sizeof(comm), "f-%u", i);
		there += !!event_of(&log, comm);
		shown += !!event_of(&page, comm);
	}
	ok(event_of(&log, "f-before"),
	   "%u names of one user do not push out another user's event of the same cause", NAMES);
	ok(there == 5, "during a storm of them, each of 5 other users has an event (%u)", there);
	ok(shown == 5 && page.nr_events == 24, "and so on the page, among %u (%u)", page.nr_events,
	   shown);
	text_free(&log);
	text_free(&page);
}

/* ---- a user's own numbers --------------------------------------------------- */

#define NUMBERED	120	/* users: more than have a counter of their own */
#define NUMBERS		240

/* 20 users fail once, 40 three times; 60 more take over counters; then the 40 fail again. */
static unsigned int numbered_user(unsigned int i)
{
	return i < 20 ? i : i < 140 ? 20 + (i - 20) % 40 : i < 200 ? i - 80 : i - 180;
}

/* A user fails once, and reads the number of that event. */
static void read_own_number(unsigned int user, uint64_t *number)
{
	const struct event *e;
	struct text log;
	char comm[16];

	snprintf(comm, sizeof(comm), "n-%u", getpid());
	fail(comm, MALLORY + 1000 + 7 * user);
	read_log(&log);
	e = event_of(&log, comm);
	*number = e ? e->seq : 0;
	_exit(0);
}

static void numbers(void)
{
	uint64_t last[NUMBERED] = {}, *number = shared(sizeof(*number));
	unsigned int i, user, grew = 0;
	pid_t pid;

	for (i = 0; i < NUMBERS; i++) {
		user = numbered_user(i);
		*number = 0;
		pid = fork();
		if (!pid)
			read_own_number(user, number);
		wait_for(pid);
		grew += *number > last[user];
		last[user] = *number;
	}
	ok(grew == NUMBERS, "what %u users see of their own has a larger number each time (%u of %u)",
	   NUMBERED, grew, NUMBERS);
}

/* ---- rows, and lines of the kernel log ------------------------------------ */

/* All exist at once, because the number of a namespace that has ended would be reused. */
static void many_namespaces(void)
{
	unsigned int i, *done = shared(sizeof(*done));
	pid_t pids[NAMESPACES];

	for (i = 0; i < NAMESPACES; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		fail_in_dead_pidns(MALLORY, done);
	}
	for (i = 0; i < 6000 * slowness; i++) {
		if (__atomic_load_n(done, __ATOMIC_ACQUIRE) == NAMESPACES)
			break;
		nap(10);
	}
	for (i = 0; i < NAMESPACES; i++)
		stop_child(pids[i]);
}

/**
 * fail_in_cgroup - let a user try to fork in a cgroup, and wait until that is over
 * @cgroup: the cgroup
 * @comm: the process's name
 * @uid: the user
 * @times: how often
 */
void fail_in_cgroup(const char *cgroup, const char *comm, uid_t uid, unsigned int times)
{
	pid_t pid = fork();

	if (pid) {
		wait_for(pid);
		return;
	}
	name_self(comm);
	if (cgroup_enter(cgroup))
		_exit(99);
	become_user(uid);
	while (times--)
		if (try_create(PROCESS) != EAGAIN)
			_exit(98);
	_exit(0);
}

/* Root's containers share root's part, by cgroup. */
static void loud_container(void)
{
	char comm[16];
	unsigned int i;

	if (cgroup_enter(TOP "/loud"))
		_exit(1);
	for (i = 0; i < NAMES; i++) {
		snprintf(comm, sizeof(comm), "c-%u", i);
		name_self(comm);
		try_create(PROCESS);
		nap(1);
	}
}

static void containers(void)
{
	struct text log;

	cgroup_make(TOP "/loud");
	cgroup_make(TOP "/quiet");
	cgroup_put(TOP "/loud", "pids.max", "0");
	cgroup_put(TOP "/quiet", "pids.max", "0");
	fail_in_cgroup(TOP "/quiet", "f-quiet", 0, 1);
	wait_for(run_mallory(loud_container));
	read_log(&log);
	ok(event_of(&log, "f-quiet") && log.nr_events > 100,
	   "%u names in one container of root's do not push out the event of another (%u events)",
	   NAMES, log.nr_events);
	text_free(&log);
	cgroup_remove(TOP "/loud");
	cgroup_remove(TOP "/quiet");
}

static void rows(void)
{
	unsigned int i, lines = 0;
	char *log, path[2][64];
	struct text page;
	int mark = klog_mark();

	cgroup_make(TOP "/before");
	cgroup_make(TOP "/after");
	cgroup_put(TOP "/before", "pids.max", "0");
	cgroup_put(TOP "/after", "pids.max", "0");
	fail_in_cgroup(TOP "/before", "f-row", ALICE, 1);
	nap(100);
	many_namespaces();
	nap(300);
	fail_in_cgroup(TOP "/after", "f-row", ALICE + 1, 1);
	nap(300);
	read_page(&page);
	for (i = 0; i < page.nr_rows; i++)
		lines += page.rows[i].cause == cause_by_name("pidns-dead", 10);
	ok(row_of(&page, "/" TOP "/before") && row_of(&page, "/" TOP "/after"),
	   "%u namespaces of one user, which have %u rows, do not push out the rows of two others",
	   NAMESPACES, lines);
	for (i = 0; i < 2; i++)
		snprintf(path[i], sizeof(path[i]), " object=\"/" TOP "/%s\"", i ? "after" : "before");
	log = klog_until(mark, path[0], path[1]);
	for (i = 0; i < 2; i++)
		ok(!!strstr(log, path[i]), "nor their lines in the kernel log:%s", path[i]);
	free(log);
	text_free(&page);
	close(mark);
	cgroup_remove(TOP "/before");
	cgroup_remove(TOP "/after");
}

/* ---- open files ----------------------------------------------------------- */

#define GROUPS	4	/* cgroups that share what one user may have: 192, and 8 each */

static int *opened;

static void all_files(void)
{
	struct rlimit r = { 1100, 1100 };
	unsigned int group;
	char name[32];
	int n;

	for (group = 0; opened[group]; group++)
		;
	snprintf(name, sizeof(name), TOP "/files-%u", group);
	setrlimit(RLIMIT_NOFILE, &r);
	if (cgroup_enter(name))
		_exit(1);
	become_user(MALLORY);
	for (n = 0; n < 1000 && open(FORKFAIL_LOG, O_RDONLY) >= 0; n++)
		;
	__atomic_store_n(&opened[group], n + 1, __ATOMIC_RELEASE);
	for (;;)
		pause();
}

static bool can_open(void)
{
	int fd = open(FORKFAIL_PAGE, O_RDONLY);

	close(fd);
	return fd >= 0;
}

static void files(void)
{
	char names[GROUPS][32];
	unsigned int can, i;
	pid_t pids[GROUPS];
	int all = 0;

	opened = shared((GROUPS + 1) * sizeof(*opened));
	for (i = 0; i < GROUPS; i++) {
		snprintf(names[i], sizeof(names[i]), TOP "/files-%u", i);
		cgroup_make(names[i]);
		pids[i] = run_mallory(all_files);
		while (!__atomic_load_n(&opened[i], __ATOMIC_ACQUIRE))
			nap(5);
		all += opened[i] - 1;
	}
	can = each_user(can_open);
	ok(can == MANY && all == MOST_FILES,
	   "while one user has %d files open, each of %u others can open one (%u can)", all,
	   MANY, can);
	for (i = 0; i < GROUPS; i++) {
		stop_child(pids[i]);
		cgroup_remove(names[i]);
	}
}

/* ---- holders -------------------------------------------------------------- */

static void again_and_again(void)
{
	refuse_nproc(MALLORY);
	name_self("m-again");
	for (;;) {
		try_create(PROCESS);
		nap(2);
	}
}

static void holders(void)
{
	pid_t pid = run_mallory(again_and_again), victims[3];
	unsigned int i, j, have = 0;
	struct text log;
	char comm[16];

	until_counted("m-again");
	for (i = 0; i < 3; i++) {
		victims[i] = fork();
		if (victims[i])
			continue;
		snprintf(comm, sizeof(comm), "f-held-%u", i);
		name_self(comm);
		refuse_nproc(ALICE + 10 + i);
		try_create(PROCESS);
		for (;;)
			pause();
	}
	for (j = 0; j < 60 * slowness && have < 3; j++) {
		nap(200);
		read_log(&log);
		for (i = have = 0; i < 3; i++) {
			const struct event *e;

			snprintf(comm, sizeof(comm), "f-held-%u", i);
			e = event_of(&log, comm);
			have += e && strstr(value(e, FORKFAIL_KEY_HOLDERS), comm);
		}
		text_free(&log);
	}
	ok(have == 3,
	   "while one user is refused all the time, holders are counted for 3 others (%u)", have);
	for (i = 0; i < 3; i++)
		stop_child(victims[i]);
	stop_child(pid);
}

/* ---- the page's room ------------------------------------------------------- */

static void room(void)
{
	char name[300], path[400];
	struct text page;
	unsigned int i, events, whole = 0;
	size_t len = 0;
	char *raw;

	fresh(NULL);
	for (i = 0; i < 34; i++) {
		memset(name, 0xff, 240);
		snprintf(name + 240, sizeof(name) - 240, "%u", i);
		snprintf(path, sizeof(path), TOP "/%s", name);
		if (cgroup_make(path))
			break;
		cgroup_put(path, "pids.max", "0");
		fail_in_cgroup(path, "f-long", MALLORY, 1);
	}
	raw = slurp(FORKFAIL_PAGE, &len);
	parse_page(&page, raw, len);
	events = page.nr_events;
	for (i = 0; i < page.nr_rows; i++)
		whole += strlen(page.rows[i].object) > 900 ||
			 !strcmp(page.rows[i].object, "-");
	ok(!*page.wrong && events == 24 && whole == 34,
	   "34 long names leave room for %u events; %u rows are whole; %zu bytes: %s", events,
	   whole, len, page.wrong);
	text_free(&page);
	while (i--) {
		memset(name, 0xff, 240);
		snprintf(name + 240, sizeof(name) - 240, "%u", i);
		snprintf(path, sizeof(path), TOP "/%s", name);
		cgroup_remove(path);
	}
}

void test_fair(void)
{
	fresh(NULL);
	cgroup_make(TOP);
	cgroup_put(TOP, "cgroup.subtree_control", "+pids");
	fair_waiting();
	/* before there are many limits whose holders wait for their turn, one a second */
	holders();
	events();
	numbers();
	files();
	fair_news();
	fresh(NULL);
	containers();
	fresh(NULL);
	rows();
	room();
	cgroup_remove(TOP);
}
