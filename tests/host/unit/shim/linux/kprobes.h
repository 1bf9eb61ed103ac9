/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_KPROBES_H
#define SHIM_KPROBES_H

#include <linux/types.h>

struct kprobe {
	void *addr;
};

#define NOKPROBE_SYMBOL(name)	extern int name##_is_no_kprobe

#endif
