#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: the module goes while somebody follows its log, and comes back.
# A task that sleeps in poll() must not be left in the queue of a module that is
# gone: it would bring the kernel down when it leaves.

. "${0%/*}/vm-lib.sh"

modprobe forkfail || die "the module does not load"
$FORKFAIL log -f -o SEQ,CAUSE >out 2>err &
follower=$!
sleep 1
forkfault pids-max >/dev/null
sleep 1
timeout 20 rmmod forkfail
check "rmmod under a follower" test $? -eq 0
# longer than the follower sleeps at most
sleep 6
check "the follower lives on without a module" kill -0 $follower
modprobe forkfail
sleep 2
forkfault pids-max >/dev/null
sleep 1
kill $follower
wait $follower 2>/dev/null
check "an event of each module" test "$(grep -c 'pids-max' out)" -ge 2
check "headings once" test "$(grep -c '^ *SEQ' out)" -eq 1
check "it said that the module went" grep -q 'was unloaded' err
check "it said that the module came back" grep -q 'loaded again' err
finish
