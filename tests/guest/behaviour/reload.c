// SPDX-License-Identifier: GPL-2.0-only
/*
 * reload.c - the module is loaded and unloaded again and again under load
 *
 * Forks succeed and fail on all CPUs; readers read the page, the log and debugfs; one keeps
 * its file open across the unload, and one sleeps in poll().  Unloading may be refused only
 * because a file that needs the module is open.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "guest.h"

#define CYCLES	(longer && !quick ? 50 : longer ? 4 : 3)
#define BURST	(brief ? 4 : 16)	/* forks without a pause */
#define UID	5201

static struct {
	int stop;
	uint64_t created, failed, uncopied, odd, pages, logs, debug, held, held_over, polled;
} *board;

static bool stopped(void)
{
	return __atomic_load_n(&board->stop, __ATOMIC_ACQUIRE);
}

static void add(uint64_t *n)
{
	__atomic_fetch_add(n, 1, __ATOMIC_RELAXED);
}

static void create(void)
{
	unsigned int i;

	for (i = 0; !stopped(); i++) {
		add(try_create(i % NR_KINDS) ? &board->odd : &board->created);
		/* loading and unloading is what this test repeats */
		if (i % BURST == 0)
			give_way(10);
	}
}

static void refuse(void)
{
	unsigned int i;

	refuse_nproc(UID);
	for (i = 0; !stopped(); i++) {
		add(try_create(i % NR_KINDS) == EAGAIN ? &board->failed : &board->odd);
		/* ftrace waits until every task has scheduled once */
		if (i % BURST == 0)
			give_way(10);
	}
}

