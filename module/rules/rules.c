// SPDX-License-Identifier: GPL-2.0-only
/*
 * rules.c - the table of rules: from errno and step to a cause
 *
 * Every error exit of copy_process() in 5.10 to 7.2 has a row.  If errno and step fit, the
 * row's condition is evaluated; ff_classify() compares the results.  The rows for ENOMEM
 * are in rules_enomem.c.  Pure functions.
 */
#include "rules/match.h"

/* @answer if witness @w ran; NO if it did not; MAYBE if it would not have been seen. */
static u8 if_seen(const struct ff_observation *o, enum ff_witness w, u8 answer)
{
	if (seen_here(o, w))
		return answer;
	return blind(o, w) ? MAYBE : NO;
}

static u8 if_not_seen(const struct ff_observation *o, enum ff_witness w, u8 answer)
{
	if (seen_here(o, w))
		return NO;
	return blind(o, w) ? MAYBE : answer;
}

/* ---- checks of the arguments --------------------------------------------- */

static u8 exit_signal_invalid(const struct ff_observation *o)
{
	return ff_refused_flags(o) == FORKFAIL_EXIT_SIGNAL_INVALID ? by_version(o, PATH) : NO;
}

/* ---- credentials and user namespaces ------------------------------------- */

static u8 userns_depth(const struct ff_observation *o)
{
	return o->userns_too_deep ? if_seen(o, FF_W_NEW_USERNS, PATH) : NO;
}

/*
 * inc_ucount() ran.  If no level was seen to be full, one was filled since, or could not be
 * read, or there was no memory for the count: it returns the same error for all of these.  If
 * another level was nearly full as well, it may be that one.
 */
static u8 ucount_full(const struct ff_observation *o)
{
	const struct ff_hierarchy *h = &o->ucount;

	return if_seen(o, FF_W_UCOUNT,
		       h->full >= 0 && !(h->may & ~(1ULL << h->full)) ? HOLDS : MAYBE);
}

static u8 ucount_nomem(const struct ff_observation *o)
{
	if (o->ucount.full >= 0)
		return NO;
	if ((o->steps & BIT(FF_STEP_COPY_CREDS)) && o->userns_too_deep)
		return NO;
	if ((o->steps & BIT(FF_STEP_COPY_PID_NS)) && o->pidns_too_deep)
		return NO;
	return if_seen(o, FF_W_UCOUNT, MAYBE);
}

static u8 userns_count(const struct ff_observation *o)
{
	return o->userns_too_deep ? NO : ucount_full(o);
}

/*
 * The kernel first checks whether the caller is in a chroot, then whether its ids are
 * mapped, and from 6.1 on asks the security modules.
 */
static u8 userns_chroot(const struct ff_observation *o)
{
	if (!seen_here(o, FF_W_NEW_USERNS) && !blind(o, FF_W_NEW_USERNS))
		return NO;
	if (o->root_is_inits)
		return NO;
	return if_not_seen(o, FF_W_USERNS_LSM, o->ids_mapped || o->root_is_inside ? PATH : MAYBE);
}

static u8 userns_unmapped_id(const struct ff_observation *o)
{
	if (o->ids_mapped || o->root_is_inside)
		return NO;
	if (!seen_here(o, FF_W_NEW_USERNS) && !blind(o, FF_W_NEW_USERNS))
		return NO;
	return if_not_seen(o, FF_W_USERNS_LSM, o->root_is_inits ? PATH : MAYBE);
}

/*
 * A BPF program can return any errno, also those of the checks before it, and of the allocations
 * behind it.
 */
