/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * forkfault - makes fork and clone fail, one named case per cause.
 *
 * A case sets a real limit on the running kernel, provokes the failure and reports what the
 * caller saw.  If forkfail is loaded, the log must then have exactly the events that the case
 * expects, field by field.
 *
 * How a case runs:
 *
 *	runner --fork--> worker --> the case's function, which first notes in shared
 *	  |			    memory what has to be restored: sysctls, cgroups,
 *	  |			    mounts, files
 *	  |<---------------- the worker ends, or is killed
 *	  |
 *	  +--> reads the log, restores everything, kills what is left (it is the
 *	       subreaper of all processes of the case)
 *
 * A case that finds something wrong calls fail() and ends there; so does any process that
 * the case created.
 *
 * No case uses the kernel's version, because forkfail does, and would be tested against its
 * own mistakes.  A case asks the running kernel: with a call that succeeds, so that it causes
 * no event, or by looking for a file, a function or a line of the kernel log.  If the kernel
 * has no such refusal, absent() ends the case; tests/guest/skips says on which kernels that
 * may happen.
 */
#ifndef FORKFAULT_H
#define FORKFAULT_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>
#include <sys/types.h>

#include "../../lib/basics.h"
#include "../../lib/clone_args.h"

#define FF_COMM_LEN	16
#define FF_TEXT		256
#define FF_PATH		256
/* Stack of a thread: glibc's minimum, which on arm64 is at least 128 KiB. */
#define FF_STACK	(256 * 1024)

/* What a case affects besides itself. */
#define FF_HOST		0x1	/* a limit of the whole machine, for a moment */
#define FF_LOUD		0x2	/* takes long, or writes to the kernel log: runs only by name */
/*
 * Provokes a refusal that another case provokes, too, and is about what is counted then: who
 * holds the limit, or on which level it is reached.  No architecture has code of its own for
 * that, so -g leaves the case out, unless it is the only one of its cause.
 */
#define FF_GENERIC	0x4

/**
 * struct ff_case - one named way to make fork or clone fail
 * @name: name on the command line; also the name of the case's cgroup
 * @cause: the cause that the log must name, an id of uapi/causes.def
 * @flags: FF_HOST, FF_LOUD, FF_GENERIC
 * @seconds: time limit, 0 for the usual one
 * @run: the case itself, called in the worker
 * @what: one line for -l
 */
struct ff_case {
	const char *name;
	const char *cause;
	unsigned int flags;
	unsigned int seconds;
	void (*run)(void);
	const char *what;
};

/* The tables of cases, each ended by a case without a name. */
extern const struct ff_case limits_cases[];
extern const struct ff_case flags_cases[];
extern const struct ff_case args_cases[];
extern const struct ff_case lsm_cases[];
extern const struct ff_case workers_cases[];
extern const struct ff_case holders_cases[];
extern const struct ff_case stacks_cases[];
extern const struct ff_case races_cases[];
extern const struct ff_case pid_namespace_cases[];
extern const struct ff_case pids_controller_cases[];
extern const struct ff_case memory_cases[];
extern const struct ff_case memcg_cases[];
extern const struct ff_case memcg_sweep_cases[];
extern const struct ff_case resolved_shortage_cases[];
extern const struct ff_case namespaces_cases[];
extern const struct ff_case into_cgroup_cases[];
extern const struct ff_case signals_cases[];
extern const struct ff_case sandbox_cases[];
extern const struct ff_case rewriters_cases[];
extern const struct ff_case misleading_results_cases[];
extern const struct ff_case clone3_cases[];

/* ---- run.c: the worker's side of the runner ---------------------------- */

/* Name of the case that runs. */
extern const char *ff_name;

void fail(const char *fmt, ...)
	__attribute__((noreturn, format(printf, 1, 2)));
void skip(const char *fmt, ...)
	__attribute__((noreturn, format(printf, 1, 2)));
void absent(const char *fmt, ...)
	__attribute__((noreturn, format(printf, 1, 2)));
void rename_case(const char *comm);
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* What the runner restores after the case; noted before the change. */
enum ff_undo_kind {
	UNDO_WRITE, UNDO_WRITE_LAST, UNDO_RMDIR, UNDO_UNLINK, UNDO_CGROUP_V1,
	UNDO_CGROUP_OPTIONS,
};

void undo_later(enum ff_undo_kind kind, const char *path, const char *value);

/* ---- call.c: the calls that are to fail -------------------------------- */

struct ff_expect;

/*
 * Each returns what the kernel returned: a pid, or -errno.  What is created
 * sleeps until it is killed.
 */
long try_fork(void);
long try_clone(unsigned long flags);
long try_thread(void);
long try_pthread(void);

long try_clone3(const struct clone3_args *args, size_t size);
long try_clone_into(int fd, uint64_t flags);
long quiet_clone3(const struct clone3_args *args);

/**
 * struct ff_who - the calling task, as the log must describe it
 */
