/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * thread_stack_rules.h - will the kernel refuse a thread's stack, and why
 *
 * Plain data and pure functions, as classify.h.
 */
#ifndef FORKFAIL_THREAD_STACK_RULES_H
#define FORKFAIL_THREAD_STACK_RULES_H

#include "rules/observation.h"

/**
 * struct ff_stack - what the kernel is about to look at
 * @opens: mprotect() makes a mapping without access writable; else mmap()
 * @data: the mapping is data then (private and writable)
 * @data_excused: RLIMIT_DATA does not apply to it
 * @charged: its memory has to be promised
 * @locked: and is locked, by a caller that RLIMIT_MEMLOCK applies to
 * @strict: vm.overcommit_memory is 2
 * @maps_known: @maps_max could be read
 * @commit_known: @committed and @commit_max could be
 * @splits: how many mappings more mprotect() has to make of the one
 * @pages: what is asked for
 * @maps: mappings of the process
 * @maps_max: vm.max_map_count
 * @total: its pages
 * @total_max: RLIMIT_AS, in pages as those that follow
 * @data_pages: its data
 * @data_max: RLIMIT_DATA
 * @locked_pages: what it has locked
 * @locked_max: RLIMIT_MEMLOCK
 * @committed: pages promised by the machine; if not @strict the stack's own
 * @commit_max: how many that can be
 */
struct ff_stack {
	bool	opens;
	bool	data, data_excused;
	bool	charged;
	bool	locked;
	bool	strict;
	bool	maps_known, commit_known;
	u8	splits;
	s64	pages;
	s64	maps, maps_max;
	s64	total, total_max;
	s64	data_pages, data_max;
	s64	locked_pages, locked_max;
	s64	committed, commit_max;
};

bool ff_stack_judge(const struct ff_stack *s, struct ff_verdict *v);
void ff_stack_settle(const struct ff_stack *s, struct ff_verdict *v);

#endif /* FORKFAIL_THREAD_STACK_RULES_H */
