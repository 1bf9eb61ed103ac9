/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What to do about a failure, as commands and as prose.
 */
#ifndef ADVICE_H
#define ADVICE_H

#include "../uapi/template.h"
#include "causes.h"

/**
 * struct advice - what to do; NULL where there is nothing
 * @raised: what the limit is now, if it was raised since; then nothing is left to do for now
 * @now: for now, with builtins of a shell only
 * @where: in which shell @now helps; not allocated
 * @run: for now, with a program
 * @keep: what lasts
 * @note: prose
 * @check: how to see it by hand
 * @shows: what @check shows
 */
struct advice {
	char *raised;
	char *now;
	const char *where;
	char *run;
	char *keep;
	char *note;
	char *check;
	char *shows;
};

void advice_get(struct advice *advice, const struct cause *cause,
		const struct event *ev, bool live);
void advice_free(struct advice *advice);
char *advice_unit(const char *cgroup);
char *advice_name(const char *cgroup, enum forkfail_word word);

#endif /* ADVICE_H */
