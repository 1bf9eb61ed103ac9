// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory.c - forkfail uses no more memory than documented, and does not grow
 */
#define _GNU_SOURCE
#include "guest.h"

#define MOST		(512 * 1024)
#define LOCKDEP		(64 * 1024)	/* where each lock knows its class */
#define MOST_EACH_CPU	(16 * 1024)

static long long stat_of(const char *name)
{
	char *s = slurp(DEBUGFS "/stats", NULL), *p, key[64];
	long long n = -1;

	snprintf(key, sizeof(key), "\n%s ", name);
	p = s ? strstr(s, key) : NULL;
	if (p)
		n = atoll(p + strlen(key));
	free(s);
	return n;
}

void test_memory(void)
{
	long long total, each, later;
	long long most = access("/proc/lockdep", F_OK) ? MOST : MOST + LOCKDEP;
	unsigned int i;
	char comm[16], said[128], *log;
	int mark = klog_mark();

	fresh(NULL);
	total = stat_of("bytes_total");
	each = stat_of("bytes_each_cpu");
	ok(total > 0 && total <= most, "%lld bytes of memory, at most %lld", total, most);
	ok(each > 0 && each <= MOST_EACH_CPU, "%lld bytes for each possible CPU, at most %d", each,
	   MOST_EACH_CPU);
	log = klog_since(mark, true);
	snprintf(said, sizeof(said), ", %lld KiB and %lld KiB for each possible CPU; ", total >> 10,
		 each >> 10);
	ok(strstr(log, said), "the kernel log says so%s", said);
	free(log);
	for (i = 0; i < 200; i++) {
		snprintf(comm, sizeof(comm), "m-%u", i);
		fail_once(comm, 5900 + i);
	}
	later = stat_of("bytes_total");
	ok(later == total && stat_of("bytes_each_cpu") == each,
	   "after 200 failures of 200 users it is the same: %lld", later);
	ok(stat_of("overwritten") > 0, "although %lld events had to make room for newer ones",
	   stat_of("overwritten"));
}
