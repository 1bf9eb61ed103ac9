// SPDX-License-Identifier: GPL-2.0-only
/*
 * answer.c - the page's first lines: what failed, what was not the cause, what to do
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pid_namespace.h>
#include <linux/string.h>
#include <linux/user_namespace.h>

#include "../../uapi/answer.h"
#include "compat/compat.h"
#include "compat/symbols.h"
#include "evidence/pid_namespace.h"
#include "journal/journal.h"
#include "page/advice.h"
#include "page/event_line.h"
#include "page/answer.h"
#include "page/text.h"
#include "page/viewer.h"

/* Which task could not do what. */
static void add_what(struct ff_text *t, const struct ff_viewer *view, const struct ff_event *e)
{
	static const char * const what[] = {
		[FORKFAIL_KIND_PROCESS] = "a process",
		[FORKFAIL_KIND_THREAD] = "a thread",
		[FORKFAIL_KIND_VFORK] = "a process",
		[FORKFAIL_KIND_KTHREAD] = "a kernel thread",
		[FORKFAIL_KIND_IO_WORKER] = "an io_uring worker",
		[FORKFAIL_KIND_USER_WORKER] = "a vhost, KVM or SQPOLL worker",
		[FORKFAIL_KIND_SELFTEST] = "a process",
	};
	const struct ff_failure *f = &e->r.f;
	pid_t pid, tgid;

	ff_viewer_numbers(view, &e->r.who, &pid, &tgid);
	ff_add_plain(t, e->r.who.comm);
	ff_add(t, "[%d] uid %u ", tgid, from_kuid_munged(view->user_ns, e->r.who.uid));
	if (f->restarts) {
		ff_add(t, "tried to create %s %u times in ", what[f->kind], f->restarts);
		ff_add_age(t, f->since, e->r.time);
		ff_add(t, ", and each time ");
		if (f->signal)
			ff_add_signal(t, f->signal);
		else
			ff_add(t, "a signal");
		ff_add(t, " made the call restart");
		return;
	}
	switch (e->r.verdict.cause) {
	case FORKFAIL_EXEC_NPROC:
		ff_add(t, "could not execute a program");
		break;
	case FORKFAIL_SECCOMP_KILL:
		ff_add(t, "was killed when it tried to create %s", what[f->kind]);
		break;
	default:
		ff_add(t, "could not create %s", what[f->kind]);
	}
}

static void pen_number(void *to, unsigned long long n, bool bytes)
{
	if (bytes)
		ff_add_size(to, n);
	else
		ff_add_number(to, n);
}

static void pen_string(void *to, const char *s)
{
	ff_add(to, "%s", s);
}

/* " (PID 8, in use by hog[8])" */
static void add_taker(struct ff_text *t, const struct ff_viewer *view, const struct ff_failure *f)
{
	const struct forkfail_pen pen = { pen_number, pen_string, t };
	char comm[4 * TASK_COMM_LEN] = "";
	struct ff_text name = { .buf = comm, .size = sizeof(comm) };
	const struct forkfail_taker taker = {
		.number = f->set_tid,
		.how = view->all ? f->taker.state : FORKFAIL_TAKEN_NONE,
		.comm = comm,
		.tgid = f->taker.tgid,
		.parent = f->taker.parent,
	};

	ff_add_plain(&name, f->taker.comm);
	ff_add(t, " (");
	forkfail_say_taker(&taker, &pen);
	ff_add(t, ")");
}

/* " (20 of 20 tasks in use, /x)" */
static void add_numbers(struct ff_text *t, const struct ff_viewer *view, const struct ff_event *e)
{
	const struct ff_verdict *v = &e->r.verdict;
	const struct forkfail_pen pen = { pen_number, pen_string, t };
	const struct forkfail_numbers n = {
		.unit = v->unit,
		.limit = max_t(s64, v->limit, 0),
		.in_use = max_t(s64, e->in_use, 0),
		.asked = v->asked,
		.type = ff_namespace_type(&e->r),
	};
	bool has_limit = ff_viewer_shows_limit(view, e);
	bool has_object = v->scope != FORKFAIL_SCOPE_NONE && v->scope != FORKFAIL_SCOPE_PROCESS;

	/* (outside), (gone) */
	if (v->scope == FORKFAIL_SCOPE_CGROUP && *ff_viewer_path(view, e->object_path) == '(')
		has_object = false;
	if (e->r.f.has_set_tid)
		add_taker(t, view, &e->r.f);
	if (!has_limit && !has_object)
		return;
	ff_add(t, " (");
	if (has_limit)
		forkfail_say_numbers(&n, &pen);
	if (has_limit && has_object)
		ff_add(t, ", ");
	if (has_object)
		ff_add_event_object(t, view, e, false);
	ff_add(t, ")");
}

