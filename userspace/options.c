// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The command line.
 */
#include <getopt.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <forkfail.h>

#include "limit.h"
#include "options.h"
#include "text.h"

#define CMD_TABLES	(CMD_PAGE | CMD_LOG | CMD_CAUSES | CMD_EXPLAIN |	\
			 CMD_LIMITS | CMD_HOLDERS)
#define CMD_TEXT	(CMD_PAGE | CMD_LOG | CMD_EXPLAIN | CMD_METRICS)
#define CMD_TIMES	(CMD_PAGE | CMD_LOG | CMD_EXPLAIN)
#define CMD_ALL		(CMD_TABLES | CMD_METRICS)

/* Options without a letter. */
enum {
	OPT_UTC = 256, OPT_COLOR, OPT_LINES, OPT_CAUSE, OPT_UID, OPT_CGROUP,
	OPT_SINCE, OPT_WARN, OPT_FOR, OPT_BY, OPT_TOP, OPT_OPENMETRICS,
};

static const struct option_def {
	int id;			/* the letter, or one of the above */
	const char *name;
	const char *argument;	/* NULL if it takes none */
	unsigned int commands;
	const char *help;
} option_defs[] = {
	{ 'J', "json", NULL, CMD_TABLES, "print JSON" },
	{ 'P', "pairs", NULL, CMD_TABLES, "print KEY=\"value\" pairs" },
	{ 'r', "raw", NULL, CMD_TABLES, "print raw fields, one space between" },
	{ 'n', "noheadings", NULL, CMD_TABLES, "print no headings" },
	{ 'o', "output", "COLUMNS", CMD_TABLES,
	  "columns to print, +COLUMNS adds to the default" },
	{ 'i', "input", "FILE", CMD_TEXT, "read a saved page or log, - for stdin" },
	{ 'f', "follow", NULL, CMD_LOG, "go on and print what happens" },
	{ OPT_LINES, "lines", "N", CMD_LOG, "only the newest N events (also -n N)" },
	{ OPT_CAUSE, "cause", "ID", CMD_LOG, "only this cause; may be repeated" },
	{ OPT_UID, "uid", "UID", CMD_LOG, "only this user" },
	{ OPT_CGROUP, "cgroup", "PATH", CMD_LOG,
	  "only this cgroup and what is below it" },
	{ OPT_SINCE, "since", "TIME", CMD_LOG,
	  "only since TIME: 10m, 14:30, \"2026-01-31 14:30\", today" },
	{ 'l', "list", NULL, CMD_EXPLAIN, "list what can be explained" },
	{ 'p', "pid", "PID", CMD_LIMITS, "limits of this process" },
	{ 'u', "uid", "UID", CMD_LIMITS | CMD_HOLDERS, "this user" },
	{ 'c', "cgroup", "PATH", CMD_LIMITS | CMD_HOLDERS, "this cgroup" },
	{ OPT_WARN, "warn", "PERCENT", CMD_LIMITS,
	  "exit with 1 if a limit is used to PERCENT or more" },
	{ OPT_FOR, "for", "WHAT", CMD_LIMITS,
	  "only for a process, a thread or a namespace" },
	{ OPT_BY, "by", "WHAT", CMD_HOLDERS, "only by process, uid or cgroup" },
	{ OPT_TOP, "top", "N", CMD_HOLDERS, "the largest N of each, 0 for all" },
	{ OPT_OPENMETRICS, "openmetrics", NULL, CMD_METRICS,
	  "strict OpenMetrics instead of Prometheus text" },
	{ 's', "sysroot", "DIR", CMD_ALL & ~CMD_CAUSES, "take DIR for /" },
	{ OPT_UTC, "utc", NULL, CMD_TIMES, "print times in UTC as in the log" },
	{ OPT_COLOR, "color", "WHEN", CMD_TABLES, "auto, never or always" },
	{ 'h', "help", NULL, CMD_ALL, "print this help" },
	{ 'V', "version", NULL, CMD_ALL, "print the version" },
};

static __noreturn void usage(const struct command *cmd, const char *what,
			     const char *arg)
{
	char *safe = text_escape(arg);

	dief(READER_USAGE, "%s: %s\nTry 'forkfail %s%s--help'.", what, safe,
	     cmd->name, *cmd->name ? " " : "");
}

static void print_option(const struct option_def *def)
{
	char name[40];

	snprintf(name, sizeof(name), "--%s%s%s", def->name,
		 def->argument ? " " : "", def->argument ? def->argument : "");
	if (def->id < 256)
		printf(" -%c, %-20s %s\n", def->id, name, def->help);
	else
		printf("     %-20s %s\n", name, def->help);
}

