// SPDX-License-Identifier: GPL-2.0-only
/*
 * model_errors.c - errors that only some parts of copy_process() return
 */
#include "model_fork.h"

#define STATE(name, assignment) \
	void name(struct ff_observation *o) { assignment; }

STATE(same_place, o->pidfd_is_parent_tid = true)
STATE(sysctl_off, o->userns_sysctl_off = true)
STATE(is_init, o->unkillable = true)
STATE(other_pidns, o->pidns_mismatch = true)
STATE(other_timens, o->timens_mismatch = true)
STATE(no_signal, o->exit_signal = 65)
STATE(wants_signal, o->exit_signal = 17)
STATE(users_too_deep, o->userns_too_deep = true)
STATE(in_chroot, (o->root_is_inside = true, o->root_is_inits = false))
STATE(no_ids, o->ids_mapped = false)
STATE(users_full, (o->ucount.known = true, o->ucount.full = 0))
STATE(pids_too_deep, o->pidns_too_deep = true)
STATE(foreign_pidns, o->pidns_foreign = true)
STATE(bad_range, (o->set_tid_size = 1, o->set_tid_bad = FORKFAIL_SET_TID_RANGE))
STATE(too_many_tids, (o->set_tid_size = 9, o->set_tid_bad = FORKFAIL_SET_TID_TOO_MANY))
STATE(tid_before_init, (o->set_tid_size = 1, o->set_tid_bad = FORKFAIL_SET_TID_NO_INIT))
STATE(good_tid, o->set_tid_size = 1)
STATE(own_stack, o->shadow_stack = true)
STATE(killed, o->dying = true)

#define OWN(p, e, c, ...) { .place = P_##p, .err = (e), .cause = FORKFAIL_##c, __VA_ARGS__ }

