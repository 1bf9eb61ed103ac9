/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory_usage.h - how much memory forkfail uses
 */
#ifndef FORKFAIL_MEMORY_USAGE_H
#define FORKFAIL_MEMORY_USAGE_H

#include <linux/types.h>

/**
 * struct ff_memory_usage - memory that one part uses
 * @name: the part
 * @bytes: how many bytes it uses
 */
struct ff_memory_usage {
	const char *name;
	size_t (*bytes)(void);
};

/* Ends with an entry without a name. */
extern const struct ff_memory_usage ff_memory_usages[];

size_t ff_memory_bytes(void);
size_t ff_memory_cpu_bytes(void);

#endif /* FORKFAIL_MEMORY_USAGE_H */
