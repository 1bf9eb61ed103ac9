// SPDX-License-Identifier: GPL-2.0-only
/*
 * signals.c - signals that arrive while a task forks
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "forkfault.h"
#include "internal.h"

#define RESTARTS	7
#define RESTARTS_LOOP	130	/* an event is due at 100 restarts */
#define TIMER_SIGNALS	130
#define CLONE3_NUMBER	435

static void on_signal(int sig)
{
	(void)sig;
}

/* The one line for all restarts of a call. */
static void expect_loop(const struct ff_attempt *call, const char *signal)
{
	struct ff_expect *e = refused_to(call, 0, "signal-restart", "entry");

	exp_text(e, "errno", "ERESTARTNOINTR");
	exp_text(e, "signal", signal);
	exp_number(e, "restarts", 100);
	exp_any(e, "since");
}

static void interrupted(void *arg)
{
	struct sigaction sa = { .sa_handler = on_signal };
	const int *restarts = arg;
	struct ff_attempt call;
	long ret;

	sigaction(SIGUSR1, &sa, NULL);
	if (ptrace(PTRACE_TRACEME, 0, 0, 0))
		fail("PTRACE_TRACEME: %s", strerror(errno));
	kill(getpid(), SIGSTOP);
	note_attempt(&call, "fork", 0);
	ret = try_fork();
	if (ret < 0)
		fail("fork: %s, expected success", strerror(-ret));
	kill_wait(ret);
	if (*restarts >= 100)
		expect_loop(&call, "SIGUSR1");
}

/*
 * A tracer stops the task at the entry of clone, sends it a signal and continues it: clone sees
 * the signal first and is restarted, exactly this often.
 */
static void restart(int restarts)
{
	struct __ptrace_syscall_info info;
	int status, sig = 0, sent = 0, seen = 0;
	bool in_clone = false;
	pid_t pid;

	pid = spawn(interrupted, &restarts);
	trace_begin(pid, 0);
	for (;;) {
		if (!trace_next(pid, sig, &status))
			break;
		sig = WSTOPSIG(status);
		if (sig != (SIGTRAP | 0x80))
			continue;
		sig = 0;
		if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info),
			   &info) <= 0)
			fail("PTRACE_GET_SYSCALL_INFO: %s", strerror(errno));
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
			in_clone = info.entry.nr == SYS_clone;
			if (in_clone && sent < restarts) {
				kill(pid, SIGUSR1);
				sent++;
			}
		} else if (info.op == PTRACE_SYSCALL_INFO_EXIT && in_clone) {
			/* 513 is the kernel's own ERESTARTNOINTR */
			seen += info.exit.rval == -513;
			in_clone = false;
		}
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fail("the traced task ended with status 0x%x", status);
	if (seen != restarts)
		fail("%d restarts, expected %d", seen, restarts);
	note("fork -> restarted %d times, then done; the caller saw no error",
	     seen);
	expect_restarts(restarts);
}

static void signal_restart(void)
{
	restart(RESTARTS);
}

static void restart_loop(void)
{
	restart(RESTARTS_LOOP);
}

/*
 * A profiling timer, and a process whose arguments have to be paged in: by the time that the
 * kernel has got clone3's arguments the timer has expired again, and after each restart they
 * are paged out again. The timer is started when the call waits for them, so it cannot expire
 * between two calls, however slow the machine is. The kernel checks for signals once, before it
 * copies anything: a later signal does not restart the call, however long the copy takes.
 */
static struct {
	struct clone3_args *args;	/* fetched by fetch() */
	size_t page;
	int fd;
	volatile int signals;
} slow;

static void on_timer(int sig)
{
	(void)sig;
	if (++slow.signals < TIMER_SIGNALS)
		madvise(slow.args, slow.page, MADV_DONTNEED);
}

/*
 * Take as long as the timer, which counts the CPU time used here, too. The caller cannot
 * continue without its page, so that the signal is always pending when it does.
 */
static void *fetch(void *arg)
{
	static const struct itimerval soon = { .it_value.tv_usec = 1000 };
	struct clone3_args *args = arg;
	struct uffdio_copy copy = {
		.dst = (uintptr_t)slow.args,
		.src = (uintptr_t)args,
		.len = slow.page,
	};
	struct uffd_msg msg;
	sigset_t pending;
	int before;

	while (read(slow.fd, &msg, sizeof(msg)) == sizeof(msg)) {
		before = slow.signals;
		setitimer(ITIMER_PROF, &soon, NULL);
		do
			sigpending(&pending);
		while (!sigismember(&pending, SIGPROF));
		do
			copy.copy = 0;
		while (ioctl(slow.fd, UFFDIO_COPY, &copy) && errno == EAGAIN);
		if (copy.copy != (int64_t)slow.page)
			fail("UFFDIO_COPY: %s", strerror(errno));
		/*
		 * Woken by the signal, it faults again and again until it has the page. Requests up
		 * to then are answered when the handler runs; any later one is new.
		 */
		while (slow.signals == before)
			usleep(100);
	}
	return arg;
}

