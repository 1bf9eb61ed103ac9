#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: the advice is typed literally, and then what was refused succeeds. "do" is
# typed into the shell that was refused, which cannot fork.

. "${0%/*}/vm-lib.sh"

call=${0%/*}/vm-advice-call
trap '' PIPE	# a program that has ended makes a check fail, not this script
modprobe forkfail || die "the module does not load"
echo '+pids +memory' >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null

# When threads-max is reached this script cannot fork either: it has to fork before.
mkfifo never go
exec 8<>go 9<>never

# pause SECONDS
pause()
{
	local _
	read -r -t "$1" _ <&9
}

# read_reply - read the next line of the program under test into $reply
read_reply()
{
	IFS= read -r -t 10 reply <&4 || reply="no answer"
}

# start_reader - start a reader that explains $cause when it is told to
start_reader()
{
	(read -r _ <go; exec "$FORKFAIL" explain --cause "$cause" -J >explained) &
	reader=$!
}

# find_advice FORM - put into $advice the command to type: with builtins (now) or a program (run)
find_advice()
{
	local key='"do": "' line
	[ "$1" != run ] || key='"or": "'
	advice=
	pause .3
	echo >&8
	wait $reader
	while IFS= read -r line; do
		[[ $line != *"$key"* ]] || { advice=${line#*"$key"}; break; }
	done <explained
	advice=${advice%\",}
	echo "# $cause: $advice"
}

not_the_shell() { ! grep -q '"do": "' explained; }

# ---- a shell that cannot fork executes what explain prints -------------------------

# shell CAUSE SETUP [SETPRIV]... - in a shell that has done SETUP: dash, which gives up
# at once, or the shell in $interactive
shell()
{
	cause=$1
	local setup=$2
	shift 2
	rm -f in out; mkfifo in out
	start_reader
	# what it says of itself goes to fd 5; prompts and errors do not count
	# shellcheck disable=SC2086	# words
	"$@" ${interactive:-dash} -i <in 5>out >/dev/null 2>/dev/null &
	local pid=$!
	exec 3>in 4<out
	echo "$setup" >&3
	# If the fork fails, an interactive shell drops the line, and what it has read behind it.
	pause .5
	echo '/bin/true && echo made >&5' >&3
	pause "${patience:-1}"
	echo 'echo next >&5' >&3
	read_reply
	check "$cause: refused" test "$reply" = next
	find_advice "${form:-now}"
	check "$cause: there is something to type" test -n "$advice"
	if [ -z "${form-}" ]; then
		echo "$advice" >&3
	else
		check "$cause: nothing is told to the shell" not_the_shell
		sh -c "$advice"
	fi
	echo '/bin/true && echo made >&5' >&3
	read_reply
	check "$cause: typed, the same shell forks" test "$reply" = made
	exec 3>&- 4<&-
	wait $pid
	undo
}

undo()
{
	echo "$threads_max" >/proc/sys/kernel/threads-max
	echo "$pid_max" >/proc/sys/kernel/pid_max
	echo "$overcommit" >/proc/sys/vm/overcommit_memory
	echo "$nr_open" >/proc/sys/fs/nr_open
	echo "$map_count" >/proc/sys/vm/max_map_count
	echo "$users" >/proc/sys/user/max_user_namespaces
	echo "$nets" >/proc/sys/user/max_net_namespaces
	echo "$file_max" >/proc/sys/fs/file-max
	sleep .2
	for d in /sys/fs/cgroup/adv/a /sys/fs/cgroup/adv /sys/fs/cgroup/pids/adv \
		/sys/fs/cgroup/memory/adv; do
		[ ! -d $d ] || rmdir $d
	done
}
threads_max=$(cat /proc/sys/kernel/threads-max)
pid_max=$(cat /proc/sys/kernel/pid_max)
overcommit=$(cat /proc/sys/vm/overcommit_memory)
nr_open=$(cat /proc/sys/fs/nr_open)
map_count=$(cat /proc/sys/vm/max_map_count)
users=$(cat /proc/sys/user/max_user_namespaces)
file_max=$(cat /proc/sys/fs/file-max)
nets=$(cat /proc/sys/user/max_net_namespaces)

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

# ---- a program that tries again ------------------------------------------------------

# program CAUSE CASE FORM BEFORE - BEFORE is done between the start and the first try
program()
{
	local case=$2 form=$3 before=$4 pid
	cause=$1
	rm -f in out; mkfifo in out
	start_reader
	"$call" "$case" <in >out 2>/dev/null &
	local job=$!
	exec 3>in 4<out
	read_reply
	pid=${reply#ready }
	export pid
	eval "$before"
	echo >&3
	read_reply
	check "$cause: refused ($reply)" test "${reply%% *}" = refused
	find_advice "$form"
	check "$cause: there is something to type" test -n "$advice"
	sh -c "$advice"
	echo >&3
	read_reply
	check "$cause: typed, it succeeds ($reply)" test "$reply" = made
	exec 3>&- 4<&-
	wait $job
	undo
}

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
program userns-count user now 'echo 0 >/proc/sys/user/max_user_namespaces'
program ns-count net now 'echo 0 >/proc/sys/user/max_net_namespaces'
mkdir -p $cg
program memcg-limit page-tables now "echo -1000 >/proc/\$pid/oom_score_adj; echo \$pid >$cg/cgroup.procs
	cat $cg/memory.current >$cg/memory.max"
# The limit is the present usage: the task itself, its stack.
mkdir -p $cg
program memcg-limit fork now "echo -1000 >/proc/\$pid/oom_score_adj; echo \$pid >$cg/cgroup.procs
	cat $cg/memory.current >$cg/memory.max"
program pidfd-nofile pidfd run ''
# the kernel checks an approximate count first, which may be 0 with a dozen files open
program pidfd-file-max pidfd-user now 'echo 0 >/proc/sys/fs/file-max'
program exec-nproc exec run ''
program userns-count inner-user run ''
if grep -q ' register_pidns_sysctls$' /proc/kallsyms; then
	patience=10 shell pid-exhausted '' "$call" fill-pidns
fi

# The pids controller on cgroup v1, where systemd mounts it.
find /sys/fs/cgroup -mindepth 1 -depth -type d -exec rmdir {} \;
for _ in 1 2 3 4 5 6 7 8 9 10; do
	echo -pids >/sys/fs/cgroup/cgroup.subtree_control
	umount /sys/fs/cgroup && break
	sleep .5
done
mount -t tmpfs none /sys/fs/cgroup && mkdir /sys/fs/cgroup/pids
for _ in 1 2 3 4 5 6 7 8 9 10; do
	mount -t cgroup -o pids none /sys/fs/cgroup/pids && break
	sleep .5
done
cg=/sys/fs/cgroup/pids/adv
check "cgroup v1 has the pids controller" grep -q ' /sys/fs/cgroup/pids cgroup ' /proc/mounts
mkdir $cg
rmmod forkfail
modprobe forkfail
shell pids-max "echo \$\$ >$cg/cgroup.procs; echo 1 >$cg/pids.max"
sed -n 's/^do: //p' /proc/forkfail >said
check "... and the page says the same" test "$(cat said)" = "$advice # for now"

# The memory controller likewise.
mkdir /sys/fs/cgroup/memory
mount -t cgroup -o memory none /sys/fs/cgroup/memory 2>/dev/null || {
	echo "# this kernel has no memory controller on cgroup v1"
	finish
	exit
}
rmmod forkfail
modprobe forkfail
cg=/sys/fs/cgroup/memory/adv
mkdir $cg
program memcg-v1-oom-disabled page-tables now "echo 1 >$cg/memory.oom_control; echo \$pid >$cg/cgroup.procs
	echo 524288 >$cg/memory.limit_in_bytes"
mkdir -p $cg
if echo 1G >$cg/memory.kmem.limit_in_bytes; then
	program memcg-v1-kmem-limit page-tables now "echo -1000 >/proc/\$pid/oom_score_adj
		echo \$pid >$cg/cgroup.procs; echo 524288 >$cg/memory.kmem.limit_in_bytes"
fi 2>/dev/null
finish
