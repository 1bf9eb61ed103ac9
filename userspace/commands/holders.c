// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forkfail holders: who has how many processes and threads.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "advice.h"
#include "filter.h"
#include "proc.h"

static const char * const by_names[] = {
#define X(symbol, name) name,
	HOLDERS_BY(X)
#undef X
};

static_assert(ARRAY_SIZE(by_names) == HOLDERS_NR_BY, "a way of counting has no name");

/* Longer than any process name can be, so that no process can imitate it. */
#define KERNEL_THREADS	"(kernel threads)"

/**
 * struct holder - one row
 * @by: what kind
 * @key: what tasks are grouped by: "NAME[PID]", a name, "uid N" or a path
 * @id: pid or uid
 * @hash: of @key
 * @tasks: threads and processes
 * @processes: processes, zombies included
 * @zombies: dead processes that nobody has waited for
 * @parent: whose children the zombies are, 0 if there is none, -1 if there are several
 * @cgroup: the cgroup of all its tasks, NULL if there are several; allocated
 */
struct holder {
	enum holders_by by;
	char *key;
	u64 id;
	u64 hash;
	u64 tasks;
	u64 processes;
	u64 zombies;
	pid_t parent;
	char *cgroup;
};

struct holders {
	const struct options *opt;
	struct holder *list[HOLDERS_NR_BY];
	size_t nr[HOLDERS_NR_BY];
	/* Open addressing over uid and cgroup rows: index + 1. */
	size_t *slots[HOLDERS_NR_BY];
	size_t nr_slots[HOLDERS_NR_BY];
};

enum holder_column {
	COL_BY, COL_HOLDER, COL_TASKS, COL_PROCESSES, COL_ZOMBIES, COL_PARENT, COL_POD,
	COL_CONTAINER, COL_ID,
};

static const struct column holder_columns[] = {
	[COL_BY] = { "BY", 0, COLUMN_DEFAULT,
		     "what tasks are grouped by: process, comm, user or cgroup" },
	[COL_HOLDER] = { "HOLDER", 0, COLUMN_DEFAULT | COLUMN_WRAP,
			 "NAME[PID], program, uid or cgroup's path; kernel threads are one row" },
	[COL_TASKS] = { "TASKS", 0, COLUMN_DEFAULT | COLUMN_NUMBER,
			"processes and threads together, zombies included" },
	[COL_PROCESSES] = { "PROCESSES", 0, COLUMN_DEFAULT | COLUMN_NUMBER,
			    "processes, zombies included" },
	[COL_ZOMBIES] = { "ZOMBIES", 0, COLUMN_DEFAULT | COLUMN_NUMBER,
			  "dead processes whose parent has not waited for them" },
	[COL_PARENT] = { "PARENT", 0, COLUMN_PROGRAM,
			 "NAME[PID] that does not wait for the zombies; shown if there are any" },
	[COL_POD] = { "POD", 0, COLUMN_PROGRAM | COLUMN_WRAP,
		      "uid of the pod, if the cgroup's path has it; shown if there are any" },
	[COL_CONTAINER] = { "CONTAINER", 0, COLUMN_PROGRAM,
			    "container, if the cgroup's path has it; shown if there are any" },
	[COL_ID] = { "ID", 0, COLUMN_NUMBER, "PID or uid" },
};

/* Kernel threads cannot be stopped: they are one row, the last. */
static bool is_kernel(const struct holder *holder)
{
	return !strcmp(holder->key, KERNEL_THREADS);
}

/* The parent that does not wait for the zombies. */
static const char *parent_cell(const struct holder *holder, char *buf, size_t size)
{
	struct task parent;

	if (!holder->parent)
		return NULL;
	if (holder->parent < 0)
		return "several";
	if (!proc_task(&parent, holder->parent))
		snprintf(buf, size, "[%d]", (int)holder->parent);
	else
		snprintf(buf, size, "%s[%d]", parent.name, (int)holder->parent);
	return buf;
}

static const char *name_cell(const struct holder *holder, enum forkfail_word word, char *buf,
			     size_t size)
{
	char *name = holder->cgroup ? advice_name(holder->cgroup, word) : NULL;

	if (!name)
		return NULL;
	snprintf(buf, size, "%s", name);
	free(name);
	return buf;
}

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
	case COL_PARENT:
		return parent_cell(holder, buf, size);
	case COL_POD:
		return name_cell(holder, FORKFAIL_WORD_POD, buf, size);
	case COL_CONTAINER:
		return name_cell(holder, FORKFAIL_WORD_CONTAINER, buf, size);
	case COL_ID:
		if (holder->by == HOLDERS_BY_CGROUP || holder->by == HOLDERS_BY_COMM ||
		    is_kernel(holder))
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

static void insert(struct holders *all, enum holders_by by, size_t index)
{
	size_t mask = all->nr_slots[by] - 1;
	size_t i = all->list[by][index].hash & mask;

	while (all->slots[by][i])
		i = (i + 1) & mask;
	all->slots[by][i] = index + 1;
}

