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

/* Newer than the headers may be. */
#define F_NEWTIME	0x80ULL
#define F_PIDFD		0x1000ULL
#define F_DETACHED	0x400000ULL
#define F_CLEAR_SIGHAND	(1ULL << 32)
#define F_INTO_CGROUP	(1ULL << 33)
#define F_AUTOREAP	(1ULL << 34)
#define F_NNP		(1ULL << 35)
#define F_AUTOKILL	(1ULL << 36)
#define F_EMPTY_MNTNS	(1ULL << 37)

/* What CLONE_INTO_CGROUP is given. */
enum cgroup_kind {
	CG_OTHER, CG_OWN, CG_NOT_OPEN, CG_NO_CGROUP, CG_REMOVED, CG_KINDS,
};

/**
 * struct arguments - of one call
 * @legacy: old clone: no set_tid, no cgroup, no flags above 32 bits
 * @pidfd_ok: the pidfd's place can be written
 */
struct arguments {
	bool legacy;
	uint64_t flags;
	unsigned int exit_signal;
	uint64_t tls;
	bool pidfd_ok;
	int nr_set_tids;
	int set_tid[MOST_SET_TIDS];
	enum cgroup_kind cgroup;
};

/**
 * struct world - who makes the calls, and where
 * @levels: PID namespaces that a child gets a number in, innermost first
 * @capable: in the user namespace that owns each of them
 * @admin: CAP_SYS_ADMIN in its own user namespace
 * @cgroup_owner: may write to the cgroups
 * @is_init: PID 1 of its PID namespace
 * @mismatch: children go into another PID namespace than its own
 * @dead: that has no init any more
 * @timens: children go into another time namespace
 */
struct world {
	const char *name;
	int levels;
	bool capable[MOST_LEVELS];
	bool admin, cgroup_owner, is_init, mismatch, dead, timens;
	bool (*enter)(void);
};

/**
 * struct answer - what the kernel must say
 * @err: errno, 0 if it creates the task
 * @cause: and why
 */
struct answer {
	int err;
	const char *cause;
};

extern int kernel_version;

void predict(const struct world *w, const struct arguments *a, struct answer *to);

void draw(uint64_t *state, const struct world *w, struct arguments *a);
bool prepare_calls(void);
bool prepare_world(const struct world *w);
void clean_up_calls(void);
long call(const struct arguments *a);
void describe(const struct arguments *a, char *out, size_t size);

#endif /* CLONEDIFF_H */
