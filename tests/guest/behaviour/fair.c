// SPDX-License-Identifier: GPL-2.0-only
/*
 * fair.c - one user cannot use up forkfail's room for another
 *
 * Each attack is one that an ordinary user can make.  The victim has another uid, and must
 * keep her event, her row, her line in the kernel log, her open file, and her holders.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "guest.h"

#define MALLORY		6001
#define ALICE		6002	/* and those who follow */
#define NAMES		160
#define NAMESPACES	130
#define MOST_FILES	192	/* of one user's, module/page/proc.c */
#define MOST_WAIT	64	/* on one file, module/journal/pollers.c */
#define TOP		"fair"

static void become(uid_t uid)
{
	if (setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		_exit(98);
}

#define MANY		400	/* other users: one who shares something by a hash is found */

/*
 * Each of many users in turn does something in this one process, which is root again
 * behind it: whoever was root keeps it as his saved uid.
 */
static unsigned int each_user(bool (*does)(void))
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

static const struct event *event_of(const struct text *t, const char *comm)
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

static pid_t mallory(void (*what)(void))
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		what();
		_exit(0);
	}
	return pid;
}

static void stop(pid_t pid)
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
	wait_for(mallory(many_names));
	pid = mallory(without_end);
	for (i = 0; i < 5; i++) {
		snprintf(comm, sizeof(comm), "f-%u", i);
		fail_once(comm, ALICE + i);
		nap(100);
	}
	stop(pid);
	read_log(&log);
	read_page(&page);
	for (i = 0; i < 5; i++) {
		snprintf(comm, sizeof(comm), "f-%u", i);
		there += !!event_of(&log, comm);
		shown += !!event_of(&page, comm);
	}
	ok(event_of(&log, "f-before"),
	   "%u names of one user leave another's event of the same cause", NAMES);
	ok(there == 5, "beside a storm of them 5 others each have their event (%u)", there);
	ok(shown == 5 && page.nr_events == 24, "and on the page, among %u (%u)", page.nr_events,
	   shown);
	text_free(&log);
	text_free(&page);
}

/* ---- rows, and lines of the kernel log ------------------------------------ */

/* All at once: the number of one that is gone would be used again. */
static void many_namespaces(void)
{
	unsigned int i, *done = shared(sizeof(*done));
	pid_t pids[NAMESPACES], init;

	for (i = 0; i < NAMESPACES; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (setresuid(MALLORY, MALLORY, MALLORY) || unshare(CLONE_NEWUSER | CLONE_NEWPID))
			_exit(1);
		init = raw_fork();
		if (!init)
			_exit(0);
		wait_for(init);
		raw_fork();	/* nobody is there to take it in */
		__sync_fetch_and_add(done, 1);
		for (;;)
			pause();
	}
	for (i = 0; i < 6000 * slowness; i++) {
		if (__atomic_load_n(done, __ATOMIC_ACQUIRE) == NAMESPACES)
			break;
		nap(10);
	}
	for (i = 0; i < NAMESPACES; i++)
		stop(pids[i]);
}

static void fail_in(const char *cgroup, const char *comm, uid_t uid)
{
	pid_t pid = fork();

	if (pid) {
		wait_for(pid);
		return;
	}
	name_self(comm);
	if (cgroup_enter(cgroup))
		_exit(99);
	become(uid);
	_exit(try_create(PROCESS));
}

/* Root's containers are one payer, and share by cgroup what that has. */
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
	fail_in(TOP "/quiet", "f-quiet", 0);
	wait_for(mallory(loud_container));
	read_log(&log);
	ok(event_of(&log, "f-quiet") && log.nr_events > 100,
	   "%u names in one container of root's leave the event of another (%u events)", NAMES,
	   log.nr_events);
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
	fail_in(TOP "/before", "f-row", ALICE);
	nap(100);
	many_namespaces();
	nap(300);
	fail_in(TOP "/after", "f-row", ALICE + 1);
	nap(300);
	read_page(&page);
	for (i = 0; i < page.nr_rows; i++)
		lines += page.rows[i].cause == cause_by_name("pidns-dead", 10);
	ok(row_of(&page, "/" TOP "/before") && row_of(&page, "/" TOP "/after"),
	   "%u namespaces of one user, which have %u rows, leave two others theirs", NAMESPACES,
	   lines);
	for (i = 0; i < 2; i++)
		snprintf(path[i], sizeof(path[i]), " object=\"/" TOP "/%s\"", i ? "after" : "before");
	log = klog_until(mark, path[0], path[1]);
	for (i = 0; i < 2; i++)
		ok(!!strstr(log, path[i]), "and the line in the kernel log:%s", path[i]);
	free(log);
	text_free(&page);
	close(mark);
	cgroup_remove(TOP "/before");
	cgroup_remove(TOP "/after");
}

/* ---- open files ----------------------------------------------------------- */

