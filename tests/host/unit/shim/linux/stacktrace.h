/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_STACKTRACE_H
#define SHIM_STACKTRACE_H

unsigned int stack_trace_save(unsigned long *store, unsigned int size, unsigned int skip);

#endif