static u8 userns_lsm(const struct ff_observation *o)
{
	const bool unseen = !seen_here(o, FF_W_USERNS_LSM);

	if (!may_ask_for(o, CLONE_NEWUSER) || (unseen && !blind(o, FF_W_USERNS_LSM)))
		return NO;
	switch (-o->err) {
	case ENOSPC:
		return o->userns_too_deep ? NO : unseen ? UNSEEN : MAYBE;
	case ENOMEM:
		return ff_memory_was_short(o) ? NO : unseen ? UNSEEN : ALONE;
	case EAGAIN:
		return unseen ? UNSEEN : ALONE;
	default:
		return unseen ? MAYBE : PATH;
	}
}

/* ---- between the limits and the files ------------------------------------ */

static u8 kthread_struct(const struct ff_observation *o)
{
	return o->kind == FORKFAIL_KIND_KTHREAD ? if_seen(o, FF_W_KTHREAD_STRUCT, PATH) : NO;
}

/*
 * If copy_process() itself calls perf_event_free_task(), perf had succeeded, and audit has
 * failed, which can only be for lack of memory.  If perf fails, it is called inside perf.
 */
static u8 perf_inherit(const struct ff_observation *o)
{
	if (seen_here(o, FF_W_PERF_DONE))
		return NO;
	return o->err == -ENOMEM ? nomem(o) : PATH;
}

/* Is a file open beyond fs.nr_open?  Then no copy of the table can hold it. */
static bool too_many_files(const struct ff_observation *o)
{
	return o->nr_open_known && o->highest_fd >= o->nr_open;
}

/* The security blob, or a module's refusal; no module in 5.10 to 7.3 returns EMFILE. */
static u8 lsm_task_alloc(const struct ff_observation *o)
{
	if (o->err == -EMFILE && (o->steps & BIT(FF_STEP_COPY_FILES)) &&
	    !(o->flags & CLONE_FILES))
		return too_many_files(o) ? NO : UNSEEN;
	return o->err == -ENOMEM ? nomem(o) : PATH;
}

/* ---- files, filesystem, signals, address space --------------------------- */

static u8 fs_in_exec(const struct ff_observation *o)
{
	return may_ask_for(o, CLONE_FS) ? PATH : NO;
}

static u8 files_nr_open(const struct ff_observation *o)
{
	return o->flags & CLONE_FILES ? NO : PATH;
}

/* ---- namespaces ---------------------------------------------------------- */

static u8 ns_cap(const struct ff_observation *o)
{
	return may_ask_for(o, FF_CLONE_NEW_ANY) ? PATH : NO;
}

static u8 newipc_sysvsem(const struct ff_observation *o)
{
	return may_ask_for(o, CLONE_NEWIPC) && may_ask_for(o, CLONE_SYSVSEM) ? PATH : NO;
}

static u8 umh_fs_invalid(const struct ff_observation *o)
{
	return o->kind == FORKFAIL_KIND_KTHREAD ? PATH : NO;
}

static u8 ns_count(const struct ff_observation *o)
{
	if ((o->steps & BIT(FF_STEP_COPY_PID_NS)) && o->pidns_too_deep)
		return NO;
	return ucount_full(o);
}

static u8 pidns_depth(const struct ff_observation *o)
{
	return o->pidns_too_deep ? PATH : NO;
}

static u8 pidns_not_active(const struct ff_observation *o)
{
	return o->pidns_mismatch ? PATH : NO;
}

static u8 pidns_userns(const struct ff_observation *o)
{
	return !o->pidns_mismatch && o->pidns_foreign ? PATH : NO;
}

static u8 netns_init(const struct ff_observation *o)
{
	switch (-o->err) {
	case ENOSPC:
	case EINTR:
		return NO;
	case ENOMEM:
		return nomem(o);
	default:
		return PATH;
	}
}

/* ---- io context, thread state -------------------------------------------- */

/* copy_thread() comes before alloc_pid(), and may have refused a 32-bit call's descriptor. */
static u8 behind_tls(const struct ff_observation *o)
{
	return (o->flags & CLONE_SETTLS) && o->tls == FF_TLS_IA32 ? MAYBE : PATH;
}

