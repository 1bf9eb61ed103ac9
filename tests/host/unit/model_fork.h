/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model_fork.h - one fork in a scenario
 *
 * model_kernel.c does what copy_process() does, model_errors.c has the errors that only one
 * part of it returns, and model_module.c records what the module would see.
 */
#ifndef MODEL_FORK_H
#define MODEL_FORK_H

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
struct fork_run {
	const struct scenario *sc;
	struct ff_observation *o;
	struct truth *t;
	struct hidden hidden;
	enum ff_step at;	/* the step it has really reached */
	enum ff_step way;	/* the last watched step that the note has */
	bool unshared_fs;	/* the copy of the fs structure failed */
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

/* Those that refuse: others may be counted there only for that moment. */
static inline u8 refusing_levels(const struct levels *l)
{
	return (l->full | l->flicker) & (BIT(l->n) - 1);
}

/* Parts of copy_process() that return errors of their own. */
enum place {
	P_KERNEL_CLONE, P_FLAGS, P_USERNS, P_USERNS_COUNTED, P_USERNS_LSM, P_KTHREAD, P_PERF,
	P_LSM, P_FILES, P_FS, P_NS, P_PID_NS, P_COUNT_NS, P_NET_NS, P_THREAD, P_PID_FIRST, P_PIDFD,
	P_CGROUP_FD, P_CGROUP, P_CPUSET, P_CPUSET_LSM, P_SCX, P_KILLED,
};

/* An error of one part, what it needs to occur, and what the module sees of its reason. */
struct own_error {
	enum place place;
	s32 err;
	u8 cause;
	u64 flags;		/* needed clone flags; at P_FLAGS the only ones */
	u32 facts;		/* needed facts about the kernel */
	u32 not_facts;		/* facts that exclude it */
	bool kthread;		/* only of a kernel thread */
	void (*state)(struct ff_observation *o);
};

extern const unsigned int nr_own_errors;
const struct own_error *own_error(const struct scenario *sc);

/* States that other files compare with. */
void users_full(struct ff_observation *o);
void other_pidns(struct ff_observation *o);
void own_stack(struct ff_observation *o);
void killed(struct ff_observation *o);

/* model_module.c */
void step(struct fork_run *run, enum ff_step s);
void witness(struct fork_run *run, enum ff_witness n);
void observe(struct fork_run *run);

#endif /* MODEL_FORK_H */
