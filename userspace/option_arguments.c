// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Converts arguments of options to values.  Error messages have the form of those of
 * getopt and util-linux, with the word that was typed.
 */
#include <ctype.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <forkfail.h>

#include "option_arguments.h"
#include "text.h"
#include "times.h"

/**
 * usage_exit() - point to --help, and exit
 * @cmd: the command
 */
void usage_exit(const struct command *cmd)
{
	fprintf(stderr, "Try 'forkfail %s%s--help' for more information.\n",
		cmd->name, *cmd->name ? " " : "");
	exit(READER_USAGE);
}

/* "invalid --OPTION 'WORD'", and what would be right. */
static __noreturn void invalid(const struct command *cmd, const char *option,
			       const char *word, const char *right)
{
	char *safe = text_escape(word);

	warnf("invalid %s '%s': %s", option, safe, right);
	usage_exit(cmd);
}

/**
 * argument_number() - a decimal number
 * @cmd: the command, for messages
 * @option: the option, for messages
 * @arg: the word that was typed
 * @min: the smallest that is allowed
 * @max: the largest
 *
 * Exits if it is invalid.
 *
 * Return: the number.
 */
u64 argument_number(const struct command *cmd, const char *option, const char *arg, u64 min,
		    u64 max)
{
	char range[48];
	u64 v;

	snprintf(range, sizeof(range), "%llu to %llu", min, max);
	if (!text_to_u64(arg, &v) || v < min || v > max)
		invalid(cmd, option, arg, range);
	return v;
}

/**
 * argument_pid() - a process
 * @cmd: the command, for messages
 * @arg: the word that was typed
 *
 * Exits if it is invalid.
 *
 * Return: its PID.
 */
pid_t argument_pid(const struct command *cmd, const char *arg)
{
	return (pid_t)argument_number(cmd, "--pid", arg, 1, 0x7fffffff);
}

/**
 * argument_uid() - a user: a number, or a name in /etc/passwd, without loading a library
 * @cmd: the command, for messages
 * @arg: the word that was typed
 *
 * Exits if it is invalid.
 *
 * Return: the uid.
 */
uid_t argument_uid(const struct command *cmd, const char *arg)
{
	struct passwd *pw;
	uid_t uid = 0;
	bool found = false;
	FILE *f;
	u64 v;

	if (text_to_u64(arg, &v) && v < UINT32_MAX)
		return (uid_t)v;
	f = fopen("/etc/passwd", "re");
	while (f && !found && (pw = fgetpwent(f))) {
		found = !strcmp(pw->pw_name, arg);
		uid = pw->pw_uid;
	}
	if (f)
		fclose(f);
	if (!found)
		invalid(cmd, "--uid", arg, "0 to 4294967294, or a name in /etc/passwd");
	return uid;
}

/**
 * argument_cgroup() - a cgroup, with or without its mount point, which completion of
 * file names adds
 * @cmd: the command, for messages
 * @arg: the word that was typed
 *
 * Exits if it is invalid.
 *
 * Return: its path, which the caller frees.
 */
char *argument_cgroup(const struct command *cmd, const char *arg)
{
	static const char mount[] = "/sys/fs/cgroup";
	const char *path = arg;
	size_t len;
	char *copy;

	if (!strncmp(path, mount, sizeof(mount) - 1) &&
	    (path[sizeof(mount) - 1] == '/' || !path[sizeof(mount) - 1]))
		path += sizeof(mount) - 1;
	if (*path && *path != '/')
		invalid(cmd, "--cgroup", arg, "a path must begin with /");
	copy = xstrdup(path);
	len = strlen(copy);
	while (len > 1 && copy[len - 1] == '/')
		copy[--len] = '\0';
	if (len)
		return copy;
	free(copy);
	return xstrdup("/");
}

/* Which of the words it is; the error message lists all of them. */
static unsigned int to_choice(const struct command *cmd, const char *arg,
			      const char *option, const char * const *words, size_t nr)
{
	char *list;
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(arg, words[i]))
			return (unsigned int)i;
	list = xstrdup(words[0]);
	for (i = 1; i < nr; i++) {
		char *more = xasprintf("%s%s%s", list, i + 1 < nr ? ", " : " or ",
				       words[i]);

		free(list);
		list = more;
	}
	invalid(cmd, option, arg, list);
}

