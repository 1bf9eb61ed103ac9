// SPDX-License-Identifier: GPL-2.0-only
/*
 * restarts.c - many calls of one user restart all the time; one of another user does, too
 *
 * Restarts are counted for each task, in a small table.  The tasks of one user fill it, and
 * restart often enough to stay in it.  The restart loop of the other must still be an event.
 *
 * A tracer sends a signal to its child whenever that enters a fork.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "fair.h"
#include "guest.h"

#define TASKS	260	/* twice as many as there are entries */
#define OFTEN	100	/* restarts that make an event */

static unsigned int *rounds;	/* each of the attacker's tasks has restarted that often */

static void on_signal(int sig)
{
	(void)sig;
}

static pid_t traced(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		sigaction(SIGUSR1, &sa, NULL);
		if (ptrace(PTRACE_TRACEME, 0, 0, 0))
			_exit(97);
		raise(SIGSTOP);
		raw_fork();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	if (pid > 0 && ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL))
		_exit(96);
	return pid;
}

/* Let it go on until it enters a fork again.  Return: false if it has ended. */
static bool restart(pid_t pid)
{
	struct __ptrace_syscall_info info = {};
	int status, sig = 0;

	do {
		if (ptrace(PTRACE_SYSCALL, pid, 0, sig) || waitpid(pid, &status, __WALL) != pid ||
		    !WIFSTOPPED(status))
			return false;
		sig = WSTOPSIG(status) == (SIGTRAP | 0x80) ? 0 : WSTOPSIG(status);
		if (!sig && ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0)
			return false;
	} while (sig || info.op != PTRACE_SYSCALL_INFO_ENTRY || info.entry.nr != SYS_clone);
	kill(pid, SIGUSR1);
	return true;
}

static void restart_all(void)
{
	pid_t pids[TASKS];
	unsigned int i;

	become_user(MALLORY);
	for (i = 0; i < TASKS; i++)
		pids[i] = traced();
	for (;; __sync_fetch_and_add(rounds, 1))
		for (i = 0; i < TASKS; i++)
			if (!restart(pids[i]))
				_exit(95);
}

static void restart_often(void)
{
	unsigned int i;
	pid_t pid;

	become_user(ALICE);
	name_self("f-restarts");
	pid = traced();
	for (i = 0; i < OFTEN + 5; i++)
		if (!restart(pid))
			_exit(95);
	kill(pid, SIGKILL);
	_exit(0);
}

void test_restarts(void)
{
	unsigned int i, n, there = 0;
	struct text log;
	pid_t pid;

	rounds = shared(sizeof(*rounds));
	fresh(NULL);
	pid = run_mallory(restart_all);
	for (i = 0; i < 6000 * slowness && __atomic_load_n(rounds, __ATOMIC_ACQUIRE) < 3; i++)
		nap(10);
	if (wait_for(run_mallory(restart_often)))
		note("the victim did not end well");
	nap(300);
	read_log(&log);
	for (i = 0; i < log.nr_events; i++)
		there += log.events[i].cause == cause_by_name("signal-restart", 14) &&
			 !strcmp(value(&log.events[i], FORKFAIL_KEY_COMM), "f-restarts");
	n = *rounds;
	ok(n >= 3 && there == 1,
	   "while %u calls of one user restart all the time (%u times), the restart loop of another is an event (%u)",
	   TASKS, n, there);
	text_free(&log);
	stop_child(pid);
}
