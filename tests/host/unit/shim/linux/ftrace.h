/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_FTRACE_H
#define SHIM_FTRACE_H

struct ftrace_ops;

#endif
