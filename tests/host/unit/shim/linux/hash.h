/* SPDX-License-Identifier: GPL-2.0-only */
/* As linux/hash.h on a 64-bit machine without an instruction for it. */
#ifndef SHIM_HASH_H
#define SHIM_HASH_H

#include <linux/types.h>

static inline u32 hash_32(u32 value, unsigned int bits)
{
	return value * 0x61c88647U >> (32 - bits);
}

static inline u32 hash_64(u64 value, unsigned int bits)
{
	return value * 0x61c8864680b583ebULL >> (64 - bits);
}

static inline u32 hash_long(unsigned long value, unsigned int bits)
{
	return hash_64(value, bits);
}

static inline u32 hash_ptr(const void *p, unsigned int bits)
{
	return hash_long((unsigned long)p, bits);
}

#endif
