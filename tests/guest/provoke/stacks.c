// SPDX-License-Identifier: GPL-2.0-only
/*
 * stacks.c - threads that are not created because no stack can be mapped
 *
 * clone() is not called.  Each limit is reached with up to three ways to map a stack: that of
 * glibc (PROT_NONE with MAP_STACK, then made accessible), that of musl (the same without the
 * flag), and directly (accessible, with the flag).  The C library returns EAGAIN whatever the
 * kernel's error was.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "forkfault.h"
#include "internal.h"

#define PAGE		4096UL
/* The guard that glibc leaves below a stack, by default and at least. */
#ifdef __aarch64__
#define GUARD		65536UL
#else
#define GUARD		PAGE
#endif
#define MIB		(1UL << 20)
#define STACK		(2 * MIB)
#define UID_LOCKED	4270

/* ---- three ways to get a stack ------------------------------------------- */

static void *pthread_end(void *arg)
{
	return arg;
}

static long by_glibc(unsigned long size)
{
	pthread_attr_t attr;
	pthread_t thread;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, size);
	err = pthread_create(&thread, &attr, pthread_end, NULL);
	if (!err)
		pthread_join(thread, NULL);
	return -err;
}

/* Like pthread_create() of musl, with the same errors. */
static long by_musl(unsigned long size)
{
	char *map = mmap(NULL, size + PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long ret;

	if (map == MAP_FAILED)
		return -EAGAIN;
	ret = mprotect(map + PAGE, size, PROT_READ | PROT_WRITE) ? -EAGAIN : 0;
	munmap(map, size + PAGE);
	return ret;
}

static long at_once(unsigned long size)
{
	char *map = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	if (map == MAP_FAILED)
		return -EAGAIN;
	munmap(map, size);
	return 0;
}

/**
 * struct way - one way to get a stack
 * @name: for people
 * @stack: what the log must say of it
 * @opens: mprotect() opens it
 * @get: gets one of so many bytes and gives it back: 0 or -errno
 */
struct way {
	const char *name;
	const char *stack;
	bool opens;
	long (*get)(unsigned long size);
};

static const struct way glibc = { "pthread_create of glibc", "flag", true, by_glibc };
static const struct way musl = { "a stack as musl maps it", "pattern", true, by_musl };
static const struct way direct = { "a stack mapped at once", "flag", false, at_once };

static struct ff_expect *refused_stack(const struct way *way, unsigned long size,
				       const char *step, int err, const char *cause)
{
	struct ff_expect *e;
	long ret;

	note_attempt(&ff_last, way->name, CLONE_THREAD);
	ret = way->get(size);
	e = refused(ret, EAGAIN, cause, step);
	exp_text(e, "errno", errno_word(err));
	exp_text(e, "proof", "predicate");
	exp_stack(e, way->stack);
	exp_object(e, "process", "the calling process");
	return e;
}

/*
 * The size that it requests. Some versions of glibc take the guard from the stack, newer ones
 * add it.
 */
static void exp_asked(struct ff_expect *e, const struct way *way, uint64_t size)
{
	uint64_t guard = way == &glibc ? GUARD : 0;

	exp_range(e, "asked", size - guard, size + guard);
}

static uint64_t status_kib(const char *key)
{
	char text[8192], *p;

	if (!read_file("/proc/self/status", text, sizeof(text)))
		fail("/proc/self/status: %s", strerror(errno));
	p = strstr(text, key);
	if (!p)
		fail("no %s in /proc/self/status", key);
	return strtoull(p + strlen(key), NULL, 10);
}

/* ---- vm.max_map_count ------------------------------------------------------ */

#define MOST_MAPS	2000

/*
 * Create ordinary mappings until the kernel refuses, which is not an event. Neighbours cannot
 * be merged, nor can one be merged with a stack. The kernel allows one more than the limit.
 */
static void fill_maps(char *one[2])
{
	int i = 0, refusals = 0;
	char *map;

	sysctl_set("vm/max_map_count", MOST_MAPS);
	one[0] = NULL;
	one[1] = NULL;
	while (refusals < 10) {
		map = mmap(NULL, PAGE, i++ % 2 ? PROT_READ : PROT_READ | PROT_EXEC,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (map == MAP_FAILED) {
			refusals++;
			continue;
		}
		/* the last two, which have no neighbour below */
		one[0] = one[1];
		one[1] = map;
	}
	if (errno != ENOMEM || !one[0])
		fail("mappings of a page: %s", strerror(errno));
}

static void map_count(const struct way *way)
{
	struct ff_expect *e;
	char *one[2];

	fill_maps(one);
	if (way != &musl) {
		/* musl's first mapping looks like any other, so nothing is recorded */
		e = refused_stack(way, STACK, "mmap", ENOMEM, "libc-stack-map-count");
		exp_limit(e, "mappings", MOST_MAPS, MOST_MAPS + 1);
	}
	if (!way->opens)
		return;
	munmap(one[1], PAGE);
	e = refused_stack(way, STACK, "mprotect", ENOMEM, "libc-stack-map-count");
	exp_limit(e, "mappings", MOST_MAPS, MOST_MAPS + 1);
	/* it splits the mapping in two: the guard and the stack */
	exp_number(e, "asked", 1);
	munmap(one[0], PAGE);
	e = refused_stack(way, STACK, "mprotect", ENOMEM, "libc-stack-map-count");
	exp_limit(e, "mappings", MOST_MAPS, MOST_MAPS);
	exp_number(e, "asked", 1);
}

static void map_count_glibc(void)
{
	map_count(&glibc);
}

static void map_count_musl(void)
{
	map_count(&musl);
}

static void map_count_direct(void)
{
	map_count(&direct);
}

/*
 * As many mappings, but the accessible stack can be merged with the one above it: it is not
 * refused, and there is no event.
 */
static void map_count_merged(void)
{
	char *one[2];
	long ret;

	fill_maps(one);
	munmap(one[1], PAGE);
	munmap(one[0], PAGE);
	if (mmap(one[0], PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	    one[0])
		fail("a mapping above the stack: %s", strerror(errno));
	ret = musl.get(STACK);
	if (ret)
		fail("%s: %s", musl.name, strerror(-ret));
}

/* ---- RLIMIT_AS, RLIMIT_DATA, RLIMIT_MEMLOCK -------------------------------- */

static void process_limit(const struct way *way, int which, const char *key, const char *step,
			  int err, const char *cause)
{
	/* a C library may map more for the first thread; glibc keeps its stack */
	long ret = way->get(STACK / 8);
	uint64_t used, limit;
	struct ff_expect *e;
	void *map;

	if (ret)
		fail("%s: %s", way->name, strerror(-ret));
	used = status_kib(key) << 10;
	/* no whole page: the kernel counts those */
	limit = used + STACK / 2 + 7;
	set_rlimit(which, limit);
	/* a refused ordinary mapping is not an event */
	map = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map != MAP_FAILED || errno != err)
		fail("an ordinary mapping above the limit: %s", strerror(errno));
	map = mmap(NULL, STACK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map != MAP_FAILED)
		munmap(map, STACK);
	e = refused_stack(way, STACK, step, err, cause);
	exp_text(e, "unit", "bytes");
	exp_number(e, "limit", limit / PAGE * PAGE);
	/* with what the C library maps beside the stack */
	exp_range(e, "in_use", used, used + STACK / 4);
	exp_asked(e, way, STACK);
	exp_hard(e, which);
}

static void address_space_glibc(void)
{
	process_limit(&glibc, RLIMIT_AS, "VmSize:", "mmap", ENOMEM, "libc-stack-address-space");
}

static void address_space_direct(void)
{
	process_limit(&direct, RLIMIT_AS, "VmSize:", "mmap", ENOMEM, "libc-stack-address-space");
}

static void data_limit_glibc(void)
{
	process_limit(&glibc, RLIMIT_DATA, "VmData:", "mprotect", ENOMEM,
		      "libc-stack-data-limit");
}

static void data_limit_musl(void)
{
	process_limit(&musl, RLIMIT_DATA, "VmData:", "mprotect", ENOMEM,
		      "libc-stack-data-limit");
}

static void data_limit_direct(void)
{
	process_limit(&direct, RLIMIT_DATA, "VmData:", "mmap", ENOMEM, "libc-stack-data-limit");
}

static void memlock(const struct way *way)
{
	set_rlimit(RLIMIT_MEMLOCK, 64 * MIB);
	become(UID_LOCKED);
	if (mlockall(MCL_FUTURE))
		fail("mlockall: %s", strerror(errno));
	process_limit(way, RLIMIT_MEMLOCK, "VmLck:", "mmap", EAGAIN, "libc-stack-memlock");
}

static void memlock_glibc(void)
{
	memlock(&glibc);
}

static void memlock_direct(void)
{
	memlock(&direct);
}

/* ---- overcommit ------------------------------------------------------------ */

/*
 * Every other process changes what is committed, and the kernel keeps part of that in per-CPU
 * counters, which are not added up for the check.
 */
static void overcommit(const struct way *way)
{
	uint64_t committed, allowed, reserve, slack = meminfo("MemTotal") / 64 + MIB;
	struct ff_expect *e;
	char statm[128];

	sysctl_set("vm/overcommit_memory", 2);
	sysctl_set("vm/admin_reserve_kbytes", 2048);
	sysctl_set("vm/user_reserve_kbytes", 1024);
	committed = meminfo("Committed_AS");
	/* setting one of these two clears the other */
	if (!sysctl_get("vm/overcommit_kbytes"))
		sysctl_keep("vm/overcommit_ratio");
	allowed = committed + 24 * MIB;
	sysctl_set("vm/overcommit_kbytes", (allowed - meminfo("SwapTotal")) >> 10);
	e = refused_stack(way, 64 * MIB, way->opens ? "mprotect" : "mmap", ENOMEM,
			  "libc-stack-overcommit");
	if (!read_file("/proc/self/statm", statm, sizeof(statm)))
		fail("/proc/self/statm: %s", strerror(errno));
	/* a 32nd of the caller's pages, without the stack or with it */
	reserve = strtoull(statm, NULL, 10) / 32 * PAGE + (way->opens ? 2 * MIB : 0);
	if (reserve > MIB)
		reserve = MIB;
	exp_range(e, "limit", allowed - reserve - MIB, allowed);
	exp_range(e, "in_use", committed - slack, committed + slack);
	exp_asked(e, way, 64 * MIB);
	exp_text(e, "unit", "bytes");
	exp_object(e, "host", "overcommit");
}

static void overcommit_glibc(void)
{
	overcommit(&glibc);
}

static void overcommit_musl(void)
{
	overcommit(&musl);
}

static void overcommit_direct(void)
{
	overcommit(&direct);
}

/* One stack that is larger than RAM and swap: no accounting is needed to refuse. */
static void overcommit_large(void)
{
	uint64_t limit = meminfo("MemTotal") + meminfo("SwapTotal");
	struct ff_expect *e;

	sysctl_set("vm/overcommit_memory", 0);
	e = refused_stack(&musl, 4 * limit / PAGE * PAGE, "mprotect", ENOMEM,
			  "libc-stack-overcommit");
	exp_limit(e, "bytes", limit, 4 * limit / PAGE * PAGE);
	exp_number(e, "asked", 4 * limit / PAGE * PAGE);
	exp_object(e, "host", "overcommit");
}

const struct ff_case stacks_cases[] = {
	{ "stack-map-count", "libc-stack-map-count", .flags = FF_HOST, .run = map_count_glibc,
	  .what = "2000 mappings, refused at the first step and at the second" },
	{ "stack-map-count-musl", "libc-stack-map-count", .flags = FF_HOST,
	  .run = map_count_musl, .what = "the same as musl does it, without MAP_STACK" },
	{ "stack-map-count-direct", "libc-stack-map-count", .flags = FF_HOST,
	  .run = map_count_direct, .what = "the same for a stack without a guard" },
	{ "stack-map-count-merged", "libc-stack-map-count", .flags = FF_HOST,
	  .run = map_count_merged, .what = "the same, but the stack needs no mapping more" },
	{ "stack-address-space", "libc-stack-address-space", .run = address_space_glibc,
	  .what = "RLIMIT_AS; ordinary mappings are refused too, which is no event" },
	{ "stack-address-space-direct", "libc-stack-address-space",
	  .run = address_space_direct, .what = "the same for a stack without a guard" },
	{ "stack-data-limit", "libc-stack-data-limit", .run = data_limit_glibc,
	  .what = "RLIMIT_DATA, which counts a stack when it is opened" },
	{ "stack-data-limit-musl", "libc-stack-data-limit", .run = data_limit_musl,
	  .what = "the same as musl does it" },
	{ "stack-data-limit-direct", "libc-stack-data-limit", .run = data_limit_direct,
	  .what = "the same for a stack without a guard" },
	{ "stack-memlock", "libc-stack-memlock", .run = memlock_glibc,
	  .what = "mlockall(MCL_FUTURE) and RLIMIT_MEMLOCK" },
	{ "stack-memlock-direct", "libc-stack-memlock", .run = memlock_direct,
	  .what = "the same for a stack without a guard" },
	{ "stack-overcommit", "libc-stack-overcommit", .flags = FF_HOST,
	  .run = overcommit_glibc, .what = "mode 2, 40 MiB more than may be committed" },
	{ "stack-overcommit-musl", "libc-stack-overcommit", .flags = FF_HOST,
	  .run = overcommit_musl, .what = "the same as musl does it" },
	{ "stack-overcommit-direct", "libc-stack-overcommit", .flags = FF_HOST,
	  .run = overcommit_direct, .what = "the same for a stack without a guard" },
	{ "stack-overcommit-large", "libc-stack-overcommit", .flags = FF_HOST,
	  .run = overcommit_large, .what = "mode 0, a stack larger than RAM and swap" },
	{ .name = NULL },
};
