// SPDX-License-Identifier: GPL-2.0-only
/*
 * pids_controller.c - reads the pids controller, whose structure no header declares
 *
 * struct pids_cgroup is private to the kernel; compat-limits.h has the layout of its first
 * fields.  At load, or if nothing can be counted then, at the first refusals, it is checked
 * against what is known: the root's limit, which nobody can set, its counter, which is
 * never charged, and the number of tasks in other cgroups.  After that it is trusted as
 * long as its values are possible: a counter between 0 and the number of tasks, a limit
 * between 0 and "max".  If it is not trusted, refusals are still recognized, but limit and
 * usage are not known, nor, up to 6.10, the cgroup that refused.
 *
 * Levels are counted along the path that is shown, so a cgroup without the controller is
 * a level as well, without a limit.
 */
#include <linux/cgroup.h>
#include <linux/delay.h>
#include <linux/kernfs.h>
#include <linux/log2.h>
#include <linux/pid_namespace.h>
#include <linux/sched/task_stack.h>

#include "compat/compat.h"
#include "compat/symbols.h"
#include "evidence/failing_call.h"
#include "evidence/in_flight.h"
#include "evidence/pids_controller.h"

/* How many tasks may be charged that nr_threads does not count yet, or no longer counts. */
#define TASKS_IN_FLIGHT	4096

static enum { UNPROVED, PROVED, CONTRADICTED } layout_state;

#ifdef CONFIG_CGROUP_PIDS

static const struct ff_pids_cgroup *pids_of(const struct cgroup_subsys_state *css)
{
	return container_of(css, struct ff_pids_cgroup, css);
}

/* The root has a counter, but no limit, and is not charged. */
static bool is_charged(const struct cgroup_subsys_state *css)
{
	return css && css->parent;
}

static s64 counter_of(const struct cgroup_subsys_state *css)
{
	return atomic64_read(&pids_of(css)->counter);
}

static s64 limit_of(const struct cgroup_subsys_state *css)
{
	return atomic64_read(&pids_of(css)->limit);
}

/* No counter can be larger. */
static s64 most_tasks(void)
{
	s64 tasks = PID_MAX_LIMIT;

	/* a task that is being created is charged before nr_threads counts it */
	if (ff_read_int(ff_data.nr_threads, &tasks))
		tasks += TASKS_IN_FLIGHT;
	return tasks;
}

static bool is_possible(s64 counter, s64 limit, s64 tasks)
{
	return counter >= 0 && counter <= tasks && limit >= 0 && (u64)limit <= FF_PIDS_MAX;
}

static bool layout_is_proved(void)
{
	return READ_ONCE(layout_state) == PROVED;
}

#define CHUNK	256	/* so many PIDs at a time, and then others may run */

/* A task is charged to its cgroup and those above until it is unhashed: zombies count. */
static s64 tasks_within(const struct cgroup_subsys_state *css)
{
	const struct cgroup_subsys_state *it;
	struct task_struct *task;
	struct pid *pid;
	int nr = 1, i;
	s64 n = 0;

	do {
		rcu_read_lock();
		for (i = 0; i < CHUNK; i++, nr++) {
			pid = idr_get_next(&init_pid_ns.idr, &nr);
			if (!pid)
				break;
			task = pid_task(pid, PIDTYPE_PID);
			it = task ? task_css_check(task, pids_cgrp_id, true) : NULL;
			for (; it; it = it->parent)
				n += it == css;
		}
		rcu_read_unlock();
		cond_resched();
	} while (pid);
	return n;
}

#define MOST_TRIES	10

/*
 * Does the counter count the tasks?  A task that is created or exits changes one of the two
 * numbers before the other, so it is enough if they are equal once.  It does not if it is
 * wrong by the same number each time, and never moves.  Otherwise nothing is known: a
 * counter that has moved up and down meanwhile looks as if it had not moved.
 */
static int counts_tasks(const struct cgroup_subsys_state *css)
{
	s64 first = counter_of(css), wrong_by = 0;
	bool stands_still = true;
	unsigned int i;

	for (i = 0; i < MOST_TRIES; i++) {
		s64 before = counter_of(css), tasks = tasks_within(css);

		if (counter_of(css) == before && tasks == before)
			return PROVED;
		if (counter_of(css) != first || (i && tasks - before != wrong_by))
			stands_still = false;
		wrong_by = tasks - before;
		usleep_range(500, 2000);
	}
	return stands_still ? CONTRADICTED : UNPROVED;
}

#define MOST_COUNTED	8

/* Each proof walks all tasks, so a storm of refusals must not try it each time. */
#define MOST_PROOFS	4

static atomic_t proofs = ATOMIC_INIT(0);

