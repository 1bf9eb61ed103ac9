/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record.h - records a failure and its cause
 */
#ifndef FORKFAIL_RECORD_H
#define FORKFAIL_RECORD_H

struct ff_failure;
struct ff_verdict;

void ff_record(const struct ff_failure *f, const struct ff_verdict *v);

#endif /* FORKFAIL_RECORD_H */
