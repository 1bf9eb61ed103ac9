// SPDX-License-Identifier: GPL-2.0-only
/*
 * task_cgroup.c - the cgroup that is shown for a task
 */
#include <linux/cgroup.h>
#include <linux/kernfs.h>

#include "compat/compat.h"
#include "evidence/task_cgroup.h"

#ifdef CONFIG_CGROUP_PIDS

/**
 * ff_task_cgroup - get the cgroup that is shown for a task
 * @task: the task
 *
 * Under the RCU read lock, for the running task as well: others may move it.  If the pids
 * controller is on cgroup v1, this is the task's cgroup in its hierarchy, otherwise that in
 * the v2 hierarchy.
 *
 * Return: the cgroup, without a reference.
 */
struct cgroup *ff_task_cgroup(struct task_struct *task)
{
	struct cgroup *cgrp = task_css_check(task, pids_cgrp_id, true)->cgroup;

	return ff_on_dfl(cgrp) ? task_css_set(task)->dfl_cgrp : cgrp;
}

/**
 * ff_cgroup_ns_root - get the root of a cgroup namespace
 * @ns: the namespace, kept alive by the caller
 *
 * In the same hierarchy as ff_task_cgroup().
 *
 * Return: the cgroup, which lives as long as @ns.
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
 * ff_pids_on_v1 - is the pids controller on cgroup v1?
 *
 * Return: true if so.
 */
bool ff_pids_on_v1(void)
{
	return !cgroup_subsys_on_dfl(pids_cgrp_subsys);
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
