// SPDX-License-Identifier: GPL-2.0-only
/*
 * render.c - the page and the log
 */
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/utsname.h>

#include "compat/compat.h"
#include "evidence/cross_check.h"
#include "evidence/dead_child.h"
#include "evidence/failing_call.h"
#include "evidence/syscall.h"
#include "evidence/thread_stack.h"
#include "hooks/attach.h"
#include "hooks/creators.h"
#include "hooks/selftest.h"
#include "hooks/syscall_hooks.h"
#include "journal/counts.h"
#include "journal/inbox.h"
#include "journal/journal.h"
#include "page/event_line.h"
#include "page/render.h"
#include "page/summary.h"
#include "page/text.h"
#include "page/viewer.h"

#define PAGE_EVENTS	24	/* of all that are held */

static u64 loaded_ns;		/* boot time */

/**
 * struct ff_copy - what one page is made of
 * @totals: failures by cause
 * @sums: pairs of cause and object
 * @nr_sums: how many
 * @has_newest: @newest is known
 * @newest: the newest failure
 * @claims: on whose account events are held; the first are for the page
 * @nr_shown: how many those are
 * @event: one of them at a time
 */
struct ff_copy {
	u64 totals[FF_NR_CAUSES];
	struct ff_sum sums[FF_SUMS];
	unsigned int nr_sums;
	bool has_newest;
	struct ff_event newest;
	struct ff_claim claims[FF_EVENTS];
	unsigned int nr_shown;
	struct ff_event event;
};

/**
 * ff_render_init - remember when the module was loaded
 */
void ff_render_init(void)
{
	loaded_ns = ktime_get_boottime_ns();
}

/* ---- what it is made of --------------------------------------------------- */

static int newer_first(const void *a, const void *b)
{
	const struct ff_claim *ca = a, *cb = b;

	return ca->age > cb->age ? -1 : ca->age < cb->age;
}

/*
 * Of more events than there is room for the newest of everybody: again and again the
 * newest of whoever has least on the page so far.
 */
static unsigned int choose(struct ff_claim *c, unsigned int n)
{
	unsigned int shown, i, next;
	u64 weight, least;

	for (shown = 0; shown < min_t(unsigned int, n, PAGE_EVENTS); shown++) {
		least = U64_MAX;
		for (i = next = shown; i < n; i++) {
			weight = ff_fair_weight(&c[i], c, shown, sizeof(*c));
			if (weight < least || (weight == least && c[i].age > c[next].age)) {
				least = weight;
				next = i;
			}
		}
		swap(c[shown], c[next]);
	}
	sort(c, shown, sizeof(*c), newer_first, NULL);
	return shown;
}

/**
 * ff_render_copy - take a copy of what is held
 * @view: who looks
 * @log: for the log, of which the events are copied later, one by one
 *
 * May sleep.
 *
 * Return: the copy, to be given to ff_render_free(); NULL if there is no memory.
 */
struct ff_copy *ff_render_copy(const struct ff_viewer *view, bool log)
{
	struct ff_filter filter = { .sees = ff_viewer_sees, .who = view };
	struct ff_copy *c = kvmalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);

	if (!c)
		return NULL;
	ff_self_test();
	if (!log) {
		/* before the totals, which are then not less than all rows together */
		c->nr_sums = view->all ? ff_journal_sums(c->sums) : 0;
		c->has_newest = ff_journal_newest(&filter, &c->newest);
		c->nr_shown = choose(c->claims, ff_journal_claims(&filter, c->claims));
	}
	ff_counts_read(c->totals);
	return c;
}

/**
 * ff_render_free - free a copy
 * @c: from ff_render_copy(), or NULL
 *
 * May sleep.
 */
void ff_render_free(struct ff_copy *c)
{
	kvfree(c);
}

/* ---- the first line ------------------------------------------------------ */

static void add_since_load(struct ff_text *t)
{
	u64 s = div_u64(ktime_get_boottime_ns() - loaded_ns, NSEC_PER_SEC);
	u32 sec, min, hour;
	u64 days;

	s = div_u64_rem(s, 60, &sec);
	s = div_u64_rem(s, 60, &min);
	days = div_u64_rem(s, 24, &hour);
	if (days)
		ff_add(t, "%llud%02uh ago", days, hour);
	else if (hour)
		ff_add(t, "%uh%02um ago", hour, min);
	else
		ff_add(t, "%um%02us ago", min, sec);
}

