// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Limits on the number of namespaces, user.max_*_namespaces.
 *
 * The kernel exposes the limits but not the counts.  Counted here are namespaces with
 * processes in them; there may be more, kept alive by a mount or an open file.
 */
#include <stdlib.h>
#include <string.h>

#include "commands/limits.h"

static const struct ns_type {
	const char *limit;	/* of user.max_*_namespaces */
	const char *link;	/* of /proc/PID/ns */
	const char *cause;
} types[] = {
	{ "max_user_namespaces", "user", "userns-count" },
	{ "max_pid_namespaces", "pid", "ns-count" },
	{ "max_mnt_namespaces", "mnt", "ns-count" },
	{ "max_net_namespaces", "net", "ns-count" },
	{ "max_ipc_namespaces", "ipc", "ns-count" },
	{ "max_uts_namespaces", "uts", "ns-count" },
	{ "max_cgroup_namespaces", "cgroup", "ns-count" },
	{ "max_time_namespaces", "time", "ns-count" },
};

struct found {
	u64 *ino[ARRAY_SIZE(types)];
	size_t nr[ARRAY_SIZE(types)];
};

static bool collect(const struct task *task, void *data)
{
	struct found *found = data;
	size_t i, j;
	u64 ino;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		ino = ns_of(task->pid, types[i].link);
		for (j = 0; ino && j < found->nr[i]; j++)
			if (found->ino[i][j] == ino)
				break;
		if (!ino || j < found->nr[i])
			continue;
		found->ino[i] = xrealloc(found->ino[i], j + 1, sizeof(u64));
		found->ino[i][j] = ino;
		found->nr[i]++;
	}
	return true;
}

/**
 * limits_namespaces() - the limits of the reader's user namespace
 * @list: the list to add to
 */
void limits_namespaces(struct limit_list *list)
{
	struct found found = { .nr = { 0 } };
	struct limit *limit;
	u64 max;
	size_t i;

	proc_each(collect, &found);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		if (!proc_number(&max, "/proc/sys/user/%s", types[i].limit))
			continue;
		limit = limit_add(list, types[i].limit, types[i].cause,
				  LIMIT_FOR_NAMESPACE);
		limit->unit = "count";
		limit->max = max;
		limit->whose = xstrdup("each user");
		if (!max) {
			/* There is no need to count. */
			limit->has_used = true;
			limit->note = xstrdup("none may be created");
		} else {
			limit->state = LIMIT_NORMAL;
			limit->note = xasprintf("the kernel does not expose this count; processes of all users are in %zu of them",
						found.nr[i]);
		}
		free(found.ino[i]);
	}
}
