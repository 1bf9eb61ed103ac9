// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile_names.c - names that try to forge text
 *
 * Command names and cgroup names with every byte that the kernel accepts.  Each must be
 * read back from the log unchanged, and none may end a line, a string or a word, on the
 * page, in the log or in the kernel log.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "guest.h"

#define UID	5601
#define TOP	"hostile"
#define MANY	130

static const char * const comms[] = {
	"a\"b", "a\nb", "seq=1 cause=x", "\"\nseq=9 ca", "\033[31mred\033[0m", "\377\376\200\1",
	"a b  c", " lead", "trail ", "\\x41\\n\\", "forkfail: x", "%s%n%d%p", "\r\nlast: 1s ",
	"=", "", "\177\t\v", "\346\227\245\346\234\254", "x[1] 999, uid 0", "\" pid=1 comm=\"",
	"\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n", "\n1970-01-01T00:",
};

static char cgroups[64][512];
static unsigned int nr_cgroups, refused;

static void add_cgroup(const char *name)
{
	char path[1024];

	snprintf(path, sizeof(path), TOP "/%s", name);
	if (cgroup_make(path)) {
		refused++;
		return;
	}
	snprintf(cgroups[nr_cgroups++], sizeof(cgroups[0]), "%s", name);
}

static void make_cgroups(void)
{
	char name[256], deep[512];
	unsigned int c, n = 0;

	/* all possible bytes, 16 in each name; no name begins with a dot */
	for (c = 1; c < 256; c++) {
		if (c == '/' || c == '\n')
			continue;
		if (!n)
			name[n++] = 'n';
		name[n++] = c;
		if (n == 17 || c == 255) {
			name[n] = 0;
			add_cgroup(name);
			n = 0;
		}
	}
	add_cgroup("x\" seq=1 cause=unexplained proof=path object=\"y");
	add_cgroup("x\nseq=1");
	add_cgroup("(outside)");
	add_cgroup("..x");
	add_cgroup("trailing ");
	memset(name, '\\', 255);
	name[255] = 0;
	add_cgroup(name);
	memset(name, 'l', 200);
	name[200] = 0;
	add_cgroup(name);
	/* deeper than any buffer */
	snprintf(deep, sizeof(deep), TOP "/%s", name);
	cgroup_put(deep, "cgroup.subtree_control", "+pids");
	add_cgroup(strcat(strcat(strcpy(deep, name), "/"), name));
}

static int fail_in(const char *cgroup)
{
	pid_t pid = fork();

	if (pid)
		return wait_for(pid);
	name_self("in-cgroup");
	if (cgroup_enter(cgroup))
		_exit(99);
	_exit(try_create(PROCESS));
}

/* The path, or its beginning and "...". */
static bool is_path(const struct event *e, enum forkfail_key key, const char *path)
{
	const char *v = value(e, key);
	size_t n = strlen(v);

	if (!strcmp(v, path))
		return true;
	return n > 50 && n < strlen(path) && !strcmp(v + n - 3, "...") && !memcmp(v, path, n - 3);
}

/* holders= has words of a few plain characters, in a fixed form. */
static bool holders_plain(const char *h)
{
	for (; *h; h++)
		if (!isalnum((unsigned char)*h) && !strchr("_.:/@+-?[], ", *h))
			return false;
	return true;
}

/*
 * A user who may create namespaces can create as many limiting objects, and the kernel log has
 * a line for each of them, but only up to a limit.
 */
static void many_objects(void)
{
	unsigned int i, lines = 0, started = 0, *done = shared(sizeof(*done));
	int mark = klog_mark();
	pid_t pids[MANY];
	char *log, *p;

	for (i = 0; i < MANY; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		fail_in_dead_pidns(UID + 2, done);
	}
	for (i = 0; i < 6000 * slowness && __atomic_load_n(done, __ATOMIC_ACQUIRE) < MANY; i++)
		nap(10);
	for (i = 0; i < MANY; i++) {
		kill(pids[i], SIGKILL);
		started += wait_for(pids[i]) == 128 + SIGKILL;
	}
	log = klog_until(mark, " lines in ten minutes; ", "");
	for (p = log; (p = strchr(p, '\n')); p++)
		lines++;
	ok(started == MANY && lines <= 101 && strstr(log, " lines in ten minutes; "),
	   "an ordinary user with %u namespaces gets %u lines into the kernel log", started,
	   lines);
	free(log);
	close(mark);
}

/* CAUSE errno=E count=N [limit=N in_use=N] [object="..."] comm="..." pid=N; see /proc/forkfail */
static bool klog_line(const char *line)
{
	static const char end[] = "; see /proc/forkfail";
	char cause[64], err[32], *s;
	unsigned long long count;
	int at = 0;
	size_t n = strlen(line);

	if (strncmp(line, "forkfail: ", 10))
		return false;
	line += 10;
	n -= 10;
	if (sscanf(line, "%63s errno=%31s count=%llu%n", cause, err, &count, &at) != 3 || !at ||
	    cause_by_name(cause, strlen(cause)) < 0)
		return false;
	if (n < sizeof(end) || strcmp(line + n - (sizeof(end) - 1), end))
		return false;
	/* a string, another string, a number, and nothing after that */
	s = strstr(line, " object=\"");
	if (s) {
		s = strchr(s + 9, '"');
		if (!s || strncmp(s + 1, " comm=\"", 7))
			return false;
	}
	s = strstr(s ?: line, " comm=\"");
	s = s ? strchr(s + 7, '"') : NULL;
	at = 0;
	return s && sscanf(s, "\" pid=%llu%n", &count, &at) == 1 && count && !strcmp(s + at, end);
}

