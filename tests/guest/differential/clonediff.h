/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clonediff - random arguments of clone and clone3 against forkfail's log
 */
#ifndef CLONEDIFF_H
#define CLONEDIFF_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../inject/injectfail.h"

#define MOST_LEVELS	4
#define MOST_SET_TIDS	3

/* What CLONE_INTO_CGROUP refers to; the last is larger than any descriptor. */
enum cgroup_kind {
	CG_OTHER, CG_OWN, CG_NOT_OPEN, CG_NO_CGROUP, CG_REMOVED, CG_KINDS, CG_HUGE = CG_KINDS,
};

/* Where the kernel reads an argument. */
enum place {
	IN_MEMORY,
	AT_NULL,
	NOWHERE,	/* in user space, not mapped */
	IN_KERNEL,
	CUT_OFF,	/* clone3's arguments: only the first @cut bytes can be read */
	BEHEADED,	/* the first @cut bytes cannot */
};

/**
 * struct arguments - of one call
 * @legacy: old clone: no set_tid, no cgroup, no flags above 32 bits, and none of
 *	what follows @one_place
 * @pidfd_ok: the address for the pidfd can be written to
 * @one_place: the address for the tid is the same; old clone has only one
 * @size: of clone3's arguments, as the kernel is told
 * @at: where they are
 * @cut: how much of them can, or cannot, be read; a multiple of 8
 * @tail: offset of a byte that is not zero, after the known part; 0 for none
 * @tids_at: where the numbers of set_tid are
 */
struct arguments {
	bool legacy;
	uint64_t flags;
	uint64_t exit_signal;
	uint64_t tls;
	bool pidfd_ok, one_place;
	uint64_t nr_set_tids;
	int set_tid[MOST_SET_TIDS];
	enum cgroup_kind cgroup;
	uint64_t size;
	enum place at;
	unsigned int cut, tail;
	enum place tids_at;
	uint64_t stack, stack_size;
};

#define KNOWN_SIZE	88	/* of clone3's arguments, on all these kernels */
#define MOST_SIZE	4096

/**
 * struct caller - who makes the calls, and where
 * @levels: PID namespaces that a child gets a number in, innermost first
 * @capable: in the user namespace that owns each of them
 * @admin: CAP_SYS_ADMIN in its own user namespace
 * @cgroup_owner: may write to the cgroups
 * @is_init: PID 1 of its PID namespace
 * @mismatch: children go into another PID namespace than its own
 * @dead: that namespace has no init any more
 * @timens: children go into another time namespace
 */
struct caller {
	const char *name;
	unsigned int levels;
	bool capable[MOST_LEVELS];
	bool admin, cgroup_owner, is_init, mismatch, dead, timens;
	bool (*become)(void);
};

/* callers.c */
extern const struct caller callers[];
extern const size_t nr_callers;

/**
 * struct expected - what a call must return
 * @err: errno, 0 if it creates the task
 * @cause: the reason
 * @early: it is refused before copy_process()
 */
struct expected {
	int err;
	const char *cause;
	bool early;
};

/**
 * struct kernel_does - what the running kernel does where kernels differ
 * @know: flags of clone3 that are newer than CLONE_INTO_CGROUP
 * @clone3_signal_bits: bits of clone3's flags that it refuses, because they are old
 *	clone's exit signal; 0xff with kernels that leave no room for CLONE_NEWTIME
 * @check_signal_of_clone: kernel_clone() refuses an invalid signal, also that of old clone;
 *	else clone3() does, earlier
 * @refuse_vfork_into_timens: tasks that share memory may not be created for another
 *	time namespace
 * @refuse_pidfd_of_thread: a thread cannot have one
 * @check_numbers_late: the capability for all of set_tid's numbers is checked before
 *	whether they are free and have an init
 */
struct kernel_does {
	uint64_t know;
	unsigned int clone3_signal_bits;
	bool check_signal_of_clone, refuse_vfork_into_timens, refuse_pidfd_of_thread,
	     check_numbers_late;
};

extern struct kernel_does kernel_does;

bool probe_kernel(void);

void predict(const struct caller *who, const struct arguments *a, struct expected *to);
bool can_read(const struct arguments *a, uint64_t from, uint64_t to);
bool can_read_flags(const struct arguments *a);

void draw(uint64_t *state, const struct caller *who, struct arguments *a);
bool prepare_calls(void);
bool become_caller(const struct caller *who);
void clean_up_calls(void);
long call(const struct arguments *a);
void describe(const struct arguments *a, char *out, size_t size);

#endif /* CLONEDIFF_H */
