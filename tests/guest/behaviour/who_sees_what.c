// SPDX-License-Identifier: GPL-2.0-only
/*
 * who_sees_what.c - who may see what
 *
 * Everybody may see the totals.  Events, names, paths and objects are for readers with
 * CAP_SYSLOG in the initial user namespace; others see the events of their own uid inside
 * their own PID namespace, with PIDs and uids of their own namespaces.  What counts is who
 * opened the file, not who reads it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "guest.h"
#include "reader_view.h"

#define ALICE	5801
#define BOB	5802
#define CAROL	5803

static void be_alice(void)
{
	if (!become(ALICE))
		_exit(1);
}

static void be_bob(void)
{
	if (!become(BOB))
		_exit(1);
}

static void be_carol(void)
{
	if (!become(CAROL))
		_exit(1);
}

static void be_root(void)
{
}

static void map_root(unsigned int uid)
{
	if (unshare(CLONE_NEWUSER) || put("/proc/self/setgroups", "deny") ||
	    put("/proc/self/uid_map", "0 %u 1", uid) || getuid())
		_exit(2);
}

static void be_alice_as_root(void)
{
	be_alice();
	/* after a change of user, /proc/self belongs to root, unless the process is dumpable */
	prctl(PR_SET_DUMPABLE, 1);
	map_root(ALICE);
}

static void be_root_of_userns(void)
{
	map_root(0);
}

static void by_uid(void)
{
	view_as(be_root);
	ok(view_fine() && view->rows == 4 && view->events == 4 && view->objects == view->nr_rows &&
	   view->alice == 2 && view->bob == 1 && view->root == 1 && !view->partial,
	   "root sees all: %u events, %u of %u rows with an object", view->events, view->objects,
	   view->nr_rows);
	view_as(be_alice);
	ok(view_fine() && view->rows == 4, "an ordinary user sees all totals: %llu",
	   (unsigned long long)view->rows);
	ok(view->events == 2 && view->alice == 2 && view->uid == ALICE && view->first_seq == 1,
	   "... and only own events: %u, of which %u are, from %u on", view->events,
	   view->alice, view->first_seq);
	ok(!view->others_named && !view->objects && strstr(view->last, "v-alice"),
	   "... and nobody else's name or object: %s", view->last);
	view_as(be_bob);
	ok(view_fine() && view->rows == 4 && view->events == 1 && view->bob == 1 &&
	   view->first_seq == 1 && strstr(view->last, "v-bob"),
	   "another user sees the others: %u events", view->events);
	view_as(be_carol);
	ok(view_fine() && view->rows == 4 && !view->events && !strcmp(view->last, "none") &&
	   view->partial && !view->others_named,
	   "a user without failures sees only totals: %s", view->last);
}

static void by_userns(void)
{
	view_as(be_alice_as_root);
	ok(view_fine() && view->rows == 4 && view->events == 2 && view->alice == 2 && !view->uid &&
	   !view->others_named, "root of a user namespace sees its own events, as uid %u: %u",
	   view->uid, view->events);
	view_as(be_root_of_userns);
	ok(view_fine() && view->rows == 4 && view->events == 1 && view->root == 1,
	   "and so does the machine's root inside one: %u", view->events);
}

static void by_descriptor(void)
{
	int page, log, status;
	pid_t pid;

	page = open(FORKFAIL_PAGE, O_RDONLY);
	log = open(FORKFAIL_LOG, O_RDONLY);
	pid = fork();
	if (!pid) {
		be_alice();
		view_look_at(page, log);
		_exit(0);
	}
	wait_for(pid);
	ok(view_fine() && view->events == 4, "opened by root, it shows root's view to a user: %u events",
	   view->events);
	close(page);
	close(log);

	pid = fork();
	if (!pid) {
		if (setresuid(ALICE, ALICE, 0))
			_exit(1);
		page = open(FORKFAIL_PAGE, O_RDONLY);
		log = open(FORKFAIL_LOG, O_RDONLY);
		if (setresuid(0, 0, 0))
			_exit(1);
		view_look_at(page, log);
		_exit(0);
	}
	status = wait_for(pid);
	ok(!status && view_fine() && view->events == 2 && view->alice == 2 && !view->others_named,
	   "opened by a user, it shows the user's view to root: %u events", view->events);
}

