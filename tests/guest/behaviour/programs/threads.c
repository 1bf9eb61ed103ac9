// SPDX-License-Identifier: GPL-2.0-only
/*
 * threads.c - a program that runs into a limit on thread stacks
 *
 *	threads NAME LIMIT ATTEMPTS
 *
 * Built with each C library.  It sets a limit of its own process so low that no stack can be
 * mapped, and calls pthread_create() from several threads at once.  Prints how many calls
 * failed with EAGAIN; exits with 0 if all did.
 *
 * LIMIT is maps (vm.max_map_count is used up first; maps1: with one thread only), as, data,
 * lock, or none (large stacks, for the machine's own limits).  With LIMIT once, it sets no
 * limit and creates one thread, and its exit status is the error of that.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define PAGE	4096
#define TEAM	4
#define UID	5301

static pthread_barrier_t go, done;
static unsigned int attempts;
static unsigned int refused, other;

static void *never(void *arg)
{
	return arg;
}

static void *work(void *arg)
{
	unsigned int i;

	pthread_barrier_wait(&go);
	for (i = 0; i < attempts; i++) {
		pthread_attr_t attr;
		pthread_t thread;
		int err;

		pthread_attr_init(&attr);
		pthread_attr_setstacksize(&attr, (arg ? 64 : 1) << 20);
		err = pthread_create(&thread, &attr, never, NULL);
		__sync_fetch_and_add(err == EAGAIN ? &refused : &other, 1);
		if (!err)
			pthread_join(thread, NULL);
	}
	pthread_barrier_wait(&done);
	return NULL;
}

/*
 * Neighbours cannot be merged, nor can one be merged with a stack. The kernel allows one more
 * mapping than its limit: unmap one, so that a stack can be mapped, but not made accessible.
 */
static void use_up_maps(void)
{
	void *map, *last = NULL;
	int i;

	for (i = 0; ; i++, last = map) {
		map = mmap(NULL, PAGE, i % 2 ? PROT_READ : PROT_READ | PROT_EXEC,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (map == MAP_FAILED)
			break;
	}
	munmap(last, PAGE);
}

static void limit(int which)
{
	struct rlimit r;

	if (getrlimit(which, &r))
		_exit(6);
	r.rlim_cur = PAGE;
	if (setrlimit(which, &r))
		_exit(7);
}

int main(int argc, char **argv)
{
	const char *what = argc == 4 ? argv[2] : "";
	/* with several threads, mmap() may be refused, which is not seen for musl */
	unsigned int team = strcmp(what, "maps1") && strcmp(what, "none") ? TEAM : 1, i;
	pthread_t threads[TEAM];
	pthread_attr_t small;
	char line[64];
	int n;

	if (argc != 4)
		return 2;
	prctl(PR_SET_NAME, argv[1]);
	if (!strcmp(what, "once"))
		_exit(pthread_create(&threads[0], NULL, never, NULL));
	attempts = atoi(argv[3]) / team;
	pthread_barrier_init(&go, NULL, team + 1);
	pthread_barrier_init(&done, NULL, team + 1);
	if (!strcmp(what, "lock")) {
		struct rlimit much = { 64 << 20, 64 << 20 };

		if (setrlimit(RLIMIT_MEMLOCK, &much) || setresuid(UID, UID, UID) ||
		    mlockall(MCL_FUTURE))
			return 3;
	}
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	for (i = 0; i < team; i++)
		if (pthread_create(&threads[i], &small, work,
				   strcmp(what, "none") ? NULL : threads))
			return 4;
	if (!strncmp(what, "maps", 4))
		use_up_maps();
	else if (!strcmp(what, "as"))
		limit(RLIMIT_AS);
	else if (!strcmp(what, "data"))
		limit(RLIMIT_DATA);
	else if (!strcmp(what, "lock"))
		limit(RLIMIT_MEMLOCK);
	pthread_barrier_wait(&go);
	pthread_barrier_wait(&done);
	n = snprintf(line, sizeof(line), "%u\n", refused);
	if (write(1, line, n) != n)
		return 5;
	_exit(refused != attempts * team || other);
}
