// SPDX-License-Identifier: GPL-2.0-only
/*
 * storm.c - up to 1,000 forkers at once, 600 in the short form
 *
 * forkfail must have counted what they counted themselves (storm_forkers.c), nothing may be
 * missed, and earlier failures for other reasons must still be readable.
 *
 * That all are inside copy_process() at the same moment is not left to chance: a fork of
 * a process that uses userfaultfd with UFFD_FEATURE_EVENT_FORK waits there until somebody
 * reads the event.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "guest.h"
#include "storm.h"

#define RUN_MS		(longer ? 3000 : brief ? 300 : 700)	/* at least */
#define MILLION	1000000ULL

/* ---- the page's counts, compared with theirs ------------------------------- */

static uint64_t counted[NR_STORM_GROUPS], all;	/* since the module was loaded */

/* Failures from long before, which must still be readable. */
static const struct {
	const char *comm, *cause;
} known[] = {
	{ "known-clone3", "clone3-flags-unknown" },
	{ "known-filter", "seccomp-errno" },
	{ "known-flags", "newns-with-fs" },
};

static void fail_known(void)
{
	unsigned int i;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		pid = fork();
		if (!pid) {
			name_self(known[i].comm);
			if (i == 1)
				filter_forks(SECCOMP_RET_ERRNO | EPERM);
			if (i == 2)
				_exit(syscall(SYS_clone, CLONE_NEWNS | CLONE_FS, 0, 0, 0, 0) < 0 ?
				      errno : 0);
			_exit(i ? try_create(PROCESS) : try_bad_clone3());
		}
		ok(wait_for(pid) > 0, "%s fails once", known[i].comm);
	}
	all += ARRAY_SIZE(known);
}

static void check_known(const struct text *log, const char *when)
{
	unsigned int i, k, found = 0;

	for (k = 0; k < ARRAY_SIZE(known); k++)
		for (i = 0; i < log->nr_events; i++) {
			const struct event *e = &log->events[i];

			found += !strcmp(value(e, FORKFAIL_KEY_COMM), known[k].comm) &&
				 !strcmp(value(e, FORKFAIL_KEY_CAUSE), known[k].cause);
		}
	ok(found == ARRAY_SIZE(known), "%s: earlier failures are still there (%u of %zu)",
	   when, found, ARRAY_SIZE(known));
}

/*
 * A failed task occupies a slot in the module's table until it returns to user space. The
 * kernel runs others first if its time slice is over (exit_to_user_mode_loop()), and each of
 * those may fail as well: on a busy machine, where a time slice is a few forks, a thousand
 * tasks need a thousand slots. A failure without a slot is counted as one that had no room.
 */
#define ALL_HAVE_PLACES	300

static void check(const char *when, unsigned int tasks)
{
	bool full = tasks > ALL_HAVE_PLACES;
	uint64_t unnamed = 0;
	struct text page, log;
	unsigned int i;

	if (!read_page(&page) || !read_log(&log))
		die("%s: page or log: %s%s", when, page.wrong, log.wrong);
	for (i = 0; i < NR_STORM_GROUPS; i++) {
		int cause = cause_by_name(storm_groups[i].cause, strlen(storm_groups[i].cause));
		uint64_t named = row_total(&page, cause);

		ok(named == counted[i] ||
		   (named < counted[i] &&
		    counted[i] - named <= page.unexplained + page.noroom),
		   "%s: %s: the callers counted %llu, the page %llu", when, storm_groups[i].cause,
		   (unsigned long long)counted[i], (unsigned long long)named);
		unnamed += counted[i] - named;
	}
	ok(unnamed == page.unexplained + page.noroom && (full || !unnamed) &&
	   unnamed <= all / 50,
	   "%s: %llu of %llu have no name, %llu had no room", when, (unsigned long long)unnamed,
	   (unsigned long long)all, (unsigned long long)page.noroom);
	ok(all_rows(&page) + page.noroom == all, "%s: there is no other failure on the page",
	   when);
	check_sums(when, &page, &log, full);
	check_known(&log, when);
	text_free(&page);
	text_free(&log);
}

/* Stop the forkers, and add up what they counted since the module was loaded. */
static void finish(const char *when, const enum storm_group *mix, unsigned int of_mix,
		   unsigned int tasks, bool created)
{
	unsigned int i, turns[2] = {
		storm_had_a_turn(tasks, false), storm_had_a_turn(tasks, true),
	};
	struct forker sum = {};
	unsigned int bad = 0;
	int status;

	set(&storm_board->stop, 1);
	while (wait(&status) > 0)
		bad += !!status;
	for (i = 0; i < tasks; i++) {
		const struct forker *f = &storm_board->of[i];

		counted[mix[i % of_mix]] += f->refused;
		sum.created += f->created;
		sum.refused += f->refused;
		sum.other += f->other;
	}
	all += sum.refused;
	ok(!bad && !sum.other && turns[0] >= (created ? MOSTLY(tasks) : 0) &&
	   turns[1] >= MOSTLY(tasks),
	   "%s: %u created %llu, %u were refused %llu times, %llu with another errno; %u ended badly",
	   when, turns[0], (unsigned long long)sum.created, turns[1],
	   (unsigned long long)sum.refused, (unsigned long long)sum.other, bad);
}

