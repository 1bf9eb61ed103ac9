#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: the module's page and the reader say the same, whichever program manages the
# limit. The reader is given the log, so that it has to choose and word the answer itself.

. "${0%/*}/vm-lib.sh"

call=${0%/*}/vm-advice-call
id=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
user=/user.slice/user-1000.slice
keys='do|or|lasting|note|also'
modprobe forkfail || die "the module does not load"

# both WHAT - compare page and reader; the page is saved in "page"
both()
{
	grep -E "^($keys): " /proc/forkfail >page
	"$FORKFAIL" explain >explained
	# the module does not know that a limit was raised since or, before 6.1, that its cgroup is
	# gone, nor does a reader of a saved log
	if grep -q '^raised .*; this failure is older$' explained ||
		{ grep -q '^note .*the cgroup is gone; ' explained &&
			! grep -q '^note: the cgroup is gone; ' page; }; then
		"$FORKFAIL" explain -i /proc/forkfail_log >explained
	fi
	sed -nE "s/^($keys)  +/\1: /p" explained >reader
	check "$1: the page has advice" test -s page
	check "$1: page and reader say the same" cmp -s page reader || diff page reader
}

without() { ! grep -E "$@"; }

# place PATH WORDS - fill a cgroup there; the lasting setting, or the note, has WORDS
place()
{
	local d=/sys/fs/cgroup part

	for part in ${1//\// }; do
		echo +pids >"$d/cgroup.subtree_control"
		d=$d/$part
		[ -d "$d" ] || mkdir "$d"
	done
	echo 1 >"$d/pids.max"
	echo | (echo $BASHPID >"$d/cgroup.procs"; exec "$call" fork) >made
	check "$1: the call is refused" grep -q '^refused' made
	both "$1"
	check "$1: first a command that needs only a shell" \
		test "$(head -n 1 page)" = "do: echo 16 >$d/pids.max # for now"
	check "$1: then a lasting setting: $2" grep -qE "^(lasting|note): .*$2" page
	remove "$d"
	"$FORKFAIL" explain >explained
	check "$1: once it is gone, nothing is written there" without '^(do|check) ' explained
	check "$1: ... as the note says" grep -q '^note  *the cgroup is gone; ' explained
	check "$1: ... which begins with no alternative" without '^note  *the cgroup is gone; or ' explained
	check "$1: ... and a scope, which ended with it, is not set" \
		without 'set-property [^ ]*\.scope|lasts until' explained
	grep -qw cgroup_get_from_id /proc/kallsyms || return 0
	grep -E "^($keys): " /proc/forkfail >page
	sed -nE "s/^($keys)  +/\1: /p" explained >reader
	check "$1: ... and so does the page" cmp -s page reader || diff page reader
}

place /jobs 'whoever created this cgroup'
place /system.slice/cron.service 'set-property cron.service TasksMax=16'
place /system.slice/run-7.scope 'set-property run-7.scope TasksMax=16'
place /system.slice/ci.service/runner 'created this cgroup below its own'
place $user 'set-property user-1000.slice TasksMax=16'
place $user/session-3.scope 'set-property session-3.scope TasksMax=16'
place $user/user@1000.service/app.slice/x.service 'systemctl --user set-property x.service TasksMax=16'
place $user/user@1000.service/app.slice/vte-7.scope 'lasts until the processes of vte-7.scope end'
place /kubepods.slice 'the kubelet sets pids.max'
place /kubepods.slice/kubepods-podaf4c.slice 'podPidsLimit: 16'
place /kubepods.slice/kubepods-podaf4c.slice/cri-containerd-$id.scope 'runtime sets it .containerd'
place /kubepods.slice/kubepods-podaf4c.slice/crio-$id.scope 'CRI-O sets it: .*podPidsLimit'
place /system.slice/docker-$id.scope 'docker update --pids-limit 16 0123456789ab'
place /machine.slice/libpod-$id.scope 'podman update --pids-limit 16 0123456789ab'
place /default/$id 'nerdctl update --pids-limit 16 0123456789ab'
place /system.slice/crio-$id.scope 'CRI-O sets it'
place /lxc.payload.web 'lxc.cgroup2.pids.max = 16'
place /system.slice/docker-$id.scope/system.slice/nginx.service 'inside container 0123456789ab: TasksMax='
place /slurm/uid_1000/job_42 'Slurm does not set pids.max'

# raised TEXT - the reader says that the limit is higher now, or nothing if TEXT is none
raised()
{
	"$FORKFAIL" explain >reader
	if [ "$1" = none ]; then
		check "not raised: nothing is said" without '^raised' reader
	else
		check "raised since: $1" grep -q "^raised  *$1; this failure is older$" reader
	fi
}

# What was advised was done.  A cgroup that is created again is another one.
rmmod forkfail; modprobe forkfail
cg=/sys/fs/cgroup/raised
mkdir $cg
dash -c "echo \$\$ >$cg/cgroup.procs; echo 1 >$cg/pids.max; (true)" 2>/dev/null
raised none

# A reader in another cgroup namespace cannot tell what is outside of it.
apart=/sys/fs/cgroup/apart
mkdir $apart
dash -c "echo \$\$ >$apart/cgroup.procs; exec unshare --cgroup cat /proc/forkfail" >page
rmdir $apart
check "outside of the reader's cgroup namespace: nothing is said to be gone" without 'is gone' page
check "... and there is a note" grep -q '^note: ' page

echo 16 >$cg/pids.max
raised 'pids.max is 16 now'
check "... in the place of what to do for now" without '^(do|or) ' reader
check "... where it comes from is still said" grep -q '^note .*whoever created this cgroup' reader
"$FORKFAIL" >reader
check "... so does the reader's page" grep -q "^raised  *pids.max is 16 now" reader
echo max >$cg/pids.max
raised 'pids.max is unlimited now'
check "... what would be seen at the limit is not said" without '^shows' reader
rmdir $cg; mkdir $cg
raised none
echo 32 >$cg/pids.max
raised none

dash -c "echo \$\$ >$cg/cgroup.procs; echo 0 >$cg/pids.max; (true)" 2>/dev/null
raised none
check "0 forbids it" grep -q '^note .*pids.max=0 forbids new tasks' reader
echo 16 >$cg/pids.max
raised 'pids.max is 16 now'
check "... which it does not any more" without '0 forbids' reader

# While the process is there, it is looked at; later its number may be another one's.
if command -v setpriv >/dev/null; then
	rmmod forkfail; modprobe forkfail
	mkfifo in
	exec 7<>in
	setpriv --reuid 65534 --clear-groups dash -i <in 2>/dev/null &
	job=$!
	printf '%s\n' 'ulimit -S -p 1' '(true)' >&7
	within 30 grep -q 'cause=rlimit-nproc ' /proc/forkfail_log
	"$FORKFAIL" explain >reader
	check "a process that is there is named ($job)" grep -q "^check .*/proc/$job/limits; ps -L" reader
	check "... and what to type for it" grep -q "^or .*--pid $job " reader
	echo exit >&7
	wait $job
	"$FORKFAIL" explain >reader
	check "its number is not, when it has ended" without "^(do|or|check|shows|note) .*$job" reader
	check "... the rest is" grep -q '^check  *ps -L' reader
	check "... and what it shows" grep -q '^shows  *how many tasks uid 65534 has$' reader
fi

# The newest of a storm could not be counted, because all had ended: an earlier one was.
all_sleep() { mapfile -t pids <$cg/cgroup.procs; [ "$(cd /proc && cat "${pids[@]/%//comm}" | sort | uniq -c | xargs)" = '19 sleep' ]; }
refused="echo \$\$ >$cg/cgroup.procs; (true)"
uncounted() { grep -m1 ' seq=2 ' /proc/forkfail >newest && ! grep -q 'holders=' newest; }
# on a busy machine they may have been counted before they were killed
for _ in {1..10}; do
	rmmod forkfail; modprobe forkfail
	echo 20 >$cg/pids.max
	(echo $BASHPID >$cg/cgroup.procs; for _ in {1..19}; do sleep 600 & done)
	within 60 all_sleep
	dash -c "$refused" 2>/dev/null
	within 60 grep -q '^holders: ' /proc/forkfail
	dash -c "$refused" 2>/dev/null
	# with a builtin, because they may be counted soon
	mapfile -t pids <$cg/cgroup.procs
	kill -9 "${pids[@]}"
	within 60 eval '! grep -q . $cg/cgroup.procs'
	sleep 3
	uncounted && break
done
check "there is a second event" test -s newest
grep '^holders: ' /proc/forkfail >page
"$FORKFAIL" explain | sed -n 's/^held by  */holders: /p' >reader
check "the newest event has no holders" without 'holders=' newest
check "... the page names those of an earlier one" grep -q '19 x sleep' page
check "... the reader the same" cmp -s page reader
remove $cg

# One limit that does not belong to a cgroup, and one failure without a limit.
for case in rlimit-nproc threads-max pid-exhausted pid-exhausted-after-wrap userns-count ns-count-net \
	overcommit-heuristic stack-address-space stack-memlock files-nr-open memcg-limit \
	userns-unpriv-sysctl exec-nproc ns-cap seccomp-errno clone3-size-big pidns-dead; do
	rmmod forkfail
	modprobe forkfail
	forkfault $case >said 2>&1 || { cat said; check "$case ran" false; }
	grep -q '# SKIP' said || both $case
	case $case in
	threads-max) raised "threads-max is $(cat /proc/sys/kernel/threads-max) now" ;;
	userns-unpriv-sysctl)
		grep -q '# SKIP' said || raised 'kernel.unprivileged_userns_clone is 1 now' ;;
	files-nr-open) raised "fs.nr_open is $(cat /proc/sys/fs/nr_open) now" ;;
	pid-exhausted*)
		# from 6.14 on it is that of a PID namespace that is gone
		if ! grep -q '# SKIP' said && "$FORKFAIL" explain | grep -q '^of  *pidns 4026531836 '; then
			raised "pid_max is $(cat /proc/sys/kernel/pid_max) now"
		else
			raised none
		fi ;;
	esac
done
forkfault rlimit-nproc threads-max ns-cap memcg-limit stack-map-count seccomp-errno pids-max >said 2>&1
both "several at once"
check "... the other failures are named" grep -q '^also: ' page
# The answer and the rows fit on a screen before lines are wrapped.
sed '/seq=/,$d' /proc/forkfail >screen
check "it fits on a screen ($(wc -l <screen) lines)" test "$(wc -l <screen)" -le 30
head -n 30 /proc/forkfail
finish
