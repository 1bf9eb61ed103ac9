// SPDX-License-Identifier: GPL-2.0-only
/*
 * report.c - the page and the log, as one opener may see them
 *
 * Totals by cause are for everybody.  Events carry other people's names and
 * paths: an opener without CAP_SYSLOG in the initial user namespace sees only
 * those of its own uid inside its own PID namespace, with its own numbers for
 * tasks and users, and cgroups below the root of its own cgroup namespace.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pid_namespace.h>
#include <linux/ktime.h>
#include <linux/user_namespace.h>
#include <linux/utsname.h>

#include "classify.h"
#include "compat.h"
#include "counts.h"
#include "report.h"
#include "selftest.h"
#include "stack.h"
#include "symbols.h"
#include "syscall.h"
#include "syswatch.h"
#include "watch.h"

#define PAGE_EVENTS	24	/* newest events on the page */
#define PAGE_BYTES	(32 * 1024)
#define EVENT_BYTES	3072	/* an event line with every byte escaped */

static u64 loaded_ns;		/* boot time */

/**
 * ff_report_init - remember when the module was loaded
 */
void ff_report_init(void)
{
	loaded_ns = ktime_get_boottime_ns();
}

/**
 * ff_report_page_size - room that a page needs at the most
 *
 * Return: bytes.
 */
size_t ff_report_page_size(void)
{
	return PAGE_BYTES;
}

/**
 * ff_report_log_size - room that the log needs at the most
 *
 * Under the journal's lock.
 *
 * Return: bytes.
 */
size_t ff_report_log_size(void)
{
	return 1024 + ff_journal_nr_events() * EVENT_BYTES;
}

/* ---- one view ------------------------------------------------------------ */

/* The event's number for the opener's PID namespace, -1 if it is not in it. */
static int level_for(const struct ff_view *view, const struct ff_who *who)
{
	u8 l = view->pidns_level;

	return l < who->levels && who->numbers[l].inum == view->pidns &&
	       who->numbers[l].init_start == view->pidns_start ? l : -1;
}

static bool visible(const struct ff_view *view, const struct ff_event *e)
{
	return view->all ||
	       (uid_eq(view->uid, e->r.who.uid) && level_for(view, &e->r.who) >= 0);
}

static u64 seq_for(const struct ff_view *view, const struct ff_event *e)
{
	return view->all ? e->seq : e->uid_seq;
}

static void numbers_for(const struct ff_view *view, const struct ff_who *who,
			pid_t *pid, pid_t *tgid)
{
	int l = level_for(view, who);

	*pid = l < 0 ? who->pid : who->numbers[l].pid;
	*tgid = l < 0 ? who->tgid : who->numbers[l].tgid;
}

/* A path in the terms of the opener's cgroup namespace. */
static const char *path_for(const struct ff_view *view, const char *path)
{
	size_t n = strlen(view->cgroup_root);

	if (n <= 1)
		return path;
	if (strncmp(path, view->cgroup_root, n) || (path[n] && path[n] != '/'))
		return "(outside)";
	return path[n] ? path + n : "/";
}

/* ---- parts --------------------------------------------------------------- */

/**
 * ff_add_errno - add an errno: its symbol, its number if it has none, or none
 * @t: where to
 * @err: negative; 0 if the call never returned
 */
void ff_add_errno(struct ff_text *t, int err)
{
	const char *name = ff_errno_name(err);

	if (!err)
		ff_add(t, "none");
	else if (name)
		ff_add(t, "%s", name);
	else
		ff_add(t, "%d", abs(err));
}

/**
 * ff_add_object - add whose limit it was
 * @t: where to; nothing is quoted, the caller does that
 * @scope: FORKFAIL_SCOPE_*
 * @obj: the object
 * @path: path of its cgroup
 * @cause: FORKFAIL_*
 * @user_ns: in whose terms uids are shown
 */
