/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * points.h - the functions that are watched
 */
#ifndef FORKFAIL_POINTS_H
#define FORKFAIL_POINTS_H

#include <linux/kprobes.h>
#include <linux/types.h>

#include "compat/compat.h"

struct ftrace_ops;

enum ff_point_kind {
	FF_POINT_DEAD_CHILD,	/* look at its argument */
	FF_POINT_CLONE,		/* the same */
	FF_POINT_SIGNAL,	/* look at the running task's answer */
	FF_POINT_STEP,		/* note it */
	FF_POINT_WITNESS,	/* note that it ran */
	FF_POINT_MMAP,		/* thread stacks; by ftrace or not at all */
	FF_POINT_MPROTECT,
};

extern const char * const ff_point_kinds[];

/**
 * struct ff_point - one function that is watched
 * @name: its symbol
 * @kind: what its entry means
 * @id: the step that it is, or the first witness that its entry may be
 * @exists: this kernel has it, and it is of use here
 * @blind: what cannot be seen without it
 * @how: how it is hooked, NULL if it is not
 * @ip: its address as kprobes know it; ftrace's own lies up to
 *	FF_FTRACE_IP_SLACK behind it
 * @kp: the hook, where ftrace cannot reach
 */
struct ff_point {
	const char *name;
	enum ff_point_kind kind;
	u8 id;
	bool exists;
	const char *blind;
	const char *how;
	unsigned long ip;
	struct kprobe kp;
};

extern struct ff_point ff_points[];
extern const unsigned int ff_nr_points;

int ff_points_find(void);
int ff_point_filter(struct ftrace_ops *ops, unsigned long ip);
bool ff_point_is_skipped(const char *skip, const char *name);
const struct ff_point *ff_point_at(unsigned long ip);
bool ff_point_counts(const struct ff_point *p, unsigned long parent_ip);

#endif /* FORKFAIL_POINTS_H */
