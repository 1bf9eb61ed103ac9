/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every command gets.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <sys/types.h>

#include "table.h"

/* What holders are counted by, in the order of --by. */
#define HOLDERS_BY(X)	X(PROCESS, "process") X(COMM, "comm") X(USER, "user") X(CGROUP, "cgroup")

enum holders_by {
#define X(symbol, name) HOLDERS_BY_##symbol,
	HOLDERS_BY(X)
#undef X
	HOLDERS_NR_BY
};

enum command_bit {
	CMD_PAGE	= 1 << 0,
	CMD_LOG		= 1 << 1,
	CMD_CAUSES	= 1 << 2,
	CMD_EXPLAIN	= 1 << 3,
	CMD_LIMITS	= 1 << 4,
	CMD_HOLDERS	= 1 << 5,
	CMD_METRICS	= 1 << 6,
	CMD_WATCH	= 1 << 7,
	CMD_DOCTOR	= 1 << 8,
	CMD_SELFTEST	= 1 << 9,
};

/* Commands whose options select failures: filter.c. */
#define CMD_FILTERED	(CMD_PAGE | CMD_WATCH | CMD_LOG | CMD_EXPLAIN)

/**
 * struct options - the options of the command line
 * @format: table, JSON, pairs or raw; headings; columns
 * @input: file to read instead of /proc, NULL if none
 * @sysroot: directory to take for /, "" if none
 * @utc: print times as they are in the log
 * @follow: log -f
 * @watch: -w
 * @quiet: -q
 * @brief: explain --short
 * @lines: log -n; negative for all
 * @causes: --cause
 * @nr_causes: how many
 * @classes: --class: bits 1 << enum forkfail_class, 0 for all
 * @kinds: --kind: bits 1 << enum forkfail_kind, 0 for all
 * @comm: --comm: a shell pattern, NULL if none
 * @errno_name: --errno, in capitals, NULL if none
 * @has_uid: --uid was given
 * @uid: its value
 * @cgroup: --cgroup as it was typed: as the kernel has it, or escaped as in the log; NULL if
 *	none
 * @cgroup_escaped: the former escaped
 * @since: --since, 0 if none
 * @until: --until, 0 if none
 * @list: explain -l
 * @pid: -p; 0 if none
 * @warn: --warn in percent; 0 if none
 * @operation: limits --for: bits of enum limit_for, 0 for the default
 * @by: holders --by: bits, 0 for all
 * @top: holders --top
 * @openmetrics: metrics --openmetrics
 */
struct options {
	struct table_format format;
	const char *input;
	const char *sysroot;
	bool utc;
	bool follow;
	bool watch;
	bool quiet;
	bool brief;
	long lines;
	const char **causes;
	size_t nr_causes;
	unsigned int classes;
	unsigned int kinds;
	const char *comm;
	char *errno_name;
	bool has_uid;
	uid_t uid;
	char *cgroup;
	char *cgroup_escaped;
	time_t since;
	time_t until;
	bool list;
	pid_t pid;
	unsigned int warn;
	unsigned int operation;
	unsigned int by;
	unsigned long top;
	bool openmetrics;
};

/**
 * struct command - a subcommand
 * @name: its name, "" for the page
 * @arguments: what --help shows after the options
 * @help: one line
 * @bit: which options it has
 * @table: its columns, NULL if it prints no table
 * @run: runs it; argv has what is left after the options
 */
struct command {
	const char *name;
	const char *arguments;
	const char *help;
	unsigned int bit;
	const struct table_def *table;
	int (*run)(const struct options *opt, int argc, char **argv);
};

/* In commands/, each in the file of its name; cmd_causes() is in explain.c. */
int cmd_page(const struct options *opt, int argc, char **argv);
int cmd_log(const struct options *opt, int argc, char **argv);
int cmd_causes(const struct options *opt, int argc, char **argv);
int cmd_explain(const struct options *opt, int argc, char **argv);
int cmd_limits(const struct options *opt, int argc, char **argv);
int cmd_holders(const struct options *opt, int argc, char **argv);
int cmd_metrics(const struct options *opt, int argc, char **argv);
int cmd_watch(const struct options *opt, int argc, char **argv);
int cmd_doctor(const struct options *opt, int argc, char **argv);
int cmd_selftest(const struct options *opt, int argc, char **argv);

extern const struct table_def count_table;
extern const struct table_def event_table;
extern const struct table_def cause_table;
extern const struct table_def limit_table;
extern const struct table_def holder_table;
extern const struct table_def doctor_table;
extern const struct table_def selftest_table;

#endif /* COMMAND_H */
