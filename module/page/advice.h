/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * advice.h - what to do about a failure
 */
#ifndef FORKFAIL_ADVICE_H
#define FORKFAIL_ADVICE_H

struct ff_event;
struct ff_text;
struct ff_viewer;

void ff_add_advice(struct ff_text *t, const struct ff_viewer *view, const struct ff_event *e);
void ff_add_advice_now(struct ff_text *t, const char *key, const struct ff_viewer *view,
		       const struct ff_event *e);

#endif /* FORKFAIL_ADVICE_H */
