// SPDX-License-Identifier: GPL-2.0-only
/*
 * resolved_shortages.c - memory shortages that were resolved before something else refused
 *
 * A cgroup that was at its limit until reclaim or its OOM killer made room is not the cause.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "forkfault.h"

#define PAGE		4096
#define MIB		(1ULL << 20)
#define MAPPINGS	8000
#define ROOM		(MIB / 4)
/* more than a copy of all mappings takes, and than the distance from the limit */
#define HELP		(16 * MIB)
/*
 * The OOM killer does not wait for a victim that is already exiting (7.2: its walk of the
 * cgroup leaves it out), and a charge with no other victim is refused before the first has
 * freed anything. So there are many victims.
 */
#define VICTIMS		32
#define TOO_LARGE	(1ULL << 40)

enum { VICTIM_READY };

static char *map_private(uint64_t size, int prot)
{
	char *map = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		fail("mmap: %s", strerror(errno));
	return map;
}

static void oom_score(const char *score)
{
	if (!write_file("/proc/self/oom_score_adj", score))
		fail("oom_score_adj: %s", strerror(errno));
}

/* When it is killed, its memory makes room for others. */
static void victim(void *cg)
{
	const size_t size = HELP / VICTIMS;

	oom_score("1000");
	cg_enter(cg);
	memset(map_private(size, PROT_READ | PROT_WRITE), 1, size);
	sync_post(VICTIM_READY);
	sleep_forever();
}

/*
 * In the kernel's order: many small mappings, whose copies do not fit into the cgroup without
 * help, then one that overcommit refuses. Neighbours with different protection are not merged.
 */
static void map_all(void)
{
	char *large, *small;
	int i;

	sysctl_set("vm/overcommit_memory", 1);
	/* a guard, or it would be merged with the mapping above it */
	large = map_private(TOO_LARGE + PAGE, PROT_NONE);
	if (mprotect(large, TOO_LARGE, PROT_READ | PROT_WRITE))
		fail("mprotect: %s", strerror(errno));
	small = map_private(MAPPINGS * PAGE, PROT_READ);
	if (!write_file("/proc/sys/vm/overcommit_memory", "0"))
		fail("vm.overcommit_memory: %s", strerror(errno));
	if (small > large)
		fail("the small mappings are above the large one");
	for (i = 1; i < MAPPINGS; i += 2)
		if (mprotect(small + i * PAGE, PAGE, PROT_NONE))
			fail("mprotect: %s", strerror(errno));
}

static void fork_in(const char *cg)
{
	struct ff_expect *e;
	char path[2 * FF_PATH], text[32];
	long ret;

	map_all();
	who_am_i();
	/* a kernel without swap has no such file */
	snprintf(path, sizeof(path), "%s/memory.swap.max", cg);
	if (!access(path, F_OK))
		cg_set(cg, "memory.swap.max", "0");
	snprintf(text, sizeof(text), "%llu", (unsigned long long)
		 (cg_get(cg, "memory.current") + ROOM));
	cg_set(cg, "memory.max", text);
	ret = try_fork();
	cg_set(cg, "memory.max", "max");
	e = refused(ret, ENOMEM, "overcommit-heuristic", "copy_mm");
	exp_limit(e, "bytes", meminfo("MemTotal") + meminfo("SwapTotal"), TOO_LARGE);
	exp_number(e, "asked", TOO_LARGE);
	exp_object(e, "host", "overcommit");
	if (overcommit_is_logged())
		return;
	/* if a refusal has no witness, the cgroup may have refused as well */
	exp_text(e, "proof", "inferred");
	exp_text(e, "candidates", "memcg-limit,overcommit-heuristic");
}

static void after_oom_kill(void)
{
	const char *cg = cg_new("", "memory");
	int i;

	for (i = 0; i < VICTIMS; i++) {
		spawn(victim, (void *)cg);
		sync_wait(VICTIM_READY);
	}
	oom_score("-1000");
	cg_enter(cg);
	fork_in(cg);
}

/* Pages that their owner does not need any more stay until there is memory pressure. */
static void after_reclaim(void)
{
	const char *cg = cg_new("", "memory");
	char *spare;

	oom_score("-1000");
	cg_enter(cg);
	spare = map_private(HELP, PROT_READ | PROT_WRITE);
	memset(spare, 1, HELP);
	if (madvise(spare, HELP, MADV_FREE))
		fail("madvise: %s", strerror(errno));
	fork_in(cg);
}

const struct ff_case resolved_shortage_cases[] = {
	{ "resolved-by-oom", "overcommit-heuristic", .flags = FF_HOST, .seconds = 60,
	  .run = after_oom_kill,
	  .what = "overcommit, after the OOM killer made room in the cgroup" },
	{ "resolved-by-reclaim", "overcommit-heuristic", .flags = FF_HOST, .seconds = 60,
	  .run = after_reclaim,
	  .what = "the same after reclaim did" },
	{ .name = NULL },
};
