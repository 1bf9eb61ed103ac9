/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cost.h - what mapcost and callcost share: the module's three states
 */
#ifndef COST_H
#define COST_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../lib/basics.h"

struct states {
	uint64_t *bare;		/* without forkfail */
	uint64_t *off;		/* with it, and the hooks' parameter 0 */
	uint64_t *on;		/* with the parameter 1 */
};

/* @param: the hooks' parameter; @measure: receives the median of each call */
static inline void measure_states(const char *param, void (*measure)(uint64_t *medians),
				  const struct states *s)
{
	char text[80];

	/* before each, the kernel still finishes work of what came before */
	sleep(1);
	measure(s->bare);
	snprintf(text, sizeof(text), "modprobe forkfail kmsg=0 %s=0", param);
	if (system(text))
		die("cannot load forkfail");
	sleep(1);
	measure(s->off);
	snprintf(text, sizeof(text), "/sys/module/forkfail/parameters/%s", param);
	if (put(text, "Y"))
		die("cannot set %s", param);
	sleep(1);
	measure(s->on);
}

#endif /* COST_H */
