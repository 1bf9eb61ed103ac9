/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The format of forkfail's text: /proc/forkfail, /proc/forkfail_log.
 *
 * Both files are text so that a page saved with a shell builtin is a complete
 * record.  This is what a program may rely on: the format version, the causes
 * (causes.def), the keys of an event line and the words that can be their values.
 *
 * Keys are appended, never renamed or reordered.  A reader skips
 * unknown keys and shows unknown causes by their id.
 */
#ifndef _UAPI_FORKFAIL_H
#define _UAPI_FORKFAIL_H

/*
 * The first line of page and log is "forkfail FORKFAIL_FORMAT KEY VALUE ...": kernel,
 * loaded (its value has a second word, "ago"), points, missed, unexplained, restarts,
 * lost; internal, clone3-enosys, notwatched and facts only where they say something;
 * version; tested only if it is "no"; noroom, load; selftest if there were any; and blind,
 * only while it is so, whose value is the rest of the line.  New keys come before that one.
 * forkfail(5) says what they mean.
 */
#define FORKFAIL_FORMAT		1

/*
 * The name of the task whose refused calls are those of "forkfail selftest", if it has
 * CAP_SYS_MODULE in the initial user namespace.
 */
#define FORKFAIL_SELFTEST_COMM	"ff-selftest"

/* The value of "load" has at most this many letters, digits and dashes. */
#define FORKFAIL_LOAD_LEN	23

#define FORKFAIL_PAGE		"/proc/forkfail"
#define FORKFAIL_LOG		"/proc/forkfail_log"

/*
 * What kind of problem a cause is, the most serious first.  Every cause belongs to
 * one class.
 */
#define FORKFAIL_CLASSES(X)						\
	X(LIMIT,	"limit",	"a limit was reached: on tasks, PIDs, namespaces, files or address space") \
	X(MEMORY,	"memory",	"memory is exhausted, or a limit on it is reached") \
	X(POLICY,	"policy",	"it was not allowed, because of seccomp, a security module, a missing capability or a sysctl") \
	X(REQUEST,	"request",	"this call can never succeed, because of its arguments or the state of its caller") \
	X(TRANSIENT,	"transient",	"a race, a signal or a temporary state") \
	X(KERNEL,	"kernel",	"a problem of the kernel itself, or an unknown cause")

enum forkfail_class {
#define X(symbol, name, meaning) FORKFAIL_CLASS_##symbol,
	FORKFAIL_CLASSES(X)
#undef X
	FORKFAIL_NR_CLASSES
};

/* Cause numbers; ids and sentences are in causes.def. */
enum forkfail_cause {
#define FORKFAIL_CAUSE(number, symbol, ...) FORKFAIL_##symbol = number,
#include "causes.def"
#undef FORKFAIL_CAUSE
};

/* How forkfail knows the cause of an event, strongest first. */
#define FORKFAIL_PROOFS(X)						\
	X(NONE,		"none",		"not known")			\
	X(PATH,		"path",		"how far the call got and its errno leave only one cause") \
	X(WITNESS,	"witness",	"the kernel ran a function that it runs only for this failure") \
	X(PREDICATE,	"predicate",	"the kernel's own condition held around the check, and no other cause's did") \
	X(INFERRED,	"inferred",	"not certain; another cause may be the right one")

enum forkfail_proof {
#define X(symbol, name, meaning) FORKFAIL_PROOF_##symbol,
	FORKFAIL_PROOFS(X)
#undef X
	FORKFAIL_NR_PROOFS
};

/* What the caller tried to create. */
#define FORKFAIL_KINDS(X)						\
	X(PROCESS,	"process",	"fork, or clone without CLONE_THREAD")	\
	X(THREAD,	"thread",	"clone with CLONE_THREAD")		\
	X(VFORK,	"vfork",	"vfork or posix_spawn: CLONE_VFORK")	\
	X(KTHREAD,	"kthread",	"a kernel thread or usermode helper")	\
	X(IO_WORKER,	"io-worker",	"an io_uring worker")			\
	X(USER_WORKER,	"user-worker",	"a vhost, KVM or SQPOLL worker")	\
	X(SELFTEST,	"selftest",	"nothing: a call of forkfail selftest")

enum forkfail_kind {
#define X(symbol, name, meaning) FORKFAIL_KIND_##symbol,
	FORKFAIL_KINDS(X)
#undef X
	FORKFAIL_NR_KINDS
};

