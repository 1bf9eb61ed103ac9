#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: a storm of $STORM failures while one reader follows the log and others read.

. "${0%/*}/vm-lib.sh"

N=${STORM:-100000}
# the follower is to run at the same time as the storm
echo 1 2>/dev/null >/sys/devices/system/cpu/cpu1/online
modprobe forkfail || die "the module does not load"
cg=/sys/fs/cgroup/storm
mkdir $cg
echo 2 >$cg/pids.max

$FORKFAIL log -f -r -o SEQ,CAUSE,REPEAT,OBJECT --cause pids-max >out 2>err &
follower=$!
# bash retries a refused fork for seconds, so the storm is made by a program that only forks
/host/reader/vm-storm-fork $cg "$N" >forked || die "the storm did not come: $(cat forked)"
# The follower's last lines of all events add up, or it reports what it lost.
followed() { awk '/pids-max/ { n[$1] = 1 + $3 } END { for (s in n) sum += n[s]; print sum + 0 }' out; }
for ((i = 0; i < 240 && $(followed) < N; i++)); do sleep 0.5; done
kill $follower
wait $follower 2>/dev/null
refused=$(cat forked)
check "$refused forks were refused" test "$refused" -ge "$N"

counted=$($FORKFAIL -n -r -o CAUSE,COUNT | awk '$1 == "pids-max" { n += $2 } END { print n }')
check "the page counts them all: $counted" test "$counted" -eq "$refused"
metric=$($FORKFAIL metrics | sed -n 's/^forkfail_failures_total{cause="pids-max"} //p')
check "the metrics count them all: $metric" test "$metric" -eq "$refused"
check "log -f has printed them all: $(followed)" test "$(followed)" -eq "$refused"
check "log -f has printed few lines: $(wc -l <out)" test "$(wc -l <out)" -lt 200
check "log -f has printed no error" test ! -s err
missed=$($FORKFAIL metrics | sed -n 's/^forkfail_\(missed\|noroom\)_total //p' | xargs)
check "nothing was missed: $missed" test "$missed" = '0 0'
check "explain names the cgroup" grep -q '^of  */storm' <($FORKFAIL explain)
check "... and its numbers" grep -q '^numbers  *2 of 2 tasks in use' <($FORKFAIL explain)
finish
