/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verify.h - return probes that observe each failure a second time
 */
#ifndef FORKFAIL_VERIFY_H
#define FORKFAIL_VERIFY_H

#include <linux/types.h>

struct seq_file;

int ff_verify_init(unsigned int maxactive);
void ff_verify_exit(void);
bool ff_verify_on(void);
void ff_verify_show(struct seq_file *m);

#endif /* FORKFAIL_VERIFY_H */