/* Whose limit it was: what kind of thing object= names. */
#define FORKFAIL_SCOPES(X)						\
	X(NONE,		"none",		"no limiting object")		\
	X(HOST,		"host",		"the whole machine")		\
	X(CGROUP,	"cgroup",	"object is a cgroup's path")	\
	X(USER,		"user",		"object is \"uid N\", or \"uid N of userns INUM\" outside the initial user namespace") \
	X(USERNS,	"userns",	"object is the creator of a user namespace") \
	X(PIDNS,	"pidns",	"object is \"pidns INUM level N\"")	\
	X(PROCESS,	"process",	"the calling process itself")

enum forkfail_scope {
#define X(symbol, name, meaning) FORKFAIL_SCOPE_##symbol,
	FORKFAIL_SCOPES(X)
#undef X
	FORKFAIL_NR_SCOPES
};

/* The unit of limit= and in_use=. */
#define FORKFAIL_UNITS(X)						\
	X(NONE,		"none",		"a plain number")		\
	X(TASKS,	"tasks",	"processes and threads together")	\
	X(PIDS,		"pids",		"process ids")			\
	X(BYTES,	"bytes",	"bytes")			\
	X(FDS,		"fds",		"file descriptors")		\
	X(COUNT,	"count",	"objects of the kind that object= or alloc= names") \
	X(LEVELS,	"levels",	"levels of nesting")		\
	X(MAPPINGS,	"mappings",	"memory mappings of a process")

enum forkfail_unit {
#define X(symbol, name, meaning) FORKFAIL_UNIT_##symbol,
	FORKFAIL_UNITS(X)
#undef X
	FORKFAIL_NR_UNITS
};

/* How it is known that a mapping was meant as a thread's stack. */
#define FORKFAIL_STACKS(X)						\
	X(NONE,		"none",		"not about a stack")		\
	X(FLAG,		"flag",		"mapped with MAP_STACK")	\
	X(PATTERN,	"pattern",	"mapped with PROT_NONE, then made accessible except for a guard at its low end")

enum forkfail_stack {
#define X(symbol, name, meaning) FORKFAIL_STACK_##symbol,
	FORKFAIL_STACKS(X)
#undef X
	FORKFAIL_NR_STACKS
};

/* The system call that was refused before the fork began. */
#define FORKFAIL_SYSCALLS(X)						\
	X(NONE,		"none",		"not refused there")		\
	X(FORK,		"fork",		"fork()")			\
	X(VFORK,	"vfork",	"vfork()")			\
	X(CLONE,	"clone",	"clone()")			\
	X(CLONE3,	"clone3",	"clone3()")			\
	X(EXECVE,	"execve",	"execve() or execveat()")

enum forkfail_syscall {
#define X(symbol, name, meaning) FORKFAIL_SYSCALL_##symbol,
	FORKFAIL_SYSCALLS(X)
#undef X
	FORKFAIL_NR_SYSCALLS
};

/* What uses a PID that was requested from clone3. */
#define FORKFAIL_TAKENS(X)						\
	X(NONE,		"none",		"nothing, or it is free again")	\
	X(TASK,		"task",		"a process or thread")		\
	X(ZOMBIE,	"zombie",	"a process that has ended and that its parent has not reaped") \
	X(GROUP,	"group",	"a process group or session whose leader is gone")

enum forkfail_taken {
#define X(symbol, name, meaning) FORKFAIL_TAKEN_##symbol,
	FORKFAIL_TAKENS(X)
#undef X
	FORKFAIL_NR_TAKENS
};

/*
 * Keys of an event line, in the order in which they are printed.  An event
 * line starts with its time (UTC, RFC 3339, microseconds), then key=value
 * words.  Values are bare words, decimal numbers, "max" for no limit, or
 * strings in double quotes in which every byte outside of printable ASCII, a
 * quote and a backslash is written as \xHH.  A key that does not apply is left
 * out.
 */
