// SPDX-License-Identifier: GPL-2.0-only
/*
 * soak.c - minutes of load by other programs, while limits change
 *
 * stress-ng, trinity and clonediff create tasks, and fail to, and it is not known how often
 * each reaches which limit.  But no event may have an errno that its cause cannot have,
 * nothing may be unexplained, the counters must add up, the pids controller must have counted
 * as many refusals as forkfail, neither the machine's memory nor forkfail's may grow, and no
 * victim may suffer from the users of attackers.c, who are part of the load.  All kinds of
 * events are printed, so that somebody can check whether each can be right.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "guest.h"
#include "soak.h"

#define UID		5991
#define ROUND_MS	20000	/* how long a program runs before it is started again */
#define TICK_MS		250	/* between two changes of limits */
#define HOME		"/tmp/soak"

static struct {
	int stop, pause, paused;
	unsigned int rounds[16], unforked, reads, wrong, foreign;
} *board;

static bool is_set(const int *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static void set(int *flag, int value)
{
	__atomic_store_n(flag, value, __ATOMIC_RELEASE);
}

/* ---- the load --------------------------------------------------------------- */

#define ATTACK	"/host/guest-tests", "--attack"
#define STRESS	"/host/stress-ng", "--quiet", "--timeout", "30"

static const struct load {
	const char *cgroup;
	uid_t uid;
	const char *argv[32];
} loads[] = {
	{ "soak/user", UID, { STRESS, "--fork", "2", "--vfork", "1", "--clone", "1", "--pthread",
		"2", "--spawn", "1", "--temp-path", HOME } },
	{ "soak/eater", UID, { STRESS, "--resources", "1", "--oom-pipe", "1", "--pthread", "1",
		"--fork", "1", "--temp-path", HOME } },
	{ "soak/root", 0, { STRESS, "--fork", "1", "--vfork", "1", "--clone", "1", "--pthread",
		"1", "--temp-path", HOME } },
	{ "soak/calls", UID, { "/host/trinity", "-q", "-l", "off", "-C", "3", "--disable-fds=sockets",
		"-c", "mmap", "-c", "mprotect", "-c", "munmap", "-c", "prctl", "-c", "unshare",
		"-c", "setns" } },
	{ "soak/args", UID, { "/host/clonediff", "-f" } },
	{ "soak/names", 0, { ATTACK, "names" } },
	{ "soak/namespaces", 0, { ATTACK, "namespaces" } },
	{ "soak/files", 0, { ATTACK, "files" } },
	{ "soak/waiters", 0, { ATTACK, "waiters" } },
	{ "soak/held", 0, { ATTACK, "held" } },
	{ "soak/readers", 0, { ATTACK, "readers" } },
};

static void begin(const struct load *l)
{
	int null = open("/dev/null", O_RDWR);
	struct rlimit no_core = {};

	if (cgroup_enter(l->cgroup) || chdir(HOME) || setrlimit(RLIMIT_CORE, &no_core))
		_exit(90);
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	if (l->uid && (setresgid(l->uid, l->uid, l->uid) || setresuid(l->uid, l->uid, l->uid)))
		_exit(91);
	execv(l->argv[0], (char **)l->argv);
	_exit(92);
}

static void reap(pid_t pid, bool *ended)
{
	pid_t got;

	while ((got = waitpid(-1, NULL, WNOHANG | __WALL)) > 0)
		*ended |= got == pid;
}

/* Run a program again and again. All processes that it leaves are reparented to us, and killed. */
static void keep(unsigned int n)
{
	const struct load *l = &loads[n];
	uint64_t until;
	bool ended;
	pid_t pid;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	/* the process that changes limits and reads has priority */
	nice(5);
	while (!is_set(&board->stop)) {
		if (is_set(&board->pause)) {
			__sync_fetch_and_add(&board->paused, 1);
			while (is_set(&board->pause))
				nap(50);
			__sync_fetch_and_sub(&board->paused, 1);
			continue;
		}
		pid = fork();
		if (!pid)
			begin(l);
		if (pid < 0) {
			__sync_fetch_and_add(&board->unforked, 1);
			nap(100);
			continue;
		}
		board->rounds[n]++;
		until = now_ms() + ROUND_MS;
		for (ended = false; !ended && now_ms() < until && !is_set(&board->pause) &&
		     !is_set(&board->stop); nap(20))
			reap(pid, &ended);
		while (cgroup_kill(l->cgroup)) {
			nap(20);
			reap(pid, &ended);
		}
		reap(pid, &ended);
	}
	_exit(0);
}

/* ---- the limits -------------------------------------------------------------- */

#define PROC	"/proc/sys/kernel/"
#define CG	CGROUPS "/soak/"

/*
 * A limit in a file, or RLIMIT_NPROC of the processes in a cgroup; tight values are from low to
 * high.
 */
static struct limit {
	const char *file;
	unsigned int low, high;
	bool of_now;		/* more than there are tasks */
	unsigned int often;	/* how many of 64 ticks it is tight */
	char *open;		/* the value in the file at the start */
} limits[] = {
	{ CG "user/pids.max", 1, 60, .often = 8 },
	{ CG "root/pids.max", 1, 60, .often = 8 },
	{ CG "calls/pids.max", 3, 12, .often = 8 },
	{ CG "args/pids.max", 1, 4, .often = 8 },
	{ CG "pids.max", 5, 60, .often = 8 },
	{ CG "eater/memory.max", 8 << 20, 64 << 20, .often = 16 },
	{ CG "user/memory.max", 8 << 20, 64 << 20, .often = 4 },
	{ PROC "threads-max", 0, 8, .of_now = true, .often = 6 },
	{ PROC "pid_max", 301, 340, .often = 6 },
	{ "soak/user", 1, 60, .often = 8 },
	{ "soak/eater", 1, 60, .often = 4 },
	{ "soak/calls", 1, 10, .often = 8 },
	{ "soak/args", 1, 10, .often = 8 },
};

static unsigned int moved, refused_moves;

static void set_nproc(pid_t pid, long long n)
{
	struct rlimit r = { n, RLIM_INFINITY };

	prlimit(pid, RLIMIT_NPROC, &r, NULL);
}

static void move(const struct limit *l, bool tight)
{
	unsigned int n = l->low + random() % (l->high - l->low + 1);

	moved += tight;
	if (*l->file != '/')
		cgroup_each(l->file, set_nproc, tight ? n : RLIM_INFINITY);
	else if (tight ? put(l->file, "%u", n + (l->of_now ? total_tasks() : 0)) :
		 put(l->file, "%s", l->open))
		refused_moves++;
}

static void move_limits(uint64_t until)
{
	unsigned int i, dice;

	while (now_ms() < until) {
		for (i = 0; i < ARRAY_SIZE(limits); i++) {
			dice = random() % 64;
			if (dice < limits[i].often)
				move(&limits[i], true);
			else if (dice >= 64 - 2 * limits[i].often)
				move(&limits[i], false);
		}
		nap(TICK_MS);
	}
	for (i = 0; i < ARRAY_SIZE(limits); i++)
		move(&limits[i], false);
}

/* ---- the readers ------------------------------------------------------------- */

#define MOST_SHOWN	12

static void read_text(bool is_log, uid_t uid)
{
	struct text t;
	unsigned int i;
	bool good = is_log ? read_log(&t) : read_page(&t);

	__sync_fetch_and_add(&board->reads, 1);
	if (!good && __sync_fetch_and_add(&board->wrong, 1) < MOST_SHOWN)
		note("uid %u: %s: %s", uid, is_log ? "log" : "page", t.wrong);
	if (is_log && !uid && good)
		soak_follow(&t);
	for (i = 0; uid && good && i < t.nr_events; i++)
		if (atoll(value(&t.events[i], FORKFAIL_KEY_UID)) != uid)
			__sync_fetch_and_add(&board->foreign, 1);
	text_free(&t);
}

static void read_debugfs(void)
{
	DIR *dir = opendir(DEBUGFS);
	char path[512], *s;
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		if (*d->d_name == '.')
			continue;
		snprintf(path, sizeof(path), DEBUGFS "/%s", d->d_name);
		s = slurp(path, NULL);
		if (!s)
			__sync_fetch_and_add(&board->wrong, 1);
		free(s);
	}
	if (dir)
		closedir(dir);
}

