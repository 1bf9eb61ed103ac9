// SPDX-License-Identifier: GPL-2.0-only
/*
 * event_line.c - an event as a line of the log
 */
#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/user_namespace.h>

#include "compat/compat-limits.h"
#include "journal/event.h"
#include "journal/journal.h"
#include "page/event_line.h"
#include "page/text.h"
#include "page/viewer.h"
#include "rules/classify.h"

/*
 * In the sentence a name must not be able to imitate another holder, so characters that are
 * not plain become question marks.  isascii(), because isalnum() accepts letters of Latin-1.
 */
static void add_name(struct ff_text *t, const char *s)
{
	for (; *s; s++)
		ff_add(t, "%c", isascii(*s) && (isalnum(*s) || strchr("_.:/@+-", *s)) ? *s : '?');
}

/**
 * ff_add_holder_words - add who holds most of a limit, as a sentence
 * @t: where to
 * @e: an event with holders
 * @user_ns: in whose terms uids are shown
 */
void ff_add_holder_words(struct ff_text *t, const struct ff_event *e,
			 struct user_namespace *user_ns)
{
	const struct ff_holders *h = &e->holders;
	const char *comma = "";
	unsigned int i;

	if (h->command.tasks) {
		ff_add(t, "%u x ", h->command.tasks);
		add_name(t, h->command.comm);
		comma = ", ";
	}
	if (h->zombies.tasks) {
		ff_add(t, "%s%u zombie%s of ", comma, h->zombies.tasks,
		       h->zombies.tasks == 1 ? "" : "s");
		add_name(t, h->zombies.comm);
		ff_add(t, "[%d]", h->zombies.tgid);
		comma = ", ";
	}
	for (i = 0; i < FF_GROUPS && h->groups[i].tasks; i++) {
		ff_add(t, "%s", comma);
		add_name(t, h->groups[i].comm);
		ff_add(t, "[%d] %u", h->groups[i].tgid, h->groups[i].tasks);
		comma = ", ";
	}
	if (!*comma) {
		ff_add(t, "no process has more than one task");
		comma = ", ";
	}
	if (h->uid_tasks) {
		ff_add(t, "%suid %u %u", comma, from_kuid_munged(user_ns, h->uid), h->uid_tasks);
		comma = ", ";
	}
	if (h->cgroup_tasks) {
		ff_add(t, "%scgroup ", comma);
		add_name(t, h->cgroup);
		ff_add(t, " %u", h->cgroup_tasks);
	}
}

/* The same as words of an event line. */
static void add_holder_keys(struct ff_text *t, const struct ff_event *e,
			    struct user_namespace *user_ns)
{
	const struct ff_holders *h = &e->holders;

	if (h->command.tasks) {
		ff_add(t, " holder_program=");
		ff_add_quoted(t, h->command.comm);
		ff_add(t, " holder_program_tasks=%u", h->command.tasks);
	}
	if (h->zombies.tasks) {
		ff_add(t, " zombies=%u zombies_parent=", h->zombies.tasks);
		ff_add_quoted(t, h->zombies.comm);
		ff_add(t, " zombies_parent_tgid=%d", h->zombies.tgid);
	}
	if (h->groups[0].tasks) {
		ff_add(t, " holder_process=");
		ff_add_quoted(t, h->groups[0].comm);
		ff_add(t, " holder_tgid=%d holder_tasks=%u", h->groups[0].tgid,
		       h->groups[0].tasks);
	}
	if (h->uid_tasks)
		ff_add(t, " holder_uid=%u holder_uid_tasks=%u",
		       from_kuid_munged(user_ns, h->uid), h->uid_tasks);
	if (h->cgroup_tasks) {
		ff_add(t, " holder_cgroup=");
		ff_add_quoted(t, h->cgroup);
		ff_add(t, " holder_cgroup_tasks=%u", h->cgroup_tasks);
	}
}

