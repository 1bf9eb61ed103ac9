// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The command line.  Error messages have the form of those of getopt and util-linux, with
 * the word that was typed.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <forkfail.h>

#include "option_arguments.h"
#include "options.h"
#include "show.h"
#include "text.h"

#define CMD_TABLES	(CMD_PAGE | CMD_WATCH | CMD_LOG | CMD_CAUSES | CMD_EXPLAIN | \
			 CMD_LIMITS | CMD_HOLDERS | CMD_DOCTOR | CMD_SELFTEST)
#define CMD_TEXT	(CMD_PAGE | CMD_LOG | CMD_EXPLAIN | CMD_DOCTOR | CMD_METRICS)
#define CMD_ALL		(CMD_TABLES | CMD_METRICS)
/* Commands that print a table once, which a program may want to read. */
#define CMD_FORMATS	(CMD_TABLES & ~CMD_WATCH)

/* Options without a short form. */
enum {
	OPT_UTC = 256, OPT_COLOR, OPT_LINES, OPT_CAUSE, OPT_CLASS, OPT_ERRNO,
	OPT_KIND, OPT_COMM, OPT_SINCE, OPT_UNTIL, OPT_WARN, OPT_FOR, OPT_BY,
	OPT_TOP, OPT_OPENMETRICS, OPT_SHORT,
};

static const struct option_def {
	int id;			/* the letter, or one of the above */
	const char *name;
	const char *argument;	/* NULL if it takes none */
	unsigned int commands;
	const char *help;
} option_defs[] = {
	{ 'J', "json", NULL, CMD_FORMATS, "print JSON" },
	{ 'P', "pairs", NULL, CMD_FORMATS, "print KEY=\"value\" pairs" },
	{ 'r', "raw", NULL, CMD_FORMATS, "print raw fields, separated by one space" },
	{ 'n', "noheadings", NULL, CMD_TABLES, "print no headings" },
	{ 'o', "output", "COLUMNS", CMD_TABLES,
	  "columns to print; +COLUMNS adds to the default ones" },
	{ 'q', "quiet", NULL, CMD_PAGE, "print nothing, only set the exit status" },
	{ 'w', "watch", NULL, CMD_PAGE, "update the page every second" },
	{ 'i', "input", "FILE", CMD_TEXT, "read a saved page or log; - is standard input" },
	{ 'f', "follow", NULL, CMD_LOG, "continue and print new failures" },
	{ OPT_LINES, "lines", "N", CMD_LOG, "only the newest N events (also -n N)" },
	{ OPT_SINCE, "since", "TIME", CMD_FILTERED,
	  "only since TIME: 10m, 14:30, \"2026-01-31 14:30\", today" },
	{ OPT_UNTIL, "until", "TIME", CMD_FILTERED, "only what began at TIME or before" },
	{ OPT_CLASS, "class", "CLASS", CMD_FILTERED,
	  "only causes of this class; may be repeated" },
	{ OPT_CAUSE, "cause", "ID", CMD_FILTERED, "only this cause; may be repeated" },
	{ OPT_ERRNO, "errno", "NAME", CMD_FILTERED, "only this errno, such as EAGAIN" },
	{ OPT_KIND, "kind", "KIND", CMD_FILTERED,
	  "only this kind: process, thread, ..." },
	{ OPT_COMM, "comm", "PATTERN", CMD_FILTERED,
	  "only programs whose name matches this shell pattern" },
	{ 'l', "list", NULL, CMD_EXPLAIN, "list causes and hints" },
	{ OPT_SHORT, "short", NULL, CMD_EXPLAIN, "one line, for a ticket" },
	{ 'p', "pid", "PID", CMD_LIMITS | CMD_FILTERED, "this process" },
	{ 'u', "uid", "UID", CMD_LIMITS | CMD_HOLDERS | CMD_FILTERED, "this user" },
	{ 'c', "cgroup", "PATH", CMD_LIMITS | CMD_HOLDERS | CMD_FILTERED,
	  "this cgroup and those below it" },
	{ OPT_WARN, "warn", "PERCENT", CMD_LIMITS,
	  "exit with 1 if PERCENT or more of a limit is in use" },
	{ OPT_FOR, "for", "WHAT", CMD_LIMITS,
	  "only for a process, a thread or a namespace" },
	{ OPT_BY, "by", "WHAT", CMD_HOLDERS,
	  "only by process, comm, user or cgroup" },
	{ OPT_TOP, "top", "N", CMD_HOLDERS, "only the largest N of each, 0 for all" },
	{ OPT_OPENMETRICS, "openmetrics", NULL, CMD_METRICS,
	  "strict OpenMetrics instead of Prometheus text" },
	{ 's', "sysroot", "DIR", CMD_ALL & ~(CMD_CAUSES | CMD_SELFTEST),
	  "use DIR as the root directory" },
	{ OPT_UTC, "utc", NULL, CMD_FILTERED, "print times in UTC" },
	{ OPT_COLOR, "color", "WHEN", CMD_TABLES, "auto, never or always" },
	{ 'h', "help", NULL, CMD_ALL, "print this help" },
	{ 'V', "version", NULL, CMD_ALL, "print the version" },
};

