/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known about causes, and about hints, which are not causes.
 */
#ifndef CAUSES_H
#define CAUSES_H

#include "event.h"

/**
 * struct cause - a cause, or a hint
 * @number: its number; -1 for a hint
 * @id: its name
 * @errnos: what the call returns
 * @class: kind of problem; FORKFAIL_NR_CLASSES for a hint
 * @meaning: what happened
 * @not: what it is not, may be ""
 * @action: what to do
 * @where: where limit and usage are, may be ""
 * @kernels: where it exists
 * @check: how to see it by hand; a cause has it in advice.def, cause_check()
 * @shows: what that shows
 */
struct cause {
	int number;
	const char *id;
	const char *errnos;
	enum forkfail_class class;
	const char *meaning;
	const char *not;
	const char *action;
	const char *where;
	const char *kernels;
	const char *check;
	const char *shows;
};

const struct cause *cause_find(const char *id);
const struct cause *cause_at(size_t index);
const char *cause_nearest(const char *id);
void cause_unknown(const char *id) __noreturn;
const char *cause_check(const struct cause *cause);
const char *cause_shows(const struct cause *cause);
const char *cause_general(char *buf, size_t size, const char *template);
const char *class_name(enum forkfail_class class);
const char *proof_meaning(const char *name);
const char *kind_phrase(const char *kind);

#endif /* CAUSES_H */