/* Failures that are in no event, or calls that may have been. */
static u64 ff_missed(void)
{
	unsigned int kind;
	u64 sum = ff_creators_missed() + ff_observe_unasked();

	for (kind = 0; kind < FF_NR_CALL_KINDS; kind++)
		sum += ff_call_no_room(kind);
	return sum;
}

static void add_header(struct ff_text *t, const u64 *totals)
{
	unsigned int wanted, armed;
	u64 blind;

	ff_syscall_hooks_count(&wanted, &armed);
	ff_add(t, "forkfail %d kernel %s loaded ", FORKFAIL_FORMAT, init_utsname()->release);
	add_since_load(t);
	ff_add(t, " points %u/%u missed %llu unexplained %llu restarts %llu lost %llu",
	       READ_ONCE(ff_watch.armed) + armed, READ_ONCE(ff_watch.wanted) + wanted,
	       ff_missed(),
	       totals[FORKFAIL_UNEXPLAINED], totals[FORKFAIL_SIGNAL_RESTART], ff_inbox_lost());
	if (totals[FF_COUNT_INTERNAL])
		ff_add(t, " internal %llu", totals[FF_COUNT_INTERNAL]);
	if (ff_syscall_fallbacks())
		ff_add(t, " clone3-enosys %llu", ff_syscall_fallbacks());
	if (!ff_stack_hooks_on() || !ff_syscall_hooks_on())
		ff_add(t, " notwatched %s", ff_syscall_hooks_on() ? "stacks" :
		       ff_stack_hooks_on() ? "syscalls" : "stacks,syscalls");
	if (FF_KERNEL_FACTS & FF_FACT_GUESSED)
		ff_add(t, " facts guessed");
	blind = ff_self_test_blind_since();
	if (blind) {
		ff_add(t, " blind since ");
		ff_add_time(t, blind);
	}
	ff_add(t, "\n");
}

/* ---- what is not seen ---------------------------------------------------- */

static void add_blindness(struct ff_text *t)
{
	const char *name, *blind;
	unsigned int i = 0;
	struct ff_gap gap;

	if (ff_self_test_blind_since())
		ff_add(t, "blind: %s do not fire; failures since then may be missing\n",
		       ff_self_test_reason());
	ff_self_test_gap(&gap);
	if (gap.nr) {
		ff_add(t, "blind: %s did not fire between ", gap.reason);
		ff_add_time(t, gap.from);
		ff_add(t, " and ");
		ff_add_time(t, gap.to);
		ff_add(t, gap.nr == 1 ? "; failures of then may be missing\n" :
		       "; failures of then may be missing, as of %u times before\n", gap.nr - 1);
	}
	while (ff_hooks_unarmed(&i, &name, &blind))
		ff_add(t, "blind: %s is not hooked: %s\n", name, blind);
	if (ff_call_no_room(FF_CALL_DEAD_CHILD) + ff_call_no_room(FF_CALL_REFUSED))
		ff_add(t, "blind: %llu failures were counted and not named: too many at once\n",
		       ff_call_no_room(FF_CALL_DEAD_CHILD) + ff_call_no_room(FF_CALL_REFUSED));
	if (ff_creators_missed() + ff_observe_unasked())
		ff_add(t, "blind: %llu failures of the kernel's own tasks were not asked for their errno\n",
		       ff_creators_missed() + ff_observe_unasked());
	if (ff_cross_check_disagreed())
		ff_add(t, "blind: %llu failures contradict what is known of this kernel; nothing is certain until the module is loaded again\n",
		       ff_cross_check_disagreed());
	if (ff_call_no_room(FF_CALL_STACK))
		ff_add(t, "blind: %llu mappings were not watched, too many at once; a thread's stack may be missing\n",
		       ff_call_no_room(FF_CALL_STACK));
	if (ff_stack_forgotten())
		ff_add(t, "blind: %lu mappings were not followed, too many at once; a thread's stack may be missing\n",
		       ff_stack_forgotten());
	if (ff_call_no_room(FF_CALL_ASKED))
		ff_add(t, "blind: %llu system calls were not watched: too many at once\n",
		       ff_call_no_room(FF_CALL_ASKED));
}

/* ---- the table ----------------------------------------------------------- */