static void grow_slots(struct holders *all, enum holders_by by)
{
	size_t i;

	all->nr_slots[by] = all->nr_slots[by] ? all->nr_slots[by] * 2 : 64;
	free(all->slots[by]);
	all->slots[by] = xrealloc(NULL, all->nr_slots[by], sizeof(size_t));
	memset(all->slots[by], 0, all->nr_slots[by] * sizeof(size_t));
	for (i = 0; i < all->nr[by]; i++)
		insert(all, by, i);
}

/* The row for @key, created if necessary; takes ownership of @key. */
static struct holder *find(struct holders *all, enum holders_by by, char *key,
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

static struct holder *find_process(struct holders *all, const struct task *task)
{
	if (task->kernel)
		return find(all, HOLDERS_BY_PROCESS, xstrdup(KERNEL_THREADS), 0);
	return find(all, HOLDERS_BY_PROCESS, xasprintf("%s[%d]", task->name, (int)task->pid),
		    (u64)task->pid);
}

static void count(struct holder *holder, const struct task *task, const char *cgroup)
{
	holder->tasks += task->threads;
	if (!holder->processes++) {
		holder->cgroup = xstrdup(cgroup);
	} else if (holder->cgroup && strcmp(holder->cgroup, cgroup)) {
		free(holder->cgroup);
		holder->cgroup = NULL;
	}
	if (task->state != 'Z')
		return;
	if (!holder->zombies++)
		holder->parent = task->parent;
	else if (holder->parent != task->parent)
		holder->parent = -1;
}

static bool take(const struct task *task, void *data)
{
	struct holders *all = data;
	const struct options *opt = all->opt;
	char *cgroup;

	if (opt->has_uid && task->uid != opt->uid)
		return true;
	cgroup = cgroup_any(task->pid);
	if (!filter_is_in_cgroup(opt, cgroup)) {
		free(cgroup);
		return true;
	}
	count(find_process(all, task), task, cgroup);
	count(find(all, HOLDERS_BY_COMM, xstrdup(task->kernel ? KERNEL_THREADS : task->name), 0),
	      task, cgroup);
	count(find(all, HOLDERS_BY_USER, xasprintf("uid %u", (unsigned int)task->uid),
		   task->uid), task, cgroup);
	count(find(all, HOLDERS_BY_CGROUP, xstrdup(cgroup), 0), task, cgroup);
	free(cgroup);
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct holder *l = a, *m = b;

	if (is_kernel(l) != is_kernel(m))
		return is_kernel(l) ? 1 : -1;
	if (l->tasks != m->tasks)
		return l->tasks > m->tasks ? -1 : 1;
	if (l->id != m->id)
		return l->id < m->id ? -1 : 1;
	return strcmp(l->key, m->key);
}

/* Is there a value in a column that is shown only if there is one? */
static bool is_there(const struct holders *all, enum holder_column column)
{
	char buf[256];
	size_t i;
	int by;

	for (by = 0; by < HOLDERS_NR_BY; by++)
		for (i = 0; i < all->nr[by]; i++)
			if (column == COL_PARENT ? all->list[by][i].parent :
			    name_cell(&all->list[by][i], column == COL_POD ?
				      FORKFAIL_WORD_POD : FORKFAIL_WORD_CONTAINER, buf,
				      sizeof(buf)) != NULL)
				return true;
	return false;
}

static void choose_columns(const struct holders *all, struct table_format *format,
			   char *list, size_t size)
{
	if (format->columns || format->mode != TABLE_HUMAN)
		return;
	snprintf(list, size, "+%s%s%sTASKS",
		 is_there(all, COL_PARENT) ? "PARENT," : "",
		 is_there(all, COL_POD) ? "POD," : "",
		 is_there(all, COL_CONTAINER) ? "CONTAINER," : "");
	format->columns = list;
}

static bool print(struct holders *all)
{
	const struct options *opt = all->opt;
	struct table_format format = opt->format;
	struct table *table;
	char columns[64];
	size_t i;
	bool ok;
	int by;

	choose_columns(all, &format, columns, sizeof(columns));
	table = table_new(&holder_table, &format);
	for (by = 0; by < HOLDERS_NR_BY; by++) {
		if (opt->by && !(opt->by & 1u << by))
			continue;
		if (all->nr[by])
			qsort(all->list[by], all->nr[by], sizeof(struct holder),
			      compare);
		for (i = 0; i < all->nr[by]; i++)
			if (!opt->top || i < opt->top || is_kernel(&all->list[by][i]))
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
	if (opt->cgroup)
		free(cgroup_typed(opt->cgroup));
	proc_each(take, &all);
	if (proc_is_hidden())
		warnf("/proc hides other users' processes (hidepid): they are not counted");
	if (!all.nr[HOLDERS_BY_USER])
		warnf("no process matches");
	ok = print(&all);
	for (by = 0; by < HOLDERS_NR_BY; by++) {
		for (i = 0; i < all.nr[by]; i++) {
			free(all.list[by][i].key);
			free(all.list[by][i].cgroup);
		}
		free(all.list[by]);
		free(all.slots[by]);
	}
	return ok ? READER_OK : READER_OUTPUT;
}
