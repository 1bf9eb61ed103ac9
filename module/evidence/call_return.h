/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * call_return.h - passes a call's return value to the code that it concerns
 */
#ifndef FORKFAIL_CALL_RETURN_H
#define FORKFAIL_CALL_RETURN_H

struct ff_call;

void ff_call_returned(struct ff_call *c);

#endif /* FORKFAIL_CALL_RETURN_H */
