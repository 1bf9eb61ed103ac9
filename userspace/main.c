// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forkfail - shows what the forkfail module has recorded.
 *
 * It never forks and never starts a thread: it is needed on machines that cannot create
 * processes.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"
#include "text.h"

static const struct command commands[] = {
	{ "", "", "Shows why processes and threads could not be created.\n"
	  "Exit status: 0 no failure was selected, 1 at least one was, 2 wrong usage,\n"
	  "3 nothing to read, 4 partly unreadable, 5 output could not be written.",
	  CMD_PAGE, &count_table, cmd_page },
	{ "log", "", "Print the failures one by one.", CMD_LOG, &event_table, cmd_log },
	{ "causes", "", "List all causes that forkfail can name.", CMD_CAUSES,
	  &cause_table, cmd_causes },
	{ "explain", " [CAUSE|ERRNO|SEQ]", "Explain a failure and what to do about it; or a cause.",
	  CMD_EXPLAIN, &cause_table, cmd_explain },
	{ "watch", "", "Show the page and update it every second.", CMD_WATCH, &count_table,
	  cmd_watch },
	{ "limits", "", "Show limits and usage, the tightest first.",
	  CMD_LIMITS, &limit_table, cmd_limits },
	{ "holders", "", "Show who holds processes and threads.", CMD_HOLDERS,
	  &holder_table, cmd_holders },
	{ "doctor", "", "Say why the module is not loaded, or misses failures.",
	  CMD_DOCTOR, &doctor_table, cmd_doctor },
	{ "selftest", "", "Check that the module names the right causes here.",
	  CMD_SELFTEST, &selftest_table, cmd_selftest },
	{ "metrics", "", "Print counts in Prometheus' text format.",
	  CMD_METRICS, NULL, cmd_metrics },
	{ .name = NULL },
};

static const struct command *find_command(const char *name)
{
	const struct command *cmd;

	for (cmd = commands; cmd->name; cmd++)
		if (!strcmp(cmd->name, name))
			return cmd;
	return NULL;
}

/*
 * For the shell's completion: "complete commands", "complete options COMMAND",
 * "complete columns COMMAND".
 */
static int complete(int argc, char **argv)
{
	const struct command *cmd = find_command(argc > 1 ? argv[1] : "");
	size_t i;

	if (!argc)
		return READER_USAGE;
	if (!strcmp(argv[0], "commands")) {
		for (i = 1; commands[i].name; i++)
			puts(commands[i].name);
		return READER_OK;
	}
	if (!cmd)
		return READER_USAGE;
	if (!strcmp(argv[0], "options"))
		options_list(cmd);
	else if (!strcmp(argv[0], "columns"))
		for (i = 0; cmd->table && i < cmd->table->nr; i++)
			puts(cmd->table->columns[i].name);
	return READER_OK;
}

/*
 * If a standard descriptor is closed, the first file that is opened would get its
 * number: a table would be printed into /proc, or a message into the log.
 */
static void hold_standard_fds(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    /* Writing to it fails, as it should. */
		    open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(READER_OUTPUT);
}

/* The reader of our output has gone. */
static bool is_unread(int fd)
{
	struct pollfd p = { .fd = fd };

	return poll(&p, 1, 0) == 1 && p.revents & POLLERR;
}

/* Errors of buffered writes appear here; if an earlier flush failed, its errno is lost. */
static int finish(int status)
{
	int broken = ferror(stdout), err = 0;

	if (fflush(stdout)) {
		broken = 1;
		err = errno;
	}
	if (!broken)
		return status;
	/* A closed pipe is not worth a message. */
	if (err != EPIPE && !is_unread(STDOUT_FILENO))
		warnf("output: %s", err ? strerror(err) : "some of it could not be written");
	return READER_OUTPUT;
}

int main(int argc, char **argv)
{
	const struct command *cmd;
	struct options opt;
	int at, first, status;

	hold_standard_fds();
	/* Only the terminal's charset: times and numbers are not localised. */
	setlocale(LC_CTYPE, "");
	if (argc > 1 && !strcmp(argv[1], "complete"))
		return finish(complete(argc - 2, argv + 2));

	at = options_find_command(argc, argv);
	cmd = at < argc ? find_command(argv[at]) : &commands[0];
	if (!cmd) {
		char *safe = text_escape(argv[at]);

		dief(READER_USAGE, "unknown command '%s'\nTry 'forkfail --help' for more information.",
		     safe);
	}
	if (*cmd->name) {
		memmove(&argv[at], &argv[at + 1], (size_t)(argc - at) * sizeof(*argv));
		argc--;
	}
	first = options_parse(&opt, cmd, commands, argc, argv);
	if (first < argc && !*cmd->arguments) {
		char *safe = text_escape(argv[first]);

		dief(READER_USAGE, "unexpected argument '%s' for 'forkfail%s%s'", safe,
		     *cmd->name ? " " : "", cmd->name);
	}
	status = (opt.watch ? cmd_watch : cmd->run)(&opt, argc - first, argv + first);
	options_free(&opt);
	return finish(status);
}
