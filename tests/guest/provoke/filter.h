/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * filter.h - installs seccomp filters
 */
#ifndef FILTER_H
#define FILTER_H

#include <linux/audit.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __x86_64__
#define ARCH		AUDIT_ARCH_X86_64
#else
#define ARCH		AUDIT_ARCH_AARCH64
#endif

/**
 * struct rule - what a filter does with one system call
 * @arch: AUDIT_ARCH_* of the caller
 * @nr: number of the system call
 * @action: SECCOMP_RET_*
 */
struct rule {
	uint32_t arch;
	uint32_t nr;
	uint32_t action;
};

int filter_flags(const struct rule *r, size_t n, unsigned int flags);
void filter(const struct rule *r, size_t n);

#endif /* FILTER_H */
