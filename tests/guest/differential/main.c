// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - makes the calls as each caller, and compares
 *
 * A worker for each caller makes a batch of calls.  Then this process, which may see all
 * events, compares: forkfail must have counted as many failures of every cause as the model
 * predicts, and every event in the log must belong to one of the calls.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clonediff.h"

#define LOG_PATH	"/proc/forkfail_log"
#define PAGE_PATH	"/proc/forkfail"
#define BATCH		100
#define MOST_BUCKETS	128
#define MOST_COMPLAINTS	12

/* One batch, shared with the worker. */
static struct {
	int n;
	struct arguments args[BATCH];
	struct expected expected[BATCH];
	long ret[BATCH];
} *batch;

/* ---- the calls ------------------------------------------------------------- */

static bool makes_namespaces(const struct arguments *a)
{
	return a->flags & (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET |
			   CLONE_NEWUSER | CLONE_NEWCGROUP | CLONE_NEWTIME | CLONE_EMPTY_MNTNS);
}

/*
 * Refusals are what this tests, and the end of a namespace is slow: of the calls that would
 * succeed, one in four is made, with namespaces one in sixteen.
 */
static void draw_one(uint64_t *seed, const struct caller *who, struct arguments *a,
		     struct expected *to)
{
	do {
		draw(seed, who, a);
		predict(who, a, to);
	} while (!to->err && *seed >> 33 & (makes_namespaces(a) ? 15 : 3));
}

/* Only make calls, as the current user, until somebody kills this process. */
static void __attribute__((noreturn)) only_call(uint64_t seed)
{
	const struct caller *who = &callers[geteuid() ? 1 : 0];
	struct arguments a;
	struct expected expected;

	become_caller(&callers[0]);
	for (;;) {
		draw_one(&seed, who, &a, &expected);
		call(&a);
		while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
			;
	}
}

static void __attribute__((noreturn)) work(const struct caller *who, uint64_t seed, long calls,
					   int from, int to)
{
	struct arguments a;
	char c = 0;
	int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!become_caller(who))
		_exit(1);
	while (calls > 0 && read(from, &c, 1) == 1) {
		for (i = 0; i < BATCH && calls > 0; i++, calls--) {
			draw_one(&seed, who, &a, &batch->expected[i]);
			batch->args[i] = a;
			batch->n = i + 1;
			batch->ret[i] = 1;	/* in case the worker does not survive this call */
			batch->ret[i] = call(&a);
		}
		if (write(to, &c, 1) != 1)
			break;
	}
	_exit(0);
}

/* ---- the comparison ------------------------------------------------------ */

static struct bucket {
	const char *cause;
	int err;
	long refused;		/* of this caller */
	long open;		/* in this batch, not yet found in the log */
	bool failed;
} bucket[MOST_BUCKETS];
static int nr_buckets;

static int complaints;
static long checked;		/* events */

static struct bucket *bucket_of(const char *cause, int err)
{
	int i;

	for (i = 0; i < nr_buckets; i++)
		if (bucket[i].err == err && !strcmp(bucket[i].cause, cause))
			return &bucket[i];
	if (nr_buckets == MOST_BUCKETS)
		return &bucket[MOST_BUCKETS - 1];
	bucket[nr_buckets].cause = cause;
	bucket[nr_buckets].err = err;
	return &bucket[nr_buckets++];
}

static void complain(const char *what, const char *more)
{
	if (complaints++ < MOST_COMPLAINTS)
		printf("# %s%s%s\n", what, *more ? ": " : "", more);
}

/*
 * The page counts every failure; the log has only as many events as there is room for, and
 * failures with different flags are different events.
 */
static struct count {
	char cause[40];
	uint64_t before, now;
} counted[MOST_BUCKETS];
static int nr_counted;

static struct count *count_of(const char *cause)
{
	int i;

	for (i = 0; i < nr_counted; i++)
		if (!strcmp(counted[i].cause, cause))
			return &counted[i];
	if (nr_counted == MOST_BUCKETS)
		return &counted[MOST_BUCKETS - 1];
	snprintf(counted[nr_counted].cause, sizeof(counted[0].cause), "%s", cause);
	return &counted[nr_counted++];
}

