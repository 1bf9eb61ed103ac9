// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forkfail holders: who has so many processes and threads.
 */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "proc.h"
#include "text.h"

enum holder_by { BY_PROCESS, BY_UID, BY_CGROUP, BY_NR };

static const char * const by_names[BY_NR] = { "process", "uid", "cgroup" };

/**
 * struct holder - one row
 * @by: what kind
 * @key: what tasks are counted by: "NAME[PID]", "uid N" or a path
 * @id: pid or uid
 * @hash: of @key
 * @tasks: threads and processes
 * @processes: processes, zombies included
 * @zombies: dead processes that nobody has waited for
 */
struct holder {
	enum holder_by by;
	char *key;
	u64 id;
	u64 hash;
	u64 tasks;
	u64 processes;
	u64 zombies;
};

struct holders {
	const struct options *opt;
	struct holder *list[BY_NR];
	size_t nr[BY_NR];
	/* Open addressing over uid and cgroup rows: index + 1. */
	size_t *slots[BY_NR];
	size_t nr_slots[BY_NR];
};

enum holder_column {
	COL_BY, COL_HOLDER, COL_TASKS, COL_PROCESSES, COL_ZOMBIES, COL_ID,
};

static const struct column holder_columns[] = {
	[COL_BY] = { "BY", 0, COLUMN_DEFAULT,
		     "what tasks are counted by: process, uid or cgroup" },
	[COL_HOLDER] = { "HOLDER", 0, COLUMN_DEFAULT,
			 "NAME[PID], uid or path of the cgroup" },
	[COL_TASKS] = { "TASKS", 0, COLUMN_DEFAULT | COLUMN_NUMBER,
			"processes and threads together, zombies included" },
	[COL_PROCESSES] = { "PROCESSES", 0, COLUMN_DEFAULT | COLUMN_NUMBER,
			    "processes, zombies included" },
	[COL_ZOMBIES] = { "ZOMBIES", 0, COLUMN_DEFAULT | COLUMN_NUMBER,
			  "dead processes whose parent has not waited for them" },
	[COL_ID] = { "ID", 0, COLUMN_NUMBER, "process number or uid" },
};

static const char *holder_cell(const void *object, size_t column,
			       const struct table_format *format
			       __unused,
			       char *buf, size_t size)
{
	const struct holder *holder = object;
	u64 v = 0;

	switch ((enum holder_column)column) {
	case COL_BY:
		return by_names[holder->by];
	case COL_HOLDER:
		return holder->key;
	case COL_TASKS:
		v = holder->tasks;
		break;
	case COL_PROCESSES:
		v = holder->processes;
		break;
	case COL_ZOMBIES:
		v = holder->zombies;
		break;
	case COL_ID:
		if (holder->by == BY_CGROUP)
			return NULL;
		v = holder->id;
		break;
	}
	snprintf(buf, size, "%llu", v);
	return buf;
}

const struct table_def holder_table = {
	.array = "holders",
	.columns = holder_columns,
	.nr = ARRAY_SIZE(holder_columns),
	.cell = holder_cell,
};

static u64 hash_of(const char *s)
{
	u64 h = 14695981039346656037ull;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211ull;
	return h;
}

static void insert(struct holders *all, enum holder_by by, size_t index)
{
	size_t mask = all->nr_slots[by] - 1;
	size_t i = all->list[by][index].hash & mask;

	while (all->slots[by][i])
		i = (i + 1) & mask;
	all->slots[by][i] = index + 1;
}

static void grow_slots(struct holders *all, enum holder_by by)
{
	size_t i;

	all->nr_slots[by] = all->nr_slots[by] ? all->nr_slots[by] * 2 : 64;
	free(all->slots[by]);
	all->slots[by] = xrealloc(NULL, all->nr_slots[by], sizeof(size_t));
	memset(all->slots[by], 0, all->nr_slots[by] * sizeof(size_t));
	for (i = 0; i < all->nr[by]; i++)
		insert(all, by, i);
}

/* The row for @key, a new one if there is none; @key is taken over. */
static struct holder *find(struct holders *all, enum holder_by by, char *key,
			   u64 id)
{
	u64 hash = hash_of(key);
	struct holder *holder;
	size_t i, mask;

	if (all->nr[by] * 2 >= all->nr_slots[by])
		grow_slots(all, by);
	mask = all->nr_slots[by] - 1;
	for (i = hash & mask; all->slots[by][i]; i = (i + 1) & mask) {
		holder = &all->list[by][all->slots[by][i] - 1];
		if (holder->hash == hash && !strcmp(holder->key, key)) {
			free(key);
			return holder;
		}
	}
	if (!(all->nr[by] & (all->nr[by] - 1)))
		all->list[by] = xrealloc(all->list[by],
					 all->nr[by] ? all->nr[by] * 2 : 1,
					 sizeof(*holder));
	holder = &all->list[by][all->nr[by]++];
	*holder = (struct holder){ .by = by, .key = key, .id = id, .hash = hash };
	insert(all, by, all->nr[by] - 1);
	return holder;
}

static void count(struct holder *holder, const struct task *task)
{
	holder->tasks += task->threads;
	holder->processes++;
	holder->zombies += task->state == 'Z';
}

static bool take(const struct task *task, void *data)
{
	struct holders *all = data;
	const struct options *opt = all->opt;
	char *cgroup;

	if (opt->has_uid && task->uid != opt->uid)
		return true;
	cgroup = cgroup_any(task->pid);
	if (opt->cgroup && !text_is_below(cgroup, opt->cgroup)) {
		free(cgroup);
		return true;
	}
	count(find(all, BY_PROCESS,
		   xasprintf("%s[%d]", task->name, (int)task->pid),
		   (u64)task->pid), task);
	count(find(all, BY_UID, xasprintf("uid %u", (unsigned int)task->uid),
		   task->uid), task);
	count(find(all, BY_CGROUP, cgroup, 0), task);
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct holder *l = a, *m = b;

	if (l->tasks != m->tasks)
		return l->tasks > m->tasks ? -1 : 1;
	if (l->id != m->id)
		return l->id < m->id ? -1 : 1;
	return strcmp(l->key, m->key);
}

static bool print(struct holders *all)
{
	const struct options *opt = all->opt;
	struct table *table = table_new(&holder_table, &opt->format);
	size_t i;
	bool ok;
	int by;

	for (by = 0; by < BY_NR; by++) {
		if (opt->by && strcmp(opt->by, by_names[by]))
			continue;
		if (all->nr[by])
			qsort(all->list[by], all->nr[by], sizeof(struct holder),
			      compare);
		for (i = 0; i < all->nr[by] && (!opt->top || i < opt->top); i++)
			table_add(table, &all->list[by][i]);
	}
	ok = table_print(table);
	table_free(table);
	return ok;
}

/**
 * cmd_holders() - forkfail holders
 * @opt: options
 * @argc: unused
 * @argv: unused
 *
 * Return: exit status.
 */
int cmd_holders(const struct options *opt, int argc __unused, char **argv __unused)
{
	struct holders all = { .opt = opt };
	size_t i;
	bool ok;
	int by;

	proc_set_root(opt->sysroot);
	proc_each(take, &all);
	if (proc_is_hidden())
		warnf("/proc hides the processes of others (hidepid): they are not counted");
	ok = print(&all);
	for (by = 0; by < BY_NR; by++) {
		for (i = 0; i < all.nr[by]; i++)
			free(all.list[by][i].key);
		free(all.list[by]);
		free(all.slots[by]);
	}
	return ok ? READER_OK : READER_OUTPUT;
}
