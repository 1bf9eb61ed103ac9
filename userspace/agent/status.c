// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The status page: the answer, failures over time, the causes, the newest failures, and
 * what is nearly full.  Readable on a phone; no scripts, nothing from other servers.
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/headroom.h"
#include "agent/history.h"
#include "agent/event_text.h"
#include "agent/loop.h"
#include "agent/metrics.h"
#include "agent/module_files.h"
#include "agent/status.h"
#include "agent/tally.h"
#include "causes.h"
#include "text.h"

#define NEWEST	12

static const char style[] =
	":root{color-scheme:light dark;--line:#8886;--dim:#666}\n"
	"@media(prefers-color-scheme:dark){:root{--dim:#aaa}}\n"
	"body{font:16px/1.45 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:0 1rem 2rem}\n"
	"h1{font-size:1.4rem}h2{font-size:1.15rem;margin:1.6rem 0 .4rem}h3{font-size:1rem;font-weight:600;margin:1rem 0 .2rem}\n"
	".wide{overflow-x:auto}table{border-collapse:collapse;width:100%}\n"
	"td,th{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top}\n"
	"td.n,th.n{text-align:right;white-space:nowrap}td.t{overflow-wrap:anywhere}small{color:var(--dim);font-size:.85em}\n"
	".answer,.note{border-left:.3rem solid #d55e00;padding:.4rem .8rem;background:#d55e0018;overflow-wrap:anywhere}\n"
	".note{border-color:#e69f00;background:#e69f0018;margin:.5rem 0}.well{border-color:#009e73;background:#009e7318}\n"
	".answer p{margin:.3rem 0}.dim,footer{color:var(--dim)}footer{font-size:.85rem;margin-top:2rem}\n"
	"svg{width:100%;height:7rem;display:block;border-bottom:1px solid;border-top:1px dashed var(--line)}\n"
	".scale{display:flex;justify-content:space-between;margin:0;font-size:.8rem;color:var(--dim)}\n"
	".legend span{white-space:nowrap;margin-right:.9rem}i{display:inline-block;width:.8rem;height:.8rem;margin-right:.3rem}\n"
	"meter{width:100%}\n";

static void answer_line(struct buf *b, const struct page *page, const char *word)
{
	size_t i;

	for (i = 0; i < page->nr_notes; i++) {
		if (strcmp(page->notes[i].key, word))
			continue;
		buf_add(b, "<p><b>%s:</b> ", word);
		buf_html(b, page->notes[i].value);
		buf_add(b, "</p>\n");
	}
}

/* What the module says that it cannot see. */
static void blind_notes(struct buf *b, const struct page *page)
{
	size_t i;

	for (i = 0; i < page->nr_notes; i++) {
		if (strcmp(page->notes[i].key, "blind"))
			continue;
		buf_add(b, "<p class=\"note\">Not seen: ");
		buf_html(b, page->notes[i].value);
		buf_add(b, "</p>\n");
	}
}

/* Without calls that the kernel restarts: their callers never see an error. */
static u64 failures_of(const struct page *page)
{
	u64 sum = 0;
	size_t i;

	for (i = 0; i < page->nr_counts; i++)
		if (page_is_failure(page->counts[i].value[COUNT_CAUSE]))
			sum = page_add(sum, page->counts[i].count);
	return sum;
}

static void answer(struct buf *b, const struct page *page, bool names)
{
	static const char * const words[] = {
		"last", "because", "possible", "not", "now", "do", "or", "lasting", "note",
		"holders", "also",
	};
	u64 failures;
	size_t i;

	if (!page) {
		buf_add(b, "<p class=\"note\">%s</p>\n", module_files_state() == MODULE_DENIED ?
			"The agent may not read /proc/forkfail." :
			"The module is not loaded: <code>modprobe forkfail</code>; the kernel log says why it does not load.");
		return;
	}
	failures = failures_of(page);
	if (!failures) {
		buf_add(b, "<div class=\"answer well\"><p>Nothing has failed since the module was loaded.</p></div>\n");
	} else if (names) {
		buf_add(b, "<div class=\"answer\">\n");
		for (i = 0; i < ARRAY_SIZE(words); i++)
			answer_line(b, page, words[i]);
		buf_add(b, "</div>\n");
	} else {
		buf_add(b, "<div class=\"answer\"><p>%llu %s. Names are not shown here: request them on the agent's Unix socket.</p></div>\n",
			failures, failures == 1 ? "failure" : "failures");
	}
	blind_notes(b, page);
}