/* Only with CLONE_SETTLS, and on x86, can copy_thread() refuse the TLS pointer. */
static u8 tls_invalid(const struct ff_observation *o)
{
	if (!(o->facts & FF_FACT_X86) || !(o->flags & CLONE_SETTLS))
		return NO;
	switch (o->tls) {
	case FF_TLS_TAKEN:
		return NO;
	case FF_TLS_REFUSED:
		return o->err == -EPERM ? PATH : NO;
	case FF_TLS_IA32:
		if (o->err == -EPERM)
			return NO;
		/* alloc_pid() comes after it, and it is not known whether it was reached */
		return o->set_tid_bad ? MAYBE : PATH;
	default:
		return o->err == -EINVAL && o->shadow_stack ? MAYBE : PATH;
	}
}

/* Only a task that shares its parent's memory (and not by vfork()) gets its own stack. */
static u8 user_stack(const struct ff_observation *o)
{
	if (!o->shadow_stack || o->err == -EPERM || o->err == -EFAULT)
		return NO;
	if (o->have_args && (o->flags & (CLONE_VM | CLONE_VFORK)) != CLONE_VM)
		return NO;
	return o->err == -ENOMEM ? nomem_unless_dead(o, true) : ALONE;
}

static u8 shadow_stack(const struct ff_observation *o)
{
	return o->facts & FF_FACT_SHADOW_STACK ? user_stack(o) : NO;
}

static u8 gcs_stack(const struct ff_observation *o)
{
	return o->facts & FF_FACT_GCS ? user_stack(o) : NO;
}

/* ---- PIDs and pidfds ------------------------------------------------------- */

#define SET_TID_MATCH(name, CAUSE)					\
static u8 name(const struct ff_observation *o)				\
{									\
	return o->set_tid_bad == FORKFAIL_##CAUSE ? by_version(o, behind_tls(o)) : NO; \
}

SET_TID_MATCH(set_tid_too_many, SET_TID_TOO_MANY)
SET_TID_MATCH(set_tid_range, SET_TID_RANGE)
SET_TID_MATCH(set_tid_no_init, SET_TID_NO_INIT)

static u8 pidns_init_not_attached(const struct ff_observation *o)
{
	if (o->pidns_initial || o->set_tid_bad)
		return NO;
	return o->facts & (FF_FACT_INIT_IS_ONE | FF_FACT_GUESSED) ? by_version(o, PATH) : NO;
}

static u8 with_set_tid(const struct ff_observation *o)
{
	/* copy_thread() comes first */
	if ((o->flags & CLONE_SETTLS) && o->tls == FF_TLS_REFUSED)
		return NO;
	return !o->have_args || o->set_tid_size ? PATH : NO;
}

static u8 with_pidfd(const struct ff_observation *o)
{
	return may_ask_for(o, CLONE_PIDFD) ? PATH : NO;
}

/* ---- cgroups ------------------------------------------------------------- */

static u8 cgroup_path(const struct ff_observation *o)
{
	return into_cgroup(o) ? if_not_seen(o, FF_W_CPUSET_LSM, PATH) : NO;
}

/* ENOENT: if the witness did not run, the file descriptor did not lead to a live cgroup. */
static u8 cgroup_removed(const struct ff_observation *o)
{
	if (!into_cgroup(o))
		return NO;
	return o->err == -ENODEV ? PATH : if_not_seen(o, FF_W_CGROUP_FOUND, PATH);
}

static u8 cgroup_nsdelegate(const struct ff_observation *o)
{
	return into_cgroup(o) ? if_seen(o, FF_W_CGROUP_FOUND, PATH) : NO;
}

