// SPDX-License-Identifier: GPL-2.0-only
/*
 * tap.c - the tests, one after the other, and their results
 *
 *	guest-tests [-q] [-e] [-l] [-b] [-x N] [-s SECONDS] [TEST...]
 *	guest-tests --attack NAME	be one of the attackers of soak
 *
 * Each test has its own process and session, and a time limit, which is meant for tests
 * that hang, not for slow ones.  Processes that a test leaves behind are killed.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "guest.h"

struct results *results;
bool quick, each, longer, brief;
static bool between;
unsigned int slowness = 1, soak_seconds = 600;

/*
 * Which tests run if none is named: these, but with -b not those of ENDS, and with -l also those
 * of LONG.  In the short form tests/check runs those of ENDS on the oldest and on the newest
 * kernel only, because a kernel in between works as one of these two in what they test, and
 * five of LONG on one kernel: they give the same result on every kernel, and slow-readers needs
 * an idle machine.
 */
enum when { ALWAYS, ENDS, LONG, NAMED };

/*
 * A second CPU makes a test of what happens at the same time a better one, and every test take
 * almost half as much again of the host's time.  If the guest was started with its second CPU
 * offline, that is online only while a test runs that asks for two.
 */
#define SECOND_CPU	"/sys/devices/system/cpu/cpu1/online"

static bool second_is_spare;

static const struct {
	const char *name;
	void (*run)(void);
	unsigned int seconds, cpus;
	enum when when;
} tests[] = {
	{ "accounting", test_accounting, 180, 2, ALWAYS },
	{ "reload", test_reload, 600, 2, ENDS },
	{ "whole-lines", test_whole_lines, 300, 2, LONG },
	{ "two-limits", test_two_limits, 300, 2, ALWAYS },
	{ "two-levels", test_two_levels, 180, 2, ALWAYS },
	{ "many-tasks", test_many_tasks, 400, 1, ENDS },
	{ "load-errors", test_load_errors, 400, 1, LONG },
	{ "hostile-names", test_hostile_names, 400, 1, LONG },
	{ "who-sees-what", test_who_sees_what, 180, 1, ALWAYS },
	{ "poll", test_poll, 180, 2, ENDS },
	{ "no-audit", test_no_audit, 120, 1, ALWAYS },
	{ "fair", test_fair, 400, 1, ALWAYS },
	{ "first-screen", test_first_screen, 180, 1, ALWAYS },
	{ "full-table", test_full_table, 180, 1, ALWAYS },
	{ "subgroups", test_subgroups, 180, 1, ALWAYS },
	{ "restarts", test_restarts, 120, 1, ALWAYS },
	{ "merged-events", test_merged_events, 300, 1, ALWAYS },
	{ "minute", test_minute, 180, 1, LONG },
	{ "slow-readers", test_slow_readers, 200, 2, LONG },
	{ "throttled", test_throttled, 600, 2, ALWAYS },
	{ "memory", test_memory, 180, 1, ALWAYS },
	{ "stacks", test_stacks, 2000, 2, ENDS },
	{ "returned-errors", test_returned_errors, 180, 2, ENDS },
	{ "unload-held", test_unload_held, 200, 2, ENDS },
	{ "midstop", test_midstop, 60, 1, ENDS },
	{ "verify", test_verify, 180, 2, ALWAYS },
	{ "rseq", test_rseq, 120, 2, ENDS },
	{ "stale-stack", test_stale_stack, 120, 1, ENDS },
	{ "sandbox", test_sandbox, 180, 1, ALWAYS },
	{ "storm", test_storm, 600, 2, ENDS },
	{ "million", test_million, 1800, 2, LONG },
	{ "hostile-readers", test_hostile_readers, 60, 2, LONG },
	{ "background", test_background, 300, 2, LONG },
	{ "mappings", test_mappings, 3000, 2, NAMED },
	{ "soak", test_soak, 90000, 2, NAMED },
	{ "counter-sums", test_counter_sums, 60, 2, NAMED },
	{ "failnth", test_failnth, 3600, 2, NAMED },
	{ "failload", test_failload, 3600, 2, NAMED },
};

static void say(const char *prefix, const char *fmt, va_list ap)
{
	char line[2048];
	int n = snprintf(line, sizeof(line), "%s", prefix), i;

	n += vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	/* one line, whatever name is in it */
	for (i = 0; i < n; i++)
		if (line[i] < ' ' || line[i] > '~')
			line[i] = '?';
	line[n++] = '\n';
	while (write(1, line, n) < 0 && errno == EINTR)
		;
}

