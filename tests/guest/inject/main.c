// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - options, and the number of failures
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "injectfail.h"

static void usage(FILE *to)
{
	fputs("usage: injectfail [-w [-u]] [CAUSE...]   inject the failures of all rows, or of some causes\n"
	      "       injectfail -l                list: cause, function\n"
	      "       injectfail -j REFERENCE LOG  compare two logs of the same calls: LOG may be\n"
	      "                                    less certain, but must not be wrong\n"
	      "  -w  a watch point is not armed: causes may be less certain\n"
	      "  -u  and failures may be missing\n"
	      "Run it as root in a virtual machine, with ffinject and forkfail loaded.\n", to);
}

static const char *from(const struct row *r)
{
	const char *at = strstr(r->plan, " from=@");

	return at ? at + 7 : "";
}

static bool looks_like(const struct row *a, const struct row *b)
{
	size_t n = strcspn(a->plan, " ");

	return !strcmp(a->cause, b->cause) && n == strcspn(b->plan, " ") &&
	       !strncmp(a->plan, b->plan, n);
}

/* Cause and function; and its caller, if that tells this row from another. */
static const char *name_of(const struct row *r)
{
	static char name[300];
	bool more = false;
	size_t i;

	for (i = 0; i < nr_rows; i++)
		more |= looks_like(r, &rows[i]) && strcmp(from(r), from(&rows[i]));
	snprintf(name, sizeof(name), "%s %.*s%s%.*s", r->cause, (int)strcspn(r->plan, " "), r->plan,
		 more ? " " : "", more ? (int)strcspn(from(r), " ") : 0, from(r));
	return name;
}

static void list(void)
{
	size_t i;

	for (i = 0; i < nr_rows; i++) {
		const struct row *r = &rows[i];

		printf("%-28s %.*s\n", r->cause, (int)strcspn(r->plan, " "), r->plan);
	}
}

static bool wanted(const char *cause, char **names, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (!strcmp(cause, names[i]))
			return true;
	return !n;
}

int main(int argc, char **argv)
{
	unsigned int count[SKIPPED + 1] = { 0 }, number = 0;
	int opt;
	char said[900];
	size_t i;

	while ((opt = getopt(argc, argv, "wuljh")) != -1) {
		switch (opt) {
		case 'w':
			weak = true;
			break;
		case 'u':
			may_be_unseen = true;
			break;
		case 'l':
			list();
			return 0;
		case 'j':
			if (argc - optind == 2)
				return compare_logs(argv[optind], argv[optind + 1]);
			/* fall through */
		default:
			usage(opt == 'h' ? stdout : stderr);
			return opt == 'h' ? 0 : 2;
		}
	}
	if (!find_symbols())
		return 2;

	printf("TAP version 13\n");
	for (i = 0; i < nr_rows; i++) {
		const struct row *r = &rows[i];
		enum outcome o;

		if (!wanted(r->cause, argv + optind, argc - optind))
			continue;
		o = run_row(r, said, sizeof(said));
		count[o]++;
		printf("%s %u - %s%s%s\n", o == FAILED ? "not ok" : "ok", ++number, name_of(r),
		       o == SKIPPED ? " # SKIP " : "", o == SKIPPED ? said : "");
		if (o != SKIPPED)
			printf("# %s\n", said);
		fflush(stdout);
	}
	remove_cgroups();
	printf("1..%u\n%u passed, %u failed, %u skipped\n", number, count[PASSED], count[FAILED],
	       count[SKIPPED]);
	return count[FAILED] ? 1 : 0;
}
