// SPDX-License-Identifier: GPL-2.0-only
/*
 * soak_events.c - sorts the events of a soak into kinds, for somebody to check
 */
#define _GNU_SOURCE
#include "guest.h"
#include "soak.h"

#define MOST_EVENTS	1000000
#define PIDS_MAX	4194305	/* what the kernel holds for "max": nobody's limit */
#define MOST_GROUPS	400
#define MOST_SHOWN	12

/* Events that differ only in who failed, when, and how much was used. */
static struct group {
	char what[400], sample[1200];
	uint64_t events, failures, below;
} groups[MOST_GROUPS];
static unsigned int nr_groups;
static struct {
	uint16_t group;
	uint64_t times;
} *seen;		/* by the event's number */
static unsigned int odd;

static void show(const struct event *e, char *out, size_t size)
{
	static const unsigned char keys[] = {
		FORKFAIL_KEY_PID, FORKFAIL_KEY_COMM, FORKFAIL_KEY_UID, FORKFAIL_KEY_LIMIT,
		FORKFAIL_KEY_IN_USE, FORKFAIL_KEY_OBJECT, FORKFAIL_KEY_CGROUP, FORKFAIL_KEY_FLAGS,
		FORKFAIL_KEY_REPEAT, FORKFAIL_KEY_FIRST_CAUSE, FORKFAIL_KEY_RESTARTS,
	};
	unsigned int i;
	size_t n = snprintf(out, size, "%s seq=%llu", e->time, (unsigned long long)e->seq);

	for (i = 0; i < ARRAY_SIZE(keys) && n < size; i++)
		if (e->val[keys[i]])
			n += snprintf(out + n, size - n, " %s", e->val[keys[i]]);
}

static struct group *group_of(const struct event *e)
{
	char what[sizeof(groups[0].what)];
	unsigned int i;

	snprintf(what, sizeof(what), "%s %s %s %s %s unit=%s scope=%s alloc=%s stack=%s syscall=%s signal=%s candidates=%s",
		 value(e, FORKFAIL_KEY_CAUSE), value(e, FORKFAIL_KEY_ERRNO),
		 value(e, FORKFAIL_KEY_PROOF), value(e, FORKFAIL_KEY_KIND),
		 value(e, FORKFAIL_KEY_STEP), value(e, FORKFAIL_KEY_UNIT),
		 value(e, FORKFAIL_KEY_SCOPE), value(e, FORKFAIL_KEY_ALLOC),
		 value(e, FORKFAIL_KEY_STACK), value(e, FORKFAIL_KEY_SYSCALL),
		 value(e, FORKFAIL_KEY_SIGNAL), value(e, FORKFAIL_KEY_CANDIDATES));
	for (i = 0; i < nr_groups; i++)
		if (!strcmp(groups[i].what, what))
			return &groups[i];
	if (nr_groups == MOST_GROUPS)
		die("more than %d kinds of events", MOST_GROUPS);
	strcpy(groups[nr_groups].what, what);
	show(e, groups[nr_groups].sample, sizeof(groups[0].sample));
	return &groups[nr_groups++];
}

/**
 * soak_follow - sort the events of a log into kinds
 * @log: the log, of which most events were seen before
 */
void soak_follow(const struct text *log)
{
	unsigned int i;

	if (!seen)
		seen = calloc(MOST_EVENTS, sizeof(*seen));

	for (i = 0; i < log->nr_events; i++) {
		const struct event *e = &log->events[i];
		struct group *g;

		if (e->seq >= MOST_EVENTS)
			die("more than %d events", MOST_EVENTS);
		if (!seen[e->seq].times) {
			g = group_of(e);
			seen[e->seq].group = g - groups;
			g->events++;
			g->below += e->val[FORKFAIL_KEY_LIMIT] &&
				    atoll(value(e, FORKFAIL_KEY_IN_USE)) <
				    atoll(value(e, FORKFAIL_KEY_LIMIT));
			if ((!errno_fits(e) || !e->cause ||
			     atoll(value(e, FORKFAIL_KEY_LIMIT)) == PIDS_MAX) &&
			    odd++ < MOST_SHOWN) {
				char line[1200];

				show(e, line, sizeof(line));
				note("odd: %s: %s", g->what, line);
			}
		}
		g = &groups[seen[e->seq].group];
		g->failures += 1 + e->repeat - seen[e->seq].times;
		seen[e->seq].times = 1 + e->repeat;
	}
}

/**
 * soak_report - print all kinds of events, and check that none is impossible
 */
void soak_report(void)
{
	uint64_t events = 0, failures = 0;
	unsigned int i;

	for (i = 0; i < nr_groups; i++) {
		events += groups[i].events;
		failures += groups[i].failures;
		note("%llu events, %llu failures, %llu below their limit: %s",
		     (unsigned long long)groups[i].events,
		     (unsigned long long)groups[i].failures, (unsigned long long)groups[i].below,
		     groups[i].what);
		note("    e.g. %s", groups[i].sample);
	}
	ok(!odd && events > 100, "of %llu events, for %llu failures, %u are unexplained or have an errno or a limit that cannot be",
	   (unsigned long long)events, (unsigned long long)failures, odd);
}
