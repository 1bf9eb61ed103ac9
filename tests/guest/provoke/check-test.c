// SPDX-License-Identifier: GPL-2.0-only
/*
 * check-test.c - can the check of the log fail?
 *
 * Checks made-up logs against an expectation: the right one must pass, and each one that is
 * wrong in a single key, or in the number of events, must fail.  Runs on any host and
 * provokes nothing.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forkfault.h"
#include "internal.h"

struct ff_shared *ff_shared;
struct ff_attempt ff_last;

static int number, failures;

void diag(const char *fmt, ...)
{
	(void)fmt;
}

void note(const char *fmt, ...)
{
	(void)fmt;
}

void fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	exit(1);
}

#define HEADER	"forkfail 1 kernel 6.12.1 loaded 3s ago points 21/21 missed 0 unexplained 0"

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		fail("%s: %s\n", path, strerror(errno));
}

static void write_log(int restarts, const char *lines)
{
	char text[16384];

	snprintf(text, sizeof(text), HEADER " restarts %d lost 0\n", restarts);
	write_text(PAGE_PATH, text);
	snprintf(text, sizeof(text), HEADER " restarts %d lost 0\n%s", restarts,
		 lines);
	write_text(LOG_PATH, text);
}

static void verdict_is(const char *what, bool want)
{
	bool ok;

	if (!check_after())
		fail("the made-up log cannot be read\n");
	ok = check_verdict("ff1-case") == want;
	printf("%sok %d - %s\n", ok ? "" : "not ", ++number, what);
	failures += !ok;
}

#define OLD	"2026-11-21T08:27:01.000000Z seq=6 cause=pids-max errno=EAGAIN comm=\"ff1-case\"\n"

/* An event that has every key that an expectation can be about. */
static const struct key {
	const char *key;
	const char *right;
	const char *wrong;
} keys[] = {
	{ "seq", "7", NULL },
	{ "cause", "pids-max", "threads-max" },
	{ "errno", "EAGAIN", "ENOMEM" },
	{ "kind", "thread", "process" },
	{ "proof", "witness", "inferred" },
	{ "step", "cgroup_can_fork", "alloc_pid" },
	{ "pid", "1443", "1442" },
	{ "tgid", "1442", "1443" },
	{ "comm", "\"ff1-case\"", "\"ff1-\\x63asf\"" },
	{ "uid", "112", "0" },
	{ "limit", "4915", "4916" },
	{ "in_use", "4915", "4914" },
	{ "unit", "tasks", "pids" },
	{ "scope", "cgroup", "host" },
	{ "object", "\"/system.slice/a b.service\"", "\"/system.slice\"" },
	{ "cgroup", "\"/system.slice/a b.service/leaf\"", "\"/\"" },
	{ "pidns", "4026531836", "4026531837" },
	{ "userns", "4026531837", "4026531836" },
	{ "flags", "0x3d0f00", "0x3d0f01" },
	{ "alloc", NULL, "pid-nomem" },
	{ "candidates", NULL, "pids-max,threads-max" },
	{ "first_cause", NULL, "threads-max" },
	{ "first_seq", NULL, "3" },
	{ "repeat", "0", "1" },
	{ "threads", "17", "18" },
	{ "hard", NULL, "5000" },
	{ "set_tid", NULL, "300" },
	{ "taken", NULL, "process" },
};

/* The event, with one key wrong, or left out if @wrong is "". */
static void event(char *buf, size_t size, const char *key, const char *wrong)
{
	size_t len = snprintf(buf, size, "%s2026-11-21T08:27:02.123456Z", OLD);
	const struct key *k;
	const char *value;

	for (k = keys; k < keys + ARRAY_SIZE(keys); k++) {
		value = key && !strcmp(key, k->key) ? wrong : k->right;
		if (value && *value)
			len += snprintf(buf + len, size - len, " %s=%s", k->key,
					value);
	}
	snprintf(buf + len, size - len, "\n");
}

static void attempt(struct ff_attempt *a)
{
	*a = (struct ff_attempt){
		.call = "clone", .kind = "thread", .flags = 0x3d0f00,
		.who = {
			.pid = 1443, .tgid = 1442, .uid = 112, .threads = 17,
			.pidns = 4026531836, .userns = 4026531837,
			.comm = "ff1-case",
			.cgroup = "/system.slice/a b.service/leaf",
		},
	};
}

static struct ff_expect *expectation(void)
{
	struct ff_attempt a;
	struct ff_expect *e;

	attempt(&a);
	e = refused_to(&a, EAGAIN, "pids-max", "cgroup_can_fork");
	exp_limit(e, "tasks", 4915, 4915);
	exp_object(e, "cgroup", "/system.slice/a b.service");
	return e;
}

static void forget(void)
{
	memset(ff_shared, 0, sizeof(*ff_shared));
	write_log(5, OLD);
	if (!check_before())
		fail("the made-up log cannot be read\n");
}