/* Why not, and the numbers. */
static void add_why(struct ff_text *t, const struct ff_viewer *view, const struct ff_event *e)
{
	const struct ff_verdict *v = &e->r.verdict;

	ff_add(t, ": %s%s", v->proof == FORKFAIL_PROOF_INFERRED ? "probably " : "",
	       ff_cause_meaning(v->cause));
	add_numbers(t, view, e);
}

static void add_last(struct ff_text *t, const struct ff_viewer *view, const struct ff_event *e,
		     u64 now)
{
	ff_add(t, "last: ");
	ff_add_age(t, e->last, now);
	ff_add(t, " ago ");
	add_what(t, view, e);
	if (!e->r.f.restarts) {
		add_why(t, view, e);
		if (e->repeat) {
			ff_add(t, ", %llu times within ", e->repeat + 1);
			/* rounded up */
			ff_add_age(t, e->r.time, e->last + NSEC_PER_SEC);
		}
	}
	ff_add(t, "\n");
	if (e->first_seq)
		ff_add(t, "because: the first fork into this PID namespace failed: %s\n",
		       ff_cause_meaning(e->first_cause));
}

/* Which causes are possible, if the one above is not certain. */
static void add_possible(struct ff_text *t, const struct ff_verdict *v)
{
	unsigned int i;

	if (v->nr_candidates < 2)
		return;
	for (i = 0; i < v->nr_candidates; i++)
		ff_add(t, "%s%s", i ? ", " : "possible: ", ff_cause_id(v->candidates[i]));
	ff_add(t, "\n");
}

/* Suspects that are not the cause. */
static void add_not(struct ff_text *t, u8 cause)
{
	if (*ff_cause_not(cause))
		ff_add(t, "not: %s\n", ff_cause_not(cause));
}

/* How near the limits are that everybody suspects first, whatever the cause is. */
static void add_now(struct ff_text *t)
{
	s64 threads, max;

	ff_add(t, "now: memory ");
	ff_add_size(t, (u64)si_mem_available() << PAGE_SHIFT);
	ff_add(t, " available");
	if (ff_read_int(ff_data.nr_threads, &threads) && ff_read_int(ff_data.max_threads, &max))
		ff_add(t, ", threads-max %lld of %lld", threads, max);
#ifdef FF_HAS_PIDNS_PID_MAX
	max = READ_ONCE(init_pid_ns.pid_max);
#else
	if (ff_read_int(ff_data.pid_max, &max))
#endif
		ff_add(t, ", pid_max %u of %lld",
		       ff_pidns_allocated(&init_pid_ns) & ~PIDNS_ADDING, max);
	ff_add(t, "\n");
}

/* A call that "forkfail selftest" made is no failure of a program. */
static bool sees_failure(const void *who, const struct ff_event *e)
{
	return e->r.f.kind != FORKFAIL_KIND_SELFTEST && ff_viewer_sees(who, e);
}

static bool owns_failure(const void *who, const struct ff_event *e)
{
	return e->r.f.kind != FORKFAIL_KIND_SELFTEST && ff_viewer_owns(who, e);
}

/*
 * A process that exits as soon as it is refused cannot be counted any more, but how many
 * threads it had is known.
 */
static void add_holders(struct ff_text *t, const struct ff_viewer *view, struct ff_answer *a)
{
	struct ff_filter all = { .sees = sees_failure, .who = view };
	const struct ff_event *e = &a->event;
	const struct ff_holders *h;

	if (!view->all)
		return;
	if (!e->holders.counted && a->ranking.held &&
	    ff_journal_find(&all, a->ranking.held, &a->other))
		e = &a->other;
	h = &e->holders;
	if (h->counted) {
		ff_add(t, "holders: ");
		ff_add_holder_words(t, e, view->user_ns);
		if (!h->complete)
			ff_add(t, " (count is incomplete)");
		else if (h->counted < e->in_use)
			ff_add(t, " (when counted, %u of %lld %s left)", h->counted, e->in_use,
			       h->counted == 1 ? "was" : "were");
		ff_add(t, "\n");
	} else if (e->r.who.threads > 1) {
		ff_add(t, "holders: ");
		ff_add_plain(t, e->r.who.comm);
		ff_add(t, "[%d] %u when it was refused\n", e->r.who.tgid, e->r.who.threads);
	}
}

/* The object of an event as text; "" if there is none, or the reader may not see it. */
static void write_object(struct ff_answer *a, const struct ff_viewer *view,
			 const struct ff_event *e)
{
	struct ff_text t = { .buf = a->object, .size = sizeof(a->object) };

	*a->object = '\0';
	switch (e->r.verdict.scope) {
	case FORKFAIL_SCOPE_NONE:
	case FORKFAIL_SCOPE_HOST:
	case FORKFAIL_SCOPE_PROCESS:
		return;
	}
	ff_add_event_object(&t, view, e, false);
	/* (outside), (gone) */
	if (*a->object == '(')
		*a->object = '\0';
}