static u8 cpuset_lsm(const struct ff_observation *o)
{
	/* the pids controller comes after the cpuset controller, so that one had agreed */
	if (!into_cgroup(o) || seen_here(o, FF_W_PIDS_EVENT))
		return NO;
	/* the task may not be moved: checked before the security module is asked */
	if (o->err == -EINVAL)
		return PATH;
	/* if its witness may be missing, it can have been the pids controller */
	if (o->err == -EAGAIN && if_not_seen(o, FF_W_PIDS_EVENT, PATH) != PATH)
		return if_not_seen(o, FF_W_PIDS_EVENT, MAYBE);
	return if_seen(o, FF_W_CPUSET_LSM, PATH);
}

/* ---- after the cgroup checks ----------------------------------------------- */

static u8 scx_init_task(const struct ff_observation *o)
{
	/* the futex table comes after it: EBUSY if another thread has just given it up */
	if (!(o->facts & FF_FACT_SCX) ||
	    (o->err == -EBUSY && (o->facts & FF_FACT_FUTEX_HASH) && may_ask_for(o, CLONE_VM)))
		return NO;
	/* the BPF program may return ENOMEM by itself, even if memory was short as well */
	if (o->err == -ENOMEM)
		return ff_memory_was_short(o) ? MAYBE : ALONE;
	return by_version(o, PATH);
}

/**
 * ff_match_by_path - a condition for rows where errno and step leave only this cause
 * @o: not used
 *
 * Return: PATH.
 */
u8 ff_match_by_path(const struct ff_observation *o)
{
	return PATH;
}

/* ---- the table ----------------------------------------------------------- */

static const struct ff_rule eagain[] = {
	RULE(AT(COPY_CREDS) | AT(TASK_LIMITS), RLIMIT_NPROC, USER, TASKS, ff_match_nproc_own),
	RULE(AT(COPY_CREDS) | AT(TASK_LIMITS), RLIMIT_NPROC_ANCESTOR_USERNS, USERNS, TASKS,
	     ff_match_nproc_ancestor),
	RULE(AT(COPY_CREDS), UCOUNTS_ALLOC_NOMEM, NONE, NONE, ff_match_ucounts_nomem),
	RULE(AT(TASK_LIMITS), THREADS_MAX, HOST, TASKS, ff_match_threads_max),
	RULE(AT(TASK_SETUP), KTHREAD_STRUCT_NOMEM, NONE, NONE, kthread_struct),
	RULE(AT(SCHED_FORK), SCHED_DEADLINE, PROCESS, NONE, ff_match_by_path),
	RULE(AT(COPY_FS), FS_IN_EXEC, PROCESS, NONE, fs_in_exec),
	RULE(AT(ALLOC_PID), PID_EXHAUSTED, PIDNS, PIDS, ff_match_pid_exhausted),
	RULE(AT(ALLOC_PID), PID_EXHAUSTED_AFTER_WRAP, PIDNS, PIDS,
	     ff_match_pid_exhausted_after_wrap),
	RULE(AT(CGROUP_CAN_FORK), PIDS_MAX, CGROUP, TASKS, ff_match_pids_own),
	RULE(AT(CGROUP_CAN_FORK), PIDS_MAX_ANCESTOR, CGROUP, TASKS, ff_match_pids_ancestor),
};

