// SPDX-License-Identifier: GPL-2.0-only
/*
 * invariants.c - what must hold for every observation and its verdict
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "invariants.h"

const struct cause_row cause_table[] = {
#define FORKFAIL_CAUSE(number, symbol, id, errnos, class, ...) \
	{ number, #symbol, id, errnos, FORKFAIL_CLASS_##class, __VA_ARGS__ },
#include "../../../uapi/causes.def"
#undef FORKFAIL_CAUSE
};

const unsigned int nr_causes = sizeof(cause_table) / sizeof(cause_table[0]);

/**
 * errno_number - the number behind a symbol of causes.def
 * @symbol: not terminated
 * @len: its length
 */
int errno_number(const char *symbol, unsigned int len)
{
	static const struct {
		const char *name;
		int number;
	} names[] = {
#define E(e) { #e, e }
		E(EPERM), E(ENOENT), E(EINTR), E(EIO), E(ENXIO), E(E2BIG), E(ENOEXEC),
		E(EBADF), E(EAGAIN), E(ENOMEM), E(EACCES), E(EFAULT), E(EBUSY), E(EEXIST),
		E(ENODEV), E(EINVAL), E(ENFILE), E(EMFILE), E(ENOSPC), E(ERANGE), E(ENOSYS),
		E(EOPNOTSUPP), E(EUSERS), E(EPROTO), E(EOVERFLOW), E(EHWPOISON),
		{ "ERESTARTNOINTR", 513 },
#undef E
	};
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].name) == len && !memcmp(names[i].name, symbol, len))
			return names[i].number;
	return 0;
}

/**
 * errno_fits - whether causes.def allows an errno for a cause
 * @cause: FORKFAIL_*
 * @err: positive
 */
bool errno_fits(u8 cause, int err)
{
	const char *s;

	if (cause >= nr_causes)
		return false;
	s = cause_table[cause].errnos;
	if (!strcmp(s, "any"))
		return true;
	while (*s) {
		unsigned int len = strcspn(s, " ");

		if (errno_number(s, len) == err)
			return true;
		s += len;
		s += strspn(s, " ");
	}
	return false;
}

/**
 * is_candidate - whether a verdict lists a cause
 * @v: the verdict
 * @cause: FORKFAIL_*
 */
bool is_candidate(const struct ff_verdict *v, u8 cause)
{
	unsigned int i;

	for (i = 0; i < v->nr_candidates && i < FF_MAX_CANDIDATES; i++)
		if (v->candidates[i] == cause)
			return true;
	return false;
}

static const struct ff_hierarchy *hierarchy(const struct ff_observation *o, u8 cause)
{
	switch (cause) {
	case FORKFAIL_RLIMIT_NPROC:
	case FORKFAIL_RLIMIT_NPROC_ANCESTOR_USERNS:
		return &o->nproc;
	case FORKFAIL_PID_EXHAUSTED:
	case FORKFAIL_PID_EXHAUSTED_AFTER_WRAP:
		return &o->pid;
	case FORKFAIL_PIDS_MAX:
	case FORKFAIL_PIDS_MAX_ANCESTOR:
		return &o->pids;
	default:
		return NULL;
	}
}

static const char *candidates_broken(const struct ff_observation *o, const struct ff_verdict *v)
{
	unsigned int i, j;

	if (v->proof != FORKFAIL_PROOF_INFERRED)
		return v->nr_candidates ? "candidates although the cause is certain" : NULL;
	if (!v->nr_candidates || v->nr_candidates > FF_MAX_CANDIDATES)
		return "inferred without candidates, or with too many";
	if (!is_candidate(v, v->cause))
		return "the inferred cause is no candidate";
	for (i = 0; i < v->nr_candidates; i++) {
		if (v->candidates[i] == FORKFAIL_UNEXPLAINED) {
			if (i + 1 != v->nr_candidates)
				return "unexplained is not the last candidate";
			continue;
		}
		if (!errno_fits(v->candidates[i], -o->err))
			return "a candidate cannot give this errno";
		for (j = 0; j < i; j++)
			if (v->candidates[i] == v->candidates[j])
				return "a candidate is listed twice";
	}
	return NULL;
}

static const char *limit_broken(const struct ff_observation *o, const struct ff_verdict *v)
{
	const struct ff_hierarchy *h = hierarchy(o, v->cause);

	if (h && v->level >= h->levels && v->level > 0)
		return "a level above the root";
	if ((v->cause == FORKFAIL_RLIMIT_NPROC || v->cause == FORKFAIL_PIDS_MAX) && v->level > 0)
		return "the asker's own limit, but the level is an ancestor's";
	if ((v->cause == FORKFAIL_RLIMIT_NPROC_ANCESTOR_USERNS ||
	     v->cause == FORKFAIL_PIDS_MAX_ANCESTOR) && v->level == 0)
		return "an ancestor's limit, but the level is the asker's own";
	if (h && v->has_limit && (v->limit != h->limit || v->in_use != h->in_use))
		return "limit or usage are not those of the hierarchy";
	if (h && v->has_limit && v->level < 0)
		return "a limit of nobody's";
	if (h && v->level < 0 && v->scope != FORKFAIL_SCOPE_NONE)
		return "a scope, but no object";
	if (v->has_limit && v->unit == FORKFAIL_UNIT_NONE)
		return "a limit without a unit";
	return NULL;
}

/**
 * verdict_broken - check a verdict against the observation it came from
 * @o: the observation
 * @v: the verdict
 */
