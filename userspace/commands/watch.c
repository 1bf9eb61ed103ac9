// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forkfail watch: the page, updated every second, without a fork.
 */
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "command.h"
#include "show.h"

#define WATCH_MS	1000

/* From the top left; old text is cleared while it is overwritten. */
#define WATCH_BEGIN	"\033[H\033[2J"

/* Wait for the time, or until nobody reads our output; false if nobody does. */
static bool wait_for_next(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	return poll(&out, 1, WATCH_MS) <= 0 ||
	       !(out.revents & (POLLERR | POLLHUP | POLLNVAL));
}

/**
 * cmd_watch() - forkfail watch
 * @opt: options
 * @argc: unused
 * @argv: unused
 *
 * Return: exit status, if the output could not be written.
 */
int cmd_watch(const struct options *opt, int argc, char **argv)
{
	bool terminal = isatty(STDOUT_FILENO);
	struct options now = *opt;
	int status;

	if (opt->input)
		dief(READER_USAGE, "mutually exclusive arguments: --watch --input");
	if (opt->format.mode != TABLE_HUMAN)
		dief(READER_USAGE, "watch needs a terminal; programs can use 'forkfail log -f -J'");
	do {
		/* The terminal may have been resized. */
		now.format.width = show_width();
		if (terminal)
			fputs(WATCH_BEGIN, stdout);
		status = cmd_page(&now, argc, argv);
		if (fflush(stdout))
			status = READER_OUTPUT;
	} while (status != READER_OUTPUT && wait_for_next());
	return READER_OUTPUT;
}