static __noreturn void help(const struct command *cmd,
			    const struct command *commands)
{
	const struct command *other;
	size_t i;

	printf("Usage: forkfail%s%s [options]%s\n\n%s\n", *cmd->name ? " " : "",
	       cmd->name, cmd->arguments, cmd->help);
	if (!*cmd->name) {
		printf("\nCommands:\n");
		for (other = commands; other->name; other++)
			if (*other->name)
				printf("  %-22s %s\n", other->name, other->help);
	}
	printf("\nOptions:\n");
	for (i = 0; i < ARRAY_SIZE(option_defs); i++)
		if (option_defs[i].commands & cmd->bit)
			print_option(&option_defs[i]);
	if (cmd->table) {
		printf("\nColumns (* by default):\n");
		for (i = 0; i < cmd->table->nr; i++)
			printf(" %c%-14s %s\n",
			       cmd->table->columns[i].flags & COLUMN_DEFAULT ?
			       '*' : ' ', cmd->table->columns[i].name,
			       cmd->table->columns[i].help);
	}
	printf("\nSee forkfail(8).\n");
	exit(READER_OK);
}

/**
 * options_list() - print the options of a command, for completion
 * @cmd: the command
 */
void options_list(const struct command *cmd)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(option_defs); i++) {
		if (!(option_defs[i].commands & cmd->bit))
			continue;
		printf("--%s\n", option_defs[i].name);
		if (option_defs[i].id < 256)
			printf("-%c\n", option_defs[i].id);
	}
}

static bool is_number(const char *s)
{
	return s && *s && !s[strspn(s, "0123456789")];
}

/*
 * -n means no headings everywhere and a number of lines in the log, as in
 * tail(1): a number right behind it decides.
 */
static void split_n(const struct command *cmd, int argc, char **argv)
{
	static char lines[40];
	int i;

	if (!(cmd->bit & CMD_LOG))
		return;
	for (i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (!strcmp(argv[i], "-n") && i + 1 < argc &&
		    is_number(argv[i + 1])) {
			argv[i] = (char *)"--lines";
		} else if (!strncmp(argv[i], "-n", 2) && is_number(argv[i] + 2) &&
			   strlen(argv[i]) < 20) {
			snprintf(lines, sizeof(lines), "--lines=%s", argv[i] + 2);
			argv[i] = lines;
		}
	}
}

static u64 number(const struct command *cmd, const char *what, u64 max)
{
	u64 v;

	if (!text_to_u64(optarg, &v) || v > max)
		usage(cmd, what, optarg);
	return v;
}

/* A number, or a name of /etc/passwd: nothing that loads a library. */
static uid_t to_uid(const struct command *cmd)
{
	struct passwd *pw;
	uid_t uid = 0;
	bool found = false;
	FILE *f;
	u64 v;

	if (text_to_u64(optarg, &v) && v < UINT32_MAX)
		return (uid_t)v;
	f = fopen("/etc/passwd", "re");
	while (f && !found && (pw = fgetpwent(f))) {
		found = !strcmp(pw->pw_name, optarg);
		uid = pw->pw_uid;
	}
	if (f)
		fclose(f);
	if (!found)
		usage(cmd, "no such user", optarg);
	return uid;
}

/* Also with the mount point before it, as completion leaves it. */
static char *to_cgroup(const struct command *cmd)
{
	static const char mount[] = "/sys/fs/cgroup";
	const char *path = optarg;
	size_t len;
	char *copy;

	if (!strncmp(path, mount, sizeof(mount) - 1) &&
	    (path[sizeof(mount) - 1] == '/' || !path[sizeof(mount) - 1]))
		path += sizeof(mount) - 1;
	if (*path && *path != '/')
		usage(cmd, "the path of a cgroup begins with /", optarg);
	copy = text_escape(path);
	len = strlen(copy);
	while (len > 1 && copy[len - 1] == '/')
		copy[--len] = '\0';
	if (len)
		return copy;
	free(copy);
	return xstrdup("/");
}

static unsigned int to_operation(const struct command *cmd)
{
	if (!strcmp(optarg, "process"))
		return LIMIT_FOR_PROCESS;
	if (!strcmp(optarg, "thread"))
		return LIMIT_FOR_THREAD;
	if (!strcmp(optarg, "namespace"))
		return LIMIT_FOR_NAMESPACE;
	usage(cmd, "--for takes process, thread or namespace", optarg);
}

static bool to_color(const struct command *cmd)
{
	if (!strcmp(optarg, "always"))
		return true;
	if (!strcmp(optarg, "never"))
		return false;
	if (strcmp(optarg, "auto"))
		usage(cmd, "--color takes auto, never or always", optarg);
	return isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
}

