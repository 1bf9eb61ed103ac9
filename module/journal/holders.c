// SPDX-License-Identifier: GPL-2.0-only
/*
 * holders.c - counts who holds most of what ran out
 *
 * When a limit on tasks is reached, the operator has to find out who created so many.  At
 * most once a second a thread walks the initial PID namespace and counts the tasks within
 * one limit that was reached: by process, by command, by user, by cgroup, and zombies by
 * the parent that does not reap them.  It leaves RCU and reschedules after each chunk, so
 * that 100,000 tasks do not stall anything.  It gives up after MOST_NS, and the result
 * then says that it is not complete.
 *
 * Processes come and go meanwhile, and a thread is counted for its process's user and
 * cgroup: the result is a hint, not an exact account.
 */
#include <linux/idr.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat/compat.h"
#include "evidence/pid_namespace.h"
#include "evidence/task_cgroup.h"
#include "journal/holders.h"
#include "journal/journal.h"

#define CHUNK		256		/* tasks under one RCU read lock */
#define MOST_NS		(2 * NSEC_PER_SEC)
#define COMMANDS	64
#define PARENTS		16
#define USERS		64
#define CGROUPS		64

static unsigned long next_walk;	/* jiffies */

/* In the rows below, how many tasks it has comes first: see row_to_replace(). */
struct command_row {
	u32 tasks;
	u32 processes;
	char comm[TASK_COMM_LEN];
};

struct parent_row {
	u32 zombies;
	pid_t tgid;
	char comm[TASK_COMM_LEN];
};

struct user_row {
	u32 tasks;
	kuid_t uid;
};

struct cgroup_row {
	u32 tasks;
	struct cgroup *cgrp;	/* with a reference */
};

/* Used by one thread only; too large for its stack. */
static struct tally {
	struct ff_holders holders;
	struct command_row commands[COMMANDS];
	struct parent_row parents[PARENTS];
	struct user_row users[USERS];
	struct cgroup_row cgroups[CGROUPS];
} *tally;

/**
 * ff_holders_init - allocate the tally
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int ff_holders_init(void)
{
	tally = kvzalloc(sizeof(*tally), GFP_KERNEL);
	next_walk = jiffies;
	return tally ? 0 : -ENOMEM;
}

/**
 * ff_holders_exit - free the tally
 *
 * May sleep.  The thread must have stopped.
 */
void ff_holders_exit(void)
{
	kvfree(tally);
	tally = NULL;
}

/**
 * ff_holders_bytes - how much memory the tally uses
 *
 * Return: bytes.
 */
size_t ff_holders_bytes(void)
{
	return sizeof(*tally);
}

/* Does this process count against the limit?  Under the RCU read lock. */
static bool in_scope(u8 scope, const struct ff_object *obj, struct task_struct *leader,
		     const struct pid *pid)
{
	struct ff_nproc_walk w;

	switch (scope) {
	case FORKFAIL_SCOPE_CGROUP:
		return ff_pids_task_within(leader, obj->cgrp);
	case FORKFAIL_SCOPE_PIDNS:
		return pid->level >= obj->level &&
		       ff_pidns_id(pid->numbers[obj->level].ns) == obj->id;
	case FORKFAIL_SCOPE_USER:
	case FORKFAIL_SCOPE_USERNS:
		for (ff_nproc_start(&w, __task_cred(leader)); ff_nproc_valid(&w);
		     ff_nproc_next(&w))
			if (uid_eq(ff_nproc_uid(&w), obj->uid) &&
			    ff_ns_id(ff_nproc_ns(&w)) == obj->id)
				return true;
		return false;
	default:
		return true;
	}
}

/* Keep the largest processes, in their order. */
static void tally_group(struct task_struct *leader, u32 n)
{
	struct ff_holder *g = tally->holders.groups;
	unsigned int i;

	for (i = FF_GROUPS; i && n > g[i - 1].tasks; i--)
		if (i < FF_GROUPS)
			g[i] = g[i - 1];
	if (i == FF_GROUPS)
		return;
	g[i].tasks = n;
	g[i].tgid = task_pid_nr(leader);
	strscpy(g[i].comm, leader->comm, TASK_COMM_LEN);
}

