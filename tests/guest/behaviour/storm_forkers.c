// SPDX-License-Identifier: GPL-2.0-only
/*
 * storm_forkers.c - the forkers of the storm
 *
 * Each is a process that creates tasks as fast as it can, and counts successes and failures.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/wait.h>

#include "guest.h"
#include "storm.h"

const struct storm_cause storm_groups[] = {
	[NPROC] = { "rlimit-nproc", EAGAIN },
	[PIDS] = { "pids-max", EAGAIN },
	[DEAD] = { "pidns-dead", ENOMEM },
};

struct storm_board *storm_board;

/*
 * A futex that forkers wait for: they sleep, and cost nothing while others are being started.
 * (Not a pipe: its readers queue up for a lock, and 1,000 of them on eight emulated CPUs wait
 * so long that the kernel reports them as hung.)
 */
static int *gate;	/* 1: open */

/**
 * storm_gate_make - create the gate, or close it again
 */
void storm_gate_make(void)
{
	if (!gate)
		gate = shared(sizeof(*gate));
	set(gate, 0);
}

/**
 * storm_gate_wait - sleep until the gate opens
 */
void storm_gate_wait(void)
{
	await(gate);
}

/**
 * storm_gate_open - wake all that wait at the gate
 */
void storm_gate_open(void)
{
	release(gate);
}

static void hold_still(void)
{
	__sync_fetch_and_add(&storm_board->paused, 1);
	while (is_set(&storm_board->pause))
		nap(50);
	__sync_fetch_and_sub(&storm_board->paused, 1);
}

static void work(enum storm_group group, unsigned int n, bool named)
{
	struct forker *f = &storm_board->of[n];
	char comm[16] = "storm";
	unsigned int i;
	int err;

	if (named)
		snprintf(comm, sizeof(comm), "storm-%u", n % MOST);
	name_self(comm);
	/*
	 * The process that starts and stops us has priority, and so has what takes ten times as
	 * long as the calls of others.
	 */
	if (group != DEAD && nice(5) == -1)
		_exit(92);
	if (group == DEAD)
		outlive_init();
	if (group == NPROC)
		refuse_nproc(UID);
	__sync_fetch_and_add(&storm_board->ready, 1);
	storm_gate_wait();
	for (i = 0; !is_set(&storm_board->stop); i++) {
		/* a thread cannot be created in another PID namespace, which is another cause */
		err = try_create(group == DEAD ? i % 2 : i % NR_KINDS);
		if (!err)
			f->created++;
		else if (err == storm_groups[group].err)
			f->refused++;
		else
			f->other++;
		/* the others are to have a turn soon, too */
		if (brief && i % 2)
			sched_yield();
		if (is_set(&storm_board->pause))
			hold_still();
	}
	_exit(0);
}

/**
 * storm_be_in - move this process to a cgroup, so that its next forkers are in it
 * @cgroup: the cgroup
 *
 * This is cheaper than moving each forker, which stops all forks.
 */
void storm_be_in(const char *cgroup)
{
	static const char *in = "";

	if (strcmp(in, cgroup) && cgroup_enter(cgroup))
		die("cannot enter cgroup /%s", cgroup);
	in = cgroup;
}

/**
 * storm_fork_in - fork inside a cgroup
 * @cgroup: the cgroup
 *
 * Return: as fork().
 */
pid_t storm_fork_in(const char *cgroup)
{
	pid_t pid;

	storm_be_in(cgroup);
	pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	return pid;
}

/**
 * storm_start - start forkers, which wait at the gate
 * @mix: what refuses them, in turn
 * @of_mix: how many there are in @mix
 * @tasks: how many forkers
 * @named: each has its own command name
 */
void storm_start(const enum storm_group *mix, unsigned int of_mix, unsigned int tasks, bool named)
{
	unsigned int i;

	memset(storm_board, 0, sizeof(*storm_board));
	cgroup_put(CGROUP, "pids.max", "max");
	storm_gate_make();
	for (i = 0; i < tasks; i++)
		if (!storm_fork_in(mix[i % of_mix] == PIDS ? CGROUP : ""))
			work(mix[i % of_mix], i, named);
	storm_be_in("");
	while (storm_board->ready < (int)tasks) {
		if (waitpid(-1, NULL, WNOHANG) > 0)
			die("a forker ended before it began");
		nap(20);
	}
}

/**
 * storm_had_a_turn - count the forkers that have made a call
 * @tasks: how many forkers there are
 * @refused: a call that was refused, otherwise one that succeeded
 *
 * Return: how many have.
 */
unsigned int storm_had_a_turn(unsigned int tasks, bool refused)
{
	unsigned int i, n = 0;

	for (i = 0; i < tasks; i++) {
		struct forker *f = &storm_board->of[i];

		n += !!__atomic_load_n(refused ? &f->refused : &f->created, __ATOMIC_RELAXED);
	}
	return n;
}

/**
 * storm_let_run - let the forkers run until most have made a call
 * @tasks: how many forkers there are
 * @refused: as for storm_had_a_turn()
 * @ms: for how long at least; with 1,000 on two CPUs it takes minutes
 */
void storm_let_run(unsigned int tasks, bool refused, unsigned int ms)
{
	uint64_t since = now_ms();

	nap(ms);
	while (storm_had_a_turn(tasks, refused) < MOSTLY(tasks) &&
	       now_ms() < since + 60000 * slowness)
		nap(20);
}
