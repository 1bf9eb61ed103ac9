/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * klog.h - one kernel log line per cause and object in ten minutes
 */
#ifndef FORKFAIL_KLOG_H
#define FORKFAIL_KLOG_H

#include <linux/types.h>

extern bool ff_klog_on;

void ff_klog(void);

#endif /* FORKFAIL_KLOG_H */
