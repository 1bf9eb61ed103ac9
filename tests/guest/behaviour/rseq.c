// SPDX-License-Identifier: GPL-2.0-only
/*
 * rseq.c - a fork that a filter lets through has its CPU's number when it returns
 *
 * A task that continues on another CPU must find that CPU's number in what it has registered
 * for restartable sequences.  Up to 6.18 the kernel sees to that by the flag that forkfail
 * sets as well, and takes back when it turns out that a filter has not refused the call.
 * Here a task is moved between the two: while its filter asks a supervisor, and at any moment
 * by somebody who does nothing else.
 */
#define _GNU_SOURCE
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#if __has_include("sys/rseq.h")
#include <sys/rseq.h>
#endif

#include "guest.h"

#if defined(RSEQ_SIG) && defined(SECCOMP_USER_NOTIF_FLAG_CONTINUE)

#define FORKS	(brief ? 80 : 200)

static struct {
	int listener, ready, forks, stale;
} *board;

static bool is_ready(void)
{
	return __atomic_load_n(&board->ready, __ATOMIC_ACQUIRE);
}

static long switches(void)
{
	struct rusage u;

	getrusage(RUSAGE_THREAD, &u);
	return u.ru_nvcsw + u.ru_nivcsw;
}

/* A task can be moved at any time: compare while it is not. */
static bool is_stale(void)
{
	const struct rseq *r = (const void *)((char *)__builtin_thread_pointer() + __rseq_offset);
	unsigned int cpu, registered;
	long before;

	do {
		before = switches();
		registered = __atomic_load_n(&r->cpu_id, __ATOMIC_SEQ_CST);
		syscall(SYS_getcpu, &cpu, NULL, NULL);
	} while (switches() != before);
	return registered != cpu;
}

static void fork_on(uint32_t action)
{
	pid_t pid;
	bool stale;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (action == SECCOMP_RET_USER_NOTIF)
		board->listener = filter_forks_for(action);
	else
		filter_forks(action);
	__atomic_store_n(&board->ready, 1, __ATOMIC_RELEASE);
	while (board->forks < FORKS) {
		pid = raw_fork();
		stale = is_stale();
		if (!pid)
			_exit(stale);
		if (pid < 0)
			_exit(97);
		board->stale += stale + wait_for(pid);
		board->forks++;
	}
}

/* It shares its descriptors with this process, which is its supervisor. */
static pid_t start_forker(uint32_t action)
{
	pid_t pid;

	memset(board, 0, sizeof(*board));
	pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (!pid) {
		fork_on(action);
		_exit(0);
	}
	if (pid < 0)
		die("clone: %s", strerror(errno));
	while (!is_ready())
		nap(1);
	return pid;
}

static void move(pid_t pid, unsigned int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(pid, sizeof(one), &one);
}

static unsigned int let_through_elsewhere(pid_t pid)
{
	struct seccomp_notif_resp resp;
	struct seccomp_notif req;
	unsigned int moves;

	for (moves = 0; moves < FORKS; moves++) {
		memset(&req, 0, sizeof(req));
		if (ioctl(board->listener, SECCOMP_IOCTL_NOTIF_RECV, &req))
			break;
		move(pid, moves % 2);
		resp = (struct seccomp_notif_resp) {
			.id = req.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE,
		};
		if (ioctl(board->listener, SECCOMP_IOCTL_NOTIF_SEND, &resp))
			break;
	}
	close(board->listener);
	return moves;
}

static unsigned int move_on(pid_t pid)
{
	unsigned int moves = 0;

	while (__atomic_load_n(&board->forks, __ATOMIC_RELAXED) < FORKS && !kill(pid, 0))
		move(pid, moves++ % 2);
	return moves;
}

static void check(const char *what, uint32_t action, unsigned int (*mover)(pid_t pid))
{
	pid_t pid = start_forker(action);
	unsigned int moves = mover(pid);
	int status = wait_for(pid);

	ok(!status && moves && board->forks == FORKS && !board->stale,
	   "%s: after each of %d forks a task has its CPU's number (%u moves, %d wrong)", what,
	   board->forks, moves, board->stale);
}

/**
 * test_rseq - forkers in a sandbox are moved from CPU to CPU
 */
void test_rseq(void)
{
	if (!__rseq_size || sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		skip("no restartable sequences, or one CPU");
		return;
	}
	board = shared(sizeof(*board));
	fresh("");
	check("moved by its supervisor", SECCOMP_RET_USER_NOTIF, let_through_elsewhere);
	check("moved at any moment", SECCOMP_RET_ALLOW, move_on);
}

#else

void test_rseq(void)
{
	skip("this C library has no restartable sequences");
}

#endif