static void prepare(void)
{
	storm_board = shared(sizeof(*storm_board));
	if (cgroup_make(CGROUP))
		die("cannot make a cgroup");
	/* a cgroup of many tasks, so it needs more CPU weight than each task outside */
	cgroup_put(CGROUP, "cpu.weight", "3000");
	fresh(NULL);
	fail_known();
}

static const enum storm_group mixed[] = { NPROC, PIDS, NPROC, PIDS, NPROC, PIDS, NPROC, DEAD };
static const enum storm_group pids[] = { PIDS };

/* Three limits at the same time. */
static void storm_of_many(unsigned int tasks)
{
	char when[64];

	snprintf(when, sizeof(when), "%u forkers, three causes", tasks);
	storm_start(mixed, ARRAY_SIZE(mixed), tasks, false);
	cgroup_put(CGROUP, "pids.max", "1");
	storm_gate_open();
	storm_let_run(tasks, true, RUN_MS);
	finish(when, mixed, ARRAY_SIZE(mixed), tasks, false);
	check(when, tasks);
}

/* All forkers are in one cgroup, which first has room for all of them, and then for none. */
static void storm_of_one(unsigned int tasks)
{
	uint64_t times[4] = { now_ms() };
	char when[64];

	snprintf(when, sizeof(when), "%u forkers, one cause", tasks);
	storm_start(pids, ARRAY_SIZE(pids), tasks, true);
	times[1] = now_ms();
	storm_gate_open();
	storm_let_run(tasks, false, RUN_MS);
	cgroup_put(CGROUP, "pids.max", "1");
	times[2] = now_ms();
	storm_let_run(tasks, true, RUN_MS);
	times[3] = now_ms();
	finish(when, pids, ARRAY_SIZE(pids), tasks, true);
	check(when, tasks);
	note("%s: %.1f s to start, %.1f s and %.1f s until all had run, %.1f s to end", when,
	     (times[1] - times[0]) / 1000.0, (times[2] - times[1]) / 1000.0,
	     (times[3] - times[2]) / 1000.0, (now_ms() - times[3]) / 1000.0);
}

/* ---- all inside at once ---------------------------------------------------- */

struct inside {
	int uffd[MOST], err[MOST];
};

static void fork_that_waits(struct inside *in, unsigned int n)
{
	struct uffdio_api api = { UFFD_API, UFFD_FEATURE_EVENT_FORK, 0 };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	void *mem = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	name_self("storm-inside");
	reg.range.start = (uintptr_t)mem;
	reg.range.len = 4096;
	in->uffd[n] = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (in->uffd[n] < 0 || ioctl(in->uffd[n], UFFDIO_API, &api) ||
	    ioctl(in->uffd[n], UFFDIO_REGISTER, &reg))
		_exit(94);
	storm_gate_wait();
	pid = raw_fork();
	if (!pid)
		_exit(0);
	in->err[n] = pid < 0 ? errno : 0;
	_exit(0);
}

/* Duplicate a file descriptor of another process. */
static int take_fd(pid_t pid, int fd)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0), ours = -1;

	if (pidfd >= 0)
		ours = syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	close(pidfd);
	return ours;
}

