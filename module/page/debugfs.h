/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * debugfs.h - the files in debugfs
 */
#ifndef FORKFAIL_DEBUGFS_H
#define FORKFAIL_DEBUGFS_H

int ff_debugfs_init(void);
void ff_debugfs_exit(void);

#endif /* FORKFAIL_DEBUGFS_H */
