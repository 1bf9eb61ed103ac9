// SPDX-License-Identifier: GPL-2.0-only
/*
 * classify_fuzz.c - no observation gives an impossible verdict
 *
 * The first byte says what the rest is: a plain observation, or a scenario
 * (tests/host/unit/model_kernel.h) in which the real cause is known.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../module/rules/match.h"
#include "../unit/invariants.h"
#include "../unit/model_kernel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Input that is read piece by piece, with zeroes after its end. */
struct input {
	const uint8_t *data;
	size_t size;
};

static u64 input_bits(void *arg)
{
	struct input *in = arg;
	size_t n = in->size < 2 ? in->size : 2;
	u64 bits = 0;

	memcpy(&bits, in->data, n);
	in->data += n;
	in->size -= n;
	return bits;
}

static void wrong(const char *why, const struct ff_observation *o, const struct ff_verdict *v)
{
	fprintf(stderr, "%s:\n", why);
	print_observation(o);
	print_verdict("verdict", v);
	abort();
}

static void level_in_range(struct ff_hierarchy *h)
{
	h->levels %= FF_MAX_PIDS_LEVELS + 1;
	if (h->named >= h->levels || h->named < -1)
		h->named = -1;
	if (h->first >= h->levels)
		h->first = 0;
	if (h->full >= h->levels || h->full < h->first)
		h->full = -1;
}

/* Replace values that no observation can have. */
static void sanitize(struct ff_observation *o)
{
	static const int errs[] = { 513, EAGAIN, ENOMEM, EINVAL, EPERM, ENOSPC, EINTR, EMFILE };
	unsigned char *flags[] = {
		(void *)&o->have_args, (void *)&o->stage_guessed, (void *)&o->pidns_initial,
		(void *)&o->dying, (void *)&o->unkillable,
		(void *)&o->autoreap, (void *)&o->pidns_mismatch, (void *)&o->timens_mismatch,
		(void *)&o->pidfd_is_parent_tid, (void *)&o->userns_sysctl_off,
		(void *)&o->ns_admin, (void *)&o->userns_too_deep, (void *)&o->ids_mapped,
		(void *)&o->root_is_inside, (void *)&o->root_is_inits,
		(void *)&o->pidns_too_deep, (void *)&o->pidns_foreign,
		(void *)&o->has_io_context, (void *)&o->shadow_stack,
		(void *)&o->nr_open_known,
		(void *)&o->has_sys_admin, (void *)&o->threads_known, (void *)&o->pid_wrapped,
		(void *)&o->pid_unwrapped,
		(void *)&o->pidns_dead_before, (void *)&o->pidns_dead,
		(void *)&o->pidns_no_reaper, (void *)&o->overcommit_known,
		(void *)&o->overcommit_fits_before, (void *)&o->overcommit_fits,
		(void *)&o->memcg_known, (void *)&o->memcg_full,
		(void *)&o->memcg_oom_disabled, (void *)&o->oom_killed,
		(void *)&o->nproc.known, (void *)&o->pid.known,
		(void *)&o->pids.known, (void *)&o->ucount.known,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++)
		*flags[i] &= 1;
	if (o->err & 0x100)
		o->err = -errs[o->err & 7];
	else
		o->err = -(1 + (o->err & 0xff));
	o->steps &= BIT(FF_STEP_KERNEL_CLONE + 1) - 1;
	if (!o->steps)
		o->steps = BIT(FF_STEP_ENTRY);
	o->step = __builtin_ctz(o->steps);
	for (i = 0; i < FF_NR_WITNESSES; i++)
		if (o->at[i] >= FF_STEP_KERNEL_CLONE)
			o->at[i] = FF_NR_STEPS;
	o->seen &= BIT(FF_NR_WITNESSES) - 1;
	o->kind %= FORKFAIL_NR_KINDS;
	if (!o->pidns_dead || o->pidns_dead_level < 0)
		o->pidns_dead_level = o->pidns_dead ? 0 : -1;
	level_in_range(&o->nproc);
	level_in_range(&o->pid);
	level_in_range(&o->pids);
	level_in_range(&o->ucount);
	/* the highest descriptor plus one is a number, too */
	o->highest_fd &= 0x7fffffff;
}

static void fuzz_scenario(struct input *in)
{
	struct ff_observation o, all;
	struct ff_verdict v, sighted;
	struct truth t;
	struct scenario sc;
	const char *why;
	static const struct hidden nothing;
	struct hidden hidden;

	hidden.steps = (input_bits(in) | input_bits(in) << 16) & HOOKED_STEPS;
	hidden.witnesses = (input_bits(in) | input_bits(in) << 16) & (BIT(FF_NR_WITNESSES) - 1);
	hidden.note = input_bits(in) & 1;
	hidden.stage = !(input_bits(in) & 7);
	scenario_random(&sc, input_bits, in);
	scenario_fork(&sc, &nothing, &all, &t);
	if (!t.failed)
		return;
	ff_classify(&all, &sighted);
	scenario_fork(&sc, &hidden, &o, &t);
	why = classify_checked(&o, &v) ?: verdict_is_wrong(&sc, &t, &v, false);
	if (!why && certain(&v) && !sc.race &&
	    !(certain(&sighted) && sighted.cause == v.cause))
		why = "certain, but only with points hidden";
	if (!why)
		return;
	scenario_print(&sc, &t);
	print_verdict("nothing hidden", &sighted);
	wrong(why, &o, &v);
}

/* libFuzzer's entry. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ff_observation o = {};
	struct ff_verdict v;
	const char *why;

	if (!size)
		return 0;
	if (*data & 1) {
		struct input in = { data + 1, size - 1 };

		fuzz_scenario(&in);
		return 0;
	}
	memcpy(&o, data + 1, size - 1 < sizeof(o) ? size - 1 : sizeof(o));
	sanitize(&o);
	why = classify_checked(&o, &v);
	if (why)
		wrong(why, &o, &v);
	return 0;
}
