// SPDX-License-Identifier: GPL-2.0-only
/*
 * races.c - failures for which something has to happen in the middle of a fork
 *
 * The kernel writes the pidfd to the caller's memory after it has allocated the PID and
 * before it asks the cgroups.  If that memory is a page that userfaultfd provides, the fork
 * waits there until it is provided.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "forkfault.h"

#ifndef PF_EXITING
#define PF_EXITING	0x00000004
#endif

#define PAGE	4096

enum { ASKING = 1 };

static int uffd;
static char *page;

static void make_slow_page(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register area = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api))
		skip("userfaultfd: %s", strerror(errno));
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		fail("mmap: %s", strerror(errno));
	area.range.start = (uintptr_t)page;
	area.range.len = PAGE;
	if (ioctl(uffd, UFFDIO_REGISTER, &area))
		fail("UFFDIO_REGISTER: %s", strerror(errno));
}

static void wait_for_fault(void)
{
	struct uffd_msg msg;

	if (read(uffd, &msg, sizeof(msg)) != sizeof(msg) ||
	    msg.event != UFFD_EVENT_PAGEFAULT)
		fail("no page fault came from userfaultfd");
}

static void provide_page(void)
{
	struct uffdio_zeropage zero = {
		.range = { .start = (uintptr_t)page, .len = PAGE },
	};

	if (ioctl(uffd, UFFDIO_ZEROPAGE, &zero))
		fail("UFFDIO_ZEROPAGE: %s", strerror(errno));
}

/* PID 1 of a namespace waits for all others in it when it ends. */
static bool waits_in_exit(pid_t pid)
{
	char path[64], text[512], state, *p;
	unsigned int flags;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (!read_file(path, text, sizeof(text)))
		fail("%s: %s", path, strerror(errno));
	p = strrchr(text, ')');
	return p && sscanf(p, ") %c %*d %*d %*d %*d %*d %u", &state, &flags) == 2 &&
	       strchr("SI", state) && (flags & PF_EXITING);
}

static void end_init_meanwhile(void *arg)
{
	pid_t init;

	(void)arg;
	sync_wait(ASKING);
	init = shared_words()[0];
	wait_for_fault();
	kill(init, SIGKILL);
	while (!waits_in_exit(init))
		usleep(1000);
	provide_page();
}

static void pidns_dead_late(void)
{
	struct clone3_args args = {
		.flags = CLONE_PIDFD,
		.exit_signal = SIGCHLD,
	};
	struct ff_expect *e;
	unsigned long ns;
	pid_t helper;
	long ret;

	make_slow_page();
	helper = spawn(end_init_meanwhile, NULL);
	if (unshare(CLONE_NEWPID))
		fail("unshare(CLONE_NEWPID): %s", strerror(errno));
	ret = try_fork();
	if (ret < 0)
		fail("fork of PID 1: %s", strerror(-ret));
	shared_words()[0] = ret;
	ns = ns_inode(ret, "pid");
	args.pidfd = (uintptr_t)page;
	sync_post(ASKING);
	e = refused(try_clone3(&args, sizeof(args)), ENOMEM, "pidns-dead-late",
		    "last_checks");
	exp_object(e, "pidns", "pidns %lu level 1", ns);
	join(helper);
}

const struct ff_case races_cases[] = {
	{ "pidns-dead-late", "pidns-dead-late", .run = pidns_dead_late,
	  .what = "PID 1 of the namespace ends in the middle of a fork" },
	{ .name = NULL },
};
