// SPDX-License-Identifier: GPL-2.0-only
/*
 * render.c - writes the page and the log
 */
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/utsname.h>

#include "../../uapi/tested.h"
#include "compat/compat.h"
#include "evidence/cross_check.h"
#include "evidence/dead_child.h"
#include "evidence/failing_call.h"
#include "evidence/syscall.h"
#include "evidence/thread_stack.h"
#include "hooks/attach.h"
#include "hooks/kernel_task_creators.h"
#include "hooks/selftest.h"
#include "hooks/switches.h"
#include "journal/counts_by_cause.h"
#include "journal/inbox.h"
#include "journal/journal.h"
#include "page/event_line.h"
#include "page/render.h"
#include "page/answer.h"
#include "page/text.h"
#include "page/viewer.h"
#include "rules/classify.h"

#define PAGE_EVENTS	24	/* how many events the page shows */
#define PAGE_ROWS	12	/* how many rows are above the events */

static u64 loaded_ns;		/* boot time */
static u64 load_id;		/* random: differs between loads and boots */

/**
 * struct ff_copy - everything that one page is made of
 * @totals: failures by cause
 * @sums: failures by cause and object; those to show above the events come first
 * @nr_sums: how many sums there are
 * @answer: the failure that the first lines are about
 * @weights: for ff_fair_choose()
 * @events: all events; the first @nr_shown are those to show
 * @nr_shown: how many events to show
 * @event: a copy of one event at a time
 */
struct ff_copy {
	u64 totals[FF_NR_CAUSES];
	struct ff_sum sums[FF_SUMS];
	unsigned int nr_sums;
	struct ff_answer answer;
	u64 weights[FF_FAIR_MOST];
	struct ff_brief events[FF_EVENTS];
	unsigned int nr_shown;
	struct ff_event event;
};

/**
 * ff_render_init - remember when the module was loaded, and give this load an id
 */
void ff_render_init(void)
{
	loaded_ns = ktime_get_boottime_ns();
	load_id = get_random_u64();
}

/* ---- the copy --------------------------------------------------------------- */

static int newer_first(const void *a, const void *b)
{
	const struct ff_brief *ba = a, *bb = b;

	return ba->claim.age > bb->claim.age ? -1 : ba->claim.age < bb->claim.age;
}

/*
 * Put the event that the first lines are about at the front, so that it is shown in any
 * case.  Return: how many were put there.
 */
static unsigned int put_first(struct ff_brief *b, unsigned int n, u64 seq)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (b[i].claim.age == seq) {
			swap(b[0], b[i]);
			return 1;
		}
	return 0;
}

static int newer_row_first(const void *a, const void *b)
{
	const struct ff_sum *sa = a, *sb = b;

	return sa->last > sb->last ? -1 : sa->last < sb->last;
}

/* They are no failures of a program.  Return: how many events are left. */
static unsigned int drop_selftests(struct ff_brief *b, unsigned int n)
{
	unsigned int i, left = 0;

	for (i = 0; i < n; i++)
		if (b[i].kind != FORKFAIL_KIND_SELFTEST)
			b[left++] = b[i];
	return left;
}

static void copy_events(struct ff_copy *c, const struct ff_viewer *view)
{
	struct ff_filter filter = { .sees = ff_viewer_sees, .who = view };
	unsigned int n = ff_journal_briefs(&filter, c->events), first = 0;

	n = drop_selftests(c->events, n);
	ff_answer_choose(&c->answer, view, c->events, n);
	if (c->answer.ranking.nr)
		first = put_first(c->events, n, c->answer.event.seq);
	/* it is newer than the copy if the most urgent one was overwritten meanwhile */
	if (c->answer.ranking.nr && !first) {
		first = put_first(c->events, n, c->answer.ranking.group[0].newest);
		c->events[0].claim = c->answer.event.claim;
	}
	c->nr_shown = ff_fair_choose(c->events, n, sizeof(*c->events), first, PAGE_EVENTS,
				     c->weights);
	sort(c->events, c->nr_shown, sizeof(*c->events), newer_first, NULL);
}

/* A storm of one user at many objects must not push the rows of others off the screen. */
static void copy_sums(struct ff_copy *c)
{
	unsigned int above, n = ff_journal_sums(c->sums);

	above = ff_fair_choose(c->sums, n, sizeof(*c->sums), 0, PAGE_ROWS, c->weights);
	sort(c->sums, above, sizeof(*c->sums), newer_row_first, NULL);
	sort(c->sums + above, n - above, sizeof(*c->sums), newer_row_first, NULL);
	c->nr_sums = n;
}

/**
 * ff_render_copy - copy what the page or the log is made of
 * @view: the reader
 * @log: for the log, whose events are copied later, one by one
 *
 * May sleep.
 *
 * Return: the copy, which ff_render_free() frees; NULL if there is no memory.
 */
