#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: the first limit that the reader names is the one that stops the
# process, after as many as it says.

. "${0%/*}/vm-lib.sh"

modprobe forkfail || die "the module does not load"
# a child of the root cgroup has pids.max only if the root enables the controller for it
echo '+pids +memory' >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null

# reach CASE CAUSE SLACK - the room and the number that was created may differ by SLACK
reach()
{
	local line cause room made errno logged
	line=$(/host/reader/vm-limits-reach "$1" "$FORKFAIL")
	echo "# $1: $line"
	eval "$(tr ' ' '\n' <<<"$line" | grep -E '^(cause|room|made|errno)=[A-Za-z0-9_.-]*$')"
	check "$1: names $2" test "$cause" = "$2"
	[ "$room" != - ] || room=0
	check "$1: room for $room, made $made" test $((made - room)) -le "$3" -a $((room - made)) -le "$3"
	check "$1: was refused" test "${errno:-0}" -ne 0
	case $1 in
	max-map-count | address-space) ;;	# no clone was tried
	*)	logged=$($FORKFAIL log -n 1 --noheadings -r -o CAUSE)
		check "$1: the kernel says $logged" test "$logged" = "$2" ;;
	esac
	remove /sys/fs/cgroup/reach/a /sys/fs/cgroup/reach
}

reach rlimit-nproc rlimit-nproc 0
reach rlimit-nproc-threads rlimit-nproc 0
reach pids-max pids-max 0
reach pids-max-threads pids-max 0
reach pids-max-ancestor pids-max-ancestor 0
# the reader itself takes one while it runs
reach threads-max threads-max 2
# free numbers below 300 are not used again
reach pid-exhausted pid-exhausted-after-wrap 3
reach pid-exhausted pid-exhausted-after-wrap 3
reach overcommit-strict overcommit-strict 0
reach overcommit-heuristic overcommit-heuristic 0
reach sched-deadline sched-deadline 0
reach max-map-count libc-stack-map-count 1
reach address-space libc-stack-address-space 1
finish