void ff_add_object(struct ff_text *t, u8 scope, const struct ff_object *obj,
		   const char *path, u8 cause, struct user_namespace *user_ns)
{
	switch (scope) {
	case FORKFAIL_SCOPE_CGROUP:
		ff_add(t, "%s", *path ? path : "(gone)");
		break;
	case FORKFAIL_SCOPE_USER:
		ff_add(t, "uid %u", from_kuid_munged(user_ns, obj->uid));
		break;
	case FORKFAIL_SCOPE_USERNS:
		if (cause == FORKFAIL_USERNS_DEPTH)
			ff_add(t, "userns %u", obj->inum);
		else
			ff_add(t, "uid %u of userns %u", from_kuid_munged(user_ns, obj->uid),
			       obj->inum);
		break;
	case FORKFAIL_SCOPE_PIDNS:
		ff_add(t, "pidns %u level %u", obj->inum, obj->level);
		break;
	case FORKFAIL_SCOPE_HOST:
		ff_add(t, "%s", cause == FORKFAIL_OVERCOMMIT_STRICT ||
		       cause == FORKFAIL_OVERCOMMIT_HEURISTIC ||
		       cause == FORKFAIL_LIBC_STACK_OVERCOMMIT ? "overcommit" :
		       cause == FORKFAIL_SYSTEM_MEMORY ? "memory" :
		       cause == FORKFAIL_PIDFD_FILE_MAX ? "file-max" : ff_cause_id(cause));
		break;
	case FORKFAIL_SCOPE_PROCESS:
		ff_add(t, "the calling process");
		break;
	}
}

static void add_event_object(struct ff_text *t, const struct ff_view *view,
			     const struct ff_event *e)
{
	ff_add_object(t, e->r.verdict.scope, &e->r.object, path_for(view, e->object_path),
		      e->r.verdict.cause, view->user_ns);
}

/* Quoted, or plain for a sentence or a column. */
static void add_object_text(struct ff_text *t, const struct ff_view *view,
			    const struct ff_event *e, bool quoted)
{
	char buf[FF_PATH_LEN + 64];
	struct ff_text o = { .buf = buf, .size = sizeof(buf) };

	buf[0] = '\0';
	add_event_object(&o, view, e);
	if (quoted)
		ff_add_quoted(t, buf);
	else
		ff_add_plain(t, buf);
}

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

static void add_header(struct ff_text *t)
{
	unsigned int wanted, armed;
	u64 blind;

	ff_syswatch_count(&wanted, &armed);
	ff_self_test();
	ff_add(t, "forkfail %d kernel %s loaded ", FORKFAIL_FORMAT, init_utsname()->release);
	add_since_load(t);
	ff_add(t, " points %u/%u missed %llu unexplained %llu restarts %llu lost %llu",
	       READ_ONCE(ff_watch.armed) + armed, READ_ONCE(ff_watch.wanted) + wanted,
	       ff_watch_missed() + ff_syscall_missed(),
	       ff_count_total(FORKFAIL_UNEXPLAINED), ff_count_total(FORKFAIL_SIGNAL_RESTART),
	       ff_inbox_lost());
	if (ff_count_total(FF_COUNT_INTERNAL))
		ff_add(t, " internal %llu", ff_count_total(FF_COUNT_INTERNAL));
	if (ff_syscall_fallbacks())
		ff_add(t, " clone3-enosys %llu", ff_syscall_fallbacks());
	if (!ff_watch_stacks_on() || !ff_syswatch_on())
		ff_add(t, " notwatched %s", ff_syswatch_on() ? "stacks" :
		       ff_watch_stacks_on() ? "syscalls" : "stacks,syscalls");
	blind = ff_self_test_blind_since();
	if (blind) {
		ff_add(t, " blind since ");
		ff_add_time(t, blind);
	}
	ff_add(t, "\n");
}

/* Which kind of namespace could not be made, or NULL. */
static const char *namespace_kind(const struct ff_record *r)
{
	static const char * const kinds[FF_NR_STEPS] = {
		[FF_STEP_COPY_MNT_NS] = "mnt",
		[FF_STEP_COPY_UTS_NS] = "uts",
		[FF_STEP_COPY_IPC_NS] = "ipc",
		[FF_STEP_COPY_PID_NS] = "pid",
		[FF_STEP_COPY_CGROUP_NS] = "cgroup",
		[FF_STEP_COPY_NET_NS] = "net",
		[FF_STEP_COPY_TIME_NS] = "time",
	};

	switch (r->verdict.cause) {
	case FORKFAIL_NS_COUNT:
	case FORKFAIL_NS_NOMEM:
		return kinds[r->step];
	case FORKFAIL_USERNS_COUNT:
	case FORKFAIL_USERNS_NOMEM:
		return "user";
	default:
		return NULL;
	}
}

static void add_signal(struct ff_text *t, const char *before, u8 signal)
{
	const char *name = ff_signal_name(signal);

	if (name)
		ff_add(t, "%s%s", before, name);
	else
		ff_add(t, "%s%u", before, signal);
}

