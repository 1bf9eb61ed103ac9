// SPDX-License-Identifier: GPL-2.0-only
/*
 * proc.c - /proc/forkfail and /proc/forkfail_log
 *
 * Each opener has a snapshot of its own, rendered at the first read and served
 * from memory by offset: a shell reads 4,096 bytes and seeks back after every
 * line, and would see a torn page if each read rendered anew.  A read at offset
 * 0 after the end was reached renders again.
 *
 * The memory is charged to the reader.  What an opener without CAP_SYSLOG can
 * hold open at once, all of them together, is bounded; others are not, so that
 * nobody can keep the operator out.
 *
 * An open file does not keep the module from being unloaded: /proc waits for
 * operations that are under way and refuses later ones.  Nor does one that is
 * polled: whoever sleeps in poll() stands in a queue that outlives the module
 * if need be (journal.c).
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/proc_fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat/compat.h"
#include "journal/journal.h"
#include "page/proc.h"
#include "page/report.h"
#include "page/text.h"
#include "page/view.h"

#define MOST_OPEN	256	/* by openers who see only their own */

static atomic_t nr_open = ATOMIC_INIT(0);

/**
 * struct reader - an open file
 * @view: who opened it
 * @log: it is the log, not the page
 * @lock: one read at a time; may be held while the reader's memory is written
 * @text: the snapshot
 * @ended: it was read to its end
 * @generation: the journal's, when the snapshot was made
 */
struct reader {
	struct ff_view view;
	bool log;
	struct mutex lock;
	struct ff_text text;
	bool ended;
	u64 generation;
};

static int forkfail_open(struct inode *inode, struct file *file)
{
	struct reader *r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);

	if (!r)
		return -ENOMEM;
	mutex_init(&r->lock);
	ff_view_fill(&r->view, file->f_cred);
	r->log = !strcmp(file_dentry(file)->d_name.name, "forkfail_log");
	if (!r->view.all && atomic_inc_return(&nr_open) > MOST_OPEN) {
		atomic_dec(&nr_open);
		kfree(r);
		return -EMFILE;
	}
	file->private_data = r;
	return 0;
}

static int forkfail_release(struct inode *inode, struct file *file)
{
	struct reader *r = file->private_data;

	if (!r->view.all)
		atomic_dec(&nr_open);
	kvfree(r->text.buf);
	kfree(r);
	return 0;
}

/* Under the reader's lock. */
static int render(struct reader *r)
{
	struct ff_text t = {};

	/* events may be added while memory is found; they are for the next time */
	ff_journal_lock();
	ff_journal_drain();
	t.size = r->log ? ff_report_log_size() : ff_report_page_size();
	ff_journal_unlock();
	t.buf = kvzalloc(t.size, GFP_KERNEL_ACCOUNT);
	if (!t.buf)
		return -ENOMEM;
	ff_journal_lock();
	WRITE_ONCE(r->generation, ff_journal_generation());
	if (r->log)
		ff_report_log(&t, &r->view);
	else
		ff_report_page(&t, &r->view);
	ff_journal_unlock();
	kvfree(r->text.buf);
	r->text = t;
	r->ended = false;
	return 0;
}

static ssize_t forkfail_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct reader *r = file->private_data;
	ssize_t n;
	int err;

	if (mutex_lock_interruptible(&r->lock))
		return -EINTR;
	if (!r->text.buf || (!*pos && r->ended)) {
		err = render(r);
		if (err) {
			mutex_unlock(&r->lock);
			return err;
		}
	}
	n = simple_read_from_buffer(buf, size, pos, r->text.buf, r->text.len);
	if (!n && size)
		r->ended = true;
	mutex_unlock(&r->lock);
	return n;
}

static __poll_t forkfail_poll(struct file *file, struct poll_table_struct *wait)
{
	struct reader *r = file->private_data;

	ff_journal_poll(file, wait);
	/* while one reads and another polls it has a snapshot, or is about to have it */
	if (!data_race(r->text.buf) || READ_ONCE(r->generation) != ff_journal_generation())
		return EPOLLIN | EPOLLRDNORM | EPOLLPRI;
	return 0;
}

static const struct proc_ops forkfail_ops = {
	.proc_open	= forkfail_open,
	.proc_read	= forkfail_read,
	.proc_lseek	= default_llseek,
	.proc_poll	= forkfail_poll,
	.proc_release	= forkfail_release,
};

/**
 * ff_proc_init - make both files
 *
 * May sleep.
 *
 * Return: 0 or -ENOMEM.
 */
int ff_proc_init(void)
{
	if (!proc_create("forkfail", 0444, NULL, &forkfail_ops))
		return -ENOMEM;
	if (!proc_create("forkfail_log", 0444, NULL, &forkfail_ops)) {
		remove_proc_entry("forkfail", NULL);
		return -ENOMEM;
	}
	return 0;
}

/**
 * ff_proc_exit - remove them
 *
 * May sleep: waits for operations that are under way and releases what is
 * still open.
 */
void ff_proc_exit(void)
{
	remove_proc_entry("forkfail_log", NULL);
	remove_proc_entry("forkfail", NULL);
}
