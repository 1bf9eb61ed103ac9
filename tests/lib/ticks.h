/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ticks.h - a counter of executed instructions in a guest
 *
 * Under QEMU's -icount shift=0 an instruction takes a nanosecond.  On amd64 the
 * time-stamp counter ticks once in that time, on arm64 the generic timer does if
 * cntfrq_el0 says 1 GHz, as with QEMU's "-cpu max" from version 9 on.
 */
#ifndef TICKS_H
#define TICKS_H

#include <stdint.h>

static inline uint64_t ticks(void)
{
#ifdef __aarch64__
	uint64_t now;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(now) : : "memory");
	return now;
#else
	return __builtin_ia32_rdtsc();
#endif
}

#endif /* TICKS_H */
