/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * namespaces.h - reads what RLIMIT_NPROC, user namespaces and the checks of flags depend on
 *
 * These functions run in the observed task, also inside hooks: they do not sleep, lock,
 * print or allocate.  The caller holds the RCU read lock, unless the task's own references
 * are enough.
 */
#ifndef FORKFAIL_NAMESPACES_H
#define FORKFAIL_NAMESPACES_H

#include <linux/types.h>
#include <linux/uidgid.h>

#include "rules/observation.h"

struct ff_call;
struct ff_nproc;
struct ff_object;
struct ff_seen;
struct kernel_clone_args;
struct user_namespace;

void ff_read_nproc(struct ff_nproc *n, int pending);
void ff_find_nproc(struct ff_object *obj, int level);
void ff_observe_ucount_at_witness(struct ff_seen *s, struct user_namespace *ns, kuid_t uid,
				  int type);
void ff_observe_nproc(struct ff_observation *o, const struct ff_call *c);
void ff_observe_arguments(struct ff_observation *o, const struct kernel_clone_args *args);
void ff_observe_namespaces(struct ff_observation *o);

#endif /* FORKFAIL_NAMESPACES_H */
