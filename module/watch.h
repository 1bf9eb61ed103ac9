/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * watch.h - the hooks on the way through copy_process()
 */
#ifndef FORKFAIL_WATCH_H
#define FORKFAIL_WATCH_H

#include <linux/types.h>

#include "classify.h"

struct percpu_counter;
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

/* Addresses of kernel variables that no header exports; NULL if unknown. */
struct ff_kernel_data {
	const int	*nr_threads;
	const int	*max_threads;
	const int	*pid_max;
	const int	*overcommit_memory;
	const int	*overcommit_ratio;
	const unsigned long *overcommit_kbytes;
	const unsigned long *admin_reserve_kbytes;
	const unsigned long *user_reserve_kbytes;
	const long	*total_swap_pages;
	const struct percpu_counter *committed;	/* vm_committed_as */
	const void	*hstates;	/* struct hstate[] */
	const int	*nr_hstates;	/* hugetlb_max_hstate */
};

extern struct ff_kernel_data ff_data;

int ff_watch_init(unsigned int maxactive, const char *skip);
void ff_watch_exit(void);
enum ff_step ff_watch_step(unsigned long ip);
unsigned long ff_watch_missed(void);
size_t ff_watch_bytes(void);
size_t ff_watch_cpu_bytes(void);
bool ff_watch_self_test(void);
u64 ff_watch_blind_since(void);
const char *ff_watch_blind_reason(void);
void ff_watch_show(struct seq_file *m);
bool ff_watch_unarmed(unsigned int *i, const char **name, const char **blind);
bool ff_read_int(const int *p, s64 *value);
bool ff_read_long(const void *p, s64 *value);
s64 ff_committed_pages(void);

#endif /* FORKFAIL_WATCH_H */