static void add_limits(struct ff_text *t, const struct ff_verdict *v)
{
	if (!v->has_limit)
		return;
	ff_add(t, " limit=");
	ff_add_number(t, v->limit);
	ff_add(t, " in_use=");
	ff_add_number(t, v->in_use);
	ff_add(t, " unit=%s", ff_unit_name(v->unit));
}

/* One event, one line; the keys and their order are those of uapi/forkfail.h. */
static void add_event(struct ff_text *t, const struct ff_view *view, const struct ff_event *e)
{
	const struct ff_record *r = &e->r;
	const struct ff_verdict *v = &r->verdict;
	struct ff_text before = *t;
	pid_t pid, tgid;
	unsigned int i;

	numbers_for(view, &r->who, &pid, &tgid);
	ff_add_time(t, r->time);
	ff_add(t, " seq=%llu cause=%s errno=", seq_for(view, e), ff_cause_id(v->cause));
	ff_add_errno(t, r->err);
	if (r->has_flags || r->stack)
		ff_add(t, " kind=%s", ff_kind_name(r->kind));
	ff_add(t, " proof=%s step=%s pid=%d tgid=%d comm=", ff_proof_name(v->proof),
	       ff_step_names[r->step], pid, tgid);
	ff_add_quoted(t, r->who.comm);
	ff_add(t, " uid=%u", from_kuid_munged(view->user_ns, r->who.uid));
	add_limits(t, v);
	if (v->scope != FORKFAIL_SCOPE_NONE) {
		ff_add(t, " scope=%s object=", ff_scope_name(v->scope));
		add_object_text(t, view, e, true);
	}
	if (e->asker_path[0]) {
		ff_add(t, " cgroup=");
		ff_add_quoted(t, path_for(view, e->asker_path));
	}
	ff_add(t, " pidns=%u userns=%u", r->who.pidns, r->who.userns);
	if (r->has_flags)
		ff_add(t, " flags=0x%llx", r->flags);
	if (r->alloc)
		ff_add(t, " alloc=%s", ff_cause_id(r->alloc));
	else if (namespace_kind(r))
		ff_add(t, " alloc=%s", namespace_kind(r));
	for (i = 0; i < v->nr_candidates; i++)
		ff_add(t, "%s%s", i ? "," : " candidates=", ff_cause_id(v->candidates[i]));
	if (e->first_seq)
		ff_add(t, " first_cause=%s", ff_cause_id(e->first_cause));
	/* its number among what this reader sees is not known */
	if (e->first_seq && view->all)
		ff_add(t, " first_seq=%llu", e->first_seq);
	if (e->repeat) {
		ff_add(t, " repeat=%llu last=", e->repeat);
		ff_add_time(t, e->last);
	}
	if (e->holders[0] && view->all) {
		ff_add(t, " holders=");
		ff_add_quoted(t, e->holders);
		ff_add(t, " counted=%u complete=%s", e->counted, e->complete ? "yes" : "no");
	}
	if (r->stack)
		ff_add(t, " stack=%s", ff_stack_name(r->stack));
	if (r->syscall)
		ff_add(t, " syscall=%s", ff_syscall_name(r->syscall));
	if (r->signal)
		add_signal(t, " signal=", r->signal);
	if (r->restarts) {
		ff_add(t, " restarts=%u since=", r->restarts);
		ff_add_time(t, r->since);
	}
	ff_add(t, "\n");
	/* all of a line or nothing of it */
	if (t->full) {
		*t = before;
		t->buf[t->len] = '\0';
		t->full = true;
	}
}

/* ---- the answer: last, not, do ------------------------------------------- */

static const struct ff_event *newest(const struct ff_view *view)
{
	const struct ff_event *e, *found = NULL;
	unsigned int i;

	for (i = 0; i < ff_journal_nr_events(); i++) {
		e = ff_journal_event(i);
		if (visible(view, e) && (!found || e->last >= found->last))
			found = e;
	}
	return found;
}