#define FORKFAIL_KEYS(X)						\
	X(SEQ,		"seq",		"sequence number among the events that this user may see") \
	X(CAUSE,	"cause",	"id of the cause")		\
	X(ERRNO,	"errno",	"what the kernel returned")	\
	X(KIND,		"kind",		"what the caller tried to create")	\
	X(PROOF,	"proof",	"how the cause is known")	\
	X(STEP,		"step",		"last step that was reached; \"entry\" before the first") \
	X(PID,		"pid",		"the failing task")		\
	X(TGID,		"tgid",		"its process (thread group)")	\
	X(COMM,		"comm",		"its command name")		\
	X(UID,		"uid",		"its real uid")			\
	X(LIMIT,	"limit",	"the limit at that moment")	\
	X(IN_USE,	"in_use",	"the usage at that moment")	\
	X(UNIT,		"unit",		"unit of limit and in_use")	\
	X(SCOPE,	"scope",	"what kind of thing object names") \
	X(OBJECT,	"object",	"whose limit it was")		\
	X(CGROUP,	"cgroup",	"the failing task's cgroup")	\
	X(PIDNS,	"pidns",	"inode number of the failing task's PID namespace") \
	X(USERNS,	"userns",	"inode number of the failing task's user namespace") \
	X(FLAGS,	"flags",	"the clone flags")		\
	X(ALLOC,	"alloc",	"the object that could not be allocated") \
	X(CANDIDATES,	"candidates",	"the causes that are possible (proof=inferred); \"unexplained\" stands for others") \
	X(FIRST_CAUSE,	"first_cause",	"cause of the earlier failure that led to this one") \
	X(FIRST_SEQ,	"first_seq",	"sequence number of that failure") \
	X(REPEAT,	"repeat",	"further failures of the same kind that this line stands for") \
	X(LAST,		"last",		"time of the last of them")	\
	X(HOLDERS,	"holders",	"who holds most of it: \"NAME[TGID] N, uid U N, cgroup PATH N\"") \
	X(COUNTED,	"counted",	"how many tasks within the limit were counted for holders") \
	X(COMPLETE,	"complete",	"yes if all tasks were counted, otherwise no") \
	X(STACK,	"stack",	"how it is known that the mapping was for a thread's stack; clone was not called") \
	X(SYSCALL,	"syscall",	"the system call that was refused before the fork began") \
	X(SIGNAL,	"signal",	"the signal that killed the caller, or that makes its call restart") \
	X(RESTARTS,	"restarts",	"how often the call has restarted so far") \
	X(SINCE,	"since",	"time of the first of these restarts")	\
	X(LAST_IN_USE,	"last_in_use",	"the usage at the last failure that this line stands for") \
	X(OBJECT_ID,	"object_id",	"the kernel's id of the cgroup or namespace in object, which is not reused") \
	X(ASKED,	"asked",	"how much was requested, in the same unit, if the limit can refuse before it is full") \
	X(HARD,		"hard",		"the hard limit, up to which the process can raise limit") \
	X(THREADS,	"threads",	"threads that the process had at that moment") \
	X(HOLDER_PROGRAM, "holder_program", "the command whose processes have the most tasks, if there are several") \
	X(HOLDER_PROGRAM_TASKS, "holder_program_tasks", "how many tasks they have") \
	X(ZOMBIES,	"zombies",	"how many zombies the parent with the most zombies has") \
	X(ZOMBIES_PARENT, "zombies_parent", "the name of that parent")	\
	X(ZOMBIES_PARENT_TGID, "zombies_parent_tgid", "the PID of that parent")	\
	X(HOLDER_PROCESS, "holder_process", "the name of the process that has the most tasks") \
	X(HOLDER_TGID,	"holder_tgid",	"its PID")			\
	X(HOLDER_TASKS,	"holder_tasks",	"how many tasks it has")	\
	X(HOLDER_UID,	"holder_uid",	"the user who has the most tasks")	\
	X(HOLDER_UID_TASKS, "holder_uid_tasks", "how many tasks that user has") \
	X(HOLDER_CGROUP, "holder_cgroup", "the cgroup that has the most tasks") \
	X(HOLDER_CGROUP_TASKS, "holder_cgroup_tasks", "how many tasks are in it") \
	X(SET_TID,	"set_tid",	"the requested PID that could not be assigned") \
	X(TAKEN,	"taken",	"what uses that PID")			\
	X(TAKEN_COMM,	"taken_comm",	"the name of the task that uses it") \
	X(TAKEN_TGID,	"taken_tgid",	"its process (thread group)")	\
	X(TAKEN_PARENT,	"taken_parent",	"the parent of the zombie, which has not reaped it")

enum forkfail_key {
#define X(symbol, name, meaning) FORKFAIL_KEY_##symbol,
	FORKFAIL_KEYS(X)
#undef X
	FORKFAIL_NR_KEYS
};

#endif /* _UAPI_FORKFAIL_H */
