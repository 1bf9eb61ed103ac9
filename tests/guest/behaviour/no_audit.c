// SPDX-License-Identifier: GPL-2.0-only
/*
 * no_audit.c - reading the files writes no audit record
 *
 * A security module that denies or watches a capability writes a record to the audit log,
 * unless the check is not a use of the capability: CAP_OPT_NOAUDIT, bit 1 of the last argument
 * of security_capable() (5.10 to 7.2).  Without it, every monitor that opens the page would
 * cause a record.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/capability.h>

#include "guest.h"

#define TRACING		"/sys/kernel/tracing"
#define PROBE		"p:ffcap security_capable cap=$arg3:s32 opts=$arg4:u32"
#define NOAUDIT		2

static pid_t look_as(uid_t uid)
{
	pid_t pid = fork();

	if (!pid) {
		char c;
		int fd;

		if (uid && setuid(uid))
			_exit(1);
		fd = open(FORKFAIL_PAGE, O_RDONLY);
		_exit(fd < 0 || read(fd, &c, 1) != 1);
	}
	return pid;
}

/* How often CAP_SYSLOG was checked for a task; *audited: how often with audit. */
static unsigned int asked(const char *trace, pid_t pid, unsigned int *audited)
{
	unsigned int n = 0, opts;
	char who[32], cap[16];
	const char *line, *end, *at;

	*audited = 0;
	snprintf(who, sizeof(who), "-%-7d [", pid);
	snprintf(cap, sizeof(cap), "cap=%d opts=", CAP_SYSLOG);
	for (line = strstr(trace, who); line; line = strstr(end, who)) {
		end = line + strcspn(line, "\n");
		at = strstr(line, cap);
		if (!at || at > end || sscanf(at + strlen(cap), "%u", &opts) != 1)
			continue;
		n++;
		*audited += !(opts & NOAUDIT);
	}
	return n;
}

void test_no_audit(void)
{
	static const uid_t uids[] = { 0, 5730 };
	unsigned int i, n, audited;
	pid_t pid;
	char *trace;
	int bad;

	fresh(NULL);
	if (put(TRACING "/kprobe_events", PROBE)) {
		skip("no kprobe events here: %s", strerror(errno));
		return;
	}
	for (i = 0; i < 2; i++) {
		put(TRACING "/trace", "\n");
		put(TRACING "/events/kprobes/ffcap/enable", "1");
		pid = look_as(uids[i]);
		bad = wait_for(pid);
		put(TRACING "/events/kprobes/ffcap/enable", "0");
		trace = slurp(TRACING "/trace", NULL);
		n = trace ? asked(trace, pid, &audited) : 0;
		ok(!bad && n && !audited,
		   "uid %u reads the page: asked %u times for CAP_SYSLOG, never for the audit log",
		   (unsigned int)uids[i], n);
		free(trace);
	}
	put(TRACING "/kprobe_events", "-:ffcap");
}
