// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Metrics for Prometheus: failures, headroom, blindness, and the agent itself.
 *
 * The number of series is small and bounded: in a fleet, each of them exists ten
 * thousand times.  Classes are exported from the start, with 0, because rate() needs
 * that to see the first failure.  A cause is exported once it has occurred, for up to
 * CAUSES of them; the rest is counted as cause="other" of its class.  A cause keeps its series, so
 * that no counter goes backwards.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "agent/clients.h"
#include "agent/headroom.h"
#include "agent/history.h"
#include "agent/event_text.h"
#include "agent/loop.h"
#include "agent/metrics.h"
#include "agent/module_files.h"
#include "agent/tally.h"
#include "causes.h"
#include "exposition.h"
#include "page_metrics.h"
#include "proc.h"
#include "times.h"

#define CAUSES		30
#define NEWEST		10
#define NEWEST_S	3600

#define CAP_SYSLOG_BIT	(1ull << 34)

static struct {
	char id[48];
} causes[CAUSES];
static size_t nr_causes;
static bool sees_all;

/**
 * metrics_init() - find out which events the agent can see
 *
 * The module shows all events to CAP_SYSLOG in the initial user namespace, and only
 * those of the agent's own user otherwise.
 */
void metrics_init(void)
{
	u64 ns = ns_of(0, "user");
	struct task self;

	sees_all = proc_task(&self, 0) && (self.cap_eff & CAP_SYSLOG_BIT) &&
		   (!ns || ns == NS_INIT_USER);
}

/**
 * metrics_sees_all() - can the agent see the events of all users?
 *
 * Return: true if so.
 */
bool metrics_sees_all(void)
{
	return sees_all;
}

/**
 * metrics_new_load() - the module was loaded again: its counters start at 0
 */
void metrics_new_load(void)
{
	nr_causes = 0;
}

/* ---- failures ------------------------------------------------------------ */

static void classes(struct expo *x, const struct page *page)
{
	static const char name[] = "forkfail_class_failures_total";
	u64 total[FORKFAIL_NR_CLASSES];
	enum forkfail_class i;

	tally_totals(total, page);
	expo_head(x, name, "counter",
		  "Processes and threads that could not be created, by class of cause.");
	for (i = 0; i < FORKFAIL_NR_CLASSES; i++) {
		const char * const labels[][2] = { { "class", class_name(i) } };

		expo_labels(x, name, 1, labels, (double)total[i]);
	}
}

/* The slot of a cause; CAUSES if it has no series of its own. */
static size_t cause_slot(const char *id)
{
	size_t i;

	for (i = 0; i < nr_causes; i++)
		if (!strcmp(causes[i].id, id))
			return i;
	if (i < CAUSES && strlen(id) < sizeof(causes[i].id)) {
		strcpy(causes[i].id, id);
		nr_causes++;
		return i;
	}
	return CAUSES;
}

static void cause_sample(struct expo *x, const char *name, enum forkfail_class class,
			 const char *cause, u64 count)
{
	const char * const labels[][2] = {
		{ "class", class_name(class) },
		{ "cause", cause },
	};

	expo_labels(x, name, 2, labels, (double)count);
}

static void failures(struct expo *x, const struct page *page)
{
	static const char name[] = "forkfail_failures_total";
	u64 sum[CAUSES] = { 0 }, other[FORKFAIL_NR_CLASSES] = { 0 };
	enum forkfail_class class;
	const struct count *count;
	size_t i, slot;

	for (i = 0; i < page->nr_counts; i++) {
		count = &page->counts[i];
		class = tally_class(count->value[COUNT_CAUSE]);
		if (!count->count || class >= FORKFAIL_NR_CLASSES)
			continue;
		slot = cause_slot(count->value[COUNT_CAUSE]);
		if (slot < CAUSES)
			sum[slot] = page_add(sum[slot], count->count);
		else
			other[class] = page_add(other[class], count->count);
	}
	if (!nr_causes)
		return;
	expo_head(x, name, "counter",
		  "Processes and threads that could not be created, by cause.");
	for (i = 0; i < nr_causes; i++)
		cause_sample(x, name, tally_class(causes[i].id), causes[i].id, sum[i]);
	/* by class, because alerts are */
	for (class = 0; class < FORKFAIL_NR_CLASSES; class++)
		if (other[class])
			cause_sample(x, name, class, "other", other[class]);
}

/* What distinguishes the newest failures. */
struct who {
	const char *cause, *user;
	char *unit, *pod;
	double when;
};

static bool same_who(const struct who *a, const struct who *b)
{
	return !strcmp(a->cause, b->cause) && !strcmp(a->user, b->user) &&
	       !strcmp(a->unit ? a->unit : "", b->unit ? b->unit : "") &&
	       !strcmp(a->pod ? a->pod : "", b->pod ? b->pod : "");
}

