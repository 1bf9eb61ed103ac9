/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's struct tm has a long year, so the host's will not do. */
#ifndef SHIM_TIME_H
#define SHIM_TIME_H

#include <linux/types.h>

#define NSEC_PER_SEC	1000000000L

struct tm {
	int tm_sec, tm_min, tm_hour, tm_mday, tm_mon;
	long tm_year;
};

void time64_to_tm(s64 seconds, int offset, struct tm *result);

#endif
