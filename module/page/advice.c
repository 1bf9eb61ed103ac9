// SPDX-License-Identifier: GPL-2.0-only
/*
 * advice.c - what to do about a failure: fills in the templates of uapi/advice.def
 *
 * Which template is used is decided by uapi/advice.h, which the reader shares.  This file
 * only provides the words that are filled in.
 */
#include <linux/kernel.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/user_namespace.h>

#include "../../uapi/advice.h"
#include "compat/compat-limits.h"
#include "evidence/task_cgroup.h"
#include "journal/event.h"
#include "page/advice.h"
#include "page/event_line.h"
#include "page/text.h"
#include "page/viewer.h"

/**
 * struct source - the words, and buffers for them
 * @words: by enum forkfail_word
 * @n: the number to write into the limit
 * @soft: the same for a process that raises its own soft limit
 * @limits: the same for prlimit
 * @kib: that number in KiB
 * @pid_max: the number to write into pid_max
 * @pid: the failing task
 * @uid: its real uid
 * @gone: the cgroup was removed: nothing can be written there
 */
struct source {
	struct forkfail_words words;
	char n[24], soft[24], limits[48], kib[24], pid_max[24], pid[12], uid[12];
	bool gone;
};

static void emit_text(void *to, const char *s, size_t len)
{
	ff_add(to, "%.*s", (int)len, s);
}

struct note {
	struct ff_text *t;
	bool alone;	/* nothing to do is above it, and nothing of it is written yet */
};

/* An "or" is left out if nothing is before it. */
static void emit_note(void *to, const char *s, size_t len)
{
	struct note *note = to;
	const char *from = s;

	if (note->alone && len >= 3)
		from = forkfail_note_alone(s);
	note->alone = false;
	emit_text(note->t, from, len - (from - s));
}

static void set_word(struct source *src, enum forkfail_word word, const char *s)
{
	src->words.word[word].s = s;
	src->words.word[word].len = s ? strlen(s) : 0;
}

static void set_numbers(struct source *src, const struct ff_event *e)
{
	const struct ff_verdict *v = &e->r.verdict;
	s64 in_use = max_t(s64, e->in_use, 0);
	unsigned long long n, soft;

	n = forkfail_raised(v->unit == FORKFAIL_UNIT_BYTES, v->limit, in_use, v->asked);
	soft = forkfail_raised_soft(n, e->r.f.hard, in_use, v->asked);
	snprintf(src->n, sizeof(src->n), "%llu", n);
	snprintf(src->soft, sizeof(src->soft), "%llu", soft);
	snprintf(src->limits, sizeof(src->limits), e->r.f.hard < n ? "%llu:%llu" : "%llu:", n, n);
	snprintf(src->kib, sizeof(src->kib), "%llu", soft >> 10);
	snprintf(src->pid_max, sizeof(src->pid_max), "%llu", forkfail_raised_pid_max(v->limit));
	set_word(src, FORKFAIL_WORD_N, src->n);
	set_word(src, FORKFAIL_WORD_SOFT, soft ? src->soft : NULL);
	set_word(src, FORKFAIL_WORD_LIMITS, src->limits);
	set_word(src, FORKFAIL_WORD_KIB, soft ? src->kib : NULL);
	set_word(src, FORKFAIL_WORD_PID_MAX, src->pid_max);
}

/*
 * Where systemd mounts the controllers.  They may be elsewhere, but that depends on the
 * reader's mount namespace.
 */