static const struct option_def *find_letter(int letter)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(option_defs); i++)
		if (option_defs[i].id == letter)
			return &option_defs[i];
	return NULL;
}

/* By its full name or an unambiguous prefix, for any command. */
static const struct option_def *find_name(const char *name, size_t len)
{
	const struct option_def *found = NULL, *def;
	size_t i, nr = 0;

	for (i = 0; i < ARRAY_SIZE(option_defs); i++) {
		def = &option_defs[i];
		if (strncmp(def->name, name, len))
			continue;
		if (!def->name[len])
			return def;
		found = def;
		nr++;
	}
	return nr == 1 ? found : NULL;
}

/* What getopt rejected: argv[optind - 1], or a letter in it. */
static __noreturn void bad_option(const struct command *cmd, int c, char **argv)
{
	const char *page = *cmd->name ? " for 'forkfail " : "";
	const char *word = argv[optind - 1];
	char *safe = text_escape(word), letter[2] = { (char)optopt, '\0' };
	char *safe_letter = text_escape(letter);
	const char *end = *cmd->name ? "'" : "";

	if (c == ':' && !strncmp(word, "--", 2))
		warnf("option '%s' requires an argument", safe);
	else if (c == ':')
		warnf("option requires an argument -- '%s'", safe_letter);
	else if (strncmp(word, "--", 2) || (optopt && optopt < 256 && !strchr(word, '=')))
		warnf("invalid option -- '%s'%s%s%s", safe_letter, page, cmd->name, end);
	else if (optopt)
		warnf("option '%.*s' doesn't allow an argument",
		      (int)strcspn(safe, "="), safe);
	else
		warnf("unrecognized option '%s'%s%s%s", safe, page, cmd->name, end);
	usage_exit(cmd);
}

static void print_option(const struct option_def *def)
{
	char name[40];

	snprintf(name, sizeof(name), "--%s%s%s", def->name,
		 def->argument ? " " : "", def->argument ? def->argument : "");
	if (def->id < 256)
		printf(" -%c, %-17s %s\n", def->id, name, def->help);
	else
		printf("     %-17s %s\n", name, def->help);
}

static void print_columns(const struct table_def *table)
{
	int widest = 0, len;
	size_t i;

	for (i = 0; i < table->nr; i++) {
		len = (int)strlen(table->columns[i].name);
		widest = len > widest ? len : widest;
	}
	printf("\nColumns (* by default, + also in JSON, pairs and raw):\n");
	for (i = 0; i < table->nr; i++) {
		printf(" %c%-*s  ", table->columns[i].flags & COLUMN_DEFAULT ?
		       '*' : table->columns[i].flags & COLUMN_PROGRAM ? '+' : ' ',
		       widest, table->columns[i].name);
		text_wrap(stdout, widest + 4, table->columns[i].help, 79);
	}
}