const char *verdict_broken(const struct ff_observation *o, const struct ff_verdict *v)
{
	const char *why;

	if (v->cause >= nr_causes)
		return "no such cause";
	if (v->proof >= FORKFAIL_NR_PROOFS || v->scope >= FORKFAIL_NR_SCOPES ||
	    v->unit >= FORKFAIL_NR_UNITS)
		return "proof, scope or unit out of range";
	if (v->level < -1)
		return "level out of range";
	if (!(o->steps & (1u << v->step)))
		return "a step that is not among the possible ones";
	if (!errno_fits(v->cause, -o->err))
		return "the cause cannot give this errno";
	if (v->proof == FORKFAIL_PROOF_NONE ? v->cause != FORKFAIL_UNEXPLAINED :
	    v->cause == FORKFAIL_UNEXPLAINED)
		return "unexplained means no proof, and the other way round";
	if (v->cause == FORKFAIL_SIGNAL_RESTART ? !v->restart : v->restart)
		return "restart means signal-restart, and the other way round";
	if (v->cause == FORKFAIL_UNEXPLAINED &&
	    (v->scope != FORKFAIL_SCOPE_NONE || v->has_limit || v->level != -1))
		return "unexplained, but somebody's limit";
	why = candidates_broken(o, v);
	return why ?: limit_broken(o, v);
}

/**
 * classify_checked - classify twice and check the verdict
 * @o: the observation
 * @v: receives the verdict
 */
const char *classify_checked(const struct ff_observation *o, struct ff_verdict *v)
{
	struct ff_observation copy = *o;
	struct ff_verdict again;

	/* different garbage in both: every field must be written */
	memset(v, 0x55, sizeof(*v));
	memset(&again, 0xaa, sizeof(again));
	ff_classify(o, v);
	ff_classify(&copy, &again);
	if (memcmp(v, &again, sizeof(again)))
		return "the same observation gave two verdicts";
	if (memcmp(o, &copy, sizeof(copy)))
		return "the observation was changed";
	if (o->stage_guessed && v->proof == FORKFAIL_PROOF_PATH)
		return "proved by a path that is only a guess";
	return verdict_broken(o, v);
}

static void print_hierarchy(const char *name, const struct ff_hierarchy *h)
{
	fprintf(stderr, "  %s: known %d levels %u named %d full %d may %#llx %lld of %lld\n", name,
		h->known, h->levels, h->named, h->full, (unsigned long long)h->may,
		(long long)h->in_use, (long long)h->limit);
}

/**
 * print_observation - print what matters of an observation on stderr
 * @o: the observation
 */
void print_observation(const struct ff_observation *o)
{
	unsigned int i;

	fprintf(stderr, "  err %d facts %#x flags %#llx args %d kind %u dying %d\n",
		-o->err, o->facts, (unsigned long long)o->flags, o->have_args, o->kind,
		o->dying);
	fprintf(stderr, "  steps:");
	for (i = 0; i <= FF_STEP_KERNEL_CLONE; i++)
		if (o->steps & (1u << i))
			fprintf(stderr, " %s", ff_step_names[i]);
	fprintf(stderr, "\n  blind:");
	for (i = 0; i < FF_NR_WITNESSES; i++)
		if (o->blind_w & (1u << i))
			fprintf(stderr, " %s", ff_witness_names[i]);
	fprintf(stderr, "\n  seen:");
	for (i = 0; i < FF_NR_WITNESSES; i++)
		if (o->seen & (1u << i))
			fprintf(stderr, " %s@%s#%u", ff_witness_names[i],
				o->at[i] < FF_NR_STEPS ? ff_step_names[o->at[i]] : "?",
				o->rank[i]);
	fprintf(stderr, "\n");
	print_hierarchy("nproc", &o->nproc);
	print_hierarchy("pid", &o->pid);
	print_hierarchy("pids", &o->pids);
	fprintf(stderr, "  sys_admin %d threads %d: %lld of %lld\n", o->has_sys_admin,
		o->threads_known, (long long)o->threads, (long long)o->threads_max);
	fprintf(stderr, "  wrapped %d unwrapped %d dead %d %d reaper %d\n", o->pid_wrapped,
		o->pid_unwrapped, o->pidns_dead_before, o->pidns_dead, !o->pidns_no_reaper);
	fprintf(stderr, "  overcommit %d mode %u fits %d %d; memcg %d: %lld of %lld\n",
		o->overcommit_known, o->overcommit_mode, o->overcommit_fits_before,
		o->overcommit_fits, o->memcg_known, (long long)o->memcg_in_use,
		(long long)o->memcg_limit);
}

/**
 * print_verdict - print a verdict on stderr
 * @what: words in front of it
 * @v: the verdict
 */
void print_verdict(const char *what, const struct ff_verdict *v)
{
	unsigned int i;

	fprintf(stderr, "  %s: %s proof %u scope %u unit %u level %d limit %d %lld of %lld", what,
		v->cause < nr_causes ? cause_table[v->cause].id : "?", v->proof, v->scope,
		v->unit, v->level, v->has_limit, (long long)v->in_use, (long long)v->limit);
	for (i = 0; i < v->nr_candidates && i < FF_MAX_CANDIDATES; i++)
		fprintf(stderr, "%s%s", i ? "," : " candidates ",
			v->candidates[i] < nr_causes ? cause_table[v->candidates[i]].id : "?");
	fprintf(stderr, "\n");
}