static noinline void prove_layout(void)
{
	struct cgroup_subsys_state *counted[MOST_COUNTED], *root, *pos;
	unsigned int n = 0, proved = 0;
	bool right;

	rcu_read_lock();
	for (root = task_css(current, pids_cgrp_id); root->parent; root = root->parent)
		;
	right = counter_of(root) == 0 && (u64)limit_of(root) == FF_PIDS_MAX;
	css_for_each_descendant_pre(pos, root) {
		if (!is_charged(pos))
			continue;
		right = right && is_possible(counter_of(pos), limit_of(pos), most_tasks());
		if (n < MOST_COUNTED && cgroup_is_populated(pos->cgroup) && css_tryget(pos))
			counted[n++] = pos;
	}
	rcu_read_unlock();
	while (n--) {
		int count = right ? counts_tasks(counted[n]) : UNPROVED;

		right = right && count != CONTRADICTED;
		proved += count == PROVED;
		css_put(counted[n]);
	}
	if (!right)
		WRITE_ONCE(layout_state, CONTRADICTED);
	else if (proved)
		cmpxchg(&layout_state, UNPROVED, PROVED);
}

/**
 * ff_pids_prove - check the assumed layout of struct pids_cgroup
 *
 * May sleep.  Called at load, and when a call has been refused.  If no cgroup with tasks
 * has the controller, there is nothing to count, and the layout is not proved yet.
 */
void ff_pids_prove(void)
{
	if (READ_ONCE(layout_state) == UNPROVED && atomic_read(&proofs) < MOST_PROOFS &&
	    atomic_inc_return(&proofs) <= MOST_PROOFS)
		prove_layout();
}

/* How many cgroups at the lower end of a task's path do not have the controller? */
static u8 levels_without(const struct css_set *cset)
{
	const struct cgroup *cgrp = cset->subsys[pids_cgrp_id]->cgroup;

	if (!ff_on_dfl(cgrp))
		return 0;
	/* deeper levels are not told apart */
	return min(cset->dfl_cgrp->level - cgrp->level, FF_MAX_PIDS_LEVELS - 1);
}

/* If @named is negative, no level is asked for. */
static bool read_levels(struct ff_pids *p, const struct cgroup_subsys_state *css, u8 first,
			int named)
{
	const s64 tasks = most_tasks();
	int level;

	*p = (struct ff_pids){ .full = -1 };
	for (level = first; is_charged(css); css = css->parent, level++) {
		/* none for those that are too far up */
		const u64 bit = level - first < FF_MAX_PIDS_LEVELS ? 1ULL << (level - first) : 0;
		s64 max = limit_of(css);
		s64 now = counter_of(css);

		/* many may have been created since @tasks was read */
		if (!is_possible(now, max, tasks) && !is_possible(now, max, most_tasks())) {
			WRITE_ONCE(layout_state, CONTRADICTED);
			return false;
		}
		if ((u64)max < FF_PIDS_MAX) {
			p->limited |= bit;
			p->limited_above |= !bit;
			if (ff_may_have_been_full(now, max))
				p->may |= bit;
		}
		if (bit && now + 1 > max && p->full < 0)
			p->full = (s8)level;
		/* @may is @bit alone if this is the lowest of them */
		if (named >= 0 ? level == named : p->full >= 0 ? level == p->full :
		    p->may ? p->may == bit : p->limited & bit) {
			/* "max" may have been written since it refused */
			p->limit = (u64)max < FF_PIDS_MAX ? max : S64_MAX;
			p->in_use = now;
		}
	}
	return true;
}

/**
 * ff_pids_witness - the kernel notifies a cgroup's file: is it for a refusal?
 * @c: receives what is seen
 * @cset: the cgroups that the new task is to be in
 * @cfile: the cgroup_file
 *
 * From an entry hook.  If it is, @c holds a reference to the cgroup that was to be charged
 * until ff_pids_forget().
 *
 * Return: true if the file is pids.events of that cgroup or of one above.
 */
bool ff_pids_witness(struct ff_seen *c, const struct css_set *cset, unsigned long cfile)
{
	struct cgroup_subsys_state *css = cset->subsys[pids_cgrp_id], *it;
	int level;

	c->pids_first = levels_without(cset);
	for (it = css, level = c->pids_first; is_charged(it); it = it->parent, level++)
		if (cfile - (unsigned long)pids_of(it) < sizeof(struct ff_pids_cgroup))
			break;
	if (!is_charged(it))
		return false;
	c->pids_named = -1;
	if (ff_pids_event_names_limiter(css->cgroup) && level <= S8_MAX)
		c->pids_named = (s8)level;
	/* it may be proved by the time that this is used */
	if (READ_ONCE(layout_state) != CONTRADICTED)
		read_levels(&c->pids, css, c->pids_first, c->pids_named);
	c->pids_css = css_tryget(css) ? css : NULL;
	return true;
}

/* The lowest level that has the controller. */
static u8 first_level(const struct ff_call *c)
{
	return c->seen & BIT(FF_W_PIDS_EVENT) ? c->s.pids_first :
	       levels_without(task_css_set(current));
}

/**
 * ff_pids_observe - fill in the pids controller's part of an observation
 * @o: the observation
 * @call: the running task's call
 *
 * The caller holds the RCU read lock.
 */
