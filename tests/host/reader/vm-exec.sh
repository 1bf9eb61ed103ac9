#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest: a shell that cannot fork runs the reader in its own place.

. "${0%/*}/vm-lib.sh"

modprobe forkfail || die "the module does not load"
cg=/sys/fs/cgroup/exec

refuse $cg
for sh in dash bash; do
	for args in "" log explain limits holders "log -J" metrics; do
		$sh -c 'echo $$ >'$cg'/cgroup.procs; echo 1 >'$cg'/pids.max
			exec '"$FORKFAIL $args" >out 2>err
		status=$?
		echo max >$cg/pids.max
		check "$sh: exec forkfail $args" test $status -le 1 -a -s out -a ! -s err
	done
done
$FORKFAIL >out
check "the page names the cgroup" grep -q '/exec' out
dash -c 'echo $$ >'$cg'/cgroup.procs; echo 1 >'$cg'/pids.max
	exec '"$FORKFAIL limits -n -r -o LIMIT,WHOSE,STATE" >out
echo max >$cg/pids.max
check "limits: the full cgroup is first: $(head -n 1 out)" test "$(head -n 1 out)" = "pids.max /exec full"

# After a failed fork, an interactive bash waits for its newest child: type what the manual says.
# shellcheck disable=SC2016	# it is typed
loop='disown -a; while IFS= read -r l; do printf "%s\n" "$l"; done </proc/forkfail'
for child in '/bin/true' 'sleep 1000 &'; do
	cat >typed <<-END
		$child
		echo \$\$ >$cg/cgroup.procs
		read -r n <$cg/pids.current
		echo \$n >$cg/pids.max
		(true)
		$loop
		kill \$!
	END
	timeout -s KILL 60 bash --norc -i <typed >out 2>err
	echo max >$cg/pids.max
	check "bash reads the page, after: $child" grep -q '^last: .*bash' out
done

# threads-max: nobody at all can fork
max=$(cat /proc/sys/kernel/threads-max)
dash -c 'echo 20 >/proc/sys/kernel/threads-max; exec '"$FORKFAIL limits -n -r -o LIMIT,STATE" >out
status=$?
echo "$max" >/proc/sys/kernel/threads-max
check "threads-max: exec forkfail limits" test $status -eq 0
check "... which is first: $(head -n 1 out)" test "$(head -n 1 out)" = "threads-max full"

# An ordinary user sees the counts, and only events of their own.
if command -v setpriv >/dev/null; then
	chmod 755 . && setpriv --reuid 65534 --clear-groups "$FORKFAIL" >out 2>err
	check "an ordinary user may read the page" test $? -eq 1
	check "... with counts" grep -q '^pids-max' out
	check "... and no paths of others" test "$(grep -c '/exec' out)" -eq 0
	check "... and is told that there are more failures" grep -q '^partial  *only your own' out
	check "... and is not told that there are none" test "$(grep -c '^last  *none' out)" -eq 0
	setpriv --reuid 65534 --clear-groups "$FORKFAIL" log >out 2>err
	check "... in the log, too" grep -q CAP_SYSLOG err
	setpriv --reuid 65534 --clear-groups "$FORKFAIL" -q --since 10m --class limit >out 2>err
	check "... and their check= does not pass" test $? -eq 4
fi
# The exit status is about the selected failures.
$FORKFAIL -q --since 10m --class limit
check "exit status 1: a limit was reached just now" test $? -eq 1
$FORKFAIL -q --class memory
check "no shortage of memory" test $? -eq 0
$FORKFAIL doctor >out
check "doctor: $(grep -c ^ok out) fine" test $? -eq 0 -a "$(grep -c '^BROKEN' out)" -eq 0
# watch updates the page, and ends when nobody reads it.
if command -v timeout >/dev/null; then
	timeout 20 "$FORKFAIL" watch 2>err | head -n 60 >out
	check "watch prints again and again" test "$(grep -c '^forkfail: ' out)" -ge 2
fi
# A shell whose PID namespace is dead leaves it as note: says.
rmmod forkfail && modprobe forkfail
cat >typed <<-'END'
	(true)
	(true)
	disown -a; while IFS= read -r l; do case $l in note:*) note=$l ;; esac; done </proc/forkfail
	note=${note#*leaves it with \`} note=${note%%\`*}
	$note --norc -c '(true) && echo left'
END
unshare -p bash --norc -i <typed >out 2>err
check "a dead PID namespace is left: $(head -n 1 out)" grep -qx left out
finish