static void *anonymous(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		fail("mmap: %s", strerror(errno));
	return p;
}

static void fetch_slowly(const struct clone3_args *args)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	pthread_t thread;
	void *source;
	sigset_t set;

	slow.fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (slow.fd < 0)
		skip("userfaultfd: %s", strerror(errno));
	slow.page = sysconf(_SC_PAGESIZE);
	slow.args = anonymous(slow.page);
	source = anonymous(slow.page);
	memcpy(source, args, sizeof(*args));
	reg.range.start = (uintptr_t)slow.args;
	reg.range.len = slow.page;
	if (ioctl(slow.fd, UFFDIO_API, &api) || ioctl(slow.fd, UFFDIO_REGISTER, &reg))
		fail("userfaultfd: %s", strerror(errno));
	/* the signal is for the thread that forks */
	sigemptyset(&set);
	sigaddset(&set, SIGPROF);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (pthread_create(&thread, NULL, fetch, source))
		fail("pthread_create failed");
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void restart_timer(void)
{
	const struct clone3_args args = { .exit_signal = SIGCHLD };
	struct sigaction sa = { .sa_handler = on_timer };
	struct ff_attempt call;
	long ret;

	fetch_slowly(&args);
	sigaction(SIGPROF, &sa, NULL);
	note_attempt(&call, "clone3", 0);
	ret = syscall(CLONE3_NUMBER, slow.args, sizeof(args));
	if (!ret)
		_exit(0);
	if (ret < 0)
		fail("clone3: %s, expected success", strerror(errno));
	join(ret);
	note("clone3 -> a process, after %d times SIGPROF", slow.signals);
	if (slow.signals != TIMER_SIGNALS)
		fail("%d signals, expected %d", slow.signals, TIMER_SIGNALS);
	expect_loop(&call, "SIGPROF");
	expect_restarts(100);
}

/*
 * A process with page tables for a large sparse mapping takes a while to fork. It measures how
 * long, reports it, and forks again; in the middle of that it is killed. Everything above that
 * mapping is not copied, so that the copy of the page tables is the last place where the kernel
 * could check for a signal.
 */
#define SPARSE		(8ULL << 30)
#define ATTEMPTS	8
#define LATE_STEP	"last_checks"

enum { ABOUT_TO_FORK = 1, ABOUT_TO_FORK_TOO, THREAD_READY, DONE };
enum { CREATED, CREATED_TOO, DURATION };

/* In shared memory, which a fork neither copies nor write-protects. */
static struct {
	struct clone3_args args[2];
	struct ff_attempt call[2];
	char stack[FF_STACK] __attribute__((aligned(64)));
} *common;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void sleep_ns(uint64_t ns)
{
	struct timespec ts = { ns / 1000000000, ns % 1000000000 };

	nanosleep(&ts, NULL);
}

static void leave_out_what_is_above(uint64_t addr)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start, end;
	char line[512];

	if (!maps)
		fail("/proc/self/maps: %s", strerror(errno));
	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx", &start, &end) == 2 && start > addr &&
		    !strstr(line, "[vsyscall]") &&
		    madvise((void *)start, end - start, MADV_DONTFORK))
			fail("madvise: %s: %s", strerror(errno), line);
	fclose(maps);
}

/* Clone3 of which the kernel itself notes that it succeeded. */
static void prepare(int which)
{
	common->args[which] = (struct clone3_args){
		.flags = CLONE_PARENT_SETTID,
		.parent_tid = (uint64_t)(uintptr_t)&shared_words()[which],
		.exit_signal = SIGCHLD,
	};
	note_attempt(&common->call[which], "clone3", CLONE_PARENT_SETTID);
}

/*
 * The other thread's fork has to wait until the first one's is through. It must not wait
 * earlier, for a page that the first has just write-protected: so everything that it touches is
 * in shared memory, including its stack.
 */
static void *fork_meanwhile(void *arg)
{
	prepare(CREATED_TOO);
	sync_post(THREAD_READY);
	sync_wait(ABOUT_TO_FORK_TOO);
	sleep_ns(shared_words()[DURATION] / 8);
	quiet_clone3(&common->args[CREATED_TOO]);
	return arg;
}