/* From the end of the log, where the newest events are. */
static size_t collect_newest(const struct page *log, struct who newest[NEWEST])
{
	time_t now = time(NULL);
	size_t nr = 0, i, j;

	for (i = log->nr_events; i-- && nr < NEWEST; ) {
		const struct event *ev = &log->events[i];
		struct who who = {
			.cause = event_get(ev, FORKFAIL_KEY_CAUSE),
			.user = event_get(ev, FORKFAIL_KEY_UID),
			.when = (double)ev->last.tv_sec + (double)ev->last.tv_nsec / 1e9,
		};

		if (event_is_selftest(ev) || ev->last.tv_sec < now - NEWEST_S)
			continue;
		who.unit = event_unit(ev);
		who.pod = event_pod(ev);
		for (j = 0; j < nr && !same_who(&newest[j], &who); j++)
			;
		if (j == nr) {
			newest[nr++] = who;
			continue;
		}
		if (newest[j].when < who.when)
			newest[j].when = who.when;
		free(who.unit);
		free(who.pod);
	}
	return nr;
}

static void newest(struct expo *x)
{
	static const char name[] = "forkfail_last_failure_timestamp_seconds";
	const struct page *log = module_files_log(NULL);
	struct who list[NEWEST];
	enum forkfail_class class;
	size_t nr, i;

	nr = log && module_files_state() == MODULE_READ ? collect_newest(log, list) : 0;
	if (!nr)
		return;
	expo_head(x, name, "gauge", "The newest failures of the last hour, and whose they were.");
	for (i = 0; i < nr; i++) {
		const char *labels[5][2] = { { "cause", list[i].cause } };
		size_t n = 1;

		class = tally_class(list[i].cause);
		labels[n][0] = "class";
		labels[n++][1] = class < FORKFAIL_NR_CLASSES ? class_name(class) : "transient";
		if (list[i].unit) {
			labels[n][0] = "unit";
			labels[n++][1] = list[i].unit;
		}
		if (list[i].pod) {
			labels[n][0] = "pod_uid";
			labels[n++][1] = list[i].pod;
		}
		labels[n][0] = "uid";
		labels[n++][1] = list[i].user;
		expo_labels(x, name, n, (const char * const (*)[2])labels, list[i].when);
		free(list[i].unit);
		free(list[i].pod);
	}
}

/* ---- blindness ----------------------------------------------------------- */

/* blind is "since TIME" in line 1, and the reason may follow. */
static double blind_since(const char *blind)
{
	char text[40];
	struct timespec ts;

	if (!blind || strncmp(blind, "since ", 6))
		return 0;
	blind += 6;
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(blind, " "), blind);
	if (!times_parse(text, &ts))
		return 0;
	return (double)ts.tv_sec;
}

static void blindness(struct expo *x, const struct page *page)
{
	u64 armed, wanted;

	if (!page_points(page, &armed, &wanted))
		return;
	page_metrics_points(x, page);
	expo_one(x, "forkfail_blind_since_timestamp_seconds", "gauge",
		 "When the hooks stopped firing; 0 if they fire.", blind_since(page_pair(page, "blind")));
}

static void info(struct expo *x, const struct page *page)
{
	const char *kernel = page_pair(page, "kernel"), *facts = page_pair(page, "facts");
	char format[16];

	snprintf(format, sizeof(format), "%u", page->format);
	{
		const char * const labels[][2] = {
			{ "module", module_files_version() },
			{ "kernel", kernel ? kernel : "" },
			{ "facts", facts ? facts : "read" },
			{ "format", format },
			{ "agent", FORKFAIL_VERSION },
		};

		expo_head(x, "forkfail_info", "gauge",
			  "Versions, and whether the module's facts about this kernel were read or guessed.");
		expo_labels(x, "forkfail_info", ARRAY_SIZE(labels), labels, 1);
	}
}

/* ---- headroom ------------------------------------------------------------ */

static void machine(struct expo *x, const char *name, const char *help, bool limit)
{
	u64 used, max;
	enum headroom_resource i;

	expo_head(x, name, "gauge", help);
	for (i = 0; i < HEADROOM_NR; i++) {
		const char * const labels[][2] = { { "resource", headroom_resource_name(i) } };

		if (headroom_machine(i, &used, &max) && (!limit || max))
			expo_labels(x, name, 1, labels, (double)(limit ? max : used));
	}
}

