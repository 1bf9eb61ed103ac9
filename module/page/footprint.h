/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * footprint.h - how much memory forkfail takes
 */
#ifndef FORKFAIL_FOOTPRINT_H
#define FORKFAIL_FOOTPRINT_H

#include <linux/types.h>

/**
 * struct ff_footprint - memory that one part takes
 * @name: the part
 * @bytes: how many
 */
struct ff_footprint {
	const char *name;
	size_t (*bytes)(void);
};

/* One without a name is the last. */
extern const struct ff_footprint ff_footprints[];

size_t ff_footprint_bytes(void);
size_t ff_footprint_cpu_bytes(void);

#endif /* FORKFAIL_FOOTPRINT_H */
