/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * injectfail - makes copy_process() fail where no configuration can
 *
 * A row says which function fails in which way, and for which call.  The caller must see the
 * errno, and forkfail's log must have one event with the cause.
 */
#ifndef INJECTFAIL_H
#define INJECTFAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../../lib/basics.h"
#include "../../lib/clone_args.h"
#include "../../lib/event_line.h"

/* How a row differs from most others. */
enum row_how {
	/* Several causes are possible: proof=inferred will do. */
	AMBIGUOUS	= 1 << 0,
	/* Not every such call enters the function: repeat it until one does. */
	RETRY		= 1 << 1,
	/* kthreadd makes the call, for a kernel thread. */
	KTHREAD		= 1 << 2,
	/* The caller is killed and never sees the errno. */
	KILLED		= 1 << 3,
	/* The call creates a task in a separate cgroup, which also has another cpuset. */
	INTO_CGROUP	= 1 << 4,
	/* While another task has the first number of a new PID namespace. */
	SECOND_IN_PIDNS	= 1 << 5,
	/*
	 * Only the hooks on system calls and on kernel_clone() see it; they depend on each other.
	 */
	BEFORE_CLONE	= 1 << 6,
	/* There is no child yet and no witness, so there is no evidence. */
	UNSEEN		= 1 << 7,
	/*
	 * The call asks for nothing rare: on a kernel whose checks were read nobody waits for its
	 * result (docs/LIMITS.md).  No event, or the right one.
	 */
	ORDINARY	= 1 << 8,
	/* AMBIGUOUS where a security module may have refused the user namespace. */
	OR_USERNS_LSM	= 1 << 9,
};

/**
 * struct row - one failure
 * @cause: what the log must say
 * @plan: what to write to /proc/ffinject.  The function may be several with
 *	"|" between, of which the first is taken that this kernel has.  @NAME is
 *	the address of NAME, after "from=" the range of its code; "with=" only asks
 *	for NAME, which came with what the row is about.
 * @flags: clone flags
 * @err: what the caller must see
 * @how: row_how bits
 * @setup: called in the task that is going to call, before the plan is written;
 *	returns NULL or why the row cannot be had
 * @here: may it be tried on this kernel; NULL if on any
 */
struct row {
	const char *cause;
	const char *plan;
	uint64_t flags;
	int err;
	unsigned int how;
	const char *(*setup)(void);
	bool (*here)(void);
};

extern const struct row rows[];
extern const size_t nr_rows;

/* setup.c */
const char *set_mempolicy_first(void);
const char *inherit_perf_event(void);
const char *many_descriptors(void);
const char *use_ldt(void);
const char *undo_semaphores(void);
const char *use_io_context(void);
const char *restrict_io_uring(void);
const char *become_new_user(void);
const char *count_kernel_memory(void);
const char *map_too_much(void);
bool first_may_be_held(void);
const char *filter_nothing(void);
const char *kill_this_thread(void);
int open_other_cgroup(void);
void remove_cgroups(void);

/* plan.c */
bool find_symbols(void);
bool has_symbol(const char *name);
const char *expand_plan(const char *plan, char *out, size_t size);

/* inject.c */
enum outcome { PASSED, FAILED, SKIPPED };
extern bool weak, may_be_unseen;
enum outcome run_row(const struct row *r, char *said, size_t size);

/* events.c */

/**
 * struct event - what of a line of the log is compared
 */
struct event {
	uint64_t seq;
	long pid;
	uint64_t repeat, flags;
	char cause[40], errno_word[24], proof[16], step[40], kind[16], comm[24];
	char candidates[400];
};

char *read_log(const char *path);
bool next_event(const char **text, struct event *e);

/* blind.c */
int compare_logs(const char *reference, const char *log);

#endif /* INJECTFAIL_H */