/* ---- PID namespaces ------------------------------------------------------- */

static pid_t *numbers;	/* PIDs of the failing process: outside, inside */

static void inside(void)
{
	pid_t pid;

	mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
	if (mount("proc", "/proc", "proc", 0, NULL))
		_exit(3);
	pid = fork();
	if (!pid) {
		numbers[1] = getpid();
		name_self("v-inner");
		refuse_nproc(ALICE);
		_exit(try_create(PROCESS));
	}
	wait_for(pid);
	pid = fork();
	if (!pid) {
		be_alice();
		view_look();
		_exit(0);
	}
	wait_for(pid);
	ok(view_fine() && view->events == 1 && view->inner == 1 && (pid_t)view->pid == numbers[1],
	   "in a PID namespace a user sees what happened inside, as pid %u: %u events", view->pid,
	   view->events);
	view_as(be_root);
	ok(view_fine() && view->events == 5 && (pid_t)view->pid == numbers[1],
	   "root there sees all: %u events, pid %u", view->events, view->pid);
	_exit(0);
}

static void by_pidns(void)
{
	pid_t pid, child;

	numbers = shared(4096);
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWPID | CLONE_NEWNS))
			_exit(4);
		child = fork();
		if (!child)
			inside();
		_exit(wait_for(child));
	}
	ok(!wait_for(pid), "a PID namespace was there");
	view_as(be_alice);
	ok(view_fine() && view->events == 3 && view->inner == 1 && (pid_t)view->pid != numbers[1] &&
	   (pid_t)view->pid > numbers[1],
	   "from outside the same user sees it too, as pid %u (inside %d)", view->pid, numbers[1]);
}

/* A second namespace with the same inode number is a different one. */
static void by_reuse(void)
{
	unsigned int i;
	struct stat st;
	pid_t pid;

	for (i = 0; i < 30; i++) {
		pid = fork();
		if (!pid) {
			if (unshare(CLONE_NEWPID))
				_exit(4);
			pid = fork();
			if (pid)
				_exit(wait_for(pid));
			if (stat("/proc/thread-self/ns/pid", &st) && stat("/proc/self/ns/pid", &st))
				_exit(5);
			if (!numbers[2]) {
				numbers[2] = st.st_ino;
				pid = fork();
				if (pid)
					_exit(wait_for(pid));
				name_self("v-reused");
				refuse_nproc(ALICE);
				_exit(try_create(PROCESS) != EAGAIN);
			}
			if ((pid_t)st.st_ino != numbers[2])
				_exit(6);
			pid = fork();
			if (pid)
				_exit(wait_for(pid));
			be_alice();
			view_look();
			_exit(0);
		}
		if (wait_for(pid) == 0 && i)
			break;
		/* an inode number is reused after its namespace was freed */
		nap(50);
	}
	if (i == 30) {
		skip("no PID namespace got the number of one that is gone");
		return;
	}
	ok(view_fine() && !view->events && view->rows, "what happened in a PID namespace of the same number before (%u) is not shown: %u events",
	   numbers[2], view->events);
}

static void hide_pids(void)
{
	if (mount("none", "/proc", NULL, MS_REMOUNT, "hidepid=2"))
		_exit(7);
	be_alice();
}

/* hidepid= hides processes, not failures. */
static void by_hidepid(void)
{
	unsigned int before;

	view_as(be_alice);
	before = view->events;
	view_as(hide_pids);
	ok(view_fine() && view->events == before && before && !view->others_named,
	   "with hidepid=2 a user sees the same: %u events", view->events);
	mount("none", "/proc", NULL, MS_REMOUNT, "hidepid=0");
}

/* ---- cgroup namespaces ----------------------------------------------------- */