struct ff_copy *ff_render_copy(const struct ff_viewer *view, bool log)
{
	struct ff_copy *c = kvmalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);

	if (!c)
		return NULL;
	ff_self_test();
	if (!log) {
		/* rows before totals, so that the rows never add up to more than the total */
		c->nr_sums = 0;
		if (view->all)
			copy_sums(c);
		copy_events(c, view);
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

/* Calls that may have failed, and whose return value was not looked at. */
static u64 ff_missed(void)
{
	return ff_creators_missed() + ff_observe_unasked() + ff_call_no_room(FF_CALL_SHORT) +
	       ff_call_no_room(FF_CALL_WATCHED) + ff_call_no_room(FF_CALL_STACK);
}

static void add_header(struct ff_text *t, const u64 *totals)
{
	bool syscalls = ff_switch_is_on(FF_SWITCH_SYSCALLS);
	bool stacks = ff_switch_is_on(FF_SWITCH_STACKS);
	u64 blind;

	ff_add(t, "forkfail %d kernel %s loaded ", FORKFAIL_FORMAT, init_utsname()->release);
	add_since_load(t);
	ff_add(t, " points %u/%u missed %llu unexplained %llu restarts %llu lost %llu",
	       READ_ONCE(ff_watch.armed), READ_ONCE(ff_watch.wanted),
	       ff_missed(),
	       totals[FORKFAIL_UNEXPLAINED], totals[FORKFAIL_SIGNAL_RESTART], ff_inbox_lost());
	if (totals[FF_COUNT_INTERNAL])
		ff_add(t, " internal %llu", totals[FF_COUNT_INTERNAL]);
	if (ff_syscall_fallbacks())
		ff_add(t, " clone3-enosys %llu", ff_syscall_fallbacks());
	if (!stacks || !syscalls)
		ff_add(t, " notwatched %s", syscalls ? "stacks" :
		       stacks ? "syscalls" : "stacks,syscalls");
	if (FF_KERNEL_FACTS & FF_FACT_GUESSED)
		ff_add(t, " facts guessed");
	ff_add(t, " version %s%s", THIS_MODULE->version,
	       forkfail_is_tested(init_utsname()->release) ? "" : " tested no");
	ff_add(t, " noroom %llu load %016llx", ff_call_failures_without_room(), load_id);
	if (totals[FF_COUNT_SELFTEST])
		ff_add(t, " selftest %llu", totals[FF_COUNT_SELFTEST]);
	blind = ff_self_test_blind_since();
	if (blind) {
		ff_add(t, " blind since ");
		ff_add_time(t, blind);
	}
	ff_add(t, "\n");
}

/* ---- what cannot be seen --------------------------------------------------- */

/* "blind: 3 failures were counted but not classified", or nothing */
static void add_blind(struct ff_text *t, u64 n, const char *one, const char *more,
		      const char *rest)
{
	if (n)
		ff_add(t, "blind: %llu %s %s\n", n, n == 1 ? one : more, rest);
}

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
		ff_add(t, "; failures from that time may be missing");
		if (gap.nr > 1)
			ff_add(t, ", and from %u earlier period%s", gap.nr - 1,
			       gap.nr == 2 ? "" : "s");
		ff_add(t, "\n");
	}
	while (ff_hooks_unarmed(&i, &name, &blind))
		ff_add(t, "blind: %s is not hooked; not known: %s\n", name, blind);
	add_blind(t, ff_call_failures_without_room(), "failure was", "failures were",
		  "counted but not classified: too many at once");
	add_blind(t, ff_call_no_room(FF_CALL_SHORT), "call that was", "calls that were",
		  "short of memory could not be watched: too many at once");
	add_blind(t, ff_creators_missed() + ff_observe_unasked(), "failure", "failures",
		  "to create the kernel's own tasks may be missing");
	add_blind(t, ff_cross_check_disagreed(), "failure contradicts", "failures contradict",
		  "what is known about this kernel; no cause is certain until the module is loaded again");
	add_blind(t, ff_call_no_room(FF_CALL_STACK), "mapping was", "mappings were",
		  "not watched, too many at once; failures to map thread stacks may be missing");
	add_blind(t, ff_stack_forgotten(), "mapping was", "mappings were",
		  "not followed, too many at once; failures to map thread stacks may be missing");
	add_blind(t, ff_call_no_room(FF_CALL_WATCHED), "system call was", "system calls were",
		  "not watched: too many at once");
}

