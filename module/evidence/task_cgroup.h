/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * task_cgroup.h - the cgroup that is shown for a task
 */
#ifndef FORKFAIL_TASK_CGROUP_H
#define FORKFAIL_TASK_CGROUP_H

#include <linux/types.h>

struct cgroup;
struct cgroup_namespace;
struct task_struct;

struct cgroup *ff_task_cgroup(struct task_struct *task);
struct cgroup *ff_cgroup_ns_root(struct cgroup_namespace *ns);
bool ff_pids_task_within(struct task_struct *task, struct cgroup *cgrp);
bool ff_pids_on_v1(void);

#endif /* FORKFAIL_TASK_CGROUP_H */
