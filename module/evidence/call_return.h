/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * call_return.h - a call has come back
 */
#ifndef FORKFAIL_CALL_RETURN_H
#define FORKFAIL_CALL_RETURN_H

struct ff_call;

void ff_answered(struct ff_call *c);

#endif /* FORKFAIL_CALL_RETURN_H */
