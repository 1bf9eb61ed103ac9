/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * internal.h - what the runner's files share, and cases do not need
 */
#ifndef FORKFAULT_INTERNAL_H
#define FORKFAULT_INTERNAL_H

#include "../../lib/event_line.h"
#include "forkfault.h"

enum ff_verdict { FF_NONE, FF_PASS, FF_FAIL, FF_SKIP };

/* The last call that was to fail, in the calling process. */
extern struct ff_attempt ff_last;

/* How the value of a key is checked. */
enum ff_how {
	HOW_TEXT,	/* exactly this text */
	HOW_WORDS,	/* one of these words; "-" means that the key may be absent */
	HOW_NUMBER,	/* between lo and hi */
	HOW_MAYBE,	/* between lo and hi, or no such key */
	HOW_PATTERN,	/* this text, with # for a number between lo and hi */
	HOW_FIRST,	/* the number of the event that expectation lo met */
	HOW_PAIR,	/* together with the step before it, one of the pairs in list */
	HOW_ANY,	/* checked together with another key */
	HOW_ABSENT,	/* no such key */
};

struct ff_cond {
	char key[24];
	enum ff_how how;
	uint64_t lo, hi;
	const char *list;
	char text[FF_TEXT];
};

#define FF_CONDS	64
#define FF_EXPECTS	256
#define FF_UNDOS	400
#define FF_FLAGS	32

/**
 * struct ff_expect - one failure that the log must hold
 * @seq: number of the event that met it
 * @met: an event met it
 * @tries: how many failures it must stand for
 */
struct ff_expect {
	int nconds;
	unsigned int threads;
	struct ff_cond cond[FF_CONDS];
	uint64_t seq;
	bool met;
	uint64_t tries;
};

struct ff_undo {
	enum ff_undo_kind kind;
	char path[FF_PATH];
	char value[128];
};

/**
 * struct ff_shared - what a case and all its processes share with the runner
 */
struct ff_shared {
	int verdict;
	char reason[768];
	char comm[FF_COMM_LEN];
	bool checked;
	int nnotes;
	char notes[16][200];
	int nundos;
	struct ff_undo undo[FF_UNDOS];
	int nexpects;
	struct ff_expect expect[FF_EXPECTS];
	bool want_restarts;
	unsigned long restarts;
	uint32_t flag[FF_FLAGS];
	uint64_t word[FF_FLAGS];
};

extern struct ff_shared *ff_shared;

/* log.c */
#ifndef LOG_PATH
#define PAGE_PATH	"/proc/forkfail"
#define LOG_PATH	"/proc/forkfail_log"
#endif
bool log_present(void);
unsigned int log_events(void);
bool log_read(const char *path, char *buf, size_t size);

/* check.c */
extern bool show_events;
extern unsigned int slowness;		/* -x: how many times as long everything may take */
bool check_before(void);
bool check_after(void);
bool check_verdict(const char *comm);

/* run.c */
void diag(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
enum ff_verdict run_case(const struct ff_case *c, int number, bool check);
void run_init(void);

#endif /* FORKFAULT_INTERNAL_H */
