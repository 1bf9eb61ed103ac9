/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory_usage.h - how much memory forkfail takes
 */
#ifndef FORKFAIL_MEMORY_USAGE_H
#define FORKFAIL_MEMORY_USAGE_H

#include <linux/types.h>

/**
 * struct ff_memory_usage - memory that one part takes
 * @name: the part
 * @bytes: how many
 */
struct ff_memory_usage {
	const char *name;
	size_t (*bytes)(void);
};

/* One without a name is the last. */
extern const struct ff_memory_usage ff_memory_usages[];

size_t ff_memory_bytes(void);
size_t ff_memory_cpu_bytes(void);

#endif /* FORKFAIL_MEMORY_USAGE_H */