static uint64_t failures(void)
{
	struct text page;
	uint64_t n;

	read_page(&page);
	n = all_rows(&page);
	text_free(&page);
	return n;
}

/* The page shows a failure a moment after it. */
static void until_failures(uint64_t n)
{
	uint64_t start = now_ms();

	while (failures() < n && now_ms() - start < 60000 * slowness)
		nap(20);
}

static int refused_in(const char *cgroup, const char *comm, void (*prepare)(void))
{
	pid_t pid = fork();
	int err;

	if (pid)
		return pid < 0 ? 200 : wait_for(pid);
	name_self(comm);
	err = cgroup_enter(cgroup);
	if (err)
		_exit(100 + err);
	prepare();
	err = try_create(PROCESS);
	_exit(err ? try_create(PROCESS) : 0);
}

/*
 * One process, refused twice in a cgroup by the limit of that cgroup or of one above it, so
 * that the event also has the usage at the last failure. If the process was not refused by that
 * limit, another one tries.
 */
static void fail_at(const char *cgroup, const char *limit, const char *comm, void (*prepare)(void))
{
	uint64_t before = failures();
	unsigned int i;
	int err;

	cgroup_put(limit, "pids.max", "0");
	for (i = 0; i < 3; i++) {
		err = refused_in(cgroup, comm, prepare);
		if (err == EAGAIN)
			break;
		note("%s, in %s: error %d (from 100 on: it could not enter)", comm, cgroup, err);
	}
	cgroup_put(limit, "pids.max", "max");
	until_failures(before + 2);
	ok(failures() == before + 2, "%s is refused twice in %s: %llu failures", comm, cgroup,
	   (unsigned long long)(failures() - before));
}

static void enter_cgroupns(void)
{
	if (cgroup_enter("views/a") || unshare(CLONE_NEWCGROUP))
		_exit(5);
}

static void alice_in_cgroupns(void)
{
	enter_cgroupns();
	be_alice();
}

/* Others use this cgroup as well, so its usage is not shown to this reader. */
static void limit_outside(void)
{
	fail_at("views/a/b", "views", "v-alice", be_alice);
	view_as(be_alice);
	ok(view_fine() && !strcmp(view->object, "/views") && view->limit_shown,
	   "a user sees the limit that she met: %s", view->last);
	view_as(alice_in_cgroupns);
	ok(view_fine() && !strcmp(view->object, "(outside)") && !view->limit_shown &&
	   !strstr(view->last, "(outside)") && !strstr(view->yours, "(outside)"),
	   "... but not in a cgroup namespace that it is outside of: %s", view->last);
	ok(strstr(view->also, " pids-max-ancestor (limit), last by v-alice[") &&
	   !strstr(view->also, "views") && !strstr(view->also, "outside"),
	   "... nor where it does not lead: %s", view->also);
	view_as(enter_cgroupns);
	ok(view_fine() && !strcmp(view->object, "(outside)") && view->limit_shown,
	   "... where root does: %s", view->last);
	fail_at("views/a/b", "views/a/b", "v-alice", be_alice);
	view_as(alice_in_cgroupns);
	ok(view_fine() && !strcmp(view->object, "/b") && view->limit_shown,
	   "... and she does, what is inside: %s", view->last);
}

static void be_in_b(void)
{
	if (cgroup_enter("views/a/b"))
		_exit(1);
}