struct ff_who {
	pid_t pid;
	pid_t tgid;
	unsigned int threads;
	unsigned int uid;
	unsigned long pidns;
	unsigned long userns;
	char comm[FF_COMM_LEN];
	char cgroup[FF_PATH];
};

extern unsigned int ff_uid;	/* real uid in the initial user namespace */
extern bool ff_who_frozen;	/* do not look the caller up again */
void who_am_i(void);

/**
 * struct ff_attempt - a call that should fail
 * @call: its name, for people
 * @kind: what was to be created, in the log's words
 * @flags: clone flags, as the log must print them
 * @who: who asked
 */
struct ff_attempt {
	const char *call;
	const char *kind;
	uint64_t flags;
	struct ff_who who;
};

void note_attempt(struct ff_attempt *a, const char *call, uint64_t flags);

void sleepers(int n);
_Noreturn void sleep_forever(void);

/* ---- filter.c ----------------------------------------------------------- */

void filter_nothing(void);
void filter_call(uint32_t nr, uint32_t action);

/* ---- memcg.c ------------------------------------------------------------ */

void protect_from_oom(void);
void keep_in_memory(const char *cg);

/* ---- expect.c: what the log must say ----------------------------------- */

struct ff_expect *refused(long ret, int err, const char *cause,
			  const char *step);
struct ff_expect *refused_to(const struct ff_attempt *a, int err,
			     const char *cause, const char *step);
void exp_text(struct ff_expect *e, const char *key, const char *value);
void exp_absent(struct ff_expect *e, const char *key);
void exp_any(struct ff_expect *e, const char *key);
void exp_words(struct ff_expect *e, const char *key, const char *words);
void exp_number(struct ff_expect *e, const char *key, uint64_t value);
void exp_range(struct ff_expect *e, const char *key, uint64_t lo, uint64_t hi);
void exp_maybe(struct ff_expect *e, const char *key, uint64_t lo, uint64_t hi);
void exp_first(struct ff_expect *e, const struct ff_expect *first,
	       const char *cause);
void exp_limit(struct ff_expect *e, const char *unit, uint64_t limit,
	       uint64_t in_use);
void exp_hard(struct ff_expect *e, int which);
void exp_object(struct ff_expect *e, const char *scope, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void exp_object_between(struct ff_expect *e, const char *scope,
			const char *pattern, uint64_t lo, uint64_t hi);
void exp_stack(struct ff_expect *e, const char *stack);
void exp_tries(struct ff_expect *e, uint64_t tries);
void exp_allocs(struct ff_expect *e, const char *pairs);
bool log_shows(const char *key);
void expect_restarts(unsigned long at_least);

/* ---- util.c: processes, namespaces, files ------------------------------ */

pid_t spawn(void (*fn)(void *), void *arg);
pid_t spawn_in(unsigned long ns_flags, void (*fn)(void *), void *arg);
void trace_begin(pid_t pid, unsigned long options);
bool trace_next(pid_t pid, int sig, int *status);
void join(pid_t pid);
void kill_wait(pid_t pid);
void become(unsigned int uid);
void set_rlimit(int which, unsigned long soft);
unsigned long ns_inode(pid_t pid, const char *name);
void sync_post(int which);
void sync_wait(int which);
bool sync_posted(int which);
uint64_t *shared_words(void);

bool read_file(const char *path, char *buf, size_t size);
bool write_file(const char *path, const char *text);
uint64_t read_number(const char *path);
uint64_t meminfo(const char *key);
uint64_t sysctl_get(const char *name);
void sysctl_keep(const char *name);
void sysctl_set(const char *name, uint64_t value);
unsigned int count_tasks(void);
uint64_t sparse_mapping(uint64_t size);
bool kernel_has(const char *function);
const char *nproc_step(void);

/* ---- cgutil.c: control groups ------------------------------------------ */

bool cg_base_make(void);
void cg_base_remove(void);
const char *cg_new(const char *rel, const char *controllers);
void cg_enter(const char *path);
void cg_set(const char *path, const char *file, const char *value);
uint64_t cg_get(const char *path, const char *file);
int cg_open(const char *path);
void cg_nsdelegate(void);
bool cg_mount_options(const char *where, const char *options);
void cg_base_partition(const char *cpus);
void cg_dir(const char *path, const char *file, char *buf, size_t size);
const char *cg1_new(const char *controller, const char *rel);
bool cg1_give_back(const char *mount_point, const char *controller);
void cg1_set(const char *path, const char *file, const char *value);
uint64_t cg1_get(const char *path, const char *file);
bool cg1_takes(const char *path, const char *file, uint64_t number);

/* ---- flags.c ------------------------------------------------------------ */

bool clone3_knows(uint64_t flags, unsigned int exit_signal);

/* ---- memory.c ----------------------------------------------------------- */

bool overcommit_is_logged(void);

#endif /* FORKFAULT_H */
