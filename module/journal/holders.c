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
#include <linux/ctype.h>
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
#define GROUPS		3
#define COMMANDS	64
#define PARENTS		16
#define USERS		64
#define CGROUPS		64

static unsigned long next_walk;	/* jiffies */

/* Used by one thread only; too large for its stack. */
static struct tally {
	u32 counted;
	bool complete;
	struct {
		pid_t tgid;
		u32 n;
		char comm[TASK_COMM_LEN];
	} groups[GROUPS];
	struct {
		u32 n;
		u32 processes;
		char comm[TASK_COMM_LEN];
	} commands[COMMANDS];
	struct {
		pid_t tgid;
		u32 n;
		char comm[TASK_COMM_LEN];
	} parents[PARENTS];
	struct {
		kuid_t uid;
		u32 n;
	} users[USERS];
	struct {
		struct cgroup *cgrp;	/* with a reference */
		u32 n;
	} cgroups[CGROUPS];
	char path[FF_PATH_LEN];
	char result[FF_HOLDERS_LEN];
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

static void tally_group(struct task_struct *leader, u32 n)
{
	unsigned int i, least = 0;

	for (i = 1; i < GROUPS; i++)
		if (tally->groups[i].n < tally->groups[least].n)
			least = i;
	if (n <= tally->groups[least].n)
		return;
	tally->groups[least].n = n;
	tally->groups[least].tgid = task_pid_nr(leader);
	strscpy(tally->groups[least].comm, leader->comm, TASK_COMM_LEN);
}

/* In the functions below, what finds its table full is not counted: it is only a hint. */

static void tally_command(const char *comm, u32 n)
{
	unsigned int i;

	for (i = 0; i < COMMANDS; i++)
		if (!tally->commands[i].n ||
		    !strncmp(tally->commands[i].comm, comm, TASK_COMM_LEN))
			break;
	if (i == COMMANDS)
		return;
	strscpy(tally->commands[i].comm, comm, TASK_COMM_LEN);
	tally->commands[i].n += n;
	tally->commands[i].processes++;
}

/* Count a zombie for its parent.  Under the RCU read lock. */
static void tally_zombie(struct task_struct *zombie)
{
	struct task_struct *parent = rcu_dereference(zombie->real_parent);
	pid_t tgid = task_tgid_nr(parent);
	unsigned int i;

	for (i = 0; i < PARENTS; i++)
		if (!tally->parents[i].n || tally->parents[i].tgid == tgid)
			break;
	if (i == PARENTS)
		return;
	tally->parents[i].tgid = tgid;
	tally->parents[i].n++;
	/* the name of the process, not of the thread that forked */
	strscpy(tally->parents[i].comm, parent->group_leader->comm, TASK_COMM_LEN);
}

static void tally_user(kuid_t uid, u32 n)
{
	unsigned int i;

	for (i = 0; i < USERS; i++)
		if (!tally->users[i].n || uid_eq(tally->users[i].uid, uid))
			break;
	if (i == USERS)
		return;
	tally->users[i].uid = uid;
	tally->users[i].n += n;
}

static void tally_cgroup(struct cgroup *cgrp, u32 n)
{
	unsigned int i;

	for (i = 0; i < CGROUPS; i++)
		if (!tally->cgroups[i].cgrp || tally->cgroups[i].cgrp == cgrp)
			break;
	if (i == CGROUPS)
		return;
	if (!tally->cgroups[i].cgrp && !css_tryget(&cgrp->self))
		return;
	tally->cgroups[i].cgrp = cgrp;
	tally->cgroups[i].n += n;
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
			tally->counted += n;
			tally_group(leader, n);
			tally_command(leader->comm, n);
			if (READ_ONCE(leader->exit_state) && n == 1)
				tally_zombie(leader);
			tally_user(__task_cred(leader)->uid, n);
			tally_cgroup(ff_task_cgroup(leader), n);
		}
		rcu_read_unlock();
		cond_resched();
	} while (pid && ktime_get_ns() < end && !kthread_should_stop());
	tally->complete = !pid;
}

