// SPDX-License-Identifier: GPL-2.0-only
/*
 * counter_sums.c - the counters add up, whatever has happened before
 *
 * Runs at the end of a long run, when the module is already loaded.
 */
#define _GNU_SOURCE
#include "guest.h"

#define UID	5981
#define MORE	50

/**
 * check_sums - page and log, which were read when nothing failed any more, agree
 * @when: what was before, for the results
 * @page: the page
 * @log: the log
 * @full: so many failed at once that some may have had no slot
 */
void check_sums(const char *when, const struct text *page, const struct text *log, bool full)
{
	uint64_t sum = all_events(log) + log->lost, all = all_rows(page) + log->internal;
	long long overwritten = field_of(DEBUGFS "/stats", "overwritten ");

	/* an event that was overwritten is missing from the sum */
	ok(overwritten ? sum < all : sum == all,
	   "%s: events %llu + lost %llu are all %llu + the kernel's own %llu, if %lld events were not overwritten",
	   when, (unsigned long long)all_events(log), (unsigned long long)log->lost,
	   (unsigned long long)all_rows(page), (unsigned long long)log->internal, overwritten);
	ok((full ? page->unexplained <= page->missed + page->noroom :
		   !page->missed && !page->noroom && !page->unexplained) &&
	   !page->blind_since, "%s: missed %llu, noroom %llu, unexplained %llu", when,
	   (unsigned long long)page->missed, (unsigned long long)page->noroom,
	   (unsigned long long)page->unexplained);
}

void test_counter_sums(void)
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
	check_sums("sums", &page, &log, false);
	text_free(&page);
	text_free(&log);
	for (i = 0; i < MORE; i++)
		fail_once("sums", UID);
	read_page(&page);
	ok(row_total(&page, cause) == before + MORE && all_rows(&page) == all + MORE,
	   "%u more failures are %u more on the page", MORE, (unsigned int)(all_rows(&page) - all));
	text_free(&page);
}
