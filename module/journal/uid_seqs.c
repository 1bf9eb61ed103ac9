// SPDX-License-Identifier: GPL-2.0-only
/*
 * uid_seqs.c - numbers of events for readers who see only their own
 *
 * Each uid has a counter, so that a number does not tell how often the forks of others failed.
 */
#include <linux/hash.h>
#include <linux/kernel.h>

#include "journal/uid_seqs.h"

#define UID_BITS	6
#define UIDS		BIT(UID_BITS)

static struct {
	kuid_t uid;
	u64 seq;
} uid_seqs[UIDS];

/**
 * ff_next_uid_seq - number an event
 * @uid: the failing task's real uid
 *
 * Under the journal's lock.  If there are more uids than counters, one takes over another's,
 * which may then come back to a third.  So it goes on from the largest number of all: there are
 * gaps, but numbers still grow.
 *
 * Return: a larger number than each that this uid has had.
 */
u64 ff_next_uid_seq(kuid_t uid)
{
	unsigned int i = hash_32(__kuid_val(uid), UID_BITS), n;
	u64 most = 0;

	for (n = 0; n < UIDS; n++, i = (i + 1) % UIDS) {
		if (!uid_seqs[i].seq || uid_eq(uid_seqs[i].uid, uid))
			break;
		most = max(most, uid_seqs[i].seq);
	}
	if (n == UIDS)
		uid_seqs[i].seq = most;
	uid_seqs[i].uid = uid;
	return ++uid_seqs[i].seq;
}
