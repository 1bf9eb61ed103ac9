// SPDX-License-Identifier: GPL-2.0-only
/*
 * stacks.c - threads that are not created because no stack can be mapped
 *
 * Programs of three kinds (glibc, linked dynamically and statically, and musl) reach all
 * limits at the same time.  forkfail must have counted what they counted themselves, except
 * for what it cannot see of musl.  Ordinary mappings, refused or not, must not be recorded.
 * The hooks are removed and installed again under load.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "guest.h"

#define PARAM		"/sys/module/" MODULE "/parameters/stacks"
#define ATTEMPTS	"80"
#define MOST_MAPS	(brief ? 1000 : 3000)
#define MIB		(1UL << 20)

enum { MAPS, AS, DATA, LOCK, COMMIT, NR_LIMITS };

static const struct {
	const char *name, *cause, *err, *unit;
} limits[NR_LIMITS] = {
	[MAPS] = { "maps", "libc-stack-map-count", "ENOMEM", "mappings" },
	[AS] = { "as", "libc-stack-address-space", "ENOMEM", "bytes" },
	[DATA] = { "data", "libc-stack-data-limit", "ENOMEM", "bytes" },
	[LOCK] = { "lock", "libc-stack-memlock", "EAGAIN", "bytes" },
	[COMMIT] = { "none", "libc-stack-overcommit", "ENOMEM", "bytes" },
};

static const struct {
	const char *name, *stack;
	/* its first mapping, without access, looks like any other mapping */
	bool hides_first;
} libcs[] = {
	{ "glibc", "flag", false },
	{ "static", "flag", false },
	{ "musl", "pattern", true },
};

#define NR_LIBCS	ARRAY_SIZE(libcs)

static struct run {
	pid_t pid;
	int fd;
	char comm[16];
	uint64_t refused;
} runs[NR_LIBCS][NR_LIMITS];

static bool seen(unsigned int libc, unsigned int limit)
{
	return !libcs[libc].hides_first || (limit != AS && limit != LOCK);
}

static void start(unsigned int libc, unsigned int limit)
{
	struct run *r = &runs[libc][limit];
	const char *what = limits[limit].name;
	char path[64];
	int fds[2];

	if (limit == MAPS && libcs[libc].hides_first)
		what = "maps1";
	snprintf(r->comm, sizeof(r->comm), "%s-%s", libcs[libc].name, limits[limit].name);
	snprintf(path, sizeof(path), "/host/threads-%s", libcs[libc].name);
	if (pipe(fds))
		die("pipe: %s", strerror(errno));
	r->pid = fork();
	if (r->pid < 0)
		die("fork: %s", strerror(errno));
	if (!r->pid) {
		dup2(fds[1], 1);
		close(fds[0]);
		execl(path, path, r->comm, what, ATTEMPTS, NULL);
		_exit(127);
	}
	close(fds[1]);
	r->fd = fds[0];
}

static void finish(unsigned int libc, unsigned int limit)
{
	struct run *r = &runs[libc][limit];
	char *said = slurp_fd(r->fd, NULL);
	int status = wait_for(r->pid);

	r->refused = said ? strtoull(said, NULL, 10) : 0;
	ok(!status && r->refused == strtoull(ATTEMPTS, NULL, 10),
	   "%s: pthread_create said EAGAIN %llu times, of %s (status %d)", r->comm,
	   (unsigned long long)r->refused, ATTEMPTS, status);
	free(said);
	close(r->fd);
}

/*
 * Memory may be committed slightly beyond the present amount: enough for small mappings, not
 * for a stack.
 */
static void run_strict(void)
{
	char *info = slurp("/proc/meminfo", NULL), *p = info ? strstr(info, "Committed_AS:") : NULL;
	unsigned int libc;

	if (!p)
		die("no Committed_AS");
	put("/proc/sys/vm/overcommit_kbytes", "%llu", strtoull(p + 13, NULL, 10) + (40 << 10));
	put("/proc/sys/vm/overcommit_memory", "2");
	for (libc = 0; libc < NR_LIBCS; libc++) {
		start(libc, COMMIT);
		finish(libc, COMMIT);
	}
	put("/proc/sys/vm/overcommit_memory", "0");
	free(info);
}

