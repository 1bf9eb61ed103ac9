/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * worker.h - the threads that do what handlers cannot
 */
#ifndef FORKFAIL_WORKER_H
#define FORKFAIL_WORKER_H

int ff_worker_init(void);
void ff_worker_exit(void);

#endif /* FORKFAIL_WORKER_H */
