// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether a limit was raised after the failure.  If so, nothing has to be done for now, although
 * the failure is still the one that is reported first, for a while.
 *
 * Only for limits that everybody can read, and that are certain to be the limit that refused the
 * call: that of the same cgroup, of the same process, or of the machine.
 */
#include <string.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "causes.h"
#include "proc.h"
#include "raised_limit.h"
#include "text.h"

/* Seconds: a failure that comes later is not merged with this one. */
#define MERGED_WITHIN	10

/**
 * struct now - what a limit is now
 * @name: whose it is, for people; allocated
 * @value: the limit, as its file has it
 * @reserved: what of it can never be used, and is not in the limit of the event either
 * @bytes: it is a size
 * @unlimited: there is none any more
 * @enough: the call would not be refused again, whatever the numbers of the event are
 * @other: something else was changed than what is advised
 */
struct now {
	char *name;
	u64 value, reserved;
	bool bytes, unlimited, enough, other;
};

/**
 * struct source - where the limit of a cause can be read
 * @cause: enum forkfail_cause
 * @read: reads it; returns false if that is not certain to be the limit of the event
 * @name: what people call it; of a cgroup, the controller
 * @file: where it is: a file of the cgroup or below /proc/sys, a line of /proc/PID/limits
 * @file_v1: the file of the cgroup in version 1
 * @reserved: what of it can never be used
 */
struct source {
	int cause;
	bool (*read)(const struct source *src, const struct event *ev, struct now *now);
	const char *name, *file, *file_v1;
	u64 reserved;
};

/* Unless another cgroup has its path now. */
static bool of_cgroup(const struct source *src, const struct event *ev, struct now *now)
{
	/* version 1 has no word for it, but the largest number of pages */
	const u64 endless = 1ull << 62;
	struct cgroup_tree tree;
	char path[4096], *dir;
	const char *file;
	struct stat st;
	u64 id;
	bool ok;

	if (!text_to_u64(event_get(ev, FORKFAIL_KEY_OBJECT_ID), &id) ||
	    !cgroup_find(&tree, src->name))
		return false;
	file = tree.v1 ? src->file_v1 : src->file;
	text_decode(path, sizeof(path), event_get(ev, FORKFAIL_KEY_OBJECT));
	dir = cgroup_dir(&tree, path);
	ok = dir && file && !stat(dir, &st) && st.st_ino == id &&
	     proc_limit(&now->value, &now->unlimited, "%s/%s", dir, file);
	now->unlimited |= now->value >= endless;
	now->name = xstrdup(file ? file : "");
	free(dir);
	cgroup_free(&tree);
	return ok;
}

static bool of_machine(const struct source *src, const struct event *ev __unused,
		       struct now *now)
{
	now->name = xstrdup(src->name);
	return proc_number(&now->value, "/proc/sys/%s", src->file);
}

/* Not a limit, but 0 refuses and 1 does not. */
static bool of_switch(const struct source *src, const struct event *ev, struct now *now)
{
	now->enough = true;
	return of_machine(src, ev, now) && now->value;
}

/* From Linux 6.14 on, that of the reader's own PID namespace. */
static bool of_pidns(const struct source *src, const struct event *ev, struct now *now)
{
	return !strcmp(event_get(ev, FORKFAIL_KEY_OBJECT), "pidns 4026531836 level 0") &&
	       ns_of(0, "pid") == NS_INIT_PID && of_machine(src, ev, now);
}

/* That of the reader's own user namespace: "uid 4280 of userns 4026531837". */
static bool of_userns(const struct source *src __unused, const struct event *ev,
		      struct now *now)
{
	const char *type = event_get(ev, FORKFAIL_KEY_ALLOC);
	const char *userns = strstr(event_get(ev, FORKFAIL_KEY_OBJECT), " of userns ");

	if (!userns || strcmp(userns, " of userns 4026531837") ||
	    ns_of(0, "user") != NS_INIT_USER)
		return false;
	now->name = xasprintf("max_%s_namespaces", type);
	return proc_number(&now->value, "/proc/sys/user/%s", now->name);
}

