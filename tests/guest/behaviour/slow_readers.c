// SPDX-License-Identifier: GPL-2.0-only
/*
 * slow_readers.c - nobody waits for a reader
 *
 * Readers whose cgroup may run for a millisecond in a second are stopped wherever
 * they can be, in the kernel, too.  What they hold there everybody else waits for.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>

#include "guest.h"

#define UID	6201
#define TOP	"slow"
#define READERS	8
#define READS	100
#define PREEMPT	"/sys/kernel/debug/sched/preempt"

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ULL + ts.tv_nsec / 1000;
}

static int larger(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x > y ? -1 : x < y;
}

/*
 * How long root's reads take at the worst, but for two: this machine has other things
 * to do as well.
 */
static uint64_t worst(void)
{
	static uint64_t us[READS];
	unsigned int i;

	for (i = 0; i < READS; i++) {
		uint64_t start = now_us();

		free(slurp(i % 2 ? FORKFAIL_PAGE : FORKFAIL_LOG, NULL));
		us[i] = now_us() - start;
		nap(20);
	}
	qsort(us, READS, sizeof(*us), larger);
	return us[2];
}

/* In a cgroup of its own: those in one would wait for each other's time. */
static pid_t reader(const char *cgroup)
{
	static char buf[4096];
	pid_t pid = fork();
	int fd;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (cgroup_enter(cgroup) || setresuid(UID, UID, UID))
		_exit(1);
	for (;;) {
		fd = open(FORKFAIL_LOG, O_RDONLY);
		while (read(fd, buf, sizeof(buf)) > 0)
			;
		close(fd);
	}
}

void test_slow_readers(void)
{
	const struct sched_param first = { .sched_priority = 1 };
	pid_t pids[READERS], pid;
	uint64_t alone, beside;
	unsigned int i;
	char comm[16], names[READERS][16];

	fresh(NULL);
	pid = fork();
	if (!pid) {
		refuse_nproc(UID);
		for (i = 0; i < 100; i++) {
			snprintf(comm, sizeof(comm), "s-%u", i);
			name_self(comm);
			try_create(PROCESS);
			nap(2);
		}
		_exit(0);
	}
	wait_for(pid);
	for (i = 0; i < READERS; i++) {
		snprintf(names[i], sizeof(names[i]), TOP "-%u", i);
		cgroup_make(names[i]);
		if (cgroup_put(names[i], "cpu.max", "1000 1000000")) {
			skip("no cgroup can be given less CPU time here");
			return;
		}
	}
	/* so that they are stopped anywhere; not every kernel can be told */
	if (put(PREEMPT, "full"))
		note("readers are stopped only where the kernel gives way");
	/* for a CPU it does not wait: what is left is what the readers hold */
	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first))
		die("SCHED_FIFO: %s", strerror(errno));
	nap(3000);
	alone = worst();
	for (i = 0; i < READERS; i++)
		pids[i] = reader(names[i]);
	nap(2000);
	beside = worst();
	ok(beside <= 2 * alone, "beside %u readers of 1 ms per second root's read takes %llu us, else %llu us",
	   READERS, (unsigned long long)beside, (unsigned long long)alone);
	for (i = 0; i < READERS; i++)
		kill(pids[i], SIGKILL);
	put(PREEMPT, "voluntary");
	/* to end, too, they need time */
	for (i = 0; i < READERS; i++) {
		cgroup_put(names[i], "cpu.max", "max 100000");
		wait_for(pids[i]);
		cgroup_remove(names[i]);
	}
}
