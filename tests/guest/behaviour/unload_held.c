// SPDX-License-Identifier: GPL-2.0-only
/*
 * unload_held.c - the module is unloaded while calls that it watches are pending
 *
 * A supervisor that never answers, a tracer that never continues, a vfork() whose child does
 * not end: the module is unloaded while all of these are pending, and during a storm of calls
 * that filters allow and refuse.  Unloading must not wait for them, and nothing may go wrong
 * when the pending calls continue.
 */
#define _GNU_SOURCE
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "guest.h"

#define CYCLES		(each ? 12 : 2)
#define UNLOAD_MS	20000	/* unloading waits for none of them, but a machine may be slow */
#define SWITCH		"/sys/module/" MODULE "/parameters/syscalls"

static struct {
	int stop, ready[4];
	uint64_t allowed, refused, bad, odd;
} *board;

static bool stopped(void)
{
	return __atomic_load_n(&board->stop, __ATOMIC_ACQUIRE);
}

static void until_stopped(void)
{
	while (!stopped())
		nap(5);
}

static pid_t start(const char *comm, void (*what)(void))
{
	pid_t pid = fork();

	if (!pid) {
		name_self(comm);
		what();
		_exit(0);
	}
	if (pid < 0)
		die("fork: %s", strerror(errno));
	return pid;
}

/* ---- calls that are held -------------------------------------------------- */

static void on_signal(int sig)
{
	(void)sig;
}

static void supervised(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &sa, NULL);
	filter_forks_for(SECCOMP_RET_USER_NOTIF);
	board->ready[0] = 1;
	/* until a signal comes */
	if (raw_fork() != -1 || errno != EINTR)
		_exit(1);
}

static int sleep_in_child(void *unused __attribute__((unused)))
{
	board->ready[1] = 1;
	until_stopped();
	syscall(SYS_exit, 0);
	return 0;
}

