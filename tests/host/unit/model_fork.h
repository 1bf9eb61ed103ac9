/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model_fork.h - one fork in a world: model_kernel.c makes it, model_module.c is what the module
 * would see of it, odd_errnos.c are the errors that its parts have of their own
 */
#ifndef WALK_H
#define WALK_H

#include <errno.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>

#include "../../../module/rules/match.h"
#include "invariants.h"
#include "model_kernel.h"

#define THREAD_FLAGS	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
#define KTHREAD		FORKFAIL_KIND_KTHREAD

/* One fork under way. */
struct walk {
	const struct world *w;
	struct ff_observation *o;
	struct truth *t;
	struct hidden hidden;
	enum ff_step at;	/* where it really is */
	enum ff_step way;	/* the last watched step that the note has */
	bool unshared_fs;	/* it failed to have an fs of its own */
	u8 allocs;
	bool oom_killed;
};

static inline int lowest(u8 bits)
{
	return bits ? __builtin_ctz(bits) : -1;
}

static inline u8 full_levels(const struct levels *l)
{
	return l->full & (BIT(l->n) - 1);
}

/*
 * The errors that a part of copy_process() has of its own: what has to be, what
 * runs on the way to them, and what the module sees of the state behind them.
 */
enum place {
	P_KERNEL_CLONE, P_FLAGS, P_USERNS, P_USERNS_COUNTED, P_USERNS_LSM, P_KTHREAD, P_PERF,
	P_LSM, P_FILES, P_FS, P_NS, P_PID_NS, P_COUNT_NS, P_NET_NS, P_THREAD, P_PID_FIRST, P_PIDFD,
	P_CGROUP_FD, P_CGROUP, P_CPUSET, P_CPUSET_LSM, P_SCX, P_KILLED,
};

struct oddity {
	enum place place;
	s32 err;
	u8 cause;
	u64 flags;		/* that it needs; at P_FLAGS the only ones */
	u32 facts;		/* that it needs */
	u32 not_facts;		/* under which it cannot be */
	s8 kind;		/* that it needs, or -1 */
	void (*state)(struct ff_observation *o);
};

extern const unsigned int nr_oddities;
const struct oddity *oddity(const struct world *w);

/* Those states that somebody asks for. */
void users_full(struct ff_observation *o);
void other_pidns(struct ff_observation *o);
void own_stack(struct ff_observation *o);
void killed(struct ff_observation *o);

/* model_module.c */
void step(struct walk *k, enum ff_step s);
void witness(struct walk *k, enum ff_witness n);
void observe(struct walk *k);

#endif /* WALK_H */
