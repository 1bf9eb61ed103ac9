// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes each event to the journal, or to standard output.
 *
 * The module's log is the queue: events that the journal does not accept now stay
 * there and are written later.  Events that are overwritten in the meantime are
 * counted as lost, and reported.  The cursor of the last event written is kept in a
 * file, so that an agent that is restarted continues after it.
 *
 * An event is written one second after it happened: by then its holders are counted,
 * and it includes its first repetitions.  If it is repeated after that, one more entry
 * gives the final number.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/cursor.h"
#include "agent/history.h"
#include "agent/event_text.h"
#include "agent/loop.h"
#include "agent/module_files.h"
#include "advice.h"
#include "causes.h"

/* How old an event must be to be written, and for how long a storm must be over. */
#define SETTLE_S	1
#define QUIET_S		15
/* Entries a second: far below the journal's default limit of 10,000 in 30 s. */
#define BURST		128
#define RETRY_MS	1000
#define NOTICES		16
/* The largest event twice, as a line and in fields, and what is said about it. */
#define ENTRY_BYTES	16384
/* More events than the module holds. */
#define STORMS		256

#define MESSAGE_EVENT	"3f1e7c0a94d54b0f8f0a5d6c2b7e4a11"
#define MESSAGE_STORM	"3f1e7c0a94d54b0f8f0a5d6c2b7e4a12"

static const struct {
	const char *id;
	char priority;
} notice_kinds[] = {
	[NOTICE_STARTED] = { "3f1e7c0a94d54b0f8f0a5d6c2b7e4a13", '6' },
	[NOTICE_GONE]	 = { "3f1e7c0a94d54b0f8f0a5d6c2b7e4a14", '4' },
	[NOTICE_BACK]	 = { "3f1e7c0a94d54b0f8f0a5d6c2b7e4a15", '5' },
	[NOTICE_BLIND]	 = { "3f1e7c0a94d54b0f8f0a5d6c2b7e4a16", '4' },
	[NOTICE_LOST]	 = { "3f1e7c0a94d54b0f8f0a5d6c2b7e4a17", '4' },
};

/* An event that was written, and how many repetitions were reported. */
struct storm {
	u64 seq;
	u64 repeat;
};

static struct {
	bool to_journal;
	const char *cursor_path;
	bool cursor_failed;
	struct cursor at;
	u64 known_from;		/* of this load, events up to here may be missing */
	struct storm storms[STORMS];	/* of this load, by seq % STORMS */
	struct {
		enum notice kind;
		char text[200];
	} notices[NOTICES];
	size_t nr_notices;
	struct timer timer;
	struct history_stats stats;
	char out[ENTRY_BYTES];	/* for standard output, not written yet */
	size_t out_len;
} hist;

static char entry[ENTRY_BYTES];

/* ---- where it goes ------------------------------------------------------- */

/*
 * O_NONBLOCK belongs to the open file description, which other programs may share:
 * open the file again.  That is not possible for a socket.
 */
static void set_nonblocking(int fd)
{
	char path[32];
	int own;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (own >= 0) {
		dup2(own, fd);
		close(own);
	} else {
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	}
}

