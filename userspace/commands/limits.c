// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forkfail limits: what would fail next.
 *
 * Sorted by room, the number of processes or threads that still fit: 4800 of 4915 has
 * more room than 5 of 10.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "commands/limits.h"
#include "text.h"

enum limit_column {
	COL_LIMIT, COL_USED, COL_MAX, COL_PERCENT, COL_ROOM, COL_UNIT,
	COL_WHOSE, COL_FOR, COL_STATE, COL_CAUSE, COL_NOTE,
};

static const struct column limit_columns[] = {
	[COL_LIMIT] = { "LIMIT", 0, COLUMN_DEFAULT, "what the kernel calls it" },
	[COL_USED] = { "USED", 0, COLUMN_DEFAULT | COLUMN_NUMBER, "usage" },
	[COL_MAX] = { "MAX", 0, COLUMN_DEFAULT | COLUMN_NUMBER,
		      "the limit, or max for none" },
	[COL_PERCENT] = { "PERCENT", 0, COLUMN_PROGRAM | COLUMN_NUMBER,
			  "usage in percent of the limit" },
	[COL_ROOM] = { "ROOM", 0, COLUMN_DEFAULT | COLUMN_NUMBER,
		       "room for how many more; an estimate if the unit is bytes" },
	[COL_UNIT] = { "UNIT", 0, 0, "unit of USED and MAX" },
	[COL_WHOSE] = { "WHOSE", 0, COLUMN_DEFAULT | COLUMN_WRAP,
			"whose limit it is" },
	[COL_FOR] = { "FOR", 0, COLUMN_PROGRAM,
		      "what it limits: process, thread, both or namespace" },
	[COL_STATE] = { "STATE", 0, COLUMN_DEFAULT,
			"ok, full, unlimited, exempt or hidden (cannot be read)" },
	[COL_CAUSE] = { "CAUSE", 0, 0, "cause of a failure at this limit" },
	[COL_NOTE] = { "NOTE", 0, COLUMN_PROGRAM | COLUMN_WRAP,
		       "remark" },
};

static const char *state_name(const struct limit *limit)
{
	switch (limit->state) {
	case LIMIT_NORMAL:
		if (!limit->has_used)
			return "hidden";
		return limit_room(limit) ? "ok" : "full";
	case LIMIT_UNLIMITED:
		return "unlimited";
	case LIMIT_EXEMPT:
		return "exempt";
	case LIMIT_HIDDEN:
		break;
	}
	return "hidden";
}

static const char *for_name(const struct limit *limit)
{
	if (limit->operation & LIMIT_FOR_NAMESPACE)
		return "namespace";
	if (limit->operation == LIMIT_FOR_TASK)
		return "both";
	return limit->operation & LIMIT_FOR_THREAD ? "thread" : "process";
}

static const char *decimal(char *buf, size_t size, u64 v)
{
	snprintf(buf, size, "%llu", v);
	return buf;
}

/* People read "15.2 GiB" better than a large number of bytes. */
static const char *amount(const struct limit *limit, u64 v,
			  const struct table_format *format, char *buf,
			  size_t size)
{
	if (format->mode == TABLE_HUMAN && !strcmp(limit->unit, "bytes"))
		return text_bytes(buf, size, v);
	return decimal(buf, size, v);
}

static const char *limit_cell(const void *object, size_t column,
			      const struct table_format *format, char *buf,
			      size_t size)
{
	const struct limit *limit = object;
	bool known = limit->state == LIMIT_NORMAL && limit->has_used;

	switch ((enum limit_column)column) {
	case COL_LIMIT:
		return limit->name;
	case COL_USED:
		if (!limit->has_used)
			return NULL;
		return amount(limit, limit->used, format, buf, size);
	case COL_MAX:
		if (limit->state == LIMIT_UNLIMITED)
			return "max";
		if (limit->state == LIMIT_HIDDEN)
			return NULL;
		return amount(limit, limit->max, format, buf, size);
	case COL_PERCENT:
		return known ? decimal(buf, size, limit_percent(limit)) : NULL;
	case COL_ROOM:
		return known && limit_room(limit) < ROOM_ENDLESS ?
		       decimal(buf, size, limit_room(limit)) : NULL;
	case COL_UNIT:
		return limit->unit;
	case COL_WHOSE:
		return limit->whose;
	case COL_FOR:
		return for_name(limit);
	case COL_STATE:
		return state_name(limit);
	case COL_CAUSE:
		return limit->cause;
	case COL_NOTE:
		return limit->note;
	}
	return NULL;
}

static const char *limit_color(const void *object, size_t column)
{
	const struct limit *limit = object;

	if (column != COL_LIMIT || limit->state != LIMIT_NORMAL ||
	    !limit->has_used)
		return NULL;
	if (!limit_room(limit))
		return "red";
	return limit_percent(limit) >= 90 ? "yellow" : NULL;
}

const struct table_def limit_table = {
	.array = "limits",
	.columns = limit_columns,
	.nr = ARRAY_SIZE(limit_columns),
	.cell = limit_cell,
	.color = limit_color,
};

static int state_order(const struct limit *limit)
{
	return limit->state == LIMIT_NORMAL ? LIMIT_HIDDEN : (int)limit->state;
}

/*
 * What is full comes first.  Limits on tasks come before limits on namespaces, then by least
 * room, then by largest percentage.  Rows without numbers are last.
 */
