// SPDX-License-Identifier: GPL-2.0-only
/*
 * workers.c - threads that the kernel creates on behalf of a task
 *
 * They count against the task's limits.  But the task did not ask for them, so such a failure
 * must be distinguished from that of a fork.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/vhost.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "forkfault.h"

/* The flags with which the kernel creates an io_uring worker. */
#define WORKER_FLAGS	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |	\
			 CLONE_THREAD | CLONE_UNTRACED | CLONE_IO)

/* The flags with which it creates one of vhost, 6.4 and later. */
#define VHOST_FLAGS	(CLONE_FS | CLONE_UNTRACED | CLONE_VM | CLONE_THREAD | CLONE_SIGHAND)

static char read_buffer[16];

static void *map_ring(int ring, size_t size, uint64_t offset)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_POPULATE, ring, offset);

	if (p == MAP_FAILED)
		fail("mmap of the ring: %s", strerror(errno));
	return p;
}

/* Submit a read that only a worker can wait for. */
static void submit_read(int ring, const struct io_uring_params *p, int from)
{
	size_t size = p->sq_off.array + p->sq_entries * sizeof(uint32_t);
	char *queue = map_ring(ring, size, IORING_OFF_SQ_RING);
	struct io_uring_sqe *entry;

	entry = map_ring(ring, p->sq_entries * sizeof(*entry), IORING_OFF_SQES);
	*entry = (struct io_uring_sqe){
		.opcode = IORING_OP_READ,
		.flags = IOSQE_ASYNC,
		.fd = from,
		.addr = (uintptr_t)read_buffer,
		.len = sizeof(read_buffer),
	};
	*(uint32_t *)(queue + p->sq_off.array) = 0;
	__atomic_store_n((uint32_t *)(queue + p->sq_off.tail), 1,
			 __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 0, 0, NULL, 0) != 1)
		fail("io_uring_enter: %s", strerror(errno));
}

/* How many tasks pids.max has refused, by the kernel's own count. */
static uint64_t refused_by_pids(const char *cg)
{
	char path[2 * FF_PATH], text[64];
	unsigned long long n;

	cg_dir(cg, "pids.events", path, sizeof(path));
	if (!read_file(path, text, sizeof(text)) || sscanf(text, "max %llu", &n) != 1)
		fail("%s: not read", path);
	return n;
}

/* Leave no room for another task, and have a fork refused: the page must show it, too. */
static void fill(const char *cg)
{
	struct ff_expect *e;

	cg_enter(cg);
	cg_set(cg, "pids.max", "1");
	/* forkfail trusts the layout once it has counted the tasks of a cgroup */
	e = refused(try_fork(), EAGAIN, "pids-max", "cgroup_can_fork");
	exp_limit(e, "tasks", 1, 1);
	exp_object(e, "cgroup", "%s", cg);
}

/* The call that wanted a worker was refused it, by the same limit. */
static struct ff_expect *refused_worker(struct ff_attempt *call, const char *kind, const char *cg)
{
	struct ff_expect *e;

	cg_set(cg, "pids.max", "max");
	call->kind = kind;
	e = refused_to(call, EAGAIN, "pids-max", "cgroup_can_fork");
	exp_limit(e, "tasks", 1, 1);
	exp_object(e, "cgroup", "%s", cg);
	return e;
}

static void io_worker(void)
{
	const char *cg = cg_new("", "pids");
	struct io_uring_params params = { 0 };
	uint64_t before;
	struct ff_attempt call;
	struct ff_expect *e;
	int ring, ends[2];

	/* 2 by default on RHEL: nobody may */
	if (!access("/proc/sys/kernel/io_uring_disabled", F_OK))
		sysctl_set("kernel/io_uring_disabled", 0);
	ring = syscall(SYS_io_uring_setup, 4, &params);
	if (ring < 0)
		skip("io_uring_setup: %s", strerror(errno));
	if (pipe(ends))
		fail("pipe: %s", strerror(errno));
	fill(cg);
	before = refused_by_pids(cg);
	note_attempt(&call, "a worker for io_uring", WORKER_FLAGS);
	submit_read(ring, &params, ends[0]);
	/*
	 * The kernel tries again when the task returns to user space, three times or, on 5.15,
	 * until it succeeds; from 6.12 on after some milliseconds each time.
	 */
	usleep(400000);
	note("%s was wanted, no call of the task's failed", call.call);
	e = refused_worker(&call, "io-worker", cg);
	exp_tries(e, refused_by_pids(cg) - before);
}

/* Here a call does fail: io_uring_setup(), which wants its thread at once. */
static void sqpoll_worker(void)
{
	struct io_uring_params params = { .flags = IORING_SETUP_SQPOLL };
	const char *cg = cg_new("", "pids");
	struct ff_attempt call;
	int ring;

	if (!kernel_has("create_io_thread"))
		skip("io_uring's threads are kernel threads here");
	if (!access("/proc/sys/kernel/io_uring_disabled", F_OK))
		sysctl_set("kernel/io_uring_disabled", 0);
	fill(cg);
	note_attempt(&call, "io_uring_setup with IORING_SETUP_SQPOLL", WORKER_FLAGS);
	ring = syscall(SYS_io_uring_setup, 4, &params);
	if (ring >= 0)
		fail("%s has succeeded", call.call);
	note("%s: %s", call.call, strerror(errno));
	refused_worker(&call, "user-worker", cg);
}

/* The ioctl that wanted the worker fails. */
static void vhost_worker(void)
{
	const char *cg = cg_new("", "pids");
	struct ff_attempt call;
	int vhost, ret;

	if (system("modprobe -q vhost_net"))
		skip("this kernel has no vhost_net");
	if (!kernel_has("vhost_task_create"))
		skip("vhost's workers are kernel threads up to 6.3");
	vhost = open("/dev/vhost-net", O_RDWR | O_CLOEXEC);
	if (vhost < 0)
		fail("/dev/vhost-net: %s", strerror(errno));
	fill(cg);
	note_attempt(&call, "VHOST_SET_OWNER", VHOST_FLAGS);
	ret = ioctl(vhost, VHOST_SET_OWNER);
	if (!ret)
		fail("VHOST_SET_OWNER has succeeded");
	note("%s: %s", call.call, strerror(errno));
	refused_worker(&call, "user-worker", cg);
}

const struct ff_case workers_cases[] = {
	{ "io-worker", "pids-max", .run = io_worker,
	  .what = "own cgroup's limit, a worker of io_uring" },
	{ "sqpoll-worker", "pids-max", .run = sqpoll_worker,
	  .what = "own cgroup's limit, a thread of io_uring that polls" },
	{ "vhost-worker", "pids-max", .run = vhost_worker,
	  .what = "own cgroup's limit, a worker of vhost" },
	{ .name = NULL },
};