/**
 * argument_class() - a class of causes
 * @cmd: the command, for messages
 * @arg: the word that was typed
 *
 * Exits if it is invalid.
 *
 * Return: 1 << enum forkfail_class.
 */
unsigned int argument_class(const struct command *cmd, const char *arg)
{
	static const char * const names[] = {
#define X(symbol, name, meaning) name,
		FORKFAIL_CLASSES(X)
#undef X
	};

	return 1u << to_choice(cmd, arg, "--class", names, ARRAY_SIZE(names));
}

/**
 * argument_kind() - what the caller tried to create
 * @cmd: the command, for messages
 * @arg: the word that was typed
 *
 * Exits if it is invalid.
 *
 * Return: 1 << enum forkfail_kind.
 */
unsigned int argument_kind(const struct command *cmd, const char *arg)
{
	static const char * const names[] = {
#define X(symbol, name, meaning) name,
		FORKFAIL_KINDS(X)
#undef X
	};

	return 1u << to_choice(cmd, arg, "--kind", names, ARRAY_SIZE(names));
}

/**
 * argument_by() - what holders are counted by
 * @cmd: the command, for messages
 * @arg: the word that was typed
 *
 * Exits if it is invalid.
 *
 * Return: 1 << enum holders_by.
 */
unsigned int argument_by(const struct command *cmd, const char *arg)
{
	static const char * const names[] = {
#define X(symbol, name) name,
		HOLDERS_BY(X)
#undef X
	};

	/* The name in the first version. */
	if (!strcmp(arg, "uid"))
		return 1u << HOLDERS_BY_USER;
	return 1u << to_choice(cmd, arg, "--by", names, ARRAY_SIZE(names));
}

/**
 * argument_operation() - what limits are for
 * @cmd: the command, for messages
 * @arg: the word that was typed
 *
 * Exits if it is invalid.
 *
 * Return: a bit of enum limit_for.
 */
unsigned int argument_operation(const struct command *cmd, const char *arg)
{
	static const char * const names[] = { "process", "thread", "namespace" };

	return 1u << to_choice(cmd, arg, "--for", names, ARRAY_SIZE(names));
}

static bool is_errno(const char *name)
{
	static const char * const names[] = {
#define FORKFAIL_ERRNO(e) #e,
#include "../uapi/errnos.def"
#undef FORKFAIL_ERRNO
		"ERESTARTNOINTR",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/**
 * argument_errno() - the name of an errno
 * @cmd: the command, for messages
 * @arg: the word that was typed
 *
 * Exits if no failure is shown with this name: a spelling mistake would look as if nothing
 * had failed.
 *
 * Return: the name in capitals, which the caller frees.
 */
char *argument_errno(const struct command *cmd, const char *arg)
{
	char *name = text_escape(arg);
	size_t i;

	for (i = 0; name[i]; i++)
		name[i] = (char)toupper((unsigned char)name[i]);
	if (!is_errno(name))
		invalid(cmd, "--errno", arg, "a name such as EAGAIN");
	return name;
}

/**
 * argument_time() - a time, or how long ago
 * @cmd: the command, for messages
 * @option: the option, for messages
 * @arg: the word that was typed
 *
 * Exits if it is invalid.
 *
 * Return: the time.
 */
time_t argument_time(const struct command *cmd, const char *option, const char *arg)
{
	time_t t;

	if (!times_parse_since(arg, time(NULL), &t))
		invalid(cmd, option, arg, "10m, 14:30, \"2026-01-31 14:30\", today");
	return t;
}

/**
 * argument_color() - when to use colours
 * @cmd: the command, for messages
 * @arg: the word that was typed
 *
 * Exits if it is invalid.
 *
 * Return: whether to use them.
 */
bool argument_color(const struct command *cmd, const char *arg)
{
	static const char * const when[] = { "auto", "never", "always" };

	switch (to_choice(cmd, arg, "--color", when, ARRAY_SIZE(when))) {
	case 0:
		return isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
	case 1:
		return false;
	default:
		return true;
	}
}
