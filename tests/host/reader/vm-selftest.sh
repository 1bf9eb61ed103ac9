#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: selftest must find nothing wrong if everything is watched, and must report
# what is not watched.

. "${0%/*}/vm-lib.sh"

# How many tasks were created since this machine was booted.
created() { local k n; while read -r k n; do [ "$k" != processes ] || echo "$n"; done </proc/stat; }

modprobe forkfail || die "the module does not load"
before=$(created)
$FORKFAIL selftest -n -r -o STATE,EXPECTED,SHOWN >out
status=$?
after=$(created)
check "selftest succeeds" test $status -eq 0
check "... 16 causes are right: $(grep -vc '^ok ' out) are not" test "$(grep -c '^ok ' out)" -eq 16
# the reader, the command substitution, and threads that the kernel may create meanwhile
check "nothing was created: $before tasks before, $after then" test $((after - before)) -le 8
check "its events are in the log" test "$(grep -c ' kind=selftest .* comm="ff-selftest"' /proc/forkfail_log)" -eq 16

# They are counted separately.
read -r line </proc/forkfail
check "line 1 counts them" test "${line##* selftest }" = 16
check "... and no unexplained, internal or other failure" test "${line/ unexplained 0 }" != "$line"
check "the page does not answer with one of them" grep -qx 'last: none' /proc/forkfail
check "... it has no row of them" test "$(sed -n '/^cause /,$p' /proc/forkfail | grep -vc -e '^cause ' -e '^$')" -eq 0
check "the kernel log has none of them" test "$(dmesg | grep -c 'forkfail: .*selftest')" -eq 0
check "the exit status does not report them" "$FORKFAIL" -q
check "... not with a filter either" "$FORKFAIL" -q --since 10m
check "log does not show them by default" test -z "$($FORKFAIL log -n -r)"
check "... and shows them with --kind selftest" test "$($FORKFAIL log -n -r --kind selftest | grep -c .)" -eq 16
check "metrics do not count them" test "$($FORKFAIL metrics | grep '^forkfail_failures_total' | grep -vc ' 0$')" -eq 0

check "no limit stays changed" test "$($FORKFAIL selftest >out 2>err; echo $?; cat err)" = 0
again=0
while [ $again -lt 8 ] && "$FORKFAIL" selftest >out 2>err; do again=$((again + 1)); done
check "it may run again and again, though its events are merged: $again of 8" test $again -eq 8
if command -v setpriv >/dev/null; then
	setpriv --reuid 65534 --clear-groups "$FORKFAIL" selftest -n -r -o STATE >out
	check "an ordinary user may run it" test $? -eq 0 -a "$(grep -cx ok out)" -eq 14
	check "... and then its calls are ordinary failures" grep -q '^clone3-size-small  *1 ' /proc/forkfail
	# what a container may be given: CAP_SYS_ADMIN, and not CAP_SYS_MODULE
	setpriv --bounding-set -sys_module "$FORKFAIL" selftest -n -r >out
	check "... and those of root in a container, too" grep -q '^clone3-size-small  *2 ' /proc/forkfail
fi

# Switch off the watching of calls that are refused before copy_process().
rmmod forkfail
modprobe forkfail syscalls=0
$FORKFAIL selftest -n -r -o STATE,EXPECTED >out
check "it finds what is not watched" test $? -eq 1
check "... clone3-size-small" grep -qx 'UNSEEN clone3-size-small' out
check "... and only that" grep -qx 'ok pidfd-nofile' out
rmmod forkfail
$FORKFAIL selftest >out 2>err
check "without the module: exit status 3" test $? -eq 3 -a ! -s out
finish
