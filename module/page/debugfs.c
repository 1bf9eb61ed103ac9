// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs.c - forkfail about itself: watch points and internal statistics
 */
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "page/debugfs.h"
#include "page/footprint.h"
#include "journal/inbox.h"
#include "journal/journal.h"
#include "evidence/pids.h"
#include "evidence/stack.h"
#include "hooks/watch.h"

static struct dentry *dir;

static int points_show(struct seq_file *m, void *unused)
{
	ff_watch_show(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(points);

static int stats_show(struct seq_file *m, void *unused)
{
	const struct ff_footprint *f;
	unsigned int events, sums;

	ff_journal_count(&events, &sums);
	seq_printf(m, "events %u\n", events);
	seq_printf(m, "objects %u\n", sums);
	seq_printf(m, "lost %llu\n", ff_inbox_lost());
	seq_printf(m, "overwritten %llu\n", ff_journal_overwritten());
	seq_printf(m, "missed %lu\n", ff_watch_missed());
	seq_printf(m, "stacks_forgotten %lu\n", ff_stack_forgotten());
	seq_printf(m, "pids_mirror %s\n", ff_pids_state());
	for (f = ff_footprints; f->name; f++)
		seq_printf(m, "bytes_%s %zu\n", f->name, f->bytes());
	seq_printf(m, "bytes_total %zu\n", ff_footprint_bytes());
	seq_printf(m, "bytes_each_cpu %zu\n", ff_footprint_cpu_bytes());
	seq_printf(m, "possible_cpus %u\n", num_possible_cpus());
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

/**
 * ff_debugfs_init - make the folder
 *
 * May sleep.
 *
 * Return: 0; without debugfs there is none, and nothing depends on it.
 */
int ff_debugfs_init(void)
{
	dir = debugfs_create_dir("forkfail", NULL);
	debugfs_create_file("points", 0400, dir, NULL, &points_fops);
	debugfs_create_file("stats", 0400, dir, NULL, &stats_fops);
	return 0;
}

/**
 * ff_debugfs_exit - remove it
 *
 * May sleep: waits for readers.
 */
void ff_debugfs_exit(void)
{
	debugfs_remove(dir);
}