static void add_last(struct ff_text *t, const struct ff_view *view, const struct ff_event *e,
		     u64 now)
{
	const struct ff_verdict *v = &e->r.verdict;
	static const char * const what[] = {
		[FORKFAIL_KIND_PROCESS] = "a process",
		[FORKFAIL_KIND_THREAD] = "a thread",
		[FORKFAIL_KIND_VFORK] = "a process",
		[FORKFAIL_KIND_KTHREAD] = "a kernel thread",
		[FORKFAIL_KIND_IO_WORKER] = "an io_uring worker",
		[FORKFAIL_KIND_USER_WORKER] = "a vhost worker",
	};
	pid_t pid, tgid;

	numbers_for(view, &e->r.who, &pid, &tgid);
	ff_add(t, "last: ");
	ff_add_age(t, e->last, now);
	ff_add(t, " ago ");
	ff_add_plain(t, e->r.who.comm);
	ff_add(t, "[%d] uid %u ", tgid, from_kuid_munged(view->user_ns, e->r.who.uid));
	if (e->r.restarts) {
		ff_add(t, "has started to create %s %u times in ", what[e->r.kind], e->r.restarts);
		ff_add_age(t, e->r.since, e->r.time);
		add_signal(t, " without an end: each time a signal comes first, ", e->r.signal);
		ff_add(t, "\n");
		return;
	}
	ff_add(t, "could not %s %s: ",
	       v->cause == FORKFAIL_EXEC_NPROC ? "execute" : "create",
	       v->cause == FORKFAIL_EXEC_NPROC ? "a program" : what[e->r.kind]);
	if (v->proof == FORKFAIL_PROOF_INFERRED)
		ff_add(t, "probably ");
	ff_add(t, "%s", ff_cause_meaning(v->cause));
	if (v->has_limit && v->unit == FORKFAIL_UNIT_BYTES) {
		ff_add(t, " (");
		ff_add_size(t, v->in_use);
		ff_add(t, " of ");
		ff_add_size(t, v->limit);
	} else if (v->has_limit) {
		ff_add(t, " (%lld of %lld", v->in_use, v->limit);
	}
	if (v->scope != FORKFAIL_SCOPE_NONE && v->scope != FORKFAIL_SCOPE_PROCESS) {
		ff_add(t, v->has_limit ? ", " : " (");
		add_object_text(t, view, e, false);
		ff_add(t, ")");
	} else if (v->has_limit) {
		ff_add(t, ")");
	}
	if (e->repeat)
		ff_add(t, ", %llu times", e->repeat + 1);
	ff_add(t, "\n");
	if (e->first_seq)
		ff_add(t, "because: the first fork into it had failed: %s\n",
		       ff_cause_meaning(e->first_cause));
}

/* What people would suspect, with numbers, unless it is the cause. */
static void add_not(struct ff_text *t, const struct ff_event *e)
{
	u8 cause = e->r.verdict.cause;
	s64 threads, max;

	ff_add(t, "not: ");
	if (*ff_cause_not(cause))
		ff_add(t, "%s; ", ff_cause_not(cause));
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
		       READ_ONCE(init_pid_ns.pid_allocated) & ~PIDNS_ADDING, max);
	ff_add(t, "\n");
}

/* The unit that systemd manages a cgroup by, or NULL. */
static const char *unit_of(const char *path)
{
	const char *name = strrchr(path, '/'), *dot;

	dot = name ? strrchr(name, '.') : NULL;
	if (!dot || (strcmp(dot, ".service") && strcmp(dot, ".scope") && strcmp(dot, ".slice")))
		return NULL;
	return name + 1;
}

/* The setting of a unit that is the limit of a cgroup, or NULL. */
static const char *setting_of(u8 cause)
{
	switch (cause) {
	case FORKFAIL_PIDS_MAX:
	case FORKFAIL_PIDS_MAX_ANCESTOR:
		return "TasksMax";
	case FORKFAIL_MEMCG_LIMIT:
		return "MemoryMax";
	default:
		return NULL;
	}
}

/* Units of a user are below the service of that user's own manager. */
static bool user_manager(const char *path, unsigned int *uid)
{
	const char *manager = strstr(path, "/user@");
	char below;

	return manager && sscanf(manager, "/user@%u.service/%c", uid, &below) == 2;
}

static void add_systemctl(struct ff_text *t, const char *path, const char *unit,
			  const char *setting)
{
	unsigned int uid;
	bool user = user_manager(path, &uid);

	ff_add(t, "raise it with `systemctl %sset-property ", user ? "--user " : "");
	ff_add_plain(t, unit);
	ff_add(t, " %s=N`", setting);
	if (user)
		ff_add(t, " as uid %u", uid);
}

