/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arguments of options.
 */
#ifndef OPTION_ARGUMENTS_H
#define OPTION_ARGUMENTS_H

#include "command.h"

void usage_exit(const struct command *cmd) __noreturn;
u64 argument_number(const struct command *cmd, const char *option, const char *arg, u64 min,
		    u64 max);
pid_t argument_pid(const struct command *cmd, const char *arg);
uid_t argument_uid(const struct command *cmd, const char *arg);
char *argument_cgroup(const struct command *cmd, const char *arg);
unsigned int argument_class(const struct command *cmd, const char *arg);
unsigned int argument_kind(const struct command *cmd, const char *arg);
unsigned int argument_by(const struct command *cmd, const char *arg);
unsigned int argument_operation(const struct command *cmd, const char *arg);
char *argument_errno(const struct command *cmd, const char *arg);
time_t argument_time(const struct command *cmd, const char *option, const char *arg);
bool argument_color(const struct command *cmd, const char *arg);

#endif /* OPTION_ARGUMENTS_H */
