// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The agent's command line.  Options are named as those of Prometheus's exporters.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/options.h"
#include "agent/request.h"
#include "input.h"

#define JOURNAL		"/run/systemd/journal/socket"

static const struct {
	const char *name;
	const char *argument;
	const char *help;
} table[] = {
	{ "web.listen-address", "ADDRESS",
	  "listen on ADDRESS:PORT, :PORT or unix:PATH, in addition to the sockets passed by systemd; may be repeated (default, if there are no sockets: "
	  LISTEN_DEFAULT ")",
	},
	{ "web.host", "NAME",
	  "a name that clients may use for this machine; may be repeated (its own name, localhost and addresses are always allowed)",
	},
	{ "web.tls-cert", "FILE", "use TLS on TCP sockets, with this certificate",
	},
	{ "web.tls-key", "FILE", "... and this key",
	},
	{ "web.tls-client-ca", "FILE",
	  "... and only for clients with a certificate signed by a CA in this file; they are shown names",
	},
	{ "history.journal", "SOCKET",
	  "the journal's socket; \"\" for JSON Lines on standard output (default: "
	  JOURNAL ", else standard output)",
	},
	{ "history.state-directory", "DIR",
	  "directory for the cursor of the last event written (default: $RUNTIME_DIRECTORY, else $STATE_DIRECTORY)",
	},
	{ "path.log", "FILE", "the module's log (default: " FORKFAIL_LOG ")",
	},
	{ "path.page", "FILE", "the module's page (default: " FORKFAIL_PAGE ")",
	},
	{ "help", NULL, "show this text" },
	{ "version", NULL, "show the version" },
};

enum {
	LISTEN, HOST, CERT, KEY, CLIENT_CA, JOURNAL_SOCKET, STATE_DIR, LOG, PAGE, HELP, VERSION,
};

static void print_help(void)
{
	size_t i;

	puts("Usage: forkfail-agent [OPTION]...\n\n"
	     "Reports the failures that forkfail's kernel module records: metrics and a status page\n"
	     "over HTTP, and each failure in the journal. Never starts a process.\n");
	for (i = 0; i < ARRAY_SIZE(table); i++)
		printf("  --%s%s%s\n      %s\n", table[i].name, table[i].argument ? "=" : "",
		       table[i].argument ? table[i].argument : "", table[i].help);
	puts("\nSee forkfail-agent(8).");
}

static void add(const char **list, size_t *nr, size_t room, const char *value, const char *name)
{
	if (*nr == room)
		dief(READER_USAGE, "too many --%s", name);
	list[(*nr)++] = value;
}

static void take(struct agent_options *opt, int which, const char *value)
{
	switch (which) {
	case LISTEN:
		add(opt->listen, &opt->nr_listen, LISTEN_MAX, value, table[which].name);
		break;
	case HOST:
		add(opt->http.hosts, &opt->http.nr_hosts, HOSTS_MAX, value, table[which].name);
		break;
	case CERT:
		opt->http.cert = value;
		break;
	case KEY:
		opt->http.key = value;
		break;
	case CLIENT_CA:
		opt->http.client_ca = value;
		break;
	case JOURNAL_SOCKET:
		opt->journal = value;
		break;
	case STATE_DIR:
		opt->state_dir = value;
		break;
	case LOG:
		opt->log = value;
		break;
	case PAGE:
		opt->page = value;
		break;
	case HELP:
		print_help();
		exit(READER_OK);
	case VERSION:
		puts("forkfail-agent " FORKFAIL_VERSION);
		exit(READER_OK);
	}
}

/* The first directory in a list that systemd has set. */
static const char *directory(const char *variable)
{
	char *list = getenv(variable);

	if (!list || !*list)
		return NULL;
	list[strcspn(list, ":")] = '\0';
	return list;
}

/**
 * options_read() - read the command line and the environment; exits if it is wrong
 * @opt: receives it
 * @argc: of main()
 * @argv: of main()
 */
void options_read(struct agent_options *opt, int argc, char **argv)
{
	static char host[HTTP_SELF_LEN];
	struct option longs[ARRAY_SIZE(table) + 1] = { { 0 } };
	size_t i;
	int c;

	*opt = (struct agent_options){
		.journal = JOURNAL,
		.log = FORKFAIL_LOG,
		.page = FORKFAIL_PAGE,
	};
	for (i = 0; i < ARRAY_SIZE(table); i++)
		longs[i] = (struct option){ table[i].name,
			table[i].argument ? required_argument : no_argument, NULL, (int)i };
	add(opt->http.hosts, &opt->http.nr_hosts, HOSTS_MAX, "localhost", "web.host");
	/* filled in for each request: DHCP may change it */
	add(opt->http.hosts, &opt->http.nr_hosts, HOSTS_MAX, host, "web.host");
	opt->http.self = host;
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == '?')
			dief(READER_USAGE, "--help lists the options");
		take(opt, c, optarg);
	}
	if (optind < argc)
		dief(READER_USAGE, "unexpected argument '%s'; --help lists the options",
		     argv[optind]);
	if (!opt->http.cert != !opt->http.key || !opt->http.cert != !opt->http.client_ca)
		dief(READER_USAGE, "--web.tls-cert, -key and -client-ca are needed together");
	if (!opt->state_dir)
		opt->state_dir = directory("RUNTIME_DIRECTORY");
	if (!opt->state_dir)
		opt->state_dir = directory("STATE_DIRECTORY");
}
