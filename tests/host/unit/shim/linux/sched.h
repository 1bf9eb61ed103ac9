/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHIM_SCHED_H
#define SHIM_SCHED_H

#include <sys/types.h>

#define TASK_COMM_LEN	16

#endif
