// SPDX-License-Identifier: GPL-2.0-only
/*
 * record.c - records a failure and its cause
 *
 * All code that detects failures ends here: the failure is counted, the tracepoint fires
 * in the failing task's context, and a record with the task goes to the inbox.
 */
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/hash.h>
#include <linux/ktime.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/user_namespace.h>

#include "compat/compat.h"
#include "evidence/failure.h"
#include "evidence/payer.h"
#include "evidence/pid_namespace.h"
#include "evidence/restart_loop.h"
#include "evidence/task_cgroup.h"
#include "journal/counts_by_cause.h"
#include "journal/inbox.h"
#include "journal/record.h"

#define CREATE_TRACE_POINTS
#include "page/trace.h"

static void fill_who(struct ff_who *w, u8 unit, const char *comm)
{
	struct pid *pid = task_pid(current), *tgid = task_tgid(current);
	struct pid_namespace *ns;
	int i;

	w->pid = task_pid_nr(current);
	w->tgid = task_tgid_nr(current);
	w->uid = current_uid();
	memcpy(w->comm, comm, sizeof(w->comm));
	w->threads = unit == FORKFAIL_UNIT_TASKS || unit == FORKFAIL_UNIT_PIDS ?
		     get_nr_threads(current) : 0;
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

/* Up to this the failing process can raise its limit itself; 0 if it is not its limit. */
static u64 hard_limit(u8 cause)
{
	/* 0, which is RLIMIT_CPU, stands for none */
	static const u8 rlimits[] = {
		[FORKFAIL_RLIMIT_NPROC] = RLIMIT_NPROC,
		[FORKFAIL_PIDFD_NOFILE] = RLIMIT_NOFILE,
		[FORKFAIL_LIBC_STACK_ADDRESS_SPACE] = RLIMIT_AS,
		[FORKFAIL_LIBC_STACK_DATA_LIMIT] = RLIMIT_DATA,
		[FORKFAIL_LIBC_STACK_MEMLOCK] = RLIMIT_MEMLOCK,
	};
	unsigned long hard;

	if (cause >= ARRAY_SIZE(rlimits) || !rlimits[cause])
		return 0;
	hard = rlimit_max(rlimits[cause]);
	return hard == RLIM_INFINITY ? U64_MAX : hard;
}

/* Cheaper than jhash(): in a storm every failure runs this. */
static u64 mix_value(u64 h, u64 x)
{
	h = (h ^ x) * GOLDEN_RATIO_64;
	return h ^ h >> 29;
}

/* All fields that identify the object are mixed in, so that different objects differ. */
static u64 mix_object(u64 h, const struct ff_object *obj)
{
	h = mix_value(h, obj->cgrp ? cgroup_id(obj->cgrp) : obj->id);
	return mix_value(h, (u64)obj->inum << 32 | __kuid_val(obj->uid));
}

static noinline void write_down(const struct ff_failure *f, const struct ff_verdict *v)
{
	const struct ff_payer payer = ff_payer_current();
	const struct ff_object *obj = &f->object;
	struct cgroup *asker = f->asker ?: ff_task_cgroup(current);
	struct ff_record *r;
	u64 comm[TASK_COMM_LEN / sizeof(u64)] = {}, h, hard = hard_limit(v->cause);
	u32 base, key;

	BUILD_BUG_ON(TASK_COMM_LEN != 2 * sizeof(u64));
	/* get_task_comm() takes a lock; a name that changes meanwhile is still a string */
	strscpy((char *)comm, current->comm, sizeof(comm));
	/* starts with a secret, so that nobody can craft failures that match another's */
	h = mix_value(ff_hash_seed ^ (asker ? cgroup_id(asker) : 0), __kuid_val(payer.uid));
	h = mix_value(h, v->cause | f->step << 8 | v->proof << 16 | (u64)f->kind << 24);
	h = mix_object(h, obj);
	/* when a limit is changed, a new event begins */
	h = mix_value(h, v->has_limit ? v->limit : 0);
	h = mix_value(h, hard ^ f->set_tid);
	h = mix_value(h, asker ? cgroup_id(asker) : 0);
	h = mix_value(h, (u64)__kuid_val(current_uid()) << 32 | (u32)-f->err);
	h = mix_value(h, ff_pidns_id(task_active_pid_ns(current)));
	h = mix_value(h, ff_ns_id(current_user_ns()));
	/* the event of a restart loop says how often: never merged */
	h = mix_value(h, (u64)f->restarts << 32 | (u32)f->alloc << 24 | f->stack << 16 |
		      f->signal << 8 | f->syscall);
	h = mix_value(h, f->flags);
	h = mix_value(h, comm[0]);
	h = mix_value(h, comm[1]);
	base = h >> 32;
	key = mix_value(h, task_tgid_nr(current)) >> 32;

	r = ff_inbox_begin(key, base, &payer, v);
	if (!r)
		return;
	r->time = ktime_get_boottime_ns();
	r->f = *f;
	r->f.hard = hard;
	r->verdict = *v;
	fill_who(&r->who, v->unit, (const char *)comm);
	if (obj->cgrp)
		r->f.object.id = cgroup_id(obj->cgrp);
	if (obj->cgrp && !css_tryget(&obj->cgrp->self))
		r->f.object.cgrp = NULL;
	r->f.asker = asker && css_tryget(&asker->self) ? asker : NULL;
	ff_inbox_commit(r);
}

static void tell(const struct ff_failure *f, const struct ff_verdict *v)
{
	trace_failure(f, v);
	write_down(f, v);
	ff_inbox_raise();
}

static noinline void tell_restart(const struct ff_failure *f, const struct ff_verdict *v)
{
	struct ff_failure often = *f;

	if (f->kind < FORKFAIL_KIND_KTHREAD && ff_restart_is_often(&often))
		tell(&often, v);
}

/*
 * A call that "forkfail selftest" makes in order to be refused.  Any task can take this
 * name, so it counts only if the task could unload the module as well.  CAP_SYS_ADMIN is not
 * enough: a container that has it could keep its failures off the host's page.
 */
static bool is_selftest(void)
{
	/* accepted: the task changes its name at this moment */
	return !data_race(memcmp(current->comm, FORKFAIL_SELFTEST_COMM,
				 sizeof(FORKFAIL_SELFTEST_COMM))) &&
	       current_user_ns() == &init_user_ns &&
	       cap_raised(current_cred()->cap_effective, CAP_SYS_MODULE);
}

static noinline void record_selftest(const struct ff_failure *f, const struct ff_verdict *v)
{
	struct ff_failure own = *f;

	own.kind = FORKFAIL_KIND_SELFTEST;
	ff_count(v->cause, own.kind);
	tell(&own, v);
}

/**
 * ff_record - record that the running task's call has failed
 * @f: the failure
 * @v: its cause.  A call that restarts is only counted, unless it restarts again and again
 *
 * In the task itself, also from a hook, under the RCU read lock; interrupts may be off.
 */
void ff_record(const struct ff_failure *f, const struct ff_verdict *v)
{
	if (unlikely(is_selftest()) && !v->restart) {
		record_selftest(f, v);
		return;
	}
	ff_count(v->cause, f->kind);
	if (v->restart)
		tell_restart(f, v);
	else
		tell(f, v);
}
