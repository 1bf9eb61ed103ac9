// SPDX-License-Identifier: GPL-2.0-only
/*
 * midstop.c - the hooks on system calls are removed during a tracer's stop
 *
 * A failed call is classified after its tracer was notified.  Two hooks mark the beginning and
 * the end of the notification, and between them the kernel runs pending task_works.  Here one
 * of these is the last close of a lingering socket, which takes seconds, and the hooks are
 * removed meanwhile.  The failure must still be counted, and so must the task's next one.
 *
 * The last close is that of the dead child: while the fork waited for userfaultfd, another
 * thread of its parent has closed the parent's own descriptor.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../../lib/clone_args.h"
#include "guest.h"

#define CGROUP	"midstop"
#define LINGER	4	/* seconds */
#define SWITCH	"/sys/module/" MODULE "/parameters/syscalls"

static struct {
	int ready, forks, closed, err[2], again;
} *board;

static void loopback_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ioctl(fd, SIOCSIFFLAGS, &lo);
	close(fd);
}

/* A socket whose close waits for data that its peer does not read. */
static int lingering(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct linger linger = { 1, LINGER };
	socklen_t len = sizeof(to);
	int l = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);
	static char buf[65536];

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(l, (void *)&to, len) || listen(l, 1) || getsockname(l, (void *)&to, &len) ||
	    connect(fd, (void *)&to, len) ||
	    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)))
		_exit(90);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (write(fd, buf, sizeof(buf)) > 0)
		;
	return fd;
}

static int sock, uffd;

/* The thread that lets the fork continue once the socket is closed. */
static int other_thread(void *unused __attribute__((unused)))
{
	struct pollfd p = { .fd = uffd, .events = POLLIN };
	struct uffd_msg msg;

	poll(&p, 1, -1);
	/* inside dup_mm(): the child already has its own table of files */
	close(sock);
	cgroup_put(CGROUP, "pids.max", "1");
	__atomic_store_n(&board->closed, 1, __ATOMIC_RELEASE);
	for (;; poll(&p, 1, -1))
		if (read(uffd, &msg, sizeof(msg)) == sizeof(msg) && msg.event == UFFD_EVENT_FORK)
			close(msg.arg.fork.ufd);
	return 0;
}

static void tracee(void)
{
	static char stack[16384] __attribute__((aligned(64)));
	struct uffdio_api api = { UFFD_API, UFFD_FEATURE_EVENT_FORK, 0 };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	void *mem = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	name_self("midstop");
	if (cgroup_enter(CGROUP))
		_exit(91);
	sock = lingering();
	uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	reg.range.start = (uintptr_t)mem;
	reg.range.len = 4096;
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) || ioctl(uffd, UFFDIO_REGISTER, &reg))
		_exit(92);
	if (clone(other_thread, stack + sizeof(stack), THREAD_FLAGS, NULL) < 0 ||
	    ptrace(PTRACE_TRACEME, 0, 0, 0))
		_exit(93);
	raise(SIGSTOP);
	pid = raw_fork();
	if (!pid)
		_exit(0);
	board->err[0] = pid < 0 ? errno : 0;
	while (!__atomic_load_n(&board->again, __ATOMIC_ACQUIRE))
		nap(10);
	board->err[1] = try_create(PROCESS);
	_exit(0);
}

static void tracer(void)
{
	pid_t pid = fork();
	int status, sig;

	if (!pid)
		tracee();
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		_exit(1);
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	board->ready = 1;
	while (!WIFEXITED(status) && !WIFSIGNALED(status)) {
		sig = WSTOPSIG(status);
		/* only the call itself is reported to the tracer */
		ptrace(board->closed && sig == (SIGTRAP | 0x80) ? PTRACE_CONT : PTRACE_SYSCALL, pid,
		       0, 0);
		if (waitpid(pid, &status, 0) != pid)
			_exit(2);
	}
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 3);
}

void test_midstop(void)
{
	struct text page;
	uint64_t since;
	pid_t pid;
	int status;

	board = shared(sizeof(*board));
	loopback_up();
	cgroup_make(CGROUP);
	fresh(NULL);
	pid = fork();
	if (!pid)
		tracer();
	while (!__atomic_load_n(&board->closed, __ATOMIC_ACQUIRE) &&
	       waitpid(pid, &status, WNOHANG) != pid)
		nap(5);
	if (!board->closed) {
		skip("a fork cannot be held: %d", WEXITSTATUS(status));
		return;
	}
	/* the call has failed by now, and the task waits for the close */
	nap(700);
	since = now_ms();
	put(SWITCH, "N");
	since = now_ms() - since;
	__atomic_store_n(&board->again, 1, __ATOMIC_RELEASE);
	status = wait_for(pid);
	read_page(&page);
	ok(!status && board->err[0] == EAGAIN && board->err[1] == EAGAIN,
	   "a fork that is traced is refused, and one more (%d, %d); switched off in %d ms",
	   board->err[0], board->err[1], (int)since);
	ok(row_total(&page, cause_by_name("pids-max", 8)) == 2 && !page.noroom && !page.missed,
	   "both are named, although the hooks were removed during the stop (%u)",
	   (unsigned int)row_total(&page, cause_by_name("pids-max", 8)));
	text_free(&page);
	cgroup_remove(CGROUP);
}