#define GROUPS	4	/* that share what one user may have: 144, and 16 each */

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
	become(MALLORY);
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
		pids[i] = mallory(all_files);
		while (!__atomic_load_n(&opened[i], __ATOMIC_ACQUIRE))
			nap(5);
		all += opened[i] - 1;
	}
	can = each_user(can_open);
	ok(can == MANY && all == MOST_FILES,
	   "one user has %d files open, and each of %u others can open one, too (%u can)", all,
	   MANY, can);
	for (i = 0; i < GROUPS; i++) {
		stop(pids[i]);
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
	pid_t pid = mallory(again_and_again), victims[3];
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
	ok(have == 3, "beside a user who is refused all the time 3 others have holders (%u)", have);
	for (i = 0; i < 3; i++)
		stop(victims[i]);
	stop(pid);
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
		fail_in(path, "f-long", MALLORY);
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

/* ---- poll ------------------------------------------------------------------ */

static int open_read(void)
{
	int fd = open(FORKFAIL_LOG, O_RDONLY);
	char buf[4096];

	while (read(fd, buf, sizeof(buf)) > 0)
		;
	return fd;
}

/* Waits as a user until she hears of something. */
static pid_t waiter(int *heard)
{
	pid_t pid = fork();

	if (!pid) {
		struct pollfd p = { .events = POLLIN };

		become(ALICE + 50);
		p.fd = open_read();
		__atomic_store_n(heard, -1, __ATOMIC_RELEASE);
		__atomic_store_n(heard, poll(&p, 1, 120000 * slowness), __ATOMIC_RELEASE);
		_exit(0);
	}
	while (!__atomic_load_n(heard, __ATOMIC_ACQUIRE))
		nap(5);
	return pid;
}

static bool refuse_one(void)
{
	return try_create(PROCESS) == EAGAIN;
}

static int *heard, *go;

/* She waits in a PID namespace, where she is refused when she is told to be. */
static void in_pidns(void)
{
	pid_t pid;

	if (unshare(CLONE_NEWPID))
		_exit(1);
	pid = waiter(heard);
	while (!__atomic_load_n(go, __ATOMIC_ACQUIRE))
		nap(5);
	fail_once("f-own", ALICE + 50);
	wait_for(pid);
}

static void others_news(void)
{
	static const struct rlimit none, all = { RLIM_INFINITY, RLIM_INFINITY };
	unsigned int refused;
	int before;
	pid_t pid;

	heard = shared(sizeof(*heard));
	go = shared(sizeof(*go));
	pid = waiter(heard);
	setrlimit(RLIMIT_NPROC, &none);
	refused = each_user(refuse_one);
	setrlimit(RLIMIT_NPROC, &all);
	nap(1000);
	before = __atomic_load_n(heard, __ATOMIC_ACQUIRE);
	ok(refused == MANY && before == -1,
	   "%u other users are refused, and nobody is told who may not see it (%d)", refused,
	   before);
	stop(pid);

	*heard = 0;
	pid = mallory(in_pidns);
	while (!__atomic_load_n(heard, __ATOMIC_ACQUIRE))
		nap(5);
	fail_once("f-outside", ALICE + 50);
	nap(1000);
	before = __atomic_load_n(heard, __ATOMIC_ACQUIRE);
	__atomic_store_n(go, 1, __ATOMIC_RELEASE);
	wait_for(pid);
	ok(before == -1 && *heard == 1,
	   "nor of the same uid outside of her PID namespace (%d), but of her own (%d)", before,
	   *heard);
}

/* A queue is gone through with interrupts off, so that it has an end. */
static void long_queue(void)
{
	struct epoll_event ev = { .events = EPOLLIN };
	unsigned int i, ready = 0;
	struct rlimit r = { 4096, 4096 };
	int fd, ep;

	setrlimit(RLIMIT_NOFILE, &r);
	become(MALLORY);
	fd = open_read();
	for (i = 0; i < 1000; i++) {
		ep = epoll_create1(0);
		if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev))
			_exit(2);
		ready += epoll_wait(ep, &ev, 1, 0) == 1;
	}
	__atomic_store_n(opened, ready ? (int)ready : -1, __ATOMIC_RELEASE);
	for (;;)
		pause();
}

static bool can_wait(void)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int fd = open_read(), ep = epoll_create1(0);
	bool can = !epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) && !epoll_wait(ep, &ev, 1, 0);

	close(ep);
	close(fd);
	return can;
}

static void waiting(void)
{
	unsigned int can;
	pid_t pid;

	opened = shared(sizeof(*opened));
	pid = mallory(long_queue);
	while (!__atomic_load_n(opened, __ATOMIC_ACQUIRE))
		nap(5);
	can = each_user(can_wait);
	ok(*opened == 1000 - MOST_WAIT && can == MANY,
	   "%d of 1,000 who wait on one file are told at once; all of %u other users can wait (%u)",
	   *opened, MANY, can);
	stop(pid);
}

void test_fair(void)
{
	fresh(NULL);
	cgroup_make(TOP);
	cgroup_put(TOP, "cgroup.subtree_control", "+pids");
	waiting();
	events();
	files();
	holders();
	others_news();
	fresh(NULL);
	containers();
	fresh(NULL);
	rows();
	room();
	cgroup_remove(TOP);
}