static void read_all_the_while(uid_t uid)
{
	if (!uid)
		nice(-5);
	else if (setresuid(uid, uid, uid))
		_exit(90);
	for (;;) {
		bool last = is_set(&board->stop);

		read_text(true, uid);
		read_text(false, uid);
		if (!uid)
			read_debugfs();
		if (last)
			break;
		nap(uid ? 300 : 30);
	}
	if (!uid)
		soak_report();
	_exit(0);
}

/* ---- before and after -------------------------------------------------------- */

static struct use {
	uint64_t at;
	long long ours, unreclaimable, vmalloc, percpu, stacks, available;
} used[2];

/* Once nothing runs any more, and RCU and namespaces have freed their memory. */
static void look(struct use *u, uint64_t start)
{
	set(&board->pause, 1);
	while (board->paused < (int)ARRAY_SIZE(loads))
		nap(50);
	/* the memory of killed processes */
	command("sh", "-c", "rm -rf " HOME "/* /dev/shm/*; ipcrm --all", NULL);
	put("/proc/sys/vm/drop_caches", "3");
	nap(5000);
	u->at = (now_ms() - start) / 1000;
	u->ours = field_of(DEBUGFS "/stats", "bytes_total ");
	u->unreclaimable = field_of("/proc/meminfo", "SUnreclaim:");
	u->vmalloc = field_of("/proc/meminfo", "VmallocUsed:");
	u->percpu = field_of("/proc/meminfo", "Percpu:");
	u->stacks = field_of("/proc/meminfo", "KernelStack:");
	u->available = field_of("/proc/meminfo", "MemAvailable:");
	note("after %llu s: forkfail %lld bytes, SUnreclaim %lld kB, vmalloc %lld, per CPU %lld, stacks %lld, available %lld; %u tasks, %lld were created",
	     (unsigned long long)u->at, u->ours, u->unreclaimable, u->vmalloc, u->percpu,
	     u->stacks, u->available, total_tasks(), field_of("/proc/stat", "processes "));
	set(&board->pause, 0);
	while (board->paused)
		nap(20);
}

