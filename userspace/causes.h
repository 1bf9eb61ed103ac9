/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known about causes and about the hints, which are no causes.
 */
#ifndef CAUSES_H
#define CAUSES_H

#include "event.h"

/**
 * struct cause - a cause, or a hint
 * @number: its number; -1 for a hint
 * @id: its name
 * @errnos: what the caller gets
 * @class: what kind of trouble it is; FORKFAIL_NR_CLASSES for a hint
 * @meaning: what happened
 * @not: what it is not, may be ""
 * @action: what to do
 * @where: where limit and usage are, may be ""
 * @kernels: where it exists
 * @confirm: how to see it by hand
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
	const char *confirm;
};

const struct cause *cause_find(const char *id);
const struct cause *cause_at(size_t index);
const char *cause_nearest(const char *id);
const char *class_name(enum forkfail_class class);
const char *proof_meaning(const char *name);
const char *kind_phrase(const char *kind);

/* advice.c */
char *advice_unit(const char *cgroup);
char *advice_raise(const char *cause, const struct event *ev);
char *advice_check(const struct cause *cause, const struct event *ev);

#endif /* CAUSES_H */