static void set_mounts(struct source *src)
{
	bool v1 = ff_memcg_facts() & FF_FACT_MEMCG_V1;

	set_word(src, FORKFAIL_WORD_PIDS,
		 ff_pids_on_v1() ? "/sys/fs/cgroup/pids" : "/sys/fs/cgroup");
	set_word(src, FORKFAIL_WORD_MEMORY, v1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup");
	set_word(src, FORKFAIL_WORD_MEMORY_MAX, v1 ? "memory.limit_in_bytes" : "memory.max");
	set_word(src, FORKFAIL_WORD_MEMSW, v1 ? "memory.memsw.limit_in_bytes" : NULL);
}

static enum forkfail_manager manager_of(struct source *src, const struct ff_viewer *view,
					const struct ff_event *e)
{
	const struct ff_verdict *v = &e->r.verdict;
	bool cgroup = v->scope == FORKFAIL_SCOPE_CGROUP;
	enum forkfail_manager manager;

	manager = forkfail_place_cgroup(ff_viewer_path(view, cgroup ? e->object_path :
							   e->asker_path), &src->words);
	if (ff_viewer_shows_limit(view, e) && !v->limit && forkfail_is_forbidden(v->cause))
		return FORKFAIL_BY_ZERO;
	switch (v->scope) {
	case FORKFAIL_SCOPE_CGROUP:
		return manager;
	case FORKFAIL_SCOPE_USERNS:
		return forkfail_place_ns(v->scope, e->r.f.object.inum == init_user_ns.ns.inum);
	case FORKFAIL_SCOPE_PIDNS:
		return forkfail_place_ns(v->scope, e->r.f.object.inum == init_pid_ns.ns.inum);
	default:
		return FORKFAIL_BY_ANY;
	}
}

static bool add_line(struct ff_text *t, const char *key, const char *template,
		     const struct source *src, const char *remark)
{
	if (!*template || !forkfail_can_expand(template, &src->words))
		return false;
	ff_add(t, "%s: ", key);
	forkfail_expand(template, &src->words, emit_text, t);
	ff_add(t, "%s%s\n", remark ? " # " : "", remark ?: "");
	return true;
}

static bool add_now(struct ff_text *t, const char *key, const struct forkfail_advice *a,
		    const struct source *src)
{
	return add_line(t, key, a->now, src, forkfail_where(a->now, a->manager));
}

/*
 * Is the task that failed still there?  Else a command for it has no effect, or one on the task
 * that has its PID now.
 */
static bool is_there(const struct ff_event *e)
{
	const struct task_struct *task;
	bool there;

	rcu_read_lock();
	task = pid_task(idr_find(&init_pid_ns.idr, e->r.who.pid), PIDTYPE_PID);
	there = task && !READ_ONCE(task->exit_state) && task->start_boottime <= e->r.time;
	rcu_read_unlock();
	return there;
}

/*
 * Was the cgroup removed, because its container or service has ended?  This can only be told of
 * cgroup v2, and of what is in the reader's cgroup namespace.
 */
static bool is_gone(const struct ff_viewer *view, const struct ff_event *e)
{
	const struct ff_verdict *v = &e->r.verdict;
	bool v1 = v->unit == FORKFAIL_UNIT_BYTES ? ff_memcg_facts() & FF_FACT_MEMCG_V1 :
						   ff_pids_on_v1();

	return v->scope == FORKFAIL_SCOPE_CGROUP && !v1 && e->r.f.object.id &&
	       *ff_viewer_path(view, e->object_path) == '/' &&
	       ff_cgroup_is_gone(e->r.f.object.id);
}

/* Find the commands for an event, and the words for the blanks in them. */
static const struct forkfail_advice *find_advice(struct source *src, const struct ff_viewer *view,
						 const struct ff_event *e)
{
	static const struct forkfail_advice none = { .now = "", .run = "", .keep = "", .note = "" };
	enum forkfail_manager manager;
	pid_t pid, tgid;

	ff_viewer_numbers(view, &e->r.who, &pid, &tgid);
	snprintf(src->pid, sizeof(src->pid), "%d", pid);
	snprintf(src->uid, sizeof(src->uid), "%u", from_kuid_munged(view->user_ns, e->r.who.uid));
	set_word(src, FORKFAIL_WORD_PID, is_there(e) ? src->pid : NULL);
	set_word(src, FORKFAIL_WORD_UID, src->uid);
	set_word(src, FORKFAIL_WORD_TYPE, ff_namespace_type(&e->r));
	if (ff_viewer_shows_limit(view, e))
		set_numbers(src, e);
	set_mounts(src);
	manager = manager_of(src, view, e);
	src->gone = is_gone(view, e);
	if (src->gone)
		forkfail_forget_cgroup(&src->words);
	return forkfail_advice(e->r.verdict.cause, manager) ?: &none;
}

/**
 * ff_add_advice - add the commands to type, and a note
 * @t: the text
 * @view: the reader
 * @e: the event
 *
 * May sleep.
 */
void ff_add_advice(struct ff_text *t, const struct ff_viewer *view, const struct ff_event *e)
{
	struct source src = {};
	const struct forkfail_advice *a = find_advice(&src, view, e);
	struct note note = { t };

	note.alone = !add_now(t, "do", a, &src);
	note.alone &= !add_line(t, "or", a->run, &src, "as root");
	note.alone &= !add_line(t, "lasting", a->keep, &src, NULL);
	ff_add(t, "note: %s", src.gone ? "the cgroup is gone; " : "");
	if (*a->note && forkfail_can_expand(a->note, &src.words))
		forkfail_expand(a->note, &src.words, emit_note, &note);
	else
		ff_add(t, "%s", ff_cause_do(e->r.verdict.cause));
	ff_add(t, "\n");
}

/**
 * ff_add_advice_now - add the command that helps for now, if there is one
 * @t: the text
 * @key: the line's key
 * @view: the reader
 * @e: the event
 *
 * May sleep.
 */
void ff_add_advice_now(struct ff_text *t, const char *key, const struct ff_viewer *view,
		       const struct ff_event *e)
{
	struct source src = {};

	add_now(t, key, find_advice(&src, view, e), &src);
}
