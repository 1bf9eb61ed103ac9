/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * watch.h - the hooks on the way through copy_process()
 */
#ifndef FORKFAIL_WATCH_H
#define FORKFAIL_WATCH_H

#include <linux/types.h>

#include "classify.h"

struct ftrace_ops;
struct seq_file;
struct ff_trail;

/**
 * struct ff_watch_state - how well forkfail sees
 * @wanted: watch points that exist on this kernel or should
 * @armed: those that are hooked
 * @blind: steps (bits) that are not
 * @blind_w: witnesses (bits) that are not
 */
struct ff_watch_state {
	unsigned int wanted, armed;
	u32 blind, blind_w;
};

extern struct ff_watch_state ff_watch;

/**
 * struct ff_gap - a time during which hooks did not fire
 * @from: when they all were last seen to, real time in nanoseconds
 * @to: when they all were seen to again
 * @reason: which did not
 * @nr: how many such times there were since load
 */
struct ff_gap {
	u64 from, to;
	const char *reason;
	unsigned int nr;
};

int ff_watch_stacks(bool on);
bool ff_watch_stacks_on(void);
int ff_watch_init(unsigned int maxactive, const char *skip);
void ff_watch_exit(void);
bool ff_watch_is_skipped(const char *skip, const char *name);
int ff_watch_filter(struct ftrace_ops *ops, unsigned long ip);
enum ff_step ff_watch_step(unsigned long ip);
unsigned long ff_watch_missed(void);
size_t ff_watch_bytes(void);
size_t ff_watch_cpu_bytes(void);
bool ff_watch_self_test(void);
u64 ff_watch_blind_since(void);
const char *ff_watch_blind_reason(void);
void ff_watch_gap(struct ff_gap *gap);
void ff_watch_show(struct seq_file *m);
bool ff_watch_unarmed(unsigned int *i, const char **name, const char **blind);

#endif /* FORKFAIL_WATCH_H */
