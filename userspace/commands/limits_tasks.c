// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Limits on the number of tasks: RLIMIT_NPROC, threads-max, pid_max.
 *
 * No file shows how many tasks the kernel counts for a user, or how many PIDs of a PID
 * namespace are in use: both are counted here, in one walk.
 */
#include <stdlib.h>
#include <string.h>

#include "commands/limits.h"

/* Once PIDs have wrapped, the kernel does not assign lower ones. */
#define RESERVED_PIDS		300

struct count {
	struct limit_list *list;
	u64 userns;		/* of the process */
	bool per_userns;	/* the kernel counts per user namespace */
	u64 of_user;
	u64 chain[PROC_MAX_LEVELS];	/* PID namespaces, innermost first */
	size_t levels;
	u64 in_ns[PROC_MAX_LEVELS];
	u64 *numbers;		/* of the namespace of /proc */
	size_t nr_numbers;
	bool incomplete;	/* some namespaces could not be read */
};

static void add_number(u64 number, void *data)
{
	struct count *count = data;

	if (!number)
		return;
	if (!(count->nr_numbers & (count->nr_numbers - 1)))
		count->numbers = xrealloc(count->numbers,
					  count->nr_numbers ? count->nr_numbers * 2 : 1,
					  sizeof(*count->numbers));
	count->numbers[count->nr_numbers++] = number;
}

/*
 * Is a task in user namespace @ns charged to the user in question?  A task is charged
 * to its own uid in its namespace, and in every namespace around that to the user
 * who created the inner one.
 */
static bool is_charged(struct count *count, const struct task *task)
{
	struct ns_cache *cache = &count->list->userns;
	const struct ns *ns;
	uid_t uid = task->uid;
	int depth;

	if (!count->per_userns || !count->userns)
		return uid == count->list->uid;
	ns = ns_find(cache, task->pid, "user");
	if (!ns) {
		count->incomplete = true;
		return uid == count->list->uid;
	}
	for (depth = 0; ns && depth < PROC_MAX_LEVELS; depth++) {
		if (ns->ino == count->userns)
			return uid == count->list->uid;
		uid = ns->owner;
		ns = ns_known(cache, ns->parent);
	}
	return false;
}

static bool count_task(const struct task *task, void *data)
{
	struct count *count = data;
	const struct ns *ns;
	size_t level;

	if (count->list->has_uid && is_charged(count, task))
		count->of_user += task->threads;
	if (task->threads > 1)
		proc_each_thread(task->pid, add_number, count);
	else
		add_number((u64)task->pid, count);
	/* An id stays in use while a process group or session has it. */
	add_number(task->pgrp, count);
	add_number(task->session, count);
	if (!count->levels)
		return true;
	ns = ns_find(&count->list->pidns, task->pid, "pid");
	while (ns) {
		for (level = 0; level < count->levels; level++)
			if (count->chain[level] == ns->ino)
				count->in_ns[level] += task->threads;
		ns = ns_known(&count->list->pidns, ns->parent);
	}
	return true;
}

static int compare_numbers(const void *a, const void *b)
{
	const u64 *l = a, *m = b;

	return *l < *m ? -1 : *l > *m;
}

/* How many different PIDs from @least to below @end are in use. */
static u64 numbers_between(struct count *count, u64 least, u64 end)
{
	u64 nr = 0;
	size_t i;

	if (count->nr_numbers)
		qsort(count->numbers, count->nr_numbers, sizeof(u64),
		      compare_numbers);
	for (i = 0; i < count->nr_numbers; i++)
		if (count->numbers[i] >= least && count->numbers[i] < end &&
		    (!i || count->numbers[i] != count->numbers[i - 1]))
			nr++;
	return nr;
}

/* The PID namespaces between the process and that of /proc. */
static void find_chain(struct count *count)
{
	const struct limit_list *list = count->list;
	const struct ns *ns;

	if (list->task.levels < 2)
		return;
	ns = ns_find(&count->list->pidns, list->task.pid, "pid");
	while (ns && count->levels + 1 < list->task.levels) {
		count->chain[count->levels++] = ns->ino;
		ns = ns_known(&count->list->pidns, ns->parent);
	}
}

