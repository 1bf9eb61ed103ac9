// SPDX-License-Identifier: GPL-2.0-only
/*
 * sums.c - after whatever has happened, the counters add up
 *
 * For the end of a long run: the module is loaded already.
 */
#define _GNU_SOURCE
#include "guest.h"

#define UID	5981
#define MORE	50

void test_sums(void)
{
	int cause = cause_by_name("rlimit-nproc", 12);
	uint64_t before, all;
	struct text page, log;
	unsigned int i;

	if (!loaded())
		die("the module is not loaded");
	ok(read_page(&page), "the page is well-formed: %s", page.wrong);
	ok(read_log(&log), "the log is well-formed: %s", log.wrong);
	all = all_rows(&page);
	before = row_total(&page, cause);
	ok(all_events(&log) + log.lost == all + log.internal,
	   "events %llu + lost %llu = all %llu + the kernel's own %llu",
	   (unsigned long long)all_events(&log), (unsigned long long)log.lost,
	   (unsigned long long)all, (unsigned long long)log.internal);
	ok(!page.missed && !page.unexplained && !page.blind_since,
	   "missed %llu, unexplained %llu", (unsigned long long)page.missed,
	   (unsigned long long)page.unexplained);
	text_free(&page);
	text_free(&log);
	for (i = 0; i < MORE; i++)
		fail_once("sums", UID);
	read_page(&page);
	ok(row_total(&page, cause) == before + MORE && all_rows(&page) == all + MORE,
	   "%u more are %u more", MORE, (unsigned int)(all_rows(&page) - all));
	text_free(&page);
}
