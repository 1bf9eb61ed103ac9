/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much is left before something fails.
 */
#ifndef AGENT_HEADROOM_H
#define AGENT_HEADROOM_H

#include "reader.h"

#define HEADROOM_TOP		5
#define HEADROOM_PERCENT	70

enum headroom_resource {
	HEADROOM_TASKS,
	HEADROOM_PIDS,
	HEADROOM_COMMITTED,
	HEADROOM_NR
};

/**
 * struct full - something that is nearly full
 * @name: path of a cgroup, escaped, or a uid
 * @used: its number of tasks
 * @max: its limit
 */
struct full {
	char name[256];
	u64 used;
	u64 max;
};

/**
 * struct headroom - the result of a walk
 * @at: when it ended, in ms of loop_now(); 0 if none has
 * @took: how long it took, in ms
 * @longest: the CPU time of its longest slice, in microseconds
 * @tasks: processes and threads found
 * @cgroups: cgroups found
 * @skipped: cgroups that are too deep, and tasks of too many users
 * @cgroup: the fullest cgroups, those above HEADROOM_PERCENT
 * @nr_cgroup: how many of them
 * @user: the fullest users, without root, who is exempt
 * @nr_user: how many of them
 */
struct headroom {
	long long at;
	long long took;
	u64 longest;
	u64 tasks, cgroups, skipped;
	struct full cgroup[HEADROOM_TOP], user[HEADROOM_TOP];
	size_t nr_cgroup, nr_user;
};

void headroom_init(void);
const struct headroom *headroom_get(void);
bool headroom_machine(enum headroom_resource resource, u64 *used, u64 *max);
const char *headroom_resource_name(enum headroom_resource resource);

#endif /* AGENT_HEADROOM_H */
