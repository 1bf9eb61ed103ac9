// SPDX-License-Identifier: GPL-2.0-only
/*
 * stale_stack.c - memory runs out in a clone3() before it reaches kernel_clone()
 *
 * The note about a task's last fork points into its kernel stack, which has been reused
 * since.  Here an earlier call puts its child into a cgroup, and the stack is then filled
 * with invalid addresses.  Then clone3() reads its arguments from a page that its cgroup has
 * no memory for, and the kernel notifies that cgroup, as it does when pids.max refuses.  The
 * outdated arguments must not be used; the kernel log shows if they are.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "../../lib/clone_args.h"
#include "guest.h"

#define CGROUP	"stale"
#define WARM	2
#define ROUNDS	(brief ? 100U : 300U)

static struct {
	unsigned int refused, faults, other;
} *seen;

/* Stack frames of other calls, filled with invalid addresses. */
static void fill_stack(int fd)
{
	union {
		char bytes[1024];
		struct sockaddr address;
		struct pollfd fds[30];
		fd_set set[3];
	} junk;
	struct iovec iov[8];
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 8 };
	unsigned int i;

	memset(&junk, 0x91, sizeof(junk));
	for (i = 0; i < 8; i++)
		iov[i] = (struct iovec){ &junk, 0x1111 };
	bind(fd, &junk.address, 128);
	connect(fd, &junk.address, 128);
	sendmsg(fd, &msg, 0);
	poll(junk.fds, 30, 0);
	memset(&junk, 0x91, sizeof(junk));
	sendto(fd, &junk, 64, 0, &junk.address, 128);
}

static void be_short(void)
{
	struct clone3_args old = { .flags = CLONE_INTO_CGROUP | CLONE_SIGHAND };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	size_t size = 64 << 20;
	unsigned int i;
	char *args;
	long ret;

	name_self("stale-stack");
	args = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	/*
	 * everything that a round needs exists before memory runs out: a page fault of its own
	 * would hang it
	 */
	for (i = 0; i < WARM + ROUNDS; i++) {
		if (i == WARM) {
			memset(seen, 0, sizeof(*seen));
			cgroup_put(CGROUP, "memory.max", "1");
		}
		if (syscall(SYS_clone3, &old, sizeof(old)) < 0)
			seen->refused++;
		fill_stack(fd);
		/* a page that is not mapped yet */
		ret = syscall(SYS_clone3, i < WARM ? NULL : args + i * 4096UL, sizeof(old));
		if (ret < 0 && errno == EFAULT)
			seen->faults++;
		else
			seen->other++;
	}
	_exit(0);
}

void test_stale_stack(void)
{
	struct text page;
	int status;
	pid_t pid;

	seen = shared(sizeof(*seen));
	if (cgroup_make(CGROUP) || cgroup_put(CGROUP, "memory.max", "max")) {
		skip("no memory controller of cgroup v2");
		return;
	}
	fresh(NULL);
	pid = fork();
	if (!pid) {
		put("/proc/self/oom_score_adj", "-1000");
		cgroup_enter(CGROUP);
		be_short();
	}
	status = wait_for(pid);
	read_page(&page);
	ok(!status && seen->refused == ROUNDS && seen->faults > ROUNDS / 2,
	   "%u calls with other arguments, %u that had no memory to read theirs, %u others",
	   seen->refused, seen->faults, seen->other);
	ok(row_total(&page, cause_by_name("sighand-without-vm", 18)) == WARM + ROUNDS,
	   "only calls that were refused for their flags are reported as that (%u)",
	   (unsigned int)row_total(&page, cause_by_name("sighand-without-vm", 18)));
	text_free(&page);
	cgroup_remove(CGROUP);
}
