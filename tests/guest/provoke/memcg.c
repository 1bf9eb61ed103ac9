// SPDX-License-Identifier: GPL-2.0-only
/*
 * memcg.c - memory limits of cgroups
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forkfault.h"

#define MIB		(1ULL << 20)
#define PAGE		4096

/*
 * A process with page tables for a large sparse mapping, in a cgroup that has room for much
 * less than a copy of them. The copy is refused at once, and what was charged is given back, so
 * that no task has to run in a full cgroup. (There a page fault would be retried for ever,
 * because there is nothing to kill.)
 */
#define SPARSE		(1024 * MIB)
#define ROOM		MIB
#define SLACK		65536

/**
 * protect_from_oom() - the OOM killer spares this process from now on
 */
void protect_from_oom(void)
{
	if (!write_file("/proc/self/oom_score_adj", "-1000"))
		fail("oom_score_adj: %s", strerror(errno));
}

/**
 * keep_in_memory() - a cgroup's memory is not swapped out from now on
 * @cg: the cgroup
 *
 * A kernel without swap does not have the file for that.
 */
void keep_in_memory(const char *cg)
{
	char path[2 * FF_PATH];

	snprintf(path, sizeof(path), "%s/memory.swap.max", cg);
	if (!access(path, F_OK))
		cg_set(cg, "memory.swap.max", "0");
}

/* Leave room for @room bytes more, fork, and lift the limit again. */
static void fork_in_memcg(const char *limited, uint64_t room, const char *step,
			  const char *alloc)
{
	struct ff_expect *e;
	uint64_t limit;
	char text[32];
	long ret;

	who_am_i();
	limit = cg_get(limited, "memory.current") + room;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)limit);
	keep_in_memory(limited);
	cg_set(limited, "memory.max", text);
	limit = cg_get(limited, "memory.max");
	ret = try_fork();
	cg_set(limited, "memory.max", "max");
	e = refused(ret, ENOMEM, "memcg-limit", step);
	exp_limit(e, "bytes", limit, 0);
	exp_range(e, "in_use", limit - SLACK, limit);
	/* a page table is a page; other things may be charged in one piece or page by page */
	if (!strcmp(alloc, "pagetable-nomem"))
		exp_number(e, "asked", PAGE);
	else
		exp_range(e, "asked", PAGE, 8 * MIB);
	exp_object(e, "cgroup", "%s", limited);
	exp_text(e, "alloc", alloc);
}

static void enter_memcg(const char *asker)
{
	protect_from_oom();
	cg_enter(asker);
}

static void memcg_limit(void)
{
	const char *cg = cg_new("", "memory");

	enter_memcg(cg);
	sparse_mapping(SPARSE);
	fork_in_memcg(cg, ROOM, "copy_mm", "pagetable-nomem");
}

static void memcg_limit_ancestor(void)
{
	enter_memcg(cg_new("middle/leaf", "memory"));
	sparse_mapping(SPARSE);
	fork_in_memcg(cg_new("", "memory"), ROOM, "copy_mm", "pagetable-nomem");
}

/* The cgroup of the caller does not have the controller itself. */
static void memcg_limit_uncontrolled(void)
{
	const char *top = cg_new("", "memory");

	enter_memcg(cg_new("plain/leaf", ""));
	sparse_mapping(SPARSE);
	fork_in_memcg(top, ROOM, "copy_mm", "pagetable-nomem");
}

#define MAPPINGS	8000

