// SPDX-License-Identifier: GPL-2.0-only
/*
 * model.c - a model of the kernel's checks of arguments, in its order
 *
 * It does not use forkfail's own tables: it was written from the sources of 5.10, 6.1, 6.12
 * and 7.2.  probe_kernel.c finds out which of their checks the running kernel makes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <unistd.h>

#include "clonediff.h"

/* sched.h may have values that clash with older ones; these are the kernel's. */
#define NEW_ANY	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET | \
		 CLONE_NEWCGROUP | CLONE_NEWTIME)

#define REFUSE(e, c) do { to->err = (e); to->cause = (c); return true; } while (0)

static bool all(uint64_t flags, uint64_t wanted)
{
	return (flags & wanted) == wanted;
}

/* ---- before copy_process() ----------------------------------------------- */

/**
 * can_read() - can the kernel read this part of clone3's arguments?
 * @a: the arguments
 * @from: offset
 * @to: offset behind it
 */
bool can_read(const struct arguments *a, uint64_t from, uint64_t to)
{
	switch (a->at) {
	case IN_MEMORY:
		return true;
	case CUT_OFF:
		return to <= a->cut;
	case BEHEADED:
		return from >= a->cut;
	default:
		return from == to;
	}
}

/**
 * can_read_flags() - can forkfail know the flags?
 * @a: the arguments
 *
 * Those of clone3 are known if the kernel itself reads them.
 */
bool can_read_flags(const struct arguments *a)
{
	return a->legacy || (a->size >= 64 && a->size <= MOST_SIZE &&
			     can_read(a, 0, a->size < KNOWN_SIZE ? a->size : KNOWN_SIZE));
}

/* Unknown bytes must be zero; the kernel checks them first, up to one that is not. */
static bool refused_size(const struct arguments *a, struct expected *to)
{
	if (a->size > MOST_SIZE)
		REFUSE(E2BIG, "clone3-size-big");
	if (a->size < 64)
		REFUSE(EINVAL, "clone3-size-small");
	if (a->size > KNOWN_SIZE) {
		if (!can_read(a, KNOWN_SIZE, a->tail ? a->tail + 1 : a->size))
			REFUSE(EFAULT, "clone3-args-fault");
		if (a->tail)
			REFUSE(E2BIG, "clone3-size-big");
	}
	if (!can_read_flags(a))
		REFUSE(EFAULT, "clone3-args-fault");
	return false;
}

static bool refused_values(const struct arguments *a, uint64_t f, struct expected *to)
{
	bool given = a->tids_at != AT_NULL, counted = a->nr_set_tids;

	if (a->nr_set_tids > 32 || given != counted)
		REFUSE(EINVAL, "clone3-args-invalid");
	if (a->exit_signal > 0xff)
		REFUSE(EINVAL, "clone3-args-invalid");
	if (!kernel_does.check_signal_of_clone && a->exit_signal > 64)
		REFUSE(EINVAL, "exit-signal-invalid");
	if ((f & CLONE_INTO_CGROUP) && (a->cgroup == CG_HUGE || a->size < KNOWN_SIZE))
		REFUSE(EINVAL, "clone3-args-invalid");
	if (a->tids_at != AT_NULL && a->tids_at != IN_MEMORY)
		REFUSE(EFAULT, "clone3-args-fault");
	return false;
}

/* The flags that are drawn are known either to all kernels or to none. */
static bool no_stack(uint64_t stack, uint64_t size)
{
	return !stack != !size || stack >> 56 || size >> 56;
}

static bool refused_combination(const struct arguments *a, uint64_t f, struct expected *to)
{
	uint64_t known = 0xffffffffULL | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP | kernel_does.know;

	if (f & ~known)
		REFUSE(EINVAL, "clone3-flags-unknown");
	if ((f & (CLONE_DETACHED | kernel_does.clone3_signal_bits)) ||
	    all(f, CLONE_SIGHAND | CLONE_CLEAR_SIGHAND) ||
	    ((f & (CLONE_THREAD | CLONE_PARENT)) && a->exit_signal) ||
	    no_stack(a->stack, a->stack_size))
		REFUSE(EINVAL, "clone3-args-combination");
	return false;
}

/* clone3() itself; @a is changed as the kernel changes it. */
static bool refused_by_clone3(struct arguments *a, uint64_t f, struct expected *to)
{
	if (refused_size(a, to))
		return true;
	/* bytes beyond the size are zero */
	if (a->size < 72)
		a->tids_at = AT_NULL;
	if (a->size < 80)
		a->nr_set_tids = 0;
	return refused_values(a, f, to) || refused_combination(a, f, to);
}

static bool refused_by_kernel_clone(const struct arguments *a, uint64_t f, struct expected *to)
{
	if (all(f, CLONE_PIDFD | CLONE_PARENT_SETTID) && (a->legacy || a->one_place))
		REFUSE(EINVAL, "pidfd-parent-settid");
	if (kernel_does.check_signal_of_clone && a->exit_signal > 64)
		REFUSE(EINVAL, "exit-signal-invalid");
	return false;
}

/* ---- in copy_process() --------------------------------------------------- */