static void add_row(struct ff_text *t, const char *cause, u64 count, u64 last, u64 now,
		    int err, bool has_limit, s64 limit, s64 in_use, const char *object)
{
	char cell[3][24] = {};
	struct ff_text c = { .buf = cell[0], .size = sizeof(cell[0]) }, before = *t;

	if (last)
		ff_add_age(&c, last, now);
	else
		strscpy(cell[0], "-", sizeof(cell[0]));
	strscpy(cell[1], "-", sizeof(cell[1]));
	strscpy(cell[2], "-", sizeof(cell[2]));
	if (has_limit) {
		c = (struct ff_text){ .buf = cell[1], .size = sizeof(cell[1]) };
		ff_add_number(&c, limit);
		c = (struct ff_text){ .buf = cell[2], .size = sizeof(cell[2]) };
		ff_add_number(&c, in_use);
	}
	ff_add(t, "%-28s %8llu %6s  ", cause, count, cell[0]);
	if (err && ff_errno_name(err))
		ff_add(t, "%-10s", ff_errno_name(err));
	else if (err)
		ff_add(t, "%-10d", abs(err));
	else
		ff_add(t, "%-10s", "-");
	ff_add(t, " %10s %10s  ", cell[1], cell[2]);
	ff_add_plain(t, *object ? object : "-");
	ff_add(t, "\n");
	ff_text_whole(t, &before);
}

/* One of the same name that has gone: only the newest is called by it alone. */
static bool has_successor(const struct ff_copy *c, const struct ff_sum *s)
{
	const struct ff_sum *o;

	for (o = c->sums; o < c->sums + c->nr_sums; o++)
		if (o->cause == s->cause && o->scope == s->scope &&
		    o->object.id != s->object.id && o->object.inum == s->object.inum &&
		    uid_eq(o->object.uid, s->object.uid) &&
		    !strcmp(o->object_path, s->object_path) && o->last > s->last)
			return true;
	return false;
}

/*
 * By cause and object for those who may see whose; by cause alone for the
 * others, with the newest of their own events.  Failures that are in no row
 * (more objects than there is room for, or lost) get a row of their own, so
 * that the counts of a cause always add up to its total.
 */
static void add_table(struct ff_text *t, const struct ff_viewer *view, const struct ff_copy *c,
		      u64 now)
{
	char object[FF_PATH_LEN + 64];
	unsigned int cause, i;

	ff_add(t, "\n%-28s %8s %6s  %-10s %10s %10s  %s\n", "cause", "count", "last", "errno",
	       "limit", "in_use", "object");
	for (cause = 0; cause < FF_NR_CAUSES; cause++) {
		u64 rest = c->totals[cause];

		if (!rest || cause == FORKFAIL_SIGNAL_RESTART || cause == FF_COUNT_INTERNAL)
			continue;
		for (i = 0; i < c->nr_sums; i++) {
			const struct ff_sum *s = &c->sums[i];
			struct ff_text o = { .buf = object, .size = sizeof(object) };

			if (s->cause != cause)
				continue;
			object[0] = '\0';
			ff_add_object(&o, s->scope, &s->object,
				      ff_viewer_path(view, s->object_path), cause, view->user_ns);
			if (has_successor(c, s))
				ff_add(&o, " (earlier)");
			add_row(t, ff_cause_id(cause), s->count, s->last, now, s->err,
				s->has_limit, s->limit, s->in_use, object);
			rest -= min(rest, s->count);
		}
		if (rest)
			add_row(t, ff_cause_id(cause), rest, 0, now, 0, false, 0, 0, "");
	}
}

/**
 * ff_render_page - write the page
 * @t: where to; what does not fit is left out by whole lines, and @t->full says so
 * @view: who looks
 * @c: the copy that it is made of
 *
 * May sleep.
 */
void ff_render_page(struct ff_text *t, const struct ff_viewer *view, struct ff_copy *c)
{
	u64 now = ktime_get_boottime_ns();
	unsigned int i;

	add_header(t, c->totals);
	ff_add_answer(t, view, c->has_newest ? &c->newest : NULL, now);
	add_blindness(t);
	add_table(t, view, c, now);
	ff_add(t, "\n");
	for (i = 0; i < c->nr_shown; i++)
		if (ff_journal_find(c->claims[i].age, &c->event))
			ff_add_event(t, view, &c->event);
}

/**
 * ff_render_log - write the log
 * @t: where to, as above
 * @view: who looks
 * @c: the copy that it is made of
 *
 * May sleep.
 */
void ff_render_log(struct ff_text *t, const struct ff_viewer *view, struct ff_copy *c)
{
	struct ff_filter filter = { .sees = ff_viewer_sees, .who = view };
	unsigned int n = 0;
	u64 seq = 0;

	add_header(t, c->totals);
	/* new ones may come faster than they are written down */
	while (!t->full && n++ < FF_EVENTS && ff_journal_next(&filter, seq, &c->event)) {
		seq = c->event.seq;
		ff_add_event(t, view, &c->event);
	}
}
