/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * proc.h - /proc/forkfail and /proc/forkfail_log
 */
#ifndef FORKFAIL_PROC_H
#define FORKFAIL_PROC_H

int ff_proc_init(void);
void ff_proc_exit(void);

#endif /* FORKFAIL_PROC_H */
