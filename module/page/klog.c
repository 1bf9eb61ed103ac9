// SPDX-License-Identifier: GPL-2.0-only
/*
 * klog.c - one kernel log line per cause and object in ten minutes
 *
 * In a fixed form, for log watchers:
 *
 *   forkfail: CAUSE errno=ERRNO count=N [limit=N in_use=N] [object="..."]; see /proc/forkfail
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/ktime.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#include "journal/journal.h"
#include "page/klog.h"
#include "page/logline.h"
#include "page/text.h"

#define QUIET_NS	(600ULL * NSEC_PER_SEC)
/* of all causes and objects, for anybody can make new objects */
#define MOST_LINES	100

bool ff_klog_on = true;

static bool room_for_a_line(u64 now)
{
	static u64 since;
	static unsigned int lines;

	if (!since || now >= since + QUIET_NS) {
		since = now;
		lines = 0;
	}
	if (lines == MOST_LINES)
		pr_notice("%u lines in ten minutes, the next ones are left out; see /proc/forkfail\n",
			  lines);
	return lines++ < MOST_LINES;
}

/**
 * ff_klog - print what has not been said for ten minutes
 *
 * In the worker.  May sleep.
 */
void ff_klog(void)
{
	u64 now = ktime_get_real_ns();
	char line[480];
	unsigned int i;

	ff_journal_lock();
	for (i = 0; i < ff_journal_nr_sums(); i++) {
		struct ff_text before, t = { .buf = line, .size = sizeof(line) };
		struct ff_sum *s = ff_journal_sum(i);

		if (!s->unlogged || (s->logged && now < s->logged + QUIET_NS))
			continue;
		if (READ_ONCE(ff_klog_on) && room_for_a_line(now)) {
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
				char name[FF_PATH_LEN + 64];
				struct ff_text o = { .buf = name, .size = sizeof(name) };

				ff_add_object(&o, s->scope, &s->object, s->object_path,
					      s->cause, &init_user_ns);
				before = t;
				ff_add(&t, " object=");
				ff_add_quoted(&t, name);
				if (t.full) {
					t = before;
					ff_add(&t, " object=\"(long)\"");
				}
			}
			pr_notice("%s; see /proc/forkfail\n", line);
		}
		s->logged = now;
		s->unlogged = 0;
	}
	ff_journal_unlock();
}