/**
 * ff_add_object - add the name of the object whose limit it was
 * @t: the text; the name is not quoted, the caller does that
 * @scope: FORKFAIL_SCOPE_*
 * @obj: the object
 * @path: path of its cgroup
 * @cause: FORKFAIL_*
 * @user_ns: the user namespace that uids are mapped to
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
		/* a uid has a separate count in each user namespace */
		if (obj->inum != init_user_ns.ns.inum)
			ff_add(t, " of userns %u", obj->inum);
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

/**
 * ff_add_event_object - add the name of the object whose limit an event is about
 * @t: the text
 * @view: the reader
 * @e: the event
 * @quoted: with quotes, for a value; otherwise for a sentence
 */
void ff_add_event_object(struct ff_text *t, const struct ff_viewer *view,
			 const struct ff_event *e, bool quoted)
{
	char buf[FF_PATH_LEN + 64];
	struct ff_text o = { .buf = buf, .size = sizeof(buf) };

	buf[0] = '\0';
	ff_add_object(&o, e->r.verdict.scope, &e->r.f.object, ff_viewer_path(view, e->object_path),
		      e->r.verdict.cause, view->user_ns);
	if (quoted)
		ff_add_quoted(t, buf);
	else
		ff_add_plain(t, buf);
}

/**
 * ff_namespace_type - which type of namespace could not be created?
 * @r: the failure
 *
 * Return: the type as in max_TYPE_namespaces, NULL if the failure is not about one.
 */
const char *ff_namespace_type(const struct ff_record *r)
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
		return kinds[r->f.step];
	case FORKFAIL_USERNS_COUNT:
	case FORKFAIL_USERNS_NOMEM:
		return "user";
	default:
		return NULL;
	}
}

/* Does the object have an id from the kernel, and may the reader see it? */
static bool has_object_id(const struct ff_viewer *view, const struct ff_event *e)
{
	switch (e->r.verdict.scope) {
	case FORKFAIL_SCOPE_CGROUP:
		return e->r.f.object.id &&
		       (view->all || *ff_viewer_path(view, e->object_path) == '/');
	case FORKFAIL_SCOPE_USER:
	case FORKFAIL_SCOPE_USERNS:
	case FORKFAIL_SCOPE_PIDNS:
		return e->r.f.object.id && FF_NS_ARE_NUMBERED;
	default:
		return false;
	}
}

static void add_limits(struct ff_text *t, const struct ff_viewer *view, const struct ff_event *e)
{
	const struct ff_verdict *v = &e->r.verdict;

	if (!ff_viewer_shows_limit(view, e))
		return;
	ff_add(t, " limit=");
	ff_add_number(t, v->limit);
	ff_add(t, " in_use=");
	ff_add_number(t, v->in_use);
	ff_add(t, " unit=%s", ff_unit_name(v->unit));
}

static void add_set_tid(struct ff_text *t, const struct ff_viewer *view,
			const struct ff_failure *f)
{
	if (f->has_set_tid)
		ff_add(t, " set_tid=%d", f->set_tid);
	if (!f->taker.state || !view->all)
		return;
	ff_add(t, " taken=%s", ff_taken_name(f->taker.state));
	if (f->taker.state == FORKFAIL_TAKEN_GROUP)
		return;
	ff_add(t, " taken_comm=");
	ff_add_quoted(t, f->taker.comm);
	ff_add(t, " taken_tgid=%d", f->taker.tgid);
	if (f->taker.state == FORKFAIL_TAKEN_ZOMBIE)
		ff_add(t, " taken_parent=%d", f->taker.parent);
}

/**
 * ff_add_event - add an event as a line of the log
 * @t: the text; if the line does not fit, nothing is added
 * @view: the reader
 * @e: the event
 *
 * uapi/forkfail.h has the keys and their order.
 */