/*
 * A table may be too small for all that are met.  A new one then takes the row with the
 * fewest tasks.  Tasks of one storm have PIDs close to each other, so whoever holds most is
 * met again soon, and its row is then not the smallest.  What has lost its row is counted
 * too low.
 */
static void *row_to_replace(void *rows, unsigned int nr, size_t size)
{
	u32 *least = rows, *row;
	unsigned int i;

	for (i = 1; i < nr && *least; i++) {
		row = rows + i * size;
		if (*row < *least)
			least = row;
	}
	return least;
}

#define ROW_TO_REPLACE(rows) row_to_replace(rows, ARRAY_SIZE(rows), sizeof((rows)[0]))

static void tally_command(const char *comm, u32 n)
{
	struct command_row *c = tally->commands, *end = c + COMMANDS;

	while (c < end && (!c->tasks || strncmp(c->comm, comm, TASK_COMM_LEN)))
		c++;
	if (c == end) {
		c = ROW_TO_REPLACE(tally->commands);
		*c = (struct command_row){};
		strscpy(c->comm, comm, TASK_COMM_LEN);
	}
	c->tasks += n;
	c->processes++;
}

/* Count a zombie for its parent.  Under the RCU read lock. */
static void tally_zombie(struct task_struct *zombie)
{
	struct task_struct *parent = rcu_dereference(zombie->real_parent);
	struct parent_row *p = tally->parents, *end = p + PARENTS;
	pid_t tgid = task_tgid_nr(parent);

	while (p < end && (!p->zombies || p->tgid != tgid))
		p++;
	if (p == end) {
		p = ROW_TO_REPLACE(tally->parents);
		*p = (struct parent_row){ .tgid = tgid };
		/* the name of the process, not of the thread that forked */
		strscpy(p->comm, parent->group_leader->comm, TASK_COMM_LEN);
	}
	p->zombies++;
}

static void tally_user(kuid_t uid, u32 n)
{
	struct user_row *u = tally->users, *end = u + USERS;

	while (u < end && (!u->tasks || !uid_eq(u->uid, uid)))
		u++;
	if (u == end) {
		u = ROW_TO_REPLACE(tally->users);
		*u = (struct user_row){ .uid = uid };
	}
	u->tasks += n;
}

/* Under the RCU read lock, which keeps @cgrp. */
static void tally_cgroup(struct cgroup *cgrp, u32 n)
{
	struct cgroup_row *c = tally->cgroups, *end = c + CGROUPS;

	while (c < end && c->cgrp != cgrp)
		c++;
	if (c == end) {
		if (!css_tryget(&cgrp->self))
			return;
		c = ROW_TO_REPLACE(tally->cgroups);
		if (c->cgrp)
			css_put(&c->cgrp->self);
		*c = (struct cgroup_row){ .cgrp = cgrp };
	}
	c->tasks += n;
}

static void walk_tasks(u8 scope, const struct ff_object *obj)
{
	u64 end = ktime_get_ns() + MOST_NS;
	struct task_struct *leader;
	struct pid *pid;
	int nr = 1, i;
	u32 n;

	do {
		rcu_read_lock();
		for (i = 0, pid = NULL; i < CHUNK; i++, nr++) {
			pid = idr_get_next(&init_pid_ns.idr, &nr);
			if (!pid)
				break;
			leader = pid_task(pid, PIDTYPE_TGID);
			if (!leader || !in_scope(scope, obj, leader, pid))
				continue;
			n = get_nr_threads(leader);
			tally->holders.counted += n;
			tally_group(leader, n);
			/* each has a name of its own, and nobody has started them */
			if (!(leader->flags & PF_KTHREAD))
				tally_command(leader->comm, n);
			if (READ_ONCE(leader->exit_state) && n == 1)
				tally_zombie(leader);
			tally_user(__task_cred(leader)->uid, n);
			tally_cgroup(ff_task_cgroup(leader), n);
		}
		rcu_read_unlock();
		cond_resched();
	} while (pid && ktime_get_ns() < end && !kthread_should_stop());
	tally->holders.complete = !pid;
}