/*
 * Up to 6.11 a refusal is counted in the cgroup of the caller, later in the cgroup with the
 * limit and in all above it.
 */
static long long refused_by_pids(void)
{
	bool upwards = !access(CG "pids.events.local", F_OK);
	long long sum = field_of(CG "pids.events", "max ");
	char path[128];
	unsigned int i;

	for (i = 0; !upwards && i < ARRAY_SIZE(loads); i++) {
		snprintf(path, sizeof(path), CGROUPS "/%s/pids.events", loads[i].cgroup);
		sum += field_of(path, "max ");
	}
	return sum;
}

/* Create a process that ends at once; return its PID. */
static pid_t spent(void)
{
	pid_t pid = raw_fork();

	if (!pid)
		_exit(0);
	wait_for(pid);
	return pid;
}

static void prepare(void)
{
	unsigned int i;

	board = shared(sizeof(*board));
	if (cgroup_make("soak") || cgroup_put("soak", "cgroup.subtree_control", "+pids +memory +cpu"))
		die("cannot make a cgroup");
	/* only a cgroup may run out of memory, never the machine */
	cgroup_put("soak", "memory.max", "%u", 700U << 20);
	for (i = 0; i < ARRAY_SIZE(loads); i++) {
		if (access(loads[i].argv[0], X_OK))
			die("%s is not here: tests/guest/soak/run brings it", loads[i].argv[0]);
		if (cgroup_make(loads[i].cgroup))
			die("cannot make a cgroup");
	}
	/* on an emulated CPU a task may have to wait for a long time */
	hung_after(120);
	cgroup_put("soak/readers", "cpu.max", "20000 1000000");
	for (i = 0; i < ARRAY_SIZE(limits); i++)
		if (*limits[i].file == '/') {
			limits[i].open = slurp(limits[i].file, NULL);
			if (!limits[i].open)
				die("%s: %s", limits[i].file, strerror(errno));
		}
	if (mkdir(HOME, 0777) || chmod(HOME, 0777))
		die("%s: %s", HOME, strerror(errno));
	/* above the numbers that are only used once, so that pid_max has an effect */
	while (spent() < 300)
		;
	fresh(NULL);
}

