// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What log.c calls to read files and to follow: the fuzzer does neither.
 */
#include <stdlib.h>

#include "log.h"

void input_open(struct input *in, const struct options *opt,
		const char *proc_path)
{
	(void)in;
	(void)opt;
	(void)proc_path;
	abort();
}

bool input_complain(const struct input *in)
{
	return in->page.bad_lines;
}

void input_free(struct input *in)
{
	page_free(&in->page);
}

int log_follow(const struct options *opt)
{
	(void)opt;
	abort();
}