static void fullest(struct expo *x, const char *kind, const struct full *top, size_t nr,
		    bool limit)
{
	const char *name = limit ? "forkfail_fullest_limit" : "forkfail_fullest_used";
	size_t i;

	for (i = 0; i < nr; i++) {
		const char * const labels[][2] = { { "kind", kind }, { "name", top[i].name } };

		expo_labels(x, name, 2, labels, (double)(limit ? top[i].max : top[i].used));
	}
}

static double fullness(const struct full *top, size_t nr)
{
	return nr ? (double)top->used / (double)top->max : 0;
}

static void headroom(struct expo *x, bool names)
{
	static const char ratio[] = "forkfail_fullest_ratio";
	const struct headroom *h = headroom_get();
	const char * const cgroup[][2] = { { "kind", "cgroup" } };
	const char * const user[][2] = { { "kind", "user" } };

	machine(x, "forkfail_resource_used", "Usage of the machine's own limits.", false);
	machine(x, "forkfail_resource_limit", "The machine's own limits, if there are any.",
		true);
	if (!h->at)
		return;
	expo_head(x, ratio, "gauge",
		  "Tasks of the fullest cgroup or user against its limit; 0 below 0.7.");
	expo_labels(x, ratio, 1, cgroup, fullness(h->cgroup, h->nr_cgroup));
	expo_labels(x, ratio, 1, user, fullness(h->user, h->nr_user));
	if (names && h->nr_cgroup + h->nr_user) {
		expo_head(x, "forkfail_fullest_used", "gauge",
			  "Tasks of the fullest cgroups and users above 70 %.");
		fullest(x, "cgroup", h->cgroup, h->nr_cgroup, false);
		fullest(x, "user", h->user, h->nr_user, false);
		expo_head(x, "forkfail_fullest_limit", "gauge", "Limits of the fullest cgroups and users.");
		fullest(x, "cgroup", h->cgroup, h->nr_cgroup, true);
		fullest(x, "user", h->user, h->nr_user, true);
	}
	expo_one(x, "forkfail_walk_age_seconds", "gauge",
		 "Age of the figures about cgroups and users.",
		 (double)(loop_now() - h->at) / 1000);
	expo_one(x, "forkfail_walk_longest_slice_seconds", "gauge",
		 "Most CPU time that the agent used without a pause to examine cgroups and users.",
		 (double)h->longest / 1e6);
	expo_one(x, "forkfail_walk_cgroups", "gauge", "Cgroups that were read.",
		 (double)h->cgroups);
}

/* ---- the agent ----------------------------------------------------------- */

static void agent(struct expo *x)
{
	static const char events[] = "forkfail_history_events_total";
	const char * const written[][2] = { { "result", "written" } };
	const char * const lost[][2] = { { "result", "lost" } };
	const struct history_stats *h = history_stats();
	struct rusage used;
	u64 pages = 0;
	char *text;

	expo_one(x, "forkfail_agent_sees_all", "gauge",
		 "1 if the agent can see the events of all users.", sees_all);
	expo_one(x, "forkfail_module_loads_total", "counter",
		 "Loads of the module that the agent has seen.", (double)module_files_loads());
	expo_head(x, events, "counter", "Events for the journal.");
	expo_labels(x, events, 1, written, (double)h->written);
	expo_labels(x, events, 1, lost, (double)h->lost);
	expo_one(x, "forkfail_history_waiting", "gauge",
		 "Events that are not in the journal yet.", (double)h->waiting);
	expo_one(x, "forkfail_http_refused_total", "counter",
		 "Requests that were refused, and clients that were too slow.",
		 (double)clients_refused());
	getrusage(RUSAGE_SELF, &used);
	expo_one(x, "process_cpu_seconds_total", "counter", "CPU time of the agent.",
		 (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
		 (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
	text = proc_read("/proc/self/statm");
	if (text && sscanf(text, "%*u %llu", &pages) == 1)
		expo_one(x, "process_resident_memory_bytes", "gauge", "Memory of the agent.",
			 (double)pages * (double)sysconf(_SC_PAGESIZE));
	free(text);
}

/**
 * metrics_write() - write all metrics
 * @b: receives them
 * @openmetrics: in OpenMetrics, else in the Prometheus text format
 * @names: also those with names of units and users
 */
void metrics_write(struct buf *b, bool openmetrics, bool names)
{
	struct expo x = { .b = b, .openmetrics = openmetrics };
	const struct page *page = module_files_page();

	expo_one(&x, "forkfail_up", "gauge",
		 "1 if the module is loaded and could be read.", !!page);
	if (page) {
		info(&x, page);
		classes(&x, page);
		failures(&x, page);
		if (names)
			newest(&x);
		page_metrics_counters(&x, page);
		blindness(&x, page);
	}
	headroom(&x, names);
	agent(&x);
	expo_end(&x);
}