static void check(void)
{
	static const int met[][2] = {
		{ FORKFAIL_RLIMIT_NPROC }, { FORKFAIL_THREADS_MAX }, { FORKFAIL_PIDS_MAX },
		{ FORKFAIL_PIDS_MAX_ANCESTOR },
		{ FORKFAIL_PID_EXHAUSTED, FORKFAIL_PID_EXHAUSTED_AFTER_WRAP },
	};
	long long by_pids;
	struct text page, log;
	unsigned int i;

	ok(read_page(&page) && read_log(&log), "page and log are well-formed: %s%s", page.wrong,
	   log.wrong);
	/* a user who holds as many calls as allowed has no room for more */
	check_sums("after it", &page, &log, true);
	for (i = 0; i < ARRAY_SIZE(met); i++)
		ok(row_total(&page, met[i][0]) + row_total(&page, met[i][1]) > 0, "%s was met",
		   cause_name(met[i][0]));
	by_pids = refused_by_pids();
	ok((long long)(row_total(&page, FORKFAIL_PIDS_MAX) +
		       row_total(&page, FORKFAIL_PIDS_MAX_ANCESTOR)) == by_pids,
	   "the pids controller counted %lld refusals, forkfail %llu and %llu by an ancestor",
	   by_pids, (unsigned long long)row_total(&page, FORKFAIL_PIDS_MAX),
	   (unsigned long long)row_total(&page, FORKFAIL_PIDS_MAX_ANCESTOR));
	for (i = 0; i < page.nr_rows; i++)
		note("%8llu %s %s", (unsigned long long)page.rows[i].count,
		     cause_name(page.rows[i].cause), page.rows[i].object);
	note("restarts %llu, the kernel's own %llu, lost %llu, clone3-enosys %llu",
	     (unsigned long long)page.restarts, (unsigned long long)page.internal,
	     (unsigned long long)page.lost, (unsigned long long)page.fallbacks);
	text_free(&page);
	text_free(&log);
}

void test_soak(void)
{
	pid_t keepers[ARRAY_SIZE(loads)], readers[2], victim;
	unsigned int i, bad = 0, idle = 0;
	uint64_t start;

	prepare();
	for (i = 0; i < 2; i++) {
		readers[i] = fork();
		if (!readers[i])
			read_all_the_while(i ? UID : 0);
	}
	victim = fork();
	if (!victim) {
		nice(-5);
		victims(&board->stop);
		_exit(0);
	}
	start = now_ms();
	for (i = 0; i < ARRAY_SIZE(loads); i++) {
		keepers[i] = fork();
		if (!keepers[i])
			keep(i);
	}
	move_limits(start + soak_seconds * 1000ULL / 5);
	look(&used[0], start);
	move_limits(start + soak_seconds * 1000ULL);
	look(&used[1], start);
	set(&board->stop, 1);
	for (i = 0; i < ARRAY_SIZE(loads); i++) {
		bad += !!wait_for(keepers[i]);
		idle += board->rounds[i] < soak_seconds * 1000 / ROUND_MS / 4;
		note("%u rounds of %s in %s", board->rounds[i], loads[i].argv[0], loads[i].cgroup);
	}
	for (i = 0; i < 2; i++)
		bad += !!wait_for(readers[i]);
	bad += !!wait_for(victim);
	ok(!bad && !idle, "all load ran, and all readers read (%u ended badly, %u had no turn)",
	   bad, idle);
	ok(moved > soak_seconds && !refused_moves,
	   "%u times a limit was made tight (%u writes were refused); %u times no program could be started",
	   moved, refused_moves, board->unforked);
	ok(board->reads > soak_seconds && !board->wrong && !board->foreign,
	   "%u times page or log were read, %u times badly, %u events of others were seen",
	   board->reads, board->wrong, board->foreign);
	check();
	ok(used[0].ours > 0 && used[0].ours == used[1].ours,
	   "forkfail's own figure stays %lld bytes", used[1].ours);
	ok(used[1].unreclaimable - used[0].unreclaimable < 16384 &&
	   used[1].vmalloc - used[0].vmalloc < 2048 && used[1].percpu - used[0].percpu < 512 &&
	   used[1].stacks - used[0].stacks < 512 &&
	   used[0].available - used[1].available < 32768,
	   "between %llu and %llu s the machine's memory does not grow",
	   (unsigned long long)used[0].at, (unsigned long long)used[1].at);
	ok(!unload() && !loaded(), "it can be unloaded");
}
