/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options: one table drives parsing, --help and the shell's completion.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "command.h"

int options_parse(struct options *opt, const struct command *cmd,
		  const struct command *commands, int argc, char **argv);
void options_free(struct options *opt);
int options_find_command(int argc, char **argv);
void options_list(const struct command *cmd);

#endif /* OPTIONS_H */