static void add_do(struct ff_text *t, const struct ff_view *view, const struct ff_event *e)
{
	const struct ff_verdict *v = &e->r.verdict;
	const char *path = path_for(view, e->object_path);
	const char *unit = unit_of(path), *setting = setting_of(v->cause);

	ff_add(t, "do: ");
	if (unit && setting)
		add_systemctl(t, path, unit, setting);
	else
		ff_add(t, "%s", ff_cause_do(v->cause));
	if (e->holders[0] && view->all) {
		ff_add(t, "; most of it is held by ");
		ff_add_plain(t, e->holders);
		if (!e->complete)
			ff_add(t, " (count not complete)");
	}
	ff_add(t, "\n");
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
		ff_add(t, gap.nr == 1 ? "; failures of then may be missing\n" :
		       "; failures of then may be missing, as of %u times before\n", gap.nr - 1);
	}
	while (ff_watch_unarmed(&i, &name, &blind))
		ff_add(t, "blind: %s is not hooked: %s\n", name, blind);
	if (ff_watch_missed())
		ff_add(t, "blind: %lu calls were not watched; load with a larger maxactive=\n",
		       ff_watch_missed());
	if (ff_stack_forgotten())
		ff_add(t, "blind: %lu mappings were not followed, too many at once; a thread's stack may be missing\n",
		       ff_stack_forgotten());
	if (ff_syscall_missed())
		ff_add(t, "blind: %llu system calls were not watched: too many at once\n",
		       ff_syscall_missed());
}

/* ---- the table ----------------------------------------------------------- */

static void add_row(struct ff_text *t, const char *cause, u64 count, u64 last, u64 now,
		    int err, bool has_limit, s64 limit, s64 in_use, const char *object)
{
	char cell[3][24] = {};
	struct ff_text c = { .buf = cell[0], .size = sizeof(cell[0]) };

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
}

/*
 * By cause and object for those who may see whose; by cause alone for the
 * others, with the newest of their own events.  Failures that are in no row
 * (more objects than there is room for, or lost) get a row of their own, so
 * that the counts of a cause always add up to its total.
 */
static void add_table(struct ff_text *t, const struct ff_view *view, u64 now)
{
	static char object[FF_PATH_LEN + 64];	/* under the journal's lock */
	unsigned int cause, i;

	ff_add(t, "\n%-28s %8s %6s  %-10s %10s %10s  %s\n", "cause", "count", "last", "errno",
	       "limit", "in_use", "object");
	for (cause = 0; cause < FF_NR_CAUSES; cause++) {
		u64 rest = ff_count_total(cause);

		if (!rest || cause == FORKFAIL_SIGNAL_RESTART || cause == FF_COUNT_INTERNAL)
			continue;
		for (i = 0; view->all && i < ff_journal_nr_sums(); i++) {
			struct ff_sum *s = ff_journal_sum(i);
			struct ff_text o = { .buf = object, .size = sizeof(object) };

			if (s->cause != cause)
				continue;
			object[0] = '\0';
			ff_add_object(&o, s->scope, &s->object, path_for(view, s->object_path),
				      cause, view->user_ns);
			add_row(t, ff_cause_id(cause), s->count, s->last, now, s->err,
				s->has_limit, s->limit, s->in_use, object);
			rest -= min(rest, s->count);
		}
		if (rest)
			add_row(t, ff_cause_id(cause), rest, 0, now, 0, false, 0, 0, "");
	}
}

/**
 * ff_report_page - write the page
 * @t: where to; what does not fit is left out by whole lines
 * @view: who looks
 *
 * May sleep.  Under the journal's lock.
 */
void ff_report_page(struct ff_text *t, const struct ff_view *view)
{
	const struct ff_event *e = newest(view);
	u64 now = ktime_get_real_ns();
	unsigned int i, n = 0;

	add_header(t);
	if (e) {
		add_last(t, view, e, now);
		add_not(t, e);
		add_do(t, view, e);
	} else {
		ff_add(t, "last: none\n");
	}
	add_blindness(t);
	add_table(t, view, now);
	ff_add(t, "\n");
	for (i = ff_journal_nr_events(); i-- && n < PAGE_EVENTS; ) {
		e = ff_journal_event(i);
		if (!visible(view, e))
			continue;
		add_event(t, view, e);
		n++;
	}
}

/**
 * ff_report_log - write the log
 * @t: where to
 * @view: who looks
 *
 * May sleep.  Under the journal's lock.
 */
void ff_report_log(struct ff_text *t, const struct ff_view *view)
{
	unsigned int i;

	add_header(t);
	for (i = 0; i < ff_journal_nr_events(); i++)
		if (visible(view, ff_journal_event(i)))
			add_event(t, view, ff_journal_event(i));
}
