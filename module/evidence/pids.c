// SPDX-License-Identifier: GPL-2.0-only
/*
 * pids.c - the pids controller, whose structure no header declares
 *
 * struct pids_cgroup is private to the kernel.  compat.h has a mirror of what
 * is needed of it; it is believed only while what it shows is possible: a
 * counter between 0 and the number of tasks, a limit between 0 and "max".  At
 * load that is asked of the loader's cgroup, its ancestors and some others, at
 * every refusal of the cgroups concerned.  Once it has shown something
 * impossible it is not used again: refusals are still known for what they are,
 * but limit, usage and, up to 6.10, the cgroup that refused are not.
 */
#include <linux/cgroup.h>
#include <linux/kernfs.h>
#include <linux/sched/task_stack.h>

#include "compat/compat.h"
#include "evidence/pids.h"
#include "compat/symbols.h"
#include "evidence/trail.h"

static bool mirror_dropped;
static bool mirror_proved;

#ifdef CONFIG_CGROUP_PIDS

static const struct ff_pids_cgroup *mirror(const struct cgroup_subsys_state *css)
{
	return container_of(css, struct ff_pids_cgroup, css);
}

/* The root has a counter, but no limit, and is not charged. */
static bool is_charged(const struct cgroup_subsys_state *css)
{
	return css && css->parent;
}

static bool possible(const struct cgroup_subsys_state *css)
{
	s64 counter = atomic64_read(&mirror(css)->counter);
	s64 limit = atomic64_read(&mirror(css)->limit);
	s64 tasks = PID_MAX_LIMIT;

	/* tasks that are being created count before nr_threads does */
	if (ff_read_int(ff_data.nr_threads, &tasks))
		tasks += FF_TRAILS;
	return counter >= 0 && counter <= tasks && limit >= 0 && (u64)limit <= FF_PIDS_MAX;
}

static void drop_mirror(void)
{
	WRITE_ONCE(mirror_dropped, true);
}

#define MOST_PROOFS	64

/**
 * ff_pids_prove - ask the mirror of struct pids_cgroup for the possible
 *
 * May sleep.  At load, in the loader's context.
 */
void ff_pids_prove(void)
{
	struct cgroup_subsys_state *css, *root, *pos;
	int n = 0;

	rcu_read_lock();
	css = task_css(current, pids_cgrp_id);
	for (root = css; root && root->parent; root = root->parent)
		;
	for (; is_charged(css); css = css->parent, n++)
		if (!possible(css) || atomic64_read(&mirror(css)->counter) < 1)
			drop_mirror();
	css_for_each_descendant_pre(pos, root) {
		if (!is_charged(pos))
			continue;
		if (!possible(pos))
			drop_mirror();
		if (++n >= MOST_PROOFS)
			break;
	}
	rcu_read_unlock();
	mirror_proved = n && !mirror_dropped;
}

/* Which levels refuse one task more: the lowest, and how many have a limit. */
static bool look(const struct cgroup_subsys_state *css, s8 *full, s8 *nr_full, s8 *limited,
		 s8 *limited_level, s64 *limit, s64 *in_use, int named)
{
	int level;

	*full = -1;
	*nr_full = 0;
	*limited = 0;
	*limited_level = -1;
	for (level = 0; is_charged(css) && level < FF_MAX_LEVELS; css = css->parent, level++) {
		s64 max = atomic64_read(&mirror(css)->limit);
		s64 now = atomic64_read(&mirror(css)->counter);
		bool wanted;

		if (!possible(css)) {
			drop_mirror();
			return false;
		}
		if ((u64)max < FF_PIDS_MAX) {
			(*limited)++;
			*limited_level = level;
		}
		if (now + 1 > max && !(*nr_full)++)
			*full = level;
		wanted = named >= 0 ? level == named : level == *full;
		if (wanted && (named >= 0 || *nr_full == 1)) {
			/* "max" may have been written since it refused */
			*limit = (u64)max < FF_PIDS_MAX ? max : S64_MAX;
			*in_use = now;
		}
	}
	return true;
}