/**
 * ok - a check
 * @good: whether it holds
 * @fmt: what should hold
 *
 * Return: @good.
 */
bool ok(bool good, const char *fmt, ...)
{
	va_list ap;

	__sync_fetch_and_add(good ? &results->passed : &results->failed, 1);
	va_start(ap, fmt);
	say(good ? "ok - " : "not ok - ", fmt, ap);
	va_end(ap);
	return good;
}

/**
 * skip - report a check that cannot be made here
 * @fmt: which and why
 */
void skip(const char *fmt, ...)
{
	va_list ap;

	__sync_fetch_and_add(&results->skipped, 1);
	va_start(ap, fmt);
	say("ok - skipped: ", fmt, ap);
	va_end(ap);
}

/**
 * note - print something that helps to understand a result
 * @fmt: as printf
 */
void note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("# ", fmt, ap);
	va_end(ap);
}

/**
 * die - end a test that cannot continue
 * @fmt: why
 */
void die(const char *fmt, ...)
{
	va_list ap;

	__sync_fetch_and_add(&results->failed, 1);
	va_start(ap, fmt);
	say("not ok - ", fmt, ap);
	va_end(ap);
	_exit(1);
}

static void run(unsigned int i)
{
	uint64_t start = now_ms();
	struct results before = *results;
	int status = -1, err, tries;
	pid_t pid, got;

	note("%s", tests[i].name);
	if (second_is_spare && put(SECOND_CPU, "%d", tests[i].cpus > 1))
		ok(false, "the second CPU is put online and offline");
	hung_after(20);
	pid = fork();
	if (!pid) {
		setsid();
		tests[i].run();
		_exit(0);
	}
	while ((got = waitpid(pid, &status, WNOHANG)) == 0 &&
	       now_ms() - start < tests[i].seconds * slowness * 1000ULL)
		nap(20);
	if (!got) {
		ok(false, "%s ended within %u s", tests[i].name, tests[i].seconds * slowness);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	} else if (status && before.failed == results->failed) {
		ok(false, "%s ended by itself (wait status %#x)", tests[i].name, status);
	}
	/* kill all processes that are left: we are the subreaper */
	kill(-pid, SIGKILL);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	for (tries = 0, err = 0; loaded() && tries < 50; tries++) {
		err = unload();
		if (!err)
			break;
		nap(100);
	}
	if (err)
		ok(false, "%s left " MODULE " so that it can be unloaded: %s", tests[i].name,
		   strerror(-err));
	note("%s: %u passed, %u failed, %u skipped, %.1f s", tests[i].name,
	     results->passed - before.passed, results->failed - before.failed,
	     results->skipped - before.skipped, (now_ms() - start) / 1000.0);
}

int main(int argc, char **argv)
{
	unsigned int i;
	char *online;
	int a;

	results = shared(sizeof(*results));
	if (argc == 3 && !strcmp(argv[1], "--attack"))
		attack_others(argv[2]);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (; argc > 1 && *argv[1] == '-'; argc--, argv++) {
		quick |= !strcmp(argv[1], "-q");
		each |= !strcmp(argv[1], "-e");
		longer |= !strcmp(argv[1], "-l");
		between |= !strcmp(argv[1], "-b");
		if ((!strcmp(argv[1], "-x") || !strcmp(argv[1], "-s")) && argc > 2) {
			*(argv[1][1] == 'x' ? &slowness : &soak_seconds) = atoi(argv[2]) ?: 1;
			argc--;
			argv++;
		}
	}
	brief = !longer && slowness == 1;
	online = slurp(SECOND_CPU, NULL);
	second_is_spare = online && *online == '0';
	if (!online && sysconf(_SC_NPROCESSORS_CONF) > sysconf(_SC_NPROCESSORS_ONLN))
		note("the second CPU cannot be put online here");
	free(online);
	for (a = 1; a < argc; a++) {
		for (i = 0; i < ARRAY_SIZE(tests) && strcmp(argv[a], tests[i].name); i++)
			;
		if (i == ARRAY_SIZE(tests))
			die("no test named %s", argv[a]);
		run(i);
	}
	for (i = 0; argc < 2 && i < ARRAY_SIZE(tests); i++)
		if (tests[i].when == ALWAYS || (tests[i].when == ENDS && !between) ||
		    (tests[i].when == LONG && longer))
			run(i);
	printf("%u passed, %u failed", results->passed, results->failed);
	if (results->skipped)
		printf(", %u skipped", results->skipped);
	printf("\n");
	return results->failed || !results->passed;
}