static void check_event(const struct event *e)
{
	const char *comm = value(e, FORKFAIL_KEY_COMM), *tgid = value(e, FORKFAIL_KEY_TGID);
	unsigned int libc, limit, bad = 0;
	struct run *r = NULL;

	for (libc = 0; libc < NR_LIBCS; libc++)
		for (limit = 0; limit < NR_LIMITS; limit++)
			if (!strcmp(runs[libc][limit].comm, comm)) {
				r = &runs[libc][limit];
				goto found;
			}
found:
	if (!r) {
		ok(false, "an event of %s", comm);
		return;
	}
	bad += e->cause != cause_by_name(limits[limit].cause, strlen(limits[limit].cause));
	bad += !!strcmp(value(e, FORKFAIL_KEY_STACK), libcs[libc].stack) << 1;
	bad += !!strcmp(value(e, FORKFAIL_KEY_ERRNO), limits[limit].err) << 2;
	bad += !!strcmp(value(e, FORKFAIL_KEY_UNIT), limits[limit].unit) << 3;
	bad += !!strcmp(value(e, FORKFAIL_KEY_KIND), "thread") << 4;
	bad += !!strcmp(value(e, FORKFAIL_KEY_PROOF), "predicate") << 5;
	bad += (atoi(tgid) != r->pid) << 6;
	if (bad)
		ok(false, "an event of %s: %s stack=%s errno=%s unit=%s proof=%s tgid=%s (wrong: %#x)",
		   comm, cause_name(e->cause), value(e, FORKFAIL_KEY_STACK),
		   value(e, FORKFAIL_KEY_ERRNO), value(e, FORKFAIL_KEY_UNIT),
		   value(e, FORKFAIL_KEY_PROOF), tgid, bad);
}

static void count_all(void)
{
	unsigned int libc, limit, i;
	uint64_t counted, all = 0;
	struct text page, log;

	put("/proc/sys/vm/max_map_count", "%d", MOST_MAPS);
	for (libc = 0; libc < NR_LIBCS; libc++)
		for (limit = 0; limit < COMMIT; limit++)
			start(libc, limit);
	for (libc = 0; libc < NR_LIBCS; libc++)
		for (limit = 0; limit < COMMIT; limit++)
			finish(libc, limit);
	put("/proc/sys/vm/max_map_count", "65530");
	run_strict();

	ok(read_page(&page), "the page is well-formed: %s", page.wrong);
	ok(read_log(&log), "the log is well-formed: %s", log.wrong);
	for (limit = 0; limit < NR_LIMITS; limit++) {
		int cause = cause_by_name(limits[limit].cause, strlen(limits[limit].cause));

		for (libc = 0, counted = 0; libc < NR_LIBCS; libc++)
			if (seen(libc, limit))
				counted += runs[libc][limit].refused;
		all += counted;
		ok(row_total(&page, cause) == counted,
		   "%s: the programs counted %llu, the page %llu", limits[limit].cause,
		   (unsigned long long)counted, (unsigned long long)row_total(&page, cause));
		ok(event_total(&log, cause) == counted, "%s: the log's events stand for %llu",
		   limits[limit].cause, (unsigned long long)event_total(&log, cause));
	}
	ok(all_rows(&page) == all && !page.unexplained, "there is no other failure on the page");
	for (i = 0; i < log.nr_events; i++)
		check_event(&log.events[i]);
	text_free(&page);
	text_free(&log);
}

/* ---- ordinary mappings ------------------------------------------------------ */

#define SOME	(brief ? 24000 : 100000)
#define MANY	10000000

static uint64_t failures(void)
{
	struct text page;
	uint64_t n;

	if (!read_page(&page))
		ok(false, "the page is well-formed: %s", page.wrong);
	n = all_rows(&page) + page.unexplained;
	text_free(&page);
	return n;
}

static void limit_data(unsigned long room)
{
	char *status = slurp("/proc/self/status", NULL);
	char *p = status ? strstr(status, "VmData:") : NULL;
	struct rlimit r = { 0, RLIM_INFINITY };

	if (!p)
		_exit(90);
	r.rlim_cur = (strtoull(p + 7, NULL, 10) << 10) + room;
	if (setrlimit(RLIMIT_DATA, &r))
		_exit(91);
	free(status);
}