/**
 * ff_pids_witness - the kernel notified a cgroup's file; was it for a refusal?
 * @t: trail of the running task, which is inside cgroup_can_fork()
 * @c: its cold part
 * @cfile: the cgroup_file
 *
 * From an entry hook.  On true the cgroup that was to be charged has a
 * reference in @c until ff_pids_forget().
 *
 * Return: true if it is the pids.events of that cgroup or one above it.
 */
bool ff_pids_witness(struct ff_trail *t, struct ff_cold *c, unsigned long cfile)
{
	struct cgroup_subsys_state *css, *it;
	s8 limited_level;
	int level = 0;

	if (object_is_on_stack(t->args) && t->args->cset)
		css = t->args->cset->subsys[pids_cgrp_id];
	else
		css = task_css(current, pids_cgrp_id);
	for (it = css; is_charged(it); it = it->parent, level++)
		if (cfile - (unsigned long)mirror(it) < sizeof(struct ff_pids_cgroup))
			break;
	if (!is_charged(it))
		return false;
	c->pids_named = ff_pids_event_names_limiter(css->cgroup) ? level : -1;
	c->pids_full = -1;
	c->pids_limited = 0;
	if (!READ_ONCE(mirror_dropped))
		look(css, &c->pids_full, &c->pids_nr_full, &c->pids_limited, &limited_level,
		     &c->pids_limit, &c->pids_in_use, c->pids_named);
	c->pids_css = css_tryget(css) ? css : NULL;
	return true;
}

/**
 * ff_pids_observe - the pids controller's part of an observation
 * @o: the observation
 * @t: the running task's trail
 *
 * From the return hook, under the RCU read lock.
 */
void ff_pids_observe(struct ff_observation *o, const struct ff_trail *t)
{
	struct ff_hierarchy *h = &o->pids;
	const struct ff_cold *c = t->cold;
	const struct cgroup_subsys_state *css, *it;
	bool seen = t->seen & BIT(FF_W_PIDS_EVENT);
	s8 full, nr_full, limited, limited_level;
	s64 limit = 0, in_use = 0;

	h->named = seen ? c->pids_named : -1;
	h->full = -1;
	if (o->step != FF_STEP_CGROUP_CAN_FORK && !o->blind)
		return;
	css = seen ? c->pids_css : task_css(current, pids_cgrp_id);
	for (it = css; is_charged(it); it = it->parent)
		h->levels++;
	if (!h->levels || READ_ONCE(mirror_dropped) ||
	    !look(css, &full, &nr_full, &limited, &limited_level, &limit, &in_use, h->named))
		return;
	h->known = true;
	h->limited = limited;
	h->full_after = nr_full;
	h->full = full;
	h->limit = limit;
	h->in_use = in_use;
	if (!seen)
		return;
	h->full_before = c->pids_nr_full;
	if (c->pids_full != full)
		h->full = -1;
	if (h->named >= 0 || c->pids_full >= 0) {
		h->limit = c->pids_limit;
		h->in_use = c->pids_in_use;
	}
	/* something refused, and only one level can */
	if (h->named < 0 && limited == 1 && c->pids_limited == 1)
		h->full = limited_level;
}

/**
 * ff_pids_cgroup_at - a level of the hierarchy that refused
 * @t: the running task's trail
 * @level: 0 for the cgroup that was to be charged
 *
 * From the return hook, before ff_pids_forget().
 *
 * Return: the cgroup, without a reference of its own; NULL if there is none.
 */
struct cgroup *ff_pids_cgroup_at(const struct ff_trail *t, int level)
{
	struct cgroup_subsys_state *css;

	css = t->seen & BIT(FF_W_PIDS_EVENT) ? t->cold->pids_css : task_css(current, pids_cgrp_id);
	while (css && level-- > 0)
		css = css->parent;
	return css ? css->cgroup : NULL;
}

/**
 * ff_pids_forget - drop the reference that a witness took
 * @c: what was seen
 *
 * Any context.
 */
void ff_pids_forget(struct ff_cold *c)
{
	if (c->pids_css)
		css_put(c->pids_css);
	c->pids_css = NULL;
}

/**
 * ff_task_cgroup - the cgroup that a task is said to be in
 * @task: the task
 *
 * Under the RCU read lock, or for the running task.  The one of the pids
 * controller where that is on a hierarchy of its own (cgroup v1), else the one
 * of cgroup v2.
 *
 * Return: the cgroup, without a reference.
 */