/* Find a command whose processes together have more tasks than any single process. */
static void sum_command(struct ff_holders *h)
{
	u32 most = h->groups[0].tasks;
	unsigned int i, best = 0;

	for (i = 1; i < COMMANDS; i++)
		if (tally->commands[i].tasks > tally->commands[best].tasks)
			best = i;
	if (tally->commands[best].processes < 2 || tally->commands[best].tasks <= most)
		return;
	h->command.tasks = tally->commands[best].tasks;
	strscpy(h->command.comm, tally->commands[best].comm, TASK_COMM_LEN);
}

/* Find the parent that has most zombies. */
static void sum_zombies(struct ff_holders *h)
{
	unsigned int i, best = 0;

	for (i = 1; i < PARENTS; i++)
		if (tally->parents[i].zombies > tally->parents[best].zombies)
			best = i;
	if (tally->parents[best].zombies < 2)
		return;
	h->zombies.tasks = tally->parents[best].zombies;
	h->zombies.tgid = tally->parents[best].tgid;
	strscpy(h->zombies.comm, tally->parents[best].comm, TASK_COMM_LEN);
}

static void sum_user(struct ff_holders *h)
{
	unsigned int i, best = 0;

	for (i = 1; i < USERS; i++)
		if (tally->users[i].tasks > tally->users[best].tasks)
			best = i;
	h->uid = tally->users[best].uid;
	h->uid_tasks = tally->users[best].tasks;
}

/* A path that was cut would be the path of another cgroup. */
static void sum_cgroup(struct ff_holders *h)
{
	unsigned int i, best = 0;
	int len;

	for (i = 1; i < CGROUPS; i++)
		if (tally->cgroups[i].tasks > tally->cgroups[best].tasks)
			best = i;
	if (!tally->cgroups[best].tasks)
		return;
	len = cgroup_path(tally->cgroups[best].cgrp, h->cgroup, sizeof(h->cgroup));
	if (len > 0 && len < (int)sizeof(h->cgroup))
		h->cgroup_tasks = tally->cgroups[best].tasks;
}

static void sum_up(struct ff_holders *h)
{
	unsigned int i;

	sum_command(h);
	/* a process that has only one of many tasks is no culprit */
	for (i = 0; i < FF_GROUPS && h->counted > 1; i++)
		if (h->groups[i].tasks < 2)
			h->groups[i].tasks = 0;
	sum_zombies(h);
	sum_user(h);
	sum_cgroup(h);
}

/*
 * Walking takes at most a twentieth of one CPU's time, however many tasks there are, and
 * even if somebody reaches a limit all the time.
 */
static void rest_walking(u64 walked_ns)
{
	next_walk = jiffies + max_t(unsigned long, HZ, nsecs_to_jiffies(19 * walked_ns));
}

/* Reads jiffies only once: the time may come between two reads. */
static unsigned long until_next_walk(void)
{
	unsigned long now = jiffies;

	return time_before(now, next_walk) ? next_walk - now : 0;
}

/**
 * ff_holders_count - count the holders of the next limit that was reached, if it is time
 *
 * May sleep.  Runs in its own thread, so that nothing else waits for a walk.
 *
 * Return: in how many jiffies to call it again, MAX_SCHEDULE_TIMEOUT if no limit is
 * waiting.
 */
unsigned long ff_holders_count(void)
{
	struct ff_full_limit hit;
	unsigned long wait;
	unsigned int i;
	u64 start;

	if (!ff_full_limits_any())
		return MAX_SCHEDULE_TIMEOUT;
	wait = until_next_walk();
	if (wait)
		return wait;
	if (!ff_journal_hit(&hit))
		return MAX_SCHEDULE_TIMEOUT;
	start = ktime_get_ns();
	memset(tally, 0, sizeof(*tally));
	walk_tasks(hit.scope, &hit.object);
	sum_up(&tally->holders);
	ff_journal_holders(&hit, &tally->holders);
	/* the worker wakes who waits for news, and may sleep */
	ff_inbox_raise();
	for (i = 0; i < CGROUPS && tally->cgroups[i].cgrp; i++)
		css_put(&tally->cgroups[i].cgrp->self);
	ff_full_limit_put(&hit);
	rest_walking(ktime_get_ns() - start);
	return ff_full_limits_any() ? until_next_walk() : MAX_SCHEDULE_TIMEOUT;
}