static const struct ff_rule einval[] = {
	FLAGS_RULE(AT(KERNEL_CLONE), PIDFD_PARENT_SETTID),
	RULE(AT(KERNEL_CLONE), EXIT_SIGNAL_INVALID, NONE, NONE, exit_signal_invalid),
	FLAGS_RULE(AT(ENTRY), NEWNS_WITH_FS),
	FLAGS_RULE(AT(ENTRY), NEWUSER_WITH_FS),
	FLAGS_RULE(AT(ENTRY), THREAD_WITHOUT_SIGHAND),
	FLAGS_RULE(AT(ENTRY), SIGHAND_WITHOUT_VM),
	FLAGS_RULE(AT(ENTRY), CLONE_PARENT_OF_INIT),
	FLAGS_RULE(AT(ENTRY), THREAD_PIDNS_MISMATCH),
	FLAGS_RULE(AT(ENTRY), TIMENS_THREAD_OR_VM),
	FLAGS_RULE(AT(ENTRY), PIDFD_DETACHED),
	FLAGS_RULE(AT(ENTRY), PIDFD_THREAD),
	FLAGS_RULE(AT(ENTRY), AUTOREAP_COMBINATION),
	FLAGS_RULE(AT(ENTRY), NNP_THREAD),
	FLAGS_RULE(AT(ENTRY), AUTOKILL_COMBINATION),
	RULE(AT(COPY_FS), UMH_FS_INVALID, NONE, NONE, umh_fs_invalid),
	RULE(AT(COPY_NAMESPACES), NEWIPC_SYSVSEM, NONE, NONE, newipc_sysvsem),
	RULE(AT(COPY_PID_NS), PIDNS_NOT_ACTIVE, NONE, NONE, pidns_not_active),
	RULE(AT(COPY_PID_NS), PIDNS_USERNS, NONE, NONE, pidns_userns),
	RULE(AT(ALLOC_PID), TLS_INVALID, NONE, NONE, tls_invalid),
	RULE(AT(ALLOC_PID), SET_TID_TOO_MANY, NONE, NONE, set_tid_too_many),
	RULE(AT(ALLOC_PID), SET_TID_RANGE, NONE, NONE, set_tid_range),
	RULE(AT(ALLOC_PID), SET_TID_NO_INIT, NONE, NONE, set_tid_no_init),
	RULE(AT(ALLOC_PID), PIDNS_INIT_NOT_ATTACHED, NONE, NONE, pidns_init_not_attached),
};

static const struct ff_rule eperm[] = {
	FLAGS_RULE(AT(ENTRY), USERNS_UNPRIV_SYSCTL),
	FLAGS_RULE(AT(ENTRY), AUTOKILL_CAP),
	RULE(AT(COPY_CREDS), USERNS_UNMAPPED_ID, NONE, NONE, userns_unmapped_id),
	RULE(AT(COPY_CREDS), USERNS_CHROOT, NONE, NONE, userns_chroot),
	RULE(AT(COPY_NAMESPACES), NS_CAP, NONE, NONE, ns_cap),
	RULE(AT(ALLOC_PID), TLS_INVALID, NONE, NONE, tls_invalid),
	RULE(AT(ALLOC_PID), SET_TID_PERM, NONE, NONE, with_set_tid),
	RULE(AT(CGROUP_CAN_FORK), CGROUP_PERM, CGROUP, NONE, cgroup_path),
};

static const struct ff_rule enospc[] = {
	RULE(AT(COPY_CREDS), USERNS_DEPTH, USERNS, LEVELS, userns_depth),
	RULE(AT(COPY_CREDS), USERNS_COUNT, USERNS, COUNT, userns_count),
	RULE(IN_NS, NS_COUNT, USERNS, COUNT, ns_count),
	/* all inode numbers of namespaces are in use */
	RULE(IN_NS, NS_NOMEM, NONE, NONE, ucount_nomem),
	RULE(AT(COPY_CREDS) | IN_NS, UCOUNTS_ALLOC_NOMEM, NONE, NONE, ucount_nomem),
	RULE(AT(COPY_PID_NS), PIDNS_DEPTH, PIDNS, LEVELS, pidns_depth),
	RULE(AT(CGROUP_CAN_FORK), CPUSET_EMPTY, CGROUP, NONE, cgroup_path),
};

static const struct ff_rule emfile[] = {
	RULE(AT(COPY_FILES), FILES_NR_OPEN, PROCESS, FDS, files_nr_open),
	RULE(AT(ALLOC_PID) | AT(PIDFD), PIDFD_NOFILE, PROCESS, FDS, with_pidfd),
};

static const struct ff_rule enfile[] = {
	RULE(AT(ALLOC_PID) | AT(PIDFD), PIDFD_FILE_MAX, HOST, NONE, with_pidfd),
};