/* A call inside copy_process() takes no slot in the table until it has failed. */
static void inside_at_once(unsigned int tasks)
{
	unsigned int i, waiting = 0, refused = 0;
	struct inside *in = shared(sizeof(*in));
	struct rlimit files = { 3 * MOST, 3 * MOST };
	struct uffd_msg msg;
	struct text page;
	static pid_t pids[MOST];
	static int fds[MOST];

	fresh(NULL);
	cgroup_put(CGROUP, "pids.max", "max");
	if (setrlimit(RLIMIT_NOFILE, &files))
		die("RLIMIT_NOFILE: %s", strerror(errno));
	storm_gate_make();
	for (i = 0; i < tasks; i++) {
		pids[i] = storm_fork_in(CGROUP);
		if (!pids[i])
			fork_that_waits(in, i);
	}
	storm_be_in("");
	storm_gate_open();
	for (i = 0; i < tasks; i++) {
		struct pollfd p = { .events = POLLIN };

		while (!__atomic_load_n(&in->uffd[i], __ATOMIC_ACQUIRE)) {
			if (waitpid(-1, NULL, WNOHANG) > 0)
				die("a forker ended before it began");
			nap(5);
		}
		fds[i] = take_fd(pids[i], in->uffd[i]);
		p.fd = fds[i];
		waiting += fds[i] >= 0 && poll(&p, 1, 20000 * slowness) == 1 && p.revents == POLLIN;
	}
	cgroup_put(CGROUP, "pids.max", "1");
	for (i = 0; i < tasks; i++) {
		if (read(fds[i], &msg, sizeof(msg)) == sizeof(msg) && msg.event == UFFD_EVENT_FORK)
			close(msg.arg.fork.ufd);
		wait_for(pids[i]);
		refused += in->err[i] == EAGAIN;
		close(fds[i]);
	}
	ok(waiting == tasks && refused == tasks,
	   "%u of %u forkers were inside copy_process() at once, and %u were refused", waiting,
	   tasks, refused);
	read_page(&page);
	ok(!page.missed && !page.noroom && all_rows(&page) == tasks &&
	   row_total(&page, cause_by_name("pids-max", 8)) == tasks,
	   "of %u that were inside at once %llu were missed, and the page counts %llu", tasks,
	   (unsigned long long)page.missed, (unsigned long long)all_rows(&page));
	text_free(&page);
	munmap(in, sizeof(*in));
}

/* ---- a million ------------------------------------------------------------- */

static uint64_t so_far(unsigned int tasks)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < tasks; i++)
		sum += __atomic_load_n(&storm_board->of[i].refused, __ATOMIC_RELAXED);
	return sum;
}

struct use {
	uint64_t failures;
	long long ours, slab, unreclaimable, vmalloc, percpu, available;
};

/* Measure while the forkers pause, and after RCU has freed its memory. */
static struct use used_after(uint64_t failures, unsigned int tasks)
{
	struct use u;

	while (so_far(tasks) < failures)
		nap(50);
	set(&storm_board->pause, 1);
	while (storm_board->paused < (int)tasks)
		nap(20);
	nap(3000);
	u.failures = so_far(tasks);
	u.ours = field_of(DEBUGFS "/stats", "bytes_total ");
	u.slab = field_of("/proc/meminfo", "Slab:");
	u.unreclaimable = field_of("/proc/meminfo", "SUnreclaim:");
	u.vmalloc = field_of("/proc/meminfo", "VmallocUsed:");
	u.percpu = field_of("/proc/meminfo", "Percpu:");
	u.available = field_of("/proc/meminfo", "MemAvailable:");
	note("after %llu failures: forkfail %lld bytes, Slab %lld kB (unreclaimable %lld), vmalloc %lld, per CPU %lld, available %lld",
	     (unsigned long long)u.failures, u.ours, u.slab, u.unreclaimable, u.vmalloc, u.percpu,
	     u.available);
	set(&storm_board->pause, 0);
	while (storm_board->paused)
		nap(20);
	return u;
}

/*
 * Nothing is kept for each failure: even 8 bytes of slab each would be 6,250 kB between the two
 * measurements.
 */
void test_million(void)
{
	static const enum storm_group quickest[] = { NPROC };
	const unsigned int tasks = 64;
	struct use from, to;

	prepare();
	storm_start(quickest, ARRAY_SIZE(quickest), tasks, false);
	storm_gate_open();
	from = used_after(MILLION / 5, tasks);
	to = used_after(MILLION, tasks);
	finish("a million failures", quickest, ARRAY_SIZE(quickest), tasks, false);
	ok(from.ours > 0 && from.ours == to.ours, "forkfail's own figure stays %lld bytes",
	   to.ours);
	ok(to.unreclaimable - from.unreclaimable < 2048 && to.vmalloc - from.vmalloc < 1024 &&
	   to.percpu - from.percpu < 256 && from.available - to.available < 6250,
	   "between %llu and %llu failures the machine's memory does not grow",
	   (unsigned long long)from.failures, (unsigned long long)to.failures);
	check("a million failures", tasks);
	cgroup_remove(CGROUP);
}

void test_storm(void)
{
	const unsigned int many[] = { 1, 8, 64, LARGE };
	unsigned int i;
	int fd;

	prepare();
	/* a thousand children of one process contend for one lock when they fork */
	hung_after(120);
	for (i = longer ? 0 : 2; i < ARRAY_SIZE(many); i++) {
		if (longer || many[i] < LARGE)
			storm_of_many(many[i]);
		if (longer || many[i] == LARGE)
			storm_of_one(many[i]);
	}
	fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0)
		inside_at_once(LARGE);
	else
		skip("no call can be held inside: userfaultfd: %s", strerror(errno));
	cgroup_remove(CGROUP);
}
