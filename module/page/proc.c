// SPDX-License-Identifier: GPL-2.0-only
/*
 * proc.c - /proc/forkfail and /proc/forkfail_log
 *
 * Each open file has its own snapshot, rendered at the first read and then read from
 * memory by offset.  A shell reads 4,096 bytes and seeks back after every line; if each
 * read rendered the page again, the parts would not fit together.  After the end was
 * reached, a read at offset 0 takes a new snapshot.
 *
 * The memory is charged to the reader's memory cgroup.  Readers without CAP_SYSLOG can
 * have only a limited number of files open, shared fairly between payers; others are not
 * limited, so nobody can lock the operator out.  A reader holds a lock that others need
 * only while something is copied, with preemption disabled.
 *
 * An open file does not prevent unloading: /proc waits for operations that are running
 * and refuses later ones.  Nor does a file that is being polled: the task sleeps in a queue
 * that stays in memory if necessary (pollers.c).
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
#include "evidence/place_share.h"
#include "journal/journal.h"
#include "journal/pollers.h"
#include "page/proc.h"
#include "page/render.h"
#include "page/text.h"
#include "page/viewer.h"

/* More is needed only with many events, or with names that consist of escapes. */
#define FIRST_SIZE	(32 * 1024)
#define MOST_SIZE	(1024 * 1024)

DEFINE_FF_SHARE(open_files, FF_POLLERS_OWN);

/**
 * struct reader - an open file
 * @view: who opened it, and may see what
 * @log: it is the log, not the page
 * @place: its place in open_files, and the queue where it waits for news
 * @unqueued: the queue was full, so poll() always reports news
 * @lock: serializes reads; held while user memory is written, which may fault
 * @text: the snapshot
 * @ended: the snapshot was read to its end
 * @change: ff_journal_change() when the snapshot was taken
 */
struct reader {
	struct ff_viewer view;
	bool log;
	int place;
	bool unqueued;
	struct mutex lock;
	struct ff_text text;
	bool ended;
	u64 change;
};

static int forkfail_open(struct inode *inode, struct file *file)
{
	struct reader *r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);

	if (!r)
		return -ENOMEM;
	mutex_init(&r->lock);
	ff_viewer_init(&r->view, file->f_cred);
	r->log = !strcmp(file_dentry(file)->d_name.name, "forkfail_log");
	r->place = FF_POLLERS_ALL;
	if (!r->view.all) {
		r->place = ff_share_take(&open_files, &r->view.payer);
		if (r->place < 0) {
			kfree(r);
			return -EMFILE;
		}
		ff_pollers_open(r->place, &r->view, ff_viewer_sees);
	}
	file->private_data = r;
	return 0;
}

static int forkfail_release(struct inode *inode, struct file *file)
{
	struct reader *r = file->private_data;

	if (!r->view.all) {
		ff_pollers_close(r->place);
		ff_share_give(&open_files, r->place);
	}
	kvfree(r->text.buf);
	kfree(r);
	return 0;
}

/* Render into a larger buffer each time, until everything fits. */
static struct ff_text write_text(const struct reader *r, struct ff_copy *c)
{
	struct ff_text t = {}, larger = { .size = FIRST_SIZE };

	for (; larger.size <= MOST_SIZE; larger.size *= 2) {
		larger.buf = kvmalloc(larger.size, GFP_KERNEL_ACCOUNT);
		/* then show as much as did fit */
		if (!larger.buf)
			break;
		kvfree(t.buf);
		t = larger;
		t.buf[0] = '\0';
		if (r->log)
			ff_render_log(&t, &r->view, c);
		else
			ff_render_page(&t, &r->view, c);
		if (!t.full)
			break;
	}
	return t;
}

static u64 change_for(const struct reader *r)
{
	const struct ff_filter filter = { .sees = ff_viewer_sees, .who = &r->view };

	return ff_journal_change(&filter);
}

/* Under the reader's lock. */
static int render_file(struct reader *r)
{
	struct ff_text t = {};
	struct ff_copy *c;

	ff_journal_drain();
	/* an event after this may be in the snapshot or not: poll() reports it as news */
	WRITE_ONCE(r->change, change_for(r));
	c = ff_render_copy(&r->view, r->log);
	if (c)
		t = write_text(r, c);
	ff_render_free(c);
	if (!t.buf)
		return -ENOMEM;
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
		err = render_file(r);
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

	if (!ff_pollers_wait(r->place, file, wait))
		WRITE_ONCE(r->unqueued, true);
	/* accepted: another thread reads the first snapshot at this moment */
	if (READ_ONCE(r->unqueued) || !data_race(r->text.buf) ||
	    READ_ONCE(r->change) < change_for(r))
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
 * ff_proc_init - create both files
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
 * ff_proc_exit - remove both files
 *
 * May sleep: waits for operations that are running, and releases files that are still
 * open.
 */
void ff_proc_exit(void)
{
	remove_proc_entry("forkfail_log", NULL);
	remove_proc_entry("forkfail", NULL);
}
