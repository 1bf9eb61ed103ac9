/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * storm.h - the forkers of the storm
 */
#ifndef STORM_H
#define STORM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define MOST	1000	/* forkers */
#define LARGE	(brief ? 600 : MOST)	/* more than there are places in the table */
#define UID	5301
#define CGROUP	"storm"
#define MOSTLY(n)	((n) > 64 ? (n) / 2 : (n))

/* What refuses a forker. */
enum storm_group { NPROC, PIDS, DEAD, NR_STORM_GROUPS };

/**
 * struct storm_cause - what a forker of a group meets
 * @cause: the cause that forkfail has to name
 * @err: the errno
 */
struct storm_cause {
	const char *cause;
	int err;
};

extern const struct storm_cause storm_groups[];

/**
 * struct storm_board - shared by all forkers
 * @ready: how many wait at the gate
 * @stop: they are to end
 * @pause: they are to stand still
 * @paused: how many do
 * @of: what each has counted
 */
struct storm_board {
	int ready, stop, pause, paused;
	struct forker {
		uint64_t created, refused, other;
	} of[MOST];
};

extern struct storm_board *storm_board;

static inline bool is_set(const int *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static inline void set(int *flag, int value)
{
	__atomic_store_n(flag, value, __ATOMIC_RELEASE);
}

void storm_gate_make(void);
void storm_gate_wait(void);
void storm_gate_open(void);
void storm_be_in(const char *cgroup);
pid_t storm_fork_in(const char *cgroup);
void storm_start(const enum storm_group *mix, unsigned int of_mix, unsigned int tasks, bool named);
unsigned int storm_had_a_turn(unsigned int tasks, bool refused);
void storm_let_run(unsigned int tasks, bool refused, unsigned int ms);

#endif /* STORM_H */
