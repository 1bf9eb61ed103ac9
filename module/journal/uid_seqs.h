/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * uid_seqs.h - numbers of events for readers who see only their own
 */
#ifndef FORKFAIL_UID_SEQS_H
#define FORKFAIL_UID_SEQS_H

#include <linux/types.h>
#include <linux/uidgid.h>

u64 ff_next_uid_seq(kuid_t uid);

#endif /* FORKFAIL_UID_SEQS_H */
