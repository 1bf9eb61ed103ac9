// SPDX-License-Identifier: GPL-2.0-only
/*
 * viewer.c - what a reader may see
 *
 * Everybody sees the totals by cause.  Events contain names and paths of other users: a
 * reader without CAP_SYSLOG in the initial user namespace sees only events of its own uid
 * inside its own PID namespace.  PIDs, uids and cgroup paths are shown as they are in the
 * reader's own namespaces.
 */
#include <linux/capability.h>
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/user_namespace.h>

#include "compat/compat.h"
#include "evidence/pid_namespace.h"
#include "evidence/task_cgroup.h"
#include "page/viewer.h"

/*
 * Opening a file is not the use of a privilege, so leave no audit record, and do not mark
 * the task with PF_SUPERPRIV.  A task may change its own flags.
 */
static bool may_see_all(void)
{
	unsigned int had = current->flags & PF_SUPERPRIV;
	bool may = ns_capable_noaudit(&init_user_ns, CAP_SYSLOG);

	current->flags = (current->flags & ~PF_SUPERPRIV) | had;
	return may;
}

/* If a path is too long, nothing can be said to be in that cgroup or below. */
static void path_to(struct cgroup *cgrp, char *buf)
{
	int n = cgroup_path(cgrp, buf, FF_PATH_LEN);

	if (n < 0 || n >= FF_PATH_LEN - 1)
		strscpy(buf, "(outside)", FF_PATH_LEN);
}

/**
 * ff_viewer_init - find out what the running task may see
 * @view: receives it
 * @cred: the file's credentials, which the file keeps alive
 *
 * May sleep.
 */
void ff_viewer_init(struct ff_viewer *view, const struct cred *cred)
{
	struct pid_namespace *pidns = task_active_pid_ns(current);

	view->payer = ff_payer_current();
	view->all = may_see_all();
	view->uid = cred->uid;
	view->user_ns = cred->user_ns;
	view->pidns = pidns->ns.inum;
	view->pidns_level = pidns->level;
	rcu_read_lock();
	view->pidns_start = ff_pidns_start(pidns);
	rcu_read_unlock();
	path_to(ff_cgroup_ns_root(current->nsproxy->cgroup_ns), view->cgroup_root);
	rcu_read_lock();
	path_to(ff_task_cgroup(current), view->cgroup);
	rcu_read_unlock();
}

/* The index into @who->numbers of the reader's PID namespace, -1 if the task is not in it. */
static int level_for(const struct ff_viewer *view, const struct ff_who *who)
{
	u8 l = view->pidns_level;

	return l < who->levels && who->numbers[l].inum == view->pidns &&
	       who->numbers[l].init_start == view->pidns_start ? l : -1;
}

/**
 * ff_viewer_sees - may the reader see this event?
 * @who: the reader, struct ff_viewer
 * @e: the event
 *
 * Return: true if so.
 */
bool ff_viewer_sees(const void *who, const struct ff_event *e)
{
	const struct ff_viewer *view = who;

	return view->all ||
	       (uid_eq(view->uid, e->r.who.uid) && level_for(view, &e->r.who) >= 0);
}

/**
 * ff_viewer_owns - is this event about the reader's own cgroup or user?
 * @who: the reader, struct ff_viewer
 * @e: the event
 *
 * Not for root as a user, because too much runs as root.  What another user met in the same
 * cgroup is the reader's only if the limit is one that both share: a command for another
 * user's or process's limit would be wrong in the reader's shell.
 *
 * Return: true if so, and the reader may see it.
 */
bool ff_viewer_owns(const void *who, const struct ff_event *e)
{
	const struct ff_viewer *view = who;
	const u8 scope = e->r.verdict.scope;
	bool same_user = uid_eq(view->uid, e->r.who.uid);

	if (!ff_viewer_sees(who, e))
		return false;
	if (same_user && !uid_eq(view->uid, GLOBAL_ROOT_UID))
		return true;
	return !strcmp(view->cgroup, e->asker_path) &&
	       (same_user || (scope != FORKFAIL_SCOPE_NONE && scope != FORKFAIL_SCOPE_USER &&
			      scope != FORKFAIL_SCOPE_PROCESS));
}

/**
 * ff_viewer_seq - the sequence number of an event that is shown to the reader
 * @view: the reader
 * @e: an event that the reader may see
 *
 * Return: a number that is larger for later events; with gaps, if the reader may not see all.
 */
u64 ff_viewer_seq(const struct ff_viewer *view, const struct ff_event *e)
{
	return view->all ? e->seq : e->uid_seq;
}

/**
 * ff_viewer_numbers - a task's PID and TGID in the reader's PID namespace
 * @view: the reader
 * @who: the task
 * @pid: receives the PID
 * @tgid: receives the TGID
 *
 * If the task is not in the reader's namespace, those of the initial one.
 */
void ff_viewer_numbers(const struct ff_viewer *view, const struct ff_who *who,
		       pid_t *pid, pid_t *tgid)
{
	int l = level_for(view, who);

	*pid = l < 0 ? who->pid : who->numbers[l].pid;
	*tgid = l < 0 ? who->tgid : who->numbers[l].tgid;
}

static bool is_below(const struct ff_viewer *view, const char *path)
{
	size_t n = strlen(view->cgroup_root);

	return n <= 1 || (!strncmp(path, view->cgroup_root, n) && (!path[n] || path[n] == '/'));
}

/**
 * ff_viewer_shows_limit - may the reader see limit and usage?
 * @view: the reader
 * @e: an event that the reader may see
 *
 * Not of objects outside the reader's own namespaces: others use them as well, and no other
 * file would show these numbers to the reader.  Numbers of the whole machine are no secret.
 *
 * Return: true if so; false also if there is no limit, or it is not known.
 */
bool ff_viewer_shows_limit(const struct ff_viewer *view, const struct ff_event *e)
{
	const struct ff_object *obj = &e->r.f.object;
	const struct user_namespace *ns;

	if (!e->r.verdict.has_limit || view->all)
		return e->r.verdict.has_limit;
	switch (e->r.verdict.scope) {
	case FORKFAIL_SCOPE_CGROUP:
		return is_below(view, e->object_path);
	case FORKFAIL_SCOPE_USERNS:
		for (ns = view->user_ns->parent; ns; ns = ns->parent)
			if (ns->ns.inum == obj->inum)
				return false;
		return true;
	case FORKFAIL_SCOPE_PIDNS:
		return !obj->level || obj->level >= view->pidns_level;
	default:
		return true;
	}
}

/**
 * ff_viewer_path - a cgroup's path as it is in the reader's cgroup namespace
 * @view: the reader
 * @path: path of the cgroup, from the root
 *
 * Return: the rest of @path, or "(outside)".
 */
const char *ff_viewer_path(const struct ff_viewer *view, const char *path)
{
	size_t n = strlen(view->cgroup_root);

	if (!is_below(view, path))
		return "(outside)";
	if (n <= 1)
		return path;
	return path[n] ? path + n : "/";
}
