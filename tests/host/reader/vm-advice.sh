#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: the advice is typed literally, and then what was refused succeeds. "do" is
# typed into the shell that was refused, which cannot fork.

. "${0%/*}/vm-lib.sh"

. "${0%/*}/vm-advice-lib.sh"

modprobe forkfail || die "the module does not load"
echo '+pids +memory' >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null

cg=/sys/fs/cgroup/adv
mkdir $cg
shell pids-max "echo \$\$ >$cg/cgroup.procs; echo 1 >$cg/pids.max"
mkdir -p $cg/a && echo +pids >$cg/cgroup.subtree_control
shell pids-max-ancestor "echo \$\$ >$cg/a/cgroup.procs; echo 1 >$cg/pids.max"
shell threads-max "echo 20 >/proc/sys/kernel/threads-max"
if command -v setpriv >/dev/null; then
	# dash calls this limit -p; bash would try again for a quarter of a minute
	patience=20 interactive='bash --norc' shell rlimit-nproc "ulimit -S -u 1" \
		setpriv --reuid 65534 --clear-groups
	# If the hard limit is the same, the shell cannot raise it; root can, from outside.
	form=run patience=20 interactive='bash --norc' shell rlimit-nproc "ulimit -u 1" \
		setpriv --reuid 65534 --clear-groups
fi

# All numbers from 300 on are in use: there is only one.  Numbers must have wrapped around,
# so the machine has to have reached 300 before.
n=0
while [ "$n" -lt 301 ]; do
	/bin/true &
	n=$!
	wait "$n"
done
shell pid-exhausted-after-wrap 'echo 301 >/proc/sys/kernel/pid_max; sleep 600 & sleep 600 &'
for p in /proc/[0-9]*; do
	read -r name 2>/dev/null <"$p/comm" && [ "$name" = sleep ] && kill "${p#/proc/}"
done

# started CAUSE CASE ULIMIT [SETPRIV]... - a program, in a shell that has a limit for it
started()
{
	cause=$1
	local case=$2 ulimit=$3
	shift 3
	rm -f in out; mkfifo in out
	start_reader
	"$@" dash -i <in 5>out >/dev/null 2>/dev/null &
	local pid=$!
	exec 3>in 4<out
	echo "ulimit -S $ulimit" >&3
	echo "echo | $call $case >&5" >&3
	read_reply
	read_reply
	check "$cause: refused under ulimit $ulimit ($reply)" test "${reply%% *}" = refused
	find_advice now
	check "$cause: there is something to type" test -n "$advice"
	echo "$advice" >&3
	echo "echo | $call $case >&5" >&3
	read_reply
	read_reply
	check "$cause: typed, the next one starts ($reply)" test "$reply" = made
	exec 3>&- 4<&-
	wait $pid
}

started libc-stack-address-space thread '-v 8000'
started libc-stack-data-limit thread '-d 4000'
if command -v setpriv >/dev/null; then
	started libc-stack-memlock locked-thread '-l 1024' prlimit --memlock=unlimited \
		setpriv --reuid 65534 --clear-groups
fi

total=$(awk '/MemTotal|SwapTotal/ { kib += $2 } END { print kib * 1024 }' /proc/meminfo)
program libc-stack-address-space address-space run ''
program libc-stack-data-limit data-limit run ''
program libc-stack-memlock memlock run ''
program libc-stack-map-count maps now 'echo 1000 >/proc/sys/vm/max_map_count'
# two times three eighths is more than the half that may be committed, and leaves some
SIZE=$((total * 3 / 8)) program overcommit-strict large now 'echo 2 >/proc/sys/vm/overcommit_memory'
echo 1 >/proc/sys/vm/overcommit_memory
SIZE=$((total * 2)) program overcommit-heuristic large now 'echo 0 >/proc/sys/vm/overcommit_memory'
SIZE=$((total * 2)) program libc-stack-overcommit stack-overcommit now ''
program files-nr-open high-descriptor now 'echo 1024 >/proc/sys/fs/nr_open'
program userns-count user now 'echo 1 >/proc/sys/user/max_user_namespaces'
program ns-count net now 'echo 1 >/proc/sys/user/max_net_namespaces'
forbidden userns-count user 'echo 0 >/proc/sys/user/max_user_namespaces'
forbidden ns-count net 'echo 0 >/proc/sys/user/max_net_namespaces'
mkdir -p $cg
forbidden pids-max fork "echo \$pid >$cg/cgroup.procs; echo 0 >$cg/pids.max"
mkdir -p $cg
program memcg-limit page-tables now "echo -1000 >/proc/\$pid/oom_score_adj; echo \$pid >$cg/cgroup.procs
	cat $cg/memory.current >$cg/memory.max"
# The limit is the present usage: the task itself, its stack.
mkdir -p $cg
program memcg-limit fork now "echo -1000 >/proc/\$pid/oom_score_adj; echo \$pid >$cg/cgroup.procs
	cat $cg/memory.current >$cg/memory.max"
program pidfd-nofile pidfd run ''
# the kernel checks an approximate count first, which may be 0 with a dozen files open
elsewhere=1 program pidfd-file-max pidfd-user now 'echo 0 >/proc/sys/fs/file-max'
program exec-nproc exec run ''
# with none of the host's before it, which would lead
rmmod forkfail; modprobe forkfail
elsewhere=1 program userns-count inner-user run ''
# What most failures ask for was done, and now a limit above refuses: the reader's own last
# failure has a command, too.
not_in_page() { ! grep -E '^(last|yours):' page | grep -q "$1"; }

page_of() # CGROUP - the page, as a process of CGROUP reads it
{
	bash -c 'echo $$ >"$0/cgroup.procs"; exec cat /proc/forkfail' "$1"
}
rmmod forkfail; modprobe forkfail
mkdir -p $cg/two && echo +pids >$cg/cgroup.subtree_control
refuse $cg/two
refuse $cg/two
dash -c "echo \$\$ >$cg/two/cgroup.procs; echo 1 >$cg/pids.max; (true)" 2>/dev/null
echo max >$cg/pids.max
page_of $cg/two >page
check "two levels: the lower one failed more often" grep -q "^do: echo 16 >$cg/two/pids.max" page
check "... and the one above has its command" grep -q "^yours_do: echo 16 >$cg/pids.max # for now" page
rmdir $cg/two

# A shell in which "forkfail selftest" ran has no failure of its own.
rmmod forkfail; modprobe forkfail
refuse $cg
bash -c 'echo $$ >/sys/fs/cgroup/cgroup.procs; exec forkfail selftest' >/dev/null
page_of /sys/fs/cgroup >page
check "selftest's calls were seen" grep -q '^forkfail 1 .* selftest [1-9]' page
check "... and are nobody's" not_in_page ff-selftest
if grep -q ' register_pidns_sysctls$' /proc/kallsyms; then
	elsewhere=1 patience=10 shell pid-exhausted '' "$call" fill-pidns
fi
finish
