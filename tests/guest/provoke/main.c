// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - command line, table of cases
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forkfault.h"
#include "internal.h"

static const struct ff_case * const tables[] = {
	limits_cases,
	signals_cases,
	pid_namespace_cases,
	pids_controller_cases,
	into_cgroup_cases,
	memory_cases,
	memcg_cases,
	memcg_sweep_cases,
	resolved_shortage_cases,
	flags_cases,
	args_cases,
	clone3_cases,
	sandbox_cases,
	rewriters_cases,
	misleading_results_cases,
	namespaces_cases,
	races_cases,
	lsm_cases,
	workers_cases,
	holders_cases,
	stacks_cases,
};

static const struct ff_case *nth_case(size_t n)
{
	const struct ff_case *c;
	size_t t;

	for (t = 0; t < ARRAY_SIZE(tables); t++)
		for (c = tables[t]; c->name; c++)
			if (!n--)
				return c;
	return NULL;
}

static const struct ff_case *case_named(const char *name)
{
	const struct ff_case *c;
	size_t n;

	for (n = 0; (c = nth_case(n)); n++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

/* Is it like a case of the same cause, which runs? */
static bool is_generic(const struct ff_case *c)
{
	const struct ff_case *other;
	size_t n;

	if (!(c->flags & FF_GENERIC))
		return false;
	for (n = 0; (other = nth_case(n)); n++)
		if (!(other->flags & (FF_GENERIC | FF_LOUD)) && !strcmp(other->cause, c->cause))
			return true;
	return false;
}

static void list(void)
{
	const struct ff_case *c;
	size_t n;

	for (n = 0; (c = nth_case(n)); n++)
		printf("%-30s %-29s %-4s %s\n", c->name, c->cause, c->flags & FF_LOUD ? "loud" :
		       c->flags & FF_HOST ? "host" : "-", c->what);
}

static void usage(FILE *to)
{
	fputs("Usage: forkfault [-n | -v] [-x N] CASE...\n"
	      "       forkfault [-n | -v] [-x N] [-g] -a | -s\n"
	      "       forkfault -l\n"
	      "Makes fork and clone fail for real, and compares what forkfail's log says\n"
	      "about each failure with what it should say.\n"
	      "  -a  all cases; those that this kernel does not have are skipped\n"
	      "  -s  all cases that set no limit of the whole machine\n"
	      "  -g  of these, leave out what is the same on every architecture\n"
	      "  -l  list: case, cause, \"host\" if it sets a limit of the whole\n"
	      "      machine for a moment, \"loud\" if the kernel logs stack traces for it\n"
	      "      or it takes long (-a and -s leave it out), what it does\n"
	      "  -r  reload forkfail when its log is nearly full: overwritten events\n"
	      "      cannot be checked\n"
	      "  -n  only provoke, do not read forkfail's log\n"
	      "  -x  everything may take N times as long: for a slow kernel\n"
	      "  -v  show the lines of the log that are checked\n"
	      "Run it as root, and with -a only on a machine that nobody needs.\n", to);
}

/* Half of what the log can hold, and more than a case needs. */
#define MANY_EVENTS	60

static void reload_module(void)
{
	if (system("modprobe -r forkfail && exec modprobe forkfail"))
		printf("# forkfail could not be reloaded\n");
}

int main(int argc, char **argv)
{
	const struct ff_case *c;
	bool all = false, safe = false, no_check = false, reload = false, no_generic = false;
	int count[FF_SKIP + 1] = { 0 };
	int opt, number = 0, i;
	bool check;
	size_t n;

	while ((opt = getopt(argc, argv, "asglnrvx:h")) != -1) {
		switch (opt) {
		case 'a':
			all = true;
			break;
		case 's':
			all = true;
			safe = true;
			break;
		case 'g':
			no_generic = true;
			break;
		case 'r':
			reload = true;
			break;
		case 'n':
			no_check = true;
			break;
		case 'v':
			show_events = true;
			break;
		case 'l':
			list();
			return 0;
		case 'x':
			slowness = atoi(optarg);
			if (slowness)
				break;
			usage(stderr);
			return 2;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (all ? optind < argc : optind == argc) {
		usage(stderr);
		return 2;
	}
	for (i = optind; i < argc; i++) {
		if (case_named(argv[i]))
			continue;
		fprintf(stderr, "forkfault: no case \"%s\"; -l lists them\n",
			argv[i]);
		return 2;
	}
	if (geteuid()) {
		fputs("forkfault: must be run as root\n", stderr);
		return 2;
	}
	run_init();

	check = !no_check && log_present();
	printf("TAP version 13\n# forkfail's log is %s\n", check ? "checked" :
	       no_check ? "not looked at" : "not there: forkfail is not loaded");
	if (!cg_base_make())
		printf("# no cgroup v2 to work in\n");
	if (all) {
		for (n = 0; (c = nth_case(n)); n++) {
			if (c->flags & (FF_LOUD | (safe ? FF_HOST : 0)))
				continue;
			if (no_generic && is_generic(c))
				continue;
			if (check && reload && log_events() > MANY_EVENTS)
				reload_module();
			count[run_case(c, ++number, check)]++;
		}
	} else {
		for (i = optind; i < argc; i++)
			count[run_case(case_named(argv[i]), ++number, check)]++;
	}
	cg_base_remove();
	printf("1..%d\n%d passed, %d failed, %d skipped\n", number,
	       count[FF_PASS], count[FF_FAIL], count[FF_SKIP]);
	return count[FF_FAIL] ? 1 : 0;
}
