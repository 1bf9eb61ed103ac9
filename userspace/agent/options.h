/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agent's command line.
 */
#ifndef AGENT_OPTIONS_H
#define AGENT_OPTIONS_H

#include "agent/http.h"

#define LISTEN_DEFAULT	"127.0.0.1:10433"

/**
 * struct agent_options - what the command line asks for
 * @listen: addresses to listen on
 * @nr_listen: how many
 * @http: how to answer
 * @journal: the journal's socket, "" for standard output
 * @state_dir: directory for the cursor, NULL for none
 * @log: the module's log
 * @page: the module's page
 */
struct agent_options {
	const char *listen[LISTEN_MAX];
	size_t nr_listen;
	struct http_options http;
	const char *journal;
	const char *state_dir;
	const char *log, *page;
};

void options_read(struct agent_options *opt, int argc, char **argv);

#endif /* AGENT_OPTIONS_H */
