// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory.c - accounting rules and memory limits
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forkfault.h"

#define MIB		(1ULL << 20)
#define UID_STRICT	4260

/*
 * Strict overcommit.  What may be committed is known exactly; what is
 * committed changes with every other process, and the kernel keeps part of it
 * in counters of each CPU that are not added up for the check.
 */
static void strict_as(unsigned int uid)
{
	uint64_t asked = 64 * MIB, allowed, reserve, committed, slack;
	struct ff_expect *e;
	char statm[128];
	void *map;

	map = mmap(NULL, asked, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		fail("mmap: %s", strerror(errno));
	sysctl_set("vm/overcommit_memory", 2);
	sysctl_set("vm/admin_reserve_kbytes", 2048);
	sysctl_set("vm/user_reserve_kbytes", 1024);
	committed = meminfo("Committed_AS");
	allowed = committed + 24 * MIB;
	sysctl_set("vm/overcommit_kbytes",
		   (allowed - meminfo("SwapTotal")) >> 10);
	if (uid)
		become(uid);
	if (!read_file("/proc/self/statm", statm, sizeof(statm)))
		fail("/proc/self/statm: %s", strerror(errno));
	/* a 32nd of the caller's pages, at most the user's reserve */
	reserve = strtoull(statm, NULL, 10) / 32 * 4096;
	if (reserve > MIB)
		reserve = MIB;
	allowed = (allowed >> 12 << 12) - reserve;
	if (uid)
		allowed -= 2 * MIB;

	e = refused(try_fork(), ENOMEM, "overcommit-strict", "mm_init");
	slack = meminfo("MemTotal") / 64 + MIB;
	exp_limit(e, "bytes", allowed, 0);
	exp_range(e, "in_use", committed - slack, committed + slack);
	exp_object(e, "host", "overcommit");
}

static void overcommit_strict(void)
{
	strict_as(0);
}

static void overcommit_strict_user(void)
{
	strict_as(UID_STRICT);
}

static void overcommit_heuristic(void)
{
	uint64_t limit = meminfo("MemTotal") + meminfo("SwapTotal");
	uint64_t size = 4 * limit / 4096 * 4096;
	struct ff_expect *e;
	void *map;

	sysctl_set("vm/overcommit_memory", 1);
	map = mmap(NULL, size, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		fail("mmap of %llu MiB: %s", (unsigned long long)(size / MIB),
		     strerror(errno));
	if (!write_file("/proc/sys/vm/overcommit_memory", "0"))
		fail("vm.overcommit_memory: %s", strerror(errno));
	e = refused(try_fork(), ENOMEM, "overcommit-heuristic", "mm_init");
	exp_limit(e, "bytes", limit, size);
	exp_maybe(e, "in_use", size, size);
	exp_object(e, "host", "overcommit");
}

/*
 * A process with page tables for a large sparse mapping, in a cgroup that has
 * room for much less than a copy of them.  The copy is refused in one go, and
 * what it took is given back: nobody ever runs in a full cgroup.  (There they
 * would not get any further: with nobody to kill, a page fault is tried again
 * for ever.)
 */
#define SPARSE		(1024 * MIB)
#define ROOM		MIB
#define SLACK		65536

static void sparse_tables(void)
{
	volatile char *map;
	uint64_t i;

	map = mmap(NULL, SPARSE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		fail("mmap: %s", strerror(errno));
	madvise((void *)map, SPARSE, MADV_NOHUGEPAGE);
	map[0] = 1;
	for (i = 0; i < SPARSE; i += 2 * MIB)
		(void)map[i];
}

static void protect_from_oom(void)
{
	if (!write_file("/proc/self/oom_score_adj", "-1000"))
		fail("oom_score_adj: %s", strerror(errno));
}

static void fork_in_memcg(const char *asker, const char *limited)
{
	struct ff_expect *e;
	uint64_t limit;
	char text[32];
	long ret;

	protect_from_oom();
	cg_enter(asker);
	sparse_tables();
	who_am_i();
	limit = cg_get(limited, "memory.current") + ROOM;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)limit);
	cg_set(limited, "memory.swap.max", "0");
	cg_set(limited, "memory.max", text);
	limit = cg_get(limited, "memory.max");
	ret = try_fork();
	cg_set(limited, "memory.max", "max");
	e = refused(ret, ENOMEM, "memcg-limit", "mm_init");
	exp_limit(e, "bytes", limit, 0);
	exp_range(e, "in_use", limit - SLACK, limit);
	exp_object(e, "cgroup", "%s", limited);
	exp_text(e, "alloc", "pagetable-nomem");
}

static void memcg_limit(void)
{
	const char *cg = cg_new("", "memory");

	fork_in_memcg(cg, cg);
}

static void memcg_limit_ancestor(void)
{
	const char *leaf = cg_new("middle/leaf", "memory");

	fork_in_memcg(leaf, cg_new("", "memory"));
}

const struct ff_case memory_cases[] = {
	{ "overcommit-strict", "overcommit-strict", .flags = FF_HOST,
	  .run = overcommit_strict,
	  .what = "mode 2, 64 MiB more than may be committed" },
	{ "overcommit-strict-user", "overcommit-strict", .flags = FF_HOST,
	  .run = overcommit_strict_user,
	  .what = "the same without privileges: the reserve for root counts" },
	{ "overcommit-heuristic", "overcommit-heuristic", .flags = FF_HOST,
	  .run = overcommit_heuristic,
	  .what = "mode 0, one mapping larger than RAM and swap" },
	{ "memcg-limit", "memcg-limit", .run = memcg_limit,
	  .what = "own cgroup has no room for a copy of the page tables" },
	{ "memcg-limit-ancestor", "memcg-limit", .run = memcg_limit_ancestor,
	  .what = "a cgroup two levels above has no room" },
	{ .name = NULL },
};
