/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * invariants.h - what must hold for every observation and its verdict
 *
 * Shared by the unit tests and the fuzzer.
 */
#ifndef INVARIANTS_H
#define INVARIANTS_H

#include "../../../module/rules/classify.h"

struct cause_row {
	int number;
	const char *symbol, *id, *errnos;
	enum forkfail_class class;
	const char *meaning, *not, *todo, *where, *kernels;
};

extern const struct cause_row cause_table[];
extern const unsigned int nr_causes;

/* Errno of a symbol, 0 if there is none of that name. */
int errno_number(const char *symbol, unsigned int len);

/* Does causes.def say that the kernel may return @err (positive) for @cause? */
bool errno_fits(u8 cause, int err);

/* NULL if @v is a possible verdict on @o, else what is wrong with it. */
const char *verdict_broken(const struct ff_observation *o, const struct ff_verdict *v);

/* Classify @o and check the verdict; as above. */
const char *classify_checked(const struct ff_observation *o, struct ff_verdict *v);

static inline bool certain(const struct ff_verdict *v)
{
	return v->proof != FORKFAIL_PROOF_NONE && v->proof != FORKFAIL_PROOF_INFERRED;
}

bool is_candidate(const struct ff_verdict *v, u8 cause);

void print_observation(const struct ff_observation *o);
void print_verdict(const char *what, const struct ff_verdict *v);

#endif /* INVARIANTS_H */