static void each_key(void)
{
	const struct key *k;
	char text[2048], what[80];

	for (k = keys; k < keys + ARRAY_SIZE(keys); k++) {
		if (!k->wrong)
			continue;
		forget();
		expectation();
		event(text, sizeof(text), k->key, k->wrong);
		write_log(5, text);
		snprintf(what, sizeof(what), "wrong %s is noticed", k->key);
		verdict_is(what, false);
		if (!k->right || !strcmp(k->key, "repeat"))
			continue;
		forget();
		expectation();
		event(text, sizeof(text), k->key, "");
		write_log(5, text);
		snprintf(what, sizeof(what), "missing %s is noticed", k->key);
		verdict_is(what, false);
	}
}

static void numbers_of_events(void)
{
	char text[2048];

	event(text, sizeof(text), NULL, NULL);
	forget();
	expectation();
	write_log(5, text);
	verdict_is("the right event passes", true);

	forget();
	expectation();
	verdict_is("no event is noticed", false);

	forget();
	write_log(5, text);
	verdict_is("an event that was not expected is noticed", false);

	forget();
	expectation();
	expectation();
	write_log(5, text);
	verdict_is("one event for two failures is noticed", false);

	forget();
	expectation();
	expectation();
	event(text, sizeof(text), "repeat", "1");
	write_log(5, text);
	verdict_is("one event that stands for two passes", true);

	forget();
	exp_tries(expectation(), 2);
	verdict_is("tries: no event is noticed", false);

	forget();
	exp_tries(expectation(), 2);
	write_log(5, text);
	verdict_is("tries: as many pass", true);

	forget();
	exp_tries(expectation(), 3);
	write_log(5, text);
	verdict_is("tries: fewer are noticed", false);

	/* an old line that stands for more failures than before */
	forget();
	write_log(5, "2026-11-21T08:27:01.000000Z seq=6 cause=pids-max errno=EAGAIN comm=\"ff1-case\" repeat=1\n");
	verdict_is("growth of an old event is noticed", false);
}

static void ranges(void)
{
	char text[2048];
	struct ff_expect *e;

	event(text, sizeof(text), NULL, NULL);
	forget();
	exp_range(expectation(), "in_use", 4915, 4920);
	write_log(5, text);
	verdict_is("range: its lower end passes", true);
	forget();
	exp_range(expectation(), "in_use", 4916, 4920);
	write_log(5, text);
	verdict_is("range: below is noticed", false);
	forget();
	exp_range(expectation(), "in_use", 4900, 4914);
	write_log(5, text);
	verdict_is("range: above is noticed", false);
	forget();
	exp_maybe(expectation(), "in_use", 1, 2);
	write_log(5, text);
	verdict_is("maybe: another number is noticed", false);
	forget();
	exp_maybe(expectation(), "in_use", 1, 2);
	event(text, sizeof(text), "in_use", "");
	write_log(5, text);
	verdict_is("maybe: nothing passes", true);

	event(text, sizeof(text), "object", "\"pidns 17 level 1\"");
	forget();
	e = expectation();
	exp_object_between(e, "cgroup", "pidns # level 1", 17, 17);
	write_log(5, text);
	verdict_is("pattern: the number passes", true);
	forget();
	e = expectation();
	exp_object_between(e, "cgroup", "pidns # level 1", 18, 19);
	write_log(5, text);
	verdict_is("pattern: another number is noticed", false);
	forget();
	e = expectation();
	exp_object_between(e, "cgroup", "pidns # level 2", 17, 17);
	write_log(5, text);
	verdict_is("pattern: another text is noticed", false);
}

static void others(void)
{
	char text[4096], second[2048];
	struct ff_expect *e, *first;

	event(text, sizeof(text), "alloc", "pid-nomem");
	forget();
	exp_allocs(expectation(), "alloc_pid/pid-nomem cgroup_can_fork/pid-nomem");
	write_log(5, text);
	verdict_is("pairs: one of them passes", true);
	forget();
	exp_allocs(expectation(), "alloc_pid/pid-nomem cgroup_can_fork/-");
	write_log(5, text);
	verdict_is("pairs: parts of two are noticed", false);

	/* the second event is a consequence of the first */
	event(text, sizeof(text), NULL, NULL);
	snprintf(second, sizeof(second), "%s", strchr(text, '\n') + 1);
	strcat(text, second);
	memcpy(strstr(strstr(text, "seq=7") + 1, "seq=7"), "seq=9", 5);
	text[strlen(text) - 1] = 0;
	strcat(text, " first_cause=pids-max first_seq=7\n");
	forget();
	first = expectation();
	e = expectation();
	exp_first(e, first, "pids-max");
	write_log(5, text);
	verdict_is("first: its number passes", true);
	memcpy(strstr(text, "first_seq=7"), "first_seq=6", 11);
	forget();
	first = expectation();
	e = expectation();
	exp_first(e, first, "pids-max");
	write_log(5, text);
	verdict_is("first: another number is noticed", false);

	forget();
	expect_restarts(7);
	write_log(12, OLD);
	verdict_is("restarts: as many pass", true);
	forget();
	expect_restarts(7);
	write_log(11, OLD);
	verdict_is("restarts: fewer are noticed", false);
}

int main(void)
{
	ff_shared = calloc(1, sizeof(*ff_shared));
	if (!ff_shared)
		return 1;
	numbers_of_events();
	each_key();
	ranges();
	others();
	remove(PAGE_PATH);
	remove(LOG_PATH);
	printf("1..%d\n%d passed, %d failed\n", number, number - failures,
	       failures);
	return failures ? 1 : 0;
}
