/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model_kernel.h - a small model of copy_process(), and of what the module observes
 *
 * A scenario is everything that decides how a fork ends.  scenario_fork() makes the checks in
 * the kernel's order, stops at the one that fails, and builds the observation that the module
 * would have made, possibly with some watch points not armed or with the call's note lost.
 * The true cause is therefore known, and the verdict can be compared with it.
 */
#ifndef MODEL_KERNEL_H
#define MODEL_KERNEL_H

#include "../../../module/rules/observation.h"

/* Why an allocation fails, and which witnesses run then. */
enum shortage {
	NO_WITNESS,		/* fault injection, or a limit without a witness */
	MEMCG_RECLAIM,		/* reclaim in a cgroup at its limit, no OOM killer */
	MEMCG_OOM,		/* the same with the OOM killer */
	MEMCG_OOM_DISABLED,	/* v1: the OOM killer is switched off */
	MEMCG_KMEM,		/* v1: a cgroup's limit on kernel memory */
	MACHINE_WARNED,		/* the page allocator gave up and called warn_alloc() */
	MACHINE_OOM,		/* the same, after the OOM killer was called */
	NR_SHORTAGES
};

/* Why an allocation that was short of memory succeeded after all. */
enum help {
	HELPED_BY_LESS,		/* a smaller attempt followed one that failed silently */
	HELPED_BY_RECLAIM,	/* in a cgroup at its limit */
	HELPED_BY_MEMCG_OOM,	/* the OOM killer of a cgroup */
	HELPED_BY_OOM,		/* the OOM killer of the machine */
	HELPED_BY_ANOTHER_WAY,	/* v1: no room to charge it at once, but page by page */
	NR_HELPS
};

/* A hierarchy of limits; level 0 is the caller's own. */
struct levels {
	u8 n;		/* at least 1 */
	u8 full;	/* bit mask of the levels without room */
	u8 near;	/* bit mask of those with little room */
	u8 flicker;	/* bit mask of those that others fill for the moment of the check */
	bool known;	/* the module can read it */
};

struct scenario {
	u32 facts;
	u64 flags;
	u8 kind;
	bool have_args;		/* the module can read the arguments */
	bool clone3;		/* without the note, the module cannot read them */
	bool files_early;	/* the child's files are cleared early, or it is to have none */
	bool files_known;	/* they are not, and the module has seen that */
	bool no_sysvipc;
	bool undo;		/* the caller has a list of semaphores to undo */
	bool where_unknown;	/* the stack does not tell where a shortage was */
	u8 alloc_fails;		/* which allocation fails, counted from 1; 0 none */
	u8 alloc_helped[2];	/* which ones were short, but succeeded */
	u8 help[2];
	u8 shortage;
	u8 error;		/* index in own_errors plus 1, 0 none */
	bool uring, mempolicy, io_context;

	struct levels nproc, pid, pids;
	bool cap_resource, cap_admin, lsm_denies_admin;
	bool threads_full, threads_known;
	u8 wrapped;		/* bit mask of pid levels where numbers below 300 are free */
	u8 pid_near;		/* bit mask of pid levels that are nearly full */
	u8 pids_first;		/* the nearest so many cgroups lack the pids controller */
	bool pids_names;	/* the witness names the cgroup that refused (6.12) */
	bool dead, dead_late, no_reaper;
	u8 dead_at;		/* how many levels above the child's */
	bool asks_above;	/* alloc_pid() checks the levels above, too */
	u8 overcommit_mode;
	bool too_much;		/* overcommit refuses a mapping */
	u8 mappings_before;	/* copied before the one that is refused */
	u8 mappings_before_kill;
	bool overcommit_known, overcommit_counted;
	bool memcg_known;
	bool deadline, killed_in_mm, killed_in_vmalloc;

	/*
	 * RACE_*: what the module reads differs from what the kernel read, because another
	 * CPU changed it in between.  0: nobody else is running.
	 */
	u32 race;
};

#define RACE_THREADS	(1 << 0)
#define RACE_NPROC	(1 << 1)
#define RACE_PIDS	(1 << 3)
#define RACE_OVERCOMMIT	(1 << 4)
#define RACE_DEAD	(1 << 5)
#define RACE_MEMCG	(1 << 6)
#define RACE_PID_BEFORE	(1 << 7)
#define RACE_KILLED	(1 << 8)
#define RACE_OVERCOMMIT_BEFORE	(1 << 9)

/* What the module cannot see. */
struct hidden {
	u32 steps, witnesses;	/* watch points (bits) that are not armed */
	bool note;		/* another task has written over the call's note */
	bool stage;		/* the fields of the dead child are not trusted */
};

/* The steps that have watch points. */
#define HOOKED_STEPS	((1u << FF_STEP_PIDFD) | \
			 ((1u << (FF_STEP_COPY_TIME_NS + 1)) - (1u << FF_STEP_NEW_NAMESPACES)))

struct truth {
	bool failed;
	u8 cause;	/* FORKFAIL_* */
	int err;	/* positive */
	u8 level;	/* of the hierarchy that refused */
};

/* Make up a scenario that can exist, from random bits. */
void scenario_random(struct scenario *sc, u64 (*bits)(void *), void *arg);

/* Fork in a scenario of which something is hidden. */
void scenario_fork(const struct scenario *sc, const struct hidden *hidden, struct ff_observation *o,
		   struct truth *t);

/* Witnesses that share a hook are armed or not together. */
u32 blind_together(u32 blind_w);

void scenario_print(const struct scenario *sc, const struct truth *t);

/* NULL, or why @v is wrong; @sighted: nothing is hidden. */
const char *verdict_is_wrong(const struct scenario *sc, const struct truth *t,
			     const struct ff_verdict *v, bool sighted);

#endif /* MODEL_KERNEL_H */