/*
 * A user's other processes have limits of their own.  In a storm, their failures are merged into
 * the event of one process, which then continues even if that process's limit was raised.
 */
static bool of_process(const struct source *src, const struct event *ev, struct now *now)
{
	u64 tgid;

	if (ev->repeat && time(NULL) - ev->last.tv_sec <= MERGED_WITHIN)
		return false;
	/* not the one that was kept when a user namespace was created */
	if (!strcmp(event_get(ev, FORKFAIL_KEY_SCOPE), "userns") ||
	    !text_to_u64(event_get(ev, FORKFAIL_KEY_TGID), &tgid) || !proc_is_own() ||
	    !proc_was_there((pid_t)tgid, &ev->when))
		return false;
	now->name = xasprintf("%s of process %llu", src->name, tgid);
	return proc_rlimit((pid_t)tgid, src->file, &now->value, &now->unlimited);
}

static bool read_meminfo(const char *name, u64 *bytes)
{
	char *text = proc_read("/proc/meminfo");
	bool ok = text && proc_field(text, name, bytes);

	free(text);
	*bytes <<= 10;
	return ok;
}

/* At most this much of CommitLimit is held back; how much exactly depends on the process. */
static bool read_reserves(u64 *bytes)
{
	u64 admin, user;

	if (!proc_number(&admin, "/proc/sys/vm/admin_reserve_kbytes") ||
	    !proc_number(&user, "/proc/sys/vm/user_reserve_kbytes"))
		return false;
	*bytes = (admin + user) << 10;
	return true;
}

/*
 * vm.overcommit_memory=1 allows everything, 0 a request of at most RAM and swap together, and 2
 * what is left of CommitLimit.
 */
static bool of_overcommit(const struct source *src __unused, const struct event *ev,
			  struct now *now)
{
	u64 mode, asked, in_use, swap;
	bool was_strict;

	if (!proc_number(&mode, "/proc/sys/vm/overcommit_memory") || !event_in_use(ev) ||
	    !text_to_u64(event_in_use(ev), &in_use) ||
	    !text_to_u64(event_get(ev, FORKFAIL_KEY_ASKED), &asked))
		return false;
	/* with 0 the usage is the request */
	was_strict = in_use != asked;
	now->other = mode != 1;
	if (mode == 2) {
		now->name = xstrdup("CommitLimit");
		return was_strict && read_meminfo("CommitLimit", &now->value) &&
		       read_reserves(&now->reserved);
	}
	if (!mode && (!read_meminfo("MemTotal", &now->value) ||
		      !read_meminfo("SwapTotal", &swap) || asked >= now->value + swap))
		return false;
	now->enough = true;
	if (mode || was_strict) {
		now->name = xstrdup("vm.overcommit_memory");
		now->value = mode;
		now->bytes = false;
	} else {
		now->name = xstrdup("MemTotal plus SwapTotal");
		now->value += swap;
	}
	return true;
}

