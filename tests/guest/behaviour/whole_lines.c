// SPDX-License-Identifier: GPL-2.0-only
/*
 * whole_lines.c - every reader, however slow, gets whole lines
 *
 * Meanwhile processes with names of all lengths fail, so that the length of lines changes all
 * the time.  The files are read by bash and dash in a cgroup where nothing can be forked,
 * byte by byte, at odd offsets, and after seeking back.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/resource.h>

#include "guest.h"

#define UID	5301
#define ROUNDS	(brief ? 4U : 6U)
#define SHOWN	24	/* events on a page */

static int *stop;

static void storm(unsigned int seed, bool nproc)
{
	char comm[16];
	unsigned int i, n, calls = 0;

	srand(seed);
	if (nproc)
		refuse_nproc(UID);
	else if (cgroup_enter("storm"))
		_exit(1);
	while (!__atomic_load_n(stop, __ATOMIC_ACQUIRE)) {
		n = 1 + rand() % 15;
		for (i = 0; i < n; i++)
			comm[i] = "abcdefghijklmnopqrstuvwxyz \"\\\n\1\377"[rand() % 32];
		comm[i] = 0;
		name_self(comm);
		if (try_create(rand() % NR_KINDS) != EAGAIN)
			_exit(1);
		/* otherwise they would use almost all of the CPU time, and the readers none */
		if (brief && ++calls % 8 == 0)
			nap(10);
	}
	_exit(0);
}

static pid_t start_storm(unsigned int seed, bool nproc)
{
	pid_t pid = fork();

	if (!pid)
		storm(seed, nproc);
	return pid;
}

/* A page has the newest event, and as many older ones as fit. */
static bool whole(struct text *t, bool page)
{
	unsigned int i, cause;
	uint64_t newest;

	if (!t->nr_events) {
		strcpy(t->wrong, "no event");
		return false;
	}
	newest = t->events[page ? 0 : t->nr_events - 1].seq;
	for (i = 1; page && i < t->nr_events; i++)
		if (t->events[i].seq >= t->events[i - 1].seq) {
			snprintf(t->wrong, sizeof(t->wrong), "seq %llu comes after %llu",
				 (unsigned long long)t->events[i].seq,
				 (unsigned long long)t->events[i - 1].seq);
			return false;
		}
	/* events that a storm has overwritten since they were chosen are missing */
	if (page && t->nr_events > SHOWN) {
		snprintf(t->wrong, sizeof(t->wrong), "%u events on the page", t->nr_events);
		return false;
	}
	if (!page && t->nr_events < (newest < 100 ? newest : 100)) {
		snprintf(t->wrong, sizeof(t->wrong), "%u events of %llu in the log", t->nr_events,
			 (unsigned long long)newest);
		return false;
	}
	for (cause = 0; page && cause < 256; cause++)
		if (event_total(t, cause) > row_total(t, cause)) {
			snprintf(t->wrong, sizeof(t->wrong), "%s: %llu in events, %llu in the table",
				 cause_name(cause), (unsigned long long)event_total(t, cause),
				 (unsigned long long)row_total(t, cause));
			return false;
		}
	return true;
}

static bool good(struct text *t, char *raw, size_t len, bool page)
{
	return (page ? parse_page : parse_log)(t, raw, len) && whole(t, page);
}

/* ---- shells that cannot fork ---------------------------------------------- */

static void by_shell(const char *shell)
{
	static const char script[] =
		"i=0\n"
		"while [ $i -lt $1 ]; do\n"
		"	while IFS= read -r l; do printf '%s\\n' \"$l\"; done </proc/forkfail >/tmp/$2.page.$i\n"
		"	while IFS= read -r l; do printf '%s\\n' \"$l\"; done </proc/forkfail_log >/tmp/$2.log.$i\n"
		"	i=$((i + 1))\n"
		"done\n";
	char path[64], rounds[8], cgroup[32], *raw;
	unsigned int i, bad = 0, lengths = 0, kind;
	size_t len, last = 0;
	struct text t;
	pid_t pid;
	int status;

	snprintf(cgroup, sizeof(cgroup), "starved-%s", shell);
	snprintf(rounds, sizeof(rounds), "%u", ROUNDS);
	cgroup_make(cgroup);
	cgroup_put(cgroup, "cpu.weight", "1000");
	pid = fork();
	if (!pid) {
		if (cgroup_enter(cgroup) || cgroup_put(cgroup, "pids.max", "1"))
			_exit(98);
		if (try_create(PROCESS) != EAGAIN)
			_exit(99);
		execlp(shell, shell, "-c", script, shell, rounds, shell, NULL);
		_exit(127);
	}
	status = wait_for(pid);
	ok(!status, "%s, which cannot fork, read everything (status %d)", shell, status);
	for (i = 0; i < 2 * ROUNDS; i++) {
		kind = i % 2;
		snprintf(path, sizeof(path), "/tmp/%s.%s.%u", shell, kind ? "log" : "page", i / 2);
		len = 0;
		raw = slurp(path, &len);
		if (!good(&t, raw, len, !kind)) {
			bad++;
			note("%s: %s", path, t.wrong);
		}
		lengths += len != last;
		last = len;
		text_free(&t);
		unlink(path);
	}
	ok(!bad, "%s: %u pages and logs have every line whole, and once (%u bad)", shell,
	   2 * ROUNDS, bad);
	ok(lengths > ROUNDS, "%s: their lengths did change (%u of %u)", shell, lengths, 2 * ROUNDS);
	cgroup_remove(cgroup);
}