void ff_add_event(struct ff_text *t, const struct ff_viewer *view, const struct ff_event *e)
{
	const struct ff_record *r = &e->r;
	const struct ff_verdict *v = &r->verdict;
	struct ff_text before = *t;
	pid_t pid, tgid;
	unsigned int i;

	ff_viewer_numbers(view, &r->who, &pid, &tgid);
	ff_add_time(t, e->real);
	ff_add(t, " seq=%llu cause=%s errno=", ff_viewer_seq(view, e), ff_cause_id(v->cause));
	ff_add_errno(t, r->f.err);
	if (r->f.has_flags || r->f.stack || r->f.kind == FORKFAIL_KIND_SELFTEST)
		ff_add(t, " kind=%s", ff_kind_name(r->f.kind));
	ff_add(t, " proof=%s step=%s pid=%d tgid=%d comm=", ff_proof_name(v->proof),
	       ff_step_names[r->f.step], pid, tgid);
	ff_add_quoted(t, r->who.comm);
	ff_add(t, " uid=%u", from_kuid_munged(view->user_ns, r->who.uid));
	add_limits(t, view, e);
	if (v->scope != FORKFAIL_SCOPE_NONE) {
		ff_add(t, " scope=%s object=", ff_scope_name(v->scope));
		ff_add_event_object(t, view, e, true);
	}
	if (e->asker_path[0]) {
		ff_add(t, " cgroup=");
		ff_add_quoted(t, ff_viewer_path(view, e->asker_path));
	}
	ff_add(t, " pidns=%u userns=%u", r->who.pidns, r->who.userns);
	if (r->f.has_flags)
		ff_add(t, " flags=0x%llx", r->f.flags);
	if (r->f.alloc)
		ff_add(t, " alloc=%s", ff_cause_id(r->f.alloc));
	else if (ff_namespace_type(r))
		ff_add(t, " alloc=%s", ff_namespace_type(r));
	for (i = 0; i < v->nr_candidates; i++)
		ff_add(t, "%s%s", i ? "," : " candidates=", ff_cause_id(v->candidates[i]));
	if (e->first_seq)
		ff_add(t, " first_cause=%s", ff_cause_id(e->first_cause));
	/* the sequence number that other readers would see is not known */
	if (e->first_seq && view->all)
		ff_add(t, " first_seq=%llu", e->first_seq);
	if (e->repeat) {
		ff_add(t, " repeat=%llu last=", e->repeat);
		ff_add_time(t, e->last_real);
	}
	if (e->holders.counted && view->all) {
		ff_add(t, " holders=\"");
		ff_add_holder_words(t, e, view->user_ns);
		ff_add(t, "\" counted=%u complete=%s", e->holders.counted,
		       e->holders.complete ? "yes" : "no");
	}
	if (r->f.stack)
		ff_add(t, " stack=%s", ff_stack_name(r->f.stack));
	if (r->f.syscall)
		ff_add(t, " syscall=%s", ff_syscall_name(r->f.syscall));
	if (r->f.signal) {
		ff_add(t, " signal=");
		ff_add_signal(t, r->f.signal);
	}
	if (r->f.restarts) {
		ff_add(t, " restarts=%u since=", r->f.restarts);
		ff_add_time(t, e->real - (r->time - r->f.since));
	}
	if (e->repeat && ff_viewer_shows_limit(view, e)) {
		ff_add(t, " last_in_use=");
		ff_add_number(t, e->in_use);
	}
	if (has_object_id(view, e))
		ff_add(t, " object_id=%llu", r->f.object.id);
	if (v->asked && ff_viewer_shows_limit(view, e))
		ff_add(t, " asked=%lld", v->asked);
	if (r->f.hard) {
		ff_add(t, " hard=");
		ff_add_number(t, min_t(u64, r->f.hard, S64_MAX));
	}
	if (r->who.threads)
		ff_add(t, " threads=%u", r->who.threads);
	if (e->holders.counted && view->all)
		add_holder_keys(t, e, view->user_ns);
	add_set_tid(t, view, &r->f);
	ff_add(t, "\n");
	ff_text_whole(t, &before);
}