/*
 * Mappings like those of allocators: accessible; inaccessible, then made accessible from the
 * start; of files; and a stack that is not refused. Every second round is too large for
 * RLIMIT_DATA.
 */
static uint64_t map_ordinarily(uint64_t calls)
{
	int fd = open("/proc/self/exe", O_RDONLY), anon = MAP_PRIVATE | MAP_ANONYMOUS;
	uint64_t refused = 0, n;

	limit_data(MIB);
	for (n = 0; n < calls; n += 12) {
		size_t size = n % 24 ? 4 * MIB : MIB / 8;
		char *p;

		p = mmap(NULL, size, PROT_READ | PROT_WRITE, anon, -1, 0);
		refused += p == MAP_FAILED;
		if (p != MAP_FAILED)
			munmap(p, size);
		p = mmap(NULL, size, PROT_NONE, anon, -1, 0);
		refused += !!mprotect(p, size - 4096, PROT_READ | PROT_WRITE);
		refused += !!mprotect(p, size, PROT_READ | PROT_WRITE);
		mprotect(p + 4096, 8192, PROT_READ);
		munmap(p, size);
		p = mmap(NULL, size, PROT_NONE, anon | MAP_NORESERVE, -1, 0);
		refused += !!mprotect(p + 4096, size - 8192, PROT_READ | PROT_WRITE);
		munmap(p, size);
		p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
		munmap(p, 4096);
		p = mmap(NULL, MIB / 8, PROT_READ | PROT_WRITE, anon | MAP_STACK, -1, 0);
		munmap(p, MIB / 8);
	}
	close(fd);
	return refused;
}

static void map_and_unmap(uint64_t calls)
{
	uint64_t before = failures(), from = now_ms(), *refused;
	int status;
	pid_t pid;

	refused = shared(sizeof(*refused));
	pid = fork();
	if (!pid) {
		name_self("ordinary");
		*refused = map_ordinarily(calls);
		_exit(0);
	}
	status = wait_for(pid);
	ok(!status && *refused > calls / 24,
	   "%llu calls of mmap, mprotect and munmap in %.1f s, %llu of them refused (status %#x)",
	   (unsigned long long)calls, (now_ms() - from) / 1000.0, (unsigned long long)*refused,
	   status);
	ok(failures() == before, "none of them is counted as a failure (%llu are)",
	   (unsigned long long)(failures() - before));
}

/* ---- more calls at once than there is room for ------------------------------ */

#define ROOM		512	/* module/evidence/thread_stack.c: notes */
#define CROWD		(ROOM + 200)

static pthread_barrier_t all_here;

static void *map_closed(void *arg)
{
	pthread_barrier_wait(&all_here);
	mmap(NULL, 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_barrier_wait(&all_here);
	return arg;
}

static void map_at_once(void)
{
	pthread_t threads[CROWD];
	pthread_attr_t attr;
	unsigned int i;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 16384);
	pthread_barrier_init(&all_here, NULL, CROWD);
	for (i = 0; i < CROWD; i++)
		if (pthread_create(&threads[i], &attr, map_closed, NULL))
			_exit(1);
	for (i = 0; i < CROWD; i++)
		pthread_join(threads[i], NULL);
	_exit(0);
}

/* What the page says about mappings that were not followed. */
static unsigned long not_followed(void)
{
	unsigned long n = 0;
	struct text page;
	unsigned int i;

	if (!read_page(&page))
		ok(false, "the page is well-formed: %s", page.wrong);
	for (i = 0; i < page.nr_blind; i++)
		if (strstr(page.blind[i], " not followed, too many at once; "))
			n = strtoul(page.blind[i], NULL, 10);
	text_free(&page);
	return n;
}