/* ---- other ways of reading ------------------------------------------------ */

static char *by_bytes(int fd, size_t *len)
{
	char *buf = malloc(1 << 20);
	size_t n = 0;

	while (n < (1 << 20) - 1 && read(fd, buf + n, 1) == 1)
		n++;
	buf[n] = 0;
	*len = n;
	return buf;
}

/* Like a shell: read 4,096 bytes, and seek back to the end of their first line. */
static char *by_lines(int fd, size_t *len)
{
	char *out = malloc(1 << 20), buf[4096], *end;
	size_t n = 0, take;
	ssize_t got;

	while ((got = read(fd, buf, sizeof(buf))) > 0) {
		end = memchr(buf, '\n', got);
		take = end ? end + 1 - buf : got;
		memcpy(out + n, buf, take);
		n += take;
		lseek(fd, n, SEEK_SET);
	}
	out[n] = 0;
	*len = n;
	return out;
}

static void by_hand(const char *path, bool page)
{
	unsigned int i, bad = 0, torn = 0;
	char buf[8192], *first, *again, *third;
	size_t len, len2, off, size, want, back = 0;
	struct text t;
	ssize_t got;
	int fd = open(path, O_RDONLY);

	/* until the end is reached, the beginning does not change */
	got = read(fd, buf, 333);
	nap(100);
	lseek(fd, 0, SEEK_SET);
	first = by_bytes(fd, &len);
	ok(got == 333 && len > 1000 && !memcmp(first, buf, 333),
	   "%s: read again from the start before its end was reached, it is the same", path);
	for (i = 0; i < 300; i++) {
		off = 1 + (rand() % len);
		size = 1 + 2 * (rand() % (sizeof(buf) / 2));
		got = pread(fd, buf, size, off);
		want = off + size > len ? len - off : size;
		bad += got != (ssize_t)want || memcmp(buf, first + off, want);
	}
	ok(!bad, "%s: 300 preads at odd offsets agree with it (%u do not)", path, bad);
	ok(pread(fd, buf, 1, len) == 0 && pread(fd, buf, 1, len + 100000) == 0 &&
	   pread(fd, buf, 0, 5) == 0 && pread(fd, buf, 1, -1) == -1,
	   "%s: nothing is behind its end", path);
	if (!ok(good(&t, strdup(first), len, page), "%s: byte by byte, every line is whole", path))
		note("%s", t.wrong);
	back = t.nr_events ? t.events[page ? 0 : t.nr_events - 1].seq : 0;
	text_free(&t);

	nap(50);
	lseek(fd, 0, SEEK_SET);
	again = by_lines(fd, &len2);
	ok(len2 != len || memcmp(first, again, len), "%s: read again after its end, it is new",
	   path);
	if (!ok(good(&t, again, len2, page), "%s: with a seek after each line, every line is whole",
		path))
		note("%s", t.wrong);
	ok(t.nr_events && t.events[page ? 0 : t.nr_events - 1].seq >= back,
	   "%s: events went on", path);
	text_free(&t);
	close(fd);

	/* the file is opened each time, and read in pieces of odd sizes */
	for (i = 0; i < 20; i++) {
		fd = open(path, O_RDONLY);
		third = malloc(1 << 20);
		for (len = 0; (got = read(fd, third + len, 1 + rand() % 1777)) > 0; len += got)
			;
		third[len] = 0;
		if (!good(&t, third, len, page)) {
			torn++;
			note("%s", t.wrong);
		}
		text_free(&t);
		close(fd);
	}
	ok(!torn, "%s: read 20 times in pieces, every line is whole (%u bad)", path, torn);
	free(first);
}

void test_whole_lines(void)
{
	unsigned int i, bad = 0;
	struct text page;
	pid_t pids[4];

	fresh(NULL);
	stop = shared(sizeof(*stop));
	cgroup_make("storm");
	cgroup_put("storm", "pids.max", "0");
	for (i = 0; i < 4; i++)
		pids[i] = start_storm(i + 1, i % 2);
	nap(500);
	by_shell("bash");
	by_shell("dash");
	by_hand(FORKFAIL_PAGE, true);
	by_hand(FORKFAIL_LOG, false);
	__atomic_store_n(stop, 1, __ATOMIC_RELEASE);
	for (i = 0; i < 4; i++)
		bad += !!wait_for(pids[i]);
	ok(!bad, "the storm went on all the time (%u gave up)", bad);
	read_page(&page);
	ok(!*page.wrong && all_rows(&page) > 1000 && !page.missed && !page.noroom &&
	   !page.unexplained,
	   "%llu failures, missed %llu, unexplained %llu", (unsigned long long)all_rows(&page),
	   (unsigned long long)page.missed, (unsigned long long)page.unexplained);
	text_free(&page);
	cgroup_remove("storm");
}