/* Neighbours with different protection are not merged. */
static void memcg_limit_mappings(void)
{
	const char *cg = cg_new("", "memory");
	char *map;
	int i;

	enter_memcg(cg);
	map = mmap(NULL, MAPPINGS * PAGE, PROT_READ,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		fail("mmap: %s", strerror(errno));
	for (i = 1; i < MAPPINGS; i += 2)
		if (mprotect(map + i * PAGE, PAGE, PROT_NONE))
			fail("mprotect: %s", strerror(errno));
	fork_in_memcg(cg, ROOM / 2, "copy_mm", "vma-nomem");
}

#define HIGH_FD		500000

/* A descriptor table of four megabytes, for one high descriptor. */
static void memcg_limit_files(void)
{
	const char *cg = cg_new("", "memory");

	set_rlimit(RLIMIT_NOFILE, HIGH_FD + 1);
	enter_memcg(cg);
	if (dup2(0, HIGH_FD) < 0)
		fail("dup2: %s", strerror(errno));
	fork_in_memcg(cg, ROOM, "copy_files", "files-nomem");
}

/* ---- cgroup v1 ---------------------------------------------------------- */

/* Set the limit in a file of a v1 cgroup so that only @room more bytes fit. */
static uint64_t limit_v1(const char *cg, const char *usage, const char *file,
			 uint64_t room)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu",
		 (unsigned long long)cg1_get(cg, usage) + room);
	cg1_set(cg, file, text);
	return cg1_get(cg, file);
}

static void fork_in_v1(const char *cg, const char *usage, const char *file,
		       const char *cause)
{
	struct ff_expect *e;
	uint64_t limit;
	long ret;

	sparse_mapping(SPARSE);
	who_am_i();
	limit = limit_v1(cg, usage, file, ROOM);
	ret = try_fork();
	cg1_set(cg, file, "-1");
	e = refused(ret, ENOMEM, cause, "copy_mm");
	exp_limit(e, "bytes", limit, 0);
	exp_range(e, "in_use", limit - SLACK, limit);
	exp_number(e, "asked", PAGE);
	exp_object(e, "cgroup", "%s", cg);
	exp_text(e, "cgroup", cg);
	exp_text(e, "alloc", "pagetable-nomem");
}

static void memcg_limit_v1(void)
{
	const char *cg = cg1_new("memory", "");

	protect_from_oom();
	cg1_set(cg, "cgroup.procs", "0");
	fork_in_v1(cg, "memory.usage_in_bytes", "memory.limit_in_bytes",
		   "memcg-limit");
}

static void memcg_v1_kmem(void)
{
	const char *cg = cg1_new("memory", "");

	/* must be set once before anything is counted */
	if (!cg1_takes(cg, "memory.kmem.limit_in_bytes", 1 << 30))
		absent("memory.kmem.limit_in_bytes takes no limit");
	cg1_set(cg, "cgroup.procs", "0");
	fork_in_v1(cg, "memory.kmem.usage_in_bytes",
		   "memory.kmem.limit_in_bytes", "memcg-v1-kmem-limit");
}

static void memcg_v1_oom_disabled(void)
{
	const char *cg = cg1_new("memory", "");

	cg1_set(cg, "memory.oom_control", "1");
	cg1_set(cg, "cgroup.procs", "0");
	fork_in_v1(cg, "memory.usage_in_bytes", "memory.limit_in_bytes",
		   "memcg-v1-oom-disabled");
}

const struct ff_case memcg_cases[] = {
	{ "memcg-limit", "memcg-limit", .run = memcg_limit,
	  .what = "own cgroup has no room for a copy of the page tables" },
	{ "memcg-limit-ancestor", "memcg-limit", .run = memcg_limit_ancestor,
	  .what = "a cgroup two levels above has no room" },
	{ "memcg-limit-uncontrolled", "memcg-limit",
	  .run = memcg_limit_uncontrolled,
	  .what = "a cgroup above one without the controller has no room" },
	{ "memcg-limit-mappings", "memcg-limit", .seconds = 60,
	  .run = memcg_limit_mappings,
	  .what = "no room for a copy of 8000 mappings" },
	{ "memcg-limit-files", "memcg-limit", .run = memcg_limit_files,
	  .what = "no room for a copy of the descriptor table" },
	{ "memcg-limit-v1", "memcg-limit", .run = memcg_limit_v1,
	  .what = "own cgroup has no room, cgroup v1" },
	{ "memcg-v1-kmem-limit", "memcg-v1-kmem-limit",
	  .run = memcg_v1_kmem,
	  .what = "the limit of kernel memory in cgroup v1" },
	{ "memcg-v1-oom-disabled", "memcg-v1-oom-disabled",
	  .run = memcg_v1_oom_disabled,
	  .what = "cgroup v1 with the OOM killer switched off" },
	{ .name = NULL },
};