/* ---- causes -------------------------------------------------------------- */

static bool seen_before(const struct page *page, size_t row)
{
	size_t i;

	for (i = 0; i < row; i++)
		if (!strcmp(page->counts[i].value[COUNT_CAUSE],
			    page->counts[row].value[COUNT_CAUSE]))
			return true;
	return false;
}

static u64 sum_of(const struct page *page, size_t row)
{
	u64 sum = 0;
	size_t i;

	for (i = row; i < page->nr_counts; i++)
		if (!strcmp(page->counts[i].value[COUNT_CAUSE],
			    page->counts[row].value[COUNT_CAUSE]))
			sum = page_add(sum, page->counts[i].count);
	return sum;
}

static void cause_row(struct buf *b, const struct page *page, size_t row)
{
	const struct count *count = &page->counts[row];
	const struct cause *cause = cause_find(count->value[COUNT_CAUSE]);
	enum forkfail_class class = tally_class(count->value[COUNT_CAUSE]);
	const char *last = count->value[COUNT_LAST];

	buf_add(b, "<tr><td class=\"t\"><i class=\"%s\"></i><b>%s</b> <small>%s<br>",
		class < FORKFAIL_NR_CLASSES ? class_name(class) : "",
		count->value[COUNT_CAUSE],
		class < FORKFAIL_NR_CLASSES ? class_name(class) : "no failure");
	if (cause)
		buf_html(b, cause->meaning);
	buf_add(b, "</small></td><td class=\"n\">%llu</td><td class=\"n\">%s</td></tr>\n",
		sum_of(page, row), last ? last : "");
}

static void causes(struct buf *b, const struct page *page)
{
	int class;
	size_t i;

	if (!page->nr_counts)
		return;
	buf_add(b, "<h2>Causes</h2>\n<div class=\"wide\"><table><tr><th>cause</th><th class=\"n\">count</th><th class=\"n\">last</th></tr>\n");
	/* the most serious class first */
	for (class = 0; class <= FORKFAIL_NR_CLASSES; class++)
		for (i = 0; i < page->nr_counts; i++)
			if ((int)tally_class(page->counts[i].value[COUNT_CAUSE]) == class &&
			    !seen_before(page, i))
				cause_row(b, page, i);
	buf_add(b, "</table></div>\n");
}

/* ---- the newest failures ------------------------------------------------- */

static void newest_row(struct buf *b, const struct event *ev)
{
	static char text[2048];
	struct buf sentence;

	buf_init(&sentence, text, sizeof(text));
	event_text_sentence(&sentence, ev);
	buf_add(b, "<tr><td class=\"n\">%.8s<br><small>%.10s</small></td><td class=\"t\"><i class=\"%s\"></i>",
		strlen(ev->time) > 19 ? ev->time + 11 : "", ev->time, event_class(ev));
	buf_html(b, text);
	buf_add(b, "</td></tr>\n");
}

static void newest(struct buf *b)
{
	const struct page *log = module_files_log(NULL);
	size_t i, left = NEWEST;

	if (!log || !log->nr_events)
		return;
	buf_add(b, "<h2>Newest failures</h2>\n<div class=\"wide\"><table><tr><th class=\"n\">UTC</th><th>who, and why</th></tr>\n");
	for (i = log->nr_events; i-- && left; ) {
		if (event_is_selftest(&log->events[i]))
			continue;
		newest_row(b, &log->events[i]);
		left--;
	}
	buf_add(b, "</table></div>\n");
}

/* ---- what is nearly full ------------------------------------------------- */

static void meter(struct buf *b, const char *kind, const char *name, u64 used, u64 max,
		  bool bytes)
{
	char of[2][32];

	buf_add(b, "<tr><td class=\"t\">%s ", kind);
	buf_html(b, name);
	buf_add(b, "<br><meter min=\"0\" max=\"1\" low=\".7\" high=\".9\" optimum=\"0\" value=\"%.3f\"></meter></td>",
		(double)used / (double)max);
	if (bytes)
		buf_add(b, "<td class=\"n\">%s of %s</td></tr>\n",
			text_bytes(of[0], sizeof(of[0]), used),
			text_bytes(of[1], sizeof(of[1]), max));
	else
		buf_add(b, "<td class=\"n\">%llu of %llu</td></tr>\n", used, max);
}

