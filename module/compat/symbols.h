/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * symbols.h - addresses of functions and variables that are not exported
 */
#ifndef FORKFAIL_SYMBOLS_H
#define FORKFAIL_SYMBOLS_H

#include <linux/percpu_counter.h>
#include <linux/types.h>

/**
 * struct ff_symbol - a function to find
 * @name: its name; NULL to skip this entry
 * @start: receives the address that kprobes use, 0 if it was not found
 * @size: receives its size in bytes
 */
struct ff_symbol {
	const char *name;
	unsigned long start, size;
};

/* Addresses of variables; NULL if the kernel's symbol table has no variables (arm64). */
struct ff_kernel_data {
	const int	*nr_threads;
	const int	*max_threads;
	const int	*pid_max;
	const int	*overcommit_memory;
	const int	*overcommit_ratio;
	const unsigned long *overcommit_kbytes;
	const unsigned long *admin_reserve_kbytes;
	const unsigned long *user_reserve_kbytes;
	const long	*swap_pages;
	const struct percpu_counter *committed;	/* vm_committed_as */
	const void	*hstates;		/* struct hstate[] */
	const int	*nr_hstates;		/* hugetlb_max_hstate */
	const struct hlist_head *ucounts_hashtable;	/* 5.10: 1 << 10 of them */
	const int	*nr_open;		/* sysctl_nr_open */
	const int	*unprivileged_userns_clone;	/* Debian, Ubuntu */
	const int	*max_map_count;
	const bool	*ignore_rlimit_data;
};

extern struct ff_kernel_data ff_data;

int ff_symbols_find(struct ff_symbol *symbols, unsigned int n);
void ff_symbols_find_data(void);
bool ff_read_int(const int *p, s64 *value);
bool ff_read_long(const void *p, s64 *value);

/**
 * ff_committed_pages - memory that is committed on the whole machine
 *
 * This is the approximate count that __vm_enough_memory() uses.  The exact one
 * (vm_memory_committed()) takes a lock.  Inline because some kernels run it on every fork.
 *
 * Return: pages; 0 if unknown.
 */
static inline s64 ff_committed_pages(void)
{
	struct percpu_counter *committed = (struct percpu_counter *)ff_data.committed;

	return committed ? percpu_counter_read_positive(committed) : 0;
}

#endif /* FORKFAIL_SYMBOLS_H */
