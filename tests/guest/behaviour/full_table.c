// SPDX-License-Identifier: GPL-2.0-only
/*
 * full_table.c - the table of failing calls is full, or a user tries to fill it
 *
 * One user keeps as many calls pending as possible, in both possible ways: under a
 * supervisor that never answers, and inside copy_process(), which writes the pidfd to memory
 * whose page fault nobody serves.  All failures of a victim must be named with certainty.
 * Calls that find the table full are counted: those that were named and those that were not
 * must add up to what the callers counted.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "guest.h"

#define TOP		"full"
#define MALLORY		6301
#define OTHERS		6302	/* and the next uids */
#define ALICE		6310
#define SUBORDINATE	200000	/* the attacker's subordinate uids, from here */
#define NR_OTHERS	6
#define PLACES		512	/* for failing calls */
#define REFUSED		30	/* calls of a victim */
#define STORM		300	/* and of those that find no room */
#define MOST		1400
#define UNSERVED	"/proc/sys/vm/unprivileged_userfaultfd"

static struct {
	int mapped, held, go;
	unsigned int failed, odd;
} *board;

/* ---- who attacks ----------------------------------------------------------- */

static void become(uid_t uid)
{
	if (setresgid(uid, uid, uid) || setresuid(uid, uid, uid) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		_exit(98);
}

static void user(void)
{
	become(MALLORY);
}

/* Each of the tasks is another user, all in the same namespace. */
static void many_users(void)
{
	if (unshare(CLONE_NEWUSER))
		_exit(97);
	__atomic_store_n(&board->mapped, 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(&board->mapped, __ATOMIC_ACQUIRE) != 2)
		nap(2);
}

static void subordinate(void)
{
	become(MALLORY);
	many_users();
}

static void container(void)
{
	if (cgroup_enter(TOP "/attack"))
		_exit(96);
}

static void remapped(void)
{
	container();
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	many_users();
}

enum { USER, SUBORDINATE_IDS, CONTAINER, REMAPPED, NR_ATTACKERS };

static const struct {
	const char *name;
	void (*become)(void);
	uid_t victim, maps;
} attackers[NR_ATTACKERS] = {
	[USER] = { "a user", user, ALICE, 0 },
	[SUBORDINATE_IDS] = { "a user with subordinate ids", subordinate, ALICE, MALLORY },
	[CONTAINER] = { "a container of root's", container, 0, 0 },
	[REMAPPED] = { "one with a user namespace of root's", remapped, 0, SUBORDINATE - 1 },
};

/* ---- how calls are held ----------------------------------------------------- */

static void *unserved;
static int filtered;	/* in the attacker's process */

static bool by_supervisor(void)
{
	await(&filtered);
	__sync_fetch_and_add(&board->held, 1);
	return raw_fork() < 0;
}

static bool by_memory(unsigned long flags)
{
	return syscall(SYS_clone, flags | CLONE_PIDFD | CLONE_VM | SIGCHLD, 0, unserved, 0, 0) < 0;
}

static bool in_copy_process(void)
{
	return by_memory(0);
}

static bool in_new_userns(void)
{
	return by_memory(CLONE_NEWUSER);
}

static const struct attack {
	const char *name;
	bool (*hold)(void);
	unsigned int tasks;
	bool in_memory;
} attacks[] = {
	{ "calls that a supervisor never answers", by_supervisor, 700, false },
	{ "clones with CLONE_PIDFD into memory that is never served", in_copy_process, MOST,
	  true },
	{ "clones with CLONE_NEWUSER and CLONE_PIDFD into such memory", in_new_userns, 300,
	  true },
};

static const struct attack *attack;
static unsigned int attacker;

static int hold(void *number)
{
	uid_t uid = 1 + (uintptr_t)number % 1000;

	/* of this thread alone */
	if (attackers[attacker].maps) {
		syscall(SYS_setresgid, uid, uid, uid);
		syscall(SYS_setresuid, uid, uid, uid);
	}
	attack->hold();
	for (;;)
		pause();
	return 0;
}

static int never_serve(void)
{
	struct uffdio_api api = { UFFD_API, 0, 0 };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	unserved = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	reg.range.start = (uintptr_t)unserved;
	reg.range.len = 4096;
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &reg))
		_exit(95);
	return fd;
}