/* The failure that hurts most is somebody else's; that of the reader's own cgroup is named, too. */
static void own_trouble(void)
{
	uint64_t before;
	unsigned int i;

	fail_at("views/a/b", "views/a/b", "v-alice", be_alice);
	before = failures();
	for (i = 0; i < 9; i++)
		fail_once("v-bob", BOB);
	until_failures(before + 9);
	view_as(be_root);
	ok(view_fine() && strstr(view->last, "v-bob") && !*view->yours,
	   "most failures lead: %s; nobody's own: %s", view->last, view->yours);
	before = failures();
	fail_once("v-carol", CAROL);
	until_failures(before + 1);
	view_as(be_root);
	ok(view_fine() && strstr(view->last, "v-bob") && !*view->yours,
	   "a limit of another user in the reader's cgroup is not the reader's: %s", view->yours);
	ok(strstr(view->also, " pids-max (limit): /views/a/b"),
	   "... and the rest is counted, with its object: %s", view->also);
	view_as(be_in_b);
	ok(view_fine() && strstr(view->last, "v-bob") && strstr(view->yours, "v-alice") &&
	   strstr(view->yours, " pids.max allows (1 in use, above the limit of 0 tasks, /views/a/b)"),
	   "in the cgroup of the other one it is named: %s", view->yours);
	view_as(be_bob);
	ok(view_fine() && strstr(view->last, "v-bob") && !strstr(view->also, "pids-max"),
	   "a user is told of no others: %s", view->also);
}

static void by_cgroupns(void)
{
	fail_at("views/a/b", "views/a/b", "v-cgroup", be_root);
	view_as(be_root);
	ok(!strcmp(view->object, "/views/a/b") && !strcmp(view->cgroup, "/views/a/b"),
	   "outside of a cgroup namespace: object %s, cgroup %s", view->object, view->cgroup);
	view_as(enter_cgroupns);
	ok(view_fine() && !strcmp(view->object, "/b") && !strcmp(view->cgroup, "/b"),
	   "inside paths are relative: object %s, cgroup %s", view->object, view->cgroup);
	fail_at("views/z", "views/z", "v-cgroup", be_root);
	view_as(enter_cgroupns);
	ok(!strcmp(view->object, "(outside)") && !strcmp(view->cgroup, "(outside)"),
	   "what is elsewhere is %s, %s", view->object, view->cgroup);
	fail_at("views/a/b", "views", "v-cgroup", be_root);
	view_as(enter_cgroupns);
	ok(!strcmp(view->object, "(outside)") && !strcmp(view->cgroup, "/b"),
	   "a limit above it is %s, for cgroup %s", view->object, view->cgroup);
	fail_at("views/a", "views/a", "v-cgroup", be_root);
	view_as(enter_cgroupns);
	ok(!strcmp(view->object, "/") && !strcmp(view->cgroup, "/"),
	   "its root is %s, %s", view->object, view->cgroup);
	fail_at("views/ab", "views/ab", "v-cgroup", be_root);
	view_as(enter_cgroupns);
	ok(!strcmp(view->object, "(outside)"), "a neighbour with a longer name is %s",
	   view->object);
}

static void root_fails(void)
{
	pid_t pid = fork();

	if (!pid) {
		name_self("v-root");
		cgroup_enter("views/root");
		_exit(try_create(PROCESS));
	}
	wait_for(pid);
}

void test_who_sees_what(void)
{
	static const char * const cgroups[] = {
		"views", "views/root", "views/a", "views/a/b", "views/z", "views/ab",
	};
	unsigned int i;

	fresh(NULL);
	view = shared(sizeof(*view));
	for (i = 0; i < ARRAY_SIZE(cgroups); i++) {
		cgroup_make(cgroups[i]);
		/* pids.max is enforced there, and it may contain processes */
		cgroup_put(cgroups[i], "cgroup.subtree_control", "+pids");
	}
	for (i = 0; i < ARRAY_SIZE(cgroups); i++)
		if (strcmp(cgroups[i], "views"))
			cgroup_put(cgroups[i], "cgroup.subtree_control", "-pids");
	cgroup_put("views/root", "pids.max", "0");
	root_fails();
	fail_once("v-alice", ALICE);
	fail_once("v-bob", BOB);
	fail_once("v-alice", ALICE);
	by_uid();
	by_userns();
	by_descriptor();
	by_pidns();
	by_reuse();
	by_hidepid();
	by_cgroupns();
	limit_outside();
	own_trouble();
	for (i = ARRAY_SIZE(cgroups); i--; )
		cgroup_remove(cgroups[i]);
}