static uint64_t read_counts(void)
{
	char *page = read_log(PAGE_PATH), *table, *line, cause[40];
	unsigned long long n;
	uint64_t all = 0;
	int i;

	for (i = 0; i < nr_counted; i++)
		counted[i].now = 0;
	/* a table near the top, and one at the end with the rows that did not fit into it */
	for (table = page; table && (table = strstr(table, "\ncause ")); table++) {
		for (line = strchr(table + 1, '\n'); line && line[1] != '\n';
		     line = strchr(line + 1, '\n')) {
			if (sscanf(line + 1, "%39s %llu", cause, &n) != 2)
				break;
			/* one row for every object */
			count_of(cause)->now += n;
			all += n;
		}
	}
	free(page);
	return all;
}

/* Flags that could not be read are not in the event. */
static uint64_t event_flags(const struct arguments *a, const struct expected *to)
{
	if (to->early && !can_read_flags(a))
		return 0;
	return a->flags | (!to->early && (a->flags & CLONE_EMPTY_MNTNS) ? CLONE_NEWNS : 0);
}

/* An event of this batch must belong to one of its calls. */
static void check_event(const struct event *e)
{
	bool inferred = !strcmp(e->proof, "inferred");
	char text[900];
	int i;

	for (i = 0; i < batch->n; i++) {
		const struct expected *a = &batch->expected[i];

		/* if another task has overwritten the note, there are no flags and no certainty */
		if (!a->cause ||
		    (event_flags(&batch->args[i], a) != e->flags && (e->flags || !inferred)) ||
		    strcmp(errno_word(a->err), e->errno_word))
			continue;
		if (inferred ? has_word(e->candidates, a->cause) : !strcmp(a->cause, e->cause))
			break;
	}
	checked++;
	if (i < batch->n && errno_allowed(e->cause, e->errno_word) == 1)
		return;
	bucket_of("(event)", 0)->failed = true;
	bucket_of("(event)", 0)->refused++;
	snprintf(text, sizeof(text), "cause=%s errno=%s flags=%#llx proof=%s step=%s kind=%s candidates=%s",
		 e->cause, e->errno_word, (unsigned long long)e->flags, e->proof, e->step, e->kind,
		 e->candidates);
	complain("an event that no call explains", text);
}

static void check_log(const char *comm, uint64_t *last)
{
	uint64_t newest = *last;
	char *log = read_log(LOG_PATH);
	const char *p = log;
	struct event e;

	while (p && next_event(&p, &e)) {
		if (e.seq <= *last)
			continue;
		if (e.seq > newest)
			newest = e.seq;
		if (!strcmp(e.comm, comm))
			check_event(&e);
	}
	free(log);
	*last = newest;
}

static void check_counts(void)
{
	char text[800], which[400];
	int i, k;

	for (i = 0; i < nr_counted; i++) {
		struct count *c = &counted[i];
		long predicted = 0, got = c->now - c->before;

		for (k = 0; k < nr_buckets; k++)
			if (!strcmp(bucket[k].cause, c->cause))
				predicted += bucket[k].open;
		c->before = c->now;
		if (got == predicted)
			continue;
		for (k = 0; k < nr_buckets; k++)
			if (!strcmp(bucket[k].cause, c->cause))
				bucket[k].failed = true;
		if (!predicted) {
			bucket_of("(not predicted)", 0)->failed = true;
			bucket_of("(not predicted)", 0)->refused += got;
		}
		for (k = 0; k < batch->n - 1; k++)
			if (batch->expected[k].cause && !strcmp(batch->expected[k].cause, c->cause))
				break;
		describe(&batch->args[k], which, sizeof(which));
		snprintf(text, sizeof(text), "%ld x %.39s predicted, %ld counted; one of them: %s",
			 predicted, c->cause, got, which);
		complain("counters", text);
	}
}

static void compare(const char *comm)
{
	static uint64_t last, total;
	char text[800], which[400];
	long refused = 0;
	int i, tries;

	for (i = 0; i < nr_buckets; i++)
		bucket[i].open = 0;
	for (i = 0; i < batch->n; i++) {
		const struct expected *a = &batch->expected[i];
		int err = batch->ret[i] < 0 ? -batch->ret[i] : 0;

		refused += err != 0;
		if (err != a->err) {
			describe(&batch->args[i], which, sizeof(which));
			snprintf(text, sizeof(text), "%s; predicted %s: %s", err ? errno_word(err) :
				 "created", a->cause ? a->cause : "created", which);
			complain("the kernel said", text);
			bucket_of("(model)", err)->failed = true;
			bucket_of("(model)", err)->refused++;
		} else if (err) {
			count_of(a->cause);
			bucket_of(a->cause, err)->open++;
			bucket_of(a->cause, err)->refused++;
		}
	}
	/* the page shows the failures a moment later */
	for (tries = 0; tries < 20; tries++) {
		uint64_t now = read_counts();

		if (now >= total + refused || tries == 19) {
			total = now;
			break;
		}
		nap(20);
	}
	check_counts();
	check_log(comm, &last);
}

