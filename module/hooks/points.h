/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * points.h - the table of watch points
 */
#ifndef FORKFAIL_POINTS_H
#define FORKFAIL_POINTS_H

#include <linux/kprobes.h>
#include <linux/types.h>

#include "compat/compat.h"
#include "rules/observation.h"

struct ftrace_ops;

enum ff_point_kind {
	FF_POINT_DEAD_CHILD,	/* put_task_stack(): is it a child that was given up? */
	FF_POINT_CLONE,		/* kernel_clone(): note its arguments */
	FF_POINT_SIGNAL,	/* get_signal(): is a fork about to restart? */
	FF_POINT_STEP,		/* note that the call got here */
	FF_POINT_WITNESS,	/* note that it ran, and what its arguments tell */
	/* the rest can be switched off, and is hooked by ftrace only */
	FF_POINT_MMAP,		/* thread stacks */
	FF_POINT_MPROTECT,	/* the same */
	FF_POINT_FILTER,	/* each system call under a seccomp filter */
	FF_POINT_CLONE3,	/* clone3() reads its arguments */
	FF_POINT_SYSCALL,	/* other calls that never reach copy_process() */
	FF_NR_POINT_KINDS
};

/* Identifies the points of the last three. */
enum ff_syscall_point {
	FF_ON_FILTER, FF_ON_CLONE3, FF_ON_NOTIFY, FF_ON_STOP, FF_ON_STOPPING, FF_ON_EXEC,
};

extern const char * const ff_point_kinds[];

/**
 * struct ff_point - one watch point
 * @name: the function's symbol
 * @kind: what entering it means
 * @id: enum ff_step, the (first) enum ff_witness that entering it can be, or enum
 *	ff_syscall_point
 * @exists: this kernel has the function, and it proves something on this kernel
 * @blind: what cannot be seen without it
 * @entered: the handler of FF_POINT_SYSCALL
 * @how: how it is hooked, or will be when it is switched on; NULL if it cannot be
 * @ip: its address as kprobes use it; ftrace's lies up to FF_FTRACE_IP_SLACK behind it
 * @kp: the kprobe, if ftrace cannot hook it
 */
struct ff_point {
	const char *name;
	enum ff_point_kind kind;
	u8 id;
	bool exists;
	const char *blind;
	void (*entered)(ff_regs *regs);
	const char *how;
	unsigned long ip;
	struct kprobe kp;
};

extern struct ff_point ff_points[];
extern const unsigned int ff_nr_points;

int ff_points_find(void);
void ff_points_drop_useless(void);
bool ff_point_is_hooked(enum ff_point_kind kind, u8 id);
int ff_point_filter(struct ftrace_ops *ops, unsigned long ip, bool hook);
bool ff_point_is_skipped(const char *skip, const char *name);
const struct ff_point *ff_point_at(unsigned long ip);
bool ff_point_caller_counts(const struct ff_point *p, unsigned long parent_ip);

/**
 * ff_point_counts - does this call of a witness's function count?
 * @p: the point
 * @parent_ip: address in the caller
 *
 * Return: true unless only other callers of this function count.
 */
static inline bool ff_point_counts(const struct ff_point *p, unsigned long parent_ip)
{
	return (p->id != FF_W_PERF_DONE && p->id != FF_W_KMEM_LIMIT) ||
	       ff_point_caller_counts(p, parent_ip);
}

#endif /* FORKFAIL_POINTS_H */