struct cgroup *ff_task_cgroup(struct task_struct *task)
{
	struct cgroup *cgrp = task_css_check(task, pids_cgrp_id, true)->cgroup;

	return ff_on_dfl(cgrp) ? task_css_set(task)->dfl_cgrp : cgrp;
}

/**
 * ff_cgroup_ns_root - the root of a cgroup namespace
 * @ns: the namespace, kept alive by the caller
 *
 * In the hierarchy that ff_task_cgroup() speaks of.  Any context.
 *
 * Return: the cgroup, alive as long as @ns.
 */
struct cgroup *ff_cgroup_ns_root(struct cgroup_namespace *ns)
{
	struct cgroup *cgrp = ns->root_cset->subsys[pids_cgrp_id]->cgroup;

	return ff_on_dfl(cgrp) ? ns->root_cset->dfl_cgrp : cgrp;
}

/**
 * ff_pids_task_within - does a task count against a cgroup's pids limit?
 * @task: the task
 * @cgrp: the cgroup, kept alive by the caller
 *
 * Under the RCU read lock.
 *
 * Return: true if it does.
 */
bool ff_pids_task_within(struct task_struct *task, struct cgroup *cgrp)
{
	return cgroup_is_descendant(task_css_check(task, pids_cgrp_id, true)->cgroup, cgrp);
}

#else /* CONFIG_CGROUP_PIDS */

void ff_pids_prove(void)
{
}

bool ff_pids_witness(struct ff_trail *t, struct ff_cold *c, unsigned long cfile)
{
	return false;
}

void ff_pids_observe(struct ff_observation *o, const struct ff_trail *t)
{
	o->pids.named = -1;
	o->pids.full = -1;
}

struct cgroup *ff_pids_cgroup_at(const struct ff_trail *t, int level)
{
	return NULL;
}

void ff_pids_forget(struct ff_cold *c)
{
}

struct cgroup *ff_task_cgroup(struct task_struct *task)
{
	return task_css_set(task)->dfl_cgrp;
}

struct cgroup *ff_cgroup_ns_root(struct cgroup_namespace *ns)
{
	return ns->root_cset->dfl_cgrp;
}

bool ff_pids_task_within(struct task_struct *task, struct cgroup *cgrp)
{
	return cgroup_is_descendant(task_css_set(task)->dfl_cgrp, cgrp);
}

#endif /* CONFIG_CGROUP_PIDS */

/* Takes the place of what was there. */
static void hold(struct cgroup **place, struct cgroup *cgrp)
{
	if (*place)
		css_put(&(*place)->self);
	*place = css_tryget(&cgrp->self) ? cgrp : NULL;
}

/**
 * ff_cgroup_witness - CLONE_INTO_CGROUP: a cgroup's permissions are looked at
 * @c: receives the cgroup
 * @file: its cgroup.procs
 *
 * From an entry hook inside cgroup_can_fork(), which keeps the cgroup alive.
 * The first is the one that the new task is to go into, the second the common
 * ancestor of that and the caller's.
 */
void ff_cgroup_witness(struct ff_cold *c, struct kernfs_node *file)
{
	struct kernfs_node *dir = file ? ff_kernfs_parent(file) : NULL;

	if (!dir || kernfs_type(dir) != KERNFS_DIR || !dir->priv)
		return;
	if (!c->target)
		hold(&c->target, dir->priv);
	hold(&c->judged, dir->priv);
}

/**
 * ff_cgroup_forget - drop the references
 * @c: what was seen
 */
void ff_cgroup_forget(struct ff_cold *c)
{
	if (c->target)
		css_put(&c->target->self);
	if (c->judged)
		css_put(&c->judged->self);
	c->target = NULL;
	c->judged = NULL;
}

/**
 * ff_pids_state - whether the mirror of struct pids_cgroup is believed
 *
 * Return: a few words for debugfs.
 */
const char *ff_pids_state(void)
{
	return READ_ONCE(mirror_dropped) ? "contradicted, not used" :
	       mirror_proved ? "proved at load" : "not contradicted so far";
}
