#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: the module is unloaded and loaded again while somebody follows its log.
# A task that sleeps in poll() must not stay in a queue of the unloaded module: the kernel
# would crash when it leaves the queue.

. "${0%/*}/vm-lib.sh"

modprobe forkfail || die "the module does not load"

# All ways to wait: poll() as usual, poll() for events that a removed file does not report,
# epoll.
for how in poll pri epoll; do
	/host/reader/vm-poll $how /proc/forkfail_log &
	waiter=$!
	check "$how: it waits" within 30 polls $waiter
	if timeout 20 rmmod forkfail 2>rmmod.err; then
		check "$how: rmmod" true
	else
		check "$how: rmmod is refused: $(cat rmmod.err)" grep -q 'in use' rmmod.err
	fi
	sleep .5
	kill $waiter
	wait $waiter 2>/dev/null
	rmmod forkfail 2>/dev/null
	check "$how: it is unloaded afterwards" test ! -d /sys/module/forkfail
	modprobe forkfail
done

$FORKFAIL log -f -o SEQ,CAUSE >out 2>err &
follower=$!
check "log -f waits" within 30 polls $follower
refuse /sys/fs/cgroup/reload
within 30 grep -q pids-max out
if timeout 20 rmmod forkfail 2>rmmod.err; then
	check "rmmod while log -f runs" true
	# longer than the follower sleeps at most
	sleep 6
	check "log -f goes on without a module" kill -0 $follower
	modprobe forkfail
	check "log -f reads the new module's log" within 30 grep -q 'loaded again' err
	refuse /sys/fs/cgroup/reload
	within 30 eval '[ "$(grep -c pids-max out)" -ge 2 ]'
	check "an event of each module" test "$(grep -c 'pids-max' out)" -ge 2
	check "it has reported the unloading" grep -q 'was unloaded' err
else
	# Refusing to unload is safe, but then the follower has to be stopped first.
	check "rmmod is refused while log -f runs" grep -q 'in use' rmmod.err
	check "log -f goes on" kill -0 $follower
	check "it has printed the event" grep -q pids-max out
fi
check "the headings are printed once" test "$(grep -c '^ *SEQ' out)" -eq 1
kill $follower
wait $follower 2>/dev/null
finish