static const struct ff_rule efault[] = {
	RULE(AT(ALLOC_PID), TLS_INVALID, NONE, NONE, tls_invalid),
	RULE(AT(ALLOC_PID) | AT(PIDFD), PIDFD_FAULT, NONE, NONE, with_pidfd),
};

static const struct ff_rule eexist[] = {
	RULE(AT(ALLOC_PID), SET_TID_EXISTS, NONE, NONE, with_set_tid),
};

static const struct ff_rule eintr[] = {
	RULE(AT(COPY_NET_NS), NETNS_KILLED, NONE, NONE, ff_match_by_path),
	RULE(AT(LAST_CHECKS), KILLED_LATE, NONE, NONE, ff_match_by_path),
};

static const struct ff_rule ebadf[] = {
	RULE(AT(CGROUP_CAN_FORK), CGROUP_FD_BAD, NONE, NONE, cgroup_path),
};

static const struct ff_rule enoent[] = {
	RULE(AT(CGROUP_CAN_FORK), CGROUP_REMOVED, NONE, NONE, cgroup_removed),
	RULE(AT(CGROUP_CAN_FORK), CGROUP_NSDELEGATE, CGROUP, NONE, cgroup_nsdelegate),
};

static const struct ff_rule enodev[] = {
	RULE(AT(CGROUP_CAN_FORK), CGROUP_REMOVED, NONE, NONE, cgroup_removed),
};

static const struct ff_rule eacces[] = {
	RULE(AT(CGROUP_CAN_FORK), CGROUP_PERM, CGROUP, NONE, cgroup_path),
};

static const struct ff_rule ebusy[] = {
	RULE(AT(CGROUP_CAN_FORK), CGROUP_INTERNAL, CGROUP, NONE, cgroup_path),
};

static const struct ff_rule eopnotsupp[] = {
	RULE(AT(CGROUP_CAN_FORK), CGROUP_THREADED, CGROUP, NONE, cgroup_path),
};

static const struct ff_rule any[] = {
	RULE(AT(COPY_CREDS), USERNS_LSM, NONE, NONE, userns_lsm),
	RULE(AT(PERF_AUDIT), PERF_INHERIT, NONE, NONE, perf_inherit),
	RULE(AT(SECURITY), LSM_TASK_ALLOC, NONE, NONE, lsm_task_alloc),
	RULE(AT(COPY_NET_NS), NETNS_INIT, NONE, NONE, netns_init),
	RULE(AT(ALLOC_PID), SHADOW_STACK, NONE, NONE, shadow_stack),
	RULE(AT(ALLOC_PID), GCS_STACK, NONE, NONE, gcs_stack),
	RULE(AT(CGROUP_CAN_FORK), CPUSET_LSM, CGROUP, NONE, cpuset_lsm),
	RULE(AT(LATE), SCX_INIT_TASK, NONE, NONE, scx_init_task),
};

#define RULES(e, rules)	{ e, ARRAY_SIZE(rules), rules }

/* Searched from the beginning, so the most frequent come first; those for any errno last. */
const struct ff_rules ff_rules[] = {
	RULES(EAGAIN, eagain),
	RULES(ENOMEM, ff_enomem),
	RULES(EINVAL, einval),
	RULES(EPERM, eperm),
	RULES(ENOSPC, enospc),
	RULES(EMFILE, emfile),
	RULES(ENFILE, enfile),
	RULES(EFAULT, efault),
	RULES(EEXIST, eexist),
	RULES(EINTR, eintr),
	RULES(EBADF, ebadf),
	RULES(ENOENT, enoent),
	RULES(ENODEV, enodev),
	RULES(EACCES, eacces),
	RULES(EBUSY, ebusy),
	RULES(EOPNOTSUPP, eopnotsupp),
	RULES(ANY, any),
};

const unsigned int ff_nr_errnos = ARRAY_SIZE(ff_rules);
