#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: contrib/ with real failures: the bpftrace script for the tracepoint, and the
# rule of the node problem detector for the kernel log line.

. "${0%/*}/vm-lib.sh"

modprobe forkfail || die "the module does not load"
[ -d /sys/kernel/tracing/events ] || mount -t tracefs tracefs /sys/kernel/tracing
check "the tracepoint is there" test -d /sys/kernel/tracing/events/forkfail/failure
for field in cause error limit in_use id step_name; do
	check "... with $field" grep -q "\b$field\b" /sys/kernel/tracing/events/forkfail/failure/format
done

if command -v bpftrace >/dev/null; then
	BPFTRACE_STRLEN=64 timeout -s INT 60 bpftrace /host/reader/forkfail.bt >bt 2>bt.err &
	for ((i = 0; i < 300; i++)); do
		grep -q 'Attaching' bt bt.err && break
		sleep .2
	done
	# it says so before the last probe is there
	sleep 3
	refuse /sys/fs/cgroup/traced
	within 30 grep -q pids-max bt
	for p in /proc/[0-9]*; do
		[ "$(cat "$p/comm" 2>/dev/null)" != bpftrace ] || kill -INT "${p#/proc/}"
	done
	wait
	check "bpftrace prints the failure" grep -q 'dash\[[0-9]*\] uid 0: pids-max, errno 11 at cgroup_can_fork, limit 1, in use 1' bt
	check "... and the sums" grep -q '@failures\[pids-max, dash\]: 1' bt
else
	refuse /sys/fs/cgroup/traced
	echo "ok - vm-contrib.sh: bpftrace # SKIP it is not in the guest"
fi

# Patterns are Go's; these are the same in grep -E.
within 30 eval "dmesg | grep 'forkfail: pids-max' >klog"
check "there is a line in the kernel log" test -s klog
pattern=$(sed -n '/"ForkFailed"/,/pattern/s/.*"pattern": "\(.*\)"/\1/p' /host/reader/node-problem-detector.json)
check "the rule matches it" grep -qE "$pattern" klog

# The textfile of the timer's service.
$FORKFAIL metrics >prom
check "metrics of a real page" grep -q '^forkfail_failures_total{cause="pids-max"} 1$' prom
finish
