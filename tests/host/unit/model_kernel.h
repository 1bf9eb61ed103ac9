/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model_kernel.h - a small model of copy_process(), and of what the module observes
 *
 * A world is everything that decides how a fork ends.  world_fork() goes through it in the
 * kernel's order, stops where the kernel would, and builds the observation that the module
 * would have made, with some watch points not armed, or with the call's note lost.  So the
 * real cause is known, and the verdict can be compared with it.
 */
#ifndef WORLD_H
#define WORLD_H

#include "../../../module/rules/observation.h"

/* What an allocation that fails was short of. */
enum shortage {
	NO_WITNESS,		/* fault injection, or a limit that nobody sees */
	MEMCG_RECLAIM,		/* reclaim in a cgroup at its limit, no OOM killer */
	MEMCG_OOM,		/* the same with the OOM killer */
	MEMCG_OOM_DISABLED,	/* v1: it has been switched off */
	MEMCG_KMEM,		/* v1: a cgroup's limit on kernel memory */
	MACHINE_WARNED,		/* the page allocator gave up and said so */
	MACHINE_OOM,		/* the same, after the OOM killer was asked */
	NR_SHORTAGES
};

/* What helped an allocation that was in difficulties. */
enum help {
	HELPED_BY_LESS,		/* a smaller attempt behind one that failed silently */
	HELPED_BY_RECLAIM,	/* in a cgroup at its limit */
	HELPED_BY_MEMCG_OOM,	/* its OOM killer */
	HELPED_BY_OOM,		/* the machine's */
	HELPED_BY_ANOTHER_WAY,	/* v1: no room for kernel memory in one piece */
	NR_HELPS
};

/* A hierarchy of limits; level 0 is the asker's own. */
struct levels {
	u8 n;		/* at least 1 */
	u8 full;	/* bits: levels that refuse one more */
	bool known;	/* the module can read it */
};

struct world {
	u32 facts;
	u64 flags;
	u8 kind;
	bool have_args;		/* the module can read the arguments */
	bool clone3;		/* and without the note it cannot */
	bool files_early;	/* this kernel clears the child's files early, or it has none */
	bool files_known;	/* it does not, and the module has seen that */
	bool no_sysvipc;
	bool undo;		/* the caller has a list of semaphores to undo */
	bool where_unknown;	/* stacks tell nothing */
	u8 alloc_fails;		/* which allocation fails, counted from 1; 0 none */
	u8 alloc_helped[2];	/* which ones were short, and got it in the end */
	u8 help[2];
	u8 shortage;
	u8 odd;			/* an error that a place has of its own, 0 none */
	bool uring, mempolicy, io_context;

	struct levels nproc, pid, pids;
	bool cap_resource, cap_admin, lsm_denies_admin;
	bool threads_full, threads_known;
	u8 wrapped;		/* levels of pid (bits): numbers below 300 are free */
	u8 pid_near;		/* and that are not full, but not far from it */
	u8 pids_first;		/* cgroups without the controller, the caller's own among them */
	bool pids_names;	/* the witness names the cgroup that refused (6.12) */
	bool dead, dead_late, no_reaper;
	u8 dead_at;		/* levels above the one that the child is to be in */
	bool asks_above;	/* alloc_pid() asks these, too */
	u8 overcommit_mode;
	bool too_much;		/* overcommit refuses a mapping */
	u8 mappings_before;	/* before the one that is refused */
	u8 mappings_before_kill;
	bool overcommit_known, overcommit_counted;
	bool memcg_known;
	bool deadline, killed_in_mm, killed_in_vmalloc;

	/*
	 * Other CPUs change counters between the kernel's look and ours: bits
	 * turn the module's own looks around.  0: nobody else is running.
	 */
	u32 race;
};

#define RACE_THREADS	(1 << 0)
#define RACE_NPROC	(1 << 1)
#define RACE_PID	(1 << 2)
#define RACE_PIDS	(1 << 3)
#define RACE_OVERCOMMIT	(1 << 4)
#define RACE_DEAD	(1 << 5)
#define RACE_MEMCG	(1 << 6)
#define RACE_PID_BEFORE	(1 << 7)
#define RACE_KILLED	(1 << 8)
#define RACE_OVERCOMMIT_BEFORE	(1 << 9)

/* What is not there to be seen. */
struct hidden {
	u32 steps, witnesses;	/* watch points (bits) that are not armed */
	bool note;		/* another task has written over the call's note */
	bool stage;		/* what the dead child tells is not believed */
};

/* The steps that have watch points. */
#define WORLD_STEPS	((1u << FF_STEP_PIDFD) | \
			 ((1u << (FF_STEP_COPY_TIME_NS + 1)) - (1u << FF_STEP_NEW_NAMESPACES)))

struct truth {
	bool failed;
	u8 cause;	/* FORKFAIL_* */
	int err;	/* positive */
	u8 level;	/* for the hierarchies */
};

/* Fill a world from random bits; make it one that can exist. */
void world_random(struct world *w, u64 (*bits)(void *), void *arg);

/* Fork in world @w, of which something is hidden. */
void world_fork(const struct world *w, const struct hidden *hidden, struct ff_observation *o,
		struct truth *t);

/* Witnesses that one hook sees go blind together. */
u32 world_blind_together(u32 blind_w);

void world_print(const struct world *w, const struct truth *t);

/*
 * NULL, or why @v is wrong in a world whose truth is known; @nameable: the
 * classifier has a rule for the true cause; @sighted: nothing is hidden.
 */
const char *world_verdict_wrong(const struct world *w, const struct truth *t,
				const struct ff_verdict *v, bool nameable, bool sighted);

#endif /* WORLD_H */