static const struct own_error own_errors[] = {
	OWN(KERNEL_CLONE, EINVAL, PIDFD_PARENT_SETTID, .flags = CLONE_PIDFD | CLONE_PARENT_SETTID,
	    .state = same_place),
	OWN(KERNEL_CLONE, EINVAL, EXIT_SIGNAL_INVALID, .facts = FF_FACT_EXIT_SIGNAL,
	    .state = no_signal),
	OWN(FLAGS, EINVAL, NEWNS_WITH_FS, .flags = CLONE_NEWNS | CLONE_FS),
	OWN(FLAGS, EINVAL, NEWUSER_WITH_FS, .flags = CLONE_NEWUSER | CLONE_FS),
	OWN(FLAGS, EPERM, USERNS_UNPRIV_SYSCTL, .flags = CLONE_NEWUSER, .state = sysctl_off),
	OWN(FLAGS, EINVAL, THREAD_WITHOUT_SIGHAND, .flags = CLONE_THREAD | CLONE_VM),
	OWN(FLAGS, EINVAL, SIGHAND_WITHOUT_VM, .flags = CLONE_SIGHAND),
	OWN(FLAGS, EINVAL, CLONE_PARENT_OF_INIT, .flags = CLONE_PARENT, .state = is_init),
	OWN(FLAGS, EINVAL, THREAD_PIDNS_MISMATCH, .flags = THREAD_FLAGS, .state = other_pidns),
	OWN(FLAGS, EINVAL, TIMENS_THREAD_OR_VM, .flags = CLONE_VM, .facts = FF_FACT_TIMENS_CHECK,
	    .state = other_timens),
	OWN(FLAGS, EINVAL, PIDFD_DETACHED, .flags = CLONE_PIDFD | CLONE_DETACHED),
	OWN(FLAGS, EINVAL, PIDFD_THREAD, .flags = CLONE_PIDFD | THREAD_FLAGS,
	    .facts = FF_FACT_NO_THREAD_PIDFD),
	OWN(FLAGS, EINVAL, AUTOREAP_COMBINATION, .flags = FF_CLONE_AUTOREAP,
	    .facts = FF_FACT_AUTOREAP, .state = wants_signal),
	OWN(FLAGS, EINVAL, NNP_THREAD, .flags = FF_CLONE_NNP | THREAD_FLAGS,
	    .facts = FF_FACT_NNP),
	OWN(FLAGS, EINVAL, AUTOKILL_COMBINATION, .flags = FF_CLONE_PIDFD_AUTOKILL,
	    .facts = FF_FACT_AUTOKILL),
	OWN(FLAGS, EPERM, AUTOKILL_CAP,
	    .flags = FF_CLONE_PIDFD_AUTOKILL | FF_CLONE_AUTOREAP | CLONE_PIDFD,
	    .facts = FF_FACT_AUTOREAP | FF_FACT_AUTOKILL),

	OWN(USERNS, ENOSPC, USERNS_DEPTH, .flags = CLONE_NEWUSER, .state = users_too_deep),
	OWN(USERNS_COUNTED, ENOSPC, USERNS_COUNT, .flags = CLONE_NEWUSER, .state = users_full),
	OWN(USERNS_COUNTED, EPERM, USERNS_CHROOT, .flags = CLONE_NEWUSER, .state = in_chroot),
	OWN(USERNS_COUNTED, EPERM, USERNS_UNMAPPED_ID, .flags = CLONE_NEWUSER, .state = no_ids),
	OWN(USERNS_LSM, EACCES, USERNS_LSM, .flags = CLONE_NEWUSER,
	    .not_facts = FF_FACT_NPROC_BEFORE_CREDS),
	OWN(USERNS_LSM, EPERM, USERNS_LSM, .flags = CLONE_NEWUSER,
	    .not_facts = FF_FACT_NPROC_BEFORE_CREDS),
	OWN(USERNS_LSM, EAGAIN, USERNS_LSM, .flags = CLONE_NEWUSER,
	    .not_facts = FF_FACT_NPROC_BEFORE_CREDS),
	OWN(USERNS_LSM, ENOSPC, USERNS_LSM, .flags = CLONE_NEWUSER,
	    .not_facts = FF_FACT_NPROC_BEFORE_CREDS),
	OWN(KTHREAD, EAGAIN, KTHREAD_STRUCT_NOMEM, .not_facts = FF_FACT_NPROC_BEFORE_CREDS,
	    .kthread = true),
	OWN(PERF, EACCES, PERF_INHERIT),
	OWN(PERF, EINVAL, PERF_INHERIT),
	OWN(LSM, EAGAIN, LSM_TASK_ALLOC),
	OWN(LSM, EPERM, LSM_TASK_ALLOC),
	OWN(LSM, EINVAL, LSM_TASK_ALLOC),
	OWN(FILES, EMFILE, FILES_NR_OPEN),
	OWN(FS, EAGAIN, FS_IN_EXEC, .flags = CLONE_FS),
	OWN(FS, EINVAL, UMH_FS_INVALID, .flags = CLONE_FS, .kthread = true),
	OWN(NS, EPERM, NS_CAP, .flags = CLONE_NEWNET),
	OWN(NS, EINVAL, NEWIPC_SYSVSEM, .flags = CLONE_NEWIPC | CLONE_SYSVSEM),
	OWN(COUNT_NS, ENOSPC, NS_COUNT, .flags = CLONE_NEWNET, .state = users_full),
	OWN(PID_NS, ENOSPC, PIDNS_DEPTH, .flags = CLONE_NEWPID, .state = pids_too_deep),
	OWN(PID_NS, EINVAL, PIDNS_NOT_ACTIVE, .flags = CLONE_NEWPID, .state = other_pidns),
	OWN(PID_NS, EINVAL, PIDNS_USERNS, .flags = CLONE_NEWPID, .state = foreign_pidns),
	OWN(NET_NS, EINTR, NETNS_KILLED, .flags = CLONE_NEWNET, .state = killed),
	OWN(NET_NS, EAGAIN, NETNS_INIT, .flags = CLONE_NEWNET),
	OWN(NET_NS, EEXIST, NETNS_INIT, .flags = CLONE_NEWNET),
	OWN(THREAD, EPERM, TLS_INVALID, .flags = CLONE_SETTLS, .facts = FF_FACT_X86),
	OWN(THREAD, EAGAIN, SHADOW_STACK, .flags = CLONE_VM, .facts = FF_FACT_SHADOW_STACK,
	    .state = own_stack),
	OWN(THREAD, EAGAIN, GCS_STACK, .flags = CLONE_VM, .facts = FF_FACT_GCS,
	    .state = own_stack),
	OWN(PID_FIRST, EINVAL, SET_TID_RANGE, .state = bad_range),
	OWN(PID_FIRST, EINVAL, SET_TID_TOO_MANY, .state = too_many_tids),
	OWN(PID_FIRST, EINVAL, SET_TID_NO_INIT, .state = tid_before_init),
	OWN(PID_FIRST, EINVAL, PIDNS_INIT_NOT_ATTACHED, .facts = FF_FACT_INIT_IS_ONE),
	OWN(PID_FIRST, EPERM, SET_TID_PERM, .state = good_tid),
	OWN(PID_FIRST, EEXIST, SET_TID_EXISTS, .state = good_tid),
	OWN(PIDFD, EMFILE, PIDFD_NOFILE, .flags = CLONE_PIDFD),
	OWN(PIDFD, ENFILE, PIDFD_FILE_MAX, .flags = CLONE_PIDFD),
	OWN(PIDFD, EFAULT, PIDFD_FAULT, .flags = CLONE_PIDFD),
	OWN(CGROUP_FD, EBADF, CGROUP_FD_BAD, .flags = FF_CLONE_INTO_CGROUP),
	OWN(CGROUP_FD, ENOENT, CGROUP_REMOVED, .flags = FF_CLONE_INTO_CGROUP),
	OWN(CGROUP_FD, ENODEV, CGROUP_REMOVED, .flags = FF_CLONE_INTO_CGROUP),
	OWN(CGROUP, EACCES, CGROUP_PERM, .flags = FF_CLONE_INTO_CGROUP),
	OWN(CGROUP, ENOENT, CGROUP_NSDELEGATE, .flags = FF_CLONE_INTO_CGROUP),
	OWN(CGROUP, EBUSY, CGROUP_INTERNAL, .flags = FF_CLONE_INTO_CGROUP),
	OWN(CGROUP, EOPNOTSUPP, CGROUP_THREADED, .flags = FF_CLONE_INTO_CGROUP),
	OWN(CPUSET, ENOSPC, CPUSET_EMPTY, .flags = FF_CLONE_INTO_CGROUP,
	    .not_facts = FF_FACT_NPROC_BEFORE_CREDS),
	OWN(CPUSET_LSM, EAGAIN, CPUSET_LSM, .flags = FF_CLONE_INTO_CGROUP,
	    .not_facts = FF_FACT_NPROC_BEFORE_CREDS),
	OWN(CPUSET_LSM, EPERM, CPUSET_LSM, .flags = FF_CLONE_INTO_CGROUP,
	    .not_facts = FF_FACT_NPROC_BEFORE_CREDS),
	OWN(SCX, ENOMEM, SCX_INIT_TASK, .facts = FF_FACT_SCX),
	OWN(SCX, EPROTO, SCX_INIT_TASK, .facts = FF_FACT_SCX),
	OWN(SCX, EINTR, SCX_INIT_TASK, .facts = FF_FACT_SCX),
	OWN(KILLED, EINTR, KILLED_LATE, .state = killed),
};

const unsigned int nr_own_errors = ARRAY_SIZE(own_errors);

/**
 * own_error - the error that only one part of copy_process() returns
 * @sc: the scenario
 *
 * Return: NULL if it has none.
 */
const struct own_error *own_error(const struct scenario *sc)
{
	return sc->error ? &own_errors[sc->error - 1] : NULL;
}