static void forget(void)
{
	unsigned long before = not_followed(), after;
	unsigned long long from, took;
	char *stats, *p;
	pid_t pid;
	int status;

	from = now_ms();
	pid = fork();
	if (!pid)
		map_at_once();
	status = wait_for(pid);
	took = now_ms() - from;
	after = not_followed();
	/* each occupies its room for a second: if all take longer, one may follow another */
	if (took >= 1000 && !status && !before && !after)
		skip("%d tasks did not map within a second", CROWD);
	else
		ok(!status && !before && after >= (took >= 1000 ? 1 : CROWD - ROOM) &&
		   after <= CROWD,
		   "%d tasks map at once, and the page says that %lu of them were not followed (status %d)",
		   CROWD, after, status);
	stats = slurp(DEBUGFS "/stats", NULL);
	p = stats ? strstr(stats, "\nstacks_forgotten ") : NULL;
	ok(p && strtoul(p + 18, NULL, 10) == after, "debugfs says the same");
	free(stats);
}

/* ---- the hooks are removed and installed again ------------------------------ */

static void *one_stack(void)
{
	return mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
}

static pid_t keep_refusing(void)
{
	pid_t pid = fork();
	unsigned int n;

	if (pid)
		return pid;
	name_self("refusing");
	limit_data(MIB);
	for (n = 0; ; n++) {
		if (one_stack() != MAP_FAILED)
			_exit(1);
		/* ftrace waits until every task has scheduled once */
		if (n % 16 == 0)
			give_way(5);
	}
}

static void refuse_one(void)
{
	pid_t pid = fork();

	if (!pid) {
		limit_data(MIB);
		_exit(one_stack() != MAP_FAILED);
	}
	if (wait_for(pid))
		ok(false, "a stack above RLIMIT_DATA is refused");
}

static void go_and_come(void)
{
	unsigned int i, armed, bad = 0;
	pid_t pids[2];
	struct text page;
	uint64_t before;

	read_page(&page);
	armed = page.armed;
	ok(!page.stacks_off && page.armed == page.wanted, "by default stacks are watched");
	text_free(&page);
	ok(!put(PARAM, "N"), "they can be switched off");
	before = failures();
	refuse_one();
	read_page(&page);
	ok(page.stacks_off && page.armed == armed - 2 && page.wanted == armed - 2 &&
	   !page.nr_blind, "line 1 says so: %u of %u points", page.armed, page.wanted);
	text_free(&page);
	ok(failures() == before, "nothing is seen then");
	ok(!put(PARAM, "Y"), "and on again");
	refuse_one();
	ok(failures() == before + 1, "and is seen then");
	ok(put(PARAM, "maybe") == -EINVAL, "no other value is accepted");

	for (i = 0; i < ARRAY_SIZE(pids); i++)
		pids[i] = keep_refusing();
	for (i = 0; i < 4; i++) {
		bad += !!put(PARAM, i % 2 ? "Y" : "N");
		nap(20);
	}
	ok(!bad, "off and on 4 times while stacks are refused");
	for (i = 0, bad = 0; i < 3; i++) {
		bad += !!unload();
		bad += !!load(i % 2 ? NULL : "stacks=0");
		nap(20);
	}
	ok(!bad, "unloaded and loaded 3 times while stacks are refused");
	for (i = 0, bad = 0; i < ARRAY_SIZE(pids); i++) {
		kill(pids[i], SIGKILL);
		bad += wait_for(pids[i]) != 128 + SIGKILL;
	}
	ok(!bad, "and the programs were refused all the time");
	read_page(&page);
	ok(page.stacks_off, "stacks=0 is accepted at load");
	text_free(&page);
}

/* A tracer stops the task after its refusal and never continues it. */
static void traced(void)
{
	uint64_t before;
	int status;
	pid_t pid;

	fresh(NULL);
	before = failures();
	pid = fork();
	if (!pid) {
		limit_data(MIB);
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		one_stack();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	/* the exit of raise(), the entry of the call, its exit, and a few other system calls */
	while (WIFSTOPPED(status) && failures() == before) {
		ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
		waitpid(pid, &status, 0);
	}
	ok(WIFSTOPPED(status), "the refusal of a traced task is seen while its tracer stops it");
	ok(!unload(), "and the module can be unloaded meanwhile");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

void test_mappings(void)
{
	fresh(NULL);
	map_and_unmap(MANY);
}

void test_stacks(void)
{
	fresh(NULL);
	map_and_unmap((longer ? MANY : SOME) / slowness);
	forget();
	fresh(NULL);
	count_all();
	go_and_come();
	traced();
}
