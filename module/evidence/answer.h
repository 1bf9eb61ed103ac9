/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * answer.h - a call has come back
 */
#ifndef FORKFAIL_ANSWER_H
#define FORKFAIL_ANSWER_H

struct ff_call;

void ff_answered(struct ff_call *c);

#endif /* FORKFAIL_ANSWER_H */
