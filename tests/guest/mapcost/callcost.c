// SPDX-License-Identifier: GPL-2.0-only
/*
 * callcost.c - what the hooks of module/evidence/syscall.c cost calls that succeed
 *
 *	callcost LIMIT SHOWN
 *
 * Like mapcost: without forkfail, with it and syscalls=0, and with syscalls=1.  A system call
 * under a seccomp filter may cost at most LIMIT more, one without a filter nothing.  The cost
 * on the path of a fork is printed, the median of SHOWN tasks.  Because the cost of a whole
 * fork varies, calls that the kernel refuses at once take the same path, and these are compared
 * with syscalls=0, because a refusal itself is expensive.
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../../lib/create_task.h"
#include "../../lib/last_pid.h"
#include "../../lib/ticks.h"
#include "cost.h"

#define ROUNDS	201
#define BAD	CLONE_THREAD	/* alone: copy_process() checks it first */

/* First the calls without a filter: a filter cannot be removed. */
enum call {
	PLAIN, CLONE3_BAD, CLONE3, CLONE_BAD, FORK,
	FILTERED, FILTERED_CLONE3_BAD, FILTERED_CLONE3, FILTERED_CLONE_BAD, FILTERED_FORK,
	NR_CALLS,
};

static const struct {
	const char *name;
	enum { LIMITED, FREE, REFUSED, SHOWN } how;
} calls[NR_CALLS] = {
	[PLAIN] = { "getppid", FREE },
	[CLONE3_BAD] = { "clone3, refused", REFUSED },
	[CLONE3] = { "clone3 of a thread", SHOWN },
	[CLONE_BAD] = { "clone, refused", REFUSED },
	[FORK] = { "clone of a process", SHOWN },
	[FILTERED] = { "getppid under a filter", LIMITED },
	[FILTERED_CLONE3_BAD] = { "clone3 under a filter, refused", REFUSED },
	[FILTERED_CLONE3] = { "clone3 of a thread under a filter", SHOWN },
	[FILTERED_CLONE_BAD] = { "clone under a filter, refused", REFUSED },
	[FILTERED_FORK] = { "clone of a process under a filter", SHOWN },
};

static unsigned int shown;
static uint64_t took[NR_CALLS][ROUNDS];
static uint64_t *medians;	/* shared with the measuring process */

static long clone3(uint64_t flags)
{
	static char stack[4096];
	struct clone3_args args = {
		.flags = flags,
		.stack = (uintptr_t)stack,
		.stack_size = sizeof(stack),
	};

	return create_task3(&args, SYS_exit);
}

static void one(enum call call, unsigned int i)
{
	uint64_t from = ticks();
	long ret = 0;

	switch (call) {
	case PLAIN:
	case FILTERED:
		syscall(SYS_getppid);
		break;
	case CLONE3_BAD:
	case FILTERED_CLONE3_BAD:
		ret = clone3(BAD);
		break;
	case CLONE3:
	case FILTERED_CLONE3:
		ret = clone3(THREAD_FLAGS);
		break;
	case CLONE_BAD:
	case FILTERED_CLONE_BAD:
		ret = create_task(SYS_clone, BAD, 0, 0, 0, 0, SYS_exit);
		break;
	default:
		ret = create_task(SYS_clone, SIGCHLD, 0, 0, 0, 0, SYS_exit);
	}
	took[call][i] = ticks() - from;
	if (call == FORK || call == FILTERED_FORK) {
		if (ret < 0 || waitpid(ret, NULL, 0) != ret)
			exit(4);
	} else if (call == CLONE3 || call == FILTERED_CLONE3) {
		if (ret < 0)
			exit(5);
		while (!syscall(SYS_tgkill, getpid(), ret, 0))
			sched_yield();
	} else if ((call == PLAIN || call == FILTERED) ? ret < 0 : ret >= 0) {
		exit(6);
	}
}

static void measure_some(enum call from, enum call to)
{
	enum call call;
	unsigned int i, warm, rounds;

	for (call = from; call < to; call++) {
		rounds = calls[call].how == SHOWN ? shown : ROUNDS;
		for (warm = 0; warm < 2; warm++)
			for (i = 0; i < rounds; i++)
				one(call, i);
		medians[call] = median(took[call], rounds);
	}
}

static void filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		exit(7);
}

static void measure(uint64_t *to)
{
	pid_t pid;

	begin_at_first_pid();
	pid = fork();
	if (!pid) {
		measure_some(PLAIN, FILTERED);
		filter();
		measure_some(FILTERED, NR_CALLS);
		_exit(0);
	}
	if (pid < 0 || wait_for(pid))
		exit(8);
	memcpy(to, medians, NR_CALLS * sizeof(*to));
}

int main(int argc, char **argv)
{
	uint64_t bare[NR_CALLS], off[NR_CALLS], on[NR_CALLS];
	unsigned int i, passed = 0, failed = 0;
	int limit = argc == 3 ? atoi(argv[1]) : 0;

	shown = limit ? atoi(argv[2]) : 0;
	if (!shown || shown > ROUNDS)
		return 2;
	medians = shared(NR_CALLS * sizeof(*medians));
	measure_states("syscalls", measure, &(struct states){ bare, off, on });
	for (i = 0; i < NR_CALLS; i++) {
		int less = off[i] - bare[i], more = on[i] - bare[i], hooks = on[i] - off[i];
		bool good = true;

		if (calls[i].how == LIMITED)
			good = !less && more > 0 && more <= limit;
		else if (calls[i].how == FREE)
			good = !less && !more;
		if (calls[i].how == LIMITED || calls[i].how == FREE) {
			passed += good;
			failed += !good;
			printf("%s - ", good ? "ok" : "not ok");
		} else {
			printf("# ");
		}
		printf("%s: %llu, %d more with forkfail, %d more if syscalls=0: the hooks are %d\n",
		       calls[i].name, (unsigned long long)bare[i], more, less, hooks);
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed > 0;
}