static __noreturn void help(const struct command *cmd,
			    const struct command *commands)
{
	const struct command *other;
	size_t i;

	printf("Usage: forkfail %s [options]%s\n\n%s\n",
	       *cmd->name ? cmd->name : "[COMMAND]", cmd->arguments, cmd->help);
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
	if (cmd->table)
		print_columns(cmd->table);
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

/* A number, or a mistyped one. */
static bool begins_number(const char *s)
{
	return s && strspn(s + (*s == '-'), "0123456789");
}

/* How many words an option takes, with itself: its argument may be the next word. */
static int option_words(const char *word, const char *next)
{
	const struct option_def *def;
	size_t len;

	if (!strncmp(word, "--", 2)) {
		len = strcspn(word + 2, "=");
		def = find_name(word + 2, len);
		return def && def->argument && !word[2 + len] ? 2 : 1;
	}
	if (!strcmp(word, "-n") && begins_number(next))
		return 2;
	for (word++; *word; word++) {
		def = find_letter(*word);
		if (def && def->argument)
			return word[1] ? 1 : 2;
	}
	return 1;
}

/**
 * options_find_command() - where in the command line the command is
 * @argc: number of arguments
 * @argv: the arguments
 *
 * Options of any command may come before it.
 *
 * Return: index of the first word that is not an option, @argc if there is none.
 */
int options_find_command(int argc, char **argv)
{
	int i = 1;

	while (i < argc && argv[i][0] == '-' && argv[i][1]) {
		if (!strcmp(argv[i], "--"))
			return argc;
		i += option_words(argv[i], i + 1 < argc ? argv[i + 1] : NULL);
	}
	return i < argc ? i : argc;
}

/*
 * -n means no headings, but in the log with a number right after it the number of
 * lines, as in tail(1).
 */
static void split_n(const struct command *cmd, int argc, char **argv)
{
	static char lines[40];
	int i;

	if (!(cmd->bit & CMD_LOG))
		return;
	for (i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		/* log has no arguments, so that a word is a mistyped number */
		if (!strcmp(argv[i], "-n") && i + 1 < argc && strcmp(argv[i + 1], cmd->name) &&
		    (argv[i + 1][0] != '-' || begins_number(argv[i + 1]))) {
			argv[i] = (char *)"--lines";
		} else if (!strncmp(argv[i], "-n", 2) && begins_number(argv[i] + 2) &&
			   strlen(argv[i]) < 30) {
			snprintf(lines, sizeof(lines), "--lines=%s", argv[i] + 2);
			argv[i] = lines;
		}
	}
}

static void set_mode(struct options *opt, const struct command *cmd,
		     enum table_mode mode)
{
	if (opt->format.mode != TABLE_HUMAN && opt->format.mode != mode) {
		warnf("mutually exclusive arguments: --json --pairs --raw");
		usage_exit(cmd);
	}
	opt->format.mode = mode;
}

static void add_cause(struct options *opt)
{
	opt->causes = xrealloc(opt->causes, opt->nr_causes + 1,
			       sizeof(*opt->causes));
	opt->causes[opt->nr_causes++] = optarg;
}

/* Options that select failures; false if it is not one of them. */
static bool set_filter(struct options *opt, const struct command *cmd, int c)
{
	switch (c) {
	case OPT_CAUSE:
		add_cause(opt);
		break;
	case OPT_CLASS:
		opt->classes |= argument_class(cmd, optarg);
		break;
	case OPT_KIND:
		opt->kinds |= argument_kind(cmd, optarg);
		break;
	case OPT_ERRNO:
		free(opt->errno_name);
		opt->errno_name = argument_errno(cmd, optarg);
		break;
	case OPT_COMM:
		opt->comm = optarg;
		break;
	case OPT_SINCE:
		opt->since = argument_time(cmd, "--since", optarg);
		break;
	case OPT_UNTIL:
		opt->until = argument_time(cmd, "--until", optarg);
		break;
	case 'p':
		opt->pid = argument_pid(cmd, optarg);
		break;
	case 'u':
		opt->has_uid = true;
		opt->uid = argument_uid(cmd, optarg);
		break;
	case 'c':
		free(opt->cgroup);
		free(opt->cgroup_escaped);
		opt->cgroup = argument_cgroup(cmd, optarg);
		opt->cgroup_escaped = text_escape(opt->cgroup);
		break;
	default:
		return false;
	}
	return true;
}

/* Options for the output; false if it is not one of them. */
static bool set_format(struct options *opt, const struct command *cmd, int c)
{
	char bad[64];

	switch (c) {
	case 'J':
		set_mode(opt, cmd, TABLE_JSON);
		break;
	case 'P':
		set_mode(opt, cmd, TABLE_PAIRS);
		break;
	case 'r':
		set_mode(opt, cmd, TABLE_RAW);
		break;
	case 'n':
		opt->format.noheadings = true;
		break;
	case 'o':
		if (!table_check_columns(cmd->table, optarg, bad, sizeof(bad))) {
			warnf("unknown column: '%s'", bad);
			usage_exit(cmd);
		}
		opt->format.columns = optarg;
		break;
	case OPT_UTC:
		opt->utc = true;
		opt->format.utc = true;
		break;
	case OPT_COLOR:
		opt->format.color = argument_color(cmd, optarg);
		break;
	default:
		return false;
	}
	return true;
}

static void set_option(struct options *opt, const struct command *cmd, int c)
{
	if (set_filter(opt, cmd, c) || set_format(opt, cmd, c))
		return;
	switch (c) {
	case 'q':
		opt->quiet = true;
		break;
	case 'w':
		opt->watch = true;
		break;
	case 'i':
		opt->input = optarg;
		break;
	case 'f':
		opt->follow = true;
		break;
	case OPT_LINES:
		opt->lines = (long)argument_number(cmd, "--lines", optarg, 0, 1000000000);
		break;
	case 'l':
		opt->list = true;
		break;
	case OPT_SHORT:
		opt->brief = true;
		break;
	case OPT_WARN:
		opt->warn = (unsigned int)argument_number(cmd, "--warn", optarg, 1, 100);
		break;
	case OPT_FOR:
		opt->operation |= argument_operation(cmd, optarg);
		break;
	case OPT_BY:
		opt->by |= argument_by(cmd, optarg);
		break;
	case OPT_TOP:
		opt->top = argument_number(cmd, "--top", optarg, 0, 1000000000);
		break;
	case OPT_OPENMETRICS:
		opt->openmetrics = true;
		break;
	case 's':
		opt->sysroot = optarg;
		break;
	case 'V':
		printf("forkfail %s, text format %d, JSON schema %d\n",
		       FORKFAIL_VERSION, FORKFAIL_FORMAT, JSON_SCHEMA);
		exit(READER_OK);
	}
}

/**
 * options_parse() - read the options of a command; exits if they are wrong
 * @opt: the result
 * @cmd: the command
 * @commands: all of them, for --help
 * @argc: number of arguments, the command's name included
 * @argv: the arguments, permuted
 *
 * Return: index of the first argument that is not an option.
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
		.format.width = show_width(),
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
		if (c == '?' || c == ':')
			bad_option(cmd, c, argv);
		if (c == 'h')
			help(cmd, commands);
		set_option(opt, cmd, c);
	}
	if (opt->since && opt->until && opt->since > opt->until)
		dief(READER_USAGE, "--since is later than --until");
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
	free(opt->cgroup_escaped);
	free(opt->causes);
	free(opt->errno_name);
}
