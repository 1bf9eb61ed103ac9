/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One limit, and a list of them.
 */
#ifndef LIMIT_LIST_H
#define LIMIT_LIST_H

#include "proc.h"

enum limit_for {
	LIMIT_FOR_PROCESS	= 1 << 0,
	LIMIT_FOR_THREAD	= 1 << 1,
	LIMIT_FOR_NAMESPACE	= 1 << 2,
};

#define LIMIT_FOR_TASK	(LIMIT_FOR_PROCESS | LIMIT_FOR_THREAD)

enum limit_state {
	LIMIT_NORMAL,		/* used and max are known: percent and room */
	LIMIT_UNLIMITED,	/* there is none */
	LIMIT_EXEMPT,		/* it does not apply to this process */
	LIMIT_HIDDEN,		/* the kernel does not expose it, or not to us */
};

/**
 * struct limit - one row
 * @name: what the kernel calls it
 * @cause: cause of a failure at this limit
 * @unit: unit of used and max
 * @state: what is known of it
 * @operation: bits of enum limit_for
 * @has_used: the usage is known
 * @used: the usage
 * @max: the limit
 * @each: what one more task takes of it, in @unit
 * @whose: whose limit it is, allocated
 * @note: remark, allocated, may be NULL
 */
struct limit {
	const char *name;
	const char *cause;
	const char *unit;
	enum limit_state state;
	unsigned int operation;
	bool has_used;
	u64 used;
	u64 max;
	u64 each;
	char *whose;
	char *note;
};

/**
 * struct limit_list - all limits of a process, user or cgroup
 * @limits: the rows
 * @nr: how many
 * @task: the process; task.pid is 0 if there is none
 * @uid: the user
 * @has_uid: there is a user
 * @cgroup: the cgroup if it is not the process's own, unescaped
 * @userns: the user namespaces that were met
 * @pidns: the PID namespaces that were met
 */
struct limit_list {
	struct limit *limits;
	size_t nr;
	struct task task;
	uid_t uid;
	bool has_uid;
	char *cgroup;
	struct ns_cache userns;
	struct ns_cache pidns;
};

#define ROOM_UNKNOWN	(~0ull)
#define ROOM_ENDLESS	(~0ull - 1)

struct limit *limit_add(struct limit_list *list, const char *name,
			const char *cause, unsigned int operation);
u64 limit_room(const struct limit *limit);
u64 limit_percent(const struct limit *limit);
void limit_list_free(struct limit_list *list);

#endif /* LIMIT_LIST_H */