static void slow_forker(void *arg)
{
	uint64_t *word = shared_words();
	pthread_attr_t attr;
	pthread_t thread;
	uint64_t start;
	long ret;

	leave_out_what_is_above(sparse_mapping(SPARSE));
	prepare(CREATED);
	start = now_ns();
	ret = quiet_clone3(&common->args[CREATED]);
	if (ret < 0)
		fail("clone3: %s", strerror(-ret));
	word[DURATION] = now_ns() - start;
	kill_wait(ret);
	if (arg) {
		pthread_attr_init(&attr);
		if (pthread_attr_setstack(&attr, common->stack,
					  sizeof(common->stack)) ||
		    pthread_create(&thread, &attr, fork_meanwhile, NULL))
			fail("no thread on a stack in shared memory");
		sync_wait(THREAD_READY);
		sync_post(ABOUT_TO_FORK_TOO);
	}
	word[CREATED] = 0;
	sync_post(ABOUT_TO_FORK);
	quiet_clone3(&common->args[CREATED]);
	sync_post(DONE);
	sleep_forever();
}

/* Does the other thread wait inside clone3? True only if it sleeps. */
static bool waits_in_clone3(void)
{
	const struct ff_who *who = &common->call[CREATED_TOO].who;
	char path[64], text[128];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", who->tgid,
		 who->pid);
	return read_file(path, text, sizeof(text)) &&
	       atoi(text) == CLONE3_NUMBER;
}

/*
 * Kill the forker in the middle of its fork; false if that was too late. Each attempt uses
 * another name, because of the events that it leaves.
 */
static bool kill_in_fork(bool with_thread, int attempt)
{
	uint64_t *word = shared_words();
	char comm[FF_COMM_LEN];
	pid_t pid;

	snprintf(comm, sizeof(comm), "ff-try%d.%d", attempt, getpid());
	rename_case(comm);
	word[CREATED] = 0;
	word[CREATED_TOO] = 0;
	pid = spawn(slow_forker, with_thread ? "too" : NULL);
	sync_wait(ABOUT_TO_FORK);
	if (with_thread)
		while (!waits_in_clone3() && !word[CREATED])
			sleep_ns(200000);
	else
		sleep_ns(word[DURATION] * 3 / 8);
	kill_wait(pid);
	return !word[CREATED] && !word[CREATED_TOO];
}

static void kill_until_in_time(bool with_thread)
{
	int i;

	common = mmap(NULL, sizeof(*common), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (common == MAP_FAILED)
		fail("mmap: %s", strerror(errno));
	for (i = 0; i < ATTEMPTS; i++) {
		if (kill_in_fork(with_thread, i)) {
			note("killed in the middle of a clone3 of %llu ms, nothing was created",
			     (unsigned long long)shared_words()[DURATION] / 1000000);
			return;
		}
	}
	fail("killed too late %d times", ATTEMPTS);
}

static void killed_late(void)
{
	kill_until_in_time(false);
	refused_to(&common->call[CREATED], EINTR, "killed-late", LATE_STEP);
}

static void killed_in_dup_mmap(void)
{
	struct ff_expect *e;

	kill_until_in_time(true);
	refused_to(&common->call[CREATED], EINTR, "killed-late", LATE_STEP);
	e = refused_to(&common->call[CREATED_TOO], ENOMEM, "killed-in-dup-mmap",
		       "copy_mm");
	if (overcommit_is_logged())
		return;
	/*
	 * A refusal by overcommit has no witness here, and the mappings that would prove it are
	 * locked by the other thread.
	 */
	exp_words(e, "proof", "predicate path inferred");
	exp_words(e, "candidates", "- overcommit-heuristic,killed-in-dup-mmap");
}

const struct ff_case signals_cases[] = {
	{ "signal-restart", "signal-restart", .run = signal_restart,
	  .what = "signals at the entry of fork: restarts, no failure" },
	{ "restart-loop", "signal-restart", .seconds = 60, .run = restart_loop,
	  .what = "so many of them that they are worth a line" },
	{ "restart-timer", "signal-restart", .seconds = 60, .run = restart_timer,
	  .what = "a profiling timer that expires while clone3's arguments are fetched" },
	{ "killed-late", "killed-late", .seconds = 30, .run = killed_late,
	  .what = "killed while its page tables were copied" },
	{ "killed-in-dup-mmap", "killed-in-dup-mmap",
	  .seconds = 30, .run = killed_in_dup_mmap,
	  .what = "killed while its fork waited for another thread's" },
	{ .name = NULL },
};
