/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pids.h - the pids controller, whose structure no header declares
 */
#ifndef FORKFAIL_PIDS_H
#define FORKFAIL_PIDS_H

#include <linux/types.h>

struct cgroup;
struct cgroup_namespace;
struct ff_cold;
struct kernfs_node;
struct ff_observation;
struct ff_trail;
struct task_struct;

void ff_pids_prove(void);
const char *ff_pids_state(void);
bool ff_pids_witness(struct ff_trail *t, struct ff_cold *c, unsigned long cfile);
void ff_pids_observe(struct ff_observation *o, const struct ff_trail *t);
struct cgroup *ff_pids_cgroup_at(const struct ff_trail *t, int level);
void ff_pids_forget(struct ff_cold *c);
struct cgroup *ff_task_cgroup(struct task_struct *task);
struct cgroup *ff_cgroup_ns_root(struct cgroup_namespace *ns);
void ff_cgroup_witness(struct ff_cold *c, struct kernfs_node *file);
void ff_cgroup_forget(struct ff_cold *c);
bool ff_pids_task_within(struct task_struct *task, struct cgroup *cgrp);

#endif /* FORKFAIL_PIDS_H */
