// SPDX-License-Identifier: GPL-2.0-only
/*
 * task_cgroup.c - the cgroup that a task is said to be in
 */
#include <linux/cgroup.h>
#include <linux/kernfs.h>

#include "compat/compat.h"
#include "evidence/task_cgroup.h"

#ifdef CONFIG_CGROUP_PIDS

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
 * In the hierarchy that ff_task_cgroup() speaks of.
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

/**
 * ff_pids_on_v1 - is the pids controller on a hierarchy of its own (cgroup v1)?
 *
 * Return: true if so.
 */
bool ff_pids_on_v1(void)
{
	return !ff_on_dfl(task_css_check(current, pids_cgrp_id, true)->cgroup);
}

#else /* CONFIG_CGROUP_PIDS */

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

bool ff_pids_on_v1(void)
{
	return false;
}

#endif /* CONFIG_CGROUP_PIDS */