static void hold_all(unsigned int tasks)
{
	struct uffd_msg msg;
	unsigned int i;
	int fd = -1;

	if (attack->in_memory)
		fd = never_serve();
	start_threads(tasks, hold);
	/* one filter for all, which takes less time than one for each */
	if (!attack->in_memory) {
		filter_all_for(SECCOMP_RET_USER_NOTIF);
		release(&filtered);
	}
	/* a task that waits for a page is reported once */
	for (i = 0; fd >= 0 && i < tasks; )
		if (read(fd, &msg, sizeof(msg)) == sizeof(msg))
			board->held = ++i;
		else
			nap(5);
	for (;;)
		pause();
}

static pid_t start(const struct attack *a, unsigned int who, uid_t uid, unsigned int tasks)
{
	struct rlimit files = { 4096, 4096 };
	unsigned int before = a->in_memory ? 0 : board->held, i;
	char path[64];
	pid_t pid;

	attack = a;
	attacker = who;
	board->mapped = 0;
	board->held = before;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setrlimit(RLIMIT_NOFILE, &files);
		if (uid)
			become(uid);
		else
			attackers[who].become();
		hold_all(tasks);
	}
	while (attackers[who].maps && !__atomic_load_n(&board->mapped, __ATOMIC_ACQUIRE))
		if (waitpid(pid, NULL, WNOHANG) == pid)
			die("no user namespace");
		else
			nap(2);
	for (i = 0; attackers[who].maps && i < 2; i++) {
		snprintf(path, sizeof(path), "/proc/%d/%cid_map", pid, "ug"[i]);
		if (put(path, "0 %u 1\n1 %u 1000\n", attackers[who].maps, SUBORDINATE))
			die("%s", path);
	}
	__atomic_store_n(&board->mapped, 2, __ATOMIC_RELEASE);
	for (i = 0; i < 12000 * slowness; i++) {
		if (__atomic_load_n((unsigned int *)&board->held, __ATOMIC_ACQUIRE) >=
		    before + tasks)
			break;
		if (waitpid(pid, NULL, WNOHANG) == pid)
			die("%s: it has ended", a->name);
		nap(5);
	}
	/* it reports this just before it blocks */
	nap(300 * slowness);
	return pid;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	wait_for(pid);
}

/* ---- a victim --------------------------------------------------------------- */

static void victim(const char *comm, uid_t uid)
{
	pid_t pid = fork();
	unsigned int i;

	if (pid) {
		i = pid < 0 ? errno : wait_for(pid);
		if (i)
			note("the victim ended with %u", i);
		return;
	}
	name_self(comm);
	i = -cgroup_enter(TOP "/victim");
	if (i)
		_exit(i);
	if (uid)
		become(uid);
	for (i = 0; i < REFUSED; i++)
		board->failed += try_create(i % NR_KINDS) == EAGAIN;
	filter_forks(SECCOMP_RET_ERRNO | EPERM);
	for (i = 0; i < REFUSED; i++)
		board->failed += try_create(i % NR_KINDS) == EPERM;
	_exit(0);
}

/* How many failures of one user are named with certainty. */
static unsigned int certain(const struct text *log, const char *comm)
{
	unsigned int i, n = 0;

	for (i = 0; i < log->nr_events; i++) {
		const struct event *e = &log->events[i];
		const char *cause = value(e, FORKFAIL_KEY_CAUSE);

		if (strcmp(value(e, FORKFAIL_KEY_COMM), comm))
			continue;
		if (strcmp(value(e, FORKFAIL_KEY_PROOF), "inferred") &&
		    (!strcmp(cause, "pids-max") || !strcmp(cause, "seccomp-errno")))
			n += 1 + e->repeat;
		else
			note("%s: %s %s", comm, cause, value(e, FORKFAIL_KEY_PROOF));
	}
	return n;
}

static uint64_t without_room(void)
{
	struct text page;
	uint64_t n;

	read_page(&page);
	n = page.noroom;
	text_free(&page);
	return n;
}