static void headroom(struct buf *b, bool names)
{
	static const struct {
		const char *what, *limit;
	} machine[HEADROOM_NR] = {
		[HEADROOM_TASKS] = { "tasks", "(kernel.threads-max)" },
		[HEADROOM_PIDS] = { "PIDs", "(kernel.pid_max)" },
		[HEADROOM_COMMITTED] = { "committed memory", "(CommitLimit)" },
	};
	const struct headroom *h = headroom_get();
	enum headroom_resource r;
	u64 used, max;
	size_t i;

	buf_add(b, "<h2>How full</h2>\n<div class=\"wide\"><table>\n");
	for (r = 0; r < HEADROOM_NR; r++)
		if (headroom_machine(r, &used, &max) && max)
			meter(b, machine[r].what, machine[r].limit, used, max,
			      r == HEADROOM_COMMITTED);
	for (i = 0; names && i < h->nr_cgroup; i++)
		meter(b, "cgroup", h->cgroup[i].name, h->cgroup[i].used,
		      h->cgroup[i].max, false);
	for (i = 0; names && i < h->nr_user; i++)
		meter(b, "uid", h->user[i].name, h->user[i].used, h->user[i].max,
		      false);
	buf_add(b, "</table></div>\n");
	if (h->at)
		buf_add(b, "<p class=\"dim\">Examined %lld s ago: cgroups %llu, tasks %llu; above 70 %%: cgroups %zu, users %zu.</p>\n",
			(loop_now() - h->at) / 1000, h->cgroups, h->tasks, h->nr_cgroup,
			h->nr_user);
}

/* ---- the page ------------------------------------------------------------ */

static void head(struct buf *b)
{
	char host[64] = "";

	gethostname(host, sizeof(host) - 1);
	text_clean(host);
	buf_add(b, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta http-equiv=\"refresh\" content=\"30\"><title>forkfail on ");
	buf_html(b, host);
	buf_add(b, "</title><style>\n%s", style);
	plot_style(b);
	buf_add(b, "</style></head><body>\n<h1>Why processes and threads could not be created on ");
	buf_html(b, host);
	buf_add(b, "</h1>\n");
}

static void foot(struct buf *b, const struct page *page)
{
	const struct history_stats *history = history_stats();
	const char *kernel = page ? page_pair(page, "kernel") : NULL;
	time_t now = time(NULL);
	u64 armed, wanted;
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&now, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	buf_add(b, "<footer>%s UTC; agent %s", text, FORKFAIL_VERSION);
	if (*module_files_version())
		buf_add(b, ", module %s", module_files_version());
	if (kernel)
		buf_add(b, ", kernel %s", kernel);
	if (page && page_points(page, &armed, &wanted))
		buf_add(b, "; %llu of %llu watch points armed", armed, wanted);
	buf_add(b, "; events of the history: written %llu, lost %llu, waiting %llu%s%s.</footer>\n</body></html>\n",
		history->written, history->lost, history->waiting,
		history->blocked ? " (the journal accepts nothing)" : "",
		metrics_sees_all() ? "" : "; the agent sees only the failures of its own user");
}

/**
 * status_write() - write the page
 * @b: where it goes
 * @names: with names of processes, units and users
 */
void status_write(struct buf *b, bool names)
{
	const struct page *page = module_files_page();
	const struct tally *tally = tally_get();

	head(b);
	answer(b, page, names);
	if (page) {
		buf_add(b, "<h2>Failures by class</h2>\n");
		plot_legend(b);
		plot_write(b, "The last hour", "60 minutes ago", "a minute",
			   &tally->hour[0][0], TALLY_HOUR);
		plot_write(b, "The last day", "24 hours ago", "15 minutes",
			   &tally->day[0][0], TALLY_DAY);
		if (tally_minutes() < 24 * 60)
			buf_add(b, "<p class=\"dim\">Counted since the agent was started, %lld min ago.</p>\n",
				tally_minutes());
		causes(b, page);
		if (names)
			newest(b);
	}
	headroom(b, names);
	foot(b, page);
}