static void set_option(struct options *opt, const struct command *cmd, int c)
{
	char bad[64];

	switch (c) {
	case 'J':
		opt->format.mode = TABLE_JSON;
		break;
	case 'P':
		opt->format.mode = TABLE_PAIRS;
		break;
	case 'r':
		opt->format.mode = TABLE_RAW;
		break;
	case 'n':
		opt->format.noheadings = true;
		break;
	case 'o':
		if (!table_check_columns(cmd->table, optarg, bad, sizeof(bad)))
			usage(cmd, "no such column", bad);
		opt->format.columns = optarg;
		break;
	case 'i':
		opt->input = optarg;
		break;
	case 'f':
		opt->follow = true;
		break;
	case OPT_LINES:
		opt->lines = (long)number(cmd, "no number of lines", 1000000000);
		break;
	case OPT_CAUSE:
		opt->causes = xrealloc(opt->causes, opt->nr_causes + 1,
				       sizeof(*opt->causes));
		opt->causes[opt->nr_causes++] = optarg;
		break;
	case 'u':
	case OPT_UID:
		opt->has_uid = true;
		opt->uid = to_uid(cmd);
		break;
	case 'c':
	case OPT_CGROUP:
		free(opt->cgroup);
		opt->cgroup = to_cgroup(cmd);
		break;
	case OPT_SINCE:
		if (!text_to_since(optarg, time(NULL), &opt->since))
			usage(cmd, "no time that forkfail understands", optarg);
		break;
	case 'l':
		opt->list = true;
		break;
	case 'p':
		opt->pid = (pid_t)number(cmd, "no process number", 0x7fffffff);
		break;
	case OPT_WARN:
		opt->warn = (unsigned int)number(cmd, "no percentage", 1000);
		break;
	case OPT_FOR:
		opt->operation |= to_operation(cmd);
		break;
	case OPT_BY:
		if (strcmp(optarg, "process") && strcmp(optarg, "uid") &&
		    strcmp(optarg, "cgroup"))
			usage(cmd, "--by takes process, uid or cgroup", optarg);
		opt->by = optarg;
		break;
	case OPT_TOP:
		opt->top = number(cmd, "no number", 1000000000);
		break;
	case OPT_OPENMETRICS:
		opt->openmetrics = true;
		break;
	case 's':
		opt->sysroot = optarg;
		break;
	case OPT_UTC:
		opt->utc = true;
		opt->format.utc = true;
		break;
	case OPT_COLOR:
		opt->format.color = to_color(cmd);
		break;
	case 'V':
		printf("forkfail %s, text format %d\n", FORKFAIL_VERSION,
		       FORKFAIL_FORMAT);
		exit(READER_OK);
	}
}

/**
 * options_parse() - read the options of a command; exits if they are wrong
 * @opt: where they go
 * @cmd: the command
 * @commands: all of them, for --help
 * @argc: number of arguments, the command's name included
 * @argv: the arguments, permuted
 *
 * Return: index of the first argument that is no option.
 */
int options_parse(struct options *opt, const struct command *cmd,
		  const struct command *commands, int argc, char **argv)
{
	struct option longopts[ARRAY_SIZE(option_defs) + 1] = { 0 };
	char shortopts[2 * ARRAY_SIZE(option_defs) + 2], *p = shortopts;
	size_t i, n = 0;
	int c;

	*opt = (struct options){
		.sysroot = "", .lines = -1, .top = 10,
		.format.color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR"),
	};
	*p++ = ':';
	for (i = 0; i < ARRAY_SIZE(option_defs); i++) {
		const struct option_def *def = &option_defs[i];

		if (!(def->commands & cmd->bit))
			continue;
		longopts[n++] = (struct option){
			.name = def->name, .has_arg = !!def->argument,
			.val = def->id,
		};
		if (def->id < 256) {
			*p++ = (char)def->id;
			if (def->argument)
				*p++ = ':';
		}
	}
	*p = '\0';

	split_n(cmd, argc, argv);
	optind = 1;
	while ((c = getopt_long(argc, argv, shortopts, longopts, NULL)) != -1) {
		if (c == '?')
			usage(cmd, "no such option here", argv[optind - 1]);
		if (c == ':')
			usage(cmd, "this option needs an argument",
			      argv[optind - 1]);
		if (c == 'h')
			help(cmd, commands);
		set_option(opt, cmd, c);
	}
	if (opt->format.mode != TABLE_HUMAN) {
		opt->format.color = false;
		opt->format.utc = true;
	}
	return optind;
}

/**
 * options_free() - release what options_parse() allocated
 * @opt: the options
 */
void options_free(struct options *opt)
{
	free(opt->cgroup);
	free(opt->causes);
}
