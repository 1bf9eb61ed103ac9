// SPDX-License-Identifier: GPL-2.0-only
/*
 * record.c - hands a failure and its cause on to counters and inbox
 *
 * The one way in for all who see failures: counts it, fires the tracepoint in
 * the culprit's context, and notes who it was.
 */
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/hash.h>
#include <linux/ktime.h>
#include <linux/pid_namespace.h>
#include <linux/user_namespace.h>

#include "compat/compat.h"
#include "evidence/failure.h"
#include "evidence/namespaces.h"
#include "evidence/restart_loop.h"
#include "evidence/task_cgroup.h"
#include "journal/counts.h"
#include "journal/inbox.h"
#include "journal/record.h"

#define CREATE_TRACE_POINTS
#include "page/trace.h"

static void fill_who(struct ff_who *w)
{
	struct pid *pid = task_pid(current), *tgid = task_tgid(current);
	struct pid_namespace *ns;
	int i;

	w->pid = task_pid_nr(current);
	w->tgid = task_tgid_nr(current);
	w->uid = current_uid();
	/* get_task_comm() locks; a name that changes meanwhile is still a string */
	strscpy(w->comm, current->comm, sizeof(w->comm));
	w->levels = min_t(int, pid->level + 1, FF_PID_LEVELS);
	for (i = 0; i < w->levels; i++) {
		ns = pid->numbers[i].ns;
		w->numbers[i].inum = ns->ns.inum;
		w->numbers[i].pid = pid->numbers[i].nr;
		w->numbers[i].tgid = tgid->numbers[i].nr;
		w->numbers[i].init_start = ff_pidns_start(ns);
	}
	w->pidns = task_active_pid_ns(current)->ns.inum;
	w->userns = current_user_ns()->ns.inum;
}

/* Not jhash(): every failure of a storm comes this way. */
static u64 mix_value(u64 h, u64 x)
{
	h = (h ^ x) * GOLDEN_RATIO_64;
	return h ^ h >> 29;
}

/* Of what a failure is about, so that what differs in any of it is told apart. */
static u64 mix_object(u64 h, const struct ff_object *obj)
{
	h = mix_value(h, obj->cgrp ? cgroup_id(obj->cgrp) : obj->id);
	return mix_value(h, (u64)obj->inum << 32 | __kuid_val(obj->uid));
}

static noinline void write_down(const struct ff_failure *f, const struct ff_verdict *v,
				const struct ff_payer *payer)
{
	const struct ff_object *obj = &f->object;
	struct cgroup *asker = f->asker ?: ff_task_cgroup(current);
	struct ff_record *r;
	u64 comm[TASK_COMM_LEN / sizeof(u64)] = {}, h;
	u32 base, key;

	BUILD_BUG_ON(TASK_COMM_LEN != 2 * sizeof(u64));
	strscpy((char *)comm, current->comm, sizeof(comm));
	/* from a secret on: nobody can make his failures look like another's */
	h = mix_value(ff_hash_seed ^ payer->cgroup, __kuid_val(payer->uid));
	h = mix_value(h, v->cause | f->step << 8 | v->proof << 16 | (u64)f->kind << 24);
	h = mix_object(h, obj);
	/* a limit that was changed begins a new event */
	h = mix_value(h, v->has_limit ? v->limit : 0);
	h = mix_value(h, asker ? cgroup_id(asker) : 0);
	h = mix_value(h, __kuid_val(current_uid()));
	h = mix_value(h, ff_pidns_id(task_active_pid_ns(current)));
	h = mix_value(h, ff_ns_id(current_user_ns()));
	h = mix_value(h, (u64)f->alloc << 32 | (u64)f->stack << 40 | (u32)-f->err);
	/* of restarts each line says how many: none is like another */
	h = mix_value(h, (u64)f->restarts << 32 | f->signal << 8 | f->syscall);
	h = mix_value(h, f->flags);
	h = mix_value(h, comm[0]);
	h = mix_value(h, comm[1]);
	base = h >> 32;
	key = mix_value(h, task_tgid_nr(current)) >> 32;

	r = ff_inbox_begin(key, base, payer, v);
	if (!r)
		return;
	r->time = ktime_get_boottime_ns();
	r->f = *f;
	r->verdict = *v;
	fill_who(&r->who);
	r->who.payer = *payer;
	if (obj->cgrp)
		r->f.object.id = cgroup_id(obj->cgrp);
	if (obj->cgrp && !css_tryget(&obj->cgrp->self))
		r->f.object.cgrp = NULL;
	r->f.asker = asker && css_tryget(&asker->self) ? asker : NULL;
	ff_inbox_commit(r);
}

static void tell(const struct ff_failure *f, const struct ff_verdict *v,
		 const struct ff_payer *payer)
{
	trace_failure(f, v);
	write_down(f, v, payer);
	ff_inbox_raise();
}

static noinline void tell_restart(const struct ff_failure *f, const struct ff_verdict *v)
{
	struct ff_failure often = *f;
	struct ff_payer payer;

	if (f->kind >= FORKFAIL_KIND_KTHREAD || !ff_restart_is_often(&often))
		return;
	payer = ff_payer_current();
	tell(&often, v, &payer);
}

/**
 * ff_record - the running task's attempt failed
 * @f: what is known of it
 * @v: why; a call that restarts is counted, and no failure unless it does so
 *	again and again
 * @payer: on whose account it is; of a call that restarts not looked at
 *
 * In the task itself, from a hook or not, under the RCU read lock; interrupts
 * may be off.
 */
void ff_record(const struct ff_failure *f, const struct ff_verdict *v,
	       const struct ff_payer *payer)
{
	ff_count(v->cause, f->kind);
	if (v->restart)
		tell_restart(f, v);
	else
		tell(f, v, payer);
}