/*
 * A name must not look like another holder: replace all but plain characters.  isascii()
 * because isalnum() also accepts the letters of Latin-1.
 */
static void plain(char *s)
{
	for (; *s; s++)
		if (!isascii(*s) || !(isalnum(*s) || strchr("_.:/@+-", *s)))
			*s = '?';
}

/* A list with commas; an item that does not fit is left out. */
struct words {
	char *buf;
	size_t size, len;
};

static __printf(2, 3) void put(struct words *to, const char *fmt, ...)
{
	size_t room = to->size - to->len, len;
	char *at = to->buf + to->len;
	va_list ap;

	if (to->len && room > 2) {
		strscpy(at, ", ", room);
		at += 2;
		room -= 2;
	}
	va_start(ap, fmt);
	len = vsnprintf(at, room, fmt, ap);
	va_end(ap);
	if (len < room)
		to->len = at + len - to->buf;
	to->buf[to->len] = '\0';
}

/* Name a command whose processes together have more tasks than any single process. */
static void put_command(struct words *to)
{
	unsigned int i, best = 0, most = 0;

	for (i = 0; i < GROUPS; i++)
		most = max(most, tally->groups[i].n);
	for (i = 1; i < COMMANDS; i++)
		if (tally->commands[i].n > tally->commands[best].n)
			best = i;
	if (tally->commands[best].processes < 2 || tally->commands[best].n <= most)
		return;
	plain(tally->commands[best].comm);
	put(to, "%u x %s", tally->commands[best].n, tally->commands[best].comm);
}

/* Name the parent that has most zombies. */
static void put_zombies(struct words *to)
{
	unsigned int i, best = 0;

	for (i = 1; i < PARENTS; i++)
		if (tally->parents[i].n > tally->parents[best].n)
			best = i;
	if (tally->parents[best].n < 2)
		return;
	plain(tally->parents[best].comm);
	put(to, "%u zombies of %s[%d]", tally->parents[best].n,
	    tally->parents[best].comm, tally->parents[best].tgid);
}

/* Name the largest processes, but not one that has only one of many tasks. */
static void put_groups(struct words *to)
{
	unsigned int i, g, best;

	for (g = 0; g < GROUPS; g++) {
		best = 0;
		for (i = 1; i < GROUPS; i++)
			if (tally->groups[i].n > tally->groups[best].n)
				best = i;
		if (!tally->groups[best].n ||
		    (tally->groups[best].n < 2 && tally->counted > 1))
			break;
		plain(tally->groups[best].comm);
		put(to, "%s[%d] %u", tally->groups[best].comm, tally->groups[best].tgid,
		    tally->groups[best].n);
		tally->groups[best].n = 0;
	}
}

static void put_result(char *buf, size_t size)
{
	struct words to = { .buf = buf, .size = size };
	unsigned int i, best;

	buf[0] = '\0';
	put_command(&to);
	put_zombies(&to);
	put_groups(&to);
	for (i = 1, best = 0; i < USERS; i++)
		if (tally->users[i].n > tally->users[best].n)
			best = i;
	if (tally->users[best].n)
		put(&to, "uid %u %u",
		    from_kuid_munged(&init_user_ns, tally->users[best].uid),
		    tally->users[best].n);
	for (i = 1, best = 0; i < CGROUPS; i++)
		if (tally->cgroups[i].n > tally->cgroups[best].n)
			best = i;
	if (tally->cgroups[best].n &&
	    cgroup_path(tally->cgroups[best].cgrp, tally->path, sizeof(tally->path)) > 0) {
		plain(tally->path);
		put(&to, "cgroup %s %u", tally->path, tally->cgroups[best].n);
	}
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
	put_result(tally->result, sizeof(tally->result));
	ff_journal_holders(&hit, tally->result, tally->counted, tally->complete);
	for (i = 0; i < CGROUPS && tally->cgroups[i].cgrp; i++)
		css_put(&tally->cgroups[i].cgrp->self);
	ff_full_limit_put(&hit);
	rest_walking(ktime_get_ns() - start);
	return ff_full_limits_any() ? until_next_walk() : MAX_SCHEDULE_TIMEOUT;
}
