// SPDX-License-Identifier: GPL-2.0-only
/*
 * proc.c - /proc/forkfail and /proc/forkfail_log
 *
 * Each opener has a snapshot of its own, rendered at the first read and served
 * from memory by offset: a shell reads 4,096 bytes and seeks back after every
 * line, and would see a torn page if each read rendered anew.  A read at offset
 * 0 after the end was reached renders again.
 *
 * The memory is charged to the reader.  What openers without CAP_SYSLOG can hold
 * open at once is bounded, and shared between payers; others are not, so that nobody
 * can keep the operator out.  A reader holds no lock that another one needs but while
 * something is copied, with preemption off.
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
#include "evidence/payer.h"
#include "journal/journal.h"
#include "journal/pollers.h"
#include "page/proc.h"
#include "page/render.h"
#include "page/text.h"
#include "page/viewer.h"

#define MOST_OPEN	256	/* by openers who see only their own */

/* It takes more only with many events, or with names that are all escapes. */
#define FIRST_SIZE	(32 * 1024)
#define MOST_SIZE	(512 * 1024)

static struct ff_share open_files = { .size = MOST_OPEN };

/**
 * struct reader - an open file
 * @view: who opened it
 * @log: it is the log, not the page
 * @queue: where it waits for news
 * @unqueued: nobody will tell it, so it is always said to have some
 * @lock: one read at a time; may be held while the reader's memory is written
 * @text: the snapshot
 * @ended: it was read to its end
 * @generation: the queue's, when the snapshot was made
 */
struct reader {
	struct ff_viewer view;
	bool log;
	u8 queue;
	bool unqueued;
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
	ff_viewer_init(&r->view, file->f_cred);
	r->queue = ff_pollers_queue(r->view.all, &r->view.payer);
	r->log = !strcmp(file_dentry(file)->d_name.name, "forkfail_log");
	if (!r->view.all && !ff_share_take(&open_files, &r->view.payer)) {
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
		ff_share_give(&open_files, &r->view.payer);
	kvfree(r->text.buf);
	kfree(r);
	return 0;
}

/* Once more with more room, until all of it fits. */
static struct ff_text write_text(const struct reader *r, struct ff_copy *c)
{
	struct ff_text t = {}, larger = { .size = FIRST_SIZE };

	for (; larger.size <= MOST_SIZE; larger.size *= 2) {
		larger.buf = kvmalloc(larger.size, GFP_KERNEL_ACCOUNT);
		/* what fits is better than nothing */
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

/* Under the reader's lock. */
static int render_file(struct reader *r)
{
	struct ff_text t = {};
	struct ff_copy *c;

	ff_journal_drain();
	/* what comes behind this is in the snapshot or not: there may be news */
	WRITE_ONCE(r->generation, ff_pollers_generation(r->queue));
	/* before anything is copied */
	smp_mb();
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

	if (!ff_pollers_wait(r->queue, file, wait))
		WRITE_ONCE(r->unqueued, true);
	/* while one reads and another polls it has a snapshot, or is about to have it */
	if (READ_ONCE(r->unqueued) || !data_race(r->text.buf) ||
	    READ_ONCE(r->generation) != ff_pollers_generation(r->queue))
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