static bool refused_flags(const struct caller *who, const struct arguments *a, uint64_t f,
			  struct expected *to)
{
	if (all(f, CLONE_NEWNS | CLONE_FS))
		REFUSE(EINVAL, "newns-with-fs");
	if (all(f, CLONE_NEWUSER | CLONE_FS))
		REFUSE(EINVAL, "newuser-with-fs");
	if ((f & CLONE_THREAD) && !(f & CLONE_SIGHAND))
		REFUSE(EINVAL, "thread-without-sighand");
	if ((f & CLONE_SIGHAND) && !(f & CLONE_VM))
		REFUSE(EINVAL, "sighand-without-vm");
	if ((f & CLONE_PARENT) && who->is_init)
		REFUSE(EINVAL, "clone-parent-of-init");
	if ((f & CLONE_THREAD) && ((f & (CLONE_NEWUSER | CLONE_NEWPID)) || who->mismatch))
		REFUSE(EINVAL, "thread-pidns-mismatch");
	if (kernel_does.refuse_vfork_into_timens && (f & (CLONE_THREAD | CLONE_VM)) && who->timens)
		REFUSE(EINVAL, "timens-thread-or-vm");
	if (all(f, CLONE_PIDFD | CLONE_DETACHED))
		REFUSE(EINVAL, "pidfd-detached");
	if (kernel_does.refuse_pidfd_of_thread && all(f, CLONE_PIDFD | CLONE_THREAD))
		REFUSE(EINVAL, "pidfd-thread");
	if (f & CLONE_AUTOREAP)
		if ((f & (CLONE_THREAD | CLONE_PARENT)) || a->exit_signal)
			REFUSE(EINVAL, "autoreap-combination");
	if (all(f, CLONE_NNP | CLONE_THREAD))
		REFUSE(EINVAL, "nnp-thread");
	if (f & CLONE_PIDFD_AUTOKILL) {
		if (!all(f, CLONE_PIDFD | CLONE_AUTOREAP) || (f & CLONE_THREAD))
			REFUSE(EINVAL, "autokill-combination");
		if (!(f & CLONE_NNP) && !who->admin)
			REFUSE(EPERM, "autokill-cap");
	}
	return false;
}

static bool refused_namespaces(const struct caller *who, uint64_t f, struct expected *to)
{
	if (!(f & NEW_ANY))
		return false;
	/* the creator of a user namespace has all capabilities in it */
	if (!who->admin && !(f & CLONE_NEWUSER))
		REFUSE(EPERM, "ns-cap");
	if (all(f, CLONE_NEWIPC | CLONE_SYSVSEM))
		REFUSE(EINVAL, "newipc-sysvsem");
	if ((f & CLONE_NEWPID) && who->mismatch)
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

/* Free numbers are above 20000, see calls.c. */
static bool taken(const struct level *l, int tid)
{
	return l->has_init && tid < 20000;
}

static bool refused_number(const struct caller *who, const struct arguments *a, uint64_t f,
			   struct expected *to)
{
	struct level level[MOST_LEVELS + 1];
	unsigned int i, n = 0;

	if (f & CLONE_NEWPID) {
		level[n].capable = who->admin || (f & CLONE_NEWUSER);
		level[n++].has_init = false;
	}
	for (i = 0; i < who->levels; i++) {
		level[n].capable = who->capable[i];
		level[n++].has_init = true;
	}
	if (a->nr_set_tids > n)
		REFUSE(EINVAL, "set-tid-too-many");
	for (i = 0; i < a->nr_set_tids; i++) {
		const struct level *l = &level[i];
		int tid = a->set_tid[i];

		if (bad_number(tid))
			REFUSE(EINVAL, "set-tid-range");
		if (!kernel_does.check_numbers_late && tid != 1 && !l->has_init)
			REFUSE(EINVAL, "set-tid-no-init");
		if (!l->capable)
			REFUSE(EPERM, "set-tid-perm");
		if (!kernel_does.check_numbers_late && taken(l, tid))
			REFUSE(EEXIST, "set-tid-exists");
	}
	for (i = 0; kernel_does.check_numbers_late && i < a->nr_set_tids; i++) {
		if (taken(&level[i], a->set_tid[i]))
			REFUSE(EEXIST, "set-tid-exists");
		if (a->set_tid[i] != 1 && !level[i].has_init)
			REFUSE(EINVAL, "set-tid-no-init");
	}
	if (who->dead)
		REFUSE(ENOMEM, "pidns-dead");
	return false;
}

static bool refused_cgroup(const struct caller *who, const struct arguments *a, uint64_t f,
			   struct expected *to)
{
	if (!(f & CLONE_INTO_CGROUP))
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
	if (!who->cgroup_owner)
		REFUSE(EACCES, "cgroup-perm");
	if (a->cgroup == CG_OTHER && (f & CLONE_THREAD))
		REFUSE(EOPNOTSUPP, "cgroup-threaded");
	return false;
}

/**
 * predict() - the errno that a call must get, and the cause
 * @who: the caller
 * @given: its arguments
 * @to: receives the errno and the cause
 */
void predict(const struct caller *who, const struct arguments *given, struct expected *to)
{
	struct arguments read = *given, *a = &read;
	uint64_t f = a->flags;

	to->err = 0;
	to->cause = NULL;
	to->early = true;
	if (!a->legacy && refused_by_clone3(a, f, to))
		return;
	/* kernel_clone() adds CLONE_NEWNS before it refuses anything (7.2) */
	to->early = false;
	if (refused_by_kernel_clone(a, f, to))
		return;
	if (f & CLONE_EMPTY_MNTNS)
		f |= CLONE_NEWNS;
	if (refused_flags(who, a, f, to) || refused_namespaces(who, f, to))
		return;
	if ((f & CLONE_SETTLS) && a->tls >> 47) {
		to->err = EPERM;
		to->cause = "tls-invalid";
		return;
	}
	if (refused_number(who, a, f, to))
		return;
	if ((f & CLONE_PIDFD) && !a->pidfd_ok) {
		to->err = EFAULT;
		to->cause = "pidfd-fault";
		return;
	}
	refused_cgroup(who, a, f, to);
}
