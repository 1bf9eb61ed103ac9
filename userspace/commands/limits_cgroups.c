// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Limits of cgroups, from the process's own up to the root.
 */
#include <stdlib.h>
#include <string.h>

#include "commands/limits.h"
#include "text.h"

/* What a new process needs, roughly: stack, task, page tables. */
#define BYTES_PER_TASK	(64 << 10)
/* Version 1 writes "no limit" as the largest number of whole pages. */
#define V1_UNLIMITED	(1ull << 62)

typedef void (*add_fn)(struct limit_list *list, const char *dir,
		       const char *path, bool v1, bool own);

static void add_pids(struct limit_list *list, const char *dir,
		     const char *path, bool v1 __unused, bool own)
{
	struct limit *limit;
	bool unlimited;
	u64 max;

	/* The root has no limit, nor have cgroups without the controller. */
	if (!proc_limit(&max, &unlimited, "%s/pids.max", dir))
		return;
	limit = limit_add(list, "pids.max",
			  own ? "pids-max" : "pids-max-ancestor",
			  LIMIT_FOR_TASK);
	limit->max = max;
	limit->state = unlimited ? LIMIT_UNLIMITED : LIMIT_NORMAL;
	limit->whose = text_escape(path);
	limit->has_used = proc_number(&limit->used, "%s/pids.current", dir);
}

/* Page cache and slab, which the kernel reclaims before it refuses anything. */
static u64 reclaimable(const char *dir, bool v1)
{
	static const char * const names[][3] = {
		{ "active_file", "inactive_file", "slab_reclaimable" },
		{ "total_active_file", "total_inactive_file", "-" },
	};
	char *stat = proc_read("%s/memory.stat", dir);
	u64 v, sum = 0;
	size_t i;

	for (i = 0; stat && i < 3; i++)
		if (proc_field(stat, names[v1][i], &v))
			sum += v;
	free(stat);
	return sum;
}

static void add_memory(struct limit_list *list, const char *dir,
		       const char *path, bool v1, bool own __unused)
{
	struct limit *limit;
	bool unlimited;
	u64 max, drop;

	if (!proc_limit(&max, &unlimited, "%s/%s", dir,
			v1 ? "memory.limit_in_bytes" : "memory.max"))
		return;
	limit = limit_add(list, v1 ? "memory.limit_in_bytes" : "memory.max",
			  "memcg-limit", LIMIT_FOR_TASK);
	limit->unit = "bytes";
	limit->max = max;
	limit->each = BYTES_PER_TASK;
	limit->state = unlimited || max >= V1_UNLIMITED ? LIMIT_UNLIMITED :
							  LIMIT_NORMAL;
	limit->whose = text_escape(path);
	limit->has_used = proc_number(&limit->used, "%s/%s", dir,
				      v1 ? "memory.usage_in_bytes" :
					   "memory.current");
	drop = reclaimable(dir, v1);
	limit->used -= drop < limit->used ? drop : limit->used;
	if (limit->state == LIMIT_NORMAL)
		limit->note = xstrdup("without file cache; usually ends in an OOM kill, not in a failed fork");
}

/* Ancestors outside of our cgroup namespace have limits that we cannot see. */
static void add_outside(struct limit_list *list, const char *name,
			const char *cause)
{
	u64 ino = ns_of(list->task.pid, "cgroup");
	struct limit *limit;

	if (!list->task.pid || !ino || ino == NS_INIT_CGROUP)
		return;
	limit = limit_add(list, name, cause, LIMIT_FOR_TASK);
	limit->state = LIMIT_HIDDEN;
	limit->whose = xstrdup("(outside of this cgroup namespace)");
	limit->note = xstrdup("cannot be read from inside");
}

static void walk(struct limit_list *list, const char *controller,
		 const char *name, const char *outside_cause, add_fn add)
{
	struct cgroup_tree tree;
	char *path, *dir, *slash;
	struct limit *limit;
	bool own = true;

	if (!list->cgroup && !list->task.pid)
		return;
	if (!cgroup_find(&tree, controller))
		return;
	path = list->cgroup ? xstrdup(list->cgroup) :
			      cgroup_of(list->task.pid, controller, tree.v1);
	dir = path ? cgroup_dir(&tree, path) : NULL;
	if (path && !dir) {
		limit = limit_add(list, name, outside_cause, LIMIT_FOR_TASK);
		limit->state = LIMIT_HIDDEN;
		limit->whose = text_escape(path);
		limit->note = xstrdup("its directory is not mounted here");
	}
	while (dir) {
		add(list, dir, path, tree.v1, own);
		own = false;
		free(dir);
		dir = NULL;
		slash = strrchr(path, '/');
		if (!slash || !strcmp(path, "/"))
			break;
		slash[slash == path] = '\0';
		dir = cgroup_dir(&tree, path);
	}
	add_outside(list, name, outside_cause);
	free(dir);
	free(path);
	cgroup_free(&tree);
}

/**
 * limits_cgroups() - pids.max and memory.max up the tree
 * @list: the list to add to
 */
void limits_cgroups(struct limit_list *list)
{
	size_t before = list->nr;

	walk(list, "pids", "pids.max", "pids-max-ancestor", add_pids);
	walk(list, "memory", "memory.max", "memcg-limit", add_memory);
	if (list->cgroup && list->nr == before)
		warnf("neither this cgroup nor one above it has a limit");
}