/* At the end of the page: which stages are not certain, if this kernel's source was not read. */
static void add_unconfirmed(struct ff_text *t, const u64 *totals)
{
	u32 stages = ff_cross_check_unconfirmed();

	if (!(FF_KERNEL_FACTS & FF_FACT_GUESSED) || !stages)
		return;
	ff_add(t, "\nguessed: causes that depend on the kernel's version are inferred, and so are those known only from the step that failed, if that step is one of:");
	for (; stages; stages &= stages - 1)
		ff_add(t, " %s", ff_step_names[__ffs(stages)]);
	ff_add(t, "%s\n", totals[FF_COUNT_SELFTEST] ? "" :
	       "; `forkfail selftest` as root confirms some of these steps");
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

/* Is there a newer object of the same name?  Then this one is shown as "(earlier)". */
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

static void add_head(struct ff_text *t)
{
	ff_add(t, "\n%-28s %8s %6s  %-10s %10s %10s  %s\n", "cause", "count", "last", "errno",
	       "limit", "in_use", "object");
}

static void add_sum(struct ff_text *t, const struct ff_viewer *view, const struct ff_copy *c,
		    const struct ff_sum *s, u64 now)
{
	char object[FF_PATH_LEN + 64];
	struct ff_text o = { .buf = object, .size = sizeof(object) };

	object[0] = '\0';
	ff_add_object(&o, s->scope, &s->object, ff_viewer_path(view, s->object_path), s->cause,
		      view->user_ns);
	if (has_successor(c, s))
		ff_add(&o, " (earlier)");
	add_row(t, ff_cause_id(s->cause), s->count, s->last, now, s->err, s->has_limit, s->limit,
		s->in_use, object);
}

static bool has_rest(const struct ff_copy *c, unsigned int cause, u64 *rest)
{
	unsigned int i;

	if (cause == FORKFAIL_SIGNAL_RESTART || cause == FF_COUNT_INTERNAL ||
	    cause == FF_COUNT_SELFTEST)
		return false;
	*rest = c->totals[cause];
	for (i = 0; i < c->nr_sums; i++)
		if (c->sums[i].cause == cause)
			*rest -= min(*rest, c->sums[i].count);
	return *rest;
}

/*
 * Add rows @from to @to - 1.  First come rows by cause and object, if the reader may see
 * them, as copy_sums() has ordered them; then rows by cause alone, with the failures that are
 * in no row above (there were too many objects, or records were lost).  So the counts of a
 * cause always add up to its total.
 *
 * Return: how many rows there are in all.
 */
static unsigned int add_rows(struct ff_text *t, const struct ff_viewer *view,
			     const struct ff_copy *c, u64 now, unsigned int from,
			     unsigned int to)
{
	unsigned int n, cause;
	u64 rest;

	for (n = 0; n < c->nr_sums; n++)
		if (n >= from && n < to)
			add_sum(t, view, c, &c->sums[n], now);
	for (cause = 0; cause < FF_NR_CAUSES; cause++) {
		if (!has_rest(c, cause, &rest))
			continue;
		if (n >= from && n < to)
			add_row(t, ff_cause_id(cause), rest, 0, now, 0, false, 0, 0, "");
		n++;
	}
	return n;
}

/**
 * ff_render_page - write the page
 * @t: the text; if it is full, whole lines are left out and @t->full is set
 * @view: the reader
 * @c: the copy that the page is made of
 *
 * May sleep.
 */
void ff_render_page(struct ff_text *t, const struct ff_viewer *view, struct ff_copy *c)
{
	struct ff_filter filter = { .sees = ff_viewer_sees, .who = view };
	u64 now = ktime_get_boottime_ns();
	unsigned int i, rows;

	add_header(t, c->totals);
	ff_add_answer(t, view, &c->answer, now);
	if (!view->all)
		ff_add(t, "partial: only your own failures are shown; to see those of others, have CAP_SYSLOG on the host, as root has\n");
	add_blindness(t);
	add_head(t);
	rows = add_rows(t, view, c, now, 0, PAGE_ROWS);
	ff_add(t, "\n");
	if (rows > PAGE_ROWS)
		ff_add(t, "more: %u row%s at the end of the page\n", rows - PAGE_ROWS,
		       rows - PAGE_ROWS == 1 ? "" : "s");
	for (i = 0; i < c->nr_shown; i++) {
		/* the event of the first lines is shown even if it is no longer kept */
		if (c->answer.ranking.nr && c->events[i].claim.age == c->answer.event.seq)
			ff_add_event(t, view, &c->answer.event);
		else if (ff_journal_find(&filter, c->events[i].claim.age, &c->event))
			ff_add_event(t, view, &c->event);
	}
	if (rows > PAGE_ROWS) {
		add_head(t);
		add_rows(t, view, c, now, PAGE_ROWS, rows);
	}
	add_unconfirmed(t, c->totals);
}

/**
 * ff_render_log - write the log
 * @t: the text, as above
 * @view: the reader
 * @c: the copy that the log is made of
 *
 * May sleep.
 */
void ff_render_log(struct ff_text *t, const struct ff_viewer *view, struct ff_copy *c)
{
	struct ff_filter filter = { .sees = ff_viewer_sees, .who = view };
	unsigned int n = 0;
	u64 seq = 0;

	add_header(t, c->totals);
	/* a limit, because new events may come faster than they are written */
	while (!t->full && n++ < FF_EVENTS && ff_journal_next(&filter, seq, &c->event)) {
		seq = c->event.seq;
		ff_add_event(t, view, &c->event);
	}
}