/* A fork that is refused because of one mapping has deferred work when it returns: memory.c. */
static void cannot_be_copied(void)
{
	const char *mode = "/proc/sys/vm/overcommit_memory";
	unsigned int i;

	put(mode, "1");
	if (mmap(NULL, 1ULL << 40, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	    MAP_FAILED)
		_exit(1);
	put(mode, "0");
	for (i = 0; !stopped(); i++) {
		add(try_create(PROCESS) == ENOMEM ? &board->uncopied : &board->odd);
		if (i % BURST == 0)
			give_way(10);
	}
}

static void read_all(const char *path, uint64_t *n)
{
	char *s;

	while (!stopped()) {
		s = slurp(path, NULL);
		if (s)
			add(n);
		free(s);
		give_way(5);
	}
}

static void read_pages(void)
{
	read_all(FORKFAIL_PAGE, &board->pages);
}

static void read_logs(void)
{
	read_all(FORKFAIL_LOG, &board->logs);
}

static void read_debugfs(void)
{
	while (!stopped()) {
		char *a = slurp(DEBUGFS "/points", NULL), *b = slurp(DEBUGFS "/stats", NULL);

		if (a && b)
			add(&board->debug);
		free(a);
		free(b);
		/* while one of these files is open, the module is in use */
		give_way(30);
	}
}

/* Read half of the page now and the rest later, whatever happens meanwhile. */
static void hold(void)
{
	char buf[4096];
	unsigned int i;
	int fd;

	for (i = 0; !stopped(); i++) {
		fd = open(i % 2 ? FORKFAIL_PAGE : FORKFAIL_LOG, O_RDONLY);
		if (fd < 0) {
			nap(1);
			continue;
		}
		if (read(fd, buf, 50) == 50)
			add(&board->held);
		while (loaded() && !stopped())
			nap(10);
		if (read(fd, buf, sizeof(buf)) < 0)
			add(&board->held_over);
		lseek(fd, 0, SEEK_SET);
		if (read(fd, buf, sizeof(buf)) < 0)
			add(&board->held_over);
		close(fd);
	}
}

static void sleep_in_poll(void)
{
	struct pollfd p = { .events = POLLPRI };
	unsigned int i;
	char buf[65536];

	while (!stopped()) {
		p.fd = open(FORKFAIL_LOG, O_RDONLY);
		if (p.fd < 0) {
			nap(1);
			continue;
		}
		while (read(p.fd, buf, sizeof(buf)) > 0)
			;
		/* until long after the next unload, if any */
		for (i = 0; i < 3; i++) {
			if (poll(&p, 1, 4000) >= 0)
				add(&board->polled);
			nap(10);
		}
		close(p.fd);
		nap(20);
	}
}

static pid_t start(const char *comm, void (*what)(void))
{
	pid_t pid = fork();

	if (!pid) {
		name_self(comm);
		/* one of us always runs, but the loader has priority */
		nice(10);
		what();
		_exit(0);
	}
	return pid;
}

/* Events of those that only their RLIMIT_NPROC refuses, and that name something else. */
static unsigned int misnamed;

static bool saw(const char *comm)
{
	struct text log;
	bool good = read_log(&log), found = false;
	unsigned int i;

	if (!good)
		note("the log: %s", log.wrong);
	for (i = 0; i < log.nr_events; i++) {
		if (!strcmp(value(&log.events[i], FORKFAIL_KEY_COMM), "rl-refuse") &&
		    strcmp(value(&log.events[i], FORKFAIL_KEY_CAUSE), "rlimit-nproc")) {
			note("not rlimit-nproc: %s", value(&log.events[i], FORKFAIL_KEY_CAUSE));
			misnamed++;
		}
		if (!strcmp(value(&log.events[i], FORKFAIL_KEY_COMM), comm))
			found = !strcmp(value(&log.events[i], FORKFAIL_KEY_CAUSE),
					"rlimit-nproc") &&
				!strcmp(value(&log.events[i], FORKFAIL_KEY_UID), "5299") &&
				!log.events[i].repeat;
	}
	text_free(&log);
	return good && found;
}

/* Two loads have different identifiers, and page and log have the same one. */
static bool has_new_name(void)
{
	static char last[FORKFAIL_LOAD_LEN + 1];
	struct text page = {}, log = {};
	bool good;

	good = read_page(&page) && read_log(&log) && page.load && log.load &&
	       !strcmp(page.load, log.load) && strcmp(last, page.load);
	if (good)
		snprintf(last, sizeof(last), "%s", page.load);
	else
		note("identifiers %s and %s, %s before", page.load ?: page.wrong,
		     log.load ?: log.wrong, last);
	text_free(&page);
	text_free(&log);
	return good;
}

static bool everybody_has_read(void)
{
	return __atomic_load_n(&board->pages, __ATOMIC_RELAXED) &&
	       __atomic_load_n(&board->logs, __ATOMIC_RELAXED) &&
	       __atomic_load_n(&board->debug, __ATOMIC_RELAXED);
}

void test_reload(void)
{
	pid_t pids[16];
	const unsigned int cycles = CYCLES;
	unsigned int i, n = 0, loads = 0, unloads = 0, seen = 0, named = 0;
	unsigned int retries = 0, bad = 0;
	int mark = klog_mark(), err = 0, wait;
	char comm[16], *log;
	uint64_t t, load_ms = 0, unload_ms = 0;

	if (loaded())
		die("the module is loaded already");
	board = shared(sizeof(*board));
	pids[n++] = start("rl-create", create);
	pids[n++] = start("rl-create", create);
	pids[n++] = start("rl-refuse", refuse);
	pids[n++] = start("rl-refuse", refuse);
	pids[n++] = start("rl-large", cannot_be_copied);
	pids[n++] = start("rl-page", read_pages);
	pids[n++] = start("rl-log", read_logs);
	pids[n++] = start("rl-debug", read_debugfs);
	pids[n++] = start("rl-hold", hold);
	pids[n++] = start("rl-poll", sleep_in_poll);

	for (i = 0; i < cycles; i++) {
		t = now_ms();
		/* without this point a failure during load was once taken for threads-max */
		if (load(i % 2 ? "skip=capable" : NULL))
			break;
		load_ms += now_ms() - t;
		loads++;
		named += has_new_name();
		snprintf(comm, sizeof(comm), "known-%u", i);
		if (fail_once(comm, 5299) == EAGAIN && saw(comm))
			seen++;
		/* a slow reader may not have run during any of the other loads */
		for (wait = 0; i + 1 == cycles && !everybody_has_read() && wait < 600; wait++)
			nap(50 * slowness);
		t = now_ms();
		for (wait = 0; wait < 500; wait++) {
			err = unload();
			if (err != -EAGAIN && err != -EBUSY)
				break;
			retries++;
			nap(5);
		}
		unload_ms += now_ms() - t;
		if (err)
			break;
		unloads++;
	}
	__atomic_store_n(&board->stop, 1, __ATOMIC_RELEASE);
	for (i = 0; i < n; i++)
		bad += !!wait_for(pids[i]);

	ok(loads == cycles, "loaded %u times of %u", loads, cycles);
	ok(unloads == cycles, "unloaded %u times of %u: %s", unloads, cycles, strerror(-err));
	ok(named == cycles, "each load has its own identifier, which is the same in page and log (%u of %u)",
	   named, cycles);
	ok(seen == cycles, "a failure was seen and named after %u loads of %u", seen, cycles);
	ok(!misnamed, "no failure is given another cause because the module was being loaded");
	note("%llu ms a load, %llu ms an unload, %u times in use",
	     (unsigned long long)load_ms / cycles, (unsigned long long)unload_ms / cycles, retries);
	ok(!bad, "no process that forked or read ended badly (%u did)", bad);
	ok(board->created && board->failed && board->uncopied && !board->odd,
	   "meanwhile %llu forks succeeded, %llu and %llu failed, %llu in another way",
	   (unsigned long long)board->created, (unsigned long long)board->failed,
	   (unsigned long long)board->uncopied, (unsigned long long)board->odd);
	ok(board->pages && board->logs && board->debug && board->held &&
	   board->held_over && board->polled,
	   "%llu pages, %llu logs and %llu debugfs files were read, %llu files held, %llu reads after the unload refused, %llu polls",
	   (unsigned long long)board->pages, (unsigned long long)board->logs,
	   (unsigned long long)board->debug, (unsigned long long)board->held,
	   (unsigned long long)board->held_over, (unsigned long long)board->polled);
	log = klog_since(mark, true);
	ok(!strstr(log, "not loaded"), "no load was refused");
	free(log);
	log = slurp("/sys/kernel/debug/kprobes/list", NULL);
	ok(log && !*log, "no kprobe is left: %s", log ?: "?");
	free(log);
	log = slurp("/sys/kernel/tracing/enabled_functions", NULL);
	ok(log && !*log, "no function is traced: %s", log ?: "?");
	free(log);
}