/* Return: false if not all of it was written. */
static bool flush_out(void)
{
	ssize_t n;

	while (hist.out_len) {
		n = write(STDOUT_FILENO, hist.out, hist.out_len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		hist.out_len -= (size_t)n;
		memmove(hist.out, hist.out + n, hist.out_len);
	}
	return true;
}

static enum sent put(const struct buf *b)
{
	if (b->full)
		return SENT_NEVER;
	if (hist.to_journal)
		return journal_send(b);
	if (!flush_out())
		return SENT_LATER;
	/* it is our copy now, even if only part of it can be written */
	memcpy(hist.out, b->s, b->len);
	hist.out_len = b->len;
	flush_out();
	return SENT;
}

/* ---- entries ------------------------------------------------------------- */

static void begin_entry(struct buf *b, const char *id, char priority)
{
	buf_add(b, "SYSLOG_IDENTIFIER=forkfail\nMESSAGE_ID=%s\nPRIORITY=%c\n", id, priority);
}

/* As in syslog(3): limits and memory are warnings, policy is a notice, the rest info. */
static char priority_of(const char *class)
{
	if (!strcmp(class, "limit") || !strcmp(class, "memory"))
		return '4';
	return !strcmp(class, "policy") || !strcmp(class, "kernel") ? '5' : '6';
}

static void add_fields(struct buf *b, const struct event *ev)
{
	const char *id = event_get(ev, FORKFAIL_KEY_CAUSE);
	const struct cause *cause = cause_find(id);
	char *unit = event_unit(ev), *pod = event_pod(ev), name[40];
	struct advice advice;
	const char *what;
	struct cursor cursor = hist.at;
	char text[CURSOR_LEN];
	const char *key;
	size_t n;
	enum forkfail_key i;

	for (i = 0; i < FORKFAIL_NR_KEYS; i++) {
		key = event_key_name(i);
		for (n = 0; key[n] && n + 1 < sizeof(name); n++)
			name[n] = key[n] >= 'a' && key[n] <= 'z' ? key[n] - 32 : key[n];
		name[n] = '\0';
		if (ev->value[i] && *ev->value[i])
			buf_add(b, "FORKFAIL_%s=%s\n", name, ev->value[i]);
	}
	cursor.seq = ev->seq;
	journal_field(b, "FORKFAIL_CURSOR", cursor_text(text, &cursor));
	journal_field(b, "FORKFAIL_TIME", ev->time);
	journal_field(b, "FORKFAIL_CLASS", event_class(ev));
	journal_field(b, "FORKFAIL_UNIT", unit);
	journal_field(b, "FORKFAIL_POD", pod);
	if (cause) {
		/* this is read later: give the advice that lasts */
		advice_get(&advice, cause, ev, false);
		journal_field(b, "FORKFAIL_MEANING", cause->meaning);
		journal_field(b, "FORKFAIL_NOT", *cause->not ? cause->not : "-");
		what = advice.keep ? advice.keep : advice.run ? advice.run : advice.now;
		journal_field(b, "FORKFAIL_DO", what ? what : cause->action);
		advice_free(&advice);
	}
	free(unit);
	free(pod);
}

static enum sent write_event(const struct event *ev)
{
	struct buf b;

	buf_init(&b, entry, sizeof(entry));
	if (!hist.to_journal) {
		event_text_json(&b, ev, &hist.at);
		return put(&b);
	}
	begin_entry(&b, MESSAGE_EVENT, priority_of(event_class(ev)));
	buf_add(&b, "MESSAGE=");
	event_text_sentence(&b, ev);
	buf_add(&b, "\nFORKFAIL_LINE=");
	event_text_log(&b, ev);
	buf_add(&b, "\n");
	add_fields(&b, ev);
	return put(&b);
}

static enum sent write_storm(const struct event *ev)
{
	struct buf b;

	buf_init(&b, entry, sizeof(entry));
	if (!hist.to_journal) {
		event_text_json(&b, ev, &hist.at);
		return put(&b);
	}
	begin_entry(&b, MESSAGE_STORM, '6');
	buf_add(&b, "MESSAGE=%s[%s] was refused %llu times until %s: %s\n",
		event_get(ev, FORKFAIL_KEY_COMM), event_get(ev, FORKFAIL_KEY_PID),
		ev->repeat + 1, event_get(ev, FORKFAIL_KEY_LAST),
		event_get(ev, FORKFAIL_KEY_CAUSE));
	add_fields(&b, ev);
	return put(&b);
}

/* ---- which events -------------------------------------------------------- */

static bool older_than(const struct timespec *ts, time_t seconds)
{
	time_t age = time(NULL) - ts->tv_sec;

	/* an event from the future: the clock was set back; do not wait for it */
	return age < 0 || age > seconds;
}

static void save_cursor(void)
{
	if (!hist.cursor_path || cursor_write(&hist.at, hist.cursor_path)) {
		hist.cursor_failed = false;
		return;
	}
	if (!hist.cursor_failed)
		warnf("%s: %s: after a restart, events will be written again",
		      hist.cursor_path, strerror(errno));
	hist.cursor_failed = true;
}

/* Note whether the journal accepts entries; false if it does not. */
static bool took(enum sent sent)
{
	hist.stats.blocked = sent == SENT_LATER;
	return !hist.stats.blocked;
}

static bool write_notices(void)
{
	char text[512];
	struct buf b;

	while (hist.nr_notices) {
		buf_init(&b, text, sizeof(text));
		if (hist.to_journal) {
			begin_entry(&b, notice_kinds[hist.notices[0].kind].id,
				    notice_kinds[hist.notices[0].kind].priority);
			buf_add(&b, "MESSAGE=%s\n", hist.notices[0].text);
		} else {
			buf_add(&b, "{\"notice\":");
			buf_json(&b, hist.notices[0].text);
			buf_add(&b, "}\n");
		}
		if (!took(put(&b)))
			return false;
		hist.nr_notices--;
		memmove(&hist.notices[0], &hist.notices[1],
			hist.nr_notices * sizeof(hist.notices[0]));
	}
	return true;
}

static bool write_new(const struct event *ev)
{
	enum sent sent;
	u64 lost;

	if (ev->seq > hist.at.seq + 1 && ev->seq > hist.known_from) {
		lost = ev->seq - hist.at.seq - 1;
		hist.stats.lost += lost;
		history_notice(NOTICE_LOST,
			       "%llu event%s overwritten before being written (seq %llu to %llu)",
			       lost, lost == 1 ? " was" : "s were", hist.at.seq + 1, ev->seq - 1);
		hist.at.seq = ev->seq - 1;
		if (!write_notices())
			return false;
	}
	if (event_is_selftest(ev)) {
		hist.at.seq = ev->seq;
		return true;
	}
	sent = write_event(ev);
	if (!took(sent))
		return false;
	hist.at.seq = ev->seq;
	if (sent == SENT)
		hist.stats.written++;
	else
		hist.stats.lost++;
	hist.storms[ev->seq % STORMS] = (struct storm){ ev->seq, ev->repeat };
	return true;
}

/* An event that was written before: report further repetitions once they are over. */
static bool write_more(const struct event *ev, bool all)
{
	struct storm *storm = &hist.storms[ev->seq % STORMS];

	if (event_is_selftest(ev))
		return true;
	/* written by an earlier agent, which also reported the repetitions if they were over */
	if (storm->seq < ev->seq)
		*storm = (struct storm){ ev->seq, ev->repeat };
	if (storm->seq != ev->seq || ev->repeat <= storm->repeat ||
	    (!all && !older_than(&ev->last, QUIET_S)))
		return true;
	if (!took(write_storm(ev)))
		return false;
	storm->repeat = ev->repeat;
	return true;
}

static int write_events(const struct page *log, bool all)
{
	int left = BURST;
	size_t i;

	for (i = 0; i < log->nr_events && left; i++) {
		const struct event *ev = &log->events[i];

		if (ev->seq <= hist.at.seq) {
			if (!write_more(ev, all))
				break;
			continue;
		}
		if (!all && !older_than(&ev->when, SETTLE_S))
			break;
		if (!write_new(ev))
			break;
		left--;
	}
	return BURST - left;
}

static u64 count_waiting(const struct page *log)
{
	u64 waiting = 0;
	size_t i;

	for (i = 0; i < log->nr_events; i++)
		waiting += log->events[i].seq > hist.at.seq &&
			   !event_is_selftest(&log->events[i]);
	return waiting;
}

/*
 * A load that is new to the agent: write all events that it still holds.  Events that are still
 * waiting belong to the load before, and were lost with it.
 */
static void begin_load(const struct cursor *load, const struct page *log)
{
	size_t i;

	if (hist.stats.waiting) {
		hist.stats.lost += hist.stats.waiting;
		history_notice(NOTICE_LOST,
			       "%llu event%s lost with the unloaded module before being written",
			       hist.stats.waiting, hist.stats.waiting == 1 ? " was" : "s were");
	}
	hist.at = *load;
	hist.known_from = 0;
	for (i = 0; i < log->nr_events; i++)
		if (log->events[i].seq > hist.known_from)
			hist.known_from = log->events[i].seq;
	memset(hist.storms, 0, sizeof(hist.storms));
}

/**
 * history_write() - write what is due, as far as the journal accepts it
 * @all: the module is gone: its last events will not change any more
 */
void history_write(bool all)
{
	const struct page *log;
	struct cursor load;
	int written = 0;

	log = module_files_log(&load);
	if (log && !cursor_same_load(&load, &hist.at))
		begin_load(&load, log);
	/* notices are older than the events that are not written yet */
	if (!hist.to_journal && !flush_out())
		hist.stats.blocked = true;
	else if (write_notices() && log)
		written = write_events(log, all);
	hist.stats.waiting = log ? count_waiting(log) : 0;
	if (written)
		save_cursor();
	if (hist.stats.waiting || hist.nr_notices || hist.out_len)
		timer_in(&hist.timer, RETRY_MS);
}

static void again(void *data __unused)
{
	history_write(module_files_state() != MODULE_READ);
}

/**
 * history_notice() - report something about the agent or the module
 * @notice: what it is about
 * @fmt: one line, printable ASCII
 */
void history_notice(enum notice notice, const char *fmt, ...)
{
	va_list ap;

	if (hist.nr_notices == NOTICES)
		return;
	hist.notices[hist.nr_notices].kind = notice;
	va_start(ap, fmt);
	vsnprintf(hist.notices[hist.nr_notices].text,
		  sizeof(hist.notices[0].text), fmt, ap);
	va_end(ap);
	hist.nr_notices++;
}

/**
 * history_stats() - statistics of the history
 *
 * Return: counts for the metrics.
 */
const struct history_stats *history_stats(void)
{
	return &hist.stats;
}

/**
 * history_init() - open the journal and read the cursor
 * @journal: the journal's socket; "", or a path that does not exist, for standard output
 * @cursor_path: the file that the last cursor is kept in, NULL for none
 */
void history_init(const char *journal, const char *cursor_path)
{
	hist.to_journal = *journal && journal_open(journal);
	if (!hist.to_journal)
		set_nonblocking(STDOUT_FILENO);
	set_nonblocking(STDERR_FILENO);
	hist.cursor_path = cursor_path;
	if (cursor_path)
		cursor_read(&hist.at, cursor_path);
	hist.timer = (struct timer){ .fire = again };
	loop_timer(&hist.timer);
}
