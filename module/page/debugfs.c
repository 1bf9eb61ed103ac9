// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs.c - the files in debugfs: watch points and internal statistics
 */
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "evidence/dead_child.h"
#include "evidence/failing_call.h"
#include "evidence/pids_controller.h"
#include "evidence/restart_loop.h"
#include "evidence/thread_stack.h"
#include "hooks/attach.h"
#include "hooks/kernel_task_creators.h"
#include "hooks/verify.h"
#include "journal/inbox.h"
#include "journal/journal.h"
#include "page/debugfs.h"
#include "page/memory_usage.h"
#include "rules/classify.h"

static struct dentry *dir;

static int points_show(struct seq_file *m, void *unused)
{
	ff_hooks_show(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(points);

/* Names of the kinds of calls, except for dead children, which are counted by step. */
static const char * const call_kinds[FF_NR_CALL_KINDS] = {
	[FF_CALL_REFUSED]	= "refused",
	[FF_CALL_WITNESS]	= "witness",
	[FF_CALL_SHORT]		= "short",
	[FF_CALL_CREATOR]	= "creator",
	[FF_CALL_WATCHED]	= "watched",
	[FF_CALL_STACK]		= "stack",
};

/* The parts of missed and noroom in line 1 of the page. */
static void show_missed(struct seq_file *m)
{
	enum ff_call_kind kind;
	enum ff_step step;

	for (kind = 0; kind < FF_NR_CALL_KINDS; kind++)
		if (call_kinds[kind])
			seq_printf(m, "no_room_%s %llu\n", call_kinds[kind],
				   ff_call_no_room(kind));
	for (step = 0; step < FF_NR_STEPS; step++)
		if (ff_observe_no_room(step))
			seq_printf(m, "no_room_%s %llu\n", ff_step_names[step],
				   ff_observe_no_room(step));
	seq_printf(m, "unasked %llu\n", ff_observe_unasked());
	seq_printf(m, "creators_missed %lu\n", ff_creators_missed());
}

static int stats_show(struct seq_file *m, void *unused)
{
	const struct ff_memory_usage *f;
	unsigned int events, sums;

	ff_journal_count(&events, &sums);
	seq_printf(m, "events %u\n", events);
	seq_printf(m, "objects %u\n", sums);
	seq_printf(m, "lost %llu\n", ff_inbox_lost());
	seq_printf(m, "overwritten %llu\n", ff_journal_overwritten());
	show_missed(m);
	ff_verify_show(m);
	seq_printf(m, "restarting %d\n", atomic_read(&ff_restarting));
	seq_printf(m, "stacks_forgotten %lu\n", ff_stack_forgotten());
	seq_printf(m, "pids_mirror %s\n", ff_pids_state());
	for (f = ff_memory_usages; f->name; f++)
		seq_printf(m, "bytes_%s %zu\n", f->name, f->bytes());
	seq_printf(m, "bytes_total %zu\n", ff_memory_bytes());
	seq_printf(m, "bytes_each_cpu %zu\n", ff_memory_cpu_bytes());
	seq_printf(m, "possible_cpus %u\n", num_possible_cpus());
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

/**
 * ff_debugfs_init - create the directory
 *
 * May sleep.
 *
 * Return: 0.  Without debugfs there is no directory, and nothing depends on it.
 */
int ff_debugfs_init(void)
{
	dir = debugfs_create_dir("forkfail", NULL);
	debugfs_create_file("points", 0400, dir, NULL, &points_fops);
	debugfs_create_file("stats", 0400, dir, NULL, &stats_fops);
	return 0;
}

/**
 * ff_debugfs_exit - remove the directory
 *
 * May sleep: waits for readers.
 */
void ff_debugfs_exit(void)
{
	debugfs_remove(dir);
}
