// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Failures by class over the last hour and day, from the counts of the page.  The sums
 * are exact; a failure belongs to the minute in which the agent has seen it.
 */
#include <string.h>

#include "agent/loop.h"
#include "agent/tally.h"
#include "causes.h"

static struct tally tally;	/* the newest last */
static u64 last[FORKFAIL_NR_CLASSES];
static bool has_last;
static long long minute, quarter, since;

/**
 * tally_class() - the class that a cause counts for
 * @cause: its name
 *
 * Return: the class; FORKFAIL_NR_CLASSES for what is no failure, kernel for a
 * cause of a newer module.
 */
enum forkfail_class tally_class(const char *cause)
{
	const struct cause *known = cause_find(cause);

	/* the kernel restarts the call: the caller never sees an error */
	if (!strcmp(cause, "signal-restart"))
		return FORKFAIL_NR_CLASSES;
	return known ? known->class : FORKFAIL_CLASS_KERNEL;
}

/**
 * tally_totals() - failures by class since the module was loaded
 * @total: receives them
 * @page: the page
 */
void tally_totals(u64 total[FORKFAIL_NR_CLASSES], const struct page *page)
{
	enum forkfail_class class;
	size_t i;

	memset(total, 0, FORKFAIL_NR_CLASSES * sizeof(*total));
	for (i = 0; i < page->nr_counts; i++) {
		class = tally_class(page->counts[i].value[COUNT_CAUSE]);
		if (class < FORKFAIL_NR_CLASSES)
			total[class] = page_add(total[class], page->counts[i].count);
	}
}

static void shift(u64 (*slots)[FORKFAIL_NR_CLASSES], size_t nr, long long by)
{
	size_t n = by > (long long)nr ? nr : (size_t)by;

	memmove(slots, slots + n, (nr - n) * sizeof(*slots));
	memset(slots + nr - n, 0, n * sizeof(*slots));
}

static void move_on(void)
{
	long long m = loop_now() / 60000, q = m / 15;

	if (!since)
		since = m;
	if (m > minute)
		shift(tally.hour, TALLY_HOUR, m - minute);
	if (q > quarter)
		shift(tally.day, TALLY_DAY, q - quarter);
	minute = m;
	quarter = q;
}

/**
 * tally_page() - add what was counted since the last page
 * @page: the page
 * @new_load: it is the first one of this load of the module
 *
 * Nothing is added from the very first page: it is not known when that happened.
 */
void tally_page(const struct page *page, bool new_load)
{
	u64 total[FORKFAIL_NR_CLASSES], more;
	int i;

	move_on();
	tally_totals(total, page);
	for (i = 0; i < FORKFAIL_NR_CLASSES; i++) {
		more = new_load || total[i] < last[i] ? total[i] : total[i] - last[i];
		if (has_last) {
			tally.hour[TALLY_HOUR - 1][i] += more;
			tally.day[TALLY_DAY - 1][i] += more;
		}
		last[i] = total[i];
	}
	has_last = true;
}

/**
 * tally_get() - what was counted
 *
 * Return: the counts; the last slots are those of now.
 */
const struct tally *tally_get(void)
{
	move_on();
	return &tally;
}

/**
 * tally_minutes() - for how long the agent has counted
 *
 * Return: minutes.
 */
long long tally_minutes(void)
{
	move_on();
	return minute - since;
}
