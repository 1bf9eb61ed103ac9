/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * thread_stack_rules.h - will the kernel refuse a thread's stack, and why?
 *
 * Plain data and pure functions, also compiled into the unit tests.
 */
#ifndef FORKFAIL_THREAD_STACK_RULES_H
#define FORKFAIL_THREAD_STACK_RULES_H

#include "rules/observation.h"

/**
 * struct ff_stack - what the kernel is about to check; sizes are in pages
 * @opens: mprotect() makes a PROT_NONE mapping writable; otherwise it is mmap()
 * @data: the mapping is then data (private and writable)
 * @data_excused: RLIMIT_DATA does not apply
 * @charged: its memory has to be committed
 * @locked: its memory is locked, and RLIMIT_MEMLOCK applies to the caller
 * @strict: vm.overcommit_memory is 2
 * @maps_known: @maps_max could be read
 * @commit_known: @committed and @commit_max could be read
 * @splits: how many additional mappings mprotect() has to create
 * @pages: the size of the stack
 * @maps: mappings of the process
 * @maps_max: vm.max_map_count
 * @total: size of the process's address space
 * @total_max: RLIMIT_AS
 * @data_pages: size of the process's data
 * @data_max: RLIMIT_DATA
 * @locked_pages: how much the process has locked
 * @locked_max: RLIMIT_MEMLOCK
 * @committed: if @strict, committed on the whole machine; otherwise, the stack's size
 * @commit_max: how much can be committed
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

bool ff_stack_classify(const struct ff_stack *s, struct ff_verdict *v);
void ff_stack_confirm(const struct ff_stack *s, struct ff_verdict *v);

#endif /* FORKFAIL_THREAD_STACK_RULES_H */