static const struct source sources[] = {
#define SOURCE(cause, read, name, file, file_v1, reserved)	\
	{ FORKFAIL_##cause, read, name, file, file_v1, reserved }
#define CGROUP(cause, controller, file, file_v1)		\
	SOURCE(cause, of_cgroup, controller, file, file_v1, 0)
#define MACHINE(cause, name, file)	SOURCE(cause, of_machine, name, file, NULL, 0)
#define PIDNS(cause, reserved)		\
	SOURCE(cause, of_pidns, "pid_max", "kernel/pid_max", NULL, reserved)
#define PROCESS(cause, name, line)	SOURCE(cause, of_process, name, line, NULL, 0)
#define OTHER(cause, read)		SOURCE(cause, read, NULL, NULL, NULL, 0)

	CGROUP(PIDS_MAX, "pids", "pids.max", "pids.max"),
	CGROUP(PIDS_MAX_ANCESTOR, "pids", "pids.max", "pids.max"),
	CGROUP(MEMCG_LIMIT, "memory", "memory.max", "memory.limit_in_bytes"),
	CGROUP(MEMCG_V1_OOM_DISABLED, "memory", NULL, "memory.limit_in_bytes"),
	CGROUP(MEMCG_V1_KMEM_LIMIT, "memory", NULL, "memory.kmem.limit_in_bytes"),
	MACHINE(THREADS_MAX, "threads-max", "kernel/threads-max"),
	MACHINE(FILES_NR_OPEN, "fs.nr_open", "fs/nr_open"),
	MACHINE(LIBC_STACK_MAP_COUNT, "vm.max_map_count", "vm/max_map_count"),
	SOURCE(USERNS_UNPRIV_SYSCTL, of_switch, "kernel.unprivileged_userns_clone",
	       "kernel/unprivileged_userns_clone", NULL, 0),
	PIDNS(PID_EXHAUSTED, 1),
	PIDNS(PID_EXHAUSTED_AFTER_WRAP, 300),
	PROCESS(RLIMIT_NPROC, "RLIMIT_NPROC", "Max processes"),
	PROCESS(EXEC_NPROC, "RLIMIT_NPROC", "Max processes"),
	PROCESS(PIDFD_NOFILE, "RLIMIT_NOFILE", "Max open files"),
	PROCESS(LIBC_STACK_ADDRESS_SPACE, "RLIMIT_AS", "Max address space"),
	PROCESS(LIBC_STACK_DATA_LIMIT, "RLIMIT_DATA", "Max data size"),
	PROCESS(LIBC_STACK_MEMLOCK, "RLIMIT_MEMLOCK", "Max locked memory"),
	OTHER(USERNS_COUNT, of_userns),
	OTHER(NS_COUNT, of_userns),
	OTHER(OVERCOMMIT_STRICT, of_overcommit),
	OTHER(OVERCOMMIT_HEURISTIC, of_overcommit),
	OTHER(LIBC_STACK_OVERCOMMIT, of_overcommit),
};

/* Is it higher, and high enough for what was refused? */
static bool is_enough(const struct now *now, const struct event *ev)
{
	u64 usable = now->value > now->reserved ? now->value - now->reserved : 0;
	u64 was, in_use, asked = 0;
	bool known = text_to_u64(event_get(ev, FORKFAIL_KEY_ASKED), &asked);

	if (now->unlimited || now->enough)
		return true;
	/* one more byte is never enough */
	if (!text_to_u64(event_get(ev, FORKFAIL_KEY_LIMIT), &was) || !event_in_use(ev) ||
	    !text_to_u64(event_in_use(ev), &in_use) || (now->bytes && !known))
		return false;
	/* it was not this limit: in version 1 that of memory and swap may have refused */
	if (was > in_use && was - in_use > asked)
		return false;
	return usable > was && usable > in_use && usable - in_use > asked;
}

static char *say(const struct now *now)
{
	char value[32];

	if (now->unlimited)
		return xasprintf("%s is unlimited now; this failure is older", now->name);
	if (now->bytes)
		text_bytes(value, sizeof(value), now->value);
	else
		snprintf(value, sizeof(value), "%llu", now->value);
	return xasprintf("%s is %s now; this failure is older", now->name, value);
}

/**
 * raised_since() - was the limit raised after the failure, so that it would not happen again?
 * @ev: the event, of this machine
 * @cause: its cause
 * @limit: receives the limit; 0 if there is none any more, or another one was changed
 *
 * Return: what it is now, which the caller frees; NULL if that is not certain.
 */
char *raised_since(const struct event *ev, const struct cause *cause, u64 *limit)
{
	struct now now = { .bytes = !strcmp(event_get(ev, FORKFAIL_KEY_UNIT), "bytes") };
	const struct source *src = sources, *end = sources + ARRAY_SIZE(sources);
	char *text = NULL;

	while (src < end && src->cause != cause->number)
		src++;
	if (src == end)
		return NULL;
	now.reserved = src->reserved;
	if (src->read(src, ev, &now) && is_enough(&now, ev))
		text = say(&now);
	*limit = now.unlimited || now.other ? 0 : now.value;
	free(now.name);
	return text;
}
