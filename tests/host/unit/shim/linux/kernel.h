/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_KERNEL_H
#define SHIM_KERNEL_H

#include <stdio.h>
#include <stdlib.h>
#include <linux/types.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define S64_MAX		((s64)(~0ULL >> 1))
#define U32_MAX		(~0U)
#define U64_MAX		(~0ULL)

#define max(a, b)	((a) > (b) ? (a) : (b))
#define swap(a, b)	do { typeof(a) swap_ = (a); (a) = (b); (b) = swap_; } while (0)

#endif