static void add_nproc(struct limit_list *list, const struct count *count)
{
	struct limit *limit = limit_add(list, "RLIMIT_NPROC", "rlimit-nproc",
					LIMIT_FOR_TASK);
	bool init_userns = !count->userns || count->userns == NS_INIT_USER;
	const char *exempt = NULL;
	bool unlimited = false;

	limit->whose = xasprintf("uid %u", (unsigned int)list->uid);
	limit->used = count->of_user;
	limit->has_used = true;
	if (!list->task.pid ||
	    !proc_rlimit(list->task.pid, "Max processes", &limit->max, &unlimited)) {
		limit->state = LIMIT_HIDDEN;
		limit->note = xstrdup("each process has its own limit, and none could be read");
		return;
	}
	if (init_userns && !list->uid)
		exempt = "root on the host is exempt";
	else if (init_userns && (list->task.cap_eff & CAP_SYS_RESOURCE_BIT))
		exempt = "CAP_SYS_RESOURCE is exempt";
	else if (init_userns && (list->task.cap_eff & CAP_SYS_ADMIN_BIT))
		exempt = "CAP_SYS_ADMIN is exempt";
	if (unlimited) {
		limit->state = LIMIT_UNLIMITED;
	} else if (exempt) {
		limit->state = LIMIT_EXEMPT;
		limit->note = xstrdup(exempt);
		return;
	}
	limit->note = xstrdup(count->incomplete ?
			      "counted, without namespaces that you cannot see" :
			      "counted: processes and threads, with zombies");
}

/* The limit that was stored in a user namespace when it was created cannot be read. */
static void add_inherited(struct limit_list *list, const struct count *count)
{
	const struct ns *ns = ns_known(&list->userns, count->userns);
	struct limit *limit;
	int depth;

	if (!count->per_userns || !count->userns)
		return;
	for (depth = 0; depth < PROC_MAX_LEVELS; depth++) {
		if (ns && ns->ino == NS_INIT_USER)
			break;
		limit = limit_add(list, "RLIMIT_NPROC (inherited)",
				  "rlimit-nproc-ancestor-userns", LIMIT_FOR_TASK);
		limit->state = LIMIT_HIDDEN;
		limit->whose = ns && ns->owner != (uid_t)-1 ?
			xasprintf("uid %u, who created user namespace %llu",
				  (unsigned int)ns->owner, ns->ino) :
			xstrdup("the user who created this user namespace");
		limit->note = xstrdup("fixed when the namespace was created; the kernel does not expose it");
		if (!ns || !ns->parent)
			break;
		ns = ns_known(&list->userns, ns->parent);
	}
}

static void add_threads_max(struct limit_list *list)
{
	struct limit *limit = limit_add(list, "threads-max", "threads-max",
					LIMIT_FOR_TASK);
	char *loadavg = proc_read("/proc/loadavg");
	unsigned long long used;

	limit->whose = xstrdup("the whole machine");
	if (!proc_number(&limit->max, "/proc/sys/kernel/threads-max"))
		limit->state = LIMIT_HIDDEN;
	if (loadavg && sscanf(loadavg, "%*s %*s %*s %*u/%llu", &used) == 1) {
		limit->used = used;
		limit->has_used = true;
	}
	free(loadavg);
}

/* Whose PIDs /proc shows: those of this program's PID namespace, unless that is a nested one. */
static char *whose_pids(const struct limit_list *list)
{
	struct task self;
	u64 ino = 0;

	if (proc_task(&self, 0) && self.levels < 2)
		ino = ns_of(self.pid, "pid");
	else if (list->task.levels == 1)
		ino = ns_of(list->task.pid, "pid");
	if (!ino)
		return xstrdup("the PID namespace of this /proc");
	return ino == NS_INIT_PID ? xstrdup("the whole machine") :
				    xasprintf("PID namespace %llu", ino);
}

/*
 * In the namespace of /proc.  Ids are assigned upwards from the last one; at the end the
 * kernel continues at 300.  So a free id that is below the last one and below 300
 * is never used again: until 300 is reached, all up to the last one count as used.
 */