/* The task that failed, as in last: */
static void write_who(struct ff_answer *a, const struct ff_viewer *view, const struct ff_event *e)
{
	struct ff_text t = { .buf = a->who, .size = sizeof(a->who) };
	pid_t pid, tgid;

	ff_viewer_numbers(view, &e->r.who, &pid, &tgid);
	ff_add_plain(&t, e->r.who.comm);
	ff_add(&t, "[%d] uid %u", tgid, from_kuid_munged(view->user_ns, e->r.who.uid));
}

/*
 * also: 39 pids-max (limit): /ci/job40 and 12 more
 * also: 8 ns-cap (policy), last by bwrap[812] uid 1000
 */
static void add_also(struct ff_text *t, const struct ff_viewer *view, struct ff_answer *a)
{
	const struct forkfail_pen pen = { pen_number, pen_string, t };
	struct ff_filter all = { .sees = sees_failure, .who = view };
	const struct ff_ranking *ranking = &a->ranking;
	unsigned long long rest = forkfail_rest(ranking->group, ranking->nr);
	const struct forkfail_group *g;

	for (g = ranking->group + 1; g < ranking->group + ranking->nr; g++) {
		struct forkfail_other other = {
			.count = g->count,
			.cause = ff_cause_id(g->cause),
			.class = ff_class_name(ff_cause_class(g->cause)),
			.object = a->object,
			.who = a->who,
			.objects = g->objects,
		};

		if (g > ranking->group + FORKFAIL_MOST_ALSO)
			break;
		/* unless it was overwritten meanwhile */
		if (!ff_journal_find(&all, g->newest, &a->other))
			continue;
		write_object(a, view, &a->other);
		write_who(a, view, &a->other);
		ff_add(t, "also: ");
		forkfail_say_other(&other, &pen);
		ff_add(t, "\n");
	}
	if (!rest)
		return;
	ff_add(t, "also: ");
	forkfail_say_rest(rest, &pen);
	ff_add(t, "\n");
}

/* The last failure of the reader's own cgroup or user, if that is not the one above. */
static void add_yours(struct ff_text *t, const struct ff_viewer *view, const struct ff_event *e,
		      u64 now)
{
	ff_add(t, "yours: ");
	ff_add_age(t, e->last, now);
	ff_add(t, " ago ");
	add_what(t, view, e);
	if (!e->r.f.restarts)
		add_why(t, view, e);
	ff_add(t, "\n");
	/* what stands above may have been done, and another limit be the next */
	ff_add_advice_now(t, "yours_do", view, e);
}

static bool same_trouble(const struct ff_event *a, const struct ff_event *b)
{
	return a->r.verdict.cause == b->r.verdict.cause &&
	       a->r.verdict.scope == b->r.verdict.scope &&
	       a->r.f.object.id == b->r.f.object.id &&
	       a->r.f.object.inum == b->r.f.object.inum &&
	       uid_eq(a->r.f.object.uid, b->r.f.object.uid);
}

/**
 * ff_answer_choose - choose the failure that the first lines are about
 * @a: receives it
 * @view: the reader
 * @b: events that the reader may see
 * @n: how many
 *
 * May sleep.  If the event was overwritten meanwhile, the newest one is taken.
 */
void ff_answer_choose(struct ff_answer *a, const struct ff_viewer *view,
		      const struct ff_brief *b, unsigned int n)
{
	struct ff_filter all = { .sees = sees_failure, .who = view };
	struct ff_filter own = { .sees = owns_failure, .who = view };

	ff_rank_events(&a->ranking, b, n);
	if (a->ranking.nr && !ff_journal_find(&all, a->ranking.group[0].newest, &a->event)) {
		a->ranking.nr = ff_journal_newest(&all, &a->event);
		a->ranking.held = 0;
	}
	a->has_own = ff_journal_newest(&own, &a->own) && !same_trouble(&a->own, &a->event);
}

/**
 * ff_add_answer - add the lines below the header
 * @t: the text
 * @view: the reader
 * @a: the failure that they are about
 * @now: boot time
 *
 * May sleep.
 */
void ff_add_answer(struct ff_text *t, const struct ff_viewer *view, struct ff_answer *a,
		   u64 now)
{
	if (!a->ranking.nr) {
		ff_add(t, "last: none\n");
		return;
	}
	add_last(t, view, &a->event, now);
	add_possible(t, &a->event.r.verdict);
	ff_add(t, "event: %llu\n", ff_viewer_seq(view, &a->event));
	add_not(t, a->event.r.verdict.cause);
	add_now(t);
	ff_add_advice(t, view, &a->event);
	add_holders(t, view, a);
	add_also(t, view, a);
	if (a->has_own)
		add_yours(t, view, &a->own, now);
}