static void kernel_log(int mark)
{
	char *log = klog_since(mark, false), *rest = log, *line;
	unsigned int lines = 0, bad = 0;

	while ((line = strsep(&rest, "\n"))) {
		if (!strstr(line, "forkfail: ") || strstr(line, "forkfail: watching ") ||
		    strstr(line, "module") || !*line)
			continue;
		lines++;
		if (!klog_line(line)) {
			bad++;
			note("kernel log: %s", line);
		}
	}
	ok(lines > 5 && !bad, "%u lines in the kernel log, %u of them malformed", lines, bad);
	free(log);
}

void test_hostile_names(void)
{
	static const char comm[] = "x[1] 99, \346\326 0\"";
	unsigned int i, j, good = 0, made = 0, known = 0, plain = 0, holders = 0;
	int mark = klog_mark();
	struct text log, page;
	char path[1024];
	pid_t pid;

	fresh(NULL);
	cgroup_make(TOP);
	cgroup_put(TOP, "cgroup.subtree_control", "+pids");
	make_cgroups();
	ok(nr_cgroups > 15 && nr_cgroups < 64, "%u cgroups with hostile names (%u were refused)",
	   nr_cgroups, refused);

	for (i = 0; i < ARRAY_SIZE(comms); i++)
		made += fail_once(comms[i], UID) == EAGAIN;
	ok(made == ARRAY_SIZE(comms), "%u commands with hostile names failed", made);
	read_log(&log);
	ok(!*log.wrong && log.nr_events == made, "the log has a line for each: %u %s",
	   log.nr_events, log.wrong);
	for (i = 0; i < ARRAY_SIZE(comms); i++) {
		for (j = 0, known = 0; j < log.nr_events; j++)
			known += !strcmp(value(&log.events[j], FORKFAIL_KEY_COMM), comms[i]) &&
				 !strcmp(value(&log.events[j], FORKFAIL_KEY_CAUSE),
					 "rlimit-nproc");
		good += known == 1;
		if (known != 1)
			note("command %u is there %u times", i, known);
	}
	ok(good == ARRAY_SIZE(comms), "each name is read back unchanged (%u of %zu)", good,
	   ARRAY_SIZE(comms));
	read_page(&page);
	ok(!*page.wrong && page.nr_events && all_rows(&page) == made,
	   "the page is well-formed: %s", page.wrong);
	text_free(&page);
	text_free(&log);

	for (i = 0, made = 0; i < nr_cgroups; i++) {
		snprintf(path, sizeof(path), TOP "/%s", cgroups[i]);
		cgroup_put(path, "pids.max", "0");
		made += fail_in(path) == EAGAIN;
	}
	ok(made == nr_cgroups, "%u of %u cgroups refused", made, nr_cgroups);
	read_log(&log);
	ok(!*log.wrong, "the log is well-formed: %s", log.wrong);
	for (i = 0, good = 0; i < nr_cgroups; i++) {
		snprintf(path, sizeof(path), "/" TOP "/%s", cgroups[i]);
		for (j = 0, known = 0; j < log.nr_events; j++)
			known += is_path(&log.events[j], FORKFAIL_KEY_OBJECT, path) &&
				 is_path(&log.events[j], FORKFAIL_KEY_CGROUP, path);
		good += known == 1;
		if (known != 1)
			note("%s is there %u times", path, known);
		for (j = 0; known != 1 && j < log.nr_events; j++)
			if (!strncmp(value(&log.events[j], FORKFAIL_KEY_OBJECT), path, 12) ||
			    !strcmp(value(&log.events[j], FORKFAIL_KEY_OBJECT), "(gone)"))
				note("there is %s of %s",
				     value(&log.events[j], FORKFAIL_KEY_OBJECT),
				     value(&log.events[j], FORKFAIL_KEY_CGROUP));
	}
	ok(good == nr_cgroups, "each cgroup's name is read back unchanged (%u of %u)", good,
	   nr_cgroups);
	text_free(&log);
	read_page(&page);
	ok(!*page.wrong && page.nr_rows > nr_cgroups, "the page is well-formed, %u rows: %s",
	   page.nr_rows, page.wrong);
	text_free(&page);

	/* the holders are added later, with the same names */
	pid = fork();
	if (!pid) {
		fail(comm, UID + 1);
		for (;;)
			pause();
	}
	until_counted(comm);
	kill(pid, SIGKILL);
	wait_for(pid);
	read_log(&log);
	for (i = 0; i < log.nr_events; i++)
		if (log.events[i].val[FORKFAIL_KEY_HOLDERS]) {
			bool is = holders_plain(value(&log.events[i], FORKFAIL_KEY_HOLDERS));

			holders++;
			plain += is;
			if (!is)
				note("holders: %s", value(&log.events[i], FORKFAIL_KEY_HOLDERS));
		}
	ok(!*log.wrong && holders && holders == plain, "%u events have holders, %u of them plain",
	   holders, plain);
	text_free(&log);
	kernel_log(mark);
	many_objects();
	for (i = nr_cgroups; i--; ) {
		snprintf(path, sizeof(path), TOP "/%s", cgroups[i]);
		cgroup_remove(path);
	}
	cgroup_remove(TOP);
}
