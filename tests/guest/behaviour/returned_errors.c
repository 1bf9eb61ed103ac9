// SPDX-License-Identifier: GPL-2.0-only
/*
 * returned_errors.c - a call is a failure if it returns an error, not if it was expected to
 *
 * At vm.max_map_count mprotect() is refused if it has to split a mapping, and succeeds if
 * the part that it changes can be merged with a neighbour.  Both look the same before.  For
 * traced tasks and for many tasks at once, only calls that were refused may be failures,
 * and what could not be followed must be reported.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "guest.h"

#define MOST_MAPS	(brief ? 120U : 300U)	/* more than modprobe has */
#define LEN		(brief ? 1UL << 18 : 1UL << 20)
#define GUARD		4096UL
#define ANON		(MAP_PRIVATE | MAP_ANONYMOUS)
#define RW		(PROT_READ | PROT_WRITE)

/* More than can run at the same time. */
#define CROWD		120
#define ROUNDS		3

static struct {
	uint64_t refused, opened, odd, left;
	int go;
} *board;

/* An address below an accessible mapping, when one more mapping is allowed. */
static char *prepare(void)
{
	char *p = mmap(NULL, LEN + GUARD, RW, ANON, -1, 0);
	unsigned int i;

	if (p == MAP_FAILED || mprotect(p, LEN, PROT_READ | PROT_EXEC))
		_exit(90);
	/* neighbours differ, so that none are merged */
	for (i = 0; i <= MOST_MAPS; i++)
		if (mmap(NULL, GUARD, i % 2 ? PROT_READ : PROT_EXEC, ANON, -1, 0) == MAP_FAILED)
			break;
	if (i > MOST_MAPS || munmap(p, LEN))
		_exit(91);
	return p;
}

static long switches(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_nvcsw + u.ru_nivcsw;
}

/* One stack that is made accessible although no mapping may be added, and one that is refused. */
static void try_both(char *p)
{
	char *stack;
	long before;

	if (mmap(p, LEN, PROT_NONE, ANON, -1, 0) != p)
		_exit(92);
	before = switches();
	__sync_fetch_and_add(mprotect(p + GUARD, LEN - GUARD, RW) ? &board->odd : &board->opened,
			     1);
	__sync_fetch_and_add(&board->left, switches() != before);
	stack = mmap(NULL, LEN, RW, ANON | MAP_STACK, -1, 0);
	__sync_fetch_and_add(stack == MAP_FAILED && errno == ENOMEM ? &board->refused :
			     &board->odd, 1);
	if (munmap(p, LEN))
		_exit(93);
}

static void work(unsigned int times, bool lock)
{
	char *p = prepare();

	/* mprotect() faults in all pages, and others run meanwhile; the neighbour is the same */
	if (lock && (mlock(p + LEN, GUARD) || mlockall(MCL_FUTURE)))
		_exit(94);
	await(&board->go);
	while (times--)
		try_both(p);
	_exit(0);
}

/* How many calls were counted as failures, and how many could not be followed. */
static void read_counts(uint64_t *counted, uint64_t *forgotten)
{
	char *stats = slurp(DEBUGFS "/stats", NULL);
	char *p = stats ? strstr(stats, "\nstacks_forgotten ") : NULL;
	struct text page;

	if (!read_page(&page))
		ok(false, "the page is well-formed: %s", page.wrong);
	*counted = all_rows(&page) + page.unexplained;
	*forgotten = p ? strtoull(p + 18, NULL, 10) : 0;
	text_free(&page);
	free(stats);
}

/* Like strace: stop at the entry and at the exit of each call. */
static int trace(pid_t pid)
{
	int status, sig = 0;

	if (waitpid(pid, &status, 0) != pid)
		return -1;
	while (WIFSTOPPED(status)) {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, (long)sig) ||
		    waitpid(pid, &status, 0) != pid)
			return -1;
		sig = WIFSTOPPED(status) && WSTOPSIG(status) != SIGTRAP ? WSTOPSIG(status) : 0;
		if (sig == SIGSTOP)
			sig = 0;
	}
	return status;
}

#define TRACED	10

static void traced(void)
{
	uint64_t counted, forgotten;
	int status;
	pid_t pid;

	memset(board, 0, sizeof(*board));
	board->go = 1;
	fresh(NULL);
	pid = fork();
	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		work(TRACED, false);
	}
	status = trace(pid);
	ok(!status && !board->odd && board->opened == TRACED && board->refused == TRACED,
	   "traced: %llu stacks were opened, %llu refused, %llu neither (status %#x)",
	   (unsigned long long)board->opened, (unsigned long long)board->refused,
	   (unsigned long long)board->odd, status);
	read_counts(&counted, &forgotten);
	ok(counted == TRACED && !forgotten, "traced: %llu counted, %llu not followed",
	   (unsigned long long)counted, (unsigned long long)forgotten);
}

static void many_at_once(void)
{
	uint64_t counted, forgotten;
	pid_t pids[CROWD];
	unsigned int i, bad = 0;

	memset(board, 0, sizeof(*board));
	fresh(NULL);
	for (i = 0; i < CROWD; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		work(ROUNDS, true);
	}
	release(&board->go);
	for (i = 0; i < CROWD; i++)
		bad += !!wait_for(pids[i]);
	ok(!bad && !board->odd && board->opened && board->refused == board->opened,
	   "%u tasks at once: %llu stacks were opened, %llu of them while others ran, %llu refused, %llu neither",
	   CROWD, (unsigned long long)board->opened, (unsigned long long)board->left,
	   (unsigned long long)board->refused, (unsigned long long)board->odd);
	read_counts(&counted, &forgotten);
	ok(counted && counted <= board->refused && counted + forgotten >= board->refused,
	   "%u tasks at once: %llu counted, %llu not followed", CROWD,
	   (unsigned long long)counted, (unsigned long long)forgotten);
}

void test_returned_errors(void)
{
	board = shared(sizeof(*board));
	put("/proc/sys/vm/max_map_count", "%u", MOST_MAPS);
	traced();
	many_at_once();
	put("/proc/sys/vm/max_map_count", "65530");
}