/* ---- all of it ----------------------------------------------------------- */

static int number, passed, failed, skipped;

static void row(bool ok, const char *caller, const char *what)
{
	printf("%s %d - %s: %s\n", ok ? "ok" : "not ok", ++number, caller, what);
	if (ok)
		passed++;
	else
		failed++;
}

static long run_caller(const struct caller *who, uint64_t seed, long calls)
{
	int to[2], from[2], i, status = 0;
	long made = 0, refused = 0;
	bool died = false;
	char comm[16], text[800], c = 0;
	pid_t worker;

	nr_buckets = 0;
	memset(bucket, 0, sizeof(bucket));
	complaints = 0;
	snprintf(comm, sizeof(comm), "cd-%s", who->name);
	if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC)) {
		perror("pipe");
		exit(2);
	}
	fflush(stdout);
	worker = fork();
	if (!worker) {
		close(to[1]);
		close(from[0]);
		prctl(PR_SET_NAME, comm);
		work(who, seed, calls, to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	while (made < calls) {
		batch->n = 0;
		if (write(to[1], &c, 1) != 1 || read(from[0], &c, 1) != 1) {
			died = true;
			break;
		}
		made += batch->n;
		compare(comm);
		while (!died && (i = waitpid(-1, &status, WNOHANG | __WALL)) > 0)
			if (i == worker && made < calls)
				died = true;
	}
	close(to[1]);
	close(from[0]);
	while (waitpid(-1, &status, __WALL) > 0)
		;
	if (died && !made && who->timens) {
		printf("ok %d - %s # SKIP no time namespaces\n", ++number, who->name);
		skipped++;
		return 0;
	}
	if (died) {
		describe(&batch->args[batch->n ? batch->n - 1 : 0], text, sizeof(text));
		complain("the worker ended early, after", text);
		row(false, who->name, "worker");
	}
	for (i = 0; i < nr_buckets; i++) {
		snprintf(text, sizeof(text), "%s %s, %ld refusals", bucket[i].cause,
			 errno_word(bucket[i].err), bucket[i].refused);
		row(!bucket[i].failed, who->name, text);
		refused += bucket[i].refused;
	}
	printf("# %s: %ld calls, %ld refused\n", who->name, made, refused);
	return refused;
}

int main(int argc, char **argv)
{
	long calls = 12000, refused = 0;
	uint64_t seed = 1, start;
	int opt;
	bool only = false;
	size_t i;

	while ((opt = getopt(argc, argv, "n:s:fh")) != -1) {
		switch (opt) {
		case 'n':
			calls = strtol(optarg, NULL, 0);
			break;
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'f':
			only = true;
			break;
		default:
			fprintf(stderr, "usage: clonediff [-n CALLS] [-s SEED]   as root, in a VM; loads forkfail\n"
				"       clonediff -f [-s SEED]         only call, for ever, as whoever you are\n");
			return opt == 'h' ? 0 : 2;
		}
	}
	batch = shared(sizeof(*batch));
	if (!prepare_calls() && !only)
		return 2;
	/* probes that need privileges do not matter if only calls are made */
	if (!probe_kernel() && !only)
		return 2;
	if (only)
		only_call(seed + getpid());
	if (system("modprobe forkfail"))
		return 2;
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	start = now_ms();

	printf("TAP version 13\n# seed %llu\n", (unsigned long long)seed);
	for (i = 0; i < nr_callers; i++)
		refused += run_caller(&callers[i], seed * 1000 + i, calls / nr_callers);
	clean_up_calls();
	printf("# %ld calls, %ld refused, %ld events looked at, %ld s\n", calls, refused, checked,
	       (long)((now_ms() - start) / 1000));
	printf("1..%d\n%d passed, %d failed, %d skipped\n", number, passed, failed, skipped);
	return failed ? 1 : 0;
}