static int compare(const void *a, const void *b)
{
	const struct limit *l = a, *m = b;
	u64 room_l = limit_room(l), room_m = limit_room(m);
	bool ns_l = l->operation & LIMIT_FOR_NAMESPACE;
	bool ns_m = m->operation & LIMIT_FOR_NAMESPACE;

	if (!room_l != !room_m)
		return room_l ? 1 : -1;
	if (ns_l != ns_m)
		return ns_l ? 1 : -1;
	if (room_l != room_m)
		return room_l < room_m ? -1 : 1;
	if (room_l == ROOM_UNKNOWN)
		return state_order(l) - state_order(m);
	return limit_percent(m) > limit_percent(l) ? 1 :
	       limit_percent(m) < limit_percent(l) ? -1 : 0;
}

/* Of all processes of a user, take the one with the lowest limit. */
struct lowest {
	uid_t uid;
	struct task task;
	u64 limit;
	bool found;
};

static bool take_lowest(const struct task *task, void *data)
{
	struct lowest *lowest = data;
	bool unlimited = true;
	u64 soft = 0;

	if (task->uid != lowest->uid || task->state == 'Z')
		return true;
	if (!proc_rlimit(task->pid, "Max processes", &soft, &unlimited) ||
	    unlimited)
		soft = ~0ull;
	if (!lowest->found || soft < lowest->limit) {
		lowest->found = true;
		lowest->limit = soft;
		lowest->task = *task;
	}
	return true;
}

/* Whose limits: a process, the tightest of a user, or a cgroup alone. */
static void choose_target(struct limit_list *list, const struct options *opt)
{
	struct lowest lowest = { .uid = opt->uid };

	if (opt->cgroup)
		list->cgroup = cgroup_typed(opt->cgroup);
	if (opt->has_uid) {
		list->has_uid = true;
		list->uid = opt->uid;
		proc_each(take_lowest, &lowest);
		if (lowest.found)
			list->task = lowest.task;
		else
			warnf("uid %u has no process, so its own limits are not known",
			      (unsigned int)opt->uid);
	} else if (!opt->cgroup || opt->pid) {
		if (!proc_task(&list->task, opt->pid))
			dief(READER_NO_DATA, "process %d does not exist, or /proc hides it",
			     (int)opt->pid);
		list->has_uid = true;
		list->uid = list->task.uid;
	}
}

/* Limits on namespaces of two types that are both 0, or whose usage the kernel hides? */
static bool is_like(const struct limit *a, const struct limit *b)
{
	return a->operation & b->operation & LIMIT_FOR_NAMESPACE &&
	       a->has_used == b->has_used;
}

/* One row for @first and all like it, for a person: many zeros would hide what else is full. */
static void add_alike(struct table *table, const struct limit_list *list,
		      const struct limit *first)
{
	const struct limit *end = list->limits + list->nr, *limit;
	struct limit all = *first;
	char *types = xstrdup(first->whose), *more;

	for (limit = first; limit < end; limit++) {
		if (!is_like(limit, first))
			continue;
		if (limit != first)
			all.name = "max_*_namespaces";
		if (limit->max < all.max)
			all.max = limit->max;
		/* max_TYPE_namespaces */
		more = xasprintf("%s%s %.*s", types, limit == first ? ":" : ",",
				 (int)strcspn(limit->name + 4, "_"), limit->name + 4);
		free(types);
		types = more;
	}
	if (all.has_used && all.name != first->name)
		all.whose = types;
	table_add(table, &all);
	free(types);
}

static bool print(const struct limit_list *list, const struct options *opt,
		  bool *reached)
{
	unsigned int wanted = opt->operation ? opt->operation :
			      LIMIT_FOR_TASK | LIMIT_FOR_NAMESPACE;
	unsigned int warn_at = opt->operation ? opt->operation : LIMIT_FOR_TASK;
	bool person = opt->format.mode == TABLE_HUMAN && !opt->format.columns;
	struct table *table = table_new(&limit_table, &opt->format);
	const struct limit *limit;
	size_t i, j;
	bool ok;

	for (i = 0; i < list->nr; i++) {
		limit = &list->limits[i];
		if (!(limit->operation & wanted))
			continue;
		for (j = 0; j < i && !is_like(&list->limits[j], limit); j++)
			;
		if (!person || !(limit->operation & LIMIT_FOR_NAMESPACE))
			table_add(table, limit);
		else if (j == i)
			add_alike(table, list, limit);
		if (opt->warn && limit->state == LIMIT_NORMAL &&
		    limit->has_used && (limit->operation & warn_at) &&
		    (!limit_room(limit) || limit_percent(limit) >= opt->warn))
			*reached = true;
	}
	ok = table_print(table);
	table_free(table);
	return ok;
}

/**
 * cmd_limits() - forkfail limits
 * @opt: options
 * @argc: unused
 * @argv: unused
 *
 * Return: exit status: with --warn, whether a limit is nearly reached.
 */
int cmd_limits(const struct options *opt, int argc __unused, char **argv __unused)
{
	struct limit_list list = { .nr = 0 };
	bool ok, reached = false;

	if (!!opt->pid + opt->has_uid + !!opt->cgroup > 1)
		dief(READER_USAGE, "mutually exclusive arguments: --pid --uid --cgroup");
	proc_set_root(opt->sysroot);
	choose_target(&list, opt);
	limits_tasks(&list);
	limits_cgroups(&list);
	limits_memory(&list);
	limits_namespaces(&list);
	if (list.nr)
		qsort(list.limits, list.nr, sizeof(*list.limits), compare);
	if (proc_is_hidden())
		warnf("/proc hides other users' processes (hidepid): task counts are too low");
	ok = print(&list, opt, &reached);
	limit_list_free(&list);
	if (!ok)
		return READER_OUTPUT;
	return reached ? READER_FOUND : READER_OK;
}
