// SPDX-License-Identifier: GPL-2.0-only
/*
 * summary.c - what the newest failure was, what it was not, and what to do
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pid_namespace.h>
#include <linux/string.h>
#include <linux/user_namespace.h>

#include "compat/compat.h"
#include "compat/symbols.h"
#include "evidence/namespaces.h"
#include "journal/journal.h"
#include "page/event_line.h"
#include "page/summary.h"
#include "page/text.h"
#include "page/viewer.h"

static void add_last(struct ff_text *t, const struct ff_viewer *view, const struct ff_event *e,
		     u64 now)
{
	const struct ff_verdict *v = &e->r.verdict;
	bool has_limit = ff_viewer_shows_limit(view, e);
	static const char * const what[] = {
		[FORKFAIL_KIND_PROCESS] = "a process",
		[FORKFAIL_KIND_THREAD] = "a thread",
		[FORKFAIL_KIND_VFORK] = "a process",
		[FORKFAIL_KIND_KTHREAD] = "a kernel thread",
		[FORKFAIL_KIND_IO_WORKER] = "an io_uring worker",
		[FORKFAIL_KIND_USER_WORKER] = "a vhost worker",
	};
	pid_t pid, tgid;

	ff_viewer_numbers(view, &e->r.who, &pid, &tgid);
	ff_add(t, "last: ");
	ff_add_age(t, e->last, now);
	ff_add(t, " ago ");
	ff_add_plain(t, e->r.who.comm);
	ff_add(t, "[%d] uid %u ", tgid, from_kuid_munged(view->user_ns, e->r.who.uid));
	if (e->r.f.restarts) {
		ff_add(t, "has started to create %s %u times in ", what[e->r.f.kind],
		       e->r.f.restarts);
		ff_add_age(t, e->r.f.since, e->r.time);
		ff_add(t, " without an end: each time a signal comes first, ");
		ff_add_signal(t, e->r.f.signal);
		ff_add(t, "\n");
		return;
	}
	ff_add(t, "could not %s %s: ",
	       v->cause == FORKFAIL_EXEC_NPROC ? "execute" : "create",
	       v->cause == FORKFAIL_EXEC_NPROC ? "a program" : what[e->r.f.kind]);
	if (v->proof == FORKFAIL_PROOF_INFERRED)
		ff_add(t, "probably ");
	ff_add(t, "%s", ff_cause_meaning(v->cause));
	if (has_limit && v->unit == FORKFAIL_UNIT_BYTES) {
		ff_add(t, " (");
		ff_add_size(t, e->in_use);
		ff_add(t, " of ");
		ff_add_size(t, v->limit);
	} else if (has_limit) {
		ff_add(t, " (%lld of %lld", e->in_use, v->limit);
	}
	if (v->scope != FORKFAIL_SCOPE_NONE && v->scope != FORKFAIL_SCOPE_PROCESS) {
		ff_add(t, has_limit ? ", " : " (");
		ff_add_event_object(t, view, e, false);
		ff_add(t, ")");
	} else if (has_limit) {
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
		       ff_pidns_allocated(&init_pid_ns) & ~PIDNS_ADDING, max);
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

static void add_do(struct ff_text *t, const struct ff_viewer *view, const struct ff_event *e)
{
	const struct ff_verdict *v = &e->r.verdict;
	const char *path = ff_viewer_path(view, e->object_path);
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

/**
 * ff_add_answer - add the lines below the first
 * @t: where to
 * @view: who looks
 * @e: the newest event that it may see, NULL if there is none
 * @now: boot time
 *
 * May sleep.
 */
void ff_add_answer(struct ff_text *t, const struct ff_viewer *view, const struct ff_event *e,
		   u64 now)
{
	if (!e) {
		ff_add(t, "last: none\n");
		return;
	}
	add_last(t, view, e, now);
	add_not(t, e);
	add_do(t, view, e);
}