static void add_pid_max(struct limit_list *list, struct count *count)
{
	struct limit *limit = limit_add(list, "pid_max", "pid-exhausted",
					LIMIT_FOR_TASK);
	char *loadavg = proc_read("/proc/loadavg"), *whose = whose_pids(list);
	u64 pid_max;
	unsigned long long last = 0, least;
	bool passed;
	u64 low;

	limit->unit = "pids";
	limit->whose = whose;
	if (loadavg)
		sscanf(loadavg, "%*s %*s %*s %*s %llu", &last);
	free(loadavg);
	passed = last >= RESERVED_PIDS;
	least = passed ? RESERVED_PIDS : 1;
	if (!proc_number(&pid_max, "/proc/sys/kernel/pid_max")) {
		limit->state = LIMIT_HIDDEN;
		return;
	}
	/* Else the limit would not look like that of the sysctl. */
	limit->whose = xasprintf("%s: PIDs %llu to %llu", whose, least, pid_max - 1);
	free(whose);
	limit->max = pid_max > least ? pid_max - least : 0;
	limit->used = passed ? numbers_between(count, RESERVED_PIDS, pid_max) :
			       last + numbers_between(count, last + 1, pid_max);
	limit->has_used = true;
	limit->note = xstrdup(passed ? "counted, with those of process groups and sessions" :
			      "includes free ones below the last one assigned, which are not used again");
	low = numbers_between(count, 1, RESERVED_PIDS);
	if (low < RESERVED_PIDS - 1)
		limit->cause = "pid-exhausted-after-wrap";
}

/* Namespaces below that of /proc have their own PIDs. */
static void add_nested_pid_max(struct limit_list *list,
			       const struct count *count)
{
	bool own = proc_kernel_at_least(6, 14);
	struct limit *limit;
	size_t level;

	for (level = 0; level + 1 < list->task.levels; level++) {
		limit = limit_add(list, "pid_max", "pid-exhausted",
				  LIMIT_FOR_TASK);
		limit->unit = "pids";
		limit->whose = level < count->levels ?
			xasprintf("PID namespace %llu", count->chain[level]) :
			xstrdup("a PID namespace around the process");
		if (level < count->levels) {
			limit->used = count->in_ns[level];
			limit->has_used = true;
		}
		/* From 6.14 on only those inside can read their pid_max. */
		if (own || !proc_number(&limit->max, "/proc/sys/kernel/pid_max"))
			limit->state = LIMIT_HIDDEN;
		else if (limit->max > RESERVED_PIDS)
			limit->max -= RESERVED_PIDS;
		limit->note = xstrdup(own ?
			"the limit can only be read inside the namespace" :
			"counted");
	}
}

/* A task has a PID in each namespace around its own, too, which this one does not show. */
static void add_outer_pid_max(struct limit_list *list)
{
	struct limit *limit;
	struct task self;
	u64 ino = 0;

	/* else /proc is that of a namespace further out, and there is a row for each level */
	if (proc_task(&self, 0) && self.levels < 2)
		ino = ns_of(self.pid, "pid");
	if (!ino || ino == NS_INIT_PID)
		return;
	limit = limit_add(list, "pid_max", "pid-exhausted", LIMIT_FOR_TASK);
	limit->unit = "pids";
	limit->state = LIMIT_HIDDEN;
	limit->whose = xstrdup("(outside of this PID namespace)");
	limit->note = xstrdup("cannot be read from inside");
}

/* Not a limit, but it refuses every fork. */
static void add_deadline(struct limit_list *list)
{
	char *stat = proc_read("/proc/%d/stat", (int)list->task.pid);
	const char *p = stat ? strrchr(stat, ')') : NULL;
	struct limit *limit;
	int i, policy = 0;

	/* The policy is field 41, and the name ends field 2. */
	for (i = 2; p && i < 41; i++) {
		p = strchr(p + 1, ' ');
		if (p && i == 40)
			policy = atoi(p + 1);
	}
	free(stat);
	if (policy != 6)
		return;
	limit = limit_add(list, "SCHED_DEADLINE", "sched-deadline",
			  LIMIT_FOR_TASK);
	limit->has_used = true;
	limit->whose = xasprintf("process %d", (int)list->task.pid);
	limit->note = xstrdup("cannot fork unless reset-on-fork is set, which cannot be read here");
}

/**
 * limits_tasks() - limits on the number of tasks
 * @list: the list to add to
 */
void limits_tasks(struct limit_list *list)
{
	struct count count = {
		.list = list,
		/* Up to 5.13 one counter per user, whatever the namespace. */
		.per_userns = proc_kernel_at_least(5, 14),
	};

	if (list->task.pid) {
		ns_find(&list->userns, list->task.pid, "user");
		count.userns = ns_of(list->task.pid, "user");
		find_chain(&count);
	}
	proc_each(count_task, &count);
	if (list->has_uid) {
		add_nproc(list, &count);
		add_inherited(list, &count);
	}
	add_threads_max(list);
	add_pid_max(list, &count);
	if (list->task.pid) {
		add_nested_pid_max(list, &count);
		add_outer_pid_max(list);
		add_deadline(list);
	}
	free(count.numbers);
}
