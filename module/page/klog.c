// SPDX-License-Identifier: GPL-2.0-only
/*
 * klog.c - one kernel log line per cause and object in ten minutes
 *
 * The form is fixed, for programs that watch the log:
 *
 *   forkfail: CAUSE errno=ERRNO count=N [limit=N in_use=N] [object="..."] comm="..." pid=N;
 *   see /proc/forkfail
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#include "evidence/place_share.h"
#include "journal/journal.h"
#include "page/event_line.h"
#include "page/klog.h"
#include "page/text.h"

#define QUIET_NS	(600ULL * NSEC_PER_SEC)
/* in all, because anybody can create new objects; shared fairly between payers */
#define MOST_LINES	100

bool ff_klog_on = true;

/* How many lines each payer has had since @since; used by the worker only. */
DEFINE_FF_SHARE(lines, MOST_LINES);
static u64 since;
static bool said;

static bool room_for_a_line(u64 now, const struct ff_payer *payer)
{
	if (!since || now >= since + QUIET_NS) {
		since = now;
		said = false;
		ff_share_clear(&lines);
	}
	if (ff_share_take(&lines, payer) >= 0)
		return true;
	if (!said)
		pr_notice("%u lines in ten minutes; further lines of the same users are left out; see /proc/forkfail\n",
			  atomic_read(&lines.taken));
	said = true;
	return false;
}

static void print_line(const struct ff_sum *s)
{
	char name[FF_PATH_LEN + 64] = "", line[560];
	struct ff_text before, t = { .buf = line, .size = sizeof(line) };
	struct ff_text o = { .buf = name, .size = sizeof(name) };

	ff_add(&t, "%s errno=", ff_cause_id(s->cause));
	ff_add_errno(&t, s->err);
	ff_add(&t, " count=%llu", s->unlogged);
	if (s->has_limit) {
		ff_add(&t, " limit=");
		ff_add_number(&t, s->limit);
		ff_add(&t, " in_use=");
		ff_add_number(&t, s->in_use);
	}
	if (s->scope != FORKFAIL_SCOPE_NONE) {
		ff_add_object(&o, s->scope, &s->object, s->object_path, s->cause, &init_user_ns);
		before = t;
		ff_add(&t, " object=");
		ff_add_quoted(&t, name);
		/* leave room for command and pid */
		if (t.full || t.size - t.len < 4 * TASK_COMM_LEN + 32) {
			t = before;
			ff_add(&t, " object=\"(long)\"");
		}
	}
	ff_add(&t, " comm=");
	ff_add_quoted(&t, s->comm);
	ff_add(&t, " pid=%d", s->tgid);
	pr_notice("%s; see /proc/forkfail\n", line);
}

/**
 * ff_klog - log new failures whose last line is older than ten minutes
 *
 * In the worker.  May sleep.
 */
void ff_klog(void)
{
	u64 now = ktime_get_boottime_ns();
	struct ff_sum s;

	while (ff_journal_unlogged(now, QUIET_NS, &s)) {
		if (READ_ONCE(ff_klog_on) && room_for_a_line(now, &s.claim.payer))
			print_line(&s);
		cond_resched();
	}
}