void ff_pids_observe(struct ff_observation *o, const struct ff_call *call)
{
	struct ff_hierarchy *h = &o->pids;
	const struct ff_seen *c = &call->s;
	const struct cgroup_subsys_state *css, *it;
	bool seen = call->seen & BIT(FF_W_PIDS_EVENT);
	struct ff_pids now;
	const struct ff_pids *p = seen ? &c->pids : &now;
	u64 only;

	h->named = seen ? c->pids_named : -1;
	h->full = -1;
	if (!(o->steps & BIT(FF_STEP_CGROUP_CAN_FORK)))
		return;
	css = seen ? c->pids_css : task_css(current, pids_cgrp_id);
	if (!is_charged(css))
		return;
	h->first = first_level(call);
	h->levels = h->first;
	for (it = css; is_charged(it) && h->levels - h->first < FF_MAX_PIDS_LEVELS; it = it->parent)
		h->levels++;
	if (!layout_is_proved() || (!seen && !read_levels(&now, css, h->first, -1)))
		return;
	/* any of those above may have refused */
	if (h->named < 0 && p->limited_above)
		return;
	/* not known if no level has a limit any more */
	h->known = h->named >= 0 || p->limited;
	h->full = p->full;
	h->limit = p->limit;
	h->in_use = p->in_use;
	/* without the witness it is not known how full they were at the check */
	h->may = seen ? p->may : p->limited;
	/* one level has refused, and only one can have */
	only = is_power_of_2(p->limited) ? p->limited : h->may;
	if (h->full < 0 && is_power_of_2(only))
		h->full = (s8)(h->first + __ffs64(only));
}

/**
 * ff_pids_cgroup_at - get the cgroup at a level of the hierarchy
 * @c: the running task's call
 * @level: 0 for the cgroup that was to be charged
 *
 * Before ff_pids_forget(), under the RCU read lock.
 *
 * Return: the cgroup, without taking a reference; NULL if there is none.
 */
struct cgroup *ff_pids_cgroup_at(const struct ff_call *c, int level)
{
	struct cgroup_subsys_state *css;

	css = c->seen & BIT(FF_W_PIDS_EVENT) ? c->s.pids_css : task_css(current, pids_cgrp_id);
	for (level -= first_level(c); css && level > 0; level--)
		css = css->parent;
	return css ? css->cgroup : NULL;
}

/**
 * ff_pids_forget - drop the reference that a witness took
 * @c: what was seen
 */
void ff_pids_forget(struct ff_seen *c)
{
	if (c->pids_css)
		css_put(c->pids_css);
	c->pids_css = NULL;
}

#else /* CONFIG_CGROUP_PIDS */

void ff_pids_prove(void)
{
}

bool ff_pids_witness(struct ff_seen *c, const struct css_set *cset, unsigned long cfile)
{
	return false;
}

void ff_pids_observe(struct ff_observation *o, const struct ff_call *call)
{
	o->pids.named = -1;
	o->pids.full = -1;
}

struct cgroup *ff_pids_cgroup_at(const struct ff_call *c, int level)
{
	return NULL;
}

void ff_pids_forget(struct ff_seen *c)
{
}

#endif /* CONFIG_CGROUP_PIDS */

/**
 * ff_cgroup_witness - CLONE_INTO_CGROUP: the kernel checks a cgroup's permissions
 * @c: receives the cgroup
 * @file: its cgroup.procs
 *
 * From an entry hook inside cgroup_can_fork(), which keeps the cgroup alive.  The first
 * cgroup is the one that the new task is to go into, the second the common ancestor of
 * that and the caller's.
 */
void ff_cgroup_witness(struct ff_seen *c, struct kernfs_node *file)
{
	struct kernfs_node *dir = file ? ff_kernfs_parent(file) : NULL;
	struct cgroup *cgrp;

	if (!dir || kernfs_type(dir) != KERNFS_DIR || !dir->priv)
		return;
	cgrp = dir->priv;
	if (!c->target && css_tryget(&cgrp->self))
		c->target = cgrp;
	/* a hook must not drop a reference; a cgroup above @target lives as long */
	c->judged = c->target && cgroup_is_descendant(c->target, cgrp) ? cgrp : NULL;
}

/**
 * ff_cgroup_forget - drop the reference that ff_cgroup_witness() took
 * @c: what was seen
 *
 * Not from a hook.
 */
void ff_cgroup_forget(struct ff_seen *c)
{
	if (c->target)
		css_put(&c->target->self);
	c->target = NULL;
	c->judged = NULL;
}

/**
 * ff_pids_state - is the assumed layout of struct pids_cgroup right?
 *
 * Return: the state in words, for debugfs.
 */
const char *ff_pids_state(void)
{
	static const char * const words[] = {
		[UNPROVED] = "not proved, not used",
		[PROVED] = "proved",
		[CONTRADICTED] = "contradicted, not used",
	};

	return words[READ_ONCE(layout_state)];
}
