/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pids_controller.h - reads the pids controller, whose structure no header declares
 */
#ifndef FORKFAIL_PIDS_CONTROLLER_H
#define FORKFAIL_PIDS_CONTROLLER_H

#include <linux/types.h>

struct cgroup;
struct css_set;
struct ff_call;
struct ff_seen;
struct kernfs_node;
struct ff_observation;

void ff_pids_prove(void);
const char *ff_pids_state(void);
bool ff_pids_witness(struct ff_seen *s, const struct css_set *cset, unsigned long cfile);
void ff_pids_observe(struct ff_observation *o, const struct ff_call *c);
struct cgroup *ff_pids_cgroup_at(const struct ff_call *c, int level);
void ff_pids_forget(struct ff_seen *s);
void ff_cgroup_witness(struct ff_seen *s, struct kernfs_node *file);
void ff_cgroup_forget(struct ff_seen *s);

#endif /* FORKFAIL_PIDS_CONTROLLER_H */