static void beside(const struct attack *a, unsigned int who)
{
	/* in the short form still more places than one user may have */
	unsigned int tasks = longer ? a->tasks : a->in_memory ? a->tasks / 4 : PLACES * 4 / 5;
	unsigned int held;
	static unsigned int n;
	unsigned int named;
	struct text log;
	char comm[16];
	pid_t pid;

	memset(board, 0, sizeof(*board));
	pid = start(a, who, 0, tasks);
	held = board->held;
	snprintf(comm, sizeof(comm), "f-victim-%u", n++);
	victim(comm, attackers[who].victim);
	read_log(&log);
	named = certain(&log, comm);
	if (*log.wrong)
		note("%s", log.wrong);
	text_free(&log);
	ok(held == tasks && board->failed == 2 * REFUSED && named == 2 * REFUSED,
	   "%s holds %u %s: of %u failures of another user, %u are named with certainty",
	   attackers[who].name, held, a->name, board->failed, named);
	stop(pid);
}

/* ---- full -------------------------------------------------------------------- */

static void fail_often(const char *comm, uid_t uid)
{
	pid_t pid = fork();
	unsigned int i;

	if (pid) {
		wait_for(pid);
		return;
	}
	name_self(comm);
	refuse_nproc(uid);
	for (i = 0; i < STORM; i++)
		if (try_create(i % NR_KINDS) == EAGAIN)
			board->failed++;
		else
			board->odd++;
	_exit(0);
}

static void exact(const char *who, uint64_t before)
{
	struct text page;
	uint64_t named;

	read_page(&page);
	named = row_total(&page, cause_by_name("rlimit-nproc", 12));
	ok(!*page.wrong && !board->odd && named + page.noroom == board->failed &&
	   page.noroom > before,
	   "%s: %u calls failed, %llu are named and %llu are not, for lack of room %s", who,
	   board->failed, (unsigned long long)named, (unsigned long long)page.noroom, page.wrong);
	text_free(&page);
}

static void full(void)
{
	pid_t pids[1 + NR_OTHERS];
	uint64_t before, since;
	struct text page;
	unsigned int i, held;

	fresh(NULL);
	memset(board, 0, sizeof(*board));
	pids[0] = start(&attacks[0], USER, 0, attacks[0].tasks);
	/* both CPUs may let one in at the same time; the last of them may not have called yet */
	for (since = now_ms(), held = PLACES; held > PLACES * 3 / 4 + 2 &&
	     now_ms() < since + 60000 * slowness; nap(20)) {
		read_page(&page);
		held = attacks[0].tasks - page.missed;
		text_free(&page);
	}
	ok(held >= PLACES * 3 / 4 && held <= PLACES * 3 / 4 + 2,
	   "one user holds three quarters of %u places: %u", PLACES, held);
	fail_often("storm", MALLORY);
	exact("one user holds as many as allowed", 0);
	before = without_room();
	board->failed = 0;
	victim("f-victim", ALICE);
	ok(board->failed == 2 * REFUSED && without_room() == before,
	   "another user who fails %u times has room", board->failed);

	/* 128 places are reserved for other users, and nobody gets more than 32 of them */
	for (i = 0; i < NR_OTHERS; i++)
		pids[1 + i] = start(&attacks[0], USER, OTHERS + i, 60);
	board->failed = STORM;
	fail_often("others", ALICE + 1);
	exact("several users hold all places", before);
	for (i = 0; i < 1 + NR_OTHERS; i++)
		stop(pids[i]);
	before = without_room();
	fail_often("after", ALICE + 2);
	exact("they have gone", 0);
	ok(without_room() == before, "and a user who comes after them has room");
}

void test_full_table(void)
{
	unsigned int i, who;
	int fd;

	board = shared(sizeof(*board));
	cgroup_make(TOP);
	cgroup_put(TOP, "cgroup.subtree_control", "+pids");
	cgroup_make(TOP "/attack");
	cgroup_make(TOP "/victim");
	cgroup_put(TOP "/victim", "pids.max", "0");
	/* a thousand children of one process contend for one lock when they fork */
	hung_after(120);
	full();
	/* a user who may not use it can use a file on FUSE */
	put(UNSERVED, "1");
	fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	close(fd);
	fresh(NULL);
	for (i = 0; i < ARRAY_SIZE(attacks); i++)
		for (who = 0; who < NR_ATTACKERS; who++)
			if (!attacks[i].in_memory || fd >= 0)
				beside(&attacks[i], who);
	if (fd < 0)
		skip("no call can be held inside: userfaultfd: %s", strerror(errno));
	put(UNSERVED, "0");
	cgroup_remove(TOP "/attack");
	cgroup_remove(TOP "/victim");
	cgroup_remove(TOP);
}
