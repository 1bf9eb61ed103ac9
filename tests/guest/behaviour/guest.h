/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guest.h - what the tests that run inside a guest share
 *
 * One program, one file per test.  Each test runs in a process of its own, as
 * root, in a guest that is thrown away afterwards; it loads forkfail itself, so
 * that it counts from zero.  Every check prints a line, ok or not ok.
 */
#ifndef GUEST_H
#define GUEST_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "../../../uapi/forkfail.h"
#include "../../lib/basics.h"

#define CGROUPS		"/sys/fs/cgroup"
#define DEBUGFS		"/sys/kernel/debug/forkfail"
#define MODULE		"forkfail"

/* ---- tap.c: results ------------------------------------------------------ */

bool ok(bool good, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void skip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

struct results {
	unsigned int passed, failed, skipped;
};

extern struct results *results;		/* shared by all processes of a run */
extern bool quick;			/* -q: load and unload less often */
extern bool each;			/* -e: leave out each watch point by itself */
extern bool longer;			/* -l: the long forms */
extern bool brief;			/* neither -l nor -x: no more often than a check needs */
extern unsigned int slowness;		/* -x: factor for all time limits */
extern unsigned int soak_seconds;	/* -s: how long to soak */

/* ---- util.c -------------------------------------------------------------- */

unsigned int total_tasks(void);
void give_way(unsigned int ms);
void await(int *flag);
void release(int *flag);
void hung_after(unsigned int seconds);
void name_self(const char *comm);
int command(const char *file, ...) __attribute__((sentinel));

int load(const char *params);		/* 0, or modprobe's status */
int unload(void);			/* 0 or -errno */
bool loaded(void);
void fresh(const char *params);		/* reload it, or end the test */

int cgroup_make(const char *name);
int cgroup_enter(const char *name);
unsigned int cgroup_each(const char *name, void (*what)(pid_t pid, long long arg), long long arg);
unsigned int cgroup_kill(const char *name);
void cgroup_remove(const char *name);
int cgroup_put(const char *name, const char *file, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Kernel log since a mark: forkfail's own lines, or all. */
int klog_mark(void);
char *klog_since(int mark, bool ours);
char *klog_until(int mark, const char *one, const char *other);

/* ---- clone_calls.c: calls that may fail ------------------------------------------ */

enum kind { PROCESS, VFORK, THREAD, NR_KINDS };

int try_create(enum kind kind);		/* 0 or errno; a new task has ended */
pid_t raw_fork(void);			/* without what libc does around it */
void outlive_init(void);		/* get a dead PID namespace for children */
void fail_in_dead_pidns(uid_t uid, unsigned int *done) __attribute__((noreturn));
void refuse_nproc(uid_t uid);		/* become a user with a limit that refuses */
int fail(const char *comm, uid_t uid);
int fail_once(const char *comm, uid_t uid);
int try_bad_clone3(void);		/* errno of a clone3 with an unknown flag */
void filter_forks(uint32_t action);	/* seccomp, for all calls that create tasks */
int filter_forks_for(uint32_t action);	/* the same with a supervisor's descriptor */
int filter_all_for(uint32_t action);	/* the same for all threads */
void start_threads(unsigned int n, int (*what)(void *number));

/* ---- attackers.c: soak's ------------------------------------------------------ */

void attack_others(const char *name);
void victims(const int *stop);

/* ---- bpf.c: programs on functions that forkfail watches -------------------- */

#define BPF_ALWAYS	8	/* functions that exist on every kernel */

int bpf_attach(void);			/* 0 or -errno */
unsigned int bpf_detach(void);		/* at how many places they ran */

/* ---- text.c: the page and the log, taken strictly ------------------------- */

#define MAX_EVENTS	128
#define SCREEN_ROWS	12	/* above the events */
#define MAX_ROWS	256

struct row {
	int cause;
	uint64_t count;
	char last[16], err[24], limit[24], in_use[24];
	char object[1100];
};

struct event {
	char time[32];
	int cause;
	uint64_t seq, repeat;
	char *val[FORKFAIL_NR_KEYS];	/* unescaped; NULL if it is not there */
	char *end[FORKFAIL_NR_KEYS];	/* where the value ends: it may hold NULs */
};

struct text {
	char *raw;
	size_t len;
	char *kernel, *loaded, *load, *blind_since;
	unsigned int armed, wanted;
	uint64_t missed, unexplained, restarts, lost, internal, fallbacks, noroom;
	bool stacks_off, syscalls_off, partial;
	char *last, *because, *possible, *event, *not, *now, *todo, *or, *lasting, *note;
	char *holders, *also[8], *yours, *yours_do;
	unsigned int nr_also;
	char *blind[64];
	unsigned int nr_blind;
	struct row rows[MAX_ROWS];
	unsigned int nr_rows;
	struct event events[MAX_EVENTS];
	unsigned int nr_events;
	char *strings;
	char wrong[1024];		/* what is wrong with it, "" if nothing */
};

int cause_by_name(const char *name, size_t len);
const char *cause_name(int cause);
bool parse_page(struct text *t, char *raw, size_t len);
bool parse_log(struct text *t, char *raw, size_t len);
bool read_page(struct text *t);
bool read_log(struct text *t);
void text_free(struct text *t);
uint64_t row_total(const struct text *t, int cause);
uint64_t event_total(const struct text *t, int cause);
uint64_t all_rows(const struct text *t);
uint64_t all_events(const struct text *t);
const char *value(const struct event *e, enum forkfail_key key);
bool errno_fits(const struct event *e);
void note_event(const struct event *e);
void until_counted(const char *comm);

/* ---- counter_sums.c -------------------------------------------------------------- */

void check_sums(const char *when, const struct text *page, const struct text *log, bool full);

/* ---- the tests ----------------------------------------------------------- */

void test_accounting(void);
void test_two_limits(void);
void test_two_levels(void);
void test_whole_lines(void);
void test_reload(void);
void test_hostile_names(void);
void test_many_tasks(void);
void test_load_errors(void);
void test_who_sees_what(void);
void test_poll(void);
void test_no_audit(void);
void test_fair(void);
void test_first_screen(void);
void test_full_table(void);
void test_subgroups(void);
void test_restarts(void);
void test_midstop(void);
void test_verify(void);
void test_rseq(void);
void test_stale_stack(void);
void test_slow_readers(void);
void test_throttled(void);
void test_merged_events(void);
void test_minute(void);
void test_memory(void);
void test_stacks(void);
void test_returned_errors(void);
void test_mappings(void);
void test_soak(void);
void test_hostile_readers(void);
void test_background(void);
void test_counter_sums(void);
void test_failnth(void);
void test_failload(void);
void test_unload_held(void);
void test_sandbox(void);
void test_storm(void);
void test_million(void);

#endif /* GUEST_H */
