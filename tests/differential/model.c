// SPDX-License-Identifier: GPL-2.0-only
/*
 * model.c - what the kernel says to arguments, in its order
 *
 * Independent of forkfail's own tables: written from the sources of 5.10, 6.1,
 * 6.12 and 7.2.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <unistd.h>

#include "clonediff.h"

/* sched.h may have values that clash with older ones; these are the kernel's. */
#define NEW_ANY	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET | \
		 CLONE_NEWCGROUP | F_NEWTIME)

#define REFUSE(e, c) do { to->err = (e); to->cause = (c); return true; } while (0)

static bool all(uint64_t flags, uint64_t wanted)
{
	return (flags & wanted) == wanted;
}

static bool refused_flags(const struct world *w, const struct arguments *a, uint64_t f,
			  struct answer *to)
{
	if (all(f, CLONE_NEWNS | CLONE_FS))
		REFUSE(EINVAL, "newns-with-fs");
	if (all(f, CLONE_NEWUSER | CLONE_FS))
		REFUSE(EINVAL, "newuser-with-fs");
	if ((f & CLONE_THREAD) && !(f & CLONE_SIGHAND))
		REFUSE(EINVAL, "thread-without-sighand");
	if ((f & CLONE_SIGHAND) && !(f & CLONE_VM))
		REFUSE(EINVAL, "sighand-without-vm");
	if ((f & CLONE_PARENT) && w->is_init)
		REFUSE(EINVAL, "clone-parent-of-init");
	if ((f & CLONE_THREAD) && ((f & (CLONE_NEWUSER | CLONE_NEWPID)) || w->mismatch))
		REFUSE(EINVAL, "thread-pidns-mismatch");
	if (kernel_version < KV(6, 3) && (f & (CLONE_THREAD | CLONE_VM)) && w->timens)
		REFUSE(EINVAL, "timens-thread-or-vm");
	if (all(f, F_PIDFD | F_DETACHED))
		REFUSE(EINVAL, "pidfd-detached");
	if (kernel_version < KV(6, 9) && all(f, F_PIDFD | CLONE_THREAD))
		REFUSE(EINVAL, "pidfd-thread");
	if (f & F_AUTOREAP)
		if ((f & (CLONE_THREAD | CLONE_PARENT)) || a->exit_signal)
			REFUSE(EINVAL, "autoreap-combination");
	if (all(f, F_NNP | CLONE_THREAD))
		REFUSE(EINVAL, "nnp-thread");
	if (f & F_AUTOKILL) {
		if (!all(f, F_PIDFD | F_AUTOREAP) || (f & CLONE_THREAD))
			REFUSE(EINVAL, "autokill-combination");
		if (!(f & F_NNP) && !w->admin)
			REFUSE(EPERM, "autokill-cap");
	}
	return false;
}

static bool refused_namespaces(const struct world *w, uint64_t f, struct answer *to)
{
	if (!(f & NEW_ANY))
		return false;
	/* who makes a user namespace may do anything in it */
	if (!w->admin && !(f & CLONE_NEWUSER))
		REFUSE(EPERM, "ns-cap");
	if (all(f, CLONE_NEWIPC | CLONE_SYSVSEM))
		REFUSE(EINVAL, "newipc-sysvsem");
	if ((f & CLONE_NEWPID) && w->mismatch)
		REFUSE(EINVAL, "pidns-not-active");
	return false;
}

struct level {
	bool capable, has_init;
};

static bool bad_number(int tid)
{
	return tid < 1 || tid >= 1 << 22;
}

/* Numbers that are free are above 20000, see calls.c. */
static bool taken(const struct level *l, int tid)
{
	return l->has_init && tid < 20000;
}

static bool refused_number(const struct world *w, const struct arguments *a, uint64_t f,
			   struct answer *to)
{
	struct level level[MOST_LEVELS + 1];
	int i, n = 0;

	if (f & CLONE_NEWPID) {
		level[n].capable = w->admin || (f & CLONE_NEWUSER);
		level[n++].has_init = false;
	}
	for (i = 0; i < w->levels; i++) {
		level[n].capable = w->capable[i];
		level[n++].has_init = true;
	}
	if (a->nr_set_tids > n)
		REFUSE(EINVAL, "set-tid-too-many");
	for (i = 0; i < a->nr_set_tids; i++) {
		const struct level *l = &level[i];
		int tid = a->set_tid[i];

		if (bad_number(tid))
			REFUSE(EINVAL, "set-tid-range");
		if (kernel_version < KV(7, 1) && tid != 1 && !l->has_init)
			REFUSE(EINVAL, "set-tid-no-init");
		if (!l->capable)
			REFUSE(EPERM, "set-tid-perm");
		if (kernel_version < KV(7, 1) && taken(l, tid))
			REFUSE(EEXIST, "set-tid-exists");
	}
	for (i = 0; kernel_version >= KV(7, 1) && i < a->nr_set_tids; i++) {
		if (taken(&level[i], a->set_tid[i]))
			REFUSE(EEXIST, "set-tid-exists");
		if (a->set_tid[i] != 1 && !level[i].has_init)
			REFUSE(EINVAL, "set-tid-no-init");
	}
	if (w->dead)
		REFUSE(ENOMEM, "pidns-dead");
	return false;
}

static bool refused_cgroup(const struct world *w, const struct arguments *a, uint64_t f,
			   struct answer *to)
{
	if (!(f & F_INTO_CGROUP))
		return false;
	switch (a->cgroup) {
	case CG_NOT_OPEN:
	case CG_NO_CGROUP:
		REFUSE(EBADF, "cgroup-fd-bad");
	case CG_REMOVED:
		REFUSE(ENOENT, "cgroup-removed");
	default:
		break;
	}
	if (!w->cgroup_owner)
		REFUSE(EACCES, "cgroup-perm");
	if (a->cgroup == CG_OTHER && (f & CLONE_THREAD))
		REFUSE(EOPNOTSUPP, "cgroup-threaded");
	return false;
}

/**
 * predict() - the errno that a call must get, and the cause
 * @w: who makes it
 * @a: its arguments; none that are refused before copy_process()
 * @to: receives the answer
 */
void predict(const struct world *w, const struct arguments *a, struct answer *to)
{
	uint64_t f = a->flags;

	to->err = 0;
	to->cause = NULL;
	if (f & F_EMPTY_MNTNS)
		f |= CLONE_NEWNS;
	if (refused_flags(w, a, f, to) || refused_namespaces(w, f, to))
		return;
	if ((f & CLONE_SETTLS) && a->tls >> 47) {
		to->err = EPERM;
		to->cause = "tls-invalid";
		return;
	}
	if (refused_number(w, a, f, to))
		return;
	if ((f & F_PIDFD) && !a->pidfd_ok) {
		to->err = EFAULT;
		to->cause = "pidfd-fault";
		return;
	}
	refused_cgroup(w, a, f, to);
}