static void vforked(void)
{
	static char stack[16384] __attribute__((aligned(64)));
	pid_t pid;

	filter_forks(SECCOMP_RET_ALLOW);
	/* with a rare flag, which some kernel may refuse, it is watched to its end */
	pid = clone(sleep_in_child, stack + sizeof(stack),
		    CLONE_NEWUTS | CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
	if (pid < 0 || !stopped() || waitpid(pid, NULL, __WALL) != pid)
		_exit(1);
}

static void traced(void)
{
	pid_t pid;

	filter_forks(SECCOMP_RET_ALLOW);
	if (ptrace(PTRACE_TRACEME, 0, 0, 0))
		_exit(1);
	raise(SIGSTOP);
	pid = raw_fork();
	if (!pid)
		_exit(0);
	if (pid < 0 || waitpid(pid, NULL, __WALL) != pid)
		_exit(2);
}

/* The tracer holds the task at the entry of its clone(). */
static void trace(void)
{
	pid_t pid = start("hd-traced", traced);
	int status, i;

	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		_exit(1);
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	for (i = 0; i < 32; i++) {
		if (ptrace(PTRACE_SYSCALL, pid, 0, 0) || waitpid(pid, &status, 0) != pid ||
		    !WIFSTOPPED(status))
			_exit(2);
		if (WSTOPSIG(status) == (SIGTRAP | 0x80) &&
		    ptrace(PTRACE_PEEKUSER, pid, 15 * sizeof(long), 0) == SYS_clone)
			break;
	}
	board->ready[2] = i < 32;
	until_stopped();
	if (ptrace(PTRACE_DETACH, pid, 0, 0) || waitpid(pid, &status, 0) != pid || status)
		_exit(3);
}

/* ---- calls that are not held ---------------------------------------------- */

static void allowed(void)
{
	unsigned int i;

	filter_forks(SECCOMP_RET_ALLOW);
	for (i = 0; !stopped(); i++) {
		__sync_fetch_and_add(try_create(i % NR_KINDS) ? &board->odd : &board->allowed, 1);
		if (i % 16 == 0)
			give_way(10);
	}
}

static void refused(void)
{
	unsigned int i;

	filter_forks(SECCOMP_RET_ERRNO | EBUSY);
	for (i = 0; !stopped(); i++) {
		__sync_fetch_and_add(try_create(i % NR_KINDS) == EBUSY ? &board->refused :
				     &board->odd, 1);
		if (i % 16 == 0)
			give_way(10);
	}
}

static void bad_args(void)
{
	unsigned int i;

	for (i = 0; !stopped(); i++) {
		__sync_fetch_and_add(try_bad_clone3() == EINVAL ? &board->bad : &board->odd, 1);
		if (i % 16 == 0)
			give_way(10);
	}
}

static void refused_once(void)
{
	filter_forks(SECCOMP_RET_ERRNO | EPERM);
	if (try_create(PROCESS) != EPERM)
		_exit(1);
}

/* One cycle: returns the milliseconds that unloading took, or -1. */
static int cycle(unsigned int i)
{
	pid_t held[3], storm[3], once;
	unsigned int n, bad = 0;
	uint64_t from;
	int err;

	memset(board, 0, sizeof(*board));
	if (load(NULL))
		return -1;
	storm[0] = start("hd-allowed", allowed);
	storm[1] = start("hd-refused", refused);
	storm[2] = start("hd-bad", bad_args);
	held[0] = start("hd-super", supervised);
	held[1] = start("hd-vfork", vforked);
	held[2] = start("hd-tracer", trace);
	for (n = 0, from = now_ms(); n < 3 && now_ms() < from + 20000; )
		if (board->ready[n])
			n++;
		else
			nap(5);
	/* it reports this just before the call */
	nap(100);
	once = start("hd-once", refused_once);
	if (wait_for(once) || n < 3)
		bad++;
	/* meanwhile, the parameters are switched off and on, too */
	if (i % 2 && (put(SWITCH, "N") || put(SWITCH, "Y")))
		bad++;

	from = now_ms();
	err = unload();
	from = now_ms() - from;
	if (err)
		note("unload: %s", strerror(-err));

	/* the last of its calls that the first one ever makes, or the end of it */
	kill(held[0], i % 3 ? SIGUSR1 : SIGKILL);
	__atomic_store_n(&board->stop, 1, __ATOMIC_RELEASE);
	for (n = 0; n < 3; n++)
		bad += wait_for(storm[n]) != 0;
	bad += wait_for(held[0]) != 0 && i % 3;
	bad += wait_for(held[1]) != 0;
	bad += wait_for(held[2]) != 0;
	if (bad || err || board->odd || !board->allowed || !board->refused || !board->bad)
		note("cycle %u: %u wrong, allowed %llu, refused %llu, bad %llu, odd %llu", i, bad,
		     (unsigned long long)board->allowed, (unsigned long long)board->refused,
		     (unsigned long long)board->bad, (unsigned long long)board->odd);
	return bad || err || board->odd || !board->allowed || !board->refused || !board->bad ? -1 :
	       (int)from;
}

/* How many refusals by a filter the page counts; -1 if it does not say whether they are watched. */
static long seen(bool off)
{
	struct text page;
	long n = -1;

	if (!read_page(&page))
		note("the page: %s", page.wrong);
	else if (page.syscalls_off == off)
		n = row_total(&page, cause_by_name("seccomp-errno", 13));
	text_free(&page);
	return n;
}

void test_unload_held(void)
{
	unsigned int i, good = 0, cycles = CYCLES;
	int ms, most = 0;

	board = shared(sizeof(*board));
	for (i = 0; i < cycles; i++) {
		ms = cycle(i);
		good += ms >= 0;
		if (ms > most)
			most = ms;
	}
	ok(good == cycles, "unloaded %u times of %u while calls were held, and all of them continued",
	   good, cycles);
	ok(most < UNLOAD_MS, "no unload waited for them (the longest took %d ms)", most);

	fresh(NULL);
	ok(!wait_for(start("hd-once", refused_once)) && seen(false) == 1, "a refusal is seen");
	put(SWITCH, "N");
	ok(!wait_for(start("hd-blind", refused_once)) && seen(true) == 1,
	   "switched off, one more is not counted, and the page says so");
	put(SWITCH, "Y");
	ok(!wait_for(start("hd-again", refused_once)) && seen(false) == 2,
	   "switched on again, one more is counted");
}
